//! Checks of members in the directory, and the answers about it.

use graph_emulator::tenants::{group_id, user_id};
use serde_json::json;

use crate::members::{checking, lab_with, member};
use crate::support::tenant::{Tenant, nobody, selected};

const JOIN: &str = "/azureADJoin/allowedToJoin";
const UNKNOWN: &str = "dddddddd-0000-4000-8000-00000000000d";

fn settings(lists: &str) -> String {
    format!(
        "resource \"autopilot_device_join_settings\" \"this\" {{\n  allowed_to_join = {{\n    scope = \"selected\"\n    \
         {lists}\n  }}\n}}\n"
    )
}

#[test]
fn each_mistake_is_refused_in_the_plan_by_both_resources() {
    let lab = lab_with(nobody());
    let checked = checking(&lab);
    for (id, kind, said) in [
        (UNKNOWN.to_owned(), "group", "No such member in the directory"),
        (group_id(8), "group", "The group contains no users"),
        (group_id(10), "group", "A group of devices has no effect"),
        (user_id(1), "group", "Each of these is a user, not a group"),
        (group_id(1), "user", "Each of these is a group, not a user"),
    ] {
        lab.config(&member("one", &format!("object_id = \"{id}\"\ntype = \"{kind}\"")));
        checked.plan().refused().says(said).says(&id);
        lab.config(&settings(&format!("{kind}s = [\"{id}\", \"{}\"]", user_id(2))));
        checked.plan().refused().says(said).says(&id);
    }
    assert_eq!(lab.tenant.puts(), 0);
}

#[test]
fn the_checks_can_warn_or_be_off() {
    let lab = lab_with(nobody());
    lab.config(&member(
        "one",
        &format!("object_id = \"{}\"\ntype = \"group\"", group_id(8)),
    ));
    lab.with_env("AUTOPILOT_MEMBER_CHECKS", "warn")
        .plan()
        .changes()
        .says("Warning: The group contains no users");
    lab.tenant.clear_requests();
    lab.with_env("AUTOPILOT_MEMBER_CHECKS", "off")
        .plan()
        .changes()
        .never_says("no users");
    assert_eq!(lab.tenant.graph_requests().len(), 1);
    lab.with_env("AUTOPILOT_MEMBER_CHECKS", "maybe")
        .plan()
        .refused()
        .says("Invalid member_checks");
}

#[test]
fn a_dynamic_group_may_still_be_filled() {
    let lab = lab_with(nobody());
    lab.config(&member(
        "one",
        &format!("object_id = \"{}\"\ntype = \"group\"", group_id(4)),
    ));
    let checked = checking(&lab);
    checked.apply().ok().says("The group contains no users yet");
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(4)]));
    checked.plan().empty();
}

#[test]
fn a_missing_permission_is_one_warning_and_no_obstacle() {
    let lab = lab_with(nobody());
    lab.tenant.configure(|config| {
        config.apps[0].roles = graph_emulator::POLICY_ROLES.map(str::to_owned).into();
    });
    let ids: Vec<_> = (1..=20).map(group_id).collect();
    lab.config(&member(
        "all",
        &format!(
            "for_each = toset({})\nobject_id = each.value\ntype = \"group\"",
            json!(ids)
        ),
    ));
    let checked = checking(&lab);
    let plan = checked.plan();
    plan.changes().says("GroupMember.Read.All");
    assert_eq!(
        plan.warnings().len(),
        2,
        "the list that opens, and the permission: {:?}",
        plan.warnings()
    );
    checked.apply().ok();
    assert_eq!(lab.tenant.at(JOIN)["groups"].as_array().unwrap().len(), 20);

    lab.config(&member("one", &format!("object_id = \"{}\"", group_id(30))));
    checked
        .plan()
        .refused()
        .says("The type of the member cannot be found out");
}

