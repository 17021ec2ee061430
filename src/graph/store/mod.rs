//! The policy store: the only place from which the policy is written.
//!
//! Graph replaces the policy as a whole and offers neither a version nor a condition for it
//! (<https://learn.microsoft.com/graph/api/deviceregistrationpolicy-update>), so two writers that read the same state
//! overwrite each other. Within this process that cannot happen: one worker makes every write. Between processes it can,
//! and the store finds out and mends what it can.
//!
//! # How an edit goes
//! [`PolicyStore::edit`] (`edit`) queues a closure. The worker (`worker`) takes the queue, reads the policy while more
//! edits arrive, runs each closure over what the one before it left (`batch`), writes once, reads until the write shows
//! (`read_back`), and answers every caller. Edits that arrive during a round share the next one.
//!
//! - A closure that refuses fails alone. A write that Graph refuses for its content is divided until the edit at fault
//!   stands alone.
//! - A write that fails for a reason that may pass is tried again after a wait, each time from a new read.
//! - A write that does not show is *ignored* when Graph's own answer, or everything that is read for 30 s, has the old
//!   values. It is *overwritten* when something else is read: then the edits run again, a few times.
//! - Where the read-back shows another writer's work beside ours, the edits run on it once more: what they found as they
//!   want may be gone.
//!
//! Invariant: one write at a time, and none without a read just before it.
//! Invariant: no caller is told that an edit is done before it was read back.
//! Invariant: an edit whose caller has left before the write is not part of it. A write on its way is awaited all the same.
//! Invariant: the worker lives while callers wait, and no longer.
//!
//! # The one rule for staleness
//! Replicas of the directory may answer with a state that has passed, and another writer may have overwritten ours. A read
//! does not tell which. So **a read that lacks what this process has written is read again, for at most a second** (`read`,
//! `written`). After that a reader believes what came, and an edit puts back what is missing: the values, the members added
//! and the members removed by edits that were reported as done (`effects`), nothing else. Ten seconds after the last write
//! nothing is held any more: a process may live through many runs.
//!
//! # What remains
//! What another process writes between our read and our write is lost to it, unless it does as we do. An edit of ours that
//! is overwritten after this process has read for the last time is lost to us; the next plan shows it. Another writer that
//! changes, within seconds, what this process has just set sees it set again by the next edit.

mod batch;
mod edit;
mod effects;
mod error;
mod read;
mod read_back;
mod worker;
mod written;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

pub use error::{EditError, Mismatch};

use crate::graph::error::{Call, Unfinished};
use crate::graph::policy::Policy;
use crate::graph::retry::RetryPolicy;
use crate::graph::{Deadline, Ended, GraphError, PolicyTransport};
use edit::Job;
use read::LatestRead;
use written::Written;

/// Reads and edits a tenant's policy. A clone is the same store.
#[derive(Clone)]
pub struct PolicyStore {
    shared: Arc<Shared>,
}

/// The outcome of an edit.
#[derive(Clone, Debug)]
pub struct Edited<T> {
    /// The value that the closure returned.
    pub value: T,
    /// The policy as it was read after the edit.
    pub after: Arc<Policy>,
    /// Whether a write was needed for it.
    pub written: bool,
}

impl PolicyStore {
    /// A store over `transport`. Nothing is read yet. `retry` says how often and when a write is tried again after
    /// throttling and faults, each time after a new read.
    #[must_use]
    pub fn new(transport: Arc<dyn PolicyTransport>, retry: RetryPolicy) -> Self {
        Self {
            shared: Arc::new(Shared {
                transport,
                retry,
                arrival: Notify::new(),
                state: Mutex::default(),
            }),
        }
    }
}

/// The state that callers and the worker share.
struct Shared {
    transport: Arc<dyn PolicyTransport>,
    retry: RetryPolicy,
    /// Notified of an edit that is queued while a worker works.
    arrival: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    queue: Vec<Box<dyn Job>>,
    working: bool,
    latest: LatestRead,
    /// The policy as it was last read, for whatever purpose, and when.
    seen: Option<(Arc<Policy>, Instant)>,
    written: Written,
    /// The fault of the write that is to be tried again.
    trouble: Option<String>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Poisoned by a panic elsewhere: every change of the state is whole, so it is as good as before.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error of an operation that had to end before it was done.
fn unfinished(method: &str, deadline: &Deadline, ended: Ended, sent: bool) -> GraphError {
    let call = Call::new(method, "policies/deviceRegistrationPolicy");
    Unfinished::new(call, deadline.allowed(), sent).because(ended)
}
