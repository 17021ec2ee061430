//! The data source, the function, and what works without a tenant.

use serde_json::json;

use crate::support::Lab;
use crate::support::tenant::Tenant;

#[test]
fn the_data_source_shows_all_settings() {
    let lab = Lab::hardened();
    lab.config(
        "data \"autopilot_device_join_settings\" \"now\" {}\noutput \"now\" {\n  value = \
         data.autopilot_device_join_settings.now\n}\n",
    );
    lab.apply().ok();
    let now = &lab.state()["outputs"]["now"]["value"];
    assert_eq!(
        now,
        &json!({
            "id": "deviceRegistrationPolicy",
            "tenant_id": lab.tenant.tenant_id(),
            "allowed_to_join": {
                "scope": "selected",
                "users": ["9d0c3a57-6a5e-4a55-8f1b-1c2d3e4f5a6b"],
                "groups": ["4b8f6c1e-2d3a-4e5f-8a7b-9c0d1e2f3a4b", "c3a9e7d5-1b2c-4d3e-9f8a-7b6c5d4e3f2a"],
            },
            "local_admins": {
                "global_administrators": false,
                "registering_users": {
                    "scope": "selected",
                    "users": [],
                    "groups": ["c3a9e7d5-1b2c-4d3e-9f8a-7b6c5d4e3f2a"],
                },
            },
            "allowed_to_register": {"scope": "none", "users": [], "groups": []},
            "user_device_quota": 5,
            "multi_factor_auth_required": true,
            "local_admin_password_enabled": true,
            "join_admin_configurable": true,
            "registration_admin_configurable": true,
        })
    );
    assert_eq!(lab.tenant.puts(), 0);
    lab.tenant.put_at("/userDeviceQuota", json!(2_147_483_647));
    lab.apply().ok();
    assert_eq!(lab.state()["outputs"]["now"]["value"]["user_device_quota"], -1);
}

#[test]
fn the_function_knows_the_scenarios() {
    let lab = Lab::hardened();
    let scenarios = [
        ("user_driven_entra_join", true),
        ("pre_provisioned_entra_join", true),
        ("user_driven_hybrid_join", false),
        ("pre_provisioned_hybrid_join", false),
        ("self_deploying", false),
    ];
    let outputs = scenarios.map(|(name, _)| {
        format!("output \"{name}\" {{\n  value = provider::autopilot::needs_join_settings(\"{name}\")\n}}\n")
    });
    lab.config(&outputs.concat());
    lab.apply().ok();
    let state = lab.state();
    for (name, needed) in scenarios {
        assert_eq!(state["outputs"][name]["value"], needed, "{name}");
    }
    assert_eq!(lab.tenant.requests(), []);
}

#[test]
fn a_scenario_that_is_none_is_refused_at_its_argument() {
    let lab = Lab::hardened();
    lab.config("output \"x\" {\n  value = provider::autopilot::needs_join_settings(\"kiosk\")\n}\n");
    lab.plan()
        .refused()
        .says("\"kiosk\" is not a scenario of Windows Autopilot")
        .says("\"self_deploying\"");
}

/// Checks of a configuration need neither credentials nor a network.
#[test]
fn validate_works_without_credentials() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    let offline = lab.without_env(&[
        "ARM_TENANT_ID",
        "ARM_CLIENT_ID",
        "ARM_CLIENT_SECRET",
        "AUTOPILOT_GRAPH_ENDPOINT",
        "AZURE_AUTHORITY_HOST",
        "SSL_CERT_FILE",
    ]);
    offline.run(&["validate"]).ok();
    lab.settings("user_device_quota = 2000");
    offline.run(&["validate"]).refused().says("Quota out of range");
}

/// A module with these settings is tested without a tenant, by Terraform's own mocks.
#[test]
fn terraform_test_works_with_a_mocked_provider() {
    let lab = Lab::hardened();
    lab.config(
        r#"
resource "autopilot_device_join_settings" "this" {
  user_device_quota = 20
  allowed_to_join   = { scope = "all" }
}

output "self_deploying_needs_settings" {
  value = provider::autopilot::needs_join_settings("self_deploying")
}
"#,
    );
    let run = lab.test(
        r#"
mock_provider "autopilot" {}

run "the_quota_is_set" {
  assert {
    condition     = autopilot_device_join_settings.this.user_device_quota == 20
    error_message = "another quota"
  }
  assert {
    condition     = autopilot_device_join_settings.this.allowed_to_join.scope == "all"
    error_message = "another scope"
  }
  assert {
    condition     = !output.self_deploying_needs_settings
    error_message = "another answer"
  }
}
"#,
    );
    run.ok().says("1 passed, 0 failed");
    assert_eq!(lab.tenant.requests(), []);
}

/// What a job that looks for drift runs.
#[test]
fn a_refresh_alone_finds_no_change_where_there_is_none() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    let refresh = [
        "plan",
        "-refresh-only",
        "-detailed-exitcode",
        "-input=false",
        "-no-color",
    ];
    lab.run(&refresh).empty();
    lab.tenant.put_at("/userDeviceQuota", serde_json::json!(21));
    lab.run(&refresh).changes();
}
