//! Settings that get another resource: replacements, renames, and creates that failed halfway.

use graph_emulator::Switches;
use serde_json::json;

use crate::support::tenant::{A, B, Tenant, all, open, selected};
use crate::support::{ADDRESS, Lab};

const JOIN: &str = "/azureADJoin/allowedToJoin";

fn restoring(name: &str, lifecycle: &str) -> String {
    format!(
        "resource \"autopilot_device_join_settings\" \"{name}\" {{\n  user_device_quota = 20\n  allowed_to_join = {{\n    \
         scope = \"selected\"\n    users = [\"{A}\"]\n  }}\n  on_destroy = \"restore\"\n{lifecycle}\n}}\n"
    )
}

#[track_caller]
fn is_applied(lab: &Lab) {
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    assert_eq!(lab.tenant.at(JOIN), selected(&[A], &[]));
}

#[track_caller]
fn destroy_restores(lab: &Lab, original: &serde_json::Value) {
    lab.destroy().ok();
    assert_eq!(&lab.tenant.policy(), original);
}

/// Every policy that was there, one after the other.
fn scopes_written(lab: &Lab) -> Vec<String> {
    let requests = lab.tenant.graph_requests();
    let puts = requests.iter().filter(|request| request.method == "PUT");
    puts.map(|put| put.body["azureADJoin"]["allowedToJoin"]["@odata.type"].to_string())
        .collect()
}

/// The destroy half writes nothing, so the tenant is never open between the two, and the originals go over.
#[test]
fn a_replacement_neither_opens_the_tenant_nor_loses_the_originals() {
    for taint in [false, true] {
        let lab = Lab::open();
        let original = lab.tenant.policy();
        lab.config(&restoring("this", ""));
        lab.apply().ok();
        lab.tenant.clear_requests();
        if taint {
            lab.run(&["taint", ADDRESS]).ok();
            lab.apply().ok();
        } else {
            lab.apply_replacing(ADDRESS).ok();
        }
        is_applied(&lab);
        assert_eq!(scopes_written(&lab), [] as [&str; 0], "taint: {taint}");
        lab.plan().empty();
        assert_eq!(lab.attributes()["original_settings"]["user_device_quota"], 50);
        destroy_restores(&lab, &original);
    }
}

#[test]
fn create_before_destroy_never_reopens_the_tenant() {
    let lab = Lab::open();
    let original = lab.tenant.policy();
    lab.config(&restoring("this", "lifecycle {\n  create_before_destroy = true\n}"));
    lab.apply().ok();
    lab.tenant.clear_requests();
    let run = lab.apply_replacing(ADDRESS);
    run.ok().says("was left to another resource");
    is_applied(&lab);
    assert_eq!(lab.tenant.puts(), 0);
    lab.plan().empty();
    if lab.hands_plans_over() {
        destroy_restores(&lab, &original);
    } else {
        // Earlier Terraforms tell the new object nothing of the old one: the warning has what is lost.
        run.says("user_device_quota: back to 50")
            .says("allowed_to_join: back to all");
    }
}

/// Without `moved` Terraform destroys one resource and creates another, in either order.
#[test]
fn a_rename_without_moved_ends_with_the_settings_applied() {
    let lab = Lab::open();
    lab.config(&restoring("this", ""));
    lab.apply().ok();
    lab.config(&restoring("that", ""));
    lab.apply().ok();
    is_applied(&lab);
    lab.plan().empty();
}

#[test]
fn a_rename_with_moved_writes_nothing() {
    let lab = Lab::open();
    let original = lab.tenant.policy();
    lab.config(&restoring("this", ""));
    lab.apply().ok();
    lab.tenant.clear_requests();
    let moved =
        "moved {\n  from = autopilot_device_join_settings.this\n  to = autopilot_device_join_settings.that\n}\n";
    lab.config(&(restoring("that", "") + moved));
    lab.apply().ok();
    assert_eq!(lab.tenant.puts(), 0);
    destroy_restores(&lab, &original);
}

/// Graph ignores one of two settings: the object is tainted, and its replacement remembers what was there.
#[test]
fn a_create_that_half_fails_keeps_its_originals() {
    let lab = Lab::new(open().with_switches(Switches {
        ignored_properties: vec!["azureADJoin.allowedToJoin".to_owned()],
        ..Switches::default()
    }));
    let original = lab.tenant.policy();
    lab.config(&restoring("this", ""));
    lab.apply().refused().says("Microsoft Graph ignored allowed_to_join");
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    lab.tenant.set_switches(Switches::default());
    lab.apply().ok();
    is_applied(&lab);
    lab.plan().empty();
    assert_eq!(lab.attributes()["original_settings"]["user_device_quota"], 50);
    assert_eq!(lab.attributes()["original_settings"]["allowed_to_join"]["scope"], "all");
    destroy_restores(&lab, &original);
}

