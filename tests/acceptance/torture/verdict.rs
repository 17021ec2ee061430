//! The judgement of a case: the way back to the tenant as it was, and what is remembered of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::cases::{Disturbance, Operation};
use super::scene::Scene;
use crate::support::run::Run;
use crate::support::tenant::{Tenant, normal};

/// How a case ended, if it ended well.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub(super) memory: Memory,
    /// How many applies the way back took.
    pub(super) tries: u32,
    /// The time that the operation took.
    pub(super) took: Duration,
}

/// What is remembered of the tenant as it was before the first apply.
#[derive(Clone, Copy, Debug)]
pub(super) enum Memory {
    All,
    /// All but the setting that the disturbed update was the first to name: Terraform ended before it had the state.
    Older,
    /// Terraform has no object.
    Nothing,
}

/// The setting that only the changed configuration names.
const ADDED: &str = "/multiFactorAuthConfiguration";

/// The settings that a configuration of the case names: where they lie in the policy, and their attributes.
fn named(scene: &Scene) -> Vec<(&'static str, &'static str)> {
    // Without a selection both lists go; with one the users are not named.
    let join = match scene.widens() {
        true => "/azureADJoin/allowedToJoin",
        false => "/azureADJoin/allowedToJoin/groups",
    };
    let mut named = vec![
        ("/userDeviceQuota", "user_device_quota"),
        ("/localAdminPassword/isEnabled", "local_admin_password_enabled"),
        (join, "allowed_to_join"),
    ];
    if scene.changes() {
        named.push((ADDED, "multi_factor_auth_required"));
    }
    named
}

/// Applies, destroys, and holds the tenant against what is promised.
pub(super) fn judge(scene: &Scene, run: &Run, took: Duration) -> Outcome {
    let (lab, tenant) = (&scene.lab, &scene.lab.tenant);
    let found = tenant.policy();
    let managed = lab.is_managed();
    let remembered = if managed {
        lab.attributes()["original_settings"].clone()
    } else {
        Value::Null
    };
    let mut expected = scene.original.clone();
    let mut forgotten = Vec::new();
    for (pointer, attribute) in named(scene) {
        if remembered[attribute].is_null() && at(&found, pointer) != at(&scene.original, pointer) {
            forgotten.push(pointer);
            *expected.pointer_mut(pointer).expect("the policy has it") = at(&found, pointer).clone();
        }
    }
    let context = format!(
        "originals in the state: {remembered:#}\nforgotten: {forgotten:?}\ntenant after it: {found:#}\n{}",
        run.output
    );
    assert!(
        may_forget(scene, run, managed, &forgotten),
        "originals are lost\n{context}"
    );
    match scene.case.disturbance {
        Disturbance::None => {
            run.ok();
        }
        disturbance if disturbance.lasts() => {
            run.refused();
        }
        _ => {}
    }

    let plan = lab.plan();
    assert!(
        matches!(plan.code, Some(0 | 2)),
        "the next plan fails:\n{}\n{context}",
        plan.output
    );
    if !managed {
        plan.says("will be created").says("adopts the tenant's device settings");
    }
    let mut tries = 1;
    let first = lab.apply();
    if first.code != Some(0) {
        tries = 2;
        lab.apply().ok();
    }
    lab.plan().empty();
    let quota = if scene.changes() { 30 } else { 20 };
    assert_eq!(tenant.at("/userDeviceQuota"), quota, "{context}");
    let originals = lab.attributes()["original_settings"].clone();
    assert_claims_nothing_else(scene, &originals, &expected, &context);

    let destroy = lab.destroy();
    destroy.ok();
    if at(&expected, "/userDeviceQuota") == &json!(quota) {
        destroy.never_says("user_device_quota: back to");
    } else {
        destroy.says(&format!(
            "user_device_quota: back to {}",
            at(&expected, "/userDeviceQuota")
        ));
    }
    assert_eq!(
        normal(&tenant.policy()),
        normal(&expected),
        "the tenant is not as it was\n{context}\n{}",
        destroy.output
    );
    assert!(!lab.is_managed());
    for write in tenant.writes() {
        let (wrote, before) = (unnamed(&write.policy, scene), unnamed(&scene.original, scene));
        assert_eq!(wrote, before, "a setting that is not named has changed\n{context}");
    }
    Outcome {
        memory: match forgotten.len() {
            0 => Memory::All,
            _ if managed => Memory::Older,
            _ => Memory::Nothing,
        },
        tries,
        took,
    }
}

/// Whether these originals may be lost: where Terraform never had them, or has told them.
fn may_forget(scene: &Scene, run: &Run, managed: bool, forgotten: &[&str]) -> bool {
    let (operation, disturbance) = (scene.case.operation, scene.case.disturbance);
    let told =
        || run.has("The replacement takes over the values to restore") && run.has("user_device_quota: back to 5");
    // Killed while it wrote the state, Terraform leaves a broken file, and the administrator takes the backup.
    let is_old = || scene.lab.attributes()["user_device_quota"] == 20;
    if forgotten.is_empty() {
        return true;
    }
    match operation {
        // The state is there before and after.
        Operation::Destroy => false,
        Operation::Update => disturbance.may_lose_the_answer() && forgotten == [ADDED],
        Operation::Create => disturbance.may_lose_the_answer() && !managed,
        // Between the two halves Terraform has no object.
        Operation::Replace | Operation::ReplaceTainted => match disturbance {
            Disturbance::KillTerraform | Disturbance::InterruptTwice => !managed || (is_old() && forgotten == [ADDED]),
            Disturbance::KillPlugin | Disturbance::Interrupt => !managed && told(),
            _ => false,
        },
    }
}

/// Holds the originals in the state against the tenant that a destroy is to give back.
fn assert_claims_nothing_else(scene: &Scene, originals: &Value, expected: &Value, context: &str) {
    for (pointer, attribute) in named(scene) {
        let (claimed, there) = (&originals[attribute], at(expected, pointer));
        let agrees = match (claimed, there) {
            // Nothing is claimed: the settings compared at the end tell whether that is right.
            (Value::Null, _) => true,
            (Value::Bool(claimed), Value::String(text)) => *claimed == (text == "required"),
            (Value::Object(_), there) => ["users", "groups"].into_iter().all(|list| {
                let there = if there.is_array() { there } else { &there[list] };
                let as_list = |ids: &Value| normal(&json!({"users": ids}));
                claimed[list].is_null() || as_list(&claimed[list]) == as_list(there)
            }),
            (claimed, there) => claimed == there,
        };
        assert!(
            agrees,
            "{attribute}: claims {claimed}, and the tenant had {there}\n{context}"
        );
    }
}

/// The policy without what the configurations name.
fn unnamed(policy: &Value, scene: &Scene) -> Value {
    let mut rest = normal(policy);
    for (pointer, _) in named(scene) {
        *rest.pointer_mut(pointer).expect("the policy has it") = Value::Null;
    }
    rest
}

fn at<'a>(policy: &'a Value, pointer: &str) -> &'a Value {
    policy.pointer(pointer).expect("the policy has it")
}
