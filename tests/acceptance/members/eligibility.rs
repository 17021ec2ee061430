//! Whether a user may join a device, and why: the data source and the function.

use graph_emulator::tenants::{group_id, user_id};
use graph_emulator::{POLICY_ROLES, tenants};
use serde_json::{Value, json};

use super::{JOIN, allow, checking, lab_with};
use crate::support::Lab;
use crate::support::tenant::{Tenant, all, nobody, selected};

const ADA: &str = "ada.lovelace@contoso.example";

/// The answer about a user, and what `may_join` makes of the settings and the groups that matched.
fn ask(lab: &Lab, user: &str) -> Value {
    lab.config(&format!(
        r#"data "autopilot_device_join_eligibility" "this" {{
  user = "{user}"
}}
data "autopilot_device_join_settings" "now" {{}}
output "answer" {{
  value = data.autopilot_device_join_eligibility.this
}}
output "function" {{
  value = provider::autopilot::may_join(
    data.autopilot_device_join_settings.now,
    coalesce(data.autopilot_device_join_eligibility.this.id, "00000000-0000-4000-8000-0000000000ff"),
    data.autopilot_device_join_eligibility.this.matched_groups,
  )
}}
"#
    ));
    checking(lab).apply().ok();
    let outputs = lab.state()["outputs"].clone();
    let mut answer = outputs["answer"]["value"].clone();
    answer["function"] = outputs["function"]["value"].clone();
    answer
}

#[test]
fn each_scope_list_and_account_has_its_reason() {
    let lab = Lab::open();
    let (one, nested, circle) = (group_id(1), group_id(5), group_id(6));
    for (list, user, reason, may_join, matched) in [
        (all(), ADA.to_owned(), "everybody", true, vec![]),
        (nobody(), ADA.to_owned(), "nobody", false, vec![]),
        (selected(&[&user_id(1)], &[]), user_id(1), "named", true, vec![]),
        (
            selected(&[&user_id(2)], &[]),
            ADA.to_owned(),
            "not_selected",
            false,
            vec![],
        ),
        // Group 5 contains group 1, which contains Ada; groups 6 and 7 contain each other and user 3.
        (
            selected(&[], &[&nested]),
            ADA.to_owned(),
            "in_group",
            true,
            vec![nested.clone()],
        ),
        (
            selected(&[], &[&circle]),
            user_id(3),
            "in_group",
            true,
            vec![circle.clone()],
        ),
        (
            selected(&[&user_id(1)], &[&one, &group_id(8)]),
            ADA.to_owned(),
            "named",
            true,
            vec![one.clone()],
        ),
        (all(), user_id(4), "disabled", false, vec![]),
        (
            all(),
            "nobody@contoso.example".to_owned(),
            "no_such_user",
            false,
            vec![],
        ),
    ] {
        lab.tenant.put_at(JOIN, list.clone());
        let answer = ask(&lab, &user);
        assert_eq!(
            (&answer["reason"], &answer["may_join"], &answer["matched_groups"]),
            (&json!(reason), &json!(may_join), &json!(matched)),
            "{list} {user}"
        );
        // The function knows the settings alone: not whether there is such a user who can sign in.
        if !matches!(reason, "disabled" | "no_such_user") {
            assert_eq!(answer["function"], may_join, "{list} {user}");
        }
    }
}

#[test]
fn the_quota_and_what_is_left_of_it_are_told() {
    let lab = Lab::open();
    for (quota, may_join, reason, shown, left) in [
        (50, true, "everybody", 50, json!(48)),
        (3, true, "everybody", 3, json!(1)),
        (2, false, "quota_reached", 2, json!(0)),
        (0, false, "quota_reached", 0, json!(0)),
        (2_147_483_647, true, "everybody", -1, Value::Null),
    ] {
        lab.tenant.put_at("/userDeviceQuota", json!(quota));
        let answer = ask(&lab, ADA);
        assert_eq!(
            (&answer["may_join"], &answer["reason"]),
            (&json!(may_join), &json!(reason))
        );
        assert_eq!(
            (&answer["quota"], &answer["quota_used"], &answer["quota_left"]),
            (&json!(shown), &json!(2), &left)
        );
        assert_eq!(answer["user_principal_name"], ADA);
        assert_eq!(answer["id"], user_id(1));
        assert_eq!(answer["function"], quota != 0, "it counts no devices");
    }
    assert_eq!(ask(&lab, ADA)["multi_factor_auth_required"], false);
    lab.tenant.put_at("/multiFactorAuthConfiguration", json!("required"));
    assert_eq!(ask(&lab, ADA)["multi_factor_auth_required"], true);
}

