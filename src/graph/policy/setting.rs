//! The settings of the policy that this project knows, their values, and changes to them.

use std::collections::BTreeSet;
use std::fmt;

use super::{Membership, ObjectId};

/// A setting of the device registration policy
/// (<https://learn.microsoft.com/graph/api/resources/deviceregistrationpolicy>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// Who may join devices to Microsoft Entra.
    AllowedToJoin,
    /// Whether global administrators become local administrators of a joined device.
    GlobalAdministrators,
    /// Which registering users become local administrators of the device they join.
    RegisteringUsers,
    /// Who may register devices with Microsoft Entra. To register is another thing than to join.
    AllowedToRegister,
    /// How many devices a user may have.
    UserDeviceQuota,
    /// Whether registering or joining a device requires multifactor authentication.
    MultiFactorAuthRequired,
    /// Whether Windows LAPS is enabled.
    LocalAdminPasswordEnabled,
}

/// What kind of value a setting has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// On or off.
    Bool,
    /// A number of devices.
    Quota,
    /// A set of users and groups, or everybody, or nobody.
    Membership,
}

impl Setting {
    /// Every setting, in the order in which people are shown them.
    pub const ALL: [Self; 7] = [
        Self::AllowedToJoin,
        Self::GlobalAdministrators,
        Self::RegisteringUsers,
        Self::AllowedToRegister,
        Self::UserDeviceQuota,
        Self::MultiFactorAuthRequired,
        Self::LocalAdminPasswordEnabled,
    ];

    /// The property names that lead to the setting, outermost first.
    #[must_use]
    pub(super) const fn path(self) -> &'static [&'static str] {
        match self {
            Self::AllowedToJoin => &["azureADJoin", "allowedToJoin"],
            Self::GlobalAdministrators => &["azureADJoin", "localAdmins", "enableGlobalAdmins"],
            Self::RegisteringUsers => &["azureADJoin", "localAdmins", "registeringUsers"],
            Self::AllowedToRegister => &["azureADRegistration", "allowedToRegister"],
            Self::UserDeviceQuota => &["userDeviceQuota"],
            Self::MultiFactorAuthRequired => &["multiFactorAuthConfiguration"],
            Self::LocalAdminPasswordEnabled => &["localAdminPassword", "isEnabled"],
        }
    }

    /// Where the setting is in the policy, as a JSON pointer.
    #[must_use]
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::AllowedToJoin => "/azureADJoin/allowedToJoin",
            Self::GlobalAdministrators => "/azureADJoin/localAdmins/enableGlobalAdmins",
            Self::RegisteringUsers => "/azureADJoin/localAdmins/registeringUsers",
            Self::AllowedToRegister => "/azureADRegistration/allowedToRegister",
            Self::UserDeviceQuota => "/userDeviceQuota",
            Self::MultiFactorAuthRequired => "/multiFactorAuthConfiguration",
            Self::LocalAdminPasswordEnabled => "/localAdminPassword/isEnabled",
        }
    }

    /// The setting's name in Graph's words, as in `azureADJoin.allowedToJoin`.
    #[must_use]
    pub const fn graph_name(self) -> &'static str {
        match self {
            Self::AllowedToJoin => "azureADJoin.allowedToJoin",
            Self::GlobalAdministrators => "azureADJoin.localAdmins.enableGlobalAdmins",
            Self::RegisteringUsers => "azureADJoin.localAdmins.registeringUsers",
            Self::AllowedToRegister => "azureADRegistration.allowedToRegister",
            Self::UserDeviceQuota => "userDeviceQuota",
            Self::MultiFactorAuthRequired => "multiFactorAuthConfiguration",
            Self::LocalAdminPasswordEnabled => "localAdminPassword.isEnabled",
        }
    }

    /// What kind of value the setting has.
    #[must_use]
    pub const fn kind(self) -> SettingKind {
        match self {
            Self::AllowedToJoin | Self::RegisteringUsers | Self::AllowedToRegister => SettingKind::Membership,
            Self::UserDeviceQuota => SettingKind::Quota,
            Self::GlobalAdministrators | Self::MultiFactorAuthRequired | Self::LocalAdminPasswordEnabled => {
                SettingKind::Bool
            }
        }
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.graph_name())
    }
}

/// A setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// On or off.
    Bool(bool),
    /// A number of devices.
    Quota(Quota),
    /// A set of users and groups, or everybody, or nobody.
    Membership(Membership),
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Quota(quota) => quota.fmt(f),
            Self::Membership(membership) => membership.fmt(f),
        }
    }
}

