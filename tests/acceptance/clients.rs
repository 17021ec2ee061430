//! What Terraform can do beside plan, apply and destroy of one configuration in one tenant.

use graph_emulator::Config;
use serde_json::{Value, json};

use crate::support::tenant::Tenant;
use crate::support::{ADDRESS, Lab};

/// `terraform test` applies and destroys in one process of the provider.
#[test]
fn test_run_on_the_newest_gives_the_tenant_back() {
    let lab = Lab::hardened();
    let before = lab.tenant.policy();
    lab.settings("user_device_quota = 20\non_destroy = \"restore\"");
    let version = lab.newest().run(&["version", "-json"]);
    version.ok();
    let version: Value = serde_json::from_str(&version.stdout).unwrap();
    let version = version["terraform_version"].as_str().unwrap();
    let minor: u32 = version.split('.').nth(1).unwrap().parse().unwrap();
    assert!(minor >= 15, "TERRAFORM_NEWEST is Terraform {version}");

    lab.newest()
        .test(
            r#"
run "the_quota_is_set" {
  assert {
    condition     = autopilot_device_join_settings.this.user_device_quota == 20
    error_message = "another quota"
  }
}
"#,
        )
        .ok();
    let quotas: Vec<_> = lab
        .tenant
        .writes()
        .iter()
        .map(|write| write.policy["userDeviceQuota"].clone())
        .collect();
    assert_eq!(quotas, [20, 5]);
    assert_eq!(lab.tenant.policy(), before);
    for request in lab.tenant.graph_requests() {
        let agent = request.user_agent.unwrap_or_default();
        assert!(agent.starts_with(&format!("Terraform/{version} ")), "{agent}");
    }
}

#[test]
fn two_aliases_manage_two_tenants() {
    let lab = Lab::hardened();
    let other = Lab::new(Config {
        tenant_id: "6c1f5f0e-3b1d-4a67-9f0e-0d9a4f1c2b3a".to_owned(),
        ..Config::hardened()
    });
    let settings = |name: &str, rest: &str| {
        format!("resource \"autopilot_device_join_settings\" \"{name}\" {{\n  {rest}\n  on_destroy = \"restore\"\n}}\n")
    };
    lab.config(
        &[
            lab.alias("other", &other),
            settings("this", "user_device_quota = 20"),
            settings("other", "user_device_quota = 30\n  provider = autopilot.other"),
        ]
        .concat(),
    );
    lab.apply_with(&["-parallelism=1"]).ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    assert_eq!(other.tenant.at("/userDeviceQuota"), 30);
    lab.plan().empty();
    lab.destroy().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 5);
    assert_eq!(other.tenant.at("/userDeviceQuota"), 5);
}

#[test]
fn plan_without_refresh_shows_no_drift() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    lab.tenant.put_at("/userDeviceQuota", json!(35));
    lab.plan_with(&["-refresh=false"]).empty();
    lab.plan().changes();
}

#[test]
fn tainted_settings_are_replaced_in_place() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    lab.taint(ADDRESS).ok();
    lab.plan().changes();
    lab.apply().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    assert!(lab.is_managed());
    lab.plan().empty();
}

#[test]
fn removal_from_the_state_leaves_the_tenant() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20\non_destroy = \"restore\"");
    lab.apply().ok();
    lab.tenant.clear_requests();
    lab.forget(ADDRESS).ok();
    assert!(!lab.is_managed());
    assert_eq!(lab.tenant.requests(), []);
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
}
