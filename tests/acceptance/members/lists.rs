//! The three lists: each its own, and one that Microsoft may fix.

use graph_emulator::Config;
use graph_emulator::tenants::{group_id, user_id};

use super::{ADMINS, JOIN, REGISTER, member};
use crate::support::Lab;
use crate::support::tenant::{Tenant, nobody, selected};

fn in_list(list: &str, id: &str, kind: &str) -> String {
    member(
        list,
        &format!("list = \"{list}\"\nobject_id = \"{id}\"\ntype = \"{kind}\""),
    )
}

#[test]
fn a_member_of_each_list_is_in_that_list_alone() {
    let lab = Lab::open();
    for pointer in [JOIN, ADMINS, REGISTER] {
        lab.tenant.put_at(pointer, nobody());
    }
    let (admin, ops) = (user_id(1), group_id(2));
    lab.config(
        &(in_list("join", &ops, "group")
            + &in_list("local_admin", &admin, "user")
            + &in_list("register", &ops, "group")),
    );
    lab.apply()
        .ok()
        .says("local_admins.registering_users becomes \"selected\"")
        .says("allowed_to_register becomes \"selected\"");
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&ops]));
    assert_eq!(lab.tenant.at(ADMINS), selected(&[&admin], &[]));
    assert_eq!(lab.tenant.at(REGISTER), selected(&[], &[&ops]));
    lab.plan().empty();

    lab.config(&(in_list("join", &ops, "group") + &in_list("register", &ops, "group")));
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&ops]));
    assert_eq!(lab.tenant.at(ADMINS), nobody());
    assert_eq!(lab.tenant.at(REGISTER), selected(&[], &[&ops]));
    lab.plan().empty();
}

#[test]
fn another_list_makes_another_member() {
    let lab = Lab::open();
    lab.tenant.put_at(JOIN, nobody());
    lab.tenant.put_at(ADMINS, nobody());
    let in_list = |list: &str| {
        member(
            "one",
            &format!("list = \"{list}\"\nobject_id = \"{}\"\ntype = \"user\"", user_id(1)),
        )
    };
    lab.config(&in_list("join"));
    lab.apply().ok();
    lab.config(&in_list("local_admin"));
    lab.plan().changes().says("forces replacement");
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), nobody());
    assert_eq!(lab.tenant.at(ADMINS), selected(&[&user_id(1)], &[]));
    lab.plan().empty();
}

#[test]
fn registration_that_microsoft_fixes_is_refused_in_the_plan() {
    // Microsoft's defaults: azureADRegistration.isAdminConfigurable is false.
    let lab = Lab::new(Config::default());
    lab.config(&in_list("register", &group_id(1), "group"));
    lab.plan()
        .refused()
        .says("allowed_to_register cannot be changed in this tenant")
        .says("azureADRegistration.isAdminConfigurable is false")
        .says("Intune");
    assert_eq!(lab.tenant.puts(), 0);
}

#[test]
fn a_list_that_the_tenant_does_not_have_is_named() {
    let lab = Lab::open();
    lab.tenant.edit_policy(|policy| {
        policy["azureADJoin"].as_object_mut().unwrap().remove("localAdmins");
    });
    lab.config(&in_list("local_admin", &user_id(1), "user"));
    lab.apply()
        .refused()
        .says("local_admins.registering_users takes no members")
        .says("does not have azureADJoin.localAdmins.registeringUsers");
}
