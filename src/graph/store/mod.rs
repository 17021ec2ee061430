//! The policy store: the only place from which the policy is written.
//!
//! Graph replaces the policy as a whole and offers neither a version nor a condition for it
//! (<https://learn.microsoft.com/graph/api/deviceregistrationpolicy-update>), so two writers that read the same state
//! overwrite each other. Within this process that cannot happen: every edit goes through one worker. Between processes
//! it can, and the store does what is possible about it.
//!
//! # How an edit goes
//! [`PolicyStore::edit`] queues a closure. The worker reads the policy, takes everything that has been queued by then,
//! runs each closure over what the one before it left, writes once, reads until the write is visible, and answers
//! everyone. So edits that arrive together share their requests, and those that arrive during a round share the next one.
//! A write that failed and may be tried again is not repeated as it was: another round reads first.
//!
//! Invariant: one write at a time, and none without a read just before it.
//! Invariant: nobody is told that an edit is done before it was read back.
//! Invariant: an edit fails alone. A closure that refuses leaves no trace; a write that Graph refuses is divided until the
//! edits at fault stand alone; a caller that leaves takes its own edit along and no other.
//! Invariant: an edit whose caller has left before the write is not part of the write.
//! Invariant: a write that is on its way is awaited, whoever has left: a half-sent write is worth nothing to anyone.
//! Invariant: the worker lives while somebody waits, and no longer.
//!
//! # What a read is worth
//! Replicas of the directory may answer with a state that has passed, and another writer may have worked in between. The
//! store remembers the states it has seen, the write of which it does not know yet what became of it, and what its edits
//! did (`memory`), and distrusts a read that contradicts one of them. It reads again: a state that has passed is given
//! [`StoreOptions::visibility`] to become the present one, an unknown state without our edits [`StoreOptions::settle`].
//! What is still there after that is believed.
//!
//! Invariant: a write is never based on a read that lacks what this process has written and read back, except by putting
//! it in again.
//!
//! # What another writer overwrote
//! It is done again: before each write, and when a [`PolicyStore::read`] finds it missing. Only edits are held so whose
//! callers were told that they are done, and only what they changed: a value, members added, members removed (`effects`).
//! What an edit found there already, and what the other writer did otherwise, is not its doing. A later edit of the same
//! thing replaces what is held, and one that fails ends it. All this is bounded, because the other writer may do the same:
//! [`StoreOptions::rounds`] for a batch, and a few times for what was done before.
//!
//! Once another writer was noticed, reads are no longer shared between rounds, and a write is looked at twice, since the
//! other one may be about to send what it based on a read before ours. There the closures run again; those that change
//! nothing are done.
//!
//! What remains: what another process writes between our read and our write is lost to it, as long as it does not do the
//! same as we; and an edit of ours that is overwritten after the last read of this process is lost to us. The next plan
//! shows the latter.

mod batch;
mod company;
mod edit;
mod effects;
mod error;
mod job;
mod memory;
mod pause;
mod read;
mod readback;
mod worker;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

pub use error::{EditError, Mismatch};

use crate::graph::error::{Call, Unfinished};
use crate::graph::policy::Policy;
use crate::graph::retry::RetryPolicy;
use crate::graph::window::Window;
use crate::graph::{Deadline, Ended, GraphError, PolicyTransport};
use job::{Job, Ticket};
use memory::Memory;
use read::Flight;

/// How patient the store is.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// How long [`PolicyStore::read`] answers with what was read before, unless a write has begun since.
    pub cache: Duration,
    /// How old a read may be at most that a write is based on: what another writer does meanwhile is lost to it. After the
    /// first write of the process it is one round trip, when that is less.
    pub freshness: Duration,
    /// How long a worker waits for edits that are about to arrive, as long as a read is not older than
    /// [`StoreOptions::freshness`].
    pub gather: Window,
    /// How long a write may take to become visible.
    pub visibility: Duration,
    /// How long a policy that Graph itself answered a write with is read without what was asked, until it counts as
    /// ignored.
    pub refusal: Duration,
    /// How long another writer's state is watched before it is believed.
    pub settle: Duration,
    /// How often, and after how long, a batch is written again after throttling and faults, each time after reading anew.
    pub retry: RetryPolicy,
    /// How many rounds a batch takes at most because of another writer.
    pub rounds: u32,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            cache: Duration::from_secs(2),
            freshness: Duration::from_millis(100),
            gather: Window {
                quiet: Duration::from_millis(10),
                longest: Duration::from_millis(40),
            },
            visibility: Duration::from_secs(30),
            refusal: Duration::from_secs(3),
            settle: Duration::from_millis(500),
            retry: RetryPolicy::default(),
            rounds: 8,
        }
    }
}