/// checkMemberGroups takes 20 groups at a time.
#[test]
fn a_long_list_of_groups_is_asked_in_chunks_of_twenty() {
    let lab = Lab::open();
    lab.tenant.edit_directory(|now| *now = tenants::large(100, 60));
    let groups: Vec<_> = (1..=45).map(group_id).collect();
    let groups: Vec<_> = groups.iter().map(String::as_str).collect();
    lab.tenant.put_at(JOIN, selected(&[], &groups));
    lab.tenant.clear_requests();
    // User 44 is in group 45 alone of those listed, user 8 in group 9 and through it in group 10.
    assert_eq!(ask(&lab, &user_id(44))["matched_groups"], json!([group_id(45)]));
    let requests = lab.tenant.graph_requests();
    let checks = requests.iter().filter(|one| one.path.ends_with("checkMemberGroups"));
    let sizes: Vec<_> = checks
        .map(|one| one.body["groupIds"].as_array().unwrap().len())
        .collect();
    assert!(sizes.len() % 3 == 0 && sizes.contains(&5), "{sizes:?}");
    let mut expected = [group_id(9), group_id(10)];
    expected.sort();
    assert_eq!(ask(&lab, &user_id(8))["matched_groups"], json!(expected));
}

#[test]
fn what_may_not_be_read_is_named() {
    let lab = lab_with(selected(&[], &[&group_id(1)]));
    let mut roles: Vec<_> = POLICY_ROLES.to_vec();
    roles.extend(["User.Read.All", "GroupMember.Read.All"]);
    allow(&lab, &roles);
    let answer = ask(&lab, ADA);
    assert_eq!(answer["reason"], "in_group");
    assert!(answer["quota_used"].is_null() && answer["quota_left"].is_null());
    checking(&lab)
        .plan()
        .says("devices were not counted: Directory.Read.All is missing");
    allow(&lab, &POLICY_ROLES);
    checking(&lab).plan().refused().says("User.Read.All");

    // Whoever is named may join whatever the groups are.
    roles.retain(|role| *role != "GroupMember.Read.All");
    allow(&lab, &roles);
    checking(&lab)
        .plan()
        .refused()
        .says("The user's groups could not be looked up");
    lab.tenant.put_at(JOIN, selected(&[&user_id(1)], &[&group_id(1)]));
    let named = "data \"autopilot_device_join_eligibility\" \"this\" {\n  user = \"ada.lovelace@contoso.example\"\n}\n\
                 output \"answer\" {\n  value = data.autopilot_device_join_eligibility.this\n}\n";
    lab.config(named);
    checking(&lab)
        .apply()
        .ok()
        .says("The user's groups were not looked up")
        .says("GroupMember.Read.All");
    let answer = lab.state()["outputs"]["answer"]["value"].clone();
    assert_eq!(
        (&answer["reason"], &answer["may_join"]),
        (&json!("named"), &json!(true))
    );
    assert!(answer["matched_groups"].is_null());
}

/// Graph refuses a whole question for one id that is none.
#[test]
fn what_is_no_object_id_in_the_tenants_list_breaks_no_answer() {
    let lab = lab_with(selected(&[&user_id(2)], &["weird id", &group_id(5)]));
    let answer = ask(&lab, ADA);
    assert_eq!(
        (&answer["reason"], &answer["matched_groups"]),
        (&json!("in_group"), &json!([group_id(5)]))
    );
    lab.tenant.put_at(JOIN, selected(&[], &["weird id"]));
    assert_eq!(ask(&lab, ADA)["reason"], "not_selected");
}

#[test]
fn the_function_is_a_rule_for_tests_of_modules() {
    let lab = Lab::open();
    lab.config(
        r#"resource "autopilot_device_join_settings" "this" {
  allowed_to_join = {
    scope  = "selected"
    groups = ["8a1f0b5e-3d3c-4c61-9a53-0f1f5f3d2a10"]
  }
}
locals {
  u       = "a1b2c3d4-0000-4000-8000-00000000000a"
  g       = "a1b2c3d4-0000-4000-8000-00000000000b"
  x       = "a1b2c3d4-0000-4000-8000-00000000000c"
  written = { allowed_to_join = { scope = "selected", users = [local.u], groups = [local.g] } }
}
output "all" {
  value = {
    resource = provider::autopilot::may_join(
      autopilot_device_join_settings.this, local.u, ["8A1F0B5E-3D3C-4C61-9A53-0F1F5F3D2A10"])
    other    = provider::autopilot::may_join(autopilot_device_join_settings.this, local.u, [])
    user     = provider::autopilot::may_join(local.written, upper(local.u), [])
    group    = provider::autopilot::may_join(local.written, local.x, [local.x, local.g])
    neither  = provider::autopilot::may_join(local.written, local.g, [local.u])
    quota    = provider::autopilot::may_join(merge(local.written, { user_device_quota = 0 }), local.u, [])
    mock     = provider::autopilot::may_join({ allowed_to_join = null }, local.u, [])
  }
}
"#,
    );
    lab.apply().ok();
    assert_eq!(
        lab.state()["outputs"]["all"]["value"],
        json!({
            "resource": true, "other": false, "user": true, "group": true, "neither": false, "quota": false, "mock": false
        })
    );
    let user = user_id(1);
    for (settings, user, said) in [
        ("{}", user.as_str(), "no object allowed_to_join"),
        (
            "{ allowed_to_join = { scope = \"selected\", users = \"u\" } }",
            &user,
            "is not a list of object ids",
        ),
        ("{ allowed_to_join = { scope = \"all\" } }", ADA, "is not an object id"),
    ] {
        lab.config(&format!(
            "output \"x\" {{\n  value = provider::autopilot::may_join({settings}, \"{user}\", [])\n}}\n"
        ));
        lab.plan().refused().says(said);
    }
}
