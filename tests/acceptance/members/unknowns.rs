//! Ids and types that are known only during the apply: they are checked there.

use graph_emulator::tenants::{group_id, user_id};

use super::{JOIN, UNKNOWN, checking, lab_with, later, member, settings};
use crate::support::tenant::{Tenant, nobody, normal, selected};

fn of_later(kind: &str) -> String {
    member("one", &format!("object_id = terraform_data.id.output\n{kind}"))
}

#[test]
fn a_member_is_checked_in_the_apply() {
    let lab = lab_with(nobody());
    for (name, id, kind, said) in [
        ("empty", group_id(8), "type = \"group\"", "The group contains no users"),
        ("missing", UNKNOWN.to_owned(), "", "No such member in the directory"),
        ("user", user_id(1), "type = \"group\"", "these are users, not groups"),
    ] {
        let checked = checking(&lab.workspace(name));
        checked.config(&(later("id", &id) + &of_later(kind)));
        checked.plan().changes().never_says(said);
        checked.apply().refused().says(said).says(&id);
        assert_eq!(lab.tenant.at(JOIN), nobody());
    }
    assert_eq!(lab.tenant.puts(), 0);
}

#[test]
fn a_member_whose_id_comes_late_is_added_with_the_type_that_it_has() {
    let lab = lab_with(nobody());
    let checked = checking(&lab);
    lab.config(&(later("id", &group_id(1)) + &of_later("")));
    checked.plan().changes();
    checked.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(1)]));
    checked.plan().empty();
}

#[test]
fn a_type_that_comes_late_is_held_against_what_is_found() {
    let lab = lab_with(nobody());
    let checked = checking(&lab);
    let with_type = |kind: &str| {
        let one = format!("object_id = \"{}\"\ntype = terraform_data.kind.output", group_id(1));
        later("kind", kind) + &member("one", &one)
    };
    lab.config(&with_type("user"));
    checked.plan().changes();
    checked.apply().refused().says("these are groups, not users");
    assert_eq!(lab.tenant.at(JOIN), nobody());
    let other = checking(&lab.workspace("other"));
    other.config(&with_type("group"));
    other.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(1)]));
    other.plan().empty();
}

#[test]
fn the_settings_resource_checks_in_the_apply_too() {
    let lab = lab_with(nobody());
    let checked = checking(&lab);
    let listed = settings("scope = \"selected\"\ngroups = [terraform_data.id.output]");
    lab.config(&(later("id", &group_id(8)) + &listed));
    checked.plan().changes().never_says("no users");
    checked.apply().refused().says("The group contains no users");
    assert_eq!((lab.tenant.at(JOIN), lab.tenant.puts()), (nobody(), 0));
    let other = checking(&lab.workspace("other"));
    other.config(&(later("id", &group_id(1)) + &listed));
    other.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(1)]));
    other.plan().empty();

    // A list that is managed already is checked when it gets a new id that is known late.
    other.config(
        &(later("id", &group_id(1))
            + &later("more", &group_id(10))
            + &settings("scope = \"selected\"\ngroups = [terraform_data.id.output, terraform_data.more.output]")),
    );
    other.apply().refused().says("The group contains no users");
    assert_eq!(normal(&lab.tenant.at(JOIN)), normal(&selected(&[], &[&group_id(1)])));
}
