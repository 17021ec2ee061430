//! Values that are known only during the apply.

use serde_json::json;

use crate::support::Lab;
use crate::support::tenant::{A, B, Tenant, all, normal, selected};

const JOIN: &str = "/azureADJoin/allowedToJoin";
const HARDENED_USER: &str = "9d0c3a57-6a5e-4a55-8f1b-1c2d3e4f5a6b";

/// A value that exists once the apply has come to it.
fn later(name: &str, input: &str) -> String {
    format!("resource \"terraform_data\" \"{name}\" {{\n  input = {input}\n}}\n")
}

fn settings(attributes: &str) -> String {
    format!("resource \"autopilot_device_join_settings\" \"this\" {{\n{attributes}\n}}\n")
}

#[test]
fn ids_from_another_resource_of_the_same_apply() {
    let lab = Lab::hardened();
    let group = later("group", &format!("\"{A}\""));
    lab.config(
        &(group
            + &settings(&format!(
                "allowed_to_join = {{\n  scope = \"selected\"\n  groups = [terraform_data.group.output, \"{B}\"]\n}}"
            ))),
    );
    lab.plan().changes().says("allowed_to_join, now selected");
    lab.apply().ok();
    assert_eq!(
        normal(&lab.tenant.at(JOIN)),
        normal(&selected(&[HARDENED_USER], &[A, B]))
    );
    lab.plan().empty();
}

#[test]
fn a_list_a_scope_a_quota_and_switches_that_are_not_known() {
    let lab = Lab::open();
    lab.config(
        &[
            later("groups", &format!("[\"{A}\", \"{B}\"]")),
            later("scope", "\"none\""),
            later("quota", "20"),
            later("switch", "true"),
            settings(
                r#"
  allowed_to_join = {
    scope  = "selected"
    groups = terraform_data.groups.output
  }
  allowed_to_register          = { scope = terraform_data.scope.output }
  user_device_quota            = terraform_data.quota.output
  local_admin_password_enabled = terraform_data.switch.output
"#,
            ),
        ]
        .concat(),
    );
    lab.plan().changes().says("user_device_quota, now 50");
    lab.apply().ok();
    assert_eq!(normal(&lab.tenant.at(JOIN)), normal(&selected(&[], &[A, B])));
    assert_eq!(
        lab.tenant.at("/azureADRegistration/allowedToRegister/@odata.type"),
        "#microsoft.graph.noDeviceRegistrationMembership"
    );
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    assert_eq!(lab.tenant.at("/localAdminPassword/isEnabled"), true);
    assert_eq!(lab.tenant.puts(), 1);
    lab.plan().empty();
    let originals = lab.attributes()["original_settings"].clone();
    assert_eq!(originals["user_device_quota"], 50);
}

#[test]
fn whole_objects_that_are_not_known() {
    let lab = Lab::open();
    lab.config(
        &[
            later("join", &format!("{{ scope = \"selected\", users = null, groups = [\"{A}\"] }}")),
            later(
                "admins",
                "{ global_administrators = false, registering_users = { scope = \"none\", users = null, groups = null } }",
            ),
            settings(
                "allowed_to_join = terraform_data.join.output\n  local_admins = terraform_data.admins.output\n",
            ),
        ]
        .concat(),
    );
    lab.plan().changes();
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[A]));
    assert_eq!(lab.tenant.at("/azureADJoin/localAdmins/enableGlobalAdmins"), false);
    lab.plan().empty();
}

#[test]
fn what_turns_out_null_is_not_managed() {
    let lab = Lab::hardened();
    let before = lab.tenant.policy();
    lab.config(
        &[
            later("nothing", "{ quota = null, users = null }"),
            settings(&format!(
                "user_device_quota = terraform_data.nothing.output.quota\n  allowed_to_join = {{\n    scope = \"selected\"\n    \
                 users = terraform_data.nothing.output.users\n    groups = [\"{A}\"]\n  }}"
            )),
        ]
        .concat(),
    );
    lab.apply().ok();
    let mut expected = before;
    expected["azureADJoin"]["allowedToJoin"] = selected(&[HARDENED_USER], &[A]);
    assert_eq!(lab.tenant.policy(), expected);
    lab.plan().empty();
    let originals = lab.attributes()["original_settings"].clone();
    assert_eq!(originals["user_device_quota"], json!(null), "{originals}");
    assert_eq!(originals["allowed_to_join"]["users"], json!(null), "{originals}");
    assert_ne!(originals["allowed_to_join"]["groups"], json!(null), "{originals}");
}

