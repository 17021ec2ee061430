//! The end of the resource: keep or restore.

use serde_json::json;

use crate::support::Lab;
use crate::support::redact::redact;
use crate::support::tenant::{A, B, C, Tenant, selected};

const JOIN: &str = "/azureADJoin/allowedToJoin";
const HARDENED_USER: &str = "9d0c3a57-6a5e-4a55-8f1b-1c2d3e4f5a6b";

#[test]
fn keep_is_the_default_and_leaves_the_tenant_as_it_is() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    let applied = lab.tenant.policy();
    lab.tenant.clear_requests();
    lab.destroy().ok().says("keeps its device settings");
    assert_eq!(lab.tenant.policy(), applied);
    assert_eq!(lab.tenant.puts(), 0);
    assert!(!lab.is_managed());
}

#[test]
fn restore_puts_back_what_was_managed_and_nothing_else() {
    let lab = Lab::hardened();
    let original = lab.tenant.policy();
    lab.settings(
        "user_device_quota = 20\nmulti_factor_auth_required = false\nallowed_to_join = { scope = \"all\" }\non_destroy = \
         \"restore\"",
    );
    lab.apply().ok();
    // Somebody else changes what is not managed here: it stays.
    lab.tenant.put_at("/localAdminPassword/isEnabled", json!(false));
    let run = lab.destroy();
    run.ok();
    insta::assert_snapshot!("destroy_restore", redact(&lab, &run.diagnostics().join("\n\n")));
    let mut expected = original;
    expected["localAdminPassword"]["isEnabled"] = json!(false);
    assert_eq!(lab.tenant.policy(), expected);
    assert!(!lab.is_managed());
}

/// What was there before a setting was managed counts, not what an update replaced.
#[test]
fn restore_goes_back_to_before_the_first_apply() {
    let lab = Lab::hardened();
    let original = lab.tenant.policy();
    let settings = |text: &str| lab.settings(&format!("{text}\non_destroy = \"restore\""));
    settings("user_device_quota = 20");
    lab.apply().ok();
    settings("user_device_quota = 30\nlocal_admin_password_enabled = false");
    lab.apply().ok();
    settings("user_device_quota = 40");
    lab.apply().ok();
    lab.destroy().ok();
    let mut expected = original;
    expected["localAdminPassword"]["isEnabled"] = json!(false);
    assert_eq!(
        lab.tenant.policy(),
        expected,
        "a setting that was given up stays as it was last"
    );
}

#[test]
fn restore_leaves_a_list_of_others_alone() {
    let lab = Lab::hardened();
    let groups = lab.tenant.at(JOIN)["groups"].clone();
    lab.settings(&format!(
        "allowed_to_join = {{\n  scope = \"selected\"\n  groups = [\"{A}\"]\n}}\non_destroy = \"restore\""
    ));
    lab.apply().ok();
    lab.tenant.put_at(JOIN, selected(&[HARDENED_USER, C], &[A]));
    lab.destroy().ok();
    let mut expected = selected(&[HARDENED_USER, C], &[]);
    expected["groups"] = groups;
    assert_eq!(lab.tenant.at(JOIN), expected);
}

#[test]
fn an_imported_resource_restores_what_the_import_saw() {
    let lab = Lab::hardened();
    let original = lab.tenant.policy();
    lab.settings("user_device_quota = 20\non_destroy = \"restore\"");
    lab.import().ok();
    lab.apply().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    lab.destroy().ok();
    assert_eq!(lab.tenant.policy(), original);
}

#[test]
fn an_import_that_was_never_applied_restores_nothing() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 5");
    lab.import().ok();
    lab.tenant.put_at("/userDeviceQuota", json!(9));
    lab.tenant.clear_requests();
    lab.destroy().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 9);
    assert_eq!(lab.tenant.puts(), 0);
}

/// The destroy succeeds, and says what it left.
#[test]
fn restore_leaves_a_value_that_changed_since_the_plan() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20\nmulti_factor_auth_required = false\non_destroy = \"restore\"");
    lab.apply().ok();
    let plan = ["plan", "-destroy", "-input=false", "-out=destroy.plan"];
    lab.run(&plan).ok().says("user_device_quota: back to 5");
    lab.tenant.put_at("/userDeviceQuota", json!(35));
    lab.apply_plan("destroy.plan")
        .ok()
        .says("user_device_quota was not restored")
        .says("The tenant now has user_device_quota: 35")
        .says("user_device_quota: back to 5");
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 35);
    assert_eq!(lab.tenant.at("/multiFactorAuthConfiguration"), "required");
    assert!(!lab.is_managed());
}

#[test]
fn the_choice_can_be_changed_without_a_write() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    lab.settings("user_device_quota = 20\non_destroy = \"restore\"");
    lab.plan()
        .changes()
        .says("on_destroy = \"keep\" -> \"restore\"")
        .never_says("(known after apply)");
    lab.apply().ok();
    assert_eq!(lab.tenant.puts(), 1);
    lab.destroy().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 5);
}

/// A list that becomes managed later goes back to what it was then.
#[test]
fn a_list_that_is_taken_over_later_is_restored_too() {
    let lab = Lab::open();
    let original = selected(&[C], &[A]);
    lab.tenant.put_at(JOIN, original.clone());
    let join =
        |lists: &str| format!("allowed_to_join = {{\n  scope = \"selected\"\n  {lists}\n}}\non_destroy = \"restore\"");
    lab.settings(&join(&format!("groups = [\"{B}\"]")));
    lab.apply().ok();
    lab.settings(&join(&format!("groups = [\"{B}\"]\n  users = []")));
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[B]));
    lab.destroy().ok();
    assert_eq!(lab.tenant.at(JOIN), original);
}
