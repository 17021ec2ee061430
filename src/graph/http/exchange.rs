//! A request until it is answered for good: attempts, waits, and the end of both.

use std::time::{Duration, Instant, SystemTime};

use super::attempt::{Failure, Fault, fault};
use super::{Answer, Http, Outgoing, Repeat, proxy};
use crate::graph::deadline::{Deadline, Ended};
use crate::graph::error::{Call, ConnectError, GraphError, Unfinished};
use crate::graph::retry::{Cause, Refused, Tries, parse_retry_after};

/// What an answer means for the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the answer, be it good or bad.
    Final,
    /// The service asks to come again.
    Busy,
    /// The service asks to come again, over another connection.
    BusyLeave,
}

/// An answer, and what it took.
#[derive(Clone, Debug)]
pub(crate) struct Exchanged {
    pub(crate) answer: Answer,
    pub(crate) attempts: u32,
    pub(crate) waited: Duration,
    /// Set when the service asked to come again and that could not be.
    pub(crate) refused: Option<Refused>,
    /// Whether an attempt before the answered one can have taken effect.
    pub(crate) uncertain: bool,
}

/// What comes after an attempt.
enum Next {
    Done(Exchanged),
    Again { wait: Duration, problem: String },
    Failed(GraphError),
}

impl Http {
    /// Sends `outgoing` until there is an answer that `verdict` takes as final, or no attempt is left.
    ///
    /// `call` gets the id of the last attempt.
    pub(crate) async fn exchange(
        &self,
        outgoing: &Outgoing,
        call: &mut Call,
        deadline: &Deadline,
        verdict: impl Fn(&Answer) -> Verdict + Send,
    ) -> Result<Exchanged, GraphError> {
        let mut tries = if outgoing.repeat == Repeat::Never {
            Tries::once(&self.retry, deadline)
        } else {
            Tries::new(&self.retry, deadline)
        };
        let mut last = None;
        let mut uncertain = false;
        loop {
            let id = uuid::Uuid::new_v4().to_string();
            call.client_request_id = Some(id.clone());
            let line = match self.pool(outgoing).line() {
                Ok(line) => line,
                Err(error) => {
                    // What can fail there is the system's trust store.
                    let mut fault = fault(error);
                    fault.certificate = true;
                    return Err(connect_error(call, outgoing, fault, &tries));
                }
            };
            let begun = Instant::now();
            let outcome = self.attempt(&line, outgoing, &id, deadline).await;
            log(call, tries.attempt(), begun.elapsed(), &outcome);
            if leaves(&outcome, &verdict) {
                self.pool(outgoing).leave(&line);
            }
            let next = match outcome {
                Ok(answer) => {
                    let failed_inside = answer.status.is_server_error();
                    let next = after_answer(verdict(&answer), answer, &tries, uncertain);
                    uncertain |= failed_inside;
                    next
                }
                Err(Failure::Ended { why, sent }) => {
                    Next::Failed(ended(call, deadline, why, sent || uncertain, last.take()))
                }
                Err(Failure::Fault(mut fault)) => {
                    uncertain |= fault.sent;
                    fault.sent = uncertain;
                    after_fault(fault, call, outgoing, &tries)
                }
            };
            match next {
                Next::Done(exchanged) => return Ok(exchanged),
                Next::Failed(error) => return Err(error),
                Next::Again { wait, problem } => {
                    log_wait(call, wait, &problem);
                    last = Some(problem);
                    if let Err(why) = tries.pause(wait).await {
                        return Err(ended(call, deadline, why, uncertain, last));
                    }
                }
            }
        }
    }
}

/// Whether the next attempt goes over another connection.
fn leaves(outcome: &Result<Answer, Failure>, verdict: impl Fn(&Answer) -> Verdict) -> bool {
    match outcome {
        Ok(answer) => verdict(answer) == Verdict::BusyLeave,
        Err(Failure::Fault(fault)) => fault.silent,
        Err(Failure::Ended { .. }) => false,
    }
}

fn after_answer(verdict: Verdict, answer: Answer, tries: &Tries<'_>, uncertain: bool) -> Next {
    let asked = answer
        .header("retry-after")
        .and_then(|value| parse_retry_after(value, SystemTime::now()));
    let refused = if verdict == Verdict::Final {
        None
    } else {
        match tries.next(Cause::Busy { asked }) {
            Ok(wait) => {
                let problem = format!("answered {}", answer.status.as_u16());
                return Next::Again { wait, problem };
            }
            Err(refused) => Some(refused),
        }
    };
    Next::Done(Exchanged {
        attempts: tries.attempt(),
        waited: tries.waited(),
        answer,
        refused,
        uncertain,
    })
}

fn after_fault(fault: Fault, call: &Call, outgoing: &Outgoing, tries: &Tries<'_>) -> Next {
    let hopeless = fault.certificate || (fault.sent && outgoing.repeat != Repeat::Freely);
    match tries.next(Cause::Connection) {
        Ok(wait) if !hopeless => Next::Again {
            wait,
            problem: fault.problem,
        },
        _ => Next::Failed(connect_error(call, outgoing, fault, tries)),
    }
}

fn ended(call: &Call, deadline: &Deadline, why: Ended, sent: bool, last: Option<String>) -> GraphError {
    let unfinished = Unfinished::new(call.clone(), deadline.allowed(), sent);
    Unfinished { last, ..unfinished }.because(why)
}

fn connect_error(call: &Call, outgoing: &Outgoing, fault: Fault, tries: &Tries<'_>) -> GraphError {
    GraphError::Connect(Box::new(ConnectError {
        call: call.clone(),
        host: outgoing.url.origin().ascii_serialization(),
        proxy: if outgoing.direct {
            None
        } else {
            proxy::named(&outgoing.url)
        },
        problem: fault.problem,
        attempts: tries.attempt(),
        sent: fault.sent,
        certificate: fault.certificate,
    }))
}

fn log_wait(call: &Call, wait: Duration, cause: &str) {
    let (method, path, wait_ms) = (&call.method, &call.path, millis(wait));
    tracing::debug!(%method, %path, wait_ms, cause, "waiting before the next attempt");
}

/// One event an attempt: never a header, a query or a body.
fn log(call: &Call, attempt: u32, took: Duration, outcome: &Result<Answer, Failure>) {
    let (method, path) = (&call.method, &call.path);
    let client_request_id = call.client_request_id.as_deref().unwrap_or_default();
    let duration_ms = millis(took);
    match outcome {
        Ok(answer) => tracing::debug!(
            %method, %path, attempt, duration_ms, client_request_id,
            status = answer.status.as_u16(),
            request_id = answer.header("request-id").unwrap_or_default(),
            "request answered"
        ),
        Err(Failure::Fault(fault)) => tracing::debug!(
            %method, %path, attempt, duration_ms, client_request_id, problem = %fault.problem, "request not answered"
        ),
        Err(Failure::Ended { why, .. }) => tracing::debug!(
            %method, %path, attempt, duration_ms, client_request_id, ?why, "request given up"
        ),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
