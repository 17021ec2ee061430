//! What a configuration asks of one setting, as far as it is known.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tf_provider::value::Value;

use crate::graph::policy::{Members, Membership, ObjectId, Quota, SettingValue};
use crate::settings::attributes::{MembershipAttribute, ObjectIds, Scope};
use crate::settings::number::Number;

/// A list of a membership, as the configuration has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GivenIds {
    /// Omitted: the tenant's list is not managed here.
    Unmanaged,
    /// Not known yet, not even whether it is given.
    Undecided,
    /// Given; some of its ids are not known yet.
    Unknown,
    /// Given, all of it.
    Known(BTreeSet<ObjectId>),
}

impl GivenIds {
    /// What the configuration, or a state, has of a list.
    pub fn of(ids: &ObjectIds) -> Self {
        match ids {
            Value::Null => Self::Unmanaged,
            Value::Unknown => Self::Undecided,
            Value::Value(ids) => {
                let known: Option<_> = ids
                    .iter()
                    .map(|id| id.as_ref().as_option().map(|id| ObjectId::from_graph(id)))
                    .collect();
                known.map_or(Self::Unknown, Self::Known)
            }
        }
    }

    /// The ids, if the list is given and known.
    pub const fn known(&self) -> Option<&BTreeSet<ObjectId>> {
        match self {
            Self::Known(ids) => Some(ids),
            _ => None,
        }
    }

    const fn is_known(&self) -> bool {
        matches!(self, Self::Unmanaged | Self::Known(_))
    }

    /// Whether the configuration gives the list.
    pub const fn is_managed(&self) -> bool {
        !matches!(self, Self::Unmanaged)
    }
}

/// Which lists of a membership are managed.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owned {
    /// The users.
    pub users: bool,
    /// The groups.
    pub groups: bool,
}

impl Owned {
    /// Both lists; also what a setting has that is no membership.
    pub const ALL: Self = Self {
        users: true,
        groups: true,
    };
}

/// What the configuration asks of a setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Desired {
    /// A switch.
    Bool(bool),
    /// The quota.
    Quota(Quota),
    /// A membership whose scope is known.
    Membership {
        /// Who.
        scope: Scope,
        /// The users listed.
        users: GivenIds,
        /// The groups listed.
        groups: GivenIds,
    },
    /// A membership is given whose scope is not known until apply.
    Unknown,
    /// The whole value is not known until apply: it may turn out null, and then the setting is not managed.
    Undecided,
}

impl Desired {
    pub(super) fn switch(value: Value<bool>) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Unknown => Some(Self::Undecided),
            Value::Value(value) => Some(Self::Bool(value)),
        }
    }

    pub(super) fn quota(value: Value<Number>) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Unknown => Some(Self::Undecided),
            Value::Value(number) => Some(quota_of(number).map_or(Self::Unknown, Self::Quota)),
        }
    }

    pub(super) fn membership(value: &Value<MembershipAttribute>) -> Option<Self> {
        let attribute = match value {
            Value::Null => return None,
            Value::Unknown => return Some(Self::Undecided),
            Value::Value(attribute) => attribute,
        };
        let scope = attribute
            .scope
            .as_ref()
            .as_option()
            .and_then(|scope| Scope::parse(scope));
        Some(scope.map_or(Self::Unknown, |scope| Self::Membership {
            scope,
            users: GivenIds::of(&attribute.users),
            groups: GivenIds::of(&attribute.groups),
        }))
    }

    /// Whether everything asked for is known.
    pub const fn is_known(&self) -> bool {
        match self {
            Self::Unknown | Self::Undecided => false,
            Self::Membership { users, groups, .. } => users.is_known() && groups.is_known(),
            Self::Bool(_) | Self::Quota(_) => true,
        }
    }

    /// Whether a tenant that has this value has what is asked for. False where something asked for is not known.
    pub fn is_met_by(&self, current: Option<&SettingValue>) -> bool {
        match (self, current) {
            (Self::Bool(wanted), Some(SettingValue::Bool(current))) => wanted == current,
            (Self::Quota(wanted), Some(SettingValue::Quota(current))) => wanted == current,
            (Self::Membership { scope, users, groups }, Some(SettingValue::Membership(current))) => {
                // A selection of no member is written as "none".
                let nobody = Members::default();
                let members = match (scope, current) {
                    (Scope::Selected, Membership::Selected(members)) => members,
                    (Scope::Selected, Membership::None) => &nobody,
                    _ => return Scope::of(current) == Some(*scope),
                };
                let met = |list: &GivenIds, current| match list {
                    GivenIds::Unmanaged => true,
                    GivenIds::Undecided | GivenIds::Unknown => false,
                    GivenIds::Known(wanted) => wanted == current,
                };
                met(users, &members.users) && met(groups, &members.groups)
            }
            _ => false,
        }
    }

    /// Whether two values of the tenant are the same in all that this configuration manages of them.
    pub fn same_where_managed(&self, a: Option<&SettingValue>, b: Option<&SettingValue>) -> bool {
        let (Self::Membership { users, groups, .. }, Some(a), Some(b)) = (self, a, b) else {
            return a == b;
        };
        match (a, b) {
            (SettingValue::Membership(Membership::Selected(a)), SettingValue::Membership(Membership::Selected(b))) => {
                (!users.is_managed() || a.users == b.users) && (!groups.is_managed() || a.groups == b.groups)
            }
            _ => a == b,
        }
    }

    /// The value that the tenant will have, given the one it has: lists that are not managed stay.
    /// None while something is not known.
    pub fn outcome(&self, current: Option<&SettingValue>) -> Option<SettingValue> {
        match self {
            Self::Bool(value) => Some(SettingValue::Bool(*value)),
            Self::Quota(quota) => Some(SettingValue::Quota(*quota)),
            Self::Membership { scope, users, groups } => {
                let now = match current {
                    Some(SettingValue::Membership(Membership::Selected(members))) => members.clone(),
                    _ => Members::default(),
                };
                let list = |list: &GivenIds, now| match list {
                    GivenIds::Unmanaged => Some(now),
                    GivenIds::Undecided | GivenIds::Unknown => None,
                    GivenIds::Known(ids) => Some(ids.clone()),
                };
                Some(SettingValue::Membership(match scope {
                    Scope::All => Membership::All,
                    Scope::None => Membership::None,
                    Scope::Selected => Membership::Selected(Members {
                        users: list(users, now.users)?,
                        groups: list(groups, now.groups)?,
                    }),
                }))
            }
            Self::Unknown | Self::Undecided => None,
        }
    }
}

