//! Many questions in few requests: those that come at about the same time go out together.
//!
//! Terraform works on ten resources at a time, each in a call of its own. Their questions arrive a few milliseconds after
//! one another; waiting for that long costs less than a round trip, and saves most of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Notify, Semaphore, oneshot};

use super::{DirectoryTransport, Landing, Passenger};
use crate::graph::client::{BATCH_LIMIT, GraphRequest};
use crate::graph::error::{Call, Unfinished};
use crate::graph::window::Window;
use crate::graph::{Deadline, Ended, GraphError};

/// How a plan's questions wait for others.
const PLANNING: Window = Window {
    quiet: Duration::from_millis(10),
    longest: Duration::from_millis(40),
};
/// How an apply's do: longer, since a write follows that is one for all of them, and whoever is late for it is late for good.
const APPLYING: Window = Window {
    quiet: Duration::from_millis(25),
    longest: Duration::from_millis(100),
};
/// As many batches are on their way at a time, so that many questions at once are not a flood.
const AT_A_TIME: usize = 16;

/// Gathers questions into batches.
pub(super) struct Gatherer {
    transport: Arc<dyn DirectoryTransport>,
    passenger: Option<Arc<dyn Passenger>>,
    queue: Mutex<Queue>,
    arrival: Notify,
    /// Whether the plan is being applied.
    applying: AtomicBool,
    sending: Semaphore,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    gathering: bool,
}

struct Waiting {
    request: GraphRequest,
    /// Whether it counts as an asker: the second question of the same one does not.
    counts: bool,
    deadline: Deadline,
    reply: oneshot::Sender<Result<Value, GraphError>>,
}

impl Gatherer {
    pub(super) fn new(transport: Arc<dyn DirectoryTransport>, passenger: Option<Arc<dyn Passenger>>) -> Self {
        Self {
            transport,
            passenger,
            queue: Mutex::default(),
            arrival: Notify::new(),
            applying: AtomicBool::new(false),
            sending: Semaphore::new(AT_A_TIME),
        }
    }

    /// The plan is being applied from now on.
    pub(super) fn begin_to_apply(&self) {
        self.applying.store(true, Ordering::Relaxed);
    }

    /// Asks, together with whoever asks now.
    pub(super) async fn ask(self: &Arc<Self>, request: GraphRequest, deadline: &Deadline) -> Result<Value, GraphError> {
        self.put(request, true, deadline).await
    }

    /// Asks a second question beside the one that the same caller asks now.
    pub(super) async fn ask_too(
        self: &Arc<Self>,
        request: GraphRequest,
        deadline: &Deadline,
    ) -> Result<Value, GraphError> {
        self.put(request, false, deadline).await
    }

    async fn put(
        self: &Arc<Self>,
        request: GraphRequest,
        counts: bool,
        deadline: &Deadline,
    ) -> Result<Value, GraphError> {
        // In a batch it would fail all the others with it.
        request.check()?;
        let (reply, answer) = oneshot::channel();
        self.enqueue(Waiting {
            request,
            counts,
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
        let applying = self.applying.load(Ordering::Relaxed);
        let window = if applying { APPLYING } else { PLANNING };
        let askers = || self.queue().waiting.iter().filter(|one| one.counts).count();
        window.close(&self.arrival, askers).await;
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

    async fn send(self: Arc<Self>, mut waiting: Vec<Waiting>) {
        // Never closed, so there is always a permit to wait for.
        let _permit = self.sending.acquire().await;
        waiting.retain(|one| !one.reply.is_closed());
        // The time of the one who waits longest; the others stop waiting by themselves.
        let Some(deadline) = waiting
            .iter()
            .map(|one| &one.deadline)
            .max_by_key(|one| one.remaining())
        else {
            return;
        };
        let deadline = deadline.clone();
        let (mut requests, replies): (Vec<_>, Vec<_>) = waiting.into_iter().map(|one| (one.request, one.reply)).unzip();
        let landing = self.board(&mut requests);
        let mut answers = self.transport.batch(requests, &deadline).await;
        if let Some(landing) = landing
            && let Some(answer) = answers.pop()
        {
            landing(answer);
        }
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Whoever asked may have left.
            let _ = reply.send(answer);
        }
    }

    /// Takes the passenger along, when a write is to follow and there is room.
    fn board(&self, requests: &mut Vec<GraphRequest>) -> Option<Landing> {
        if !self.applying.load(Ordering::Relaxed) || requests.len() >= BATCH_LIMIT {
            return None;
        }
        let (request, landing) = self.passenger.as_ref()?.board();
        requests.push(request);
        Some(landing)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Poisoned by a panic elsewhere: every change of the queue is whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error of a question that had to end before it was answered.
pub(super) fn unfinished(deadline: &Deadline, ended: Ended) -> GraphError {
    Unfinished::new(Call::new("POST", "$batch"), deadline.allowed(), false).because(ended)
}
