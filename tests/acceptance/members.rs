//! Members one by one: who adds what, and what of it is left when they go.

use graph_emulator::tenants::{group_id, user_id};
use serde_json::{Value, json};

use crate::support::tenant::{Tenant, all, nobody, normal, selected};
use crate::support::{Lab, Workspace};

const JOIN: &str = "/azureADJoin/allowedToJoin";

/// A member resource.
pub(crate) fn member(name: &str, attributes: &str) -> String {
    format!("resource \"autopilot_device_join_member\" \"{name}\" {{\n{attributes}\n}}\n")
}

fn group(name: &str, number: usize) -> String {
    member(name, &format!("object_id = \"{}\"\ntype = \"group\"", group_id(number)))
}

/// The same folder with the checks as they are without the tests' setting.
pub(crate) fn checking(lab: &Lab) -> Workspace {
    lab.without_env(&["AUTOPILOT_MEMBER_CHECKS"])
}

fn scope_only() -> String {
    "resource \"autopilot_device_join_settings\" \"this\" {\n  allowed_to_join = { scope = \"selected\" }\n}\n"
        .to_owned()
}

/// A tenant in which this is the list of who may join.
pub(crate) fn lab_with(list: Value) -> Lab {
    let lab = Lab::open();
    lab.tenant.put_at(JOIN, list);
    lab
}

#[test]
fn three_modules_share_a_list_and_one_leaves() {
    let lab = Lab::open();
    let module = |number: usize| {
        format!(
            "variable \"ids\" {{ type = set(string) }}\n{}",
            member(
                &format!("m{number}"),
                "for_each = var.ids\nobject_id = each.value\ntype = \"group\""
            )
        )
    };
    let header =
        "terraform {\n  required_providers {\n    autopilot = { source = \"autopilot-terraform/autopilot\" }\n  }\n}\n";
    let mut calls = vec![scope_only()];
    for number in 1..=3 {
        lab.file(&format!("m{number}/main.tf"), &format!("{header}{}", module(number)));
        calls.push(format!(
            "module \"m{number}\" {{\n  source = \"./m{number}\"\n  ids = [\"{}\", \"{}\"]\n  depends_on = \
             [autopilot_device_join_settings.this]\n}}\n",
            group_id(number),
            group_id(number + 4)
        ));
    }
    let checked = checking(&lab);
    lab.config(&calls.concat());
    lab.run(&["get", "-no-color"]).ok();
    checked.apply().ok();
    let ids: Vec<_> = [1, 5, 2, 6, 3, 7].map(group_id).into();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    assert_eq!(normal(&lab.tenant.at(JOIN)), normal(&selected(&[], &ids)));
    checked.plan().empty();

    calls.pop();
    lab.config(&calls.concat());
    checked.apply().ok();
    assert_eq!(normal(&lab.tenant.at(JOIN)), normal(&selected(&[], &ids[..4])));
    checked.plan().empty();
}

#[test]
fn a_member_that_somebody_removes_is_added_again_and_others_are_left() {
    let lab = lab_with(selected(&[&user_id(9)], &[]));
    lab.config(&group("one", 1));
    lab.apply().ok();
    lab.plan().empty();
    lab.tenant.put_at(JOIN, selected(&[&user_id(8)], &[]));
    lab.plan().changes().says("1 to add, 0 to change, 0 to destroy");
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[&user_id(8)], &[&group_id(1)]));
    lab.destroy().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[&user_id(8)], &[]));
}

#[test]
fn the_first_member_opens_the_list_and_removing_the_last_one_closes_it() {
    let lab = lab_with(nobody());
    lab.config(&(group("one", 1) + &group("two", 2)));
    lab.apply().ok().says("allowed_to_join becomes \"selected\"");
    assert_eq!(
        normal(&lab.tenant.at(JOIN)),
        normal(&selected(&[], &[&group_id(1), &group_id(2)]))
    );
    lab.config(&group("one", 1));
    lab.apply().ok().never_says("becomes \"none\"");
    lab.destroy().ok().says("allowed_to_join becomes \"none\"");
    assert_eq!(lab.tenant.at(JOIN), nobody());
}

