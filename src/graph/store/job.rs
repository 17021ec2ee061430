//! An edit on its way through the store: the closure, and the caller who waits for it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::{Notify, oneshot};

use super::{EditError, Edited};
use crate::graph::Deadline;
use crate::graph::policy::Policy;

/// Why an edit failed that was not refused by its own closure.
pub(super) type Failure = EditError<Infallible>;

/// An edit without its types.
pub(super) trait Job: Send {
    /// The caller's side of it.
    fn ticket(&self) -> &Arc<Ticket>;
    /// When the caller stops waiting.
    fn deadline(&self) -> &Deadline;
    /// Runs the closure; what it says is kept. False when it refused, after which `policy` is of no use.
    fn run(&mut self, policy: &mut Policy) -> bool;
    /// Answers the caller with what the closure last said, if it ever accepted. False when nobody heard it.
    fn accept(self: Box<Self>, before: Arc<Policy>, after: Arc<Policy>, written: bool) -> bool;
    /// Answers the caller with the closure's refusal.
    fn refuse(self: Box<Self>);
    /// Answers the caller with an error that is not the closure's.
    fn fail(self: Box<Self>, failure: Failure);
}

/// What caller and worker know of each other.
pub(super) struct Ticket {
    stage: AtomicU8,
    /// Wakes the worker when the caller leaves.
    left: Arc<Notify>,
}

const WAITING: u8 = 0;
const SENT: u8 = 1;
const LEFT: u8 = 2;

impl Ticket {
    pub(super) fn new(left: Arc<Notify>) -> Self {
        Self {
            stage: AtomicU8::new(WAITING),
            left,
        }
    }

    /// The worker is about to write. False when the caller has left, so that the edit must not be part of it.
    pub(super) fn sending(&self) -> bool {
        let stage = self.stage.fetch_max(SENT, Ordering::SeqCst);
        stage != LEFT
    }

    /// The worker knows that nothing of the edit was written.
    pub(super) fn not_sent(&self) {
        // Fails when the caller has left; that is for good.
        let _ = self
            .stage
            .compare_exchange(SENT, WAITING, Ordering::SeqCst, Ordering::SeqCst);
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.stage.load(Ordering::SeqCst) != LEFT
    }

    /// The caller leaves. True when its edit may have been written.
    pub(super) fn leave(&self) -> bool {
        let stage = self.stage.swap(LEFT, Ordering::SeqCst);
        self.left.notify_one();
        stage == SENT
    }
}

/// The caller's end: to drop it is to leave.
pub(super) struct Seat(pub(super) Arc<Ticket>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// An edit with its types.
pub(super) struct Edit<F, T, E> {
    pub(super) closure: F,
    /// What it returned when it last accepted.
    pub(super) accepted: Option<T>,
    /// What it returned when it last refused.
    pub(super) refused: Option<E>,
    pub(super) ticket: Arc<Ticket>,
    pub(super) deadline: Deadline,
    pub(super) reply: oneshot::Sender<Result<Edited<T>, EditError<E>>>,
}

impl<F, T, E> Job for Edit<F, T, E>
where
    F: FnMut(&mut Policy) -> Result<T, E> + Send,
    T: Send,
    E: Send,
{
    fn ticket(&self) -> &Arc<Ticket> {
        &self.ticket
    }

    fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    fn run(&mut self, policy: &mut Policy) -> bool {
        match (self.closure)(policy) {
            Ok(value) => self.accepted = Some(value),
            Err(refusal) => {
                self.refused = Some(refusal);
                return false;
            }
        }
        true
    }

    fn accept(self: Box<Self>, before: Arc<Policy>, after: Arc<Policy>, written: bool) -> bool {
        // Without a value it was never run: the caller hears that the store has stopped, which is as much as is known.
        let Some(value) = self.accepted else {
            return false;
        };
        let edited = Edited {
            value,
            before,
            after,
            written,
        };
        self.reply.send(Ok(edited)).is_ok()
    }

    fn refuse(self: Box<Self>) {
        if let Some(refusal) = self.refused {
            let _ = self.reply.send(Err(EditError::Rejected(refusal)));
        }
    }

    fn fail(self: Box<Self>, failure: Failure) {
        // An error to which nobody listens any more is nobody's.
        let _ = self.reply.send(Err(failure.widen()));
    }
}
