//! What is asked for, no more than it takes, and what happens without it.

use graph_emulator::POLICY_ROLES;
use graph_emulator::tenants::{group_id, user_id};
use serde_json::json;

use super::{JOIN, allow, checking, lab_with, member, of_type, settings};
use crate::support::tenant::{Tenant, nobody};

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let policy: [&'a str; 2] = POLICY_ROLES;
    policy.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn a_missing_permission_is_one_warning_and_no_obstacle() {
    let lab = lab_with(nobody());
    allow(&lab, &POLICY_ROLES);
    let ids: Vec<_> = (1..=20).map(group_id).collect();
    lab.config(&member(
        "all",
        &format!(
            "for_each = toset({})\nobject_id = each.value\ntype = \"group\"",
            json!(ids)
        ),
    ));
    let checked = checking(&lab);
    let planned = checked.plan();
    planned
        .changes()
        .says("Members were not checked: the permission GroupMember.Read.All is missing");
    assert_eq!(
        planned.warnings().len(),
        2,
        "the list that opens, and the permission: {:?}",
        planned.warnings()
    );
    checked.apply().ok();
    assert_eq!(lab.tenant.at(JOIN)["groups"].as_array().unwrap().len(), 20);
    checked.plan().empty();
}

#[test]
fn the_permission_that_is_missing_is_named_for_users_and_for_groups() {
    for (held, missing, present) in [
        (&["GroupMember.Read.All"][..], "User.Read.All", "GroupMember.Read.All"),
        (&["User.Read.All"], "GroupMember.Read.All", "User.Read.All"),
    ] {
        let lab = lab_with(nobody());
        allow(&lab, &with(held));
        let checked = checking(&lab);
        for config in [
            settings(&format!(
                "scope = \"selected\"\nusers = [\"{}\"]\ngroups = [\"{}\"]",
                user_id(1),
                group_id(1)
            )),
            of_type("user", &user_id(1), "user") + &of_type("group", &group_id(1), "group"),
        ] {
            lab.config(&config);
            checked
                .plan()
                .changes()
                .says(&format!("the permission {missing} is missing"))
                .never_says(&format!("the permission {present} is missing"));
        }
        checked.apply().ok();
        assert_eq!(lab.tenant.at(JOIN)["users"], json!([user_id(1)]));
    }
}

#[test]
fn the_least_permissions_are_enough_to_check() {
    let lab = lab_with(nobody());
    allow(&lab, &with(&["User.Read.All", "GroupMember.Read.All"]));
    let checked = checking(&lab);
    lab.tenant
        .edit_directory(|now| *now = graph_emulator::tenants::large(60, 10));
    // More users than are asked for one by one: getByIds, which needs Directory.Read.All, is refused and done without.
    let users: Vec<_> = (1..=40).map(user_id).collect();
    let listed = |users: &[String]| {
        settings(&format!(
            "scope = \"selected\"\nusers = {}\ngroups = [\"{}\"]",
            json!(users),
            group_id(1)
        ))
    };
    lab.config(&listed(&users));
    checked.plan().changes().never_says("were not checked");
    let mut with_a_mistake = users.clone();
    with_a_mistake.push(super::UNKNOWN.to_owned());
    lab.config(&listed(&with_a_mistake));
    checked
        .plan()
        .refused()
        .says("No such member in the directory")
        .says(super::UNKNOWN);
    lab.config(&listed(&users));
    checked.apply().ok().never_says("were not checked");
    checked.plan().empty();
}

/// What is known to be wrong is an error, whatever else cannot be known.
#[test]
fn a_mistake_is_refused_although_another_permission_is_missing() {
    let lab = lab_with(nobody());
    allow(&lab, &with(&["GroupMember.Read.All"]));
    lab.config(&settings(&format!(
        "scope = \"selected\"\nusers = [\"{}\"]\ngroups = [\"{}\"]",
        user_id(1),
        group_id(8)
    )));
    checking(&lab)
        .plan()
        .refused()
        .says("The group contains no users")
        .says("the permission User.Read.All is missing");
}