/// What is refused where it is known is refused during the apply where it was not.
#[test]
fn a_mistake_that_shows_only_during_the_apply_writes_nothing() {
    let lab = Lab::hardened();
    let before = lab.tenant.policy();
    lab.config(&(later("quota", "101") + &settings("user_device_quota = terraform_data.quota.output")));
    lab.plan().changes();
    lab.apply().refused().says("101");
    assert_eq!(lab.tenant.policy(), before);
}

#[test]
fn an_update_with_unknown_ids() {
    let lab = Lab::open();
    lab.settings(&format!(
        "allowed_to_join = {{\n  scope = \"selected\"\n  groups = [\"{A}\"]\n}}"
    ));
    lab.apply().ok();
    let group = later("group", &format!("\"{B}\""));
    lab.config(
        &(group
            + &settings(&format!(
                "allowed_to_join = {{\n  scope = \"selected\"\n  groups = [terraform_data.group.output, \"{A}\"]\n}}"
            ))),
    );
    lab.plan().changes();
    lab.apply().ok();
    assert_eq!(normal(&lab.tenant.at(JOIN)), normal(&selected(&[], &[A, B])));
    lab.plan().empty();
}

/// The tenant itself comes from another resource: nothing can be read for the plan, which says so.
#[test]
fn a_tenant_id_that_is_not_known() {
    let lab = Lab::open();
    let tenant = later("tenant", &format!("\"{}\"", lab.tenant.tenant_id()));
    let provider = "provider \"autopilot\" {\n  tenant_id = terraform_data.tenant.output\n}\n".to_owned();
    lab.config(&(tenant + &provider + &settings("allowed_to_join = { scope = \"none\" }")));
    let workspace = lab.without_env(&["ARM_TENANT_ID"]);
    workspace
        .plan()
        .changes()
        .says("The device settings of the tenant are unknown");
    assert_eq!(lab.tenant.requests().len(), 0);
    workspace.apply().ok();
    assert_ne!(lab.tenant.at(JOIN), all());
    workspace.plan().empty();
    assert_eq!(
        workspace.attributes()["original_settings"]["allowed_to_join"],
        json!({"scope": "all", "users": null, "groups": null})
    );
}

/// Terraform compares the plan of the apply with the one it showed, set by set.
#[test]
fn an_unknown_id_that_turns_out_to_be_one_of_those_that_are_there() {
    for (before, beside) in [([A, B].as_slice(), A), (&[A], A)] {
        let lab = Lab::open();
        let users = |users: String| {
            settings(&format!(
                "allowed_to_join = {{\n  scope = \"selected\"\n  users = {users}\n}}"
            ))
        };
        lab.config(&users(json!(before).to_string()));
        lab.apply().ok();
        let output = before.last().unwrap();
        let unknown = users(format!("[terraform_data.user.output, \"{beside}\"]"));
        lab.config(&(later("user", &format!("\"{output}\"")) + &unknown));
        lab.apply().ok();
        assert_eq!(lab.tenant.puts(), 1, "the first one");
        lab.plan().empty();
    }
}

#[test]
fn an_import_of_what_turns_out_to_be_there() {
    let lab = Lab::open();
    lab.tenant.put_at(JOIN, selected(&[A], &[]));
    let import = "import {\n  to = autopilot_device_join_settings.this\n  id = \"deviceRegistrationPolicy\"\n}\n";
    let users = settings("allowed_to_join = {\n  scope = \"selected\"\n  users = [terraform_data.user.output]\n}");
    lab.config(&(import.to_owned() + &later("user", &format!("\"{A}\"")) + &users));
    lab.apply().ok();
    assert_eq!(lab.tenant.puts(), 0);
    lab.plan().empty();
}
