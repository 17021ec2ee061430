//! A member that becomes another one, several resources for the same member, and what is said of both.

use graph_emulator::tenants::{group_id, user_id};

use super::{JOIN, UNKNOWN, allow, checking, group, lab_with, later, member};
use crate::support::tenant::{Tenant, nobody, selected};

#[test]
fn the_only_member_is_replaced_with_a_warning() {
    let lab = lab_with(nobody());
    lab.config(&group("one", 1));
    lab.apply().ok();
    lab.config(&group("one", 3));
    lab.plan()
        .changes()
        .says("The only member of allowed_to_join is replaced");
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(3)]));

    lab.tenant.put_at(JOIN, selected(&[&user_id(9)], &[&group_id(3)]));
    lab.config(&group("one", 4));
    lab.plan().changes().never_says("is replaced");
}

#[test]
fn create_before_destroy_never_leaves_the_list_empty() {
    let lab = lab_with(nobody());
    let one = |number: usize| {
        member(
            "one",
            &format!(
                "object_id = \"{}\"\ntype = \"group\"\nlifecycle {{\n  create_before_destroy = true\n}}",
                group_id(number)
            ),
        )
    };
    lab.config(&one(1));
    lab.apply().ok();
    lab.tenant.clear_requests();
    lab.config(&one(3));
    lab.save_plan("replace.plan").changes();
    lab.apply_plan("replace.plan").ok().never_says("has no members");
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(3)]));
    let applied = lab.apply_replacing("autopilot_device_join_member.one");
    applied
        .ok()
        .never_says("has no members")
        .never_says("Two resources manage");
    let requests = lab.tenant.graph_requests();
    let written: Vec<_> = requests.iter().filter(|request| request.method == "PUT").collect();
    assert!(!written.is_empty() && written.iter().all(|put| put.body.pointer(JOIN) != Some(&nobody())));
}

/// Terraform does not show the warnings of the second plan that it makes of a replacement.
#[test]
fn what_a_new_member_is_warned_of_is_said_of_its_replacement_too() {
    let lab = lab_with(selected(&[&user_id(9)], &[&group_id(2)]));
    let checked = checking(&lab);
    lab.config(&group("one", 1));
    checked.apply().ok();
    lab.config(&group("one", 2));
    checked.plan().changes().says("already lists members of this plan");
    lab.config(&member("one", &format!("object_id = \"{UNKNOWN}\"\ntype = \"group\"")));
    checked.plan().refused().says("No such member in the directory");
    allow(&lab, &["Policy.ReadWrite.DeviceConfiguration"]);
    lab.config(&group("one", 3));
    checked.plan().changes().says("GroupMember.Read.All");
}

#[test]
fn two_resources_that_swap_their_members_are_not_for_the_same_one() {
    let lab = lab_with(selected(&[&user_id(9)], &[]));
    lab.config(&(group("one", 2) + &group("two", 1)));
    lab.apply().ok().never_says("Two resources");
    lab.config(&(group("one", 1) + &group("two", 2)));
    lab.apply().ok().never_says("Two resources");
    assert_eq!(lab.tenant.at(JOIN)["groups"].as_array().unwrap().len(), 2);
    lab.plan().empty();
}

#[test]
fn a_resource_that_gets_another_address_is_no_second_one() {
    let lab = lab_with(selected(&[&user_id(9)], &[]));
    let each = |key: &str| {
        member(
            "each",
            &format!(
                "for_each = {{ {key} = \"{}\" }}\nobject_id = each.value\ntype = \"group\"",
                group_id(2)
            ),
        )
    };
    lab.config(&(group("before", 1) + &each("x")));
    lab.apply().ok();
    lab.config(&(group("after", 1) + &each("y")));
    lab.plan().changes().never_says("Two resources manage");
    lab.apply().ok().never_says("Two resources manage");
    assert_eq!(lab.tenant.at(JOIN)["groups"].as_array().unwrap().len(), 2);
    lab.plan().empty();
}

/// An id that is written in another way is the same id, also where the import wrote it so.
#[test]
fn another_spelling_changes_nothing() {
    let lab = lab_with(selected(&[], &[&group_id(1)]));
    lab.config(&group("one", 1));
    let import_id = format!("join/group/{}", group_id(1).to_uppercase());
    lab.run(&[
        "import",
        "-input=false",
        "-no-color",
        "autopilot_device_join_member.one",
        &import_id,
    ])
    .ok();
    lab.plan().empty();
    lab.config(&super::of_type("one", &group_id(1).to_uppercase(), "group"));
    lab.plan().empty();
}

/// The plan saw others in the list, and the apply found that they were gone.
#[test]
fn an_unplanned_last_member_is_warned_of_in_the_apply() {
    let lab = lab_with(selected(&[&user_id(9)], &[]));
    lab.config(&group("one", 1));
    lab.apply().ok();
    lab.run(&["plan", "-destroy", "-out=away.plan", "-input=false", "-no-color"])
        .ok()
        .never_says("loses its only member");
    lab.tenant.put_at(JOIN, selected(&[], &[&group_id(1)]));
    lab.apply_plan("away.plan").ok().says("allowed_to_join has no members");
    assert_eq!(lab.tenant.at(JOIN), nobody());
}

/// The id that comes late turns out to be no member: the old one is gone by then, and the error says why nothing followed.
#[test]
fn a_replacement_that_comes_late_and_fails_is_told_before() {
    let lab = lab_with(nobody());
    let checked = checking(&lab);
    let late = |id: &str| later("id", id) + &member("one", "object_id = terraform_data.id.output\ntype = \"group\"");
    lab.config(&late(&group_id(1)));
    checked.apply().ok();
    lab.config(&late(UNKNOWN));
    checked
        .plan()
        .changes()
        .says("The only member of allowed_to_join is replaced");
    checked.apply().refused().says("No such member in the directory");
}
