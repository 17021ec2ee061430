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

/// The safe pattern of the guide: a break-glass user in the settings, groups from modules. The modules depend on the
/// settings through a variable, which leaves their data sources known in a plan.
#[test]
fn modules_depend_on_the_settings_through_a_variable() {
    let lab = Lab::open();
    assert_eq!(lab.tenant.at(JOIN), all());
    let variables = "variable \"settings_id\" { type = string }\nvariable \"names\" { type = set(string) }\n";
    let data = "data \"autopilot_directory_members\" \"team\" {\n  group_ids = var.names\n}\n";
    let groups = member(
        "groups",
        "for_each = data.autopilot_directory_members.team.group_object_ids\nobject_id = each.value\ntype = \"group\"\n\
         depends_on = [terraform_data.settings]",
    );
    let carrier = "resource \"terraform_data\" \"settings\" {\n  input = var.settings_id\n}\n";
    lab.file("team/main.tf", &format!("{SOURCE}{variables}{data}{carrier}{groups}"));
    let config = |quota: u32| {
        lab.config(&format!(
            "resource \"autopilot_device_join_settings\" \"this\" {{\n  user_device_quota = {quota}\n  allowed_to_join = {{\n    \
             scope = \"selected\"\n    users = [\"{}\"]\n  }}\n}}\nmodule \"team\" {{\n  source = \"./team\"\n  settings_id = \
             autopilot_device_join_settings.this.id\n  names = [\"{}\", \"{}\"]\n}}\n",
            user_id(5),
            group_id(1),
            group_id(3)
        ));
    };
    let checked = checking(&lab);
    config(20);
    lab.run(&["get", "-no-color"]).ok();
    checked.apply().ok();
    assert_eq!(
        normal(&lab.tenant.at(JOIN)),
        normal(&selected(&[&user_id(5)], &[&group_id(1), &group_id(3)]))
    );
    checked.plan().empty();
    config(30);
    checked.plan().changes().says("0 to add, 1 to change, 0 to destroy");
    checked.apply().ok();
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