/// Reads and edits a tenant's policy. A clone is the same store.
#[derive(Clone)]
pub struct PolicyStore {
    shared: Arc<Shared>,
}

/// What an edit came to.
#[derive(Clone, Debug)]
pub struct Edited<T> {
    /// What the closure returned.
    pub value: T,
    /// The policy that the edit was first run on.
    pub before: Arc<Policy>,
    /// The policy as it was read after the edit.
    pub after: Arc<Policy>,
    /// Whether a write was needed for it.
    pub written: bool,
}

impl PolicyStore {
    /// A store over `transport`. Nothing is read yet.
    #[must_use]
    pub fn new(transport: Arc<dyn PolicyTransport>, options: StoreOptions) -> Self {
        Self {
            shared: Arc::new(Shared {
                transport,
                options,
                arrival: Notify::new(),
                left: Arc::new(Notify::new()),
                state: Mutex::default(),
            }),
        }
    }
}

impl std::fmt::Debug for PolicyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PolicyStore")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}

/// What callers and the worker share.
struct Shared {
    transport: Arc<dyn PolicyTransport>,
    options: StoreOptions,
    /// Told of an edit that is queued while a worker works.
    arrival: Notify,
    /// Told when a caller leaves.
    left: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Box<dyn Job>>,
    working: bool,
    /// How long the last read took.
    round_trip: Duration,
    /// How many callers are at work at a time, as far as the last round showed: those of it, and those who came meanwhile.
    company: usize,
    /// Counts the beginnings and ends of writes: a read that began in another epoch is not shared.
    epoch: u64,
    flight: Option<Flight>,
    /// What the first write of this process was based on.
    found: Option<Arc<Policy>>,
    memory: Memory,
    /// What went wrong with the write that is to be tried again.
    trouble: Option<String>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Poisoned by a panic elsewhere: every change of the state is whole, so it is as good as before.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the policy once, beside everything that is remembered.
    async fn fetch(&self, deadline: &Deadline) -> Result<Arc<Policy>, GraphError> {
        let begun = Instant::now();
        let text = self.transport.fetch(deadline).await?;
        self.state().round_trip = begun.elapsed();
        Ok(Arc::new(Policy::parse(&text)?))
    }

    /// Returns when nobody waits any more: neither one of `callers` nor anybody in the queue.
    async fn nobody(&self, callers: &[Arc<Ticket>]) {
        let in_queue = || {
            let state = self.state();
            state.queue.iter().any(|job| job.ticket().is_wanted())
        };
        while callers.iter().any(|caller| caller.is_wanted()) || in_queue() {
            self.left.notified().await;
        }
    }

    /// The time of the one in the queue who waits longest.
    fn longest_queued(&self) -> Duration {
        let state = self.state();
        let remaining = state.queue.iter().map(|job| job.deadline().remaining());
        remaining.max().unwrap_or_default()
    }

    /// `next` is about to be written over `base`: whatever is read until it is settled says nothing about the time after.
    fn begin_write(&self, base: &Arc<Policy>, next: &Arc<Policy>) {
        let mut state = self.state();
        state.found.get_or_insert_with(|| Arc::clone(base));
        state.begin_epoch();
        state.memory.sending(base, Arc::clone(next));
    }

    fn end_write<T>(&self, answer: &Result<T, GraphError>) {
        let mut state = self.state();
        state.begin_epoch();
        match answer {
            Ok(_) => state.memory.answered(),
            Err(error) if error.may_have_applied() => {}
            Err(_) => state.memory.refused(),
        }
    }
}

impl State {
    /// What was read before is not the present any more, and who asks now wants a read that begins now.
    fn begin_epoch(&mut self) {
        self.epoch += 1;
        self.flight = None;
        self.memory.forget_latest();
    }
}

/// The error of an operation that had to end before it was done.
fn unfinished(method: &str, deadline: &Deadline, ended: Ended, sent: bool) -> GraphError {
    let call = Call::new(method, "policies/deviceRegistrationPolicy");
    Unfinished::new(call, deadline.allowed(), sent).because(ended)
}
