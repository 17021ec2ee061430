//! Reading: one request for all who ask at the same time.

use std::convert::Infallible;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{EditError, PolicyStore, Shared, unfinished};
use crate::graph::policy::Policy;
use crate::graph::{Deadline, Ended, GraphError};

/// A read on its way.
pub(super) struct Flight {
    waiter: Waiter,
    /// The epoch in which it began.
    epoch: u64,
}

/// Somebody who waits for a flight.
#[derive(Clone)]
struct Waiter {
    landing: watch::Receiver<Option<Landed>>,
    deadline: Deadline,
}

/// What a shared read came to.
#[derive(Clone)]
enum Landed {
    /// The policy, which nothing contradicts.
    Believed(Arc<Policy>),
    /// The policy contradicts what this process knows.
    Doubted,
    Failed(GraphError),
}

impl PolicyStore {
    /// The policy as it is now, or was within the last [`super::StoreOptions::cache`] and since the last write.
    ///
    /// Those who ask at the same time share one request. When the answer contradicts what this process wrote, it is read
    /// again, and what another writer overwrote is done again, as before an edit.
    ///
    /// # Errors
    /// What kept the policy from being read.
    pub async fn read(&self, deadline: &Deadline) -> Result<Arc<Policy>, GraphError> {
        loop {
            let known = self.shared.state().memory.recent(self.shared.options.cache);
            if let Some(known) = known {
                return Ok(known);
            }
            let mut waiter = self.shared.join(deadline);
            let landing = waiter.landing.wait_for(Option::is_some);
            let landed = deadline
                .bound(landing)
                .await
                .map_err(|ended| unfinished("GET", deadline, ended, true))?
                .map(|landed| landed.clone());
            let outlived = waiter.deadline.ended().is_some() && deadline.ended().is_none();
            match landed {
                Ok(Some(Landed::Believed(policy))) => return Ok(policy),
                Ok(Some(Landed::Doubted)) => return self.settle(deadline).await,
                // Whoever began the flight had less time than we have: once more.
                Ok(Some(Landed::Failed(_))) if outlived => {}
                Ok(Some(Landed::Failed(error))) => return Err(error),
                // The runtime that it ran on has ended.
                Ok(None) | Err(_) => {
                    return Err(unfinished("GET", deadline, Ended::Cancelled, true));
                }
            }
        }
    }

    /// The policy as this process found it: as it was before the first write of this store, or as it is now when there
    /// was none. What the process itself has changed since does not show.
    ///
    /// # Errors
    /// What kept the policy from being read.
    pub async fn read_as_found(&self, deadline: &Deadline) -> Result<Arc<Policy>, GraphError> {
        let found = self.shared.state().found.clone();
        match found {
            Some(found) => Ok(found),
            None => self.read(deadline).await,
        }
    }

    /// Whether [`PolicyStore::read_as_found`] would answer without a request.
    #[must_use]
    pub fn is_at_hand(&self) -> bool {
        let state = self.shared.state();
        state.found.is_some() || state.memory.recent(self.shared.options.cache).is_some()
    }

    /// Begins a read that somebody else sends. What is returned takes the answer. One that cannot be read, that contradicts
    /// what this process knows, or that comes later than [`super::StoreOptions::freshness`] is as good as none: what was
    /// sent with it may have been sent again and again, so that nobody knows how old it is.
    pub fn begin_read(&self) -> impl FnOnce(Result<Value, GraphError>) + Send + use<> {
        let shared = Arc::clone(&self.shared);
        let (epoch, begun) = (shared.state().epoch, Instant::now());
        move |answer| {
            if begun.elapsed() > shared.options.freshness {
                return;
            }
            if let Some(found) = answer.ok().and_then(|json| Policy::parse(&json.to_string()).ok()) {
                shared.hear(epoch, Arc::new(found));
            }
        }
    }

    /// Lets the worker find out what to make of a doubtful read, by an edit that changes nothing.
    async fn settle(&self, deadline: &Deadline) -> Result<Arc<Policy>, GraphError> {
        match self.edit(deadline, |_| Ok::<_, Infallible>(())).await {
            Ok(settled) => Ok(settled.after),
            Err(EditError::Rejected(never)) => match never {},
            Err(EditError::Graph(error) | EditError::Unconfirmed(error)) => Err(error),
            // Errors about settings are for edits that change some.
            Err(_) => Err(unfinished("GET", deadline, Ended::TimedOut, true)),
        }
    }
}

impl Shared {
    /// Joins the read that is on its way, or begins one.
    fn join(self: &Arc<Self>, deadline: &Deadline) -> Waiter {
        let mut state = self.state();
        if let Some(flight) = &state.flight
            && flight.epoch == state.epoch
            // A closed one has lost its runtime.
            && flight.waiter.landing.has_changed().is_ok()
        {
            return flight.waiter.clone();
        }
        let (control, landing) = watch::channel(None);
        let waiter = Waiter {
            landing,
            deadline: deadline.clone(),
        };
        let epoch = state.epoch;
        state.flight = Some(Flight {
            waiter: waiter.clone(),
            epoch,
        });
        drop(state);
        let (shared, deadline) = (Arc::clone(self), deadline.clone());
        tokio::spawn(async move {
            let found = shared.fetch(&deadline).await;
            // Nobody may be left to hear it.
            let _ = control.send(Some(shared.land(epoch, found)));
        });
        waiter
    }

    fn land(&self, epoch: u64, found: Result<Arc<Policy>, GraphError>) -> Landed {
        let mut state = self.state();
        if state.flight.as_ref().is_some_and(|flight| flight.epoch == epoch) {
            state.flight = None;
        }
        match found {
            Err(error) => Landed::Failed(error),
            Ok(found) if state.memory.doubt(&found).is_some() => Landed::Doubted,
            Ok(found) => {
                // A write has begun or ended since: true when it was asked for, but no longer news.
                if state.epoch == epoch {
                    state.memory.believe(&found);
                }
                Landed::Believed(found)
            }
        }
    }

    /// Takes note of what was read, when nothing speaks against it.
    fn hear(&self, epoch: u64, found: Arc<Policy>) {
        let mut state = self.state();
        if state.epoch == epoch && state.memory.doubt(&found).is_none() {
            state.memory.believe(&found);
        }
    }
}
