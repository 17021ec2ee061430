//! Who may: scopes, lists, and lists that belong to others.

use graph_emulator::Switches;
use serde_json::json;

use crate::support::Lab;
use crate::support::tenant::{A, B, C, Tenant, all, nobody, normal, selected};

const JOIN: &str = "/azureADJoin/allowedToJoin";
const HARDENED_USER: &str = "9d0c3a57-6a5e-4a55-8f1b-1c2d3e4f5a6b";

fn join(scope: &str, lists: &str) -> String {
    format!("allowed_to_join = {{\n  scope = \"{scope}\"\n  {lists}\n}}")
}

/// Each of the six changes from one scope to another, in one walk.
#[test]
fn every_scope_follows_every_other() {
    let lab = Lab::open();
    let list = format!("groups = [\"{A}\"]");
    for (scope, list, expected) in [
        ("selected", list.as_str(), selected(&[], &[A])),
        ("none", "", nobody()),
        ("all", "", all()),
        ("none", "", nobody()),
        ("selected", &list, selected(&[], &[A])),
        ("all", "", all()),
    ] {
        lab.settings(&join(scope, list));
        lab.apply().ok();
        assert_eq!(lab.tenant.at(JOIN), expected, "after {scope}");
        lab.plan().empty();
    }
}

#[test]
fn the_order_of_lists_is_no_difference() {
    let lab = Lab::new(crate::support::tenant::open().with_switches(Switches {
        shuffle_members: true,
        ..Switches::default()
    }));
    lab.settings(&join(
        "selected",
        &format!("users = [\"{C}\", \"{A}\", \"{B}\"]\n  groups = [\"{B}\", \"{A}\"]"),
    ));
    lab.apply().ok();
    for _ in 0..3 {
        lab.plan().empty();
    }
    lab.settings(&join(
        "selected",
        &format!("users = [\"{A}\", \"{B}\", \"{C}\"]\n  groups = [\"{A}\", \"{B}\"]"),
    ));
    lab.plan().empty();
    assert_eq!(lab.tenant.puts(), 1);
}

#[test]
fn imported_lists_are_equal_in_any_order() {
    let lab = Lab::open();
    lab.tenant.put_at(JOIN, selected(&[C, A, B], &[]));
    lab.settings(&join("selected", &format!("users = {}", json!([B, C, A]))));
    lab.import().ok();
    lab.plan().empty();
    lab.tenant.put_at(JOIN, selected(&[HARDENED_USER, C, B], &[]));
    lab.plan().changes().says(HARDENED_USER);
    lab.apply().ok();
    assert_eq!(normal(&lab.tenant.at(JOIN)), normal(&selected(&[A, B, C], &[])));
    lab.plan().empty();
}

#[test]
fn the_case_of_ids_is_no_difference() {
    let lab = Lab::open();
    lab.tenant.put_at(JOIN, selected(&[], &[A]));
    let upper = |id: &str| id.to_uppercase();
    lab.settings(&join("selected", &format!("groups = [\"{}\"]", upper(A))));
    lab.plan().changes().says("The plan changes none of them");
    lab.apply().ok();
    assert_eq!(lab.tenant.puts(), 0);
    lab.plan().empty();

    lab.settings(&join(
        "selected",
        &format!("groups = [\"{}\", \"{}\"]", upper(A), upper(B)),
    ));
    lab.apply().ok();
    assert_eq!(normal(&lab.tenant.at(JOIN)), normal(&selected(&[], &[A, B])));
    lab.plan().empty();

    // Graph may spell them as it likes.
    lab.tenant.put_at(JOIN, selected(&[], &[A, &upper(B)]));
    lab.plan().empty();

    let fresh = lab.workspace("imported");
    fresh.settings(&join("selected", &format!("groups = [\"{}\", \"{B}\"]", upper(A))));
    fresh.import().ok();
    fresh.plan().never_says("loses members");
    fresh.apply().ok();
    fresh.plan().empty();
    assert_eq!(lab.tenant.puts(), 1, "one write, the one that added a group");
}

#[test]
fn an_omitted_list_stays_the_tenants_and_is_shown() {
    let lab = Lab::hardened();
    lab.settings(&join("selected", &format!("groups = [\"{A}\"]")));
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[HARDENED_USER], &[A]));
    assert_eq!(lab.attributes()["allowed_to_join"]["users"], json!([HARDENED_USER]));
    lab.plan().empty();

    // Others add a user: no difference for this configuration, and a later write keeps it.
    lab.tenant.put_at(JOIN, selected(&[HARDENED_USER, C], &[A]));
    lab.plan().empty();
    lab.settings(&join("selected", &format!("groups = [\"{A}\", \"{B}\"]")));
    lab.apply().ok();
    assert_eq!(
        normal(&lab.tenant.at(JOIN)),
        normal(&selected(&[HARDENED_USER, C], &[A, B]))
    );
    lab.plan().empty();
    assert_eq!(lab.attributes()["allowed_to_join"]["users"], json!([HARDENED_USER, C]));
}

/// Between plan and apply somebody adds a user to the list that is not managed: nothing of it is lost, nothing refused.
#[test]
fn an_omitted_list_may_change_between_plan_and_apply() {
    let lab = Lab::hardened();
    lab.settings(&join("selected", &format!("groups = [\"{A}\"]")));
    lab.apply().ok();
    lab.settings(&join("selected", &format!("groups = [\"{B}\"]")));
    lab.save_plan("change.plan").changes();
    lab.tenant.put_at(JOIN, selected(&[HARDENED_USER, C], &[A]));
    lab.apply_plan("change.plan").ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[HARDENED_USER, C], &[B]));
    lab.plan().empty();
}

#[test]
fn both_lists_omitted_manages_the_scope_alone() {
    let lab = Lab::hardened();
    let before = lab.tenant.at(JOIN);
    lab.settings(&join("selected", ""));
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), before);
    lab.tenant.put_at(JOIN, all());
    lab.plan().refused().says("allowed_to_join would lock every user out");
    assert_eq!(lab.tenant.puts(), 0);
}

#[test]
fn a_list_that_becomes_managed_says_who_will_be_removed() {
    let lab = Lab::hardened();
    lab.settings(&join("selected", &format!("groups = [\"{A}\"]")));
    lab.apply().ok();
    lab.settings(&join("selected", &format!("groups = [\"{A}\"]\n  users = []")));
    lab.plan()
        .changes()
        .says("allowed_to_join loses members")
        .says(HARDENED_USER);
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[A]));
    lab.plan().empty().never_says("loses members");
}

#[test]
fn a_list_that_is_no_longer_managed_stays() {
    let lab = Lab::open();
    lab.settings(&join("selected", &format!("users = [\"{A}\"]\n  groups = [\"{B}\"]")));
    lab.apply().ok();
    lab.settings(&join("selected", &format!("groups = [\"{B}\"]")));
    lab.plan().never_says("loses members");
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[A], &[B]));
    lab.tenant.put_at(JOIN, selected(&[A, C], &[B]));
    lab.plan().empty();
}
