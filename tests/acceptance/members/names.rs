//! Names of users and groups to object ids.

use graph_emulator::tenants::{group_id, user_id};
use graph_emulator::{POLICY_ROLES, Switches};
use serde_json::{Value, json};

use super::{allow, checking, lab_with};
use crate::support::Lab;
use crate::support::tenant::nobody;

fn look_up(lab: &Lab, attributes: &str) -> Value {
    lab.config(&format!(
        "data \"autopilot_directory_members\" \"these\" {{\n{attributes}\n}}\noutput \"all\" {{\n  value = \
         data.autopilot_directory_members.these\n}}\n"
    ));
    checking(lab).apply().ok();
    lab.state()["outputs"]["all"]["value"].clone()
}

fn sorted(ids: &[String]) -> Value {
    let mut ids = ids.to_vec();
    ids.sort();
    json!(ids)
}

#[test]
fn names_and_ids_lead_to_objects_with_their_kinds_and_users() {
    let lab = lab_with(nobody());
    let ids = [5, 6, 9, 10].map(group_id);
    let all = look_up(
        &lab,
        &format!(
            "user_principal_names = [\"ada.lovelace@contoso.example\", \
             \"guest_fabrikam.example#EXT#@contoso.example\", \"former.employee@contoso.example\"]\n\
             group_names = [\"Autopilot users\", \"Field team\", \"All field staff\", \"New hires\", \"Empty\"]\n\
             group_ids = {}",
            json!(ids)
        ),
    );
    assert_eq!(all["tenant_id"], lab.tenant.tenant_id());
    let users = &all["users"];
    assert_eq!(users.as_object().unwrap().len(), 3);
    assert_eq!(
        users["ada.lovelace@contoso.example"],
        json!({"object_id": user_id(1), "display_name": "Ada Lovelace", "enabled": true})
    );
    assert_eq!(
        users["guest_fabrikam.example#EXT#@contoso.example"]["object_id"],
        user_id(5)
    );
    assert_eq!(users["former.employee@contoso.example"]["enabled"], false);
    assert_eq!(all["user_object_ids"], sorted(&[1, 4, 5].map(user_id)));
    assert_eq!(
        all["group_object_ids"],
        sorted(&[1, 2, 3, 4, 5, 6, 8, 9, 10].map(group_id))
    );

    let group = |key: &str| {
        let group = &all["groups"][key];
        (
            group["object_id"].as_str().unwrap().to_owned(),
            group["kind"].as_str().unwrap().to_owned(),
            group["dynamic"] == true,
            group["user_count"].as_u64().unwrap(),
        )
    };
    for (key, number, kind, dynamic, users) in [
        ("Autopilot users", 1, "security", false, 2),
        ("Field team", 2, "microsoft_365", false, 1),
        ("All field staff", 3, "security", true, 1),
        ("New hires", 4, "security", true, 0),
        (&ids[0], 5, "security", false, 2),
        (&ids[1], 6, "security", false, 1),
        ("Empty", 8, "security", false, 0),
        (&ids[2], 9, "distribution", false, 1),
        (&ids[3], 10, "security", false, 0),
    ] {
        assert_eq!(group(key), (group_id(number), kind.to_owned(), dynamic, users), "{key}");
    }
    assert_eq!(
        all["groups"]["New hires"]["membership_rule"],
        "(user.department -eq \"Field\")"
    );
    assert!(all["groups"]["Empty"]["membership_rule"].is_null());
}

#[test]
fn what_leads_nowhere_or_to_several_is_an_error_each() {
    let lab = lab_with(nobody());
    lab.config(&format!(
        "data \"autopilot_directory_members\" \"these\" {{\n  group_names = [\"Sales\", \"Nobody's\"]\n  \
         user_principal_names = [\"gone@contoso.example\", \"nobody@contoso.example\", \"..\"]\n  group_ids = [\"{}\"]\n}}",
        super::UNKNOWN
    ));
    let planned = checking(&lab).plan();
    planned
        .refused()
        .says("2 groups have the display name \"Sales\"")
        .says(&format!("{} (a security group)", group_id(11)))
        .says(&format!("{} (a Microsoft 365 group)", group_id(12)))
        .says("the display name \"Nobody's\"")
        .says("the user principal name \"gone@contoso.example\"")
        .says("the user principal name \"nobody@contoso.example\"")
        // No address can hold this one; the others are answered all the same.
        .says("the user principal name \"..\"")
        .says(&format!("the object id of a group \"{}\"", super::UNKNOWN));
    assert_eq!(planned.errors().len(), 6, "{:?}", planned.errors());
    lab.config("data \"autopilot_directory_members\" \"these\" {\n  group_ids = [\"Sales\"]\n}");
    lab.run(&["validate"])
        .refused()
        .says("\"Sales\" in group_ids is no object id");
    lab.config(
        "data \"autopilot_directory_members\" \"these\" {\n  group_names = [\"\"]\n}\n\
         data \"autopilot_device_join_eligibility\" \"nobody\" {\n  user = \" \"\n}",
    );
    lab.run(&["validate"])
        .refused()
        .says("A name in group_names is empty")
        .says("user is empty");
}

/// More groups of one name than a page holds, quotes in names, pages that are empty.
#[test]
fn names_are_looked_up_whole_and_to_the_last_page() {
    let lab = lab_with(nobody());
    lab.tenant.edit_directory(|directory| {
        for number in 100..130 {
            let mut group = directory.group(&group_id(1)).unwrap().clone();
            group.id = group_id(number);
            group.display_name = "Crew's & co".to_owned();
            directory.add_group(group);
        }
    });
    lab.tenant.set_switches(Switches {
        largest_page: Some(7),
        empty_pages: true,
        ..Switches::default()
    });
    lab.config("data \"autopilot_directory_members\" \"these\" {\n  group_names = [\"Crew's & co\"]\n}");
    checking(&lab)
        .plan()
        .refused()
        .says("30 groups have the display name \"Crew's & co\"");
}

#[test]
fn nothing_asked_is_nothing_found_and_costs_nothing() {
    let lab = lab_with(nobody());
    let all = look_up(&lab, "");
    assert_eq!(all["users"], json!({}));
    assert_eq!(all["group_object_ids"], json!([]));
    assert_eq!(lab.tenant.graph_requests(), []);
}

#[test]
fn a_missing_permission_is_named() {
    let lab = lab_with(nobody());
    allow(&lab, &POLICY_ROLES);
    lab.config("data \"autopilot_directory_members\" \"these\" {\n  group_names = [\"Empty\"]\n}");
    checking(&lab).plan().refused().says("GroupMember.Read.All");
}
