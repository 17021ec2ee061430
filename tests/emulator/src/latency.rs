//! How long a request takes: half of the time passes before it takes effect and half after.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::exchange::Call;
use crate::pattern::Pattern;

/// Artificial latency. The first rule that matches counts, else `millis`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Latency {
    /// Milliseconds for requests that no rule matches. The control API never waits.
    pub millis: u64,
    /// Rules by method and path.
    pub rules: Vec<Rule>,
}

/// Latency of some requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which requests.
    #[serde(default, rename = "match")]
    pub pattern: Pattern,
    /// Milliseconds.
    pub millis: u64,
}

impl Latency {
    pub(crate) fn half(&self, call: &Call) -> Duration {
        let millis = self
            .rules
            .iter()
            .find(|rule| rule.pattern.matches(call))
            .map_or(self.millis, |rule| rule.millis);
        Duration::from_micros(millis.saturating_mul(500))
    }
}
