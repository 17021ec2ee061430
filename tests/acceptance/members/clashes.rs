//! One list, managed by the settings resource and by members at once.

use graph_emulator::tenants::{group_id, user_id};

use super::{group, lab_with, member, of_type, scope_only, settings};
use crate::support::tenant::{nobody, selected};

#[test]
fn two_resources_that_manage_one_list_are_told_of() {
    let lab = lab_with(nobody());
    let listed = settings(&format!("scope = \"selected\"\ngroups = [\"{}\"]", group_id(1)));
    lab.config(&(listed.clone() + &group("two", 2)));
    let planned = lab.plan();
    planned
        .changes()
        .says("Two resources manage allowed_to_join")
        .says("Leave groups out of allowed_to_join")
        .says(&group_id(2));
    let told = |summaries: &[String]| summaries.iter().filter(|one| one.starts_with("Two resources")).count();
    assert_eq!(told(&planned.warnings()), 1);
    // Users are the settings resource's business only when it lists users.
    lab.config(&(listed + &of_type("two", &user_id(2), "user")));
    lab.plan().changes().never_says("Two resources manage");
}

#[test]
fn a_scope_that_has_no_members_is_told_of_too() {
    let lab = lab_with(selected(&[&user_id(9)], &[]));
    lab.config(&(settings("scope = \"none\"") + &group("two", 2)));
    lab.plan()
        .changes()
        .says("Two resources manage allowed_to_join")
        .says("which has no members");
}

#[test]
fn lists_that_are_left_out_belong_to_the_members() {
    let lab = lab_with(nobody());
    lab.config(&(scope_only() + &group("two", 2)));
    lab.plan().changes().never_says("Two resources manage");
}

/// What is managed already is told of as well, in a plan that changes nothing else.
#[test]
fn a_clash_that_was_applied_is_told_of_in_the_next_plan() {
    let lab = lab_with(nobody());
    let listed = settings(&format!("scope = \"selected\"\ngroups = [\"{}\"]", group_id(1)));
    let dependent = |id: &str| {
        member(
            "two",
            &format!("object_id = \"{id}\"\ntype = \"group\"\ndepends_on = [autopilot_device_join_settings.this]"),
        )
    };
    lab.config(&(listed.clone() + &dependent(&group_id(2))));
    lab.apply().ok();
    lab.plan()
        .changes()
        .says("Two resources manage allowed_to_join")
        .says("will be removed from allowed_to_join");
}
