//! Ids to kinds: whether there is such an object, what it is, and whether a group has users in it.
//!
//! The number of users in a group, nested groups included, answers all three questions for a group with one small
//! request. The group itself is asked for only when there are none, to say what kind of group that is.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::needs::{READ_GROUPS, READ_OBJECTS, READ_USERS};
use super::object::{Group, Kind, id};
use super::resolve::group_request;
use super::{Directory, Inner, is_denied, is_missing, joined, no_number, unfinished};
use crate::graph::client::{Expect, GraphRequest};
use crate::graph::permission::Needs;
use crate::graph::policy::ObjectId;
use crate::graph::{Deadline, GraphError};

/// The number of users up to which each is asked for alone. More are asked for with `getByIds`, which needs a larger
/// permission and one request for a thousand.
const ASKED_ALONE: usize = 20;
/// The number of ids that `getByIds` takes (<https://learn.microsoft.com/graph/api/directoryobject-getbyids>).
const IDS_PER_REQUEST: usize = 1000;
/// The longest answer of `getByIds` that is read, in bytes.
const OBJECTS_LIMIT: usize = 16 * 1024 * 1024;
/// The time that an answer is remembered: as long as the resources of one plan or apply ask for the same ids.
const REMEMBERED: Duration = Duration::from_secs(30);

/// An id, and what it is said to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The id.
    pub id: ObjectId,
    /// The kind that the configuration names, if it names one.
    pub kind: Option<Kind>,
}

/// The result of a look-up.
#[derive(Clone, Debug)]
pub enum Found {
    /// A user.
    User {
        /// True for a guest (`userType`). `getByIds` does not tell, and then it is false.
        guest: bool,
    },
    /// A group with this many users in it, nested groups included; never 0.
    Group {
        /// The number of users.
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
    /// The permissions that the look-up needs.
    pub needs: &'static Needs,
    /// Graph's refusal.
    pub error: GraphError,
}

impl Found {
    /// The kind of the object, if there is one.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        match self {
            Self::User { .. } => Some(Kind::User),
            Self::Group { .. } | Self::EmptyGroup(_) => Some(Kind::Group),
            Self::Missing | Self::Denied(_) => None,
        }
    }

    /// True for what the next moment does not change. The same apply may create a missing object, fill an empty group or
    /// grant a permission.
    const fn is_lasting(&self) -> bool {
        matches!(self, Self::User { .. } | Self::Group { .. })
    }
}

/// The answers that are remembered, and the questions under way.
pub(super) type Answers = HashMap<Asked, Arc<OnceCell<Answer>>>;

/// An answer, which those share who asked while the question was under way.
pub(super) struct Answer {
    found: Found,
    at: Instant,
}

impl Answer {
    fn is_remembered(&self) -> bool {
        self.found.is_lasting() && self.at.elapsed() < REMEMBERED
    }
}

impl Directory {
    /// Looks each id up, and answers in the order asked. Callers that ask the same at the same time share the answer.
    pub async fn verify(&self, asked: &[Asked], deadline: &Deadline) -> Vec<Result<Found, GraphError>> {
        self.0.forget();
        let objects = match self.0.objects(asked, deadline).await {
            Ok(objects) => objects,
            Err(error) => return asked.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut tasks = JoinSet::new();
        for (at, asked) in asked.iter().cloned().enumerate() {
            let object = objects.get(&asked.id).cloned();
            let (inner, deadline) = (Arc::clone(&self.0), deadline.clone());
            tasks.spawn(async move { Ok((at, inner.find(&asked, object, &deadline).await)) });
        }
        // No task ends with an error of its own.
        joined(tasks).await.unwrap_or_default().into_values().collect()
    }
}

impl Inner {
    async fn find(&self, asked: &Asked, object: Option<Value>, deadline: &Deadline) -> Result<Found, GraphError> {
        let answer = Arc::clone(self.answers().entry(asked.clone()).or_default());
        let look_up = async || {
            let found = self.look_up(asked, object.as_ref(), deadline).await?;
            Ok(Answer {
                found,
                at: Instant::now(),
            })
        };
        // Another caller may be at it, and have more time.
        match deadline.bound(answer.get_or_try_init(look_up)).await {
            Ok(answer) => answer.map(|answer| answer.found.clone()),
            Err(ended) => {
                let request = match asked.kind {
                    Some(Kind::Group) => count_request(&asked.id),
                    _ => user_request(&asked.id),
                };
                Err(unfinished(request.call(), deadline, ended))
            }
        }
    }