/// The quota that a number stands for: 0 to 100, or -1 for unlimited. None when the number is neither.
pub fn quota_of(number: Number) -> Option<Quota> {
    match number.whole()? {
        -1 => Some(Quota::Unlimited),
        limit @ 0..=100 => i32::try_from(limit).ok().map(Quota::Limit),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> ObjectId {
        ObjectId::parse(&format!("00000000-0000-0000-0000-{n:012}")).unwrap()
    }

    fn selected(users: &[u32], groups: &[u32]) -> SettingValue {
        let ids = |ids: &[u32]| ids.iter().copied().map(id).collect();
        SettingValue::Membership(Membership::Selected(Members {
            users: ids(users),
            groups: ids(groups),
        }))
    }

    fn groups_only(groups: &[u32]) -> Desired {
        let groups = GivenIds::Known(groups.iter().copied().map(id).collect());
        Desired::Membership {
            scope: Scope::Selected,
            users: GivenIds::Unmanaged,
            groups,
        }
    }

    #[test]
    fn a_list_that_is_not_managed_is_met_by_anything_and_stays() {
        let desired = groups_only(&[1]);
        assert!(desired.is_met_by(Some(&selected(&[7, 8], &[1]))));
        assert!(!desired.is_met_by(Some(&selected(&[], &[1, 2]))));
        assert!(!desired.is_met_by(Some(&SettingValue::Membership(Membership::All))));
        assert_eq!(desired.outcome(Some(&selected(&[7], &[2]))), Some(selected(&[7], &[1])));
        assert_eq!(
            desired.outcome(Some(&SettingValue::Membership(Membership::All))),
            Some(selected(&[], &[1]))
        );
    }

    #[test]
    fn only_the_managed_part_counts_as_changed() {
        let desired = groups_only(&[1]);
        assert!(desired.same_where_managed(Some(&selected(&[7], &[2])), Some(&selected(&[8], &[2]))));
        assert!(!desired.same_where_managed(Some(&selected(&[7], &[2])), Some(&selected(&[7], &[3]))));
        let none = SettingValue::Membership(Membership::None);
        assert!(!desired.same_where_managed(Some(&selected(&[], &[])), Some(&none)));
        assert!(!desired.same_where_managed(None, Some(&none)));
        assert!(desired.same_where_managed(None, None));
    }

    #[test]
    fn ids_compare_without_case() {
        let upper = GivenIds::Known([ObjectId::from_graph("ABCDEF00-0000-0000-0000-000000000000")].into());
        let desired = Desired::Membership {
            scope: Scope::Selected,
            users: upper,
            groups: GivenIds::Unmanaged,
        };
        let lower = [ObjectId::from_graph("abcdef00-0000-0000-0000-000000000000")].into();
        let current = SettingValue::Membership(Membership::Selected(Members {
            users: lower,
            groups: BTreeSet::new(),
        }));
        assert!(desired.is_met_by(Some(&current)));
    }

    #[test]
    fn a_list_with_one_id_not_known_is_not_known() {
        let ids = Value::Value([Value::Unknown, Value::Value("x".to_owned())].into());
        assert_eq!(GivenIds::of(&ids), GivenIds::Unknown);
        assert_eq!(
            GivenIds::of(&Value::Value(Vec::new())),
            GivenIds::Known(BTreeSet::new())
        );
    }

    #[test]
    fn the_quota_is_0_to_100_or_unlimited() {
        let table = [
            (0.0, Some(Quota::Limit(0))),
            (100.0, Some(Quota::Limit(100))),
            (-1.0, Some(Quota::Unlimited)),
            (101.0, None),
            (-2.0, None),
            (1.5, None),
            (2_147_483_647.0, None),
        ];
        for (number, quota) in table {
            assert_eq!(quota_of(Number(number)), quota, "{number}");
        }
    }
}