#[test]
fn a_first_member_shuts_nobody_out() {
    let lab = lab_with(all());
    lab.config(&group("one", 1));
    lab.plan()
        .refused()
        .says("The scope of allowed_to_join is \"all\"")
        .says("depends_on");
    assert_eq!(lab.tenant.puts(), 0);
    // Together with the settings that change the scope it goes through in one apply.
    let dependent = member(
        "one",
        &format!(
            "object_id = \"{}\"\ntype = \"group\"\ndepends_on = [autopilot_device_join_settings.this]",
            group_id(1)
        ),
    );
    lab.config(&(scope_only() + &dependent));
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(1)]));
    lab.plan().empty();
}

#[test]
fn a_member_that_is_there_is_adopted_and_said_to_be() {
    let lab = lab_with(selected(&[], &[&group_id(1)]));
    lab.config(&member(
        "one",
        &format!("object_id = \"{}\"", group_id(1).to_uppercase()),
    ));
    lab.apply()
        .ok()
        .says("The group is a member already")
        .says("removes it from the list all the same");
    assert_eq!(lab.tenant.puts(), 0);
    lab.plan().empty();
    lab.destroy().ok();
    assert_eq!(lab.tenant.at(JOIN), nobody());
}

#[test]
fn a_member_is_imported_and_another_type_makes_another_one() {
    let lab = lab_with(selected(&[], &[&group_id(1)]));
    lab.config(&group("one", 1));
    let import = |id: &str| {
        lab.run(&[
            "import",
            "-no-color",
            "-input=false",
            "autopilot_device_join_member.one",
            id,
        ])
    };
    import(&format!("join/user/{}", group_id(1)))
        .refused()
        .says("Not a member");
    import(&group_id(1)).refused().says("<list>/<type>/<object id>");
    import(&format!("join/group/{}", group_id(1))).ok();
    lab.plan().empty();
    lab.config(&group("one", 2));
    lab.plan().changes().says("forces replacement");
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(2)]));
}

#[test]
fn two_resources_that_manage_one_list_are_told_of() {
    let lab = lab_with(nobody());
    let settings = format!(
        "resource \"autopilot_device_join_settings\" \"this\" {{\n  allowed_to_join = {{\n    scope = \"selected\"\n    \
         groups = [\"{}\"]\n  }}\n}}\n",
        group_id(1)
    );
    lab.config(&(settings.clone() + &group("two", 2)));
    lab.plan().changes().says("Two resources manage allowed_to_join");
    let user = member("two", &format!("object_id = \"{}\"\ntype = \"user\"", user_id(2)));
    lab.config(&(settings + &user));
    lab.plan().changes().never_says("Two resources manage");
}

#[test]
fn a_list_other_than_join_is_meant_when_it_is_named() {
    let lab = lab_with(nobody());
    lab.tenant.put_at("/azureADJoin/localAdmins/registeringUsers", nobody());
    lab.config(&member(
        "admin",
        &format!(
            "list = \"local_admin\"\nobject_id = \"{}\"\ntype = \"user\"",
            user_id(1)
        ),
    ));
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), nobody());
    assert_eq!(
        lab.tenant.at("/azureADJoin/localAdmins/registeringUsers"),
        selected(&[&user_id(1)], &[])
    );
    lab.plan().empty();
}

/// As `make bench` measures it, without the clock: 100 members, ten at a time.
#[test]
fn a_hundred_members_take_few_requests() {
    let lab = lab_with(nobody());
    lab.tenant
        .edit_directory(|now| *now = graph_emulator::tenants::large(500, 100));
    let ids: Vec<_> = (1..=100).map(group_id).collect();
    lab.config(&member(
        "all",
        &format!(
            "for_each = toset({})\nobject_id = each.value\ntype = \"group\"",
            json!(ids)
        ),
    ));
    let checked = checking(&lab);
    let requests = || {
        let count = lab.tenant.requests().len();
        lab.tenant.clear_requests();
        count
    };
    requests();
    checked.apply().ok();
    let apply = requests();
    assert_eq!(lab.tenant.at(JOIN)["groups"].as_array().unwrap().len(), 100);
    checked.plan().empty();
    let refresh = requests();
    checked.destroy().ok();
    let destroy = requests();
    assert_eq!(lab.tenant.at(JOIN), nobody());
    assert!(refresh <= 3, "{refresh} requests for a refresh");
    assert!(apply <= 60, "{apply} requests for an apply");
    assert!(destroy <= 45, "{destroy} requests for a destroy");
}
