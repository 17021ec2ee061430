//! Reads: shared by callers, and held against what this process has written.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{PolicyStore, Shared, unfinished};
use crate::graph::policy::Policy;
use crate::graph::retry::jitter;
use crate::graph::{Deadline, GraphError};

/// The time for which a read answers callers who ask later.
const SHARED: Duration = Duration::from_millis(500);
/// The time for which a policy that lacks what this process has written is read again.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// The latest read. Its lock is held while the next one is under way, so that those who ask meanwhile wait for that one.
///
/// A write replaces the cell when it begins and when it ends: a read that began before never answers a caller who asks
/// after.
pub(super) type LatestRead = Arc<Mutex<Option<Finished>>>;

/// A read that has finished: when, and with what.
type Finished = (Instant, Result<Arc<Policy>, GraphError>);

impl PolicyStore {
    /// The policy as it is now, or was within the last [`SHARED`] and since the last write.
    ///
    /// Callers who ask at the same time share one request. A policy that lacks what this process has written is read again
    /// for at most [`PATIENCE`], and then believed.
    ///
    /// # Errors
    /// The reason why the policy could not be read.
    pub async fn read(&self, deadline: &Deadline) -> Result<Arc<Policy>, GraphError> {
        let asked = Instant::now();
        let latest = Arc::clone(&self.shared.state().latest);
        let read = async {
            let mut latest = latest.lock().await;
            match &*latest {
                Some((at, Ok(policy))) if at.elapsed() <= SHARED => Ok(Arc::clone(policy)),
                // The read that this caller waited for has failed.
                Some((at, Err(error))) if *at > asked => Err(error.clone()),
                _ => {
                    let result = self.shared.settled(deadline).await;
                    // An error of this caller's own deadline says nothing to the others.
                    if deadline.ended().is_none() {
                        *latest = Some((Instant::now(), result.clone()));
                    }
                    result
                }
            }
        };
        match deadline.bound(read).await {
            Ok(result) => result,
            Err(ended) => Err(unfinished("GET", deadline, ended, true)),
        }
    }

    /// The policy as this process last saw it within the last [`SHARED`], whatever it has begun to write
    /// since; else as [`PolicyStore::read`] gives it. For plans, which only warn of what they find.
    ///
    /// # Errors
    /// The reason why the policy could not be read.
    pub async fn read_recent(&self, deadline: &Deadline) -> Result<Arc<Policy>, GraphError> {
        let seen = self.shared.state().seen.clone();
        match seen {
            Some((policy, at)) if at.elapsed() <= SHARED => Ok(policy),
            _ => self.read(deadline).await,
        }
    }
}

impl Shared {
    /// A write begins or ends: no read that began before is shared after.
    pub(super) fn forget_reads(&self) {
        self.state().latest = LatestRead::default();
    }

    /// Shares a read that has just finished.
    pub(super) fn has_read(&self, policy: &Arc<Policy>) {
        let finished = Some((Instant::now(), Ok(Arc::clone(policy))));
        self.state().latest = Arc::new(Mutex::new(finished));
    }

    /// Reads the policy once.
    pub(super) async fn fetch(&self, deadline: &Deadline) -> Result<Arc<Policy>, GraphError> {
        let text = self.transport.fetch(deadline).await?;
        let policy = Arc::new(Policy::parse(&text)?);
        self.state().seen = Some((Arc::clone(&policy), Instant::now()));
        Ok(policy)
    }

    /// Reads the policy until it has what this process has written, or [`PATIENCE`] has passed.
    pub(super) async fn settled(&self, deadline: &Deadline) -> Result<Arc<Policy>, GraphError> {
        let begun = Instant::now();
        loop {
            let policy = self.fetch(deadline).await?;
            if self.state().written.shows_in(&policy) || !pause(begun, PATIENCE).await {
                self.state().written.confirm();
                return Ok(policy);
            }
        }
    }
}

/// Pauses between reads that wait for something to show since `begun`: as long again as that took, and never in step with
/// another process. False when `patience` has passed.
pub(super) async fn pause(begun: Instant, patience: Duration) -> bool {
    let (waited, longest) = (begun.elapsed(), Duration::from_secs(2));
    let left = patience.saturating_sub(waited);
    let pause = waited
        .clamp(Duration::from_millis(50), longest)
        .mul_f64(0.5 + 0.5 * jitter());
    tokio::time::sleep(pause.min(left)).await;
    !left.is_zero()
}
