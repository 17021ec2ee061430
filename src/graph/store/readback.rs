//! Reading after a write until it shows, and finding out why when it does not.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::effects::Effects;
use super::memory::same;
use super::pause::Pauses;
use super::worker::{Stop, Worker};
use crate::graph::GraphError;
use crate::graph::policy::Policy;

/// A write, and what is known of it.
pub(super) struct Wrote {
    /// The policy it was based on.
    pub(super) base: Arc<Policy>,
    /// The policy as it was sent.
    pub(super) next: Arc<Policy>,
    /// What was done again of earlier edits.
    pub(super) redone: Effects,
    /// The policy that Graph answered with, when it did.
    pub(super) answered: Option<Policy>,
    /// Why there is no answer, when it may have taken effect all the same.
    pub(super) fault: Option<GraphError>,
}

/// What became of a write.
pub(super) enum Verdict {
    /// All of it can be read.
    Visible(Arc<Policy>),
    /// Graph did not apply some of it, although it accepted the write.
    Ignored(Arc<Policy>),
    /// Another writer has written since.
    Overwritten(Arc<Policy>),
    /// The write failed and had no effect.
    NotApplied(GraphError),
    /// It cannot be read.
    Unknown(GraphError),
    /// Nobody wants to know any more.
    Nobody,
}

/// Why a read does not show a write.
enum Cause {
    /// The read may be of a replica that does not have it yet; after long enough, Graph has ignored it.
    Passed,
    /// Graph's own answer to the write does not show it either, or the read shows other parts of it.
    Ignored,
    /// The write failed.
    NotApplied(GraphError),
    /// There is something that was neither there before nor written.
    Overwritten,
}

impl Worker {
    /// Reads until the write can be seen, or it is clear that it will not be.
    pub(super) async fn read_back(&mut self, wrote: &Wrote) -> Verdict {
        let (begun, mut pauses) = (Instant::now(), Pauses::new());
        loop {
            let found = match self.fetch().await {
                Ok(found) => found,
                Err(Stop::Nobody) => return Verdict::Nobody,
                Err(Stop::Failed(error)) => {
                    return Verdict::Unknown(wrote.fault.clone().unwrap_or(error));
                }
            };
            if self.shows(wrote, &found) {
                return Verdict::Visible(found);
            }
            let cause = self.cause(wrote, &found);
            let left = self.patience(&cause).saturating_sub(begun.elapsed());
            if left.is_zero() {
                return cause.verdict(found);
            }
            if self.pause(pauses.next().min(left)).await.is_err() {
                return Verdict::Nobody;
            }
        }
    }

    /// Whether `found` has what this batch did, and what earlier ones did.
    fn shows(&self, wrote: &Wrote, found: &Policy) -> bool {
        self.batch.is_visible_in(found)
            && wrote.redone.missing_in(found).is_empty()
            && (!self.redo || self.shared.state().memory.holds(found))
    }

    fn cause(&self, wrote: &Wrote, found: &Policy) -> Cause {
        let passed = self.shared.state().memory.has_seen(found);
        let answered_so = wrote.answered.as_ref().is_some_and(|answered| same(answered, found));
        let only_old_values = found
            .differing(&wrote.next)
            .into_iter()
            .all(|setting| found.borrowed(setting) == wrote.base.borrowed(setting));
        match &wrote.fault {
            _ if answered_so => Cause::Ignored,
            Some(error) if passed => Cause::NotApplied(error.clone()),
            _ if passed => Cause::Passed,
            _ if only_old_values => Cause::Ignored,
            _ => Cause::Overwritten,
        }
    }

    fn patience(&self, cause: &Cause) -> Duration {
        let options = &self.shared.options;
        match cause {
            Cause::Passed => options.visibility,
            Cause::Ignored => options.refusal,
            Cause::NotApplied(_) | Cause::Overwritten => options.settle,
        }
    }
}

impl Cause {
    fn verdict(self, found: Arc<Policy>) -> Verdict {
        match self {
            Self::Passed | Self::Ignored => Verdict::Ignored(found),
            Self::NotApplied(error) => Verdict::NotApplied(error),
            Self::Overwritten => Verdict::Overwritten(found),
        }
    }
}