    /// Forgets the answers that are old, or that may have changed since.
    fn forget(&self) {
        self.answers()
            .retain(|_, answer| answer.get().is_none_or(Answer::is_remembered));
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        // Poisoned by a panic elsewhere: every change of the map is whole.
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks an id up. `object` is what `getByIds` knows of it.
    async fn look_up(&self, asked: &Asked, object: Option<&Value>, deadline: &Deadline) -> Result<Found, GraphError> {
        let id = &asked.id;
        match (object.and_then(Kind::of), asked.kind) {
            (Some(Kind::User), _) => Ok(user(object.unwrap_or(&Value::Null))),
            (Some(Kind::Group), _) => self.group(id, deadline).await,
            (None, Some(Kind::User)) => match self.user(id, deadline).await? {
                Found::Missing => another_kind(self.group(id, deadline).await),
                found => Ok(found),
            },
            (None, Some(Kind::Group)) => match self.group(id, deadline).await? {
                Found::Missing => another_kind(self.user(id, deadline).await),
                found => Ok(found),
            },
            (None, None) => match tokio::join!(self.user(id, deadline), self.group(id, deadline)) {
                (Ok(found @ Found::User { .. }), _) => Ok(found),
                (Ok(Found::Missing), group) => group,
                (user, Ok(Found::Missing)) => user,
                (Ok(_), group) => group,
                (Err(error), _) => Err(error),
            },
        }
    }

    async fn user(&self, id: &ObjectId, deadline: &Deadline) -> Result<Found, GraphError> {
        answered(&READ_USERS, self.ask(user_request(id), deadline).await, |object| {
            user(&object)
        })
    }

    async fn group(&self, id: &ObjectId, deadline: &Deadline) -> Result<Found, GraphError> {
        let count = self.count(id, deadline).await;
        match answered(&READ_GROUPS, count, |users| Found::Group { users })? {
            Found::Group { users: 0 } => {}
            found => return Ok(found),
        }
        let group = self.ask(group_request(id.as_str()), deadline).await;
        answered(&READ_GROUPS, group, |group| {
            Group::read(&group).map_or(Found::Missing, Found::EmptyGroup)
        })
    }

    /// Counts the users in a group, nested groups included
    /// (<https://learn.microsoft.com/graph/api/group-list-transitivemembers>).
    pub(super) async fn count(&self, id: &ObjectId, deadline: &Deadline) -> Result<u64, GraphError> {
        let answer = self.ask(count_request(id), deadline).await?;
        let text = answer.as_str().unwrap_or_default();
        let number = text.trim_start_matches('\u{feff}').trim().parse();
        number.map_err(|_| no_number(count_request(id).call()))
    }

    /// Asks for what many ids are, a thousand in one request; few ids, and groups, of which the count of their users tells
    /// more, are left out. So is everything where Graph refuses: each id is asked for alone then.
    async fn objects(&self, asked: &[Asked], deadline: &Deadline) -> Result<HashMap<ObjectId, Value>, GraphError> {
        let open = {
            let answers = self.answers();
            let is_open = |one: &&Asked| one.kind != Some(Kind::Group) && !answers.contains_key(*one);
            asked
                .iter()
                .filter(is_open)
                .map(|one| one.id.as_str())
                .collect::<Vec<_>>()
        };
        let mut known = HashMap::new();
        if open.len() <= ASKED_ALONE {
            return Ok(known);
        }
        for ids in open.chunks(IDS_PER_REQUEST) {
            let body = json!({ "ids": ids, "types": ["user", "group"] });
            let request = GraphRequest::post(["directoryObjects", "getByIds"], body, &READ_OBJECTS)
                .repeatable()
                .at_most(OBJECTS_LIMIT);
            let mut answer = match self.ask(request, deadline).await {
                Ok(answer) => answer,
                // Whether one unknown id fails them all is not documented.
                Err(error) if is_denied(&error) || is_missing(&error) => return Ok(HashMap::new()),
                Err(error) => return Err(error),
            };
            if let Some(Value::Array(objects)) = answer.get_mut("value").map(Value::take) {
                known.extend(objects.into_iter().filter_map(|object| Some((id(&object)?, object))));
            }
        }
        Ok(known)
    }
}

fn user_request(id: &ObjectId) -> GraphRequest {
    GraphRequest::get(["users", id.as_str()], &READ_USERS).query("$select", "id,userType")
}

fn count_request(id: &ObjectId) -> GraphRequest {
    let path = [
        "groups",
        id.as_str(),
        "transitiveMembers",
        "microsoft.graph.user",
        "$count",
    ];
    GraphRequest::get(path, &READ_GROUPS)
        .header("consistencylevel", "eventual")
        .expecting(Expect::Text)
}

fn user(object: &Value) -> Found {
    let user_type = object.get("userType").and_then(Value::as_str);
    Found::User {
        guest: user_type.is_some_and(|name| name.eq_ignore_ascii_case("Guest")),
    }
}

/// The answer to a look-up; "not found" and "not allowed" are answers too.
fn answered<T>(
    needs: &'static Needs,
    answer: Result<T, GraphError>,
    found: impl FnOnce(T) -> Found,
) -> Result<Found, GraphError> {
    match answer {
        Ok(answer) => Ok(found(answer)),
        Err(error) if is_missing(&error) => Ok(Found::Missing),
        Err(error) if is_denied(&error) => Ok(Found::Denied(Denied { needs, error })),
        Err(error) => Err(error),
    }
}

/// The answer for an id that is not what it is said to be. What it is instead need not be known.
fn another_kind(found: Result<Found, GraphError>) -> Result<Found, GraphError> {
    match found {
        Ok(Found::Denied(_)) => Ok(Found::Missing),
        found => found,
    }
}
