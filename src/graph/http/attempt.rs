//! One attempt: out, and back or not.

use std::error::Error;
use std::io;
use std::time::Duration;

use super::pool::Line;
use super::{Answer, Body, Http, Outgoing, Repeat};
use crate::graph::deadline::{Deadline, Ended};
use ::http::HeaderValue;

/// How long the answer to a write is still awaited after a cancellation: knowing whether the tenant has changed is
/// worth a moment.
const GRACE: Duration = Duration::from_secs(2);

/// Why an attempt has no answer.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// The network, or the other side, failed.
    Fault(Fault),
    /// The operation had to end. `sent` says whether the request had been handed to the network.
    Ended { why: Ended, sent: bool },
}

/// A connection that did not come about or broke.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) problem: String,
    /// Whether the request can have reached the service.
    pub(super) sent: bool,
    /// Whether the service's certificate was refused; trying again does not help then.
    pub(super) certificate: bool,
    /// Whether there was no answer in time: the connection is not to be used again.
    pub(super) silent: bool,
}

impl Http {
    /// Sends once over `line` and reads the answer, within the time of one request and of the operation.
    pub(super) async fn attempt(
        &self,
        line: &Line,
        outgoing: &Outgoing,
        id: &str,
        deadline: &Deadline,
    ) -> Result<Answer, Failure> {
        if let Some(why) = deadline.ended() {
            return Err(Failure::Ended { why, sent: false });
        }
        let exchange = async {
            let response = line.client.execute(self.request(line, outgoing, id)?).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = Body::read(response, outgoing.limit).await?;
            Ok(Answer { status, headers, body })
        };
        let within_request = tokio::time::timeout(self.request_timeout, exchange);
        tokio::pin!(within_request);
        let outcome = tokio::select! {
            biased;
            outcome = &mut within_request => outcome,
            why = deadline.end() => {
                // Whatever else may be sent again does not matter.
                let grace = if why == Ended::Cancelled && outgoing.repeat == Repeat::Never {
                    GRACE.min(deadline.remaining())
                } else {
                    Duration::ZERO
                };
                match tokio::time::timeout(grace, &mut within_request).await {
                    Ok(outcome) => outcome,
                    Err(_) => return Err(Failure::Ended { why, sent: true }),
                }
            }
        };
        match outcome {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Failure::Fault(fault(error))),
            Err(_) => Err(Failure::Fault(Fault {
                problem: format!(
                    "no answer within {}",
                    crate::graph::error::seconds(self.request_timeout)
                ),
                sent: true,
                certificate: false,
                silent: true,
            })),
        }
    }

    fn request(&self, line: &Line, outgoing: &Outgoing, id: &str) -> Result<reqwest::Request, reqwest::Error> {
        let mut request = line
            .client
            .request(outgoing.method.clone(), outgoing.url.clone())
            .headers(outgoing.headers.clone());
        if let Ok(id) = HeaderValue::from_str(id) {
            request = request.header("client-request-id", id);
        }
        if let Some(body) = &outgoing.body {
            request = request.body(body.clone());
        }
        request.build()
    }
}

/// What reqwest says, without the URL, in the words of the innermost causes.
pub(super) fn fault(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let sent = !error.is_connect() && !error.is_builder();
    let silent = error.is_timeout();
    let mut certificate = false;
    let mut problems: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        certificate |= refuses_certificate(cause);
        let said = cause.to_string();
        // hyper's own layer only says that it is one.
        if !said.starts_with("client error (") {
            problems.push(said);
        }
        source = cause.source();
    }
    // What happened is at the end.
    let problem = match problems.as_slice() {
        [] => error.to_string(),
        [only] => only.clone(),
        [.., before, last] if before.contains(last.as_str()) => before.clone(),
        [.., before, last] => format!("{before}: {last}"),
    };
    Fault {
        problem,
        sent,
        certificate,
        silent,
    }
}

/// rustls' errors travel inside `io::Error`s, perhaps several, which do not name them as their source.
fn refuses_certificate(cause: &(dyn Error + 'static)) -> bool {
    if let Some(io) = cause.downcast_ref::<io::Error>() {
        return io.get_ref().is_some_and(|inner| refuses_certificate(inner));
    }
    matches!(
        cause.downcast_ref::<rustls::Error>(),
        Some(rustls::Error::InvalidCertificate(_))
    )
}
