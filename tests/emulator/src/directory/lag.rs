//! Replication lag of new objects and memberships.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Staleness of what look-ups see: it ends after so many look-ups, and not before so many milliseconds have passed since
/// the first of them. The default is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lag {
    /// Look-ups that are answered stale, at the least.
    pub lookups: u32,
    /// Milliseconds from the first look-up on in which answers are stale.
    pub millis: u64,
    #[serde(skip)]
    first: Option<Instant>,
}

impl Lag {
    /// Lag of so many look-ups.
    #[must_use]
    pub fn lookups(lookups: u32) -> Self {
        Self {
            lookups,
            ..Self::default()
        }
    }

    /// Lag of so many milliseconds from the first look-up on.
    #[must_use]
    pub fn millis(millis: u64) -> Self {
        Self {
            millis,
            ..Self::default()
        }
    }

    /// Counts a look-up and decides whether it is answered stale.
    pub(crate) fn count(&mut self) -> bool {
        let stale = self.lookups > 0;
        self.lookups = self.lookups.saturating_sub(1);
        if self.millis == 0 {
            return stale;
        }
        let first = *self.first.get_or_insert_with(Instant::now);
        stale || first.elapsed() < Duration::from_millis(self.millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_after_lookups_and_time() {
        let mut none = Lag::default();
        assert!(!none.count());
        let mut counted = Lag::lookups(2);
        assert_eq!([(); 3].map(|()| counted.count()), [true, true, false]);
        let mut timed = Lag::millis(40);
        std::thread::sleep(Duration::from_millis(50));
        assert!(timed.count(), "the time runs from the first look-up");
        assert!(timed.count());
        std::thread::sleep(Duration::from_millis(50));
        assert!(!timed.count());
        let mut both = Lag {
            lookups: 2,
            ..Lag::millis(10)
        };
        assert!(both.count());
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!([both.count(), both.count()], [true, false]);
    }
}
