//! Waiting longer each time, and never in step with another process.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// The pauses between reads that wait for something to become visible.
pub(super) struct Pauses(Duration);

impl Pauses {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    /// The next pause: between half of it and all of it, since two processes that wait for each other must not keep
    /// step.
    pub(super) fn next(&mut self) -> Duration {
        let longest = self.0;
        self.0 = (longest * 2).min(LONGEST);
        let random = RandomState::new().hash_one(()) % 1024;
        // Below 1024, so it fits.
        longest / 2 + longest / 2048 * u32::try_from(random).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit() {
        let mut pauses = Pauses::new();
        let all: Vec<_> = (0..12).map(|_| pauses.next()).collect();
        assert!(all[0] >= FIRST / 2 && all[0] <= FIRST, "{all:?}");
        assert!(all[11] >= LONGEST / 2 && all[11] <= LONGEST, "{all:?}");
        assert!(all.iter().all(|pause| *pause <= LONGEST));
    }
}
