//! `ignore_changes`: Terraform applies it to the plan, and the plan decides.

use serde_json::json;

use crate::support::Lab;
use crate::support::tenant::{A, B, Tenant, selected};

const JOIN: &str = "/azureADJoin/allowedToJoin";

fn settings(lab: &Lab, attributes: &str, ignored: &str) {
    lab.settings(&format!("{attributes}\nlifecycle {{\n  ignore_changes = {ignored}\n}}"));
}

fn join(users: &[&str]) -> String {
    format!(
        "allowed_to_join = {{\n  scope = \"selected\"\n  users = {}\n}}\n",
        json!(users)
    )
}

/// A user is let in by hand, and only the quota changes in the configuration.
#[test]
fn an_ignored_list_keeps_what_others_added() {
    for ignored in ["[allowed_to_join]", "[allowed_to_join.users]"] {
        let lab = Lab::open();
        settings(&lab, &(join(&[A]) + "user_device_quota = 20"), ignored);
        lab.apply().ok();
        lab.plan().empty();
        lab.tenant.put_at(JOIN, selected(&[A, B], &[]));
        lab.plan().empty();
        settings(&lab, &(join(&[A]) + "user_device_quota = 30"), ignored);
        lab.plan().changes().says("0 to add, 1 to change");
        lab.apply().ok();
        assert_eq!(lab.tenant.at(JOIN), selected(&[A, B], &[]), "{ignored}");
        assert_eq!(lab.tenant.at("/userDeviceQuota"), 30);
        assert_eq!(lab.attributes()["allowed_to_join"]["users"], json!([A, B]));
        lab.plan().empty();
    }
}

#[test]
fn an_ignored_quota_and_ignored_everything_are_kept() {
    for (ignored, quota, scope) in [
        (
            "[user_device_quota]",
            7,
            "#microsoft.graph.noDeviceRegistrationMembership",
        ),
        ("all", 7, "#microsoft.graph.allDeviceRegistrationMembership"),
    ] {
        let lab = Lab::open();
        settings(&lab, "user_device_quota = 20", ignored);
        lab.apply().ok();
        lab.plan().empty();
        lab.tenant.put_at("/userDeviceQuota", json!(quota));
        settings(
            &lab,
            "user_device_quota = 30\nallowed_to_join = { scope = \"none\" }",
            ignored,
        );
        lab.apply().ok();
        assert_eq!(lab.tenant.at("/userDeviceQuota"), quota, "{ignored}");
        assert_eq!(lab.tenant.at(JOIN)["@odata.type"], scope, "{ignored}");
        lab.plan().empty();
    }
}

#[test]
fn an_ignored_setting_may_change_between_plan_and_apply() {
    let lab = Lab::open();
    settings(&lab, &(join(&[A]) + "user_device_quota = 20"), "[allowed_to_join]");
    lab.apply().ok();
    settings(&lab, &(join(&[A]) + "user_device_quota = 30"), "[allowed_to_join]");
    lab.save_plan("quota.plan").changes();
    lab.tenant.put_at(JOIN, selected(&[A, B], &[]));
    lab.apply_plan("quota.plan").ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[A, B], &[]));
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 30);
}

/// Terraform puts the prior value of an ignored attribute into the plan's configuration, whether or not it is configured.
#[test]
fn an_ignored_setting_that_is_not_configured_is_not_managed() {
    let lab = Lab::open();
    let ignored = "[local_admin_password_enabled]";
    let restore = |quota: u32| format!("user_device_quota = {quota}\non_destroy = \"restore\"");
    settings(&lab, &restore(20), ignored);
    lab.apply().ok();
    lab.plan().empty();
    lab.tenant.put_at("/localAdminPassword/isEnabled", json!(true));
    lab.plan().empty();
    settings(&lab, &restore(30), ignored);
    lab.apply().ok();
    lab.plan().empty();
    lab.destroy().ok();
    assert_eq!(lab.tenant.at("/localAdminPassword/isEnabled"), true);
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 50);
}
