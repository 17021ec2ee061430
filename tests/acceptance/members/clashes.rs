//! One setting or one member, managed by two resources: the apply says so.

use graph_emulator::tenants::{group_id, user_id};

use super::{JOIN, group, lab_with, member, of_type, scope_only, settings};
use crate::support::tenant::{Tenant, nobody, selected};

fn listed(number: usize) -> String {
    settings(&format!("scope = \"selected\"\ngroups = [\"{}\"]", group_id(number)))
}

#[test]
fn a_member_in_a_list_of_the_settings_is_warned_of() {
    let lab = lab_with(nobody());
    lab.config(&(listed(1) + &group("one", 1)));
    lab.apply().ok().says("Two resources manage");
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(1)]));
    // Users are the settings resource's business only when it lists users.
    let lab = lab_with(nobody());
    lab.config(&(listed(1) + &of_type("two", &user_id(2), "user")));
    lab.apply().ok().never_says("Two resources manage");
}

#[test]
fn omitted_lists_belong_to_the_members() {
    let lab = lab_with(nobody());
    lab.config(&(scope_only() + &group("two", 2)));
    lab.apply().ok().never_says("Two resources manage");
}

/// The next plan shows what each apply of one resource undoes of the other.
#[test]
fn a_member_beside_a_list_of_the_settings_shows_in_the_next_plan() {
    let lab = lab_with(nobody());
    let dependent = member(
        "two",
        &format!(
            "object_id = \"{}\"\ntype = \"group\"\ndepends_on = [autopilot_device_join_settings.this]",
            group_id(2)
        ),
    );
    lab.config(&(listed(1) + &dependent));
    lab.apply().ok();
    lab.plan()
        .changes()
        .says("allowed_to_join loses members")
        .says(&group_id(2));
}

#[test]
fn two_settings_resources_are_warned_of() {
    let lab = lab_with(nobody());
    let that = listed(1).replace("\"this\"", "\"that\"");
    lab.config(&(listed(1) + &that));
    lab.apply().ok().says("Two resources manage allowed_to_join");
    lab.plan().empty();
}

#[test]
fn two_resources_for_one_member_are_warned_of() {
    let lab = lab_with(selected(&[&user_id(9)], &[]));
    let upper = of_type("two", &group_id(1).to_uppercase(), "group");
    lab.config(&(group("one", 1) + &upper));
    lab.apply().ok().says("Two resources manage the group");
    lab.plan().empty();
}
