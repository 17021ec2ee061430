//! When to try again, and when to stop.
//!
//! The one place that decides it: azure_identity's own retries are off. Numbers as Microsoft's guidance for clients of
//! Graph has them (<https://learn.microsoft.com/graph/throttling>): three retries, no wait over 180 seconds.

use std::time::{Duration, SystemTime};

use super::deadline::{Deadline, Ended};
use super::error::GivenUp;

/// How long and how often.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// How many times a request is sent again.
    pub max_retries: u32,
    /// The least wait after an answer that asked for one: Graph often says `Retry-After: 0`.
    pub floor: Duration,
    /// The first wait after an answer that did not say how long; it doubles with every retry.
    pub base: Duration,
    /// The first wait after a connection fault; it doubles with every retry.
    pub connection_base: Duration,
    /// The longest single wait. Where a longer one is asked for there is none: to ask earlier than that would be refused
    /// again, and count against the tenant.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 3,
            floor: Duration::from_millis(500),
            base: Duration::from_secs(3),
            connection_base: Duration::from_millis(250),
            cap: Duration::from_secs(180),
        }
    }
}

impl RetryPolicy {
    /// How long to wait after the first attempt and `retries` of [`Self::max_retries`] more, when `left` is left of the
    /// time allowed.
    pub(crate) fn next(&self, cause: Cause, retries: u32, left: Duration) -> Result<Duration, Refused> {
        let asked = cause.asked();
        let refused = |asked, why| Err(Refused { asked, why });
        let wait = match cause {
            Cause::Busy { asked: Some(asked) } => asked.max(self.floor),
            Cause::Busy { asked: None } => self.back_off(self.base, retries),
            Cause::Connection => self.back_off(self.connection_base, retries),
        };
        if wait > self.cap {
            refused(asked, GivenUp::Wait { longest: self.cap })
        } else if retries >= self.max_retries {
            refused(asked, GivenUp::Attempts)
        } else if wait >= left {
            refused(asked.or(Some(wait)), GivenUp::Time { left })
        } else {
            Ok(wait)
        }
    }

    /// Doubles with every retry; the last quarter of it is chance, so that clients that failed together do not
    /// return together.
    fn back_off(&self, base: Duration, retries: u32) -> Duration {
        let factor = 2_u32.saturating_pow(retries.min(16));
        let full = base.saturating_mul(factor).min(self.cap);
        full.mul_f64(0.75 + 0.25 * jitter())
    }
}

/// Why another attempt is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The service answered that it is busy, and perhaps for how long.
    Busy { asked: Option<Duration> },
    /// There was no answer.
    Connection,
}

impl Cause {
    const fn asked(self) -> Option<Duration> {
        match self {
            Self::Busy { asked } => asked,
            Self::Connection => None,
        }
    }
}

/// Why there is no other attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// How long to wait was asked for, or would have been waited.
    pub(crate) asked: Option<Duration>,
    pub(crate) why: GivenUp,
}

/// The attempts of one request.
#[derive(Debug)]
pub(crate) struct Tries<'a> {
    policy: &'a RetryPolicy,
    deadline: &'a Deadline,
    /// Whether only the sender may repeat it.
    once: bool,
    retries: u32,
    waited: Duration,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(policy: &'a RetryPolicy, deadline: &'a Deadline) -> Self {
        Self {
            policy,
            deadline,
            once: false,
            retries: 0,
            waited: Duration::ZERO,
        }
    }

    /// The one attempt of a request that only its sender may repeat.
    pub(crate) fn once(policy: &'a RetryPolicy, deadline: &'a Deadline) -> Self {
        Self {
            once: true,
            ..Self::new(policy, deadline)
        }
    }

    /// The number of the attempt under way, from 1.
    pub(crate) fn attempt(&self) -> u32 {
        self.retries + 1
    }

    /// How long was waited between the attempts, in all.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }

    /// Whether and when to send again.
    pub(crate) fn next(&self, cause: Cause) -> Result<Duration, Refused> {
        if self.once {
            return Err(Refused {
                asked: cause.asked(),
                why: GivenUp::Attempts,
            });
        }
        self.policy.next(cause, self.retries, self.deadline.remaining())
    }

    /// Waits before the next attempt; ends at once when the operation is cancelled.
    pub(crate) async fn pause(&mut self, wait: Duration) -> Result<(), Ended> {
        self.deadline.bound(tokio::time::sleep(wait)).await?;
        self.retries += 1;
        self.waited += wait;
        Ok(())
    }
}

/// The wait that a `Retry-After` asks for: whole or fractional seconds, or a date
/// (<https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>, and Graph's fractions beside it).
#[must_use]
pub fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if value.starts_with(|c: char| c.is_ascii_digit()) {
        // Only digits and a point: `f64` would take "1e9" and "0x1" is none either.
        if !value.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return None;
        }
        let seconds: f64 = value.parse().ok()?;
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

