//! Many requests in one (<https://learn.microsoft.com/graph/json-batching>).
//!
//! Each part is answered on its own: with a status, headers and a body, in any order. A part that is throttled is sent
//! again, alone or with others that were; the answers that are there already are kept.

use std::time::{Duration, SystemTime};

use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::request::{Expect, GraphRequest, GraphResponse};
use super::{Deadline, GraphClient, GraphError, verdict};
use crate::graph::error::{BodyError, BodyProblem, Call};
use crate::graph::http::{Answer, Body, Exchanged, Refused, Verdict};
use crate::graph::retry::{Cause, Step, Tries, parse_retry_after};

/// How many requests one batch can hold.
pub const BATCH_LIMIT: usize = 20;

/// How much of a batch's answer is read, in bytes.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

type Answered = Result<GraphResponse, GraphError>;

impl GraphClient {
    /// Sends requests together, [`BATCH_LIMIT`] at a time, and answers each, in their order.
    ///
    /// For requests that only read, whatever their method: a batch whose answer is lost is sent again.
    pub async fn send_batch(&self, requests: &[GraphRequest], deadline: &Deadline) -> Vec<Answered> {
        let mut answers = Vec::with_capacity(requests.len());
        for chunk in requests.chunks(BATCH_LIMIT) {
            match self.chunk(chunk, deadline).await {
                Ok(chunk) => answers.extend(chunk),
                Err(error) => answers.extend(chunk.iter().map(|_| Err(error.clone()))),
            }
        }
        answers
    }

    async fn chunk(&self, requests: &[GraphRequest], deadline: &Deadline) -> Result<Vec<Answered>, GraphError> {
        let deadline = deadline.within(&self.0.cancel);
        let mut tries = Tries::new(self.0.http.retry(), &deadline);
        let mut rounds = Rounds::of(requests.len());
        loop {
            let found = self.post(requests, &rounds.pending, &deadline).await?;
            let Some(wait) = rounds.take(found, &tries) else { break };
            tracing::debug!(
                parts = rounds.pending.len(),
                ?wait,
                "parts of a batch are throttled; waiting"
            );
            if let Err(ended) = tries.pause(wait).await {
                return Err(super::not_sent(
                    self.call(&requests[rounds.pending[0]])?,
                    &deadline,
                    ended,
                ));
            }
        }
        let mut answers = Vec::with_capacity(requests.len());
        for (request, (part, refused)) in requests.iter().zip(rounds.settled) {
            answers.push(self.part(request, part, &tries, refused, &deadline).await);
        }
        Ok(answers)
    }

    /// Sends the pending ones. The answer has a place for every request, the pending ones are filled.
    async fn post(
        &self,
        requests: &[GraphRequest],
        pending: &[usize],
        deadline: &Deadline,
    ) -> Result<Vec<Part>, GraphError> {
        let parts: Result<Vec<_>, _> = pending.iter().map(|at| part_of(*at, &requests[*at])).collect();
        let body = json!({ "requests": parts? });
        let needs = requests[pending[0]].needs;
        let post = GraphRequest::post(["$batch"], body, needs)
            .repeatable()
            .at_most(ANSWER_LIMIT);
        let mut answered = self.send(post, deadline).await?;
        let mut found: Vec<Part> = requests.iter().map(|_| Part::Missing).collect();
        let Some(Value::Array(responses)) = answered.json.get_mut("responses").map(Value::take) else {
            return Ok(found);
        };
        for response in responses {
            let at = response
                .get("id")
                .and_then(Value::as_str)
                .and_then(|id| id.parse().ok());
            if let Some(place) = at.and_then(|at: usize| found.get_mut(at)) {
                *place = Part::of(response);
            }
        }
        Ok(found)
    }

    async fn part(
        &self,
        request: &GraphRequest,
        part: Part,
        tries: &Tries<'_>,
        refused: Option<Refused>,
        deadline: &Deadline,
    ) -> Answered {
        let call = self.call(request)?;
        let Part::Answer(mut answer) = part else {
            return Err(unanswered(call));
        };
        if request.expect == Expect::Text {
            as_text(&mut answer);
        }
        let token = self.0.tokens.token(deadline).await?;
        let exchanged = Exchanged {
            answer,
            attempts: tries.attempt(),
            waited: tries.waited(),
            refused,
            uncertain: false,
        };
        self.conclude(request, call, exchanged, &token)
    }

    fn call(&self, request: &GraphRequest) -> Result<Call, GraphError> {
        Ok(Call::new(request.method.as_str(), self.url(request)?.path()))
    }
}

