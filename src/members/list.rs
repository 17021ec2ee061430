//! The lists that have members.

use crate::graph::directory::Kind;
use crate::graph::policy::{Members, Membership, ObjectId, Policy, Setting};
use crate::words::words;

words! {
    /// A list of users and groups in the tenant's device settings.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum List {
        /// Who may join devices to Microsoft Entra ID.
        Join = "join",
        /// Who becomes a local administrator of the devices that they join.
        LocalAdmin = "local_admin",
        /// Who may register devices with Microsoft Entra ID.
        Register = "register",
    }
}

impl List {
    /// The setting that holds the list.
    pub const fn setting(self) -> Setting {
        match self {
            Self::Join => Setting::AllowedToJoin,
            Self::LocalAdmin => Setting::RegisteringUsers,
            Self::Register => Setting::AllowedToRegister,
        }
    }

    /// The list that a setting holds.
    pub fn of(setting: Setting) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.setting() == setting)
    }

    /// What its members may do, to follow "may" or "who may".
    pub const fn allows(self) -> &'static str {
        match self {
            Self::Join => "join devices",
            Self::LocalAdmin => "be local administrators of the devices that they join",
            Self::Register => "register devices",
        }
    }

    /// Whether the tenant lets its administrators change the list, as far as the policy says.
    pub fn is_fixed(self, policy: &Policy) -> bool {
        let configurable = match self {
            Self::Join | Self::LocalAdmin => policy.join_admin_configurable(),
            Self::Register => policy.registration_admin_configurable(),
        };
        configurable == Some(false)
    }

    /// As what the tenant lists an id, if it does.
    pub fn kind_in(self, policy: &Policy, id: &ObjectId) -> Option<Kind> {
        let members = policy.membership(self.setting())?.members()?;
        Kind::ALL.into_iter().find(|kind| ids(members, *kind).contains(id))
    }

    /// Whether the tenant lists this user or group.
    pub fn holds(self, policy: &Policy, kind: Kind, id: &ObjectId) -> bool {
        let members = policy.membership(self.setting()).and_then(Membership::members);
        members.is_some_and(|members| ids(members, kind).contains(id))
    }
}

/// The ids of one kind.
pub fn ids(members: &Members, kind: Kind) -> &std::collections::BTreeSet<ObjectId> {
    match kind {
        Kind::User => &members.users,
        Kind::Group => &members.groups,
    }
}

/// Terraform's name of the ids of one kind: `users` or `groups`.
pub const fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "users",
        Kind::Group => "groups",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_list() {
        for list in List::ALL {
            assert_eq!(List::parse(list.as_str()), Some(list));
            assert_eq!(List::of(list.setting()), Some(list));
        }
        assert_eq!(List::parse("Join"), None);
        assert_eq!(List::of(Setting::UserDeviceQuota), None);
    }
}
