//! What stands behind an id: whether it exists, what it is, and whether a group has users in it.
//!
//! The number of users in a group, nested groups included, answers all three questions for a group with one small
//! request. The group itself is asked for only when there are none, to say what kind of group that is.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use super::gather::unfinished;
use super::needs::{READ_GROUPS, READ_OBJECTS, READ_USERS};
use super::object::{Group, Kind, User, id};
use super::{Directory, Inner, is_denied, is_missing};
use crate::graph::client::{Expect, GraphRequest};
use crate::graph::permission::Needs;
use crate::graph::policy::ObjectId;
use crate::graph::{Deadline, GraphError};

/// How many users are asked for one by one, in batches; more are asked for with `getByIds`, which needs a larger
/// permission and one request for a thousand.
const FEW: usize = 20;
/// How many ids `getByIds` takes (<https://learn.microsoft.com/graph/api/directoryobject-getbyids>).
const IDS_AT_A_TIME: usize = 1000;
/// How much of its answer is read, in bytes.
const OBJECTS_LIMIT: usize = 16 * 1024 * 1024;

/// An id, and what it is said to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The id.
    pub id: ObjectId,
    /// What it is expected to be, when anything is.
    pub kind: Option<Kind>,
}

/// What an id turned out to be.
#[derive(Clone, Debug)]
pub enum Found {
    /// A user.
    User,
    /// A group with this many users in it, nested groups included; never 0.
    Group {
        /// How many.
        users: u64,
    },
    /// A group without users.
    EmptyGroup(Group),
    /// Neither a user nor a group.
    Missing,
    /// Graph does not let us look it up.
    Denied(Denied),
}

/// A look-up that Graph refused for want of a permission.
#[derive(Clone, Debug)]
pub struct Denied {
    /// What the look-up needs.
    pub needs: &'static Needs,
    /// What Graph said.
    pub error: GraphError,
}

impl Found {
    /// What it is, when it is something.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        match self {
            Self::User => Some(Kind::User),
            Self::Group { .. } | Self::EmptyGroup(_) => Some(Kind::Group),
            Self::Missing | Self::Denied(_) => None,
        }
    }

    /// Whether asking again later in the same process could not tell more.
    const fn is_settled(&self) -> bool {
        matches!(self, Self::User | Self::Group { .. } | Self::Denied(_))
    }
}

/// What is known of ids that were asked for before. What may still change is not kept: an object that is missing or a
/// group that is empty can be filled by the same apply.
pub(super) type Cache = HashMap<Asked, Arc<OnceCell<Found>>>;

/// Why there is no settled answer to keep.
enum Unsettled {
    Found(Box<Found>),
    Failed(GraphError),
}

impl Directory {
    /// Finds out what stands behind each id, in the order asked. Whoever asks for the same at the same time shares the
    /// answer.
    pub async fn verify(&self, asked: &[Asked], deadline: &Deadline) -> Vec<Result<Found, GraphError>> {
        let mut tasks = JoinSet::new();
        let mut begin = |at: usize, one: &Asked, hint| {
            let (inner, one, deadline) = (Arc::clone(&self.0), one.clone(), deadline.clone());
            tasks.spawn(async move { (at, inner.verify_one(one, hint, &deadline).await) });
        };
        let (open, plain): (Vec<_>, Vec<_>) = asked.iter().enumerate().partition(|(_, one)| self.0.is_open(one));
        for (at, one) in plain {
            begin(at, one, None);
        }
        let mut found = HashMap::new();
        match self.0.hints(open.iter().map(|(_, one)| *one), deadline).await {
            Ok(hints) => open
                .into_iter()
                .for_each(|(at, one)| begin(at, one, hints.get(&one.id).copied())),
            Err(error) => found.extend(open.into_iter().map(|(at, _)| (at, Err(error.clone())))),
        }
        while let Some(joined) = tasks.join_next().await {
            // A task fails to join only when it panics, which none does, or when the runtime ends.
            found.extend(joined);
        }
        let answer = |at| found.remove(&at).unwrap_or(Ok(Found::Missing));
        (0..asked.len()).map(answer).collect()
    }

