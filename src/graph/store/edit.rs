//! The caller's side of an edit.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::job::{Edit, Job, Seat, Ticket};
use super::worker::Worker;
use super::{EditError, Edited, PolicyStore, Shared, unfinished};
use crate::graph::policy::Policy;
use crate::graph::{Deadline, Ended};

impl PolicyStore {
    /// Edits the policy: runs `edit` on it as it is now, writes it when that changed something, and reads it back.
    ///
    /// `edit` may be run more than once, each time on another state of the policy: after a fault, when another edit of
    /// the batch was refused by Graph, and when another writer was at work. The last run counts. It may be run on a policy
    /// that has its result already, and should then change nothing; to refuse there is not a failure. It must not block
    /// or panic.
    ///
    /// To drop the future is to leave: the edit is then not made, unless its write had begun.
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
        let (reply, answer) = oneshot::channel();
        let ticket = Arc::new(Ticket::new(Arc::clone(&self.shared.left)));
        let seat = Seat(Arc::clone(&ticket));
        self.shared.queue(Box::new(Edit {
            closure: edit,
            accepted: None,
            refused: None,
            ticket,
            deadline: deadline.clone(),
            reply,
        }));
        tokio::select! {
            biased;
            answer = answer => answer.unwrap_or_else(|_stopped| Err(self.gave_up(deadline, &seat, Ended::Cancelled))),
            ended = deadline.end() => Err(self.gave_up(deadline, &seat, ended)),
        }
    }

    fn gave_up<E>(&self, deadline: &Deadline, seat: &Seat, ended: Ended) -> EditError<E> {
        let trouble = self.shared.state().trouble.clone();
        let sent = seat.0.leave();
        let error = unfinished("PUT", deadline, ended, sent).preceded_by(trouble);
        if sent {
            EditError::Unconfirmed(error)
        } else {
            EditError::Graph(error)
        }
    }
}

impl Shared {
    /// Queues a job and sees that somebody works on it.
    fn queue(self: &Arc<Self>, job: Box<dyn Job>) {
        let mut state = self.state();
        state.queue.push_back(job);
        if !state.working {
            state.working = true;
            drop(state);
            tokio::spawn(Worker::new(Arc::clone(self)).run());
        } else {
            drop(state);
            self.arrival.notify_one();
        }
    }
}
