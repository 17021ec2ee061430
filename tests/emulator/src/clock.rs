//! The emulator's clock: the machine's, shifted.
//!
//! Tokens and secrets expire by this clock, so a test lets an hour pass without waiting for it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::macros::format_description;

/// The machine's time plus an offset, and a step that every Graph request advances it by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clock {
    /// Seconds ahead of the machine's clock; negative is behind it.
    pub offset_seconds: i64,
    /// Seconds that every request to Graph advances the clock by.
    pub step_seconds: i64,
}

impl Clock {
    /// Seconds since 1970 by this clock.
    #[must_use]
    pub fn now(&self) -> i64 {
        millis() / 1000 + self.offset_seconds
    }

    /// Lets `seconds` pass at once.
    pub fn advance(&mut self, seconds: i64) {
        self.offset_seconds = self.offset_seconds.saturating_add(seconds);
    }

    pub(crate) fn step(&mut self) {
        self.advance(self.step_seconds);
    }

    /// The time as Graph's `innerError.date` has it: no zone, no fraction.
    pub(crate) fn graph_date(&self) -> String {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
        self.date_time().format(format).unwrap_or_default()
    }

    /// The time as the token endpoint's errors have it, for example `2026-03-01 10:00:00Z`.
    pub(crate) fn entra_date(&self) -> String {
        let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
        self.date_time().format(format).unwrap_or_default()
    }

    fn date_time(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.now()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// A time in seconds since 1970 as Graph's properties have it, for example `2026-03-01T10:00:00Z`.
pub(crate) fn utc_date(seconds: i64) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(format).unwrap_or_default()
}

/// Milliseconds since 1970 by the machine's clock.
pub(crate) fn millis() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|elapsed| i64::try_from(elapsed.as_millis()).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_without_waiting() {
        let mut clock = Clock::default();
        let before = clock.now();
        clock.advance(3600);
        assert!((3600..3603).contains(&(clock.now() - before)));
        clock.step_seconds = 30;
        clock.step();
        assert!((3630..3633).contains(&(clock.now() - before)));
    }

    #[test]
    fn writes_dates_as_the_services_do() {
        let clock = Clock {
            offset_seconds: -millis() / 1000,
            step_seconds: 0,
        };
        assert!(clock.graph_date().starts_with("1970-01-01T00:00:0"));
        assert!(clock.entra_date().starts_with("1970-01-01 00:00:0"));
        assert!(clock.entra_date().ends_with('Z'));
    }
}
