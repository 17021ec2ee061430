//! Objects that the same configuration has just created, and members of whom Graph tells only a part.

use graph_emulator::tenants::{group_id, user_id};
use graph_emulator::{Lag, Visibility};

use super::{JOIN, SHORT_READ, checking, group, lab_with, member, of_type, settings};
use crate::support::Lab;
use crate::support::tenant::{Tenant, all, nobody, selected};

/// Makes a group look as if it had been created a moment ago, whose users are not counted for so long.
fn make_young(lab: &Lab, id: &str, users_unseen: Lag) {
    let now = lab.tenant.clock().now();
    lab.tenant.edit_directory(|directory| {
        let group = directory.group_mut(id).expect("the group");
        group.created_at = Some(now - 30);
        group.members_unseen_for = users_unseen;
    });
}

#[test]
fn an_apply_waits_for_the_users_of_a_new_group() {
    let lab = lab_with(nobody());
    make_young(&lab, &group_id(1), Lag::lookups(3));
    lab.config(&group("one", 1));
    let checked = checking(&lab);
    checked.plan().changes().says("The group contains no users yet");
    checked.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(1)]));
}

/// The README's shared list on a tenant that is open to all, with a group that the same apply creates.
#[test]
fn a_new_group_locks_nobody_out() {
    let lab = lab_with(all());
    make_young(&lab, &group_id(1), Lag::lookups(2));
    let shared = format!("scope = \"selected\"\nusers = [\"{}\"]", user_id(3));
    let member = member(
        "one",
        &format!(
            "object_id = \"{}\"\ntype = \"group\"\ndepends_on = [autopilot_device_join_settings.this]",
            group_id(1)
        ),
    );
    lab.config(&(settings(&shared) + &member));
    let checked = checking(&lab);
    checked.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[&user_id(3)], &[&group_id(1)]));
    checked.plan().empty();
}

#[test]
fn a_group_with_hidden_members_is_not_called_empty() {
    let lab = lab_with(nobody());
    lab.tenant.edit_directory(|directory| {
        directory.group_mut(&group_id(1)).expect("the group").visibility = Some(Visibility::HiddenMembership);
    });
    lab.config(&group("one", 1));
    let plan = checking(&lab).plan();
    plan.changes()
        .says("Member.Read.Hidden")
        .never_says("The group contains no users");
}

#[test]
fn a_guest_is_warned_of() {
    let lab = lab_with(nobody());
    lab.tenant.edit_directory(|directory| {
        directory.user_mut(&user_id(1)).expect("the user").user_type = "Guest".to_owned();
    });
    lab.config(&of_type("one", &user_id(1), "user"));
    checking(&lab)
        .plan()
        .changes()
        .says("Guests cannot sign in to joined devices");
}

#[test]
fn sixty_wrong_ids_are_one_error() {
    let lab = lab_with(nobody());
    let ids: Vec<_> = (1..=60).map(|n| format!("dddddddd-0000-4000-8000-{n:012}")).collect();
    let list = format!("scope = \"selected\"\ngroups = {}", serde_json::json!(ids));
    lab.settings(&format!("allowed_to_join = {{\n{list}\n}}\n{SHORT_READ}"));
    let plan = checking(&lab).plan();
    plan.refused().says("and 50 more");
    assert_eq!(plan.errors().len(), 1, "{:?}", plan.errors());
    // What is no object id at all is refused before anything is asked.
    let ids: Vec<_> = (1..=60).map(|n| format!("user{n}@contoso.example")).collect();
    lab.settings(&format!(
        "allowed_to_join = {{\nscope = \"selected\"\nusers = {}\n}}",
        serde_json::json!(ids)
    ));
    let plan = lab.plan();
    plan.refused().says("and 50 more");
    assert_eq!(plan.errors().len(), 1, "{:?}", plan.errors());
}
