//! Names to objects, and a user's groups and devices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::needs::{READ_DEVICES, READ_GROUPS, READ_MEMBERSHIP};
use super::object::{Group, User, id};
use super::verify::{group_request, user_request};
use super::{Directory, is_missing};
use crate::graph::client::GraphRequest;
use crate::graph::policy::ObjectId;
use crate::graph::{Deadline, GraphError};

/// How many groups one `checkMemberGroups` takes
/// (<https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups>).
const GROUPS_AT_A_TIME: usize = 20;
/// How many groups of one name are asked for at first.
const OF_ONE_NAME: &str = "20";
/// How many devices a page holds.
const DEVICES_A_PAGE: &str = "999";

/// How a user's devices count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// Those that the user joined to Microsoft Entra or registered with it: these count against the quota.
    pub counted: u64,
    /// Those that do not count: hybrid joined ones.
    pub others: u64,
    /// Those of which Graph hides how they are joined, for want of a permission.
    pub unknown: u64,
}

impl Devices {
    /// A hybrid joined device is Active Directory's and does not count
    /// (<https://learn.microsoft.com/entra/identity/devices/manage-device-identities#configure-device-settings>).
    fn of(&mut self, trust_type: Option<&str>) -> &mut u64 {
        match trust_type {
            Some(trust) if trust.eq_ignore_ascii_case("ServerAd") => &mut self.others,
            Some(_) => &mut self.counted,
            None => &mut self.unknown,
        }
    }
}

impl Directory {
    /// The users with these user principal names or object ids; none for each that does not exist.
    ///
    /// # Errors
    /// The first error that is not "no such user".
    pub async fn users(
        &self,
        keys: &BTreeSet<String>,
        deadline: &Deadline,
    ) -> Result<BTreeMap<String, Option<User>>, GraphError> {
        self.each(keys, deadline, user_by_key, |json| User::read(&json)).await
    }

    /// The groups with these object ids; none for each that does not exist.
    ///
    /// # Errors
    /// The first error that is not "no such group".
    pub async fn groups(
        &self,
        ids: &BTreeSet<String>,
        deadline: &Deadline,
    ) -> Result<BTreeMap<String, Option<Group>>, GraphError> {
        self.each(ids, deadline, group_request, |json| Group::read(&json)).await
    }

    /// All groups with each of these display names: none, one, or more.
    ///
    /// # Errors
    /// The first error.
    pub async fn groups_named(
        &self,
        names: &BTreeSet<String>,
        deadline: &Deadline,
    ) -> Result<BTreeMap<String, Vec<Group>>, GraphError> {
        let mut tasks = JoinSet::new();
        for name in names.iter().cloned() {
            let request = named(&name).query("$top", OF_ONE_NAME);
            let (inner, deadline) = (Arc::clone(&self.0), deadline.clone());
            tasks.spawn(async move { Ok((name, inner.gatherer.ask(request, &deadline).await?)) });
        }
        let pages: BTreeMap<_, _> = joined(tasks).await?;
        let mut found = BTreeMap::new();
        for (name, page) in pages {
            let groups = if page.get("@odata.nextLink").is_some_and(|link| !link.is_null()) {
                self.0.transport.all(named(&name), deadline).await?
            } else {
                page.get("value").and_then(Value::as_array).cloned().unwrap_or_default()
            };
            found.insert(name, groups.iter().filter_map(Group::read).collect());
        }
        Ok(found)
    }

    /// How many users are in each group, nested groups included.
    ///
    /// # Errors
    /// The first error.
    pub async fn user_counts(
        &self,
        groups: &BTreeSet<ObjectId>,
        deadline: &Deadline,
    ) -> Result<BTreeMap<ObjectId, u64>, GraphError> {
        let mut tasks = JoinSet::new();
        for group in groups.iter().cloned() {
            let (inner, deadline) = (Arc::clone(&self.0), deadline.clone());
            tasks.spawn(async move {
                let count = inner.count(&group, &deadline).await;
                count.map(|count| (group, count))
            });
        }
        joined(tasks).await
    }

