//! `data.autopilot_directory_members`: names of users and groups to object ids.

mod schema;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::Schema;
use tf_provider::value::{Value, ValueEmpty};
use tf_provider::{AttributePath, DataSource, Diagnostics};

use crate::diagnose::graph_error;
use crate::graph::deadline::Deadline;
use crate::graph::directory::{Directory, Group, User};
use crate::graph::error::GraphError;
use crate::graph::policy::ObjectId;
use crate::plugin::Report;
use crate::session::Session;
use crate::settings::attributes::{ObjectIds, ids};
use crate::settings::number::Number;
use crate::timeouts::Operation;

/// The data source.
pub struct DirectoryMembers {
    session: Session,
}

impl DirectoryMembers {
    /// The data source's name in configurations.
    pub const TYPE_NAME: &'static str = "autopilot_directory_members";

    /// The data source, in a session that may be configured later.
    pub const fn new(session: Session) -> Self {
        Self { session }
    }
}

/// Its attributes.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct DirectoryMembersState {
    /// The tenant.
    pub tenant_id: Value<String>,
    /// User principal names asked for.
    pub user_principal_names: ObjectIds,
    /// Display names asked for.
    pub group_names: ObjectIds,
    /// Object ids of groups asked for.
    pub group_ids: ObjectIds,
    /// The users by the name asked for.
    pub users: Value<BTreeMap<String, Value<UserEntry>>>,
    /// The groups by the name or id asked for.
    pub groups: Value<BTreeMap<String, Value<GroupEntry>>>,
    /// The object ids of all users.
    pub user_object_ids: ObjectIds,
    /// The object ids of all groups.
    pub group_object_ids: ObjectIds,
}

/// A user found.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct UserEntry {
    /// Its object id.
    pub object_id: Value<String>,
    /// Its display name.
    pub display_name: Value<String>,
    /// Whether it can sign in.
    pub enabled: Value<bool>,
}

/// A group found.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct GroupEntry {
    /// Its object id.
    pub object_id: Value<String>,
    /// Its display name.
    pub display_name: Value<String>,
    /// What kind of group it is.
    pub kind: Value<String>,
    /// Whether a rule decides who is in it.
    pub dynamic: Value<bool>,
    /// The rule.
    pub membership_rule: Value<String>,
    /// How many users are in it, nested groups included.
    pub user_count: Value<Number>,
}

#[async_trait]
impl DataSource for DirectoryMembers {
    type State<'a> = DirectoryMembersState;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema::schema())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: DirectoryMembersState) -> Option<()> {
        for (attribute, list) in [
            ("user_principal_names", &config.user_principal_names),
            ("group_names", &config.group_names),
        ] {
            if names(list).contains("") {
                diags.error_at(
                    AttributePath::new(attribute),
                    "Empty name",
                    format!("A name in {attribute} is empty, which names nothing. Remove it or fill it in."),
                );
            }
        }
        for id in names(&config.group_ids)
            .iter()
            .filter(|id| ObjectId::parse(id).is_err())
        {
            diags.error_at(
                AttributePath::new("group_ids"),
                "Not an object id",
                format!("{id:?} in group_ids is no object id, a GUID. Use group_names to look a group up by its name."),
            );
        }
        Some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        config: DirectoryMembersState,
        _: ValueEmpty,
    ) -> Option<DirectoryMembersState> {
        let session = self.session.ready(diags)?;
        let deadline = self.session.deadline(&Value::Null, Operation::Read);
        let asked = Names {
            users: names(&config.user_principal_names),
            groups: names(&config.group_names),
            group_ids: names(&config.group_ids),
        };
        let found = match asked.look_up(&session.directory, &deadline).await {
            Ok(found) => found,
            Err(error) => {
                graph_error(diags, &error, "The directory could not be asked", None);
                return None;
            }
        };
        let (users, groups) = found.only_ones(diags)?;
        let group_set: BTreeSet<_> = groups.values().map(|group| group.id.clone()).collect();
        let counts = match session.directory.user_counts(&group_set, &deadline).await {
            Ok(counts) => counts,
            Err(error) => {
                graph_error(diags, &error, "The users in the groups could not be counted", None);
                return None;
            }
        };
        let user_set: BTreeSet<_> = users.values().map(|user| user.id.clone()).collect();
        let user = |(name, user): (String, User)| (name, Value::Value(UserEntry::of(user)));
        let group = |(name, group): (String, Group)| {
            let count = counts.get(&group.id).copied();
            (name, Value::Value(GroupEntry::of(group, count)))
        };
        Some(DirectoryMembersState {
            tenant_id: session.tenant_id().into(),
            users: Value::Value(users.into_iter().map(user).collect()),
            groups: Value::Value(groups.into_iter().map(group).collect()),
            user_object_ids: ids(&user_set),
            group_object_ids: ids(&group_set),
            ..config
        })
    }
}

fn names(list: &ObjectIds) -> BTreeSet<String> {
    let Value::Value(list) = list else {
        return BTreeSet::new();
    };
    let names = list.iter().filter_map(|name| name.as_ref().as_option());
    names.map(|name| (*name).clone()).collect()
}

struct Names {
    users: BTreeSet<String>,
    groups: BTreeSet<String>,
    group_ids: BTreeSet<String>,
}

impl Names {
    async fn look_up(&self, directory: &Directory, deadline: &Deadline) -> Result<Found, GraphError> {
        let (users, named, by_id) = tokio::join!(
            directory.users(&self.users, deadline),
            directory.groups_named(&self.groups, deadline),
            directory.groups(&self.group_ids, deadline),
        );
        Ok(Found {
            users: users?,
            named: named?,
            by_id: by_id?,
        })
    }
}

