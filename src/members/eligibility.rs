//! The rule by which a user may join one more device.

use crate::graph::policy::{Membership, ObjectId, Quota};
use crate::words::words;

words! {
    /// The reason why a user may join a device, or may not.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Reason {
        /// Every user may.
        Everybody = "everybody",
        /// The list names the user.
        Named = "named",
        /// The list names a group that the user is in.
        InGroup = "in_group",
        /// No user may.
        Nobody = "nobody",
        /// There is a list, and neither the user nor a group of the user's is on it.
        NotSelected = "not_selected",
        /// There is no such user.
        NoSuchUser = "no_such_user",
        /// The user's account is disabled.
        Disabled = "disabled",
        /// The user has as many devices as the quota allows.
        QuotaReached = "quota_reached",
        /// The policy does not say who may join, or in a way that this version does not know.
        Unknown = "unknown",
    }
}

impl Reason {
    /// True if the user may join.
    pub const fn allows(self) -> bool {
        matches!(self, Self::Everybody | Self::Named | Self::InGroup)
    }

    /// The decision of the scope alone; `in_group` says that the user is in one of the groups listed.
    pub fn by_scope(membership: Option<&Membership>, user: &ObjectId, in_group: bool) -> Self {
        match membership {
            Some(Membership::All) => Self::Everybody,
            Some(Membership::None) => Self::Nobody,
            Some(Membership::Selected(members)) if members.users.contains(user) => Self::Named,
            Some(Membership::Selected(_)) if in_group => Self::InGroup,
            Some(Membership::Selected(_)) => Self::NotSelected,
            Some(Membership::Other(_)) | None => Self::Unknown,
        }
    }

    /// The decision when the user's account and devices count too. A number of devices that is not known counts
    /// as none.
    pub fn with_user(self, enabled: bool, quota: Option<Quota>, used: Option<u64>) -> Self {
        let reached = match quota {
            Some(Quota::Limit(limit)) => used.unwrap_or(0) >= u64::try_from(limit).unwrap_or(0),
            Some(Quota::Unlimited) | None => false,
        };
        match self {
            _ if !enabled => Self::Disabled,
            reason if reason.allows() && reached => Self::QuotaReached,
            reason => reason,
        }
    }
}

/// The number of devices that are left; none when there is no limit, or when it is not known.
pub fn left(quota: Option<Quota>, used: Option<u64>) -> Option<u64> {
    match quota? {
        Quota::Limit(limit) => Some(u64::try_from(limit).unwrap_or(0).saturating_sub(used?)),
        Quota::Unlimited => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::policy::Members;

    #[test]
    fn the_scope_decides_first() {
        let id = |text: &str| ObjectId::from_graph(text);
        let selected = |users: &[&str]| {
            Some(Membership::Selected(Members {
                users: users.iter().map(|user| id(user)).collect(),
                groups: [id("g")].into(),
            }))
        };
        for (membership, in_group, reason) in [
            (Some(Membership::All), false, Reason::Everybody),
            (Some(Membership::None), true, Reason::Nobody),
            (selected(&["U"]), true, Reason::Named),
            (selected(&["x"]), true, Reason::InGroup),
            (selected(&[]), false, Reason::NotSelected),
            (Some(Membership::Other("x".to_owned())), true, Reason::Unknown),
            (None, true, Reason::Unknown),
        ] {
            assert_eq!(
                Reason::by_scope(membership.as_ref(), &id("u"), in_group),
                reason,
                "{membership:?}"
            );
        }
    }

    #[test]
    fn then_the_account_and_the_quota() {
        let limit = |limit| Some(Quota::Limit(limit));
        for (reason, enabled, quota, used, expected) in [
            (Reason::Named, true, limit(5), Some(4), Reason::Named),
            (Reason::Named, true, limit(5), Some(5), Reason::QuotaReached),
            (Reason::Named, true, limit(0), None, Reason::QuotaReached),
            (Reason::Named, true, limit(5), None, Reason::Named),
            (
                Reason::Everybody,
                true,
                Some(Quota::Unlimited),
                Some(9000),
                Reason::Everybody,
            ),
            (Reason::Nobody, true, limit(0), Some(0), Reason::Nobody),
            (Reason::Nobody, false, limit(0), Some(0), Reason::Disabled),
            (Reason::Named, true, None, Some(1), Reason::Named),
        ] {
            assert_eq!(
                reason.with_user(enabled, quota, used),
                expected,
                "{reason:?} {quota:?} {used:?}"
            );
        }
        assert_eq!(left(limit(5), Some(7)), Some(0));
        assert_eq!(left(limit(5), Some(2)), Some(3));
        assert_eq!(left(limit(5), None), None);
        assert_eq!(left(Some(Quota::Unlimited), Some(2)), None);
    }
}
