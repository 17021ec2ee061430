//! Look-ups in the directory: users and groups by id or name, who is in a group, how many devices a user has.
//!
//! # Requests
//! Each question is a small request of its own. They go out at once, over the client's one HTTP/2 connection, up to
//! [`REQUESTS_UNDER_WAY`] at a time. [`verify`](Directory::verify) sends equal questions once, remembers for a moment which
//! ids are users and which are groups with users in them, and asks for many users together.
//!
//! A look-up that Graph refuses for want of a permission is an answer of `verify`, [`Found::Denied`], and no error: the
//! caller decides whether its work needs that answer.

mod needs;
mod object;
mod resolve;
mod transport;
mod verify;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use needs::{READ_DEVICES, READ_GROUPS, READ_MEMBERSHIP, READ_OBJECTS, READ_USERS};
pub use object::{Group, GroupKind, Kind, User};
pub use resolve::Devices;
pub use transport::DirectoryTransport;
pub use verify::{Asked, Denied, Found};

use crate::graph::client::GraphRequest;
use crate::graph::error::{BodyError, BodyProblem, Call, Unfinished};
use crate::graph::{Deadline, Ended, GraphError};
use verify::Answers;

/// The number of look-ups under way at a time. Graph throttles an application that sends hundreds at once.
const REQUESTS_UNDER_WAY: usize = 32;

/// The tenant's directory. A clone is the same one.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    transport: Arc<dyn DirectoryTransport>,
    free: Semaphore,
    answers: Mutex<Answers>,
}

impl Directory {
    /// A directory over `transport`. Nothing is asked yet.
    #[must_use]
    pub fn new(transport: Arc<dyn DirectoryTransport>) -> Self {
        Self(Arc::new(Inner {
            transport,
            free: Semaphore::new(REQUESTS_UNDER_WAY),
            answers: Mutex::default(),
        }))
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory").finish_non_exhaustive()
    }
}

impl Inner {
    /// Sends a request as soon as fewer than [`REQUESTS_UNDER_WAY`] are under way.
    async fn ask(&self, request: GraphRequest, deadline: &Deadline) -> Result<Value, GraphError> {
        let turn = deadline.bound(self.free.acquire()).await;
        let _turn = turn.map_err(|ended| unfinished(request.call(), deadline, ended))?;
        self.transport.one(request, deadline).await
    }

    /// The same for a collection, to its end.
    async fn ask_all(&self, request: GraphRequest, deadline: &Deadline) -> Result<Vec<Value>, GraphError> {
        let turn = deadline.bound(self.free.acquire()).await;
        let _turn = turn.map_err(|ended| unfinished(request.call(), deadline, ended))?;
        self.transport.all(request, deadline).await
    }
}

/// The results of `tasks` by their keys. The first error ends the other tasks.
async fn joined<K: Ord + Send + 'static, V: Send + 'static>(
    mut tasks: JoinSet<Result<(K, V), GraphError>>,
) -> Result<BTreeMap<K, V>, GraphError> {
    let mut results = BTreeMap::new();
    while let Some(joined) = tasks.join_next().await {
        // A task fails to join only when it panics, which none does, or when the runtime ends.
        if let Ok(one) = joined {
            let (key, value) = one?;
            results.insert(key, value);
        }
    }
    Ok(results)
}

/// True when Graph refused for want of a permission.
#[must_use]
pub fn is_denied(error: &GraphError) -> bool {
    matches!(error, GraphError::Http(error) if error.status == 403)
}

/// True when there is no such object. Graph answers 400 to an id that it does not take for one, and a name that no address
/// can hold, such as "..", has no object either.
fn is_missing(error: &GraphError) -> bool {
    match error {
        GraphError::Http(error) => error.status == 404 || (error.status == 400 && error.code == "Request_BadRequest"),
        GraphError::Unsendable { .. } => true,
        _ => false,
    }
}

/// The error of a question that ended before its answer came.
fn unfinished(call: Call, deadline: &Deadline, ended: Ended) -> GraphError {
    Unfinished::new(call, deadline.allowed(), false).because(ended)
}

/// The error of an answer that is no number.
fn no_number(call: Call) -> GraphError {
    GraphError::Body(Box::new(BodyError {
        call,
        status: 200,
        content_type: None,
        problem: BodyProblem::Malformed("not a number".to_owned()),
        excerpt: String::new(),
        request_id: None,
    }))
}
