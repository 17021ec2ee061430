//! When an operation must have ended, and what ends it sooner.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// As far ahead as a deadline reaches: enough to mean "never", small enough for every clock.
const FURTHEST: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// The end of an operation: a moment, and a token whose cancellation ends it at once.
#[derive(Clone, Debug)]
pub struct Deadline {
    end: Instant,
    allowed: Duration,
    cancel: CancellationToken,
    process: CancellationToken,
    despite_stop: bool,
}

/// Why an operation ended before its work did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The time allowed has passed.
    TimedOut,
    /// Somebody (Terraform, on Ctrl-C) asked for the end.
    Cancelled,
}

impl Deadline {
    /// The moment `allowed` from now. Nothing cancels it.
    #[must_use]
    pub fn after(allowed: Duration) -> Self {
        let allowed = allowed.min(FURTHEST);
        Self {
            end: Instant::now() + allowed,
            allowed,
            cancel: CancellationToken::new(),
            process: CancellationToken::new(),
            despite_stop: false,
        }
    }

    /// The same moment, ended sooner when `cancel` is cancelled. Replaces an earlier token.
    #[must_use]
    pub fn with_cancellation(self, cancel: CancellationToken) -> Self {
        Self { cancel, ..self }
    }

    /// The same deadline, ended sooner also by `process`: the client adds the token that StopProvider cancels.
    #[must_use]
    pub(crate) fn within(&self, process: &CancellationToken) -> Self {
        if self.despite_stop {
            return self.clone();
        }
        Self {
            process: process.clone(),
            ..self.clone()
        }
    }

    /// The same deadline, which [`Deadline::within`] does not shorten: to confirm a write that was sent before the stop.
    #[must_use]
    pub(crate) fn despite_stop(self) -> Self {
        Self {
            despite_stop: true,
            ..self
        }
    }

    /// The same deadline, or `limit` from now when that is sooner.
    #[must_use]
    pub fn at_most(&self, limit: Duration) -> Self {
        let remaining = self.remaining();
        if limit >= remaining {
            return self.clone();
        }
        Self {
            end: Instant::now() + limit,
            allowed: limit,
            ..self.clone()
        }
    }

    /// How long is left; zero when it has passed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// How long was allowed in all.
    #[must_use]
    pub fn allowed(&self) -> Duration {
        self.allowed
    }

    /// Whether the operation has to end now, and why.
    #[must_use]
    pub fn ended(&self) -> Option<Ended> {
        if self.cancel.is_cancelled() || self.process.is_cancelled() {
            Some(Ended::Cancelled)
        } else if self.remaining().is_zero() {
            Some(Ended::TimedOut)
        } else {
            None
        }
    }

    /// Waits until the operation has to end.
    pub async fn end(&self) -> Ended {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Ended::Cancelled,
            () = self.process.cancelled() => Ended::Cancelled,
            () = tokio::time::sleep_until(self.end) => Ended::TimedOut,
        }
    }

    /// Runs `work` until it is done or has to end.
    ///
    /// # Errors
    /// Why it had to end. When that is known at the start, `work` is not begun.
    pub async fn bound<F: Future>(&self, work: F) -> Result<F::Output, Ended> {
        if let Some(ended) = self.ended() {
            return Err(ended);
        }
        tokio::select! {
            biased;
            ended = self.end() => Err(ended),
            output = work => Ok(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn counts_down_to_zero_and_no_further() {
        let deadline = Deadline::after(Duration::from_secs(2));
        assert_eq!(deadline.remaining(), Duration::from_secs(2));
        assert_eq!(deadline.ended(), None);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(deadline.remaining(), Duration::ZERO);
        assert_eq!(deadline.ended(), Some(Ended::TimedOut));
        assert_eq!(deadline.allowed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn work_ends_at_the_deadline_or_the_cancellation_whichever_is_first() {
        let cancel = CancellationToken::new();
        let deadline = Deadline::after(Duration::from_secs(5)).with_cancellation(cancel.clone());
        let timed = deadline.bound(std::future::pending::<()>()).await;
        assert_eq!(timed, Err(Ended::TimedOut));

        let deadline = Deadline::after(Duration::from_secs(5)).with_cancellation(cancel.clone());
        cancel.cancel();
        assert_eq!(deadline.bound(async { 1 }).await, Err(Ended::Cancelled));
        assert_eq!(deadline.ended(), Some(Ended::Cancelled));
    }

    #[tokio::test(start_paused = true)]
    async fn a_shorter_limit_keeps_the_cancellation() {
        let cancel = CancellationToken::new();
        let deadline = Deadline::after(Duration::from_secs(60)).with_cancellation(cancel.clone());
        let shorter = deadline.at_most(Duration::from_secs(1));
        assert_eq!(shorter.remaining(), Duration::from_secs(1));
        assert_eq!(
            shorter.at_most(Duration::from_secs(9)).remaining(),
            Duration::from_secs(1)
        );
        assert_eq!(shorter.within(&CancellationToken::new()).ended(), None);
        cancel.cancel();
        assert_eq!(shorter.ended(), Some(Ended::Cancelled));
        assert_eq!(shorter.within(&CancellationToken::new()).end().await, Ended::Cancelled);
    }

    #[tokio::test]
    async fn a_stop_does_not_end_what_goes_on_despite_it() {
        let (process, cancel) = (CancellationToken::new(), CancellationToken::new());
        let deadline = Deadline::after(Duration::from_secs(60)).with_cancellation(cancel.clone());
        process.cancel();
        assert_eq!(deadline.within(&process).ended(), Some(Ended::Cancelled));
        let deadline = deadline.despite_stop();
        assert_eq!(deadline.within(&process).ended(), None);
        cancel.cancel();
        assert_eq!(
            deadline.within(&process).ended(),
            Some(Ended::Cancelled),
            "its own token still does"
        );
    }

    #[tokio::test]
    async fn the_longest_duration_is_no_overflow() {
        assert!(Deadline::after(Duration::MAX).remaining() > Duration::from_secs(60 * 60 * 24));
    }
}
