//! Members and the settings resource at work on one list in one apply.

use graph_emulator::tenants::{group_id, user_id};

use super::{JOIN, group, lab_with, scope_only, settings};
use crate::support::tenant::{Tenant, all, nobody, normal, selected};

fn listed(numbers: &[usize]) -> String {
    let ids: Vec<_> = numbers.iter().map(|number| group_id(*number)).collect();
    settings(&format!("scope = \"selected\"\ngroups = {}", serde_json::json!(ids)))
}

/// What belonged to member resources is listed by the settings resource from now on, which may see nothing to change: the
/// tenant has all of it. Others, whom nobody named, go.
#[test]
fn members_go_over_to_the_settings_resource_in_one_apply() {
    let depending = |name: &str, number: usize| {
        super::member(
            name,
            &format!(
                "object_id = \"{}\"\ntype = \"group\"\ndepends_on = [autopilot_device_join_settings.this]",
                group_id(number)
            ),
        )
    };
    for (before, order) in [
        (selected(&[], &[]), [1, 2]),
        (selected(&[], &[]), [2, 1]),
        (selected(&[], &[&group_id(5)]), [1, 2]),
        (nobody(), [1, 2]),
    ] {
        for members in [
            group("one", 1) + &group("two", 2),
            depending("one", 1) + &depending("two", 2),
        ] {
            let lab = lab_with(before.clone());
            lab.config(&(scope_only() + &members));
            lab.apply().ok();
            lab.config(&listed(&order));
            lab.apply().ok();
            assert_eq!(
                normal(&lab.tenant.at(JOIN)),
                normal(&selected(&[], &[&group_id(1), &group_id(2)])),
                "{before} {order:?} {members}"
            );
            lab.plan().empty();
        }
    }
}

/// The pattern of the guide on a tenant that was open to all: the settings name a user and leave the groups to members, take
/// the groups over, give them up, and take them over again.
#[test]
fn a_list_goes_to_the_settings_and_back_without_losing_a_member() {
    let user = format!("scope = \"selected\"\nusers = [\"{}\"]", user_id(3));
    let groups = format!("\ngroups = [\"{}\", \"{}\"]", group_id(1), group_id(2));
    let members = group("one", 1) + &group("two", 2);
    let lab = lab_with(all());
    lab.config(&settings(&user));
    lab.apply().ok();
    for next in [
        settings(&user) + &members,
        settings(&(user.clone() + &groups)),
        settings(&user) + &members,
        settings(&(user.clone() + &groups)),
    ] {
        lab.config(&next);
        lab.apply().ok();
        assert_eq!(
            normal(&lab.tenant.at(JOIN)),
            normal(&selected(&[&user_id(3)], &[&group_id(1), &group_id(2)])),
            "{next}"
        );
        lab.plan().empty();
    }
}

/// The last member goes, or is replaced, while the settings resource writes something else.
#[test]
fn the_last_member_goes_beside_a_change_of_the_settings() {
    let with_quota = |quota: usize| {
        format!(
            "resource \"autopilot_device_join_settings\" \"this\" {{\n  allowed_to_join = {{ scope = \"selected\" }}\n  \
             user_device_quota = {quota}\n}}\n"
        )
    };
    for (next, expected) in [
        (String::new(), nobody()),
        (group("one", 3), selected(&[], &[&group_id(3)])),
    ] {
        let lab = lab_with(nobody());
        lab.config(&(with_quota(10) + &group("one", 1)));
        lab.apply().ok();
        lab.config(&(with_quota(11) + &next));
        lab.apply().ok();
        assert_eq!(lab.tenant.at("/userDeviceQuota"), 11);
        assert_eq!(lab.tenant.at(JOIN), expected);
        lab.plan().empty();
    }
}

#[test]
fn a_restore_goes_back_to_all_after_the_last_member() {
    let lab = lab_with(all());
    let restore = format!(
        "resource \"autopilot_device_join_settings\" \"this\" {{\n  allowed_to_join = {{\n    scope = \"selected\"\n    users = \
         [\"{}\"]\n  }}\n  on_destroy = \"restore\"\n}}\n",
        user_id(3)
    );
    let member = super::member(
        "one",
        &format!(
            "object_id = \"{}\"\ntype = \"group\"\ndepends_on = [autopilot_device_join_settings.this]",
            group_id(1)
        ),
    );
    lab.config(&(restore + &member));
    lab.apply().ok();
    assert_eq!(lab.tenant.at(JOIN), selected(&[&user_id(3)], &[&group_id(1)]));
    lab.destroy().ok();
    assert_eq!(lab.tenant.at(JOIN), all());
}

/// A change by hand between the plan and the apply is not taken for a member's.
#[test]
fn a_change_by_hand_beside_members_is_refused() {
    let lab = lab_with(selected(&[&user_id(9)], &[]));
    lab.config(&(listed(&[1]) + &super::of_type("one", &user_id(1), "user")));
    lab.apply().ok();
    lab.config(&(listed(&[1, 2]) + &super::of_type("two", &user_id(2), "user")));
    lab.save_plan("later.plan").changes();
    lab.tenant.put_at(
        JOIN,
        selected(&[&user_id(9), &user_id(1)], &[&group_id(1), &group_id(7)]),
    );
    lab.apply_plan("later.plan").refused();
    assert!(
        lab.tenant.at(JOIN)["groups"]
            .as_array()
            .unwrap()
            .contains(&group_id(7).into()),
        "{}",
        lab.tenant.at(JOIN)
    );
}

/// The settings resource comes first, the removal of the member resource after it.
#[test]
fn a_member_that_goes_late_leaves_what_the_settings_resource_lists() {
    let lab = lab_with(selected(&[], &[&group_id(5)]));
    let with = |settings: &str, count: usize| {
        let member = super::member(
            "one",
            &format!("count = {count}\nobject_id = \"{}\"\ntype = \"group\"", group_id(1)),
        );
        // Terraform removes it before the member that it depends on.
        format!(
            "{settings}{member}resource \"terraform_data\" \"slow\" {{\n  count = {count}\n  provisioner \"local-exec\" {{\n    \
             when = destroy\n    command = \"sleep 2\"\n  }}\n  depends_on = [autopilot_device_join_member.one]\n}}\n"
        )
    };
    lab.config(&with(&scope_only(), 1));
    lab.apply().ok();
    lab.config(&with(&listed(&[1]), 0));
    lab.apply().ok().says("stays a member");
    assert_eq!(lab.tenant.at(JOIN), selected(&[], &[&group_id(1)]));
    lab.plan().empty();
}
