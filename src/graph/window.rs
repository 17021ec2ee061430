//! How long something that is about to be sent waits for others to go with it.

use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// When so many wait nobody else is about to arrive: Terraform works on no more resources at a time, unless it is told to
/// (<https://developer.hashicorp.com/terraform/cli/commands/apply#parallelism-n>).
pub(super) const CROWD: usize = 10;

/// A time in which others may join.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Nobody for this long: nobody else is about to arrive.
    pub quiet: Duration,
    /// The longest that anybody waits for others.
    pub longest: Duration,
}

impl Window {
    /// Returns when nobody else is about to arrive: [`CROWD`] wait, or nobody has come for a while, or it took long
    /// enough. `arrival` is notified of everybody who comes; `waiting` counts them.
    pub(super) async fn close(&self, arrival: &Notify, waiting: impl Fn() -> usize) {
        let begun = Instant::now();
        while waiting() < CROWD {
            let left = self.longest.saturating_sub(begun.elapsed());
            if left.is_zero() || timeout(self.quiet.min(left), arrival.notified()).await.is_err() {
                break;
            }
        }
    }
}