/// How many devices a user may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// At most so many. Graph's type is Int32; [`Quota::from_wire`] never gives a negative one.
    Limit(i32),
    /// No limit: 2147483647 on the wire.
    Unlimited,
}

impl Quota {
    /// The number that Graph writes for "unlimited".
    pub const UNLIMITED_ON_THE_WIRE: i32 = i32::MAX;

    /// The quota that `number` stands for; none for a negative one, whose meaning is not documented.
    #[must_use]
    pub const fn from_wire(number: i32) -> Option<Self> {
        match number {
            Self::UNLIMITED_ON_THE_WIRE => Some(Self::Unlimited),
            0.. => Some(Self::Limit(number)),
            _ => None,
        }
    }

    /// The number to send.
    #[must_use]
    pub const fn to_wire(self) -> i32 {
        match self {
            Self::Limit(number) => number,
            Self::Unlimited => Self::UNLIMITED_ON_THE_WIRE,
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(number) => number.fmt(f),
            Self::Unlimited => f.write_str("unlimited"),
        }
    }
}

/// A change to one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingChange {
    /// Turns a setting of [`SettingKind::Bool`] on or off.
    Bool(Setting, bool),
    /// Sets [`Setting::UserDeviceQuota`].
    Quota(Quota),
    /// Changes a setting of [`SettingKind::Membership`].
    Membership {
        /// Which one.
        setting: Setting,
        /// To what.
        scope: ScopeChange,
    },
}

impl SettingChange {
    /// The change that gives `setting` the whole of `value`: to put back a remembered value, for instance.
    ///
    /// None when the value is not of the setting's kind, or a membership of a type we do not know and so cannot write.
    #[must_use]
    pub fn to_value(setting: Setting, value: SettingValue) -> Option<Self> {
        match (setting.kind(), value) {
            (SettingKind::Bool, SettingValue::Bool(value)) => Some(Self::Bool(setting, value)),
            (SettingKind::Quota, SettingValue::Quota(quota)) => Some(Self::Quota(quota)),
            (SettingKind::Membership, SettingValue::Membership(membership)) => {
                let scope = match membership {
                    Membership::All => ScopeChange::All,
                    Membership::None => ScopeChange::None,
                    Membership::Selected(members) => ScopeChange::Selected {
                        users: Some(members.users),
                        groups: Some(members.groups),
                    },
                    Membership::Other(_) => return None,
                };
                Some(Self::Membership { setting, scope })
            }
            _ => None,
        }
    }

    /// Which setting it changes.
    #[must_use]
    pub const fn setting(&self) -> Setting {
        match self {
            Self::Bool(setting, _) | Self::Membership { setting, .. } => *setting,
            Self::Quota(_) => Setting::UserDeviceQuota,
        }
    }
}

/// A change to who is meant by a membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeChange {
    /// Everybody.
    All,
    /// Nobody.
    None,
    /// The users and the members of the groups named. A list that is not given stays the tenant's, and is empty when the
    /// tenant's membership was not a selection before.
    Selected {
        /// The users.
        users: Option<BTreeSet<ObjectId>>,
        /// The groups.
        groups: Option<BTreeSet<ObjectId>>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_spellings_of_a_place_agree() {
        for (at, setting) in Setting::ALL.into_iter().enumerate() {
            assert_eq!(setting.index(), at);
            assert_eq!(
                setting.pointer(),
                format!("/{}", setting.path().join("/")),
                "{setting:?}"
            );
            assert_eq!(setting.graph_name(), setting.path().join("."), "{setting:?}");
        }
    }

    #[test]
    fn quotas_cross_the_wire() {
        for (wire, quota) in [
            (0, Some(Quota::Limit(0))),
            (50, Some(Quota::Limit(50))),
            (i32::MAX - 1, Some(Quota::Limit(i32::MAX - 1))),
            (i32::MAX, Some(Quota::Unlimited)),
            (-1, None),
            (i32::MIN, None),
        ] {
            assert_eq!(Quota::from_wire(wire), quota);
            if let Some(quota) = quota {
                assert_eq!(quota.to_wire(), wire);
            }
        }
    }

    #[test]
    fn a_value_of_another_kind_is_no_change() {
        assert_eq!(
            SettingChange::to_value(Setting::UserDeviceQuota, SettingValue::Bool(true)),
            None
        );
        let other = SettingValue::Membership(Membership::Other("#x".to_owned()));
        assert_eq!(SettingChange::to_value(Setting::AllowedToJoin, other), None);
        assert_eq!(
            SettingChange::to_value(Setting::GlobalAdministrators, SettingValue::Bool(true)),
            Some(SettingChange::Bool(Setting::GlobalAdministrators, true))
        );
    }
}
