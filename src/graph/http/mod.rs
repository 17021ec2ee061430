//! The wire: connections, single attempts, bodies with limits, and the loop that tries again.
//!
//! Graph and the token services share it, and so share proxies, trust, connections, User-Agent and limits.

mod attempt;
mod body;
mod exchange;
mod pool;
mod proxy;

use std::time::Duration;

use ::http::{HeaderMap, Method, StatusCode};
use bytes::Bytes;
use url::Url;

use super::retry::RetryPolicy;
pub(crate) use body::{Body, excerpt, hide, scrub};
pub(crate) use exchange::{Exchanged, Verdict};
use pool::Pool;

/// The connections to Microsoft's services.
#[derive(Debug)]
pub(crate) struct Http {
    /// Through the proxies that the environment names.
    proxied: Pool,
    /// Never through a proxy: loopback and the metadata service of a virtual machine.
    direct: Pool,
    retry: RetryPolicy,
    request_timeout: Duration,
}

impl Http {
    /// No I/O: connections and trust stores come with the first request.
    pub(crate) fn new(user_agent: &str, request_timeout: Duration, retry: RetryPolicy) -> Self {
        Self {
            proxied: Pool::new(user_agent, true),
            direct: Pool::new(user_agent, false),
            retry,
            request_timeout,
        }
    }

    /// How often and how long to try again.
    pub(crate) fn retry(&self) -> &RetryPolicy {
        &self.retry
    }

    fn pool(&self, outgoing: &Outgoing) -> &Pool {
        if outgoing.direct { &self.direct } else { &self.proxied }
    }
}

/// A request as it goes out, as often as it takes.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) repeat: Repeat,
    /// How much of an answer is read, in bytes.
    pub(crate) limit: usize,
    /// Whether proxies are passed by.
    pub(crate) direct: bool,
}

/// Whether a request may be sent again when the service is busy or the connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Sending it twice does no more than sending it once.
    Freely,
    /// Not when it may have arrived and there was no answer.
    Unanswered,
    /// Only its sender may: what it carries may be out of date by then.
    Never,
}

/// An answer with as much of its body as was wanted.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl Answer {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
