//! A policy as attribute values.

use std::collections::BTreeSet;

use tf_provider::value::Value;

use super::attributes::{Attribute, MembershipAttribute, ObjectIds, Scope, SettingsAttributes, ids};
use super::number::Number;
use super::{Leaf, LeafValue, Part};
use crate::graph::policy::{Members, Membership, ObjectId, Policy, Quota, Setting, SettingValue};

impl SettingsAttributes {
    /// The tenant's settings as a state has them that had `like` before: lists are null beside `all` and `none`, ids keep
    /// the spelling that they have in `like`, and an empty selection, which Graph stores as `none`, stays `selected`.
    ///
    /// A setting that the policy lacks, or that has a value of a kind this version does not know, is null.
    pub fn of_policy(policy: &Policy, like: &Self) -> Self {
        let mut settings = Self::default();
        for setting in Setting::ALL {
            settings.set(setting, attribute(policy, setting, like.membership(setting)));
        }
        settings
    }

    /// The tenant's settings as a data source shows them: lists are empty beside `all` and `none`.
    pub fn observed(policy: &Policy) -> Self {
        let mut settings = Self::of_policy(policy, &Self::default());
        for setting in Setting::ALL {
            if let Some(membership) = settings.membership(setting) {
                let mut membership = membership.clone();
                for list in [&mut membership.users, &mut membership.groups] {
                    if list.is_null() {
                        *list = Value::Value(Vec::new());
                    }
                }
                settings.set(setting, Attribute::Membership(Value::Value(membership)));
            }
        }
        settings
    }

    /// A setting in Graph's terms, as far as it is known; unknown lists count as empty.
    pub fn in_graph(&self, setting: Setting) -> Option<SettingValue> {
        let list = |leaf| match self.leaf(leaf) {
            Value::Value(LeafValue::Ids(ids)) => ids,
            _ => BTreeSet::new(),
        };
        let leaf = Leaf::of(setting).next()?;
        let [users, groups] = Leaf::lists(setting).map(list);
        let membership = match self.leaf(leaf).as_option()? {
            LeafValue::Switch(value) => return Some(SettingValue::Bool(value)),
            LeafValue::Quota(quota) => return Some(SettingValue::Quota(quota)),
            LeafValue::Scope(Scope::All) => Membership::All,
            LeafValue::Scope(Scope::None) => Membership::None,
            LeafValue::Scope(Scope::Selected) => Membership::selected(Members { users, groups }),
            LeafValue::Ids(_) => return None,
        };
        Some(SettingValue::Membership(membership))
    }

    /// Gives every unknown value the tenant's; known ones stay to the letter, as Terraform demands of an apply.
    pub fn complete(&mut self, policy: &Policy) {
        let tenant = Self::of_policy(policy, self);
        if self.local_admins.is_unknown() {
            self.local_admins.clone_from(&tenant.local_admins);
        }
        for setting in Setting::ALL {
            let completed = match (self.get(setting), tenant.get(setting)) {
                (Attribute::Switch(Value::Unknown), actual)
                | (Attribute::Quota(Value::Unknown), actual)
                | (Attribute::Membership(Value::Unknown), actual) => actual.to_owned(),
                (Attribute::Membership(Value::Value(planned)), Attribute::Membership(actual)) => {
                    let actual = actual.clone().unwrap_or_default();
                    Attribute::Membership(Value::Value(filled(planned.clone(), actual)))
                }
                (known, _) => known.to_owned(),
            };
            self.set(setting, completed);
        }
    }
}

fn filled(planned: MembershipAttribute, actual: MembershipAttribute) -> MembershipAttribute {
    fn fill<T>(planned: Value<T>, actual: Value<T>) -> Value<T> {
        if planned.is_unknown() { actual } else { planned }
    }
    MembershipAttribute {
        scope: fill(planned.scope, actual.scope),
        users: fill(planned.users, actual.users),
        groups: fill(planned.groups, actual.groups),
    }
}

fn attribute(
    policy: &Policy,
    setting: Setting,
    like: Option<&MembershipAttribute>,
) -> Attribute<Value<MembershipAttribute>> {
    match (SettingsAttributes::default().get(setting), policy.borrowed(setting)) {
        (_, Some(SettingValue::Bool(value))) => Attribute::Switch(Value::Value(*value)),
        (_, Some(SettingValue::Quota(quota))) => Attribute::Quota(Value::Value(number(*quota))),
        (_, Some(SettingValue::Membership(membership))) => {
            Attribute::Membership(of_membership(membership, like).into())
        }
        (absent, None) => absent.to_owned(),
    }
}

/// The membership's attribute value; `None` where its type is not known to this version.
pub fn of_membership(membership: &Membership, like: Option<&MembershipAttribute>) -> Option<MembershipAttribute> {
    let scope = Scope::of(membership)?;
    let was_selected = like.and_then(MembershipAttribute::known_scope) == Some(Scope::Selected);
    let (scope, members) = match membership {
        Membership::Selected(members) => (scope, Some(members.clone())),
        Membership::None if was_selected => (Scope::Selected, Some(Default::default())),
        _ => (scope, None),
    };
    let list = |list: Option<&BTreeSet<ObjectId>>, like: Option<&ObjectIds>| {
        list.map_or(Value::Null, |list| spelled_as(list, like))
    };
    Some(MembershipAttribute {
        scope: Value::Value(scope.as_str().to_owned()),
        users: list(members.as_ref().map(|m| &m.users), like.map(|like| &like.users)),
        groups: list(members.as_ref().map(|m| &m.groups), like.map(|like| &like.groups)),
    })
}

