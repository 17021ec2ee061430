//! What can go wrong between here and Microsoft Graph, each with what happened, where, and what to do next.
//!
//! Nothing in these types holds a secret, a token or a request body.

pub(crate) mod aadsts;
mod answer;
mod call;
mod token;
mod trust;

use std::borrow::Cow;
use std::time::Duration;

pub use answer::{BodyError, BodyProblem, GivenUp, HttpError, Throttled};
pub use call::{Call, ConnectError, Unfinished};
pub use token::{CredentialError, TokenError};

use crate::graph::policy::InvalidPolicy;
use crate::graph::retry::Refused;

/// A failed conversation with Microsoft Graph or with the service that issues its tokens.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// A setting of the client itself cannot be used.
    #[error("{attribute}: {problem}")]
    Config {
        /// The provider attribute at fault, in Terraform's words.
        attribute: &'static str,
        /// What is wrong with it and what is accepted.
        problem: String,
    },
    /// No request can be made of what it would have to carry. Nothing was sent.
    #[error("{problem}")]
    Unsendable {
        /// What cannot be sent, and why.
        problem: String,
    },
    /// No credential can be made of the configuration.
    #[error(transparent)]
    Credential(Box<CredentialError>),
    /// The token service refused, or did not answer with a token.
    #[error(transparent)]
    Token(Box<TokenError>),
    /// Graph answered with an error.
    #[error(transparent)]
    Http(Box<HttpError>),
    /// Graph asked to wait, more often or longer than the operation can.
    #[error(transparent)]
    Throttled(Box<Throttled>),
    /// There was no connection, or it broke.
    #[error(transparent)]
    Connect(Box<ConnectError>),
    /// The time the operation was given ran out.
    #[error("{0}: not finished within the {allowed} allowed", allowed = seconds(.0.allowed))]
    Timeout(Box<Unfinished>),
    /// The operation was interrupted.
    #[error("{0}: interrupted")]
    Cancelled(Box<Unfinished>),
    /// The answer is not the JSON that Graph sends.
    #[error(transparent)]
    Body(Box<BodyError>),
    /// The answer is longer than this client reads.
    #[error("{call}: the answer is larger than {limit} bytes{ids}", ids = answer::Ids(.call, .request_id.as_deref()))]
    TooLarge {
        /// The request.
        call: Box<Call>,
        /// What this client reads at most, in bytes.
        limit: usize,
        /// `request-id` of the answer.
        request_id: Option<Box<str>>,
    },
    /// A collection could not be read to its end.
    #[error("{call}: {problem}")]
    Paging {
        /// The request for the collection's first page.
        call: Box<Call>,
        /// What is wrong with the pages.
        problem: String,
    },
    /// The policy does not have the shape that Graph documents.
    #[error(transparent)]
    InvalidPolicy(#[from] InvalidPolicy),
}

impl GraphError {
    /// A credential that cannot be used, and what to do about it.
    pub(crate) fn credential(problem: impl Into<String>, advice: impl Into<Cow<'static, str>>) -> Self {
        Self::Credential(Box::new(CredentialError {
            problem: problem.into(),
            advice: advice.into(),
        }))
    }

    /// The HTTP status of the answer, when there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Http(error) => Some(error.status),
            Self::Throttled(error) => Some(error.status),
            Self::Body(error) => Some(error.status),
            Self::Token(error) => error.status,
            _ => None,
        }
    }

    /// The id that Microsoft's support asks for: `request-id` of Graph, trace id of the token service.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Http(error) => error.request_id.as_deref(),
            Self::Throttled(error) => error.request_id.as_deref(),
            Self::Body(error) => error.request_id.as_deref(),
            Self::Token(error) => error.trace_id.as_deref(),
            Self::TooLarge { request_id, .. } => request_id.as_deref(),
            _ => None,
        }
    }

    /// Whether a write that ended with this error can have taken effect all the same: the request had left and
    /// no answer ruled it out.
    #[must_use]
    pub fn may_have_applied(&self) -> bool {
        match self {
            // A success with an error in its body says both: only the policy itself tells.
            Self::Http(error) => error.status < 300 || error.status >= 500 || error.uncertain,
            Self::Throttled(error) => error.status >= 500 || error.uncertain,
            Self::Connect(error) => error.sent,
            Self::Timeout(unfinished) | Self::Cancelled(unfinished) => unfinished.sent,
            Self::Body(_) | Self::TooLarge { .. } => true,
            Self::Config { .. }
            | Self::Unsendable { .. }
            | Self::Credential(_)
            | Self::Token(_)
            | Self::Paging { .. }
            | Self::InvalidPolicy(_) => false,
        }
    }

    /// True if the token service knows the credential and refuses it: the same one is refused again.
    pub(crate) fn is_bad_credential(&self) -> bool {
        matches!(self, Self::Token(refusal) if refusal.is_bad_credential())
    }

    /// The same error, of a request that its sender repeated: sent so often, with so much waiting in between, and not again.
    pub(crate) fn after(mut self, attempts: u32, waited: Duration, refused: Refused) -> Self {
        match &mut self {
            Self::Throttled(error) => {
                (error.attempts, error.waited) = (attempts, waited);
                (error.asked, error.why) = (refused.asked, refused.why);
            }
            Self::Connect(error) => error.attempts = attempts,
            _ => {}
        }
        self
    }

    /// The same error, with what went wrong before it, when it is only that the time ran out.
    pub(crate) fn preceded_by(mut self, trouble: Option<String>) -> Self {
        if let (Self::Timeout(unfinished) | Self::Cancelled(unfinished), Some(trouble)) = (&mut self, trouble) {
            unfinished.last.get_or_insert(trouble);
        }
        self
    }

    /// The same error, known to have come before the request itself was sent: while signing in.
    pub(crate) fn unsent(mut self) -> Self {
        match &mut self {
            Self::Connect(error) => error.sent = false,
            Self::Timeout(unfinished) | Self::Cancelled(unfinished) => unfinished.sent = false,
            _ => {}
        }
        self
    }

    /// What a person can do next.
    #[must_use]
    pub fn advice(&self) -> Cow<'static, str> {
        match self {
            Self::Config { attribute, .. } => Cow::Owned(format!(
                "Correct `{attribute}` in the provider block or its environment variable."
            )),
            Self::Unsendable { .. } => {
                Cow::Borrowed("Nothing was sent to Microsoft Graph. Correct the value where the configuration has it.")
            }
            Self::Credential(error) => error.advice.clone(),
            Self::Token(error) => error.advice(),
            Self::Http(error) => error.advice(),
            Self::Throttled(error) => error.advice(),
            Self::Connect(error) => error.advice(),
            Self::Timeout(_) => Cow::Borrowed(
                "Run Terraform again. If it happens again, see whether the service is slow (https://status.cloud.microsoft); if the \
                 resource has `timeouts`, raise the operation's value there.",
            ),
            Self::Cancelled(_) => Cow::Borrowed("Run Terraform again: it reads the policy as it is now."),
            Self::Body(error) => error.advice(),
            Self::TooLarge { .. } | Self::Paging { .. } => {
                Cow::Borrowed("Check that `graph_endpoint` is Microsoft Graph and that no proxy answers in its place.")
            }
            Self::InvalidPolicy(_) => Cow::Borrowed(
                "If Graph really answers this, please report it with the provider's version, because Microsoft may have \
                 changed the policy.",
            ),
        }
    }
}

