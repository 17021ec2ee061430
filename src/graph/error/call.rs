//! The request an error is about, and the ways in which it got no answer.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::{GraphError, trust};
use crate::graph::deadline::Ended;

/// Which request: its method, path and our id of it. Neither host, query nor body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The HTTP method.
    pub method: String,
    /// The path with the API version, without the query.
    pub path: String,
    /// The `client-request-id` sent with the last attempt, which Graph's logs hold too.
    pub client_request_id: Option<String>,
}

impl Call {
    /// A request that has no id yet.
    #[must_use]
    pub fn new(method: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            client_request_id: None,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// A request whose end was not awaited.
#[derive(Clone, Debug)]
pub struct Unfinished {
    /// The request.
    pub call: Call,
    /// What the operation was allowed in all.
    pub allowed: Duration,
    /// Whether the request had been handed to the network: a write may then have happened.
    pub sent: bool,
    /// What went wrong before, when this was a repetition.
    pub last: Option<String>,
}

impl Unfinished {
    /// A request that had not gone wrong before.
    #[must_use]
    pub fn new(call: Call, allowed: Duration, sent: bool) -> Self {
        Self {
            call,
            allowed,
            sent,
            last: None,
        }
    }

    /// The error of an operation that ended for this reason.
    pub(crate) fn because(self, ended: Ended) -> GraphError {
        match ended {
            Ended::TimedOut => GraphError::Timeout(Box::new(self)),
            Ended::Cancelled => GraphError::Cancelled(Box::new(self)),
        }
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.call)?;
        match &self.last {
            Some(last) => write!(f, " (before: {last})"),
            None => Ok(()),
        }
    }
}

/// No connection could be made, or it broke before the whole answer was there.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "{call}: {problem} ({host}{via}, {attempts} attempt{s})",
    via = .proxy.as_ref().map_or_else(String::new, |proxy| format!(", through the proxy {proxy}")),
    s = if *.attempts == 1 { "" } else { "s" }
)]
pub struct ConnectError {
    /// The request.
    pub call: Call,
    /// The scheme, host and port that was asked for.
    pub host: String,
    /// The host and port of the proxy in between, and what names it.
    pub proxy: Option<String>,
    /// What the network said.
    pub problem: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether the request can have reached the service.
    pub sent: bool,
    /// Whether the service's certificate was refused.
    pub certificate: bool,
}

impl ConnectError {
    pub(super) fn advice(&self) -> Cow<'static, str> {
        if self.certificate {
            return Cow::Owned(trust::advice());
        }
        Cow::Owned(match &self.proxy {
            Some(proxy) => format!(
                "Check that the proxy {proxy} can be reached from this machine and lets connections to {} through. What NO_PROXY \
                 names is asked for without a proxy.",
                self.host
            ),
            None => format!(
                "Check that {} can be reached from this machine; HTTPS_PROXY and NO_PROXY are honoured.",
                self.host
            ),
        })
    }
}
