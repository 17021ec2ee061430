//! The settings of the policy that this project knows, and their values.

use std::fmt;

use super::Membership;

/// The kind of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// On or off.
    Bool,
    /// A number of devices.
    Quota,
    /// A set of users and groups, or all, or none.
    Membership,
}

/// Makes the settings of a table: a row has a name, the kind of the value, and the properties that lead to it.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $kind:ident at $first:literal $(/ $rest:literal)*;)+) => {
        /// A setting of the device registration policy
        /// (<https://learn.microsoft.com/graph/api/resources/deviceregistrationpolicy>).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Setting {
            $($(#[$doc])* $name,)+
        }

        impl Setting {
            /// Every setting, in the order in which people are shown them.
            pub const ALL: [Self; [$(stringify!($name)),+].len()] = [$(Self::$name),+];

            /// The kind of the setting's value.
            #[must_use]
            pub const fn kind(self) -> SettingKind {
                match self {
                    $(Self::$name => SettingKind::$kind,)+
                }
            }

            /// The property names that lead to the setting, outermost first.
            pub(super) const fn path(self) -> &'static [&'static str] {
                match self {
                    $(Self::$name => &[$first $(, $rest)*],)+
                }
            }

            /// The setting's place in the policy, as a JSON pointer.
            #[must_use]
            pub const fn pointer(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("/", $first $(, "/", $rest)*),)+
                }
            }

            /// The setting's name in Graph's words, as in `azureADJoin.allowedToJoin`.
            #[must_use]
            pub const fn graph_name(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($first $(, ".", $rest)*),)+
                }
            }
        }
    };
}

settings! {
    /// The users who may join devices to Microsoft Entra.
    AllowedToJoin: Membership at "azureADJoin" / "allowedToJoin";
    /// Whether global administrators become local administrators of a joined device.
    GlobalAdministrators: Bool at "azureADJoin" / "localAdmins" / "enableGlobalAdmins";
    /// The registering users who become local administrators of the device they join.
    RegisteringUsers: Membership at "azureADJoin" / "localAdmins" / "registeringUsers";
    /// The users who may register devices with Microsoft Entra. To register is another thing than to join.
    AllowedToRegister: Membership at "azureADRegistration" / "allowedToRegister";
    /// The number of devices that a user may have.
    UserDeviceQuota: Quota at "userDeviceQuota";
    /// Whether registering or joining a device requires multifactor authentication.
    MultiFactorAuthRequired: Bool at "multiFactorAuthConfiguration";
    /// Whether Windows LAPS is enabled.
    LocalAdminPasswordEnabled: Bool at "localAdminPassword" / "isEnabled";
}

impl Setting {
    /// The setting's place in [`Setting::ALL`].
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
    /// A set of users and groups, or all, or none.
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

/// The number of devices that a user may have.
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

impl SettingValue {
    /// The kind of the value.
    #[must_use]
    pub const fn kind(&self) -> SettingKind {
        match self {
            Self::Bool(_) => SettingKind::Bool,
            Self::Quota(_) => SettingKind::Quota,
            Self::Membership(_) => SettingKind::Membership,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_its_setting_in_three_ways() {
        let setting = Setting::RegisteringUsers;
        assert_eq!(setting.path(), ["azureADJoin", "localAdmins", "registeringUsers"]);
        assert_eq!(setting.pointer(), "/azureADJoin/localAdmins/registeringUsers");
        assert_eq!(setting.to_string(), "azureADJoin.localAdmins.registeringUsers");
        for (at, setting) in Setting::ALL.into_iter().enumerate() {
            assert_eq!(setting.index(), at);
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
}
