//! The parts of settings that are compared, written and remembered one by one.
//!
//! A membership has three leaves, its scope and its two lists, so that a list that others manage never stands in the way of
//! the rest. "Equal" has one definition: [`LeafValue`]'s.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use tf_provider::value::Value;

use super::attributes::{Attribute, MembershipAttribute, ObjectIds, Scope, SettingsAttributes, ids};
use super::name;
use super::number::Number;
use crate::graph::directory::Kind;
use crate::graph::policy::{ObjectId, Quota, Setting, SettingKind};

/// A part of a setting.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// All of a switch or of the quota.
    Whole,
    /// A membership's scope.
    Scope,
    /// A membership's users.
    Users,
    /// A membership's groups.
    Groups,
}

/// A part of one setting. Private state has it as its name.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Leaf {
    /// The setting.
    pub setting: Setting,
    /// The part of it.
    pub part: Part,
}

impl Leaf {
    /// The leaves of a setting.
    pub fn of(setting: Setting) -> impl Iterator<Item = Self> {
        let parts: &[Part] = match setting.kind() {
            SettingKind::Membership => &[Part::Scope, Part::Users, Part::Groups],
            SettingKind::Bool | SettingKind::Quota => &[Part::Whole],
        };
        parts.iter().map(move |part| Self { setting, part: *part })
    }

    /// The leaves of every setting.
    pub fn all() -> impl Iterator<Item = Self> {
        Setting::ALL.into_iter().flat_map(Self::of)
    }

    /// The kind of the members, if it is one of a membership's lists.
    pub const fn kind(self) -> Option<Kind> {
        match self.part {
            Part::Users => Some(Kind::User),
            Part::Groups => Some(Kind::Group),
            Part::Whole | Part::Scope => None,
        }
    }

    /// Whether it is one of a membership's lists.
    pub const fn is_list(self) -> bool {
        self.kind().is_some()
    }

    /// The scope of the same setting.
    #[must_use]
    pub const fn scope(setting: Setting) -> Self {
        Self {
            setting,
            part: Part::Scope,
        }
    }

    /// The two lists of a setting.
    pub const fn lists(setting: Setting) -> [Self; 2] {
        [
            Self {
                setting,
                part: Part::Users,
            },
            Self {
                setting,
                part: Part::Groups,
            },
        ]
    }

    /// A switch or the quota.
    pub const fn whole(setting: Setting) -> Self {
        Self {
            setting,
            part: Part::Whole,
        }
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(self.setting))?;
        f.write_str(match self.part {
            Part::Whole => "",
            Part::Scope => ".scope",
            Part::Users => ".users",
            Part::Groups => ".groups",
        })
    }
}

impl From<Leaf> for String {
    fn from(leaf: Leaf) -> Self {
        leaf.to_string()
    }
}

/// A text that names no leaf.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} names no part of a setting")]
pub struct UnknownLeaf(String);

impl TryFrom<String> for Leaf {
    type Error = UnknownLeaf;

    fn try_from(text: String) -> Result<Self, UnknownLeaf> {
        Self::all()
            .find(|leaf| leaf.to_string() == text)
            .ok_or(UnknownLeaf(text))
    }
}

/// The value of a leaf. Ids are equal in any order and in any case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeafValue {
    /// Of a switch.
    Switch(bool),
    /// Of the quota.
    Quota(Quota),
    /// Of a membership's scope.
    Scope(Scope),
    /// Of a membership's list.
    Ids(BTreeSet<ObjectId>),
}

impl SettingsAttributes {
    /// A leaf's value. Unknown as soon as one of its ids is; null where the setting is.
    pub fn leaf(&self, leaf: Leaf) -> Value<LeafValue> {
        match self.get(leaf.setting) {
            Attribute::Switch(value) => value.map(LeafValue::Switch),
            Attribute::Quota(value) => value.and_then(|number| quota(number).map(LeafValue::Quota).into()),
            Attribute::Membership(value) => value
                .as_ref()
                .and_then(|membership| membership_leaf(membership, leaf.part)),
        }
    }