#[test]
fn what_is_known_only_during_the_apply_is_checked_there() {
    let lab = lab_with(nobody());
    let unknown = |id: &str, kind: &str| {
        format!(
            "resource \"terraform_data\" \"id\" {{\n  input = \"{id}\"\n}}\n{}",
            member("one", &format!("object_id = terraform_data.id.output\n{kind}"))
        )
    };
    let checked = checking(&lab);
    lab.config(&unknown(&group_id(8), "type = \"group\""));
    checked.plan().changes();
    checked.apply().refused().says("The group contains no users");
    assert_eq!(lab.tenant.at(JOIN), nobody());
    let other = lab.workspace("other").without_env(&["AUTOPILOT_MEMBER_CHECKS"]);
    other.config(&unknown(&group_id(1), ""));
    other.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(1)]));
    other.plan().empty();
}

#[test]
fn a_dead_id_in_the_list_stands_in_nobodys_way() {
    let lab = lab_with(selected(&[UNKNOWN], &[UNKNOWN]));
    let checked = checking(&lab);
    lab.config(&settings(&format!("groups = [\"{UNKNOWN}\", \"{}\"]", group_id(1))));
    checked.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[UNKNOWN], &[UNKNOWN, &group_id(1)]));
    checked.plan().empty();
}

#[test]
fn an_object_that_is_not_known_everywhere_yet_is_looked_for_again() {
    let lab = lab_with(nobody());
    lab.tenant.edit_directory(|directory| {
        let group = directory.group_mut(&group_id(1));
        group.unwrap().unseen_for = 1;
    });
    lab.config(&member(
        "one",
        &format!("object_id = \"{}\"\ntype = \"group\"", group_id(1)),
    ));
    checking(&lab).plan().changes();
}

#[test]
fn names_lead_to_ids_and_who_may_join_is_answered() {
    let lab = lab_with(selected(&[], &[&group_id(5)]));
    lab.config(
        r#"data "autopilot_directory_members" "these" {
  user_principal_names = ["ada.lovelace@contoso.example"]
  group_names          = ["Autopilot users", "New hires"]
}
data "autopilot_device_join_eligibility" "ada" {
  user = "ada.lovelace@contoso.example"
}
data "autopilot_device_join_settings" "now" {}
output "all" {
  value = {
    users     = data.autopilot_directory_members.these.user_object_ids
    counts    = { for name, group in data.autopilot_directory_members.these.groups : name => group.user_count }
    dynamic   = data.autopilot_directory_members.these.groups["New hires"].dynamic
    may_join  = data.autopilot_device_join_eligibility.ada.may_join
    reason    = data.autopilot_device_join_eligibility.ada.reason
    matched   = data.autopilot_device_join_eligibility.ada.matched_groups
    function  = provider::autopilot::may_join(
      data.autopilot_device_join_settings.now,
      data.autopilot_device_join_eligibility.ada.id,
      data.autopilot_device_join_eligibility.ada.matched_groups,
    )
    stranger  = provider::autopilot::may_join({ allowed_to_join = { scope = "selected", groups = ["g"] } }, "u", ["h"])
  }
}"#,
    );
    checking(&lab).apply().ok();
    let state = lab.state();
    assert_eq!(
        state["outputs"]["all"]["value"],
        json!({
            "users": [user_id(1)],
            "counts": {"Autopilot users": 2, "New hires": 0},
            "dynamic": true,
            "may_join": true,
            "reason": "in_group",
            "matched": [group_id(5)],
            "function": true,
            "stranger": false,
        })
    );
}

#[test]
fn a_name_that_is_unknown_or_ambiguous_is_named() {
    let lab = lab_with(nobody());
    lab.config(
        "data \"autopilot_directory_members\" \"these\" {\n  group_names = [\"Sales\", \"Nobody's\"]\n  \
         user_principal_names = [\"gone@contoso.example\"]\n}",
    );
    checking(&lab)
        .plan()
        .refused()
        .says("2 groups have the display name \"Sales\"")
        .says("the display name \"Nobody's\"")
        .says("the user principal name \"gone@contoso.example\"");
}
