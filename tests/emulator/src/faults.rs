//! Faults put into the way of chosen requests.

use serde::{Deserialize, Serialize};

use crate::exchange::{Call, Listener};
use crate::pattern::Pattern;

/// What goes wrong, with which requests, and how often.
///
/// ```
/// use graph_emulator::{Effect, Fault};
/// // The next two PUTs of the policy take effect and then seem to fail.
/// let fault = Fault::new(Effect::status(503)).method("PUT").path("*/deviceRegistrationPolicy").times(2).after_effect();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which requests.
    #[serde(default, rename = "match")]
    pub pattern: Pattern,
    /// How many matching requests pass untouched first.
    #[serde(default)]
    pub skip: u32,
    /// How many requests it hits; 0 is all until faults are cleared.
    #[serde(default = "once")]
    pub times: u32,
    /// Whether the request takes effect before it goes wrong.
    #[serde(default)]
    pub after_effect: bool,
    /// What goes wrong.
    pub effect: Effect,
}

const fn once() -> u32 {
    1
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// An error status with an error body in the listener's own form.
    Status {
        /// HTTP status.
        status: u16,
        /// `error.code`; one that fits the status when absent.
        #[serde(default)]
        code: Option<String>,
        /// `error.message`; one that fits the status when absent.
        #[serde(default)]
        message: Option<String>,
        /// The whole value of the `Retry-After` header; no header when absent.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// A token endpoint error by its number.
    Aadsts {
        /// For example 90033.
        code: u32,
    },
    /// The TCP connection is reset, with everything in flight on it.
    Reset,
    /// No answer, for so long or for ever; then the connection is reset.
    Hang {
        /// Milliseconds; for ever when absent.
        #[serde(default)]
        millis: Option<u64>,
    },
    /// A page of HTML, as a proxy in between would answer.
    Html {
        /// HTTP status.
        status: u16,
    },
    /// The answer's headers promise all of the body, its JSON ends half way.
    Truncated,
    /// The connection ends in the middle of the body.
    BrokenBody,
    /// Status 200 with an error envelope in the body.
    ErrorInOk,
    /// A JSON body of about so many bytes.
    Oversized {
        /// Length of the body.
        bytes: usize,
    },
    /// An answer given word by word.
    Raw {
        /// HTTP status.
        status: u16,
        /// Headers.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// Body.
        #[serde(default)]
        body: String,
    },
}

impl Effect {
    /// An error status without `Retry-After`.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status {
            status,
            code: None,
            message: None,
            retry_after: None,
        }
    }

    /// 429 with this `Retry-After`; none when it is empty.
    #[must_use]
    pub fn throttled(retry_after: &str) -> Self {
        Self::Status {
            status: 429,
            code: None,
            message: None,
            retry_after: (!retry_after.is_empty()).then(|| retry_after.to_owned()),
        }
    }

    /// Whether the true answer is needed to make the faulty one.
    pub(crate) fn alters_answer(&self) -> bool {
        matches!(self, Self::Truncated | Self::BrokenBody)
    }

    /// The name in the request log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Aadsts { .. } => "aadsts",
            Self::Reset => "reset",
            Self::Hang { .. } => "hang",
            Self::Html { .. } => "html",
            Self::Truncated => "truncated",
            Self::BrokenBody => "broken_body",
            Self::ErrorInOk => "error_in_ok",
            Self::Oversized { .. } => "oversized",
            Self::Raw { .. } => "raw",
        }
    }
}

impl Fault {
    /// Hits the next request, whatever it is.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self {
            pattern: Pattern::default(),
            skip: 0,
            times: once(),
            after_effect: false,
            effect,
        }
    }

    /// Only requests with this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.pattern.method = Some(method.to_ascii_uppercase());
        self
    }

    /// Only requests whose path has this form (see [`Pattern::path`]).
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.pattern.path = Some(path.to_owned());
        self
    }

    /// Only requests to this listener.
    #[must_use]
    pub fn on(mut self, listener: Listener) -> Self {
        self.pattern.listener = Some(listener);
        self
    }

    /// Hits so many requests; 0 is all.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Lets so many matching requests pass first.
    #[must_use]
    pub fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Lets the request take effect before it goes wrong.
    #[must_use]
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }
}

/// The faults that wait for their requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn waiting(&self) -> &[Fault] {
        &self.0
    }

    /// The fault for this request. The earliest one added wins; each counts only the requests that came to it.
    pub(crate) fn take(&mut self, call: &Call) -> Option<Fault> {
        self.take_where(call, |_| true)
    }

    /// The same, of the faults that `applies` allows.
    pub(crate) fn take_where(&mut self, call: &Call, applies: impl Fn(&Effect) -> bool) -> Option<Fault> {
        for (index, fault) in self.0.iter_mut().enumerate() {
            if !fault.pattern.matches(call) || !applies(&fault.effect) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            let hit = fault.clone();
            if fault.times == 1 {
                self.0.remove(index);
            } else {
                fault.times = fault.times.saturating_sub(1);
            }
            return Some(hit);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::call;

    #[test]
    fn hits_what_it_is_for_as_often_as_it_says() {
        let mut faults = Faults::default();
        faults.add(Fault::new(Effect::status(503)).method("put").skip(1).times(2));
        let get = call("GET", "/v1.0/x", "");
        let put = call("PUT", "/v1.0/x", "");
        let hits: Vec<bool> = [&get, &put, &put, &get, &put, &put]
            .into_iter()
            .map(|call| faults.take(call).is_some())
            .collect();
        assert_eq!(hits, [false, false, true, false, true, false]);
    }

    #[test]
    fn zero_times_is_for_ever() {
        let mut faults = Faults::default();
        faults.add(Fault::new(Effect::Reset).times(0));
        for _ in 0..5 {
            assert!(faults.take(&call("GET", "/", "")).is_some());
        }
        faults.clear();
        assert!(faults.take(&call("GET", "/", "")).is_none());
    }

    #[test]
    fn reads_the_form_of_the_control_api() {
        let json = r#"{"match":{"method":"PUT"},"effect":{"kind":"status","status":429,"retry_after":"2.128"}}"#;
        let fault: Fault = serde_json::from_str(json).unwrap();
        assert_eq!(fault, Fault::new(Effect::throttled("2.128")).method("PUT"));
        assert!(serde_json::from_str::<Fault>(r#"{"effect":{"kind":"status"}}"#).is_err());
    }
}
