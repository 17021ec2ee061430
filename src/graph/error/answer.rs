//! Answers that are no success: Graph's own errors, throttling, and bodies that are not what Graph sends.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::{Call, seconds};

/// Advice on an answer that something else gave.
const NOT_GRAPH: &str = "What answered is not Microsoft Graph: check `graph_endpoint`, and whether a proxy or a sign-in page on the \
                         way answers in its place.";

/// An error that Graph answered, as its envelope says it (<https://learn.microsoft.com/graph/errors>).
#[derive(Clone, Debug)]
pub struct HttpError {
    /// The request.
    pub call: Call,
    /// The HTTP status.
    pub status: u16,
    /// `error.code`; branch on this one, never on the message. Empty when the answer has none.
    pub code: String,
    /// `error.message`.
    pub message: String,
    /// The codes of nested inner errors, outermost first.
    pub inner_codes: Vec<String>,
    /// `request-id` of the header or of the envelope.
    pub request_id: Option<String>,
    /// How often the request was sent.
    pub attempts: u32,
    /// Whether an attempt before the refused one can have taken effect.
    pub uncertain: bool,
    /// What is known about the cause beside Graph's words, such as the permission that the token lacks.
    pub explanation: Option<String>,
}

impl HttpError {
    /// An error without ids.
    #[must_use]
    pub fn new(call: Call, status: u16, code: &str, message: &str) -> Self {
        Self {
            call,
            status,
            code: code.to_owned(),
            message: message.to_owned(),
            inner_codes: Vec::new(),
            request_id: None,
            attempts: 1,
            uncertain: false,
            explanation: None,
        }
    }

    /// Whether it carries any mark of Graph, which gives each answer an id and each error a code.
    pub(crate) fn is_of_graph(&self) -> bool {
        !self.code.is_empty() || self.request_id.is_some()
    }

    pub(super) fn advice(&self) -> Cow<'static, str> {
        if let Some(explanation) = &self.explanation {
            return Cow::Owned(explanation.clone());
        }
        Cow::Borrowed(match self.status {
            300..400 | 407 => NOT_GRAPH,
            _ if !self.is_of_graph() && self.status < 500 => NOT_GRAPH,
            _ if !self.is_of_graph() => {
                "The service failed, or what is before it: a gateway, or a proxy of yours. Run Terraform again; if it stays, \
                 check `graph_endpoint` and the proxy."
            }
            401 => "Check that the credentials belong to the configured tenant and cloud.",
            403 => {
                "Grant the application the Graph permission Policy.Read.DeviceConfiguration to read and \
                 Policy.ReadWrite.DeviceConfiguration to change, with admin consent."
            }
            404 => "Check `graph_endpoint`, `environment` and `api_version`: this address does not have the resource.",
            400 => {
                "Microsoft Graph rejected the request. Check the value that its message names; if it names none, report this \
                 with the request-id."
            }
            429 | 503 | 504 => "The service is busy. Run Terraform again later, or raise `max_retries`.",
            500.. => "The service failed. Run Terraform again; if it stays, report the request-id to Microsoft.",
            _ => "See Graph's message above; Microsoft's support can look up the request-id.",
        })
    }
}

impl std::error::Error for HttpError {}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call, self.status)?;
        if !self.code.is_empty() {
            write!(f, " {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ids(&self.call, self.request_id.as_deref()).fmt(f)
    }
}

/// Graph asked to wait, and the operation could not.
#[derive(Clone, Debug)]
pub struct Throttled {
    /// The request.
    pub call: Call,
    /// The HTTP status: 429, 503 or 504.
    pub status: u16,
    /// `error.code`.
    pub code: String,
    /// `error.message`, or what else the answer holds.
    pub message: String,
    /// How long Graph asked to wait before the next attempt, when it said so.
    pub asked: Option<Duration>,
    /// Why that was not waited for.
    pub why: GivenUp,
    /// How often the request was sent.
    pub attempts: u32,
    /// How long was waited between the attempts, in all.
    pub waited: Duration,
    /// Whether an attempt before the last can have taken effect.
    pub uncertain: bool,
    /// `request-id` of the last answer.
    pub request_id: Option<String>,
}

/// Why a busy service was not asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// The attempts ran out.
    Attempts,
    /// The wait would have gone past the time allowed.
    Time {
        /// What was left of it.
        left: Duration,
    },
    /// The wait is longer than any that the provider begins.
    Wait {
        /// The longest that it does.
        longest: Duration,
    },
}

impl Throttled {
    pub(super) fn advice(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self.why {
            // Data sources have no `timeouts`.
            GivenUp::Time { .. } => {
                "Run Terraform again after that time. If the resource has `timeouts`, a larger value there lets the provider \
                 wait that long itself."
            }
            GivenUp::Wait { .. } => "Run Terraform again after that time.",
            GivenUp::Attempts => "Run Terraform again later, or raise `max_retries`.",
        })
    }
}

impl std::error::Error for Throttled {}

impl fmt::Display for Throttled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call, self.status)?;
        if !self.code.is_empty() {
            write!(f, " {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message.trim_end_matches('.'))?;
        }
        write!(
            f,
            "; sent {} time{}, waited {}",
            self.attempts,
            if self.attempts == 1 { "" } else { "s" },
            seconds(self.waited)
        )?;
        if let Some(asked) = &self.asked {
            write!(f, ", asked to wait {} more", seconds(*asked))?;
        }
        match self.why {
            GivenUp::Attempts => {}
            GivenUp::Time { left } => write!(f, ", and only {} of the time allowed are left", seconds(left))?,
            GivenUp::Wait { longest } => write!(f, ", and the provider waits {} at most", seconds(longest))?,
        }
        Ids(&self.call, self.request_id.as_deref()).fmt(f)
    }
}

