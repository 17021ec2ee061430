//! Plans as a person reads them: a change shows itself and nothing else, and warnings say what the plan does not.

use graph_emulator::Config;
use serde_json::{Value, json};

use crate::support::Lab;
use crate::support::tenant::{A, B, C, Tenant, all, selected};

const JOIN: &str = "/azureADJoin/allowedToJoin";

#[test]
fn a_one_line_change_shows_that_line() {
    let lab = Lab::hardened();
    let dependent = "resource \"terraform_data\" \"dependent\" {\n  input = autopilot_device_join_settings.this\n}\n";
    let config = |quota: u32| {
        lab.config(&format!(
            "resource \"autopilot_device_join_settings\" \"this\" {{\n  user_device_quota = {quota}\n}}\n\
             resource \"terraform_data\" \"counted\" {{\n  count = \
             length(autopilot_device_join_settings.this.allowed_to_join.groups)\n}}\n{}",
            if quota == 5 { "" } else { dependent }
        ));
    };
    config(5);
    lab.run(&[
        "apply",
        "-auto-approve",
        "-input=false",
        "-target=autopilot_device_join_settings.this",
    ])
    .ok();
    lab.apply().ok();
    config(7);
    lab.save_plan("quota.plan")
        .changes()
        .never_says("autopilot_device_join_settings.this.allowed_to_join");
    let plan = lab.show(Some("quota.plan"));
    let changes = plan["resource_changes"].as_array().expect("changes");
    let ours = changes
        .iter()
        .find(|change| change["address"] == "autopilot_device_join_settings.this")
        .expect("the settings");
    assert_eq!(unknown_leaves(&ours["change"]["after_unknown"]), Vec::<String>::new());
    let (before, after) = (&ours["change"]["before"], &ours["change"]["after"]);
    for (name, value) in before.as_object().expect("attributes") {
        let expected = if name == "user_device_quota" { &json!(7) } else { value };
        if name != "original_settings" {
            assert_eq!(&after[name], expected, "{name}");
        }
    }
    lab.apply_plan("quota.plan").ok();
}

/// The paths of what is marked as unknown.
fn unknown_leaves(value: &Value) -> Vec<String> {
    match value {
        Value::Bool(true) => vec![String::new()],
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| {
                unknown_leaves(value)
                    .into_iter()
                    .map(move |path| format!("{name}.{path}"))
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(unknown_leaves).collect(),
        _ => Vec::new(),
    }
}

/// Terraform folds warnings of one summary: each tenant has its own.
#[test]
fn two_tenants_have_two_adoption_warnings() {
    let lab = Lab::hardened();
    let other = Lab::new(Config {
        tenant_id: "6c1f5f0e-3b1d-4a67-9f0e-0d9a4f1c2b3a".to_owned(),
        ..Config::default()
    });
    let settings = |name: &str, rest: &str| {
        format!("resource \"autopilot_device_join_settings\" \"{name}\" {{\n  user_device_quota = 20\n{rest}\n}}\n")
    };
    lab.config(
        &[
            lab.alias("other", &other),
            settings("one", ""),
            settings("two", "  provider = autopilot.other"),
        ]
        .concat(),
    );
    lab.plan()
        .changes()
        .says("user_device_quota, now 5 ")
        .says("user_device_quota, now 50 ")
        .never_says("similar warning");
}

#[test]
fn opening_a_list_to_all_is_warned_of_as_such() {
    let lab = Lab::open();
    lab.tenant.put_at(JOIN, selected(&[A], &[B]));
    lab.settings("allowed_to_join = { scope = \"all\" }");
    lab.plan()
        .changes()
        .says("Every user may join devices")
        .never_says("loses members");
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), all());
}

/// Sets compose: with `for_each`, with `concat`, and with what the data sources give.
#[test]
fn lists_compose_as_sets() {
    let lab = Lab::open();
    lab.config(&format!(
        "data \"autopilot_device_join_settings\" \"now\" {{}}\nlocals {{\n  users = \
         setunion(data.autopilot_device_join_settings.now.allowed_to_join.users, [\"{A}\"])\n}}\n\
         resource \"autopilot_device_join_settings\" \"this\" {{\n  allowed_to_join = {{\n    scope = \"selected\"\n    users = \
         local.users\n  }}\n  lifecycle {{\n    ignore_changes = [allowed_to_join]\n  }}\n}}\nresource \"terraform_data\" \
         \"each\" {{\n  for_each = data.autopilot_device_join_settings.now.allowed_to_join.groups\n}}\noutput \"all\" {{\n  value = \
         concat(tolist(autopilot_device_join_settings.this.allowed_to_join.users), [\"{B}\"])\n}}\n"
    ));
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[A], &[]));
}

/// The configured value stays where Terraform hides it.
#[test]
fn sensitive_values_are_not_printed() {
    let lab = Lab::open();
    let config = |quota: u32, group: &str| {
        lab.config(&format!(
            "variable \"quota\" {{\n  default   = {quota}\n  sensitive = true\n}}\nvariable \"group\" {{\n  default   = \
             \"{group}\"\n  sensitive = true\n}}\nresource \"autopilot_device_join_settings\" \"this\" {{\n  \
             user_device_quota = var.quota\n  allowed_to_join = {{\n    scope = \"selected\"\n    groups = [var.group]\n  \
             }}\n  on_destroy = \"restore\"\n}}\n"
        ));
    };
    config(73, A);
    lab.plan()
        .changes()
        .says("user_device_quota, now 50")
        .never_says("73")
        .never_says(A);
    lab.apply().ok().never_says("73").never_says(A);
    config(74, C);
    lab.save_plan("stale.plan")
        .changes()
        .never_says("74")
        .never_says(C)
        .never_says("73");
    lab.tenant.put_at("/userDeviceQuota", json!(35));
    lab.apply_plan("stale.plan")
        .refused()
        .says("The tenant now has user_device_quota: 35")
        .never_says("74")
        .never_says("73");
    lab.apply().ok();
    lab.run(&["plan", "-destroy", "-input=false"])
        .ok()
        .says("user_device_quota: back to 50")
        .never_says("74")
        .never_says(C);
}

/// What a plan and its apply print is true in both.
#[test]
fn texts_do_not_foretell_in_an_apply() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20\nallowed_to_join = { scope = \"none\" }\non_destroy = \"restore\"");
    for run in [lab.apply(), lab.destroy()] {
        run.ok();
        for diagnostic in run.diagnostics() {
            assert!(!diagnostic.contains(" will "), "{diagnostic}");
        }
    }
}

/// Terraform marks the line of a top-level attribute; a path below it would point at the resource.
#[test]
fn diagnostics_point_at_the_attribute() {
    let lab = Lab::open();
    lab.settings("user_device_quota = 20\nallowed_to_join = {\n  scope = \"Selected\"\n}");
    let run = lab.plan();
    run.refused();
    let errors = run.errors();
    assert!(errors[0].contains("allowed_to_join = {"), "{}", errors[0]);
    lab.settings("user_device_quota = 20\nallowed_to_join = {\n  scope = \"none\"\n}");
    let plan = lab.plan();
    let warned = plan.diagnostics();
    let hazard = warned
        .iter()
        .find(|one| one.contains("No user may join"))
        .expect("the hazard");
    assert!(hazard.contains("allowed_to_join = {"), "{hazard}");
}
