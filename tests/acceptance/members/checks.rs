//! Checks of who becomes a member, by both resources.

use graph_emulator::tenants::{group_id, user_id};
use graph_emulator::{Effect, Fault, Group, GroupKind};

use super::{JOIN, SHORT_READ, UNKNOWN, checking, group, lab_with, member, settings};
use crate::support::Lab;
use crate::support::tenant::{Tenant, nobody, selected};

#[test]
fn each_mistake_is_refused_in_the_plan_by_both_resources() {
    let lab = lab_with(nobody());
    let checked = checking(&lab);
    for (id, kind, said) in [
        (UNKNOWN.to_owned(), "group", "no group with the object id"),
        (UNKNOWN.to_owned(), "user", "no user with the object id"),
        (group_id(8), "group", "The group contains no users"),
        (group_id(10), "group", "A group of devices has no effect"),
        (user_id(1), "group", "these are users, not groups"),
        (group_id(1), "user", "these are groups, not users"),
    ] {
        lab.config(&member(
            "one",
            &format!("object_id = \"{id}\"\ntype = \"{kind}\"\n{SHORT_READ}"),
        ));
        checked.plan().refused().says(said).says(&id);
        let lists = format!("scope = \"selected\"\n{kind}s = [\"{id}\"]");
        lab.settings(&format!("allowed_to_join = {{\n{lists}\n}}\n{SHORT_READ}"));
        checked.plan().refused().says(said).says(&id);
    }
    assert_eq!(lab.tenant.puts(), 0);
}

#[test]
fn every_list_of_the_settings_resource_is_checked() {
    let lab = Lab::open();
    let list = |id: &str| format!("{{\n  scope = \"selected\"\n  groups = [\"{id}\"]\n}}");
    lab.settings(&format!(
        "allowed_to_join = {}\nallowed_to_register = {}\nlocal_admins = {{\n  registering_users = {}\n}}\n{SHORT_READ}",
        list(&group_id(8)),
        list(&group_id(10)),
        list(UNKNOWN)
    ));
    let planned = checking(&lab).plan();
    planned.refused().says(&group_id(8)).says(&group_id(10)).says(UNKNOWN);
    assert_eq!(planned.errors().len(), 3, "{:?}", planned.errors());
}

/// Direct members, members of groups inside it, groups in a circle: what counts is that there are users.
#[test]
fn every_kind_of_group_with_users_in_it_is_taken() {
    let lab = lab_with(nobody());
    let checked = checking(&lab);
    let ids: Vec<_> = [1, 2, 3, 5, 6, 7, 9].map(group_id).into();
    lab.config(&settings(&format!(
        "scope = \"selected\"\ngroups = {}\nusers = {}",
        serde_json::json!(ids),
        serde_json::json!([user_id(1), user_id(5)])
    )));
    checked.apply().ok();
    assert_eq!(lab.tenant.at(JOIN)["groups"].as_array().unwrap().len(), ids.len());
    checked.plan().empty();
}

#[test]
fn what_kind_of_group_is_empty_is_said() {
    let lab = lab_with(nobody());
    let checked = checking(&lab);
    for (kind, words, dynamic) in [
        (GroupKind::Security, "a security group", false),
        (GroupKind::MailEnabledSecurity, "a mail-enabled security group", false),
        (GroupKind::Distribution, "a distribution list", false),
        (GroupKind::Microsoft365, "a Microsoft 365 group", false),
        (
            GroupKind::DynamicSecurity,
            "a security group with a dynamic membership rule",
            true,
        ),
        (
            GroupKind::DynamicMicrosoft365,
            "a Microsoft 365 group with a dynamic membership rule",
            true,
        ),
    ] {
        lab.tenant.edit_directory(|directory| {
            directory.add_group(Group {
                id: group_id(77),
                display_name: "Pilots".to_owned(),
                kind,
                membership_rule: dynamic.then(|| "(user.department -eq \"Pilots\")".to_owned()),
                ..Group::default()
            });
        });
        lab.config(&group("one", 77));
        let planned = checked.plan();
        planned.says(&format!("{} (\"Pilots\", {words})", group_id(77)));
        if dynamic {
            planned
                .changes()
                .says("Warning: The group contains no users yet")
                .says("fills a dynamic group by its rule");
        } else {
            planned.refused().says("Error: The group contains no users");
        }
    }
}