/// What each name led to.
struct Found {
    users: BTreeMap<String, Option<User>>,
    named: BTreeMap<String, Vec<Group>>,
    by_id: BTreeMap<String, Option<Group>>,
}

impl Found {
    /// The one object of each name. None, with an error for each name, when one leads to none or to several.
    fn only_ones(self, diags: &mut Diagnostics) -> Option<(BTreeMap<String, User>, BTreeMap<String, Group>)> {
        let errors_before = diags.errors.len();
        let mut users = BTreeMap::new();
        for (name, user) in self.users {
            match user {
                Some(user) => drop(users.insert(name, user)),
                None => unknown(diags, "user_principal_names", "user principal name", &name),
            }
        }
        let mut groups = BTreeMap::new();
        for (name, mut found) in self.named {
            match (found.pop(), found.len()) {
                (Some(only), 0) => drop(groups.insert(name, only)),
                (Some(last), _) => {
                    found.push(last);
                    ambiguous(diags, &name, &found);
                }
                (None, _) => unknown(diags, "group_names", "display name", &name),
            }
        }
        for (id, group) in self.by_id {
            match group {
                // The name of one group may be the id of another.
                Some(group) => match groups.insert(id.clone(), group.clone()) {
                    Some(named) if named.id != group.id => ambiguous(diags, &id, &[named, group]),
                    _ => {}
                },
                None => unknown(diags, "group_ids", "object id of a group", &id),
            }
        }
        (diags.errors.len() == errors_before).then_some((users, groups))
    }
}

fn unknown(diags: &mut Diagnostics, attribute: &'static str, what: &str, name: &str) {
    diags.error_at(
        AttributePath::new(attribute),
        format!("Unknown {what}"),
        format!(
            "The tenant's directory has nothing with the {what} {name:?}. Check the spelling (case is ignored, a part of a \
             name finds nothing) and that the provider is signed in to the right tenant."
        ),
    );
}

fn ambiguous(diags: &mut Diagnostics, name: &str, groups: &[Group]) {
    let lines: Vec<_> = groups
        .iter()
        .map(|group| format!("\n  {} ({})", group.id, group.in_words()))
        .collect();
    diags.error_at(
        AttributePath::new("group_names"),
        "Ambiguous display name",
        format!(
            "{} groups have the display name {name:?}:{}\nName the one that is meant by its object id, in group_ids.",
            groups.len(),
            lines.concat()
        ),
    );
}

impl UserEntry {
    fn of(user: User) -> Self {
        Self {
            object_id: Value::Value(user.id.as_str().to_owned()),
            display_name: user.display_name.into(),
            enabled: user.enabled.into(),
        }
    }
}

impl GroupEntry {
    fn of(group: Group, users: Option<u64>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "no group has 2^53 users")]
        let count = users.map(|users| Number(users as f64));
        Self {
            object_id: Value::Value(group.id.as_str().to_owned()),
            display_name: group.display_name.into(),
            kind: Value::Value(group.kind.as_str().to_owned()),
            dynamic: Value::Value(group.dynamic),
            membership_rule: group.rule.into(),
            user_count: count.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::directory::GroupKind;

    fn group(id: &str) -> Group {
        Group {
            id: ObjectId::from_graph(id),
            display_name: None,
            kind: GroupKind::Security,
            rule: None,
            dynamic: false,
            created: None,
            hidden_members: false,
        }
    }

    #[test]
    fn every_name_that_does_not_lead_to_one_object_is_named() {
        let found = Found {
            users: [("gone@x.y".to_owned(), None)].into(),
            named: [
                ("Sales".to_owned(), vec![group("g1"), group("g2")]),
                ("Nobody".to_owned(), vec![]),
                ("Ops".to_owned(), vec![group("g3")]),
            ]
            .into(),
            by_id: [("g9".to_owned(), None)].into(),
        };
        let mut diags = Diagnostics::default();
        assert!(found.only_ones(&mut diags).is_none());
        let said: Vec<_> = diags
            .errors
            .iter()
            .map(|error| (error.summary.as_ref(), error.attribute.clone()))
            .collect();
        assert_eq!(
            said,
            [
                (
                    "Unknown user principal name",
                    AttributePath::new("user_principal_names")
                ),
                ("Unknown display name", AttributePath::new("group_names")),
                ("Ambiguous display name", AttributePath::new("group_names")),
                ("Unknown object id of a group", AttributePath::new("group_ids")),
            ]
        );
        assert!(diags.errors[2].detail.contains("g2 (a security group)"));
    }

    #[test]
    fn names_that_lead_to_one_object_each_are_found() {
        let found = Found {
            users: BTreeMap::new(),
            named: [("Ops".to_owned(), vec![group("g3")])].into(),
            by_id: [("g4".to_owned(), Some(group("g4")))].into(),
        };
        let (_, groups) = found.only_ones(&mut Diagnostics::default()).unwrap();
        assert_eq!(groups.keys().collect::<Vec<_>>(), ["Ops", "g4"]);
    }

    #[test]
    fn a_group_named_like_the_id_of_another_is_ambiguous() {
        let found = |named: &str| Found {
            users: BTreeMap::new(),
            named: [("g4".to_owned(), vec![group(named)])].into(),
            by_id: [("g4".to_owned(), Some(group("g4")))].into(),
        };
        let mut diags = Diagnostics::default();
        assert!(found("g5").only_ones(&mut diags).is_none());
        assert_eq!(diags.errors[0].summary, "Ambiguous display name");
        assert!(found("g4").only_ones(&mut Diagnostics::default()).is_some());
    }
}
