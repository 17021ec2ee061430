//! Waiting for edits that are about to arrive, so that they are part of one write.

use std::time::Duration;

use tokio::time::timeout;

use super::State;
use super::worker::Worker;
use crate::graph::window::CROWD;

/// So much of the base's time is left when the waiting ends: it would have to be read again otherwise.
const MARGIN: Duration = Duration::from_millis(5);

impl Worker {
    /// Waits for those who come at about the same time, and then for the callers who were at work in the last round, as
    /// long as the base is fresh. Without the latter a caller that fell out of step once would stay so, and every round
    /// would be two.
    pub(super) async fn gather(&mut self) {
        let shared = &self.shared;
        let queued = || shared.state().queue.len();
        shared.options.gather.close(CROWD, &shared.arrival, queued).await;
        let company = shared.state().company;
        while queued() < company {
            let left = shared.state().memory.recent_for(shared.options.freshness);
            let left = left.saturating_sub(MARGIN);
            if timeout(left, shared.arrival.notified()).await.is_err() {
                break;
            }
        }
        // Who has not come is not waited for again.
        let mut state = shared.state();
        state.company = state.queue.len();
    }
}

impl State {
    /// After a round of so many edits (0: there was none), takes note of how many callers are at work at a time: those of
    /// the round, and those who came meanwhile.
    pub(super) fn count_company(&mut self, round: usize) {
        if round > 0 {
            self.company = CROWD.min(round + self.queue.len());
        }
    }
}
