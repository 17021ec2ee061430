//! Look-ups in the directory: what stands behind an id or a name, who is in a group, how many devices a user has.
//!
//! # How a look-up goes
//! Every question is a small request. Those that come at about the same time go out as one batch ([`gather`]); the same
//! question asked twice is sent once ([`verify`]). So a hundred resources that check a member each cost a handful of
//! requests.
//!
//! A look-up that Graph refuses for want of a permission is an answer, [`Found::Denied`], and no error: whether the work
//! can go on without it is not for this module to say.

mod gather;
mod needs;
mod object;
mod passenger;
mod resolve;
mod transport;
mod verify;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};

pub use needs::{READ_DEVICES, READ_GROUPS, READ_MEMBERSHIP, READ_OBJECTS, READ_USERS};
pub use object::{Group, GroupKind, Kind, User};
pub use passenger::{Landing, Passenger};
pub use resolve::Devices;
pub use transport::DirectoryTransport;
pub use verify::{Asked, Denied, Found};

use crate::graph::GraphError;
use crate::graph::error::{BodyError, BodyProblem, Call};
use gather::Gatherer;
use verify::Cache;

/// The tenant's directory. A clone is the same one.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    transport: Arc<dyn DirectoryTransport>,
    gatherer: Arc<Gatherer>,
    verified: Mutex<Cache>,
}

impl Directory {
    /// A directory over `transport`; while a plan is applied `passenger` goes along with its questions. Nothing is asked
    /// yet.
    #[must_use]
    pub fn new(transport: Arc<dyn DirectoryTransport>, passenger: Option<Arc<dyn Passenger>>) -> Self {
        Self(Arc::new(Inner {
            gatherer: Arc::new(Gatherer::new(Arc::clone(&transport), passenger)),
            transport,
            verified: Mutex::default(),
        }))
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory").finish_non_exhaustive()
    }
}

/// Whether Graph refused for want of a permission.
#[must_use]
pub fn is_denied(error: &GraphError) -> bool {
    matches!(error, GraphError::Http(error) if error.status == 403)
}

/// Whether there is no such object. An id that Graph does not take for one is none either: it answers 400 for it. Nor is a
/// name that no address can hold, such as "..".
fn is_missing(error: &GraphError) -> bool {
    match error {
        GraphError::Http(error) => error.status == 404 || (error.status == 400 && error.code == "Request_BadRequest"),
        GraphError::Unsendable { .. } => true,
        _ => false,
    }
}

/// The answer is not what this request is answered with.
fn unreadable(method: &str, path: &str) -> GraphError {
    GraphError::Body(Box::new(BodyError {
        call: Call::new(method, path),
        status: 200,
        content_type: None,
        problem: BodyProblem::Malformed("not a number".to_owned()),
        excerpt: String::new(),
        request_id: None,
    }))
}