#[test]
fn a_dynamic_group_may_still_be_filled() {
    let lab = lab_with(nobody());
    let checked = checking(&lab);
    lab.config(&group("one", 4));
    checked.apply().ok().says("The group contains no users yet");
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(4)]));
    checked.plan().empty().never_says("no users yet");
    let other = checking(&lab.workspace("other"));
    lab.tenant.put_at(JOIN, nobody());
    other.config(&settings(&format!(
        "scope = \"selected\"\ngroups = [\"{}\"]",
        group_id(4)
    )));
    other.apply().ok().says("The group contains no users yet");
}

#[test]
fn the_checks_can_warn_or_be_off() {
    let lab = lab_with(nobody());
    for config in [
        group("one", 8),
        settings(&format!("scope = \"selected\"\ngroups = [\"{}\"]", group_id(8))),
    ] {
        lab.config(&config);
        lab.with_env("AUTOPILOT_MEMBER_CHECKS", "warn")
            .plan()
            .changes()
            .says("Warning: The group contains no users");
        lab.tenant.clear_requests();
        lab.with_env("AUTOPILOT_MEMBER_CHECKS", "off")
            .plan()
            .changes()
            .never_says("contains no users");
        assert_eq!(lab.tenant.graph_requests().len(), 1, "the policy, and no look-up");
        lab.with_env("AUTOPILOT_MEMBER_CHECKS", "maybe")
            .plan()
            .refused()
            .says("Invalid member_checks");
    }
    // The attribute wins over the variable.
    lab.config(&("provider \"autopilot\" {\n  member_checks = \"off\"\n}\n".to_owned() + &group("one", 8)));
    checking(&lab).apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(8)]));
}

#[test]
fn a_dead_id_in_the_list_stands_in_nobodys_way() {
    let lab = lab_with(selected(&[UNKNOWN], &[UNKNOWN]));
    let checked = checking(&lab);
    lab.config(&settings(&format!(
        "scope = \"selected\"\ngroups = [\"{UNKNOWN}\", \"{}\"]",
        group_id(1)
    )));
    checked.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[UNKNOWN], &[UNKNOWN, &group_id(1)]));
    checked.plan().empty();
    // A member that has died since does not disturb anything either, and can be removed.
    let other = checking(&lab.workspace("other"));
    other.config(&group("one", 2));
    other.apply().ok();
    lab.tenant.edit_directory(|directory| directory.remove(&group_id(2)));
    other.plan().empty();
    other.destroy().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[UNKNOWN], &[UNKNOWN, &group_id(1)]));
}

#[test]
fn an_object_that_is_not_known_everywhere_yet_is_looked_for_again() {
    let lab = lab_with(nobody());
    lab.tenant.edit_directory(|directory| {
        directory.group_mut(&group_id(1)).unwrap().unseen_for = graph_emulator::Lag::lookups(1);
    });
    lab.config(&group("one", 1));
    checking(&lab).plan().changes();
}

#[test]
fn a_look_up_that_fails_stops_the_plan_unless_it_only_warns() {
    let lab = lab_with(nobody());
    lab.config(&group("one", 1));
    let broken = Fault::new(Effect::status(500)).path("*/groups/*").times(0);
    lab.tenant.inject(broken);
    checking(&lab)
        .plan()
        .refused()
        .says("Members could not be looked up in the directory");
    lab.with_env("AUTOPILOT_MEMBER_CHECKS", "warn")
        .plan()
        .changes()
        .says("Members could not be looked up in the directory");
}