    /// The plan is being applied from now on: every answer is followed by a write that all wait for, so questions wait for
    /// each other longer.
    pub fn begin_to_apply(&self) {
        self.0.gatherer.begin_to_apply();
    }

    /// Begins to find out, for somebody who will ask soon.
    pub fn expect(&self, asked: Asked, deadline: Deadline) {
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            // The one who asks gets the error too.
            let _ = inner.verify_one(asked, None, &deadline).await;
        });
    }
}

impl Inner {
    async fn verify_one(
        self: Arc<Self>,
        asked: Asked,
        hint: Option<Kind>,
        deadline: &Deadline,
    ) -> Result<Found, GraphError> {
        let cell = self.cell(&asked);
        let look_up = async || match self.look_up(&asked, hint, deadline).await {
            Ok(found) if found.is_settled() => Ok(found),
            Ok(found) => Err(Unsettled::Found(Box::new(found))),
            Err(error) => Err(Unsettled::Failed(error)),
        };
        // Another caller may be at it, and have more time.
        match deadline.bound(cell.get_or_try_init(look_up)).await {
            Ok(Ok(found)) => Ok(found.clone()),
            Ok(Err(Unsettled::Found(found))) => Ok(*found),
            Ok(Err(Unsettled::Failed(error))) => Err(error),
            Err(ended) => Err(unfinished(deadline, ended)),
        }
    }

