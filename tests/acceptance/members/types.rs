//! What a member is: given, or found out.

use graph_emulator::tenants::{group_id, user_id};

use super::{JOIN, SHORT_READ, allow, checking, lab_with, member, of_type};
use crate::support::tenant::{Tenant, nobody, normal, selected};

#[test]
fn a_type_that_is_left_out_is_found_out_in_the_plan() {
    let lab = lab_with(nobody());
    let untyped = |id: &str| format!("object_id = \"{id}\"");
    lab.config(&(member("user", &untyped(&user_id(1))) + &member("group", &untyped(&group_id(2)))));
    let checked = checking(&lab);
    checked
        .plan()
        .changes()
        .says(&format!("id = \"join/user/{}\"", user_id(1)))
        .says(&format!("id = \"join/group/{}\"", group_id(2)));
    checked.apply().ok();
    assert_eq!(
        normal(&lab.tenant.at(JOIN)),
        normal(&selected(&[&user_id(1)], &[&group_id(2)]))
    );
    checked.plan().empty();
    // To write down what was found out is no change.
    lab.config(&(of_type("user", &user_id(1), "user") + &of_type("group", &group_id(2), "group")));
    checked.plan().empty();
}

/// The checks are off, and the type is needed all the same.
#[test]
fn a_type_is_found_out_without_checks() {
    let lab = lab_with(nobody());
    lab.config(&member("one", &format!("object_id = \"{}\"", group_id(8))));
    lab.apply().ok().never_says("no users");
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(8)]));
}

#[test]
fn what_is_nothing_has_no_type() {
    let lab = lab_with(nobody());
    lab.config(&member(
        "one",
        &format!("object_id = \"{}\"\n{SHORT_READ}", super::UNKNOWN),
    ));
    for workspace in [checking(&lab), lab.with_env("AUTOPILOT_MEMBER_CHECKS", "off")] {
        workspace
            .plan()
            .refused()
            .says("No such member in the directory")
            .says(super::UNKNOWN);
    }
}

#[test]
fn without_a_permission_the_type_is_asked_for() {
    let lab = lab_with(nobody());
    allow(&lab, &graph_emulator::POLICY_ROLES);
    lab.config(&member("one", &format!("object_id = \"{}\"", group_id(1))));
    let checked = checking(&lab);
    checked
        .plan()
        .refused()
        .says("The type of the member is unknown")
        .says("Set type to \"user\" or \"group\"");
    lab.config(&of_type("one", &group_id(1), "group"));
    checked.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(1)]));
}

#[test]
fn another_type_makes_another_member_and_is_checked() {
    let lab = lab_with(nobody());
    lab.config(&of_type("one", &group_id(1), "group"));
    let checked = checking(&lab);
    checked.apply().ok();
    lab.config(&of_type("one", &group_id(1), "user"));
    checked.plan().refused().says("these are groups, not users");
}
