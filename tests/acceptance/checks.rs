//! What is refused and what is warned of before anything is written.

use graph_emulator::{Config, Switches};
use serde_json::json;

use crate::support::Lab;
use crate::support::tenant::{A, Tenant};

/// All mistakes that the configuration alone shows, in one plan, each at its place; nothing is asked of Graph.
#[test]
fn mistakes_are_refused_at_plan_each_at_its_place() {
    let lab = Lab::hardened();
    lab.settings(&format!(
        r#"
  allowed_to_join = {{
    scope  = "all"
    groups = ["{A}"]
  }}
  local_admins = {{
    registering_users = {{
      scope = "none"
      users = ["{A}"]
    }}
  }}
  allowed_to_register = {{
    scope  = "selected"
    users  = ["ops@contoso.com"]
    groups = ["Autopilot users"]
  }}
  user_device_quota = 101
  on_destroy        = "delete"
  timeouts          = {{ create = "soon" }}
"#
    ));
    lab.plan()
        .refused()
        .says("groups without the scope \"selected\"")
        .says("users without the scope \"selected\"")
        .says("allowed_to_register.users has values that are not object ids: \"ops@contoso.com\"")
        .says("allowed_to_register.groups has values that are not object ids: \"Autopilot users\"")
        .says("azuread_user and azuread_group")
        .says("Quota out of range")
        .says("user_device_quota = 101")
        .says("Invalid on_destroy")
        .says("Invalid timeout");
    assert_eq!(lab.tenant.requests(), []);
}

#[test]
fn quotas_out_of_range_are_refused() {
    let lab = Lab::hardened();
    for quota in ["-2", "101", "20.5", "2147483647"] {
        lab.settings(&format!("user_device_quota = {quota}"));
        lab.run(&["validate"]).refused().says("Quota out of range");
    }
}

#[test]
fn an_unknown_scope_and_an_unknown_attribute_are_refused() {
    let lab = Lab::hardened();
    lab.settings("allowed_to_join = { scope = \"Selected\" }");
    lab.run(&["validate"])
        .refused()
        .says("Invalid scope")
        .says("\"all\", \"selected\" or \"none\"");
    lab.settings("allowed_to_join = { users = [] }");
    lab.run(&["validate"]).refused().says("scope");
    lab.settings("device_quota = 20");
    lab.run(&["validate"]).refused().says("device_quota");
}

#[test]
fn registration_that_intune_fixes_is_refused_at_plan() {
    let lab = Lab::new(Config::default().with_switches(Switches {
        intune: true,
        ..Switches::default()
    }));
    lab.settings("allowed_to_register = { scope = \"none\" }");
    lab.plan()
        .refused()
        .says("Intune")
        .says("allowed_to_register cannot be changed in this tenant")
        .says("registration_admin_configurable is false");
    // The value that the tenant has is no change, at first or later.
    lab.settings("allowed_to_register = { scope = \"all\" }\nuser_device_quota = 20");
    lab.apply().ok();
    lab.plan().empty();
    lab.settings("allowed_to_register = { scope = \"none\" }\nuser_device_quota = 20");
    lab.plan().refused().says("Intune");
    assert_eq!(lab.tenant.puts(), 1);
}

/// Other tools write join settings while the flag is false: the read-back decides.
#[test]
fn fixed_join_settings_are_written_with_a_warning_and_read_back() {
    let lab = Lab::open();
    lab.tenant.put_at("/azureADJoin/isAdminConfigurable", json!(false));
    lab.tenant.set_switches(Switches {
        join_change: graph_emulator::switches::Change::Ignore,
        ..Switches::default()
    });
    lab.settings("allowed_to_join = { scope = \"none\" }\nuser_device_quota = 20");
    lab.plan()
        .changes()
        .says("allowed_to_join may not be changeable")
        .says("join_admin_configurable is false");
    lab.apply().refused().says("Microsoft Graph ignored allowed_to_join");
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    lab.plan().empty();
}

const HAZARDS: [&str; 5] = [
    "A quota of 0 stops every join",
    "Conditional Access is not enforced on joining devices",
    "Every user becomes a local administrator",
    "No user may join devices",
    "No user may register devices",
];

/// The summaries of a plan's warnings without the tenant.
fn hazards(plan: &crate::support::run::Run) -> Vec<String> {
    let mut warned: Vec<_> = plan
        .warnings()
        .iter()
        .map(|warning| warning.split(" (tenant").next().unwrap_or_default().to_owned())
        .collect();
    warned.retain(|warning| !warning.starts_with("This plan adopts"));
    warned.sort();
    warned
}

/// A change that locks people out or lets them in is warned of in the plan that brings it, and not in those after it.
#[test]
fn hazards_are_said_when_they_come_and_not_again() {
    let lab = Lab::open();
    lab.tenant.put_at(
        "/azureADJoin/localAdmins/registeringUsers",
        json!({"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"}),
    );
    let dangerous = r#"
  allowed_to_join              = { scope = "none" }
  local_admins                 = { registering_users = { scope = "all" } }
  allowed_to_register          = {
    scope  = "selected"
    users  = []
    groups = []
  }
  user_device_quota            = 0
  multi_factor_auth_required   = true
"#;
    lab.settings(dangerous);
    let plan = lab.plan();
    plan.changes();
    assert_eq!(hazards(&plan), HAZARDS, "in\n{}", plan.output);

    lab.apply().ok();
    let silent = |attributes: &str| {
        lab.settings(attributes);
        let plan = lab.plan();
        assert!(plan.warnings().is_empty(), "in\n{}", plan.output);
    };
    silent(dangerous);
    silent(&format!("{dangerous}\n  local_admin_password_enabled = true"));
}

#[test]
fn a_hazard_that_comes_with_an_update_is_said_too() {
    let lab = Lab::open();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    lab.settings("user_device_quota = 0");
    let plan = lab.plan();
    plan.changes();
    assert_eq!(hazards(&plan), ["A quota of 0 stops every join"]);
}

#[test]
fn provider_attributes_that_cannot_be_used_are_refused() {
    let lab = Lab::hardened();
    for (attribute, says) in [
        ("api_version = \"v2.0\"", "api_version"),
        ("environment = \"germany\"", "environment"),
        ("graph_endpoint = \"http://graph.example\"", "graph_endpoint"),
        ("authority_host = \"not a url\"", "authority_host"),
        ("max_retries = -1", "max_retries"),
        ("request_timeout = \"soon\"", "request_timeout"),
    ] {
        lab.config(&format!(
            "provider \"autopilot\" {{\n  {attribute}\n}}\nresource \"autopilot_device_join_settings\" \"this\" {{}}"
        ));
        lab.run(&["validate"]).refused().says(says);
    }
    assert_eq!(lab.tenant.requests(), []);
}

/// What is missing is named, and nothing is asked of anybody.
#[test]
fn missing_credentials_are_named() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    for (variable, attribute) in [
        ("ARM_CLIENT_SECRET", "client_secret"),
        ("ARM_CLIENT_ID", "client_id"),
        ("ARM_TENANT_ID", "tenant_id"),
    ] {
        lab.without_env(&[variable]).plan().refused().says(attribute);
    }
    assert_eq!(lab.tenant.requests(), []);
}
