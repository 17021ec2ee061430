//! The caller's side of an edit, and the edit on its way to the worker.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::worker::Worker;
use super::{EditError, Edited, PolicyStore, Shared, unfinished};
use crate::graph::policy::Policy;
use crate::graph::{Deadline, Ended};

/// The time that a cancelled caller whose write is on its way still waits for the answer and the read-back.
const CANCEL_GRACE: Duration = Duration::from_secs(2);

impl PolicyStore {
    /// Edits the policy: runs `edit` on it as it is now, writes it when that changed something, and reads it back.
    ///
    /// `edit` may be run more than once, each time on another state of the policy: after a fault, when another edit of
    /// the batch was refused by Graph, and when another writer was at work. The last run counts. It may be run on a policy
    /// that has its result already, and should then change nothing; to refuse there is not a failure. It must not block
    /// or panic.
    ///
    /// To drop the future is to leave: the edit is then not made, unless its write had begun. A deadline that passes ends
    /// the call at once; one that is cancelled while the write is on its way leaves it 2 s to be answered and read back.
    ///
    /// # Errors
    /// See [`EditError`]; each variant says whether something was written.
    pub async fn edit<T, E, F>(&self, deadline: &Deadline, edit: F) -> Result<Edited<T>, EditError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnMut(&mut Policy) -> Result<T, E> + Send + 'static,
    {
        if let Some(ended) = deadline.ended() {
            return Err(EditError::Graph(unfinished("PUT", deadline, ended, false)));
        }
        let (reply, mut answer) = oneshot::channel();
        let sent = Arc::new(AtomicBool::new(false));
        self.shared.queue(Box::new(Edit {
            closure: edit,
            accepted: None,
            refused: None,
            sent: Arc::clone(&sent),
            deadline: deadline.clone(),
            reply,
        }));
        // Without an answer the worker has stopped: its runtime ended, or a closure panicked.
        let received =
            |answer: Result<_, _>| answer.unwrap_or_else(|_| Err(self.gave_up(deadline, Ended::Cancelled, &sent)));
        let ended = tokio::select! {
            biased;
            answer = &mut answer => return received(answer),
            ended = deadline.end() => ended,
        };
        if ended == Ended::Cancelled && sent.load(Ordering::SeqCst) {
            let grace = CANCEL_GRACE.min(deadline.remaining());
            if let Ok(answer) = timeout(grace, &mut answer).await {
                return received(answer);
            }
        }
        // Under the lock under which the worker marks its batch as sent: either it sees that this caller has left, or this
        // caller sees that the edit is part of a write.
        let state = self.shared.state();
        answer.close();
        drop(state);
        let answer = answer.try_recv();
        answer.unwrap_or_else(|_| Err(self.gave_up(deadline, ended, &sent)))
    }

    fn gave_up<E>(&self, deadline: &Deadline, ended: Ended, sent: &AtomicBool) -> EditError<E> {
        let trouble = self.shared.state().trouble.clone();
        let sent = sent.load(Ordering::SeqCst);
        let error = unfinished("PUT", deadline, ended, sent).preceded_by(trouble);
        if sent {
            EditError::Unconfirmed(error)
        } else {
            EditError::Graph(error)
        }
    }
}

impl Shared {
    /// Queues an edit, and starts a worker when there is none.
    fn queue(self: &Arc<Self>, job: Box<dyn Job>) {
        let mut state = self.state();
        state.queue.push(job);
        if !std::mem::replace(&mut state.working, true) {
            drop(state);
            tokio::spawn(Worker::new(Arc::clone(self)).run());
        } else {
            drop(state);
            self.arrival.notify_one();
        }
    }
}

/// An edit without its types.
pub(super) trait Job: Send {
    fn deadline(&self) -> &Deadline;
    /// Returns whether the caller has left.
    fn has_left(&self) -> bool;
    /// Waits until the caller has left.
    fn poll_left(&mut self, context: &mut Context<'_>) -> Poll<()>;
    /// Tells the caller whether its edit is part of a write that may take effect.
    fn mark_sent(&self, sent: bool);
    /// Runs the closure and keeps what it says. False when it refused, after which `policy` is of no use.
    fn run(&mut self, policy: &mut Policy) -> bool;
    /// Answers the caller. False when the caller has left.
    fn answer(self: Box<Self>, answer: Answer) -> bool;
}

/// The worker's answer to a caller.
pub(super) enum Answer {
    /// With what the closure last returned when it accepted.
    Done {
        after: Arc<Policy>,
        written: bool,
    },
    /// With the closure's refusal.
    Refused,
    Failed(EditError<Infallible>),
}

/// An edit with its types.
struct Edit<F, T, E> {
    closure: F,
    /// The closure's result when it last accepted.
    accepted: Option<T>,
    /// The closure's result when it last refused.
    refused: Option<E>,
    sent: Arc<AtomicBool>,
    deadline: Deadline,
    reply: oneshot::Sender<Result<Edited<T>, EditError<E>>>,
}

impl<F, T, E> Job for Edit<F, T, E>
where
    F: FnMut(&mut Policy) -> Result<T, E> + Send,
    T: Send,
    E: Send,
{
    fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    fn has_left(&self) -> bool {
        self.reply.is_closed()
    }

    fn poll_left(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.reply.poll_closed(context)
    }

    fn mark_sent(&self, sent: bool) {
        self.sent.store(sent, Ordering::SeqCst);
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

    fn answer(self: Box<Self>, answer: Answer) -> bool {
        let Self {
            accepted,
            refused,
            reply,
            ..
        } = *self;
        let said = match answer {
            Answer::Done { after, written } => accepted.map(|value| Ok(Edited { value, after, written })),
            Answer::Refused => refused.map(|refusal| Err(EditError::Rejected(refusal))),
            Answer::Failed(failure) => Some(Err(failure.widen())),
        };
        // Nothing when the closure was never run: the caller hears that the worker has stopped.
        said.is_some_and(|said| reply.send(said).is_ok())
    }
}