/// From 0 to 1. The randomness of an id is enough here.
pub(crate) fn jitter() -> f64 {
    let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
    f64::from((high >> 32) as u32) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio_util::sync::CancellationToken;

    fn secs(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn retry_after_in_every_form() {
        let now = httpdate::parse_http_date("Wed, 01 Jul 2026 10:00:00 GMT").unwrap();
        for (value, expected) in [
            ("3", Some(secs(3.0))),
            (" 10 ", Some(secs(10.0))),
            ("2.128", Some(secs(2.128))),
            ("0", Some(Duration::ZERO)),
            ("0.0", Some(Duration::ZERO)),
            ("Wed, 01 Jul 2026 10:00:07 GMT", Some(secs(7.0))),
            ("Wednesday, 01-Jul-26 10:00:07 GMT", Some(secs(7.0))),
            ("Wed, 01 Jul 2026 09:00:00 GMT", Some(Duration::ZERO)),
            ("99999999999999999999999999999", Some(Duration::MAX)),
            ("", None),
            ("-1", None),
            ("1e9", None),
            ("inf", None),
            ("NaN", None),
            ("1.2.3", None),
            ("soon", None),
        ] {
            assert_eq!(parse_retry_after(value, now), expected, "{value:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_as_asked_but_not_below_the_floor_and_not_at_all_above_the_cap() {
        let policy = RetryPolicy::default();
        let deadline = Deadline::after(Duration::from_secs(3600));
        let tries = Tries::new(&policy, &deadline);
        for (asked, wait) in [
            (secs(2.128), secs(2.128)),
            (Duration::ZERO, policy.floor),
            (secs(0.1), policy.floor),
            (policy.cap, policy.cap),
        ] {
            assert_eq!(tries.next(Cause::Busy { asked: Some(asked) }), Ok(wait));
        }
        // Neither shortened nor begun, however much time there is.
        for asked in [secs(180.1), secs(600.0), secs(7200.0), Duration::MAX] {
            let refused = Refused {
                asked: Some(asked),
                why: GivenUp::Wait { longest: policy.cap },
            };
            assert_eq!(tries.next(Cause::Busy { asked: Some(asked) }), Err(refused));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_word_it_backs_off_until_the_attempts_are_used_up() {
        let policy = RetryPolicy::default();
        let deadline = Deadline::after(Duration::from_secs(3600));
        let mut tries = Tries::new(&policy, &deadline);
        for full in [3.0, 6.0, 12.0] {
            let wait = tries.next(Cause::Busy { asked: None }).unwrap();
            assert!(wait >= secs(full * 0.75) && wait <= secs(full), "{wait:?}");
            tries.pause(wait).await.unwrap();
        }
        let refused = Err(Refused {
            asked: None,
            why: GivenUp::Attempts,
        });
        assert_eq!(tries.next(Cause::Busy { asked: None }), refused);
        assert_eq!(tries.next(Cause::Connection), refused);
        assert_eq!(tries.attempt(), 4);
        assert!(tries.waited() >= secs(15.75));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_past_the_deadline_is_not_begun() {
        let policy = RetryPolicy::default();
        let deadline = Deadline::after(Duration::from_secs(10));
        let tries = Tries::new(&policy, &deadline);
        assert_eq!(
            tries.next(Cause::Busy {
                asked: Some(secs(30.0))
            }),
            Err(Refused {
                asked: Some(secs(30.0)),
                why: GivenUp::Time { left: secs(10.0) }
            })
        );
        assert_eq!(tries.next(Cause::Busy { asked: Some(secs(9.0)) }), Ok(secs(9.0)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancellation_ends_the_wait_at_once() {
        let policy = RetryPolicy::default();
        let cancel = CancellationToken::new();
        let deadline = Deadline::after(Duration::from_secs(600)).with_cancellation(cancel.clone());
        let mut tries = Tries::new(&policy, &deadline);
        let begun = tokio::time::Instant::now();
        let (ended, ()) = tokio::join!(tries.pause(Duration::from_secs(120)), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            cancel.cancel();
        });
        assert_eq!(ended, Err(Ended::Cancelled));
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
    }

    proptest! {
        #[test]
        fn no_header_value_is_a_panic(value in ".{0,40}") {
            let _ = parse_retry_after(&value, SystemTime::now());
        }

        #[test]
        fn every_number_of_seconds_is_read(seconds in 0_u32..1_000_000, millis in 0_u32..1000) {
            let parsed = parse_retry_after(&format!("{seconds}.{millis:03}"), SystemTime::now());
            let parsed = parsed.map(|d| d.as_secs_f64());
            let expected = f64::from(seconds) + f64::from(millis) / 1000.0;
            prop_assert!(parsed.is_some_and(|p| (p - expected).abs() < 1e-6));
        }
    }
}
