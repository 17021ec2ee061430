//! One configuration, one list, several modules that each own a part of it.

use graph_emulator::tenants::{group_id, user_id};

use super::{JOIN, checking, lab_with, member, scope_only};
use crate::support::tenant::{Tenant, all, normal, selected};
use crate::support::{Lab, Workspace};

const SOURCE: &str =
    "terraform {\n  required_providers {\n    autopilot = { source = \"autopilot-terraform/autopilot\" }\n  }\n}\n";

/// A child module with two groups and a user of its own.
fn call(lab: &Workspace, number: usize) -> String {
    let groups = member(
        "groups",
        "for_each = var.groups\nobject_id = each.value\ntype = \"group\"",
    );
    let user = member("user", "object_id = var.user");
    let variables = "variable \"groups\" { type = set(string) }\nvariable \"user\" { type = string }\n";
    lab.file(
        &format!("m{number}/main.tf"),
        &format!("{SOURCE}{variables}{groups}{user}"),
    );
    format!(
        "module \"m{number}\" {{\n  source = \"./m{number}\"\n  groups = [\"{}\", \"{}\"]\n  user = \"{}\"\n  \
         depends_on = [autopilot_device_join_settings.this]\n}}\n",
        group_id(number),
        group_id(number + 4),
        user_id(number)
    )
}

fn expected(modules: &[usize], others: &str) -> serde_json::Value {
    let groups: Vec<_> = modules
        .iter()
        .flat_map(|number| [group_id(*number), group_id(number + 4)])
        .collect();
    let mut users: Vec<_> = modules.iter().map(|number| user_id(*number)).collect();
    users.push(others.to_owned());
    let users: Vec<_> = users.iter().map(String::as_str).collect();
    let groups: Vec<_> = groups.iter().map(String::as_str).collect();
    normal(&selected(&users, &groups))
}

#[test]
fn three_modules_share_a_list_and_one_leaves() {
    // Somebody is in the list already, whom no configuration names.
    let lab = lab_with(selected(&[&user_id(5)], &[]));
    let before = lab.tenant.policy();
    let checked = checking(&lab);
    let calls: Vec<_> = (1..=3).map(|number| call(&lab, number)).collect();
    lab.config(&(scope_only() + &calls.concat()));
    lab.run(&["get", "-no-color"]).ok();
    checked.apply().ok();
    assert_eq!(normal(&lab.tenant.at(JOIN)), expected(&[1, 2, 3], &user_id(5)));
    checked.plan().empty();

    // The one in the middle goes, its members with it, and nothing else in the policy has changed.
    lab.config(&(scope_only() + &calls[0] + &calls[2]));
    checked.plan().changes().says("0 to add, 0 to change, 3 to destroy");
    checked.apply().ok();
    assert_eq!(normal(&lab.tenant.at(JOIN)), expected(&[1, 3], &user_id(5)));
    checked.plan().empty();

    lab.config(&scope_only());
    checked.apply().ok();
    assert_eq!(lab.tenant.policy(), before);
    checked.plan().empty();
}

/// The scope is opened to the members in the same apply.
#[test]
fn settings_and_modules_start_together_from_a_tenant_that_is_open_to_all() {
    let lab = Lab::open();
    assert_eq!(lab.tenant.at(JOIN), all());
    let calls = call(&lab, 1) + &call(&lab, 3);
    lab.config(&(scope_only() + &calls));
    lab.run(&["get", "-no-color"]).ok();
    let checked = checking(&lab);
    checked.apply().ok();
    let now = lab.tenant.at(JOIN);
    assert_eq!(now["groups"].as_array().unwrap().len(), 4);
    assert_eq!(now["users"].as_array().unwrap().len(), 2);
    checked.plan().empty();
}

/// Two workspaces with states of their own add to one list, and each removes its own.
#[test]
fn two_workspaces_share_a_list() {
    let lab = lab_with(selected(&[], &[]));
    let other = lab.workspace("other");
    lab.config(&super::group("one", 1));
    other.config(&super::group("one", 2));
    lab.apply().ok();
    other.apply().ok();
    lab.plan().empty();
    other.plan().empty();
    lab.destroy().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(2)]));
    other.plan().empty();
}

/// Without a moved block the member of one module is removed and that of the other one added, in whatever order.
#[test]
fn a_member_that_moves_to_another_module_stays() {
    let lab = lab_with(selected(&[], &[&group_id(9)]));
    let both = normal(&selected(&[], &[&group_id(1), &group_id(9)]));
    let here = super::group("here", 1);
    let there = super::group("there", 1);
    for config in [&here, &there, &here, &there] {
        lab.config(config);
        lab.apply().ok();
        assert_eq!(normal(&lab.tenant.at(JOIN)), both);
        lab.plan().empty();
    }
}