/// The ids, each in the spelling that it has in `like`: Graph compares ids without case and Terraform does not.
fn spelled_as(listed: &BTreeSet<ObjectId>, like: Option<&ObjectIds>) -> ObjectIds {
    let before = like.and_then(|like| like.as_ref_option()).into_iter().flatten();
    let before = before.filter_map(|id| Some(ObjectId::from_graph(id.as_ref_option()?)));
    let before: BTreeSet<ObjectId> = before.collect();
    ids(listed.iter().map(|id| before.get(id).unwrap_or(id)))
}

/// A leaf's value in a policy; the lists are empty beside `all` and `none`.
pub fn leaf_in(policy: &Policy, leaf: Leaf) -> Option<LeafValue> {
    leaf_of(policy.borrowed(leaf.setting)?, leaf)
}

/// A leaf of a setting's value; the lists are empty beside `all` and `none`.
pub fn leaf_of(value: &SettingValue, leaf: Leaf) -> Option<LeafValue> {
    match (value, leaf.part) {
        (SettingValue::Bool(value), _) => Some(LeafValue::Switch(*value)),
        (SettingValue::Quota(quota), _) => Some(LeafValue::Quota(*quota)),
        (SettingValue::Membership(membership), Part::Scope | Part::Whole) => {
            Scope::of(membership).map(LeafValue::Scope)
        }
        (SettingValue::Membership(membership), part) => {
            let Members { users, groups } = membership.members().cloned().unwrap_or_default();
            Some(LeafValue::Ids(if part == Part::Users { users } else { groups }))
        }
    }
}

/// A quota as a number: -1 is unlimited.
pub fn number(quota: Quota) -> Number {
    match quota {
        Quota::Limit(limit) => Number::from(limit),
        Quota::Unlimited => Number(-1.0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::attributes::testing::{given, membership};
    use super::*;

    fn policy(membership: &serde_json::Value) -> Policy {
        let body = json!({"userDeviceQuota": i32::MAX, "azureADJoin": {"allowedToJoin": membership}});
        Policy::parse(&body.to_string()).unwrap()
    }

    fn of_type(name: &str) -> serde_json::Value {
        json!({"@odata.type": format!("#microsoft.graph.{name}DeviceRegistrationMembership")})
    }

    fn enumerated(users: &[&str]) -> serde_json::Value {
        let mut membership = of_type("enumerated");
        membership["users"] = json!(users);
        membership["groups"] = json!([]);
        membership
    }

    fn join(membership: Value<MembershipAttribute>) -> SettingsAttributes {
        SettingsAttributes {
            allowed_to_join: membership,
            ..SettingsAttributes::default()
        }
    }

    #[test]
    fn ids_keep_the_spelling_of_the_state() {
        let like = join(membership("selected", given(&["AB", "x"]), given(&[])));
        let now = SettingsAttributes::of_policy(&policy(&enumerated(&["ab", "cd"])), &like);
        assert_eq!(
            now.allowed_to_join,
            membership("selected", given(&["AB", "cd"]), given(&[]))
        );
    }

    #[test]
    fn an_empty_selection_stays_selected_where_the_state_says_so() {
        let none = policy(&of_type("no"));
        let selected = join(membership("selected", given(&["a"]), given(&[])));
        assert_eq!(
            SettingsAttributes::of_policy(&none, &selected).allowed_to_join,
            membership("selected", given(&[]), given(&[]))
        );
        let all = join(membership("all", Value::Null, Value::Null));
        assert_eq!(
            SettingsAttributes::of_policy(&none, &all).allowed_to_join,
            membership("none", Value::Null, Value::Null)
        );
    }

    #[test]
    fn lists_are_null_in_resources_and_empty_in_data_sources() {
        let all = policy(&of_type("all"));
        let state = SettingsAttributes::of_policy(&all, &SettingsAttributes::default());
        assert_eq!(state.allowed_to_join, membership("all", Value::Null, Value::Null));
        assert_eq!(state.user_device_quota, Value::Value(Number(-1.0)));
        assert!(state.local_admins.is_null());
        let observed = SettingsAttributes::observed(&all);
        assert_eq!(observed.allowed_to_join, membership("all", given(&[]), given(&[])));
    }

    #[test]
    fn a_membership_of_an_unknown_type_is_null() {
        let future = policy(&json!({"@odata.type": "#microsoft.graph.future"}));
        assert!(SettingsAttributes::observed(&future).allowed_to_join.is_null());
    }

    #[test]
    fn completing_leaves_known_values_to_the_letter() {
        let mut planned = join(membership("selected", given(&["AB"]), Value::Unknown));
        planned.user_device_quota = Value::Unknown;
        planned.local_admins = Value::Unknown;
        planned.complete(&policy(&enumerated(&["ab", "cd"])));
        assert_eq!(
            planned.allowed_to_join,
            membership("selected", given(&["AB"]), given(&[]))
        );
        assert_eq!(planned.user_device_quota, Value::Value(Number(-1.0)));
        assert!(planned.local_admins.is_null());
    }
}
