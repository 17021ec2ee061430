//! What a member makes of the scope of its list.

use graph_emulator::tenants::{group_id, user_id};

use super::{JOIN, group, lab_with, later, member, scope_only, settings};
use crate::support::tenant::{Tenant, all, nobody, normal, selected};

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
fn several_that_go_together_close_the_list_and_it_is_said_once() {
    let lab = lab_with(nobody());
    lab.config(&(group("one", 1) + &group("two", 2) + &group("three", 3)));
    lab.apply().ok();
    let destroyed = lab.destroy();
    destroyed.ok();
    assert_eq!(destroyed.warnings(), ["allowed_to_join becomes \"none\""]);
    assert_eq!(lab.tenant.at(JOIN), nobody());
}

#[test]
fn others_in_the_list_keep_it_open() {
    let lab = lab_with(selected(&[&user_id(9)], &[]));
    lab.config(&group("one", 1));
    lab.apply().ok().never_says("becomes \"selected\"");
    lab.destroy().ok().never_says("becomes \"none\"");
    assert_eq!(lab.tenant.at(JOIN), selected(&[&user_id(9)], &[]));
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
fn a_list_that_is_opened_to_all_after_the_plan_is_left_so() {
    let lab = lab_with(nobody());
    lab.config(&group("one", 1));
    lab.save_plan("add.plan").changes();
    lab.tenant.put_at(JOIN, all());
    lab.apply_plan("add.plan")
        .refused()
        .says("The scope of allowed_to_join is \"all\"");
    assert_eq!((lab.tenant.at(JOIN), lab.tenant.puts()), (all(), 0));
}

#[test]
fn a_scope_of_a_type_that_is_not_known_is_left_alone() {
    let strange = serde_json::json!({"@odata.type": "#microsoft.graph.conditionalDeviceRegistrationMembership"});
    let lab = lab_with(strange.clone());
    lab.config(&group("one", 1));
    lab.plan()
        .refused()
        .says("The scope of allowed_to_join is of an unknown type")
        .says("conditionalDeviceRegistrationMembership");
    assert_eq!(lab.tenant.at(JOIN), strange);
}

/// The scope comes from a resource of the same apply: nobody can tell before whether the member may be added.
#[test]
fn a_scope_that_is_known_late_is_judged_late() {
    let depending = member(
        "one",
        &format!(
            "object_id = \"{}\"\ntype = \"group\"\ndepends_on = [autopilot_device_join_settings.this]",
            group_id(1)
        ),
    );
    let config = |scope: &str| later("scope", scope) + &settings("scope = terraform_data.scope.output") + &depending;
    let lab = lab_with(all());
    lab.config(&config("selected"));
    lab.plan().changes();
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(1)]));
    lab.plan().empty();

    let lab = lab_with(all());
    lab.config(&config("all"));
    lab.plan().changes();
    lab.apply().refused().says("The scope of allowed_to_join is \"all\"");
    assert_eq!(lab.tenant.at(JOIN), all());
}
