//! Many questions in few requests: those that come at about the same time go out together.
//!
//! Terraform works on ten resources at a time, each in a call of its own. Their questions arrive within a few
//! milliseconds; waiting for that long costs less than a round trip, and saves nine of ten.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::{Instant, timeout};

use super::DirectoryTransport;
use crate::graph::client::{BATCH_LIMIT, GraphRequest};
use crate::graph::error::{Call, Unfinished};
use crate::graph::{Deadline, Ended, GraphError};

/// No question for this long: nobody else is about to ask.
const QUIET: Duration = Duration::from_millis(2);
/// The longest that a question waits for others.
const LONGEST: Duration = Duration::from_millis(10);
/// As many batches are on their way at a time: more, and Graph throttles.
const AT_A_TIME: usize = 8;

/// Gathers questions into batches.
pub(super) struct Gatherer {
    transport: Arc<dyn DirectoryTransport>,
    queue: Mutex<Queue>,
    arrival: Notify,
    sending: Semaphore,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    gathering: bool,
}

struct Waiting {
    request: GraphRequest,
    deadline: Deadline,
    reply: oneshot::Sender<Result<Value, GraphError>>,
}

impl Gatherer {
    pub(super) fn new(transport: Arc<dyn DirectoryTransport>) -> Self {
        Self {
            transport,
            queue: Mutex::default(),
            arrival: Notify::new(),
            sending: Semaphore::new(AT_A_TIME),
        }
    }

    /// Asks, together with whoever asks now.
    pub(super) async fn ask(self: &Arc<Self>, request: GraphRequest, deadline: &Deadline) -> Result<Value, GraphError> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Waiting {
            request,
            deadline: deadline.clone(),
            reply,
        });
        match deadline.bound(answer).await {
            Ok(Ok(answer)) => answer,
            // The runtime that it ran on has ended.
            Ok(Err(_)) => Err(unfinished(deadline, Ended::Cancelled)),
            Err(ended) => Err(unfinished(deadline, ended)),
        }
    }

    fn enqueue(self: &Arc<Self>, waiting: Waiting) {
        let mut queue = self.queue();
        queue.waiting.push(waiting);
        let begins = !std::mem::replace(&mut queue.gathering, true);
        drop(queue);
        if begins {
            tokio::spawn(Arc::clone(self).gather());
        } else {
            self.arrival.notify_one();
        }
    }

    async fn gather(self: Arc<Self>) {
        let begun = Instant::now();
        while self.queue().waiting.len() < BATCH_LIMIT && begun.elapsed() < LONGEST {
            if timeout(QUIET, self.arrival.notified()).await.is_err() {
                break;
            }
        }
        let mut waiting = {
            let mut queue = self.queue();
            queue.gathering = false;
            std::mem::take(&mut queue.waiting)
        };
        waiting.retain(|one| !one.reply.is_closed());
        while !waiting.is_empty() {
            let rest = waiting.split_off(waiting.len().min(BATCH_LIMIT));
            tokio::spawn(Arc::clone(&self).send(std::mem::replace(&mut waiting, rest)));
        }
    }

    async fn send(self: Arc<Self>, waiting: Vec<Waiting>) {
        // Never closed, so there is always a permit to wait for.
        let _permit = self.sending.acquire().await;
        // The time of the one who waits longest; the others stop waiting by themselves.
        let Some(deadline) = waiting
            .iter()
            .map(|one| &one.deadline)
            .max_by_key(|one| one.remaining())
        else {
            return;
        };
        let deadline = deadline.clone();
        let (requests, replies): (Vec<_>, Vec<_>) = waiting.into_iter().map(|one| (one.request, one.reply)).unzip();
        let answers = self.transport.batch(requests, &deadline).await;
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Whoever asked may have left.
            let _ = reply.send(answer);
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Poisoned by a panic elsewhere: every change of the queue is whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unfinished(deadline: &Deadline, ended: Ended) -> GraphError {
    let unfinished = Box::new(Unfinished::new(Call::new("POST", "$batch"), deadline.allowed(), false));
    match ended {
        Ended::TimedOut => GraphError::Timeout(unfinished),
        Ended::Cancelled => GraphError::Cancelled(unfinished),
    }
}
