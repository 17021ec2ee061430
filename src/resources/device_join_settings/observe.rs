//! The tenant's settings as the attributes of a state.

use std::collections::BTreeSet;

use tf_provider::value::Value;

use super::state::{Private, SettingsState};
use crate::graph::policy::{ObjectId, Policy, Setting};
use crate::settings::attributes::{LocalAdminsAttribute, MembershipAttribute, ObjectIds, SettingsAttributes};

/// Brings a state up to what the tenant has.
///
/// A list that the configuration leaves out is null in the state and stays null, so that what others do with it is no
/// drift; settings that are not managed at all have their whole lists. An id keeps the spelling it had in the state,
/// for Graph compares ids without case and Terraform does not.
pub fn refresh(state: &mut SettingsState, policy: &Policy, private: Option<&Private>) {
    let whole = SettingsAttributes::whole(policy);
    let managed = private.and_then(Private::managed);
    let lists = |setting| match &managed {
        Some(managed) if !managed.contains(&setting) => Lists::Whole,
        _ => Lists::AsBefore,
    };
    let prior_admins = match &state.local_admins {
        Value::Value(admins) => admins.clone(),
        _ => LocalAdminsAttribute::default(),
    };
    let local_admins = whole.local_admins.map(|admins| LocalAdminsAttribute {
        registering_users: membership(
            &prior_admins.registering_users,
            admins.registering_users,
            lists(Setting::RegisteringUsers),
        ),
        ..admins
    });
    let refreshed = SettingsAttributes {
        allowed_to_join: membership(
            &state.allowed_to_join,
            whole.allowed_to_join,
            lists(Setting::AllowedToJoin),
        ),
        allowed_to_register: membership(
            &state.allowed_to_register,
            whole.allowed_to_register,
            lists(Setting::AllowedToRegister),
        ),
        local_admins,
        ..whole
    };
    state.set_settings(refreshed);
    set_configurable(state, policy);
}

/// Completes a plan with what the tenant has after the apply: what the plan knows stays, to the letter.
pub fn complete(planned: &mut SettingsState, policy: &Policy) {
    let whole = SettingsAttributes::whole(policy);
    let mut settings = planned.settings();
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

#[derive(Copy, Clone, PartialEq)]
enum Lists {
    /// Not managed here: shown whole.
    Whole,
    /// Null where the state has null.
    AsBefore,
}

fn membership(
    prior: &Value<MembershipAttribute>,
    whole: Value<MembershipAttribute>,
    lists: Lists,
) -> Value<MembershipAttribute> {
    let Value::Value(prior) = prior else { return whole };
    whole.map(|whole| {
        let list = |prior: &ObjectIds, now: ObjectIds| match (prior, lists) {
            (Value::Null, Lists::AsBefore) => Value::Null,
            (prior, _) => spelled_as(prior, now),
        };
        MembershipAttribute {
            users: list(&prior.users, whole.users),
            groups: list(&prior.groups, whole.groups),
            scope: whole.scope,
        }
    })
}

fn spelled_as(prior: &ObjectIds, now: ObjectIds) -> ObjectIds {
    let (Value::Value(prior), Value::Value(now)) = (prior, &now) else {
        return now;
    };
    let set = |ids: &BTreeSet<Value<String>>| -> BTreeSet<ObjectId> {
        ids.iter()
            .filter_map(|id| id.as_ref().as_option().map(|id| ObjectId::from_graph(id)))
            .collect()
    };
    let before = set(prior);
    if before == set(now) {
        return Value::Value(prior.clone());
    }
    let spelled = set(now).into_iter().map(|id| before.get(&id).cloned().unwrap_or(id));
    Value::Value(spelled.map(|id| Value::Value(id.as_str().to_owned())).collect())
}

/// The state of an import: as a refresh, with empty lists as null, which is what a configuration that lists only
/// groups or only users has.
pub fn import(policy: &Policy) -> SettingsAttributes {
    let mut whole = SettingsAttributes::whole(policy);
    null_if_empty(&mut whole.allowed_to_join);
    null_if_empty(&mut whole.allowed_to_register);
    if let Value::Value(admins) = &mut whole.local_admins {
        null_if_empty(&mut admins.registering_users);
    }
    whole
}

fn null_if_empty(membership: &mut Value<MembershipAttribute>) {
    let Value::Value(membership) = membership else { return };
    for list in [&mut membership.users, &mut membership.groups] {
        if matches!(list, Value::Value(ids) if ids.is_empty()) {
            *list = Value::Null;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> ObjectIds {
        Value::Value(ids.iter().map(|id| Value::Value((*id).to_owned())).collect())
    }

    fn selected(users: ObjectIds, groups: ObjectIds) -> Value<MembershipAttribute> {
        Value::Value(MembershipAttribute {
            scope: Value::Value("selected".to_owned()),
            users,
            groups,
        })
    }

    #[test]
    fn a_list_left_out_stays_null_and_an_unmanaged_setting_is_whole() {
        let prior = selected(Value::Null, ids(&["g"]));
        let tenant = selected(ids(&["u"]), ids(&["g", "h"]));
        assert_eq!(
            membership(&prior, tenant.clone(), Lists::AsBefore),
            selected(Value::Null, ids(&["g", "h"]))
        );
        assert_eq!(membership(&prior, tenant.clone(), Lists::Whole), tenant);
        assert_eq!(membership(&Value::Null, tenant.clone(), Lists::AsBefore), tenant);
    }

    #[test]
    fn ids_keep_the_spelling_of_the_configuration() {
        assert_eq!(spelled_as(&ids(&["AB"]), ids(&["ab"])), ids(&["AB"]));
        assert_eq!(spelled_as(&ids(&["AB", "ab"]), ids(&["ab"])), ids(&["AB", "ab"]));
        assert_eq!(spelled_as(&ids(&["AB"]), ids(&["ab", "cd"])), ids(&["AB", "cd"]));
        assert_eq!(spelled_as(&ids(&["AB"]), Value::Null), Value::Null);
    }
}
