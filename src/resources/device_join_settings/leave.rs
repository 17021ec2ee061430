//! The part of a plan that the configuration leaves to the tenant.

use tf_provider::value::Value;

use super::state::SettingsState;
use crate::settings::attributes::{MembershipAttribute, Scope};

/// Gives what the configuration leaves out the value it had before, or makes it not known: a write reads all of it anew.
///
/// Terraform proposes prior values for such attributes, but null for a nested one in which something is not computed
/// (the scope): it takes that for a value that was configured and is no longer.
pub fn left_to_tenant(planned: &mut SettingsState, config: &SettingsState, prior: Option<&SettingsState>) {
    let mut settings = planned.settings();
    let given = config.settings();
    let before = prior.map(SettingsState::settings);
    let before = before.as_ref();
    membership(
        &mut settings.allowed_to_join,
        &given.allowed_to_join,
        before.map(|b| &b.allowed_to_join),
    );
    membership(
        &mut settings.allowed_to_register,
        &given.allowed_to_register,
        before.map(|b| &b.allowed_to_register),
    );
    value(
        &mut settings.user_device_quota,
        &given.user_device_quota,
        before.map(|b| &b.user_device_quota),
    );
    value(
        &mut settings.multi_factor_auth_required,
        &given.multi_factor_auth_required,
        before.map(|b| &b.multi_factor_auth_required),
    );
    value(
        &mut settings.local_admin_password_enabled,
        &given.local_admin_password_enabled,
        before.map(|b| &b.local_admin_password_enabled),
    );
    if let (Value::Value(planned), Value::Value(given)) = (&mut settings.local_admins, &given.local_admins) {
        let before = before.map(|before| before.local_admins.clone().unwrap_or_default());
        let before = before.as_ref();
        value(
            &mut planned.global_administrators,
            &given.global_administrators,
            before.map(|b| &b.global_administrators),
        );
        membership(
            &mut planned.registering_users,
            &given.registering_users,
            before.map(|b| &b.registering_users),
        );
    }
    value(
        &mut settings.local_admins,
        &given.local_admins,
        before.map(|b| &b.local_admins),
    );
    planned.set_settings(settings);
    if prior.is_none() {
        planned.join_admin_configurable = Value::Unknown;
        planned.registration_admin_configurable = Value::Unknown;
    }
}

fn value<T: Clone>(planned: &mut Value<T>, config: &Value<T>, prior: Option<&Value<T>>) {
    if config.is_null() {
        *planned = prior.cloned().unwrap_or(Value::Unknown);
    }
}

fn membership(
    planned: &mut Value<MembershipAttribute>,
    config: &Value<MembershipAttribute>,
    prior: Option<&Value<MembershipAttribute>>,
) {
    if let (Value::Value(planned), Value::Value(config)) = (&mut *planned, config) {
        let before = prior.map(|prior| prior.clone().unwrap_or_default());
        // Lists exist in the tenant only with the scope `selected`.
        let unlisted = matches!(&config.scope, Value::Value(scope) if scope != Scope::Selected.as_str());
        let lists = [
            (
                &mut planned.users,
                &config.users,
                before.as_ref().map(|before| &before.users),
            ),
            (
                &mut planned.groups,
                &config.groups,
                before.as_ref().map(|before| &before.groups),
            ),
        ];
        for (list, config, prior) in lists {
            value(list, config, if unlisted { Some(&Value::Null) } else { prior });
        }
    }
    value(planned, config, prior);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::attributes::testing::given;
    use crate::settings::attributes::{LocalAdminsAttribute, ObjectIds};
    use crate::settings::number::Number;

    fn membership(scope: &str, users: ObjectIds, groups: ObjectIds) -> Value<MembershipAttribute> {
        Value::Value(MembershipAttribute {
            scope: Value::Value(scope.to_owned()),
            users,
            groups,
        })
    }

    fn prior() -> SettingsState {
        SettingsState {
            allowed_to_join: membership("selected", given(&["u"]), given(&["g"])),
            allowed_to_register: membership("all", Value::Null, Value::Null),
            local_admins: Value::Value(LocalAdminsAttribute {
                global_administrators: Value::Value(true),
                registering_users: membership("none", Value::Null, Value::Null),
            }),
            user_device_quota: Value::Value(Number(50.0)),
            ..SettingsState::default()
        }
    }

    fn config() -> SettingsState {
        SettingsState {
            allowed_to_join: membership("selected", Value::Null, given(&["h"])),
            local_admins: Value::Value(LocalAdminsAttribute {
                global_administrators: Value::Value(false),
                registering_users: Value::Null,
            }),
            ..SettingsState::default()
        }
    }

    #[test]
    fn what_is_left_out_keeps_its_prior_value() {
        let mut planned = config();
        left_to_tenant(&mut planned, &config(), Some(&prior()));
        assert_eq!(
            planned.allowed_to_join,
            membership("selected", given(&["u"]), given(&["h"]))
        );
        assert_eq!(planned.allowed_to_register, prior().allowed_to_register);
        assert_eq!(planned.user_device_quota, Value::Value(Number(50.0)));
        let admins = planned.local_admins.unwrap();
        assert_eq!(admins.global_administrators, Value::Value(false));
        assert_eq!(admins.registering_users, membership("none", Value::Null, Value::Null));
    }

    #[test]
    fn what_is_left_out_of_a_write_is_not_known() {
        let mut planned = config();
        left_to_tenant(&mut planned, &config(), None);
        assert_eq!(
            planned.allowed_to_join,
            membership("selected", Value::Unknown, given(&["h"]))
        );
        assert!(planned.allowed_to_register.is_unknown());
        assert!(planned.local_admins.unwrap().registering_users.is_unknown());
    }

    #[test]
    fn there_are_no_lists_without_the_scope_for_them() {
        let config = SettingsState {
            allowed_to_join: membership("all", Value::Null, Value::Null),
            ..SettingsState::default()
        };
        for prior in [None, Some(&prior())] {
            let mut planned = config.clone();
            left_to_tenant(&mut planned, &config, prior);
            assert_eq!(planned.allowed_to_join, membership("all", Value::Null, Value::Null));
        }
    }
}
