//! The tenant's directory: users with their devices, groups with their members.

mod eligibility;
mod members;
pub mod tenants;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use eligibility::{Reason, Verdict};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct User {
    /// Object id.
    pub id: String,
    /// User principal name, unique in the tenant.
    pub user_principal_name: String,
    /// Display name.
    pub display_name: String,
    /// Whether the user can sign in.
    pub account_enabled: bool,
    /// `Member` or `Guest`.
    pub user_type: String,
    /// Devices the user owns.
    pub owned_devices: Vec<Device>,
    /// Devices the user is registered with.
    pub registered_devices: Vec<Device>,
    /// So many look-ups still miss the user, as right after its creation.
    pub unseen_for: u32,
}

impl Default for User {
    fn default() -> Self {
        Self {
            id: String::new(),
            user_principal_name: String::new(),
            display_name: String::new(),
            account_enabled: true,
            user_type: "Member".to_owned(),
            owned_devices: Vec::new(),
            registered_devices: Vec::new(),
            unseen_for: 0,
        }
    }
}

/// A device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Device {
    /// Object id.
    pub id: String,
    /// Display name.
    pub display_name: String,
    /// `AzureAd` (joined), `Workplace` (registered) or `ServerAd` (hybrid joined).
    pub trust_type: String,
}

/// What kind of group it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// A security group with assigned members.
    #[default]
    Security,
    /// A security group with mail.
    MailEnabledSecurity,
    /// A distribution list.
    Distribution,
    /// A Microsoft 365 group.
    Microsoft365,
    /// A security group whose members follow from a rule.
    DynamicSecurity,
    /// A Microsoft 365 group whose members follow from a rule.
    DynamicMicrosoft365,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Group {
    /// Object id.
    pub id: String,
    /// Display name, not unique.
    pub display_name: String,
    /// Kind.
    pub kind: GroupKind,
    /// Rule of a dynamic group.
    pub membership_rule: Option<String>,
    /// Object ids of the direct members: users, groups, and what else there is.
    pub members: Vec<String>,
    /// So many look-ups still miss the group, as right after its creation.
    pub unseen_for: u32,
}

/// Another object that can be a member, a device or a service principal for example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Other {
    /// Object id.
    pub id: String,
    /// Its type, as `device`.
    pub kind: String,
    /// Display name.
    pub display_name: String,
}

/// Everything in the directory. Ids are compared without case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Contents", into = "Contents")]
pub struct Directory {
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) others: BTreeMap<String, Other>,
}

/// The directory as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Contents {
    users: Vec<User>,
    groups: Vec<Group>,
    others: Vec<Other>,
}

impl From<Contents> for Directory {
    fn from(contents: Contents) -> Self {
        let mut directory = Self::default();
        contents.users.into_iter().for_each(|user| directory.add_user(user));
        contents.groups.into_iter().for_each(|group| directory.add_group(group));
        contents.others.into_iter().for_each(|other| directory.add_other(other));
        directory
    }
}

impl From<Directory> for Contents {
    fn from(directory: Directory) -> Self {
        Self {
            users: directory.users.into_values().collect(),
            groups: directory.groups.into_values().collect(),
            others: directory.others.into_values().collect(),
        }
    }
}

/// One object, as a look-up finds it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Object<'a> {
    User(&'a User),
    Group(&'a Group),
    Other(&'a Other),
}

impl Directory {
    /// Adds a user, or replaces the one with its id.
    pub fn add_user(&mut self, user: User) {
        self.users.insert(key(&user.id), user);
    }

    /// Adds a group, or replaces the one with its id.
    pub fn add_group(&mut self, group: Group) {
        self.groups.insert(key(&group.id), group);
    }

    /// Adds another object, or replaces the one with its id.
    pub fn add_other(&mut self, other: Other) {
        self.others.insert(key(&other.id), other);
    }

    /// Removes whatever has this id. Lists that name it keep naming it, as the policy does.
    pub fn remove(&mut self, id: &str) {
        let id = key(id);
        self.users.remove(&id);
        self.groups.remove(&id);
        self.others.remove(&id);
    }

    /// The user with this id.
    #[must_use]
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.get(&key(id))
    }

    /// The group with this id.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.get(&key(id))
    }

    /// The group with this id, to change.
    pub fn group_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.groups.get_mut(&key(id))
    }

    /// The user with this id, to change.
    pub fn user_mut(&mut self, id: &str) -> Option<&mut User> {
        self.users.get_mut(&key(id))
    }

    /// All users, in the order of their ids.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// All groups, in the order of their ids.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    pub(crate) fn object(&self, id: &str) -> Option<Object<'_>> {
        let id = key(id);
        let user = self.users.get(&id).map(Object::User);
        let group = || self.groups.get(&id).map(Object::Group);
        let other = || self.others.get(&id).map(Object::Other);
        user.or_else(group).or_else(other)
    }

    /// Whether a look-up of this id still misses what was just created. Counts the look-up.
    pub(crate) fn still_unseen(&mut self, id: &str) -> bool {
        let id = key(id);
        let user = self.users.get_mut(&id).map(|user| &mut user.unseen_for);
        let left = user.or_else(|| self.groups.get_mut(&id).map(|group| &mut group.unseen_for));
        match left {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

impl Object<'_> {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::User(user) => &user.id,
            Self::Group(group) => &group.id,
            Self::Other(other) => &other.id,
        }
    }

    /// The type's name, as `user`.
    pub(crate) fn kind(&self) -> &str {
        match self {
            Self::User(_) => "user",
            Self::Group(_) => "group",
            Self::Other(other) => &other.kind,
        }
    }

    /// All properties that Graph has of it.
    pub(crate) fn properties(&self) -> Value {
        match self {
            Self::User(user) => user.properties(),
            Self::Group(group) => group.properties(),
            Self::Other(other) => json!({"id": other.id, "displayName": other.display_name}),
        }
    }
}

