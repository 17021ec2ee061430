//! The tenant's settings as the attributes of a state.

use std::collections::BTreeSet;

use tf_provider::value::Value;

use super::state::SettingsState;
use crate::graph::policy::{ObjectId, Policy};
use crate::settings::attributes::{MembershipAttribute, ObjectIds, SettingsAttributes};

/// Brings a state up to what the tenant has. An id keeps the spelling it had in the state, for Graph compares ids
/// without case and Terraform does not.
pub fn refresh(state: &mut SettingsState, policy: &Policy) {
    let mut settings = SettingsAttributes::whole(policy);
    respell(&mut settings.allowed_to_join, &state.allowed_to_join);
    respell(&mut settings.allowed_to_register, &state.allowed_to_register);
    if let (Value::Value(now), Value::Value(prior)) = (&mut settings.local_admins, &state.local_admins) {
        respell(&mut now.registering_users, &prior.registering_users);
    }
    state.set_settings(settings);
    set_configurable(state, policy);
}

/// Completes a plan with what the tenant has after the apply: what the plan knows stays, to the letter.
pub fn complete(planned: &mut SettingsState, policy: &Policy) {
    let whole = SettingsAttributes::whole(policy);
    let mut settings = planned.settings();
    fill_lists(&mut settings.allowed_to_join, &whole.allowed_to_join);
    fill_lists(&mut settings.allowed_to_register, &whole.allowed_to_register);
    fill(&mut settings.allowed_to_join, whole.allowed_to_join);
    fill(&mut settings.allowed_to_register, whole.allowed_to_register);
    fill(&mut settings.user_device_quota, whole.user_device_quota);
    fill(
        &mut settings.multi_factor_auth_required,
        whole.multi_factor_auth_required,
    );
    fill(
        &mut settings.local_admin_password_enabled,
        whole.local_admin_password_enabled,
    );
    if let (Value::Value(planned), Value::Value(whole)) = (&mut settings.local_admins, &whole.local_admins) {
        fill_lists(&mut planned.registering_users, &whole.registering_users);
        fill(&mut planned.global_administrators, whole.global_administrators);
        fill(&mut planned.registering_users, whole.registering_users.clone());
    }
    fill(&mut settings.local_admins, whole.local_admins);
    planned.set_settings(settings);
    set_configurable(planned, policy);
}

fn set_configurable(state: &mut SettingsState, policy: &Policy) {
    state.join_admin_configurable = policy.join_admin_configurable().into();
    state.registration_admin_configurable = policy.registration_admin_configurable().into();
}

fn fill<T>(planned: &mut Value<T>, actual: Value<T>) {
    if planned.is_unknown() {
        *planned = actual;
    }
}

fn fill_lists(planned: &mut Value<MembershipAttribute>, actual: &Value<MembershipAttribute>) {
    if let (Value::Value(planned), Value::Value(actual)) = (planned, actual) {
        fill(&mut planned.users, actual.users.clone());
        fill(&mut planned.groups, actual.groups.clone());
    }
}

fn respell(now: &mut Value<MembershipAttribute>, prior: &Value<MembershipAttribute>) {
    if let (Value::Value(now), Value::Value(prior)) = (now, prior) {
        now.users = spelled_as(&prior.users, std::mem::take(&mut now.users));
        now.groups = spelled_as(&prior.groups, std::mem::take(&mut now.groups));
    }
}

/// The ids of `now` as `prior` has them, in its order and spelling; those that are new come after.
fn spelled_as(prior: &ObjectIds, now: ObjectIds) -> ObjectIds {
    let (Value::Value(prior), Value::Value(now)) = (prior, &now) else {
        return now;
    };
    let object_id = |id: &Value<String>| id.as_ref().as_option().map(|id| ObjectId::from_graph(id));
    let set = |ids: &[Value<String>]| -> BTreeSet<ObjectId> { ids.iter().filter_map(object_id).collect() };
    let (before, present) = (set(prior), set(now));
    let stays = |id: &&Value<String>| object_id(id).is_some_and(|id| present.contains(&id));
    let is_new = |id: &&Value<String>| object_id(id).is_some_and(|id| !before.contains(&id));
    let stay = prior.iter().filter(stays);
    Value::Value(stay.chain(now.iter().filter(is_new)).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::attributes::testing::given;

    #[test]
    fn ids_keep_the_spelling_of_the_configuration() {
        assert_eq!(spelled_as(&given(&["AB"]), given(&["ab"])), given(&["AB"]));
        assert_eq!(spelled_as(&given(&["AB", "ab"]), given(&["ab"])), given(&["AB", "ab"]));
        assert_eq!(spelled_as(&given(&["AB"]), given(&["ab", "cd"])), given(&["AB", "cd"]));
        assert_eq!(spelled_as(&given(&["AB"]), Value::Null), Value::Null);
    }

    #[test]
    fn ids_keep_the_order_of_the_configuration_and_new_ones_come_last() {
        let now = || given(&["a", "b", "c", "d"]);
        assert_eq!(
            spelled_as(&given(&["d", "b", "a", "c"]), now()),
            given(&["d", "b", "a", "c"])
        );
        assert_eq!(
            spelled_as(&given(&["d", "x", "b"]), now()),
            given(&["d", "b", "a", "c"])
        );
        assert_eq!(spelled_as(&given(&[]), now()), now());
        assert_eq!(spelled_as(&given(&["b", "b"]), given(&["b"])), given(&["b", "b"]));
    }
}