    fn cell(&self, asked: &Asked) -> Arc<OnceCell<Found>> {
        // Poisoned by a panic elsewhere: every change of the map is whole.
        let mut cache = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cache.entry(asked.clone()).or_default())
    }

    async fn look_up(&self, asked: &Asked, hint: Option<Kind>, deadline: &Deadline) -> Result<Found, GraphError> {
        match (hint, asked.kind) {
            (Some(Kind::User), _) => Ok(Found::User),
            (Some(Kind::Group), _) => self.group(&asked.id, deadline).await,
            (None, Some(Kind::User)) => match self.user(&asked.id, deadline).await? {
                Found::Missing => another_kind(self.group(&asked.id, deadline).await),
                found => Ok(found),
            },
            (None, Some(Kind::Group)) => match self.group(&asked.id, deadline).await? {
                Found::Missing => another_kind(self.user(&asked.id, deadline).await),
                found => Ok(found),
            },
            (None, None) => {
                let user = self.gatherer.ask_too(exists(&asked.id), deadline);
                let (user, group) = tokio::join!(user, self.group(&asked.id, deadline));
                match (as_user(user)?, group?) {
                    (Found::User, _) => Ok(Found::User),
                    (Found::Missing, group) => Ok(group),
                    (user, Found::Missing) => Ok(user),
                    (_, group) => Ok(group),
                }
            }
        }
    }

    async fn user(&self, id: &ObjectId, deadline: &Deadline) -> Result<Found, GraphError> {
        as_user(self.gatherer.ask(exists(id), deadline).await)
    }

    async fn group(&self, id: &ObjectId, deadline: &Deadline) -> Result<Found, GraphError> {
        match self.count(id, deadline).await {
            Ok(0) => {}
            Ok(users) => return Ok(Found::Group { users }),
            Err(error) if is_missing(&error) => return Ok(Found::Missing),
            Err(error) if is_denied(&error) => return Ok(denied(&READ_GROUPS, error)),
            Err(error) => return Err(error),
        }
        match self.gatherer.ask(group_request(id.as_str()), deadline).await {
            Ok(group) => Ok(Group::read(&group).map_or(Found::Missing, Found::EmptyGroup)),
            Err(error) if is_missing(&error) => Ok(Found::Missing),
            Err(error) if is_denied(&error) => Ok(denied(&READ_GROUPS, error)),
            Err(error) => Err(error),
        }
    }

    /// How many users are in a group, nested groups included
    /// (<https://learn.microsoft.com/graph/api/group-list-transitivemembers>).
    pub(super) async fn count(&self, id: &ObjectId, deadline: &Deadline) -> Result<u64, GraphError> {
        let path = [
            "groups",
            id.as_str(),
            "transitiveMembers",
            "microsoft.graph.user",
            "$count",
        ];
        let request = GraphRequest::get(path, &READ_GROUPS)
            .header("consistencylevel", "eventual")
            .expecting(Expect::Text);
        let answer = self.gatherer.ask(request, deadline).await?;
        let text = answer
            .as_str()
            .unwrap_or_default()
            .trim_start_matches('\u{feff}')
            .trim();
        text.parse()
            .map_err(|_| super::unreadable("GET", "groups/{id}/transitiveMembers/microsoft.graph.user/$count"))
    }

    /// Whether a hint would help: the count of its users tells of a group what it is.
    fn is_open(&self, one: &Asked) -> bool {
        one.kind != Some(Kind::Group) && self.cell(one).get().is_none()
    }

    /// What many ids are, in one request for a thousand. Says nothing of those it does not know, or when it is not
    /// allowed: these are asked for one by one.
    async fn hints<'a>(
        &self,
        asked: impl Iterator<Item = &'a Asked>,
        deadline: &Deadline,
    ) -> Result<HashMap<ObjectId, Kind>, GraphError> {
        let ids: Vec<_> = asked.map(|one| one.id.as_str()).collect();
        let mut hints = HashMap::new();
        if ids.len() <= FEW {
            return Ok(hints);
        }
        for ids in ids.chunks(IDS_AT_A_TIME) {
            let body = json!({ "ids": ids, "types": ["user", "group"] });
            let request = GraphRequest::post(["directoryObjects", "getByIds"], body, &READ_OBJECTS)
                .repeatable()
                .at_most(OBJECTS_LIMIT);
            let answer = match self.transport.one(request, deadline).await {
                Ok(answer) => answer,
                // Whether one unknown id fails them all is not documented.
                Err(error) if is_denied(&error) || is_missing(&error) => return Ok(hints),
                Err(error) => return Err(error),
            };
            let objects = answer.get("value").and_then(Value::as_array);
            let known = objects
                .into_iter()
                .flatten()
                .filter_map(|object| Some((id(object)?, Kind::of(object)?)));
            hints.extend(known);
        }
        Ok(hints)
    }
}

/// Whether there is a user with this id.
fn exists(id: &ObjectId) -> GraphRequest {
    GraphRequest::get(["users", id.as_str()], &READ_USERS).query("$select", "id")
}

/// It is not what it is said to be; what it is instead is worth a look, but no error.
fn another_kind(found: Result<Found, GraphError>) -> Result<Found, GraphError> {
    match found {
        Ok(Found::Denied(_)) => Ok(Found::Missing),
        found => found,
    }
}

fn as_user(answer: Result<Value, GraphError>) -> Result<Found, GraphError> {
    match answer {
        Ok(_) => Ok(Found::User),
        Err(error) if is_missing(&error) => Ok(Found::Missing),
        Err(error) if is_denied(&error) => Ok(denied(&READ_USERS, error)),
        Err(error) => Err(error),
    }
}

pub(super) fn group_request(id: &str) -> GraphRequest {
    GraphRequest::get(["groups", id], &READ_GROUPS).query("$select", Group::SELECT)
}

pub(super) fn user_request(path: &[&str]) -> GraphRequest {
    GraphRequest::get(path.iter().copied(), &READ_USERS).query("$select", User::SELECT)
}

fn denied(needs: &'static Needs, error: GraphError) -> Found {
    Found::Denied(Denied { needs, error })
}