    /// Whether a membership's scope is known to be `selected`.
    pub fn is_selected(&self, setting: Setting) -> bool {
        self.leaf(Leaf::scope(setting)) == Value::Value(LeafValue::Scope(Scope::Selected))
    }

    /// Whether a configuration names a leaf: its value is not null.
    pub fn names(&self, leaf: Leaf) -> bool {
        !self.leaf(leaf).is_null()
    }

    /// Takes a leaf's value over from other attributes, in their spelling.
    pub fn copy_leaf(&mut self, from: &Self, leaf: Leaf) {
        let copied = match from.get(leaf.setting) {
            Attribute::Membership(value) => {
                let source = value.clone().unwrap_or_default();
                self.with_part(leaf, |membership| match leaf.part {
                    Part::Users => membership.users = source.users,
                    Part::Groups => membership.groups = source.groups,
                    Part::Scope | Part::Whole => membership.scope = source.scope,
                })
            }
            whole => whole.to_owned(),
        };
        self.set(leaf.setting, copied);
    }

    /// Remembers a leaf's value as an original. A list is empty where the original scope or this one has none, so that it
    /// is told from one that is not remembered.
    pub fn record_leaf(&mut self, from: &Self, leaf: Leaf) {
        let scope = Leaf::scope(leaf.setting);
        let source = if self.names(scope) { &*self } else { from };
        let without_lists = matches!(
            source.leaf(scope),
            Value::Value(LeafValue::Scope(Scope::All | Scope::None))
        );
        let has_none = from.names(scope) && !from.names(leaf);
        if leaf.is_list() && (without_lists || has_none) {
            let none = MembershipAttribute {
                users: Value::Value(Vec::new()),
                groups: Value::Value(Vec::new()),
                ..MembershipAttribute::default()
            };
            let mut empty = Self::default();
            empty.set(leaf.setting, Attribute::Membership(Value::Value(none)));
            self.copy_leaf(&empty, leaf);
        } else if from.names(leaf) {
            self.copy_leaf(from, leaf);
        }
    }

    /// Makes a leaf null, and with the last leaf the whole setting.
    pub fn clear_leaf(&mut self, leaf: Leaf) {
        self.copy_leaf(&Self::default(), leaf);
        self.drop_empty();
    }

    /// Makes a leaf unknown.
    pub fn set_unknown(&mut self, leaf: Leaf) {
        let unknown = match self.get(leaf.setting) {
            Attribute::Switch(_) => Attribute::Switch(Value::Unknown),
            Attribute::Quota(_) => Attribute::Quota(Value::Unknown),
            Attribute::Membership(_) => self.with_part(leaf, |membership| match leaf.part {
                Part::Users => membership.users = Value::Unknown,
                Part::Groups => membership.groups = Value::Unknown,
                Part::Scope | Part::Whole => membership.scope = Value::Unknown,
            }),
        };
        self.set(leaf.setting, unknown);
    }

    /// Adds the members of another list to a list.
    pub fn add_members(&mut self, from: &Self, list: Leaf) {
        let (Value::Value(LeafValue::Ids(mut members)), Value::Value(LeafValue::Ids(more))) =
            (self.leaf(list), from.leaf(list))
        else {
            return;
        };
        members.extend(more);
        let united = self.with_part(list, |membership| match list.part {
            Part::Groups => membership.groups = ids(&members),
            _ => membership.users = ids(&members),
        });
        self.set(list.setting, united);
    }

    fn with_part(
        &self,
        leaf: Leaf,
        change: impl FnOnce(&mut MembershipAttribute),
    ) -> Attribute<Value<MembershipAttribute>> {
        let mut membership = self.membership(leaf.setting).cloned().unwrap_or_default();
        change(&mut membership);
        Attribute::Membership(Value::Value(membership))
    }