impl User {
    pub(crate) fn properties(&self) -> Value {
        json!({
            "id": self.id,
            "userPrincipalName": self.user_principal_name,
            "displayName": self.display_name,
            "mail": self.user_principal_name,
            "accountEnabled": self.account_enabled,
            "userType": self.user_type,
        })
    }
}

impl Group {
    pub(crate) fn properties(&self) -> Value {
        use GroupKind::{Distribution, DynamicMicrosoft365, DynamicSecurity, MailEnabledSecurity, Microsoft365};
        let unified = matches!(self.kind, Microsoft365 | DynamicMicrosoft365);
        let dynamic = matches!(self.kind, DynamicSecurity | DynamicMicrosoft365);
        let kinds: Vec<&str> = [(dynamic, "DynamicMembership"), (unified, "Unified")]
            .into_iter()
            .filter_map(|(is, name)| is.then_some(name))
            .collect();
        json!({
            "id": self.id,
            "displayName": self.display_name,
            "groupTypes": kinds,
            "securityEnabled": !unified && self.kind != Distribution,
            "mailEnabled": unified || matches!(self.kind, MailEnabledSecurity | Distribution),
            "membershipRule": self.membership_rule,
            "membershipRuleProcessingState": dynamic.then_some("On"),
        })
    }
}

impl Device {
    pub(crate) fn properties(&self) -> Value {
        json!({
            "@odata.type": "#microsoft.graph.device",
            "id": self.id,
            "displayName": self.display_name,
            "trustType": self.trust_type,
        })
    }
}

/// Ids are compared without case.
pub(crate) fn key(id: &str) -> String {
    id.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_show_their_kind_as_graph_does() {
        let cases = [
            (GroupKind::Security, json!([]), true, false),
            (GroupKind::MailEnabledSecurity, json!([]), true, true),
            (GroupKind::Distribution, json!([]), false, true),
            (GroupKind::Microsoft365, json!(["Unified"]), false, true),
            (GroupKind::DynamicSecurity, json!(["DynamicMembership"]), true, false),
            (
                GroupKind::DynamicMicrosoft365,
                json!(["DynamicMembership", "Unified"]),
                false,
                true,
            ),
        ];
        for (kind, types, security, mail) in cases {
            let shown = Group {
                kind,
                ..Group::default()
            }
            .properties();
            assert_eq!(shown["groupTypes"], types, "{kind:?}");
            assert_eq!(shown["securityEnabled"], security, "{kind:?}");
            assert_eq!(shown["mailEnabled"], mail, "{kind:?}");
        }
    }

    #[test]
    fn ids_are_compared_without_case() {
        let mut directory = Directory::default();
        directory.add_user(User {
            id: "ABC".into(),
            ..User::default()
        });
        assert_eq!(directory.user("abc").unwrap().id, "ABC");
        directory.remove("aBc");
        assert!(directory.object("ABC").is_none());
    }

    #[test]
    fn new_objects_can_be_missed_for_a_while() {
        let mut directory = Directory::default();
        directory.add_group(Group {
            id: "g".into(),
            unseen_for: 2,
            ..Group::default()
        });
        let missed: Vec<bool> = (0..3).map(|_| directory.still_unseen("G")).collect();
        assert_eq!(missed, [true, true, false]);
        assert!(!directory.still_unseen("nobody"));
    }

    #[test]
    fn is_written_as_lists() {
        let directory = tenants::sample();
        let json = json!(directory);
        assert!(json["users"].is_array() && json["groups"].is_array());
        assert_eq!(serde_json::from_value::<Directory>(json).unwrap(), directory);
    }
}
