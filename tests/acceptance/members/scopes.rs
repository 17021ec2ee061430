//! What a member makes of the scope of its list.

use graph_emulator::tenants::{group_id, user_id};

use super::{JOIN, UNKNOWN, checking, group, lab_with, later, member, scope_only, settings};
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
    lab.apply().ok().never_says("has no members");
    lab.destroy().ok().says("allowed_to_join loses its only member");
    assert_eq!(lab.tenant.at(JOIN), nobody());
}

#[test]
fn removing_several_closes_the_list_with_one_warning() {
    let lab = lab_with(nobody());
    lab.config(&(group("one", 1) + &group("two", 2) + &group("three", 3)));
    lab.apply().ok();
    let destroyed = lab.destroy();
    destroyed.ok();
    assert_eq!(destroyed.warnings().len(), 1);
    destroyed.says("allowed_to_join has no members");
    assert_eq!(lab.tenant.at(JOIN), nobody());
}

#[test]
fn others_in_the_list_keep_it_open() {
    let lab = lab_with(selected(&[&user_id(9)], &[]));
    lab.config(&group("one", 1));
    lab.apply().ok().never_says("becomes \"selected\"");
    lab.destroy().ok().never_says("has no members");
    assert_eq!(lab.tenant.at(JOIN), selected(&[&user_id(9)], &[]));
}

/// The plan warns, because settings of the same apply may change the scope; the apply refuses if none did.
#[test]
fn a_member_of_a_list_open_to_all_is_warned_of_and_refused() {
    let lab = lab_with(all());
    lab.config(&(group("one", 1) + &group("two", 2)));
    let plan = lab.plan();
    plan.changes()
        .says("allowed_to_join takes no members now")
        .says("The scope of allowed_to_join is \"all\"")
        .says("depends_on");
    assert_eq!(plan.warnings().len(), 1, "once a list:\n{}", plan.output);
    lab.apply().refused().says("allowed_to_join takes no members");
    assert_eq!((lab.tenant.at(JOIN), lab.tenant.puts()), (all(), 0));
}

/// Settings and members start together: the break-glass user keeps the list from being empty at any moment.
#[test]
fn settings_with_a_member_change_all_to_selected_beside_members() {
    let lab = lab_with(all());
    let break_glass = settings(&format!("scope = \"selected\"\nusers = [\"{}\"]", user_id(9)));
    let dependent = member(
        "one",
        &format!(
            "object_id = \"{}\"\ntype = \"group\"\ndepends_on = [autopilot_device_join_settings.this]",
            group_id(1)
        ),
    );
    lab.config(&(scope_only() + &dependent));
    lab.plan().refused().says("allowed_to_join would lock every user out");
    lab.config(&(break_glass + &dependent));
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[&user_id(9)], &[&group_id(1)]));
    lab.plan().empty();
}

/// One member of the same apply fails its check: the others, and the break-glass user, can join.
#[test]
fn a_failing_member_locks_no_user_out() {
    let lab = lab_with(all());
    let checked = checking(&lab);
    let break_glass = settings(&format!("scope = \"selected\"\nusers = [\"{}\"]", user_id(1)));
    let dependent = |name: &str, id: &str| {
        member(
            name,
            &format!(
                "object_id = terraform_data.{name}.output\ntype = \"group\"\ndepends_on = \
                 [autopilot_device_join_settings.this]\ntimeouts = {{ read = \"4s\" }}"
            ),
        ) + &later(name, id)
    };
    lab.config(&(break_glass + &dependent("good", &group_id(1)) + &dependent("bad", UNKNOWN)));
    checked.apply().refused();
    assert_eq!(lab.tenant.at(JOIN), selected(&[&user_id(1)], &[&group_id(1)]));
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
    lab.plan().changes().says("conditionalDeviceRegistrationMembership");
    lab.apply()
        .refused()
        .says("allowed_to_join takes no members")
        .says("conditionalDeviceRegistrationMembership");
    assert_eq!(lab.tenant.at(JOIN), strange);
}

/// The scope comes from a resource of the same apply.
#[test]
fn an_unknown_scope_is_judged_in_the_apply() {
    let depending = member(
        "one",
        &format!(
            "object_id = \"{}\"\ntype = \"group\"\ndepends_on = [autopilot_device_join_settings.this]",
            group_id(1)
        ),
    );
    let config = |scope: &str| later("scope", scope) + &settings("scope = terraform_data.scope.output") + &depending;
    let lab = lab_with(nobody());
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

    let lab = lab_with(all());
    lab.config(&config("selected"));
    lab.plan().changes();
    lab.apply().refused().says("allowed_to_join would lock every user out");
    assert_eq!(lab.tenant.at(JOIN), all());
}
