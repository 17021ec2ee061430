//! The tenant's directory: users with their devices, groups with their members.

mod eligibility;
mod group;
mod lag;
mod members;
pub mod tenants;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use eligibility::{Reason, Verdict};
pub use group::{Group, GroupKind, Visibility};
pub use lag::Lag;

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
    /// Look-ups still miss the user, as right after its creation.
    pub unseen_for: Lag,
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
            unseen_for: Lag::default(),
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

    /// Counts a look-up of this id and decides whether it still misses what was just created.
    pub(crate) fn is_unseen(&mut self, id: &str) -> bool {
        let id = key(id);
        let user = self.users.get_mut(&id).map(|user| &mut user.unseen_for);
        let lag = user.or_else(|| self.groups.get_mut(&id).map(|group| &mut group.unseen_for));
        lag.is_some_and(Lag::count)
    }

    /// Counts a look-up of a group's members and decides whether it still finds none.
    pub(crate) fn members_are_unseen(&mut self, group: &str) -> bool {
        self.group_mut(group)
            .is_some_and(|group| group.members_unseen_for.count())
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

impl Device {
    /// All properties, or null for each but the id.
    pub(crate) fn properties(&self, whole: bool) -> Value {
        json!({
            "@odata.type": "#microsoft.graph.device",
            "id": self.id,
            "displayName": whole.then_some(&self.display_name),
            "trustType": whole.then_some(&self.trust_type),
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
    fn is_written_as_lists() {
        let directory = tenants::sample();
        let json = json!(directory);
        assert!(json["users"].is_array() && json["groups"].is_array());
        assert_eq!(serde_json::from_value::<Directory>(json).unwrap(), directory);
    }
}
