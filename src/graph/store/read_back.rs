//! Reading after a write until it shows, and finding out why when it does not.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::effects::Effects;
use super::read::{PATIENCE, pause};
use super::worker::Worker;
use crate::graph::GraphError;
use crate::graph::policy::Policy;

/// The time that a replica may take to show a write.
const VISIBILITY: Duration = Duration::from_secs(30);

/// A write, and what is known of it.
pub(super) struct Wrote {
    /// The policy that it was based on.
    pub(super) base: Arc<Policy>,
    /// The policy as it was sent.
    pub(super) next: Policy,
    /// The effects of the write: those of the batch, and those that were put back.
    pub(super) effects: Effects,
    /// Graph's answer. An error when the write may have taken effect all the same.
    pub(super) answer: Result<Option<Policy>, GraphError>,
}

/// The outcome of a write.
pub(super) enum Outcome {
    /// All effects can be read.
    Visible(Arc<Policy>),
    /// Graph accepted the write and did not apply some of it.
    Ignored(Arc<Policy>),
    /// Another writer has written since.
    Overwritten(Arc<Policy>),
    /// Nothing was written, for a reason that may pass.
    Failed(GraphError),
    /// Nothing was written, for a reason that will not pass, or the policy cannot be read.
    Final(GraphError),
    /// Another round will tell, if callers still wait.
    Open,
}

impl Worker {
    /// Reads until the write shows, or will not show any more.
    pub(super) async fn read_back(&mut self, wrote: &Wrote) -> Outcome {
        let shared = Arc::clone(&self.shared);
        // A write that was sent before the provider was stopped is still confirmed; the callers decide how long.
        let deadline = self.batch.deadline().despite_stop();
        let begun = Instant::now();
        loop {
            let found = match self.while_awaited(shared.fetch(&deadline)).await {
                Some(Ok(found)) => found,
                Some(Err(error)) => return Outcome::Final(wrote.answer.as_ref().err().cloned().unwrap_or(error)),
                None => return Outcome::Open,
            };
            if wrote.effects.missing_in(&found).is_empty() {
                return Outcome::Visible(found);
            }
            let (outcome, patience) = wrote.explain(found);
            match self.while_awaited(pause(begun, patience)).await {
                Some(true) => {}
                Some(false) => return outcome,
                None => return Outcome::Open,
            }
        }
    }
}

impl Wrote {
    /// The likely reason why `found` does not show the write, and how long that is to be watched until it is certain.
    fn explain(&self, found: Arc<Policy>) -> (Outcome, Duration) {
        let other = found.differing(&self.next);
        let is_as_in = |policy: &Policy| {
            other
                .iter()
                .all(|setting| found.borrowed(*setting) == policy.borrowed(*setting))
        };
        match &self.answer {
            Ok(Some(answered)) if is_as_in(answered) => (Outcome::Ignored(found), PATIENCE),
            // Neither what was there nor what was written.
            _ if !is_as_in(&self.base) => (Outcome::Overwritten(found), PATIENCE),
            Err(error) => (Outcome::Failed(error.clone()), PATIENCE),
            // A replica that does not have the write yet.
            Ok(_) => (Outcome::Ignored(found), VISIBILITY),
        }
    }
}