/// The parts of a batch: the answers that are there, and those still to be asked for.
struct Rounds {
    /// Each with what was asked of us, when it stays throttled.
    settled: Vec<(Part, Option<Refused>)>,
    pending: Vec<usize>,
}

impl Rounds {
    fn of(count: usize) -> Self {
        Self {
            settled: (0..count).map(|_| (Part::Missing, None)).collect(),
            pending: (0..count).collect(),
        }
    }

    /// Takes the answers to what was pending. Returns how long to wait before what is still pending is sent again;
    /// nothing when every part has an answer for good.
    fn take(&mut self, found: Vec<Part>, tries: &Tries<'_>) -> Option<Duration> {
        let mut busy = Vec::new();
        for (at, part) in found.into_iter().enumerate() {
            if !self.pending.contains(&at) {
                continue;
            }
            if part.is_busy() {
                busy.push(at);
            }
            self.settled[at].0 = part;
        }
        self.pending = busy;
        if self.pending.is_empty() {
            return None;
        }
        let asked = self
            .pending
            .iter()
            .filter_map(|at| self.settled[*at].0.retry_after())
            .max();
        let refused = match tries.next(Cause::Busy { asked }) {
            Step::Wait(wait) => return Some(wait),
            Step::Exhausted => Refused { asked, left: None },
            Step::TooLate { wait, left } => Refused {
                asked: Some(asked.unwrap_or(wait)),
                left: Some(left),
            },
        };
        for at in &self.pending {
            self.settled[*at].1 = Some(refused);
        }
        None
    }
}

/// The answer to a part, if there is one.
enum Part {
    Missing,
    Answer(Answer),
}

impl Part {
    fn of(mut response: Value) -> Self {
        let status = response.get("status").and_then(Value::as_u64);
        let status = status.and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
        let Some(status) = status else { return Self::Missing };
        let bytes = match response.get_mut("body").map(Value::take) {
            None | Some(Value::Null) => Vec::new(),
            Some(body) => body.to_string().into_bytes(),
        };
        Self::Answer(Answer {
            status,
            headers: headers(response.get("headers").and_then(Value::as_object)),
            body: Body { bytes, complete: true },
        })
    }

    fn is_busy(&self) -> bool {
        matches!(self, Self::Answer(answer) if verdict(answer) != Verdict::Final)
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Missing => None,
            Self::Answer(answer) => parse_retry_after(answer.header("retry-after")?, SystemTime::now()),
        }
    }
}

fn part_of(at: usize, request: &GraphRequest) -> Result<Value, GraphError> {
    let mut part = json!({
        "id": at.to_string(),
        "method": request.method.as_str(),
        "url": request.relative()?,
    });
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in &request.headers {
        headers.insert((*name).to_owned(), json!(value));
    }
    if let Some(body) = &request.body {
        headers.insert("Content-Type".to_owned(), json!("application/json"));
        part["body"] = body.clone();
    }
    if !headers.is_empty() {
        part["headers"] = Value::Object(headers);
    }
    Ok(part)
}

fn headers(found: Option<&Map<String, Value>>) -> HeaderMap {
    let header = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some((
            HeaderName::from_bytes(name.as_bytes()).ok()?,
            HeaderValue::from_str(&value).ok()?,
        ))
    };
    found.into_iter().flatten().filter_map(header).collect()
}

/// What a plain-text answer says, which in a batch is a JSON number, a string, or a string in base64.
fn as_text(answer: &mut Answer) {
    if !answer.status.is_success() {
        return;
    }
    let text = match serde_json::from_slice(&answer.body.bytes) {
        Ok(Value::Number(number)) => number.to_string(),
        Ok(Value::String(text)) => match STANDARD.decode(&text).map(String::from_utf8) {
            // A number in base64 begins with a letter, so it cannot be taken for one in the clear.
            Ok(Ok(decoded)) if !text.starts_with(|c: char| c.is_ascii_digit()) => decoded,
            _ => text,
        },
        _ => return,
    };
    answer.body.bytes = text.into_bytes();
    let plain = HeaderValue::from_static("text/plain");
    answer.headers.insert(::http::header::CONTENT_TYPE, plain);
}

fn unanswered(call: Call) -> GraphError {
    GraphError::Body(Box::new(BodyError {
        call,
        status: 200,
        content_type: None,
        problem: BodyProblem::Malformed("the batch has no answer to this request".to_owned()),
        excerpt: String::new(),
        request_id: None,
    }))
}

#[cfg(test)]
#[path = "batch_test.rs"]
mod tests;
