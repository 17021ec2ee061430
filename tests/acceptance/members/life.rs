//! A member comes, is adopted, imported, replaced, and goes.

use graph_emulator::tenants::{group_id, user_id};
use graph_emulator::{Effect, Fault};

use super::{JOIN, group, lab_with, member};
use crate::support::Lab;
use crate::support::tenant::{Tenant, all, nobody, selected};

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
fn a_list_that_somebody_opens_to_all_is_not_closed_again_for_a_member() {
    let lab = lab_with(selected(&[], &[&group_id(9)]));
    lab.config(&group("one", 1));
    lab.apply().ok();
    lab.tenant.put_at(JOIN, all());
    lab.plan().changes().says("The scope of allowed_to_join is \"all\"");
    lab.apply().refused();
    assert_eq!(lab.tenant.at(JOIN), all());
    lab.config("");
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), all());
    assert!(!lab.is_managed());
}

#[test]
fn a_member_that_is_gone_already_is_no_obstacle_to_its_removal() {
    let lab = lab_with(selected(&[&user_id(9)], &[]));
    lab.config(&group("one", 1));
    lab.apply().ok();
    lab.tenant.put_at(JOIN, selected(&[&user_id(9)], &[]));
    lab.tenant.clear_requests();
    lab.destroy().ok();
    assert_eq!(lab.tenant.puts(), 0);
}

#[test]
fn nothing_but_the_list_changes() {
    let lab = Lab::hardened();
    let mut expected = lab.tenant.policy();
    lab.config(&group("one", 1));
    lab.apply().ok();
    let groups = expected.pointer_mut("/azureADJoin/allowedToJoin/groups").unwrap();
    let mut ids: Vec<String> = serde_json::from_value(groups.clone()).unwrap();
    ids.push(group_id(1));
    *groups = serde_json::json!(ids);
    assert_eq!(
        crate::support::tenant::normal(&lab.tenant.policy()),
        crate::support::tenant::normal(&expected)
    );
}

#[test]
fn a_member_that_is_there_is_adopted_and_said_to_be() {
    let lab = lab_with(selected(&[], &[&group_id(1)]));
    lab.config(&member(
        "one",
        &format!("object_id = \"{}\"", group_id(1).to_uppercase()),
    ));
    lab.plan().changes().says("already lists members of this plan");
    lab.apply()
        .ok()
        .says("destroying the resource removes the member all the same");
    assert_eq!(lab.tenant.puts(), 0);
    lab.plan().empty();
    lab.destroy().ok();
    assert_eq!(lab.tenant.at(JOIN), nobody());
}

#[test]
fn a_member_is_imported_and_another_id_makes_another_one() {
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
    import(&format!("register/group/{}", group_id(1)))
        .refused()
        .says("Not a member");
    import(&group_id(1)).refused().says("<list>/<type>/<object id>");
    import(&format!("join/group/{}", group_id(1))).ok();
    lab.plan().empty();
    assert_eq!(lab.tenant.puts(), 0);
    lab.config(&group("one", 2));
    lab.plan().changes().says("forces replacement");
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(2)]));
    lab.plan().empty();
}

#[test]
fn timeouts_and_the_spelling_of_an_id_change_without_a_write() {
    let lab = lab_with(selected(&[], &[]));
    lab.config(&group("one", 1));
    lab.apply().ok();
    lab.tenant.clear_requests();
    lab.config(&member(
        "one",
        &format!(
            "object_id = \"{}\"\ntype = \"group\"\ntimeouts = {{ create = \"90s\" }}",
            group_id(1).to_uppercase()
        ),
    ));
    lab.plan().changes().says("0 to add, 1 to change, 0 to destroy");
    lab.apply().ok();
    lab.plan().empty();
    assert_eq!(lab.tenant.puts(), 0);
}

/// The write took effect and nobody said so. What is not in the state could never be removed again.
#[test]
fn a_member_of_which_nobody_knows_whether_it_was_added_stays_in_the_state() {
    let lab = lab_with(selected(&[&user_id(9)], &[]));
    lab.config(&member(
        "one",
        &format!(
            "object_id = \"{}\"\ntype = \"group\"\ntimeouts = {{ create = \"3s\" }}",
            group_id(1)
        ),
    ));
    lab.save_plan("add.plan").changes();
    let policy = "/v1.0/policies/deviceRegistrationPolicy";
    lab.tenant
        .inject(Fault::new(Effect::Reset).method("PUT").after_effect());
    let unreadable = Fault::new(Effect::status(500)).method("GET").path(policy);
    lab.tenant.inject(unreadable.skip(2).times(0));
    lab.apply_plan("add.plan")
        .refused()
        .says("may or may not have been written")
        .says("may be a member");
    lab.tenant.clear_faults();
    assert_eq!(lab.tenant.at(JOIN), selected(&[&user_id(9)], &[&group_id(1)]));
    lab.config("");
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[&user_id(9)], &[]));
}

/// Nothing is left to do, so nothing stands in the way.
#[test]
fn a_destroy_succeeds_whatever_became_of_the_list() {
    for refresh in ["-refresh=true", "-refresh=false"] {
        let lab = lab_with(selected(&[], &[&group_id(9)]));
        lab.config(&group("one", 1));
        lab.apply().ok();
        lab.tenant.put_at(JOIN, all());
        lab.run(&["destroy", refresh, "-input=false", "-auto-approve"]).ok();
        assert_eq!((lab.tenant.at(JOIN), lab.tenant.puts()), (all(), 1));
    }
    // Intune locks who may register, and opens it to all.
    let lab = Lab::open();
    lab.tenant
        .put_at("/azureADRegistration/allowedToRegister", selected(&[], &[&group_id(9)]));
    lab.config(&member(
        "one",
        &format!("list = \"register\"\nobject_id = \"{}\"\ntype = \"group\"", group_id(1)),
    ));
    lab.apply().ok();
    lab.tenant.put_at(
        "/azureADRegistration",
        serde_json::json!({"isAdminConfigurable": false, "allowedToRegister": all()}),
    );
    lab.run(&["destroy", "-refresh=false", "-input=false", "-auto-approve"])
        .ok();
}