    /// Those of `groups` that a user is in, directly or through other groups.
    ///
    /// # Errors
    /// What kept Graph from answering.
    pub async fn member_groups(
        &self,
        user: &ObjectId,
        groups: &BTreeSet<ObjectId>,
        deadline: &Deadline,
    ) -> Result<BTreeSet<ObjectId>, GraphError> {
        let ids: Vec<_> = groups.iter().map(ObjectId::as_str).collect();
        let mut tasks = JoinSet::new();
        for (at, ids) in ids.chunks(GROUPS_AT_A_TIME).enumerate() {
            let path = ["users", user.as_str(), "checkMemberGroups"];
            let request = GraphRequest::post(path, json!({ "groupIds": ids }), &READ_MEMBERSHIP).repeatable();
            let (inner, deadline) = (Arc::clone(&self.0), deadline.clone());
            tasks.spawn(async move { Ok((at, inner.gatherer.ask(request, &deadline).await?)) });
        }
        let answers: BTreeMap<_, _> = joined(tasks).await?;
        let values = answers.values().filter_map(|answer| answer.get("value")?.as_array());
        let found: BTreeSet<_> = values
            .flatten()
            .filter_map(Value::as_str)
            .map(ObjectId::from_graph)
            .collect();
        Ok(groups.intersection(&found).cloned().collect())
    }

    /// The devices that a user owns or has registered
    /// (<https://learn.microsoft.com/graph/api/user-list-owneddevices>).
    ///
    /// # Errors
    /// What kept them from being read.
    pub async fn devices(&self, user: &ObjectId, deadline: &Deadline) -> Result<Devices, GraphError> {
        let list = |relation| {
            let request = GraphRequest::get(["users", user.as_str(), relation], &READ_DEVICES)
                .query("$select", "id,trustType")
                .query("$top", DEVICES_A_PAGE);
            self.0.transport.all(request, deadline)
        };
        let (owned, registered) = tokio::join!(list("ownedDevices"), list("registeredDevices"));
        let mut devices = Devices::default();
        let mut seen = BTreeSet::new();
        for device in owned?.iter().chain(&registered?) {
            if id(device).is_some_and(|id| seen.insert(id)) {
                *devices.of(device.get("trustType").and_then(Value::as_str)) += 1;
            }
        }
        Ok(devices)
    }

    /// Asks for each of `keys`, all together.
    async fn each<T>(
        &self,
        keys: &BTreeSet<String>,
        deadline: &Deadline,
        request: impl Fn(&str) -> GraphRequest,
        read: impl Fn(Value) -> Option<T>,
    ) -> Result<BTreeMap<String, Option<T>>, GraphError> {
        let mut tasks = JoinSet::new();
        for key in keys.iter().cloned() {
            let request = request(&key);
            let (inner, deadline) = (Arc::clone(&self.0), deadline.clone());
            tasks.spawn(async move {
                match inner.gatherer.ask(request, &deadline).await {
                    Ok(json) => Ok((key, Some(json))),
                    Err(error) if is_missing(&error) => Ok((key, None)),
                    Err(error) => Err(error),
                }
            });
        }
        let answers: BTreeMap<_, _> = joined(tasks).await?;
        Ok(answers
            .into_iter()
            .map(|(key, json)| (key, json.and_then(&read)))
            .collect())
    }
}

async fn joined<K: Ord + Send + 'static, V: Send + 'static>(
    mut tasks: JoinSet<Result<(K, V), GraphError>>,
) -> Result<BTreeMap<K, V>, GraphError> {
    let mut found = BTreeMap::new();
    while let Some(joined) = tasks.join_next().await {
        // A task fails to join only when it panics, which none does, or when the runtime ends.
        if let Ok(one) = joined {
            let (key, value) = one?;
            found.insert(key, value);
        }
    }
    Ok(found)
}

/// A user principal name that begins with a dollar sign would be taken for an operator
/// (<https://learn.microsoft.com/graph/api/user-get>).
fn user_by_key(key: &str) -> GraphRequest {
    if key.starts_with('$') {
        user_request(&[&format!("users('{}')", key.replace('\'', "''"))])
    } else {
        user_request(&["users", key])
    }
}

fn named(name: &str) -> GraphRequest {
    GraphRequest::get(["groups"], &READ_GROUPS)
        .query("$filter", format!("displayName eq '{}'", name.replace('\'', "''")))
        .query("$select", Group::SELECT)
}
