//! Names to objects, and a user's groups and devices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::needs::{READ_DEVICES, READ_GROUPS, READ_MEMBERSHIP, READ_USERS};
use super::object::{Group, User, id};
use super::{Directory, is_missing, joined};
use crate::graph::client::GraphRequest;
use crate::graph::policy::ObjectId;
use crate::graph::{Deadline, GraphError};

/// The number of groups that one `checkMemberGroups` takes
/// (<https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups>).
const GROUPS_AT_A_TIME: usize = 20;
/// The number of devices on a page.
const DEVICES_A_PAGE: &str = "999";

/// The numbers of a user's devices.
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
        self.each(keys, deadline, user_request, |json| User::read(&json)).await
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
            let (inner, deadline) = (Arc::clone(&self.0), deadline.clone());
            tasks.spawn(async move {
                let groups = inner.ask_all(groups_of_name(&name), &deadline).await?;
                Ok((name, groups.iter().filter_map(Group::read).collect()))
            });
        }
        joined(tasks).await
    }

    /// Counts the users in each group, nested groups included.
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
    /// The reason why Graph did not answer.
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
            tasks.spawn(async move { Ok((at, inner.ask(request, &deadline).await?)) });
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
    /// The reason why they could not be read.
    pub async fn devices(&self, user: &ObjectId, deadline: &Deadline) -> Result<Devices, GraphError> {
        let list = |relation| {
            let request = GraphRequest::get(["users", user.as_str(), relation], &READ_DEVICES)
                .query("$select", "id,trustType")
                .query("$top", DEVICES_A_PAGE);
            self.0.ask_all(request, deadline)
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

    /// Asks for each of `keys`, at the same time.
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
                match inner.ask(request, &deadline).await {
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

/// The request for a user by object id or user principal name. A name that begins with a dollar sign would be taken for an
/// operator (<https://learn.microsoft.com/graph/api/user-get>).
fn user_request(key: &str) -> GraphRequest {
    let quoted = format!("users('{}')", key.replace('\'', "''"));
    let request = if key.starts_with('$') {
        GraphRequest::get([quoted.as_str()], &READ_USERS)
    } else {
        GraphRequest::get(["users", key], &READ_USERS)
    };
    request.query("$select", User::SELECT)
}

/// The request for a group by object id.
pub(super) fn group_request(id: &str) -> GraphRequest {
    GraphRequest::get(["groups", id], &READ_GROUPS).query("$select", Group::SELECT)
}

fn groups_of_name(name: &str) -> GraphRequest {
    GraphRequest::get(["groups"], &READ_GROUPS)
        .query("$filter", format!("displayName eq '{}'", name.replace('\'', "''")))
        .query("$select", Group::SELECT)
}
