//! The effect of adding or removing one member.

use crate::graph::directory::Kind;
use crate::graph::policy::{Members, Membership, ObjectId, Policy, Setting, SettingValue};

use super::list::{List, ids};

/// The effect of adding a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It was there before.
    Already,
    /// It is the first one: the scope `none` becomes `selected`.
    First,
    /// It joins others.
    New,
}

/// The effect of removing a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It was not there.
    Absent,
    /// It was the last one: the scope becomes `none`.
    Last,
    /// Others are left.
    Gone,
}

/// The reason why a member cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Every user is allowed: a selection of one would lock out all others.
    #[error("the scope is \"all\"")]
    All,
    /// The membership is of a type that this version does not know.
    #[error("the scope is of the unknown type {0:?}")]
    Unknown(String),
    /// The tenant's policy does not have the list.
    #[error("the tenant does not have this setting")]
    Unset,
}

/// The effect of adding a member, without adding it.
///
/// # Errors
/// The reason why it cannot be added.
pub fn outlook(policy: &Policy, list: List, kind: Kind, id: &ObjectId) -> Result<Added, Refusal> {
    match policy.membership(list.setting()) {
        None => Err(Refusal::Unset),
        Some(Membership::All) => Err(Refusal::All),
        Some(Membership::Other(name)) => Err(Refusal::Unknown(name.clone())),
        Some(Membership::None) => Ok(Added::First),
        Some(Membership::Selected(members)) if ids(members, kind).contains(id) => Ok(Added::Already),
        Some(Membership::Selected(_)) => Ok(Added::New),
    }
}

/// Adds a member; no other is touched.
///
/// # Errors
/// The reason why it cannot be added. The policy is then as it was.
pub fn add(policy: &mut Policy, list: List, kind: Kind, id: &ObjectId) -> Result<Added, Refusal> {
    let added = outlook(policy, list, kind, id)?;
    if added != Added::Already {
        insert(policy, list.setting(), kind, id);
    }
    Ok(added)
}

/// Puts a member into a setting's list, which becomes `selected`.
pub fn insert(policy: &mut Policy, setting: Setting, kind: Kind, id: &ObjectId) {
    let mut members = members(policy, setting);
    match kind {
        Kind::User => members.users.insert(id.clone()),
        Kind::Group => members.groups.insert(id.clone()),
    };
    policy.set(setting, SettingValue::Membership(Membership::Selected(members)));
}

/// Removes a member; no other is touched.
pub fn remove(policy: &mut Policy, list: List, kind: Kind, id: &ObjectId) -> Removed {
    let mut members = members(policy, list.setting());
    let was_there = match kind {
        Kind::User => members.users.remove(id),
        Kind::Group => members.groups.remove(id),
    };
    if !was_there {
        return Removed::Absent;
    }
    let last = members.is_empty();
    // An empty selection is written as `none`.
    policy.set(list.setting(), SettingValue::Membership(Membership::Selected(members)));
    if last { Removed::Last } else { Removed::Gone }
}

fn members(policy: &Policy, setting: Setting) -> Members {
    let members = policy.membership(setting).and_then(Membership::members);
    members.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn policy(membership: &Value) -> Policy {
        let body = json!({
            "userDeviceQuota": 50,
            "azureADJoin": {"allowedToJoin": membership, "localAdmins": {"registeringUsers": {
                "@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"
            }}}
        });
        Policy::parse(&body.to_string()).unwrap()
    }

    fn of_type(name: &str) -> Value {
        json!({ "@odata.type": format!("#microsoft.graph.{name}DeviceRegistrationMembership") })
    }

    fn enumerated(users: &[&str], groups: &[&str]) -> Value {
        let mut membership = of_type("enumerated");
        membership["users"] = json!(users);
        membership["groups"] = json!(groups);
        membership
    }

    fn id(text: &str) -> ObjectId {
        ObjectId::from_graph(text)
    }

    #[test]
    fn adding_follows_the_scope() {
        let table = [
            (of_type("no"), Ok(Added::First), enumerated(&[], &["g"])),
            (enumerated(&[], &[]), Ok(Added::First), enumerated(&[], &["g"])),
            (
                enumerated(&["g"], &["x"]),
                Ok(Added::New),
                enumerated(&["g"], &["x", "g"]),
            ),
            (
                enumerated(&["u"], &["G"]),
                Ok(Added::Already),
                enumerated(&["u"], &["G"]),
            ),
            (of_type("all"), Err(Refusal::All), of_type("all")),
            (Value::Null, Err(Refusal::Unset), Value::Null),
        ];
        for (before, outcome, after) in table {
            let mut policy = policy(&before);
            assert_eq!(add(&mut policy, List::Join, Kind::Group, &id("g")), outcome, "{before}");
            assert_eq!(policy.json()["azureADJoin"]["allowedToJoin"], after, "{before}");
        }
        let unknown = json!({"@odata.type": "#microsoft.graph.future"});
        assert!(matches!(
            add(&mut policy(&unknown), List::Join, Kind::User, &id("u")),
            Err(Refusal::Unknown(_))
        ));
    }

    #[test]
    fn removing_the_last_member_leaves_none() {
        let table = [
            (enumerated(&[], &["G"]), Removed::Last, of_type("no")),
            (enumerated(&["u"], &["g"]), Removed::Gone, enumerated(&["u"], &[])),
            (enumerated(&["g"], &[]), Removed::Absent, enumerated(&["g"], &[])),
            (enumerated(&[], &[]), Removed::Absent, of_type("no")),
            (of_type("all"), Removed::Absent, of_type("all")),
            (of_type("no"), Removed::Absent, of_type("no")),
        ];
        for (before, outcome, after) in table {
            let mut policy = policy(&before);
            assert_eq!(
                remove(&mut policy, List::Join, Kind::Group, &id("g")),
                outcome,
                "{before}"
            );
            assert_eq!(policy.json()["azureADJoin"]["allowedToJoin"], after, "{before}");
        }
    }

    proptest! {
        /// Whatever is added and removed in whatever order: the list is what a set would be, and nothing else changes.
        #[test]
        fn a_list_behaves_as_a_set(steps in prop::collection::vec((any::<bool>(), any::<bool>(), 0..6_u8), 0..40)) {
            let mut policy = policy(&enumerated(&["keep"], &[]));
            let mut expected: std::collections::BTreeSet<(bool, u8)> = std::collections::BTreeSet::new();
            for (adds, is_user, number) in steps {
                let kind = if is_user { Kind::User } else { Kind::Group };
                let id = id(&format!("m{number}"));
                if adds {
                    let added = add(&mut policy, List::Join, kind, &id);
                    prop_assert_eq!(added == Ok(Added::New), expected.insert((is_user, number)));
                } else {
                    let removed = remove(&mut policy, List::Join, kind, &id);
                    prop_assert_eq!(removed == Removed::Gone, expected.remove(&(is_user, number)));
                }
                for (is_user, kind) in [(true, Kind::User), (false, Kind::Group)] {
                    for number in 0..6 {
                        let id = ObjectId::from_graph(&format!("M{number}"));
                        prop_assert_eq!(List::Join.holds(&policy, kind, &id), expected.contains(&(is_user, number)));
                    }
                }
                prop_assert!(List::Join.holds(&policy, Kind::User, &ObjectId::from_graph("keep")));
                prop_assert_eq!(policy.membership(List::LocalAdmin.setting()), Some(&Membership::None));
            }
        }
    }
}
