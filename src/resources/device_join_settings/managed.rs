//! What a configuration asks for: the settings it names, and what it asks of each.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::value::Value;

use super::desired::{Desired, GivenIds, Owned};
use crate::graph::policy::Setting;
use crate::settings::attributes::{Scope, SettingsAttributes};

/// The settings that a configuration names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Managed(BTreeMap<Setting, Desired>);

impl Managed {
    /// Reads a configuration. What validation refuses (an unknown scope, a quota out of range) counts as not known.
    pub fn of(config: &SettingsAttributes) -> Self {
        let (global_administrators, registering_users) = match &config.local_admins {
            Value::Null => (None, None),
            Value::Unknown => (Some(Desired::Undecided), Some(Desired::Undecided)),
            Value::Value(admins) => (
                Desired::switch(admins.global_administrators),
                Desired::membership(&admins.registering_users),
            ),
        };
        let settings = [
            (Setting::AllowedToJoin, Desired::membership(&config.allowed_to_join)),
            (Setting::GlobalAdministrators, global_administrators),
            (Setting::RegisteringUsers, registering_users),
            (
                Setting::AllowedToRegister,
                Desired::membership(&config.allowed_to_register),
            ),
            (Setting::UserDeviceQuota, Desired::quota(config.user_device_quota)),
            (
                Setting::MultiFactorAuthRequired,
                Desired::switch(config.multi_factor_auth_required),
            ),
            (
                Setting::LocalAdminPasswordEnabled,
                Desired::switch(config.local_admin_password_enabled),
            ),
        ];
        Self(
            settings
                .into_iter()
                .filter_map(|(setting, desired)| Some((setting, desired?)))
                .collect(),
        )
    }

    /// These settings, each with what is asked of it.
    pub fn from_settings(settings: impl IntoIterator<Item = (Setting, Desired)>) -> Self {
        Self(settings.into_iter().collect())
    }

    /// Whether it is known which settings and lists are managed, if not yet with which values.
    pub fn is_decided(&self) -> bool {
        self.0.values().all(|desired| match desired {
            Desired::Bool(_) | Desired::Quota(_) => true,
            Desired::Membership { users, groups, .. } => {
                *users != GivenIds::Undecided && *groups != GivenIds::Undecided
            }
            Desired::Unknown | Desired::Undecided => false,
        })
    }

    /// The lists that belong to this configuration, for each setting named. Where it asks for another scope than
    /// `selected`, all that was listed before is its doing.
    pub fn owned(&self) -> BTreeMap<Setting, Owned> {
        let owned = |desired: &Desired| match desired {
            Desired::Membership {
                scope: Scope::Selected,
                users,
                groups,
            } => Owned {
                users: users.is_managed(),
                groups: groups.is_managed(),
            },
            _ => Owned::ALL,
        };
        self.0
            .iter()
            .map(|(setting, desired)| (*setting, owned(desired)))
            .collect()
    }

    /// The settings named, with what is asked of each.
    pub fn iter(&self) -> impl Iterator<Item = (Setting, &Desired)> {
        self.0.iter().map(|(setting, desired)| (*setting, desired))
    }

    /// The names alone.
    pub fn settings(&self) -> BTreeSet<Setting> {
        self.0.keys().copied().collect()
    }

    /// What is asked of a setting, if it is named.
    pub fn desired(&self, setting: Setting) -> Option<&Desired> {
        self.0.get(&setting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::attributes::MembershipAttribute;

    #[test]
    fn what_may_turn_out_null_leaves_it_open_what_is_managed() {
        let open = SettingsAttributes {
            user_device_quota: Value::Unknown,
            ..SettingsAttributes::default()
        };
        assert!(!Managed::of(&open).is_decided());
        let membership = MembershipAttribute {
            scope: Value::Unknown,
            ..MembershipAttribute::default()
        };
        let given = SettingsAttributes {
            allowed_to_join: Value::Value(membership),
            ..SettingsAttributes::default()
        };
        let managed = Managed::of(&given);
        assert!(!managed.is_decided());
        assert_eq!(managed.desired(Setting::AllowedToJoin), Some(&Desired::Unknown));
        assert_eq!(managed.desired(Setting::AllowedToJoin).unwrap().outcome(None), None);
    }

    #[test]
    fn lists_left_out_belong_to_others_only_while_there_are_lists() {
        let owned = |scope| {
            let membership = Desired::Membership {
                scope,
                users: GivenIds::Unmanaged,
                groups: GivenIds::Unknown,
            };
            let managed = Managed::from_settings([(Setting::AllowedToJoin, membership)]);
            assert!(managed.is_decided());
            managed.owned()[&Setting::AllowedToJoin]
        };
        assert_eq!(
            owned(Scope::Selected),
            Owned {
                users: false,
                groups: true
            }
        );
        assert_eq!(owned(Scope::All), Owned::ALL);
    }
}