    /// Makes objects null in which everything is.
    fn drop_empty(&mut self) {
        for setting in Setting::ALL {
            let empty = self.membership(setting) == Some(&MembershipAttribute::default());
            if empty {
                self.set(setting, Attribute::Membership(Value::Null));
            }
        }
        if self.local_admins.as_ref_option() == Some(&super::attributes::LocalAdminsAttribute::default()) {
            self.local_admins = Value::Null;
        }
    }
}

fn membership_leaf(membership: &MembershipAttribute, part: Part) -> Value<LeafValue> {
    match part {
        Part::Users => known_ids(&membership.users),
        Part::Groups => known_ids(&membership.groups),
        Part::Scope | Part::Whole => membership
            .scope
            .as_ref()
            .and_then(|scope| Scope::parse(scope).map(LeafValue::Scope).into()),
    }
}

fn known_ids(ids: &ObjectIds) -> Value<LeafValue> {
    ids.as_ref().and_then(|ids| {
        let known: Option<_> = ids
            .iter()
            .map(|id| id.as_ref_option().map(|id| ObjectId::from_graph(id)))
            .collect();
        known.map_or(Value::Unknown, |ids| Value::Value(LeafValue::Ids(ids)))
    })
}

/// The quota that a number stands for: -1 is unlimited. Validation keeps configurations within 0 to 100; a tenant may
/// have more.
pub fn quota(number: Number) -> Option<Quota> {
    match number.whole()? {
        -1 => Some(Quota::Unlimited),
        limit => i32::try_from(limit).ok().and_then(Quota::from_wire),
    }
}

#[cfg(test)]
mod tests {
    use super::super::attributes::testing::{given, membership};
    use super::*;

    fn join(users: ObjectIds) -> SettingsAttributes {
        SettingsAttributes {
            allowed_to_join: membership("selected", users, Value::Null),
            ..SettingsAttributes::default()
        }
    }

    const USERS: Leaf = Leaf {
        setting: Setting::AllowedToJoin,
        part: Part::Users,
    };
    const SCOPE: Leaf = Leaf {
        setting: Setting::AllowedToJoin,
        part: Part::Scope,
    };

    #[test]
    fn names_lead_back_to_their_leaf() {
        for leaf in Leaf::all() {
            assert_eq!(Leaf::try_from(leaf.to_string()).unwrap(), leaf);
        }
        assert!(Leaf::try_from("allowed_to_join".to_owned()).is_err());
    }

    #[test]
    fn ids_are_equal_in_any_order_and_case() {
        let one = join(given(&["B", "a"])).leaf(USERS);
        assert_eq!(one, join(given(&["A", "b"])).leaf(USERS));
        assert_ne!(one, join(given(&["a"])).leaf(USERS));
        assert_ne!(join(given(&[])).leaf(USERS), join(Value::Null).leaf(USERS));
    }

    #[test]
    fn one_unknown_id_makes_a_list_unknown() {
        let ids = Value::Value(vec![Value::Value("a".to_owned()), Value::Unknown]);
        assert!(join(ids).leaf(USERS).is_unknown());
    }

    #[test]
    fn leaves_are_copied_and_cleared_one_by_one() {
        let source = join(given(&["A"]));
        let mut target = SettingsAttributes::default();
        target.copy_leaf(&source, USERS);
        assert!(target.leaf(SCOPE).is_null());
        target.copy_leaf(&source, SCOPE);
        assert_eq!(target, source);
        target.clear_leaf(USERS);
        assert!(target.names(SCOPE) && !target.names(USERS));
        target.clear_leaf(SCOPE);
        assert_eq!(target, SettingsAttributes::default());
    }

    #[test]
    fn quotas_are_limits_or_unlimited() {
        for (number, expected) in [
            (0.0, Some(Quota::Limit(0))),
            (500.0, Some(Quota::Limit(500))),
            (-1.0, Some(Quota::Unlimited)),
            (-2.0, None),
            (1.5, None),
        ] {
            assert_eq!(quota(Number(number)), expected, "{number}");
        }
    }
}
