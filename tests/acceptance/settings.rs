//! Every setting on its own: created, updated, repaired after a change behind Terraform's back, imported; nothing else in
//! the policy changes, and every plan after is empty.

use serde_json::{Value, json};

use crate::support::Lab;
use crate::support::tenant::{A, B, C, Tenant, all, nobody, selected};

/// A setting's way through its life, from a tenant with Microsoft's defaults.
struct Life {
    /// The value in the policy.
    pointer: &'static str,
    created: (String, Value),
    updated: (String, Value),
    /// What somebody else makes of it, and what the next plan shows of that.
    drifted: (Value, &'static str),
}

impl Life {
    fn live(self) {
        let lab = Lab::open();
        let mut expected = lab.tenant.policy();
        let mut holds = |attributes: &str, value: &Value| {
            lab.settings(attributes);
            lab.apply().ok().without_crash();
            *expected.pointer_mut(self.pointer).unwrap() = value.clone();
            assert_eq!(lab.tenant.policy(), expected, "after {attributes}");
            lab.plan().empty();
        };
        holds(&self.created.0, &self.created.1);
        holds(&self.updated.0, &self.updated.1);

        lab.tenant.put_at(self.pointer, self.drifted.0.clone());
        lab.plan().changes().says(self.drifted.1);
        holds(&self.updated.0, &self.updated.1);

        let fresh = lab.workspace("imported");
        fresh.settings(&self.updated.0);
        fresh.import().ok();
        fresh.plan().empty();
    }
}

fn membership(attribute: &str, scope: &str, lists: &str) -> String {
    format!("{attribute} = {{\n  scope = \"{scope}\"\n  {lists}\n}}")
}

fn join(scope: &str, lists: &str) -> String {
    membership("allowed_to_join", scope, lists)
}

#[test]
fn allowed_to_join_everybody_or_nobody() {
    Life {
        pointer: "/azureADJoin/allowedToJoin",
        created: (join("none", ""), nobody()),
        updated: (join("all", ""), all()),
        drifted: (nobody(), "scope = \"none\" -> \"all\""),
    }
    .live();
}

#[test]
fn allowed_to_join_selected_users() {
    Life {
        pointer: "/azureADJoin/allowedToJoin",
        created: (join("selected", &format!("users = [\"{A}\"]")), selected(&[A], &[])),
        updated: (
            join("selected", &format!("users = [\"{A}\", \"{B}\"]")),
            selected(&[A, B], &[]),
        ),
        drifted: (all(), "scope = \"all\" -> \"selected\""),
    }
    .live();
}

#[test]
fn allowed_to_join_selected_groups() {
    Life {
        pointer: "/azureADJoin/allowedToJoin",
        created: (
            join("selected", &format!("groups = [\"{A}\", \"{B}\"]")),
            selected(&[], &[A, B]),
        ),
        updated: (join("selected", &format!("groups = [\"{B}\"]")), selected(&[], &[B])),
        drifted: (selected(&[], &[B, C]), "- \"cccccccc-0000-4000-8000-00000000000c\""),
    }
    .live();
}

#[test]
fn allowed_to_join_selected_users_and_groups() {
    let lists = |user: &str, group: &str| join("selected", &format!("users = [\"{user}\"]\n  groups = [\"{group}\"]"));
    Life {
        pointer: "/azureADJoin/allowedToJoin",
        created: (lists(A, B), selected(&[A], &[B])),
        updated: (lists(B, A), selected(&[B], &[A])),
        drifted: (selected(&[], &[A]), "+ \"bbbbbbbb-0000-4000-8000-00000000000b\""),
    }
    .live();
}

#[test]
fn local_admins_global_administrators() {
    let attribute = |value: bool| format!("local_admins = {{ global_administrators = {value} }}");
    Life {
        pointer: "/azureADJoin/localAdmins/enableGlobalAdmins",
        created: (attribute(false), json!(false)),
        updated: (attribute(true), json!(true)),
        drifted: (json!(false), "global_administrators = false -> true"),
    }
    .live();
}

#[test]
fn local_admins_registering_users() {
    let attribute = |scope: &str, lists: &str| {
        format!(
            "local_admins = {{\n{}\n}}",
            membership("registering_users", scope, lists)
        )
    };
    Life {
        pointer: "/azureADJoin/localAdmins/registeringUsers",
        created: (
            attribute("selected", &format!("users = [\"{A}\"]\n  groups = [\"{B}\"]")),
            selected(&[A], &[B]),
        ),
        updated: (attribute("none", ""), nobody()),
        drifted: (all(), "scope = \"all\" -> \"none\""),
    }
    .live();
}

#[test]
fn allowed_to_register() {
    Life {
        pointer: "/azureADRegistration/allowedToRegister",
        created: (membership("allowed_to_register", "none", ""), nobody()),
        updated: (
            membership("allowed_to_register", "selected", &format!("groups = [\"{C}\"]")),
            selected(&[], &[C]),
        ),
        drifted: (all(), "scope = \"all\" -> \"selected\""),
    }
    .live();
}

#[test]
fn user_device_quota_unlimited() {
    Life {
        pointer: "/userDeviceQuota",
        created: ("user_device_quota = 20".into(), json!(20)),
        updated: ("user_device_quota = -1".into(), json!(2_147_483_647)),
        drifted: (json!(50), "user_device_quota = 50 -> -1"),
    }
    .live();
}

#[test]
fn user_device_quota_at_its_limits() {
    Life {
        pointer: "/userDeviceQuota",
        created: ("user_device_quota = 0".into(), json!(0)),
        updated: ("user_device_quota = 100".into(), json!(100)),
        drifted: (json!(2_147_483_647), "user_device_quota = -1 -> 100"),
    }
    .live();
}

#[test]
fn multi_factor_auth_required() {
    Life {
        pointer: "/multiFactorAuthConfiguration",
        created: ("multi_factor_auth_required = true".into(), json!("required")),
        updated: ("multi_factor_auth_required = false".into(), json!("notRequired")),
        drifted: (json!("required"), "multi_factor_auth_required = true -> false"),
    }
    .live();
}

#[test]
fn local_admin_password_enabled() {
    Life {
        pointer: "/localAdminPassword/isEnabled",
        created: ("local_admin_password_enabled = true".into(), json!(true)),
        updated: ("local_admin_password_enabled = false".into(), json!(false)),
        drifted: (json!(true), "local_admin_password_enabled = true -> false"),
    }
    .live();
}

#[test]
fn all_settings_at_once() {
    let lab = Lab::hardened();
    lab.settings(&format!(
        r#"
  allowed_to_join              = {{ scope = "all" }}
  local_admins = {{
    global_administrators = true
    registering_users     = {{ scope = "none" }}
  }}
  allowed_to_register          = {{
    scope  = "selected"
    users  = ["{A}"]
    groups = ["{B}"]
  }}
  user_device_quota            = 20
  multi_factor_auth_required   = false
  local_admin_password_enabled = false
"#
    ));
    let mut expected = lab.tenant.policy();
    for (pointer, value) in [
        ("/azureADJoin/allowedToJoin", all()),
        ("/azureADJoin/localAdmins/enableGlobalAdmins", json!(true)),
        ("/azureADJoin/localAdmins/registeringUsers", nobody()),
        ("/azureADRegistration/allowedToRegister", selected(&[A], &[B])),
        ("/userDeviceQuota", json!(20)),
        ("/multiFactorAuthConfiguration", json!("notRequired")),
        ("/localAdminPassword/isEnabled", json!(false)),
    ] {
        *expected.pointer_mut(pointer).unwrap() = value;
    }
    lab.apply().ok();
    assert_eq!(lab.tenant.policy(), expected);
    assert_eq!(lab.tenant.puts(), 1);
    lab.plan().empty();
}