/// An answer whose body cannot be used.
#[derive(Clone, Debug)]
pub struct BodyError {
    /// The request.
    pub call: Call,
    /// The HTTP status.
    pub status: u16,
    /// The answer's `Content-Type`, shortened.
    pub content_type: Option<String>,
    /// What is wrong with it.
    pub problem: BodyProblem,
    /// The start of the body: printable, short, without anything that looks like a token.
    pub excerpt: String,
    /// `request-id` of the answer.
    pub request_id: Option<String>,
}

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyProblem {
    /// There is none.
    Empty,
    /// It is of another type, an HTML page for one.
    NotJson,
    /// It starts as JSON and ends too early or goes wrong.
    Malformed(String),
    /// It is JSON of another kind than the request is answered with.
    NotAnObject(&'static str),
    /// It ended before the length that was announced.
    Truncated,
}

impl BodyError {
    pub(super) fn advice(&self) -> Cow<'static, str> {
        // It may be Graph all the same: an answer that was cut off says nothing else.
        Cow::Borrowed(
            "Graph answers with JSON: check `graph_endpoint`, and whether a proxy or a sign-in page on the way answers in \
             its place.",
        )
    }
}

impl std::error::Error for BodyError {}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} with ", self.call, self.status)?;
        match &self.problem {
            BodyProblem::Empty => write!(f, "an empty body")?,
            BodyProblem::NotJson => write!(f, "a body that is not JSON")?,
            BodyProblem::Malformed(detail) => write!(f, "malformed JSON ({detail})")?,
            BodyProblem::NotAnObject(found) => write!(f, "{found} where a JSON object belongs")?,
            BodyProblem::Truncated => write!(f, "a body that ends too early")?,
        }
        if let Some(content_type) = &self.content_type {
            write!(f, ", Content-Type {content_type}")?;
        }
        if !self.excerpt.is_empty() {
            write!(f, ", which starts with {:?}", self.excerpt)?;
        }
        Ids(&self.call, self.request_id.as_deref()).fmt(f)
    }
}

/// The ids that a support request needs, in brackets.
pub(super) struct Ids<'a>(pub(super) &'a Call, pub(super) Option<&'a str>);

impl fmt::Display for Ids<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.1, &self.0.client_request_id) {
            (Some(id), _) => write!(f, " (request-id {id})"),
            (None, Some(id)) => write!(f, " (client-request-id {id})"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_graph_names_everything() {
        let mut error = HttpError::new(
            Call::new("PUT", "/v1.0/policies/deviceRegistrationPolicy"),
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        );
        error.request_id = Some("8a7f".to_owned());
        assert_eq!(
            error.to_string(),
            "PUT /v1.0/policies/deviceRegistrationPolicy: 403 Authorization_RequestDenied: Insufficient privileges to \
             complete the operation. (request-id 8a7f)"
        );
    }

    #[test]
    fn what_is_not_graphs_is_not_explained_as_graphs() {
        let advice = |status, code: &str, request_id: Option<&str>| {
            let mut error = HttpError::new(Call::new("GET", "/v1.0/x"), status, code, "");
            error.request_id = request_id.map(str::to_owned);
            error.advice().into_owned()
        };
        for (status, code, request_id) in [
            (302, "", Some("r")),
            (407, "", None),
            (400, "", None),
            (401, "", None),
            (403, "", None),
            (404, "", None),
            (418, "", None),
        ] {
            let advice = advice(status, code, request_id);
            assert!(
                advice.starts_with("What answered is not Microsoft Graph"),
                "{status}: {advice}"
            );
        }
        assert!(advice(502, "", None).contains("proxy of yours"));
        assert!(advice(502, "", Some("r")).starts_with("The service failed. Run"));
        for (code, request_id) in [("Request_BadRequest", None), ("", Some("r"))] {
            let advice = advice(400, code, request_id);
            assert!(advice.starts_with("Microsoft Graph rejected the request."), "{advice}");
        }
    }

    #[test]
    fn throttling_says_how_long_it_waited_and_was_asked_to() {
        let mut error = Throttled {
            call: Call::new("GET", "/v1.0/policies/deviceRegistrationPolicy"),
            status: 429,
            code: "TooManyRequests".to_owned(),
            message: "Please retry after".to_owned(),
            asked: Some(Duration::from_secs(30)),
            why: GivenUp::Time {
                left: Duration::from_millis(12_500),
            },
            attempts: 2,
            waited: Duration::from_secs(3),
            uncertain: false,
            request_id: None,
        };
        assert_eq!(
            error.to_string(),
            "GET /v1.0/policies/deviceRegistrationPolicy: 429 TooManyRequests: Please retry after; sent 2 times, waited \
             3 s, asked to wait 30 s more, and only 12.5 s of the time allowed are left"
        );
        error.asked = Some(Duration::from_secs(3600));
        error.why = GivenUp::Wait {
            longest: Duration::from_secs(180),
        };
        assert!(
            error
                .to_string()
                .ends_with("waited 3 s, asked to wait 1 h more, and the provider waits 180 s at most"),
            "{error}"
        );
    }
}