/// The originals are an attribute of the state, because Terraform drops private data when a plugin dies.
#[test]
fn originals_survive_the_loss_of_private_data() {
    let lab = Lab::open();
    let original = lab.tenant.policy();
    lab.config(&restoring("this", ""));
    lab.apply().ok();
    lab.edit_state(|state| {
        let instance = &mut state["resources"][0]["instances"][0];
        instance.as_object_mut().expect("an instance").remove("private");
    });
    lab.plan().empty();
    let plan = lab.run(&["plan", "-destroy", "-input=false"]);
    plan.ok()
        .says("user_device_quota: back to 50")
        .says("allowed_to_join: back to all");
    destroy_restores(&lab, &original);
}

/// A deposed object is destroyed by a later run: what the present object manages stays.
#[test]
fn a_deposed_object_reopens_nothing() {
    let lab = Lab::open();
    lab.config(&restoring("this", ""));
    lab.apply().ok();
    // As an interrupted create_before_destroy leaves it: the old object beside the new one.
    let old = lab.state()["resources"][0]["instances"][0].clone();
    lab.config(&restoring("this", "lifecycle {\n  create_before_destroy = true\n}"));
    lab.apply_replacing(ADDRESS).ok();
    lab.edit_state(|state| {
        let mut deposed = old;
        deposed["deposed"] = json!("00000001");
        let instances = state["resources"][0]["instances"].as_array_mut().expect("instances");
        instances.push(deposed);
    });
    lab.apply().ok().says("1 destroyed");
    is_applied(&lab);
    assert_ne!(lab.tenant.at(JOIN), all());
    lab.plan().empty();
}

/// A replacement that Terraform spreads from another resource.
#[test]
fn a_replacement_triggered_by_another_resource_keeps_the_originals() {
    let lab = Lab::open();
    let original = lab.tenant.policy();
    let trigger = |input: &str| format!("resource \"terraform_data\" \"trigger\" {{\n  input = \"{input}\"\n}}\n");
    let lifecycle = "lifecycle {\n  replace_triggered_by = [terraform_data.trigger]\n}";
    lab.config(&(trigger("one") + &restoring("this", lifecycle)));
    lab.apply().ok();
    lab.tenant.clear_requests();
    lab.config(&(trigger("two") + &restoring("this", lifecycle)));
    lab.apply().ok().says("1 added, 1 changed, 1 destroyed");
    is_applied(&lab);
    assert_eq!(lab.tenant.puts(), 0);
    destroy_restores(&lab, &original);
}

/// The settings resource names another member than the one that the same apply removes by its own resource.
#[test]
fn a_list_passes_from_settings_to_settings_with_another_value() {
    let lab = Lab::open();
    lab.config(&restoring("this", ""));
    lab.apply().ok();
    lab.config(&restoring("that", "").replace(A, B));
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[B], &[]));
    lab.plan().empty();
}

/// Two resources share the settings, and one apply replaces both.
#[test]
fn two_replacements_at_once_keep_all_originals() {
    let lab = Lab::open();
    let original = lab.tenant.policy();
    lab.config(
        "resource \"autopilot_device_join_settings\" \"quota\" {\n  user_device_quota = 20\n  on_destroy = \"restore\"\n}\n\
         resource \"autopilot_device_join_settings\" \"laps\" {\n  local_admin_password_enabled = true\n  on_destroy = \
         \"restore\"\n}\n",
    );
    lab.apply().ok();
    lab.apply_with(&[
        "-replace=autopilot_device_join_settings.quota",
        "-replace=autopilot_device_join_settings.laps",
    ])
    .ok();
    destroy_restores(&lab, &original);
}

/// The plan is refused when Terraform makes it again, after the object has gone.
#[test]
fn a_replacement_refused_late_loses_no_original() {
    let lab = Lab::open();
    let original = lab.tenant.policy();
    let register = |scope: &str| {
        lab.settings(&format!(
            "allowed_to_register = {{\n  {scope}\n}}\non_destroy = \"restore\""
        ));
    };
    register("scope = \"none\"");
    lab.apply().ok();
    register(&format!("scope = \"selected\"\n  users = [\"{A}\"]"));
    lab.plan_with(&[&format!("-replace={ADDRESS}"), "-out=late.plan"])
        .changes();
    let configurable = "/azureADRegistration/isAdminConfigurable";
    lab.tenant.put_at(configurable, json!(false));
    lab.tenant.clear_requests();
    lab.apply_plan("late.plan").refused().says("allowed_to_register");
    assert_eq!(lab.tenant.puts(), 0);
    assert!(lab.is_managed(), "the object stays with its originals");
    lab.tenant.put_at(configurable, json!(true));
    lab.apply().ok();
    lab.plan().empty();
    destroy_restores(&lab, &original);
}
