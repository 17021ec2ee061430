//! Waiting for edits that are about to arrive, so that they are part of one write.

use std::time::Duration;

use tokio::time::timeout;

use super::worker::Worker;
use super::{State, StoreOptions};
use crate::graph::window::CROWD;

/// So much of the time of what was read is left when the waiting ends, or it would have to be read again even before the
/// first write.
const MARGIN: Duration = Duration::from_millis(5);

impl Worker {
    /// Waits for those who come at about the same time, and then for the callers who were at work in the last round.
    /// Without the latter a caller that fell out of step once would stay so, and every round would be two. A while after
    /// the last read, or once another writer was noticed, nobody is waited for: those who come until the policy has been
    /// read are part of the write anyway.
    pub(super) async fn gather(&mut self) {
        let shared = &self.shared;
        let patience = || {
            let state = shared.state();
            if state.memory.contended() {
                Duration::ZERO
            } else {
                state.memory.recent_for(shared.options.freshness).saturating_sub(MARGIN)
            }
        };
        if patience().is_zero() {
            return;
        }
        let queued = || shared.state().queue.len();
        shared.options.gather.close(&shared.arrival, queued).await;
        let company = shared.state().company;
        while queued() < company && timeout(patience(), shared.arrival.notified()).await.is_ok() {}
        // Who has not come is not waited for again.
        let mut state = shared.state();
        state.company = state.queue.len();
    }
}

impl State {
    /// How old a read may be that a write is based on: before the first write of the process as long as the options say,
    /// because Terraform plans once more before it applies; after it one round trip, for then another process may be at
    /// work in the same way.
    pub(super) fn freshness(&self, options: &StoreOptions) -> Duration {
        if self.found.is_none() {
            options.freshness
        } else {
            self.round_trip.clamp(options.freshness / 10, options.freshness)
        }
    }

    /// After a round of so many edits (0: there was none), takes note of how many callers are at work at a time: those of
    /// the round, and those who came meanwhile.
    pub(super) fn count_company(&mut self, round: usize) {
        if round > 0 {
            self.company = CROWD.min(round + self.queue.len());
        }
    }
}