/// A duration as people read it: "3 s", "2.128 s"; from ten minutes on "20 min", "1 h 30 min", "2 days 3 h".
pub(crate) fn seconds(duration: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;

    let whole = duration.as_secs();
    let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| match whole % large / small {
        0 => format!("{} {large_unit}", whole / large),
        rest => format!("{} {large_unit} {rest} {small_unit}", whole / large),
    };
    if whole >= 365 * DAY {
        return "a year or more".to_owned();
    } else if whole >= 2 * DAY {
        return two(DAY, "days", HOUR, "h");
    } else if whole >= HOUR {
        return two(HOUR, "h", MINUTE, "min");
    } else if whole >= 10 * MINUTE {
        return two(MINUTE, "min", 1, "s");
    }
    let milliseconds = duration.as_millis();
    if milliseconds.is_multiple_of(1000) {
        format!("{} s", milliseconds / 1000)
    } else {
        let text = format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
        format!("{} s", text.trim_end_matches('0'))
    }
}

/// `text` as a sentence begins.
pub(crate) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        for (millis, text) in [
            (0, "0 s"),
            (3000, "3 s"),
            (2128, "2.128 s"),
            (1500, "1.5 s"),
            (180_000, "180 s"),
            (599_999, "599.999 s"),
            (600_000, "10 min"),
            (3_599_999, "59 min 59 s"),
            (3_600_000, "1 h"),
            (5_400_500, "1 h 30 min"),
            (90_000_000, "25 h"),
            (183_600_000, "2 days 3 h"),
            (2_300_962_760_857, "a year or more"),
        ] {
            assert_eq!(seconds(Duration::from_millis(millis)), text);
        }
        assert_eq!(seconds(Duration::MAX), "a year or more");
    }

    #[test]
    fn errors_stay_small_and_can_be_shared() {
        fn shared<T: Clone + Send + Sync + std::error::Error + 'static>() {}
        shared::<GraphError>();
        assert!(size_of::<GraphError>() <= 80, "{}", size_of::<GraphError>());
    }

    #[test]
    fn a_write_may_have_applied_only_when_it_left_and_was_not_refused() {
        let call = Call::new("PUT", "/v1.0/policies/deviceRegistrationPolicy");
        let unfinished = |sent| Box::new(Unfinished::new(call.clone(), Duration::from_secs(5), sent));
        let http = |status| GraphError::Http(Box::new(HttpError::new(call.clone(), status, "x", "y")));
        assert!(GraphError::Timeout(unfinished(true)).may_have_applied());
        assert!(!GraphError::Timeout(unfinished(false)).may_have_applied());
        assert!(!GraphError::Cancelled(unfinished(false)).may_have_applied());
        assert!(http(503).may_have_applied());
        assert!(http(200).may_have_applied());
        assert!(!http(400).may_have_applied());
    }

    /// It may be what a write is read back as: whether anything was written is not for it to say.
    #[test]
    fn a_policy_that_is_none_is_named_in_one_way_wherever_it_comes_from() {
        let invalid = crate::graph::policy::Policy::parse("[]").unwrap_err();
        let error = GraphError::from(invalid.clone());
        assert_eq!(error.to_string(), invalid.to_string());
        assert_eq!(
            error.to_string(),
            "the device registration policy has an unexpected value at its root: expected an object, found an array of 0"
        );
        assert!(!error.advice().contains("written"), "{}", error.advice());
    }
}
