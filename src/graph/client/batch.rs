//! Many requests in one (<https://learn.microsoft.com/graph/json-batching>).
//!
//! Each part is answered on its own: with a status, headers and a body, in any order. A part that is throttled is sent
//! again, alone or with others that were, and so is, once, a part that refuses the token; the answers that are there
//! already are kept.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::answer::refuses_token;
use super::request::{Expect, GraphRequest, GraphResponse};
use super::{Deadline, GraphClient, GraphError, Token, not_sent, verdict};
use crate::graph::error::{BodyError, BodyProblem, Call};
use crate::graph::http::{Answer, Body, Exchanged, Verdict};
use crate::graph::permission::Needs;
use crate::graph::retry::{Cause, Refused, Tries, parse_retry_after};

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
        let deadline = deadline.within(&self.0.cancel);
        let mut answers = Vec::with_capacity(requests.len());
        for chunk in requests.chunks(BATCH_LIMIT) {
            let mut rounds = Rounds::new(Tries::new(self.0.http.retry(), &deadline));
            for (at, request) in chunk.iter().enumerate() {
                rounds.add(at, self.part(at, request));
            }
            while let Some(needs) = rounds.pending.first().map(|part| part.request.needs) {
                if let Err(error) = self.round(&mut rounds, needs, &deadline).await {
                    rounds.fail(|_| error.clone());
                }
            }
            answers.extend(rounds.answers());
        }
        answers
    }

    fn part<'a>(&self, at: usize, request: &'a GraphRequest) -> Result<Part<'a>, GraphError> {
        Ok(Part {
            at,
            request,
            call: Call::new(request.method.as_str(), self.url(request)?.path()),
            json: part_json(at, request)?,
        })
    }

    /// One round: sends what is pending, and does what has to come before what then still is can be sent again.
    ///
    /// # Errors
    /// What keeps all that is pending from being answered.
    async fn round(
        &self,
        rounds: &mut Rounds<'_>,
        needs: &'static Needs,
        deadline: &Deadline,
    ) -> Result<(), GraphError> {
        let (found, token) = self.post(&rounds.pending, needs, deadline).await?;
        let next = rounds.take(found, |part, exchanged| {
            // What it says of a token is about the one that was sent.
            self.conclude(part.request, part.call.clone(), exchanged, &token)
        });
        if next.another_token {
            tracing::debug!(
                parts = rounds.pending.len(),
                "parts of a batch refuse the token; asking for another"
            );
            let another = self.0.tokens.instead_of(&token, deadline).await;
            another.map_err(GraphError::unsent)?;
        }
        if let Some(wait) = next.wait {
            tracing::debug!(
                parts = rounds.pending.len(),
                ?wait,
                "parts of a batch are throttled; waiting"
            );
            if let Err(ended) = rounds.tries.pause(wait).await {
                rounds.fail(|part| not_sent(part.call.clone(), deadline, ended));
            }
        }
        Ok(())
    }

    /// Sends parts together. Returns the answers by the parts' places, and the token that they were given to.
    async fn post(
        &self,
        parts: &[Part<'_>],
        needs: &'static Needs,
        deadline: &Deadline,
    ) -> Result<(HashMap<usize, Answer>, Arc<Token>), GraphError> {
        let bodies: Vec<_> = parts.iter().map(|part| &part.json).collect();
        let post = GraphRequest::post(["$batch"], json!({ "requests": bodies }), needs)
            .repeatable()
            .at_most(ANSWER_LIMIT);
        let (mut answered, token) = self.deliver(post, deadline).await?;
        let responses = match answered.json.get_mut("responses").map(Value::take) {
            Some(Value::Array(responses)) => responses,
            _ => Vec::new(),
        };
        let found = responses.into_iter().filter_map(|response| {
            let at = response.get("id")?.as_str()?.parse().ok()?;
            Some((at, part_answer(response)?))
        });
        Ok((found.collect(), token))
    }
}

/// A request that waits for its answer.
struct Part<'a> {
    /// Its place among the requests, which is its id in the batch.
    at: usize,
    request: &'a GraphRequest,
    call: Call,
    /// As it stands in the batch.
    json: Value,
}

/// The parts of a batch: those still to be asked for, and the answers that are there.
struct Rounds<'a> {
    tries: Tries<'a>,
    pending: Vec<Part<'a>>,
    /// By the parts' places.
    settled: Vec<(usize, Answered)>,
    /// Whether the token was replaced because a part refused it: that helps once or not at all.
    replaced: bool,
}

/// What comes before what is still pending is sent again.
struct Next {
    another_token: bool,
    wait: Option<Duration>,
}

impl<'a> Rounds<'a> {
    fn new(tries: Tries<'a>) -> Self {
        Self {
            tries,
            pending: Vec::new(),
            settled: Vec::new(),
            replaced: false,
        }
    }

    fn add(&mut self, at: usize, part: Result<Part<'a>, GraphError>) {
        match part {
            Ok(part) => self.pending.push(part),
            Err(error) => self.settled.push((at, Err(error))),
        }
    }

    /// Takes the answers to what was pending. What stays pending is to be sent again.
    fn take(&mut self, mut found: HashMap<usize, Answer>, conclude: impl Fn(&Part<'_>, Exchanged) -> Answered) -> Next {
        let mut busy = Vec::new();
        for part in std::mem::take(&mut self.pending) {
            match found.remove(&part.at) {
                None => self.settled.push((part.at, Err(unanswered(part.call)))),
                Some(answer) if verdict(&answer) != Verdict::Final => busy.push((part, answer)),
                Some(answer) if !self.replaced && refuses_token(&answer) => self.pending.push(part),
                Some(answer) => self.settle(&part, answer, None, &conclude),
            }
        }
        let another_token = !self.pending.is_empty();
        self.replaced |= another_token;
        let mut next = Next {
            another_token,
            wait: None,
        };
        if busy.is_empty() {
            return next;
        }
        let asked = busy.iter().filter_map(|(_, answer)| retry_after(answer)).max();
        match self.tries.next(Cause::Busy { asked }) {
            Ok(wait) => {
                next.wait = Some(wait);
                self.pending.extend(busy.into_iter().map(|(part, _)| part));
            }
            Err(refused) => {
                for (part, answer) in busy {
                    self.settle(&part, answer, Some(refused), &conclude);
                }
            }
        }
        next
    }

    fn settle(
        &mut self,
        part: &Part<'_>,
        mut answer: Answer,
        refused: Option<Refused>,
        conclude: impl Fn(&Part<'_>, Exchanged) -> Answered,
    ) {
        if part.request.expect == Expect::Text {
            as_text(&mut answer);
        }
        let exchanged = Exchanged {
            answer,
            attempts: self.tries.attempt(),
            waited: self.tries.waited(),
            refused,
            uncertain: false,
        };
        self.settled.push((part.at, conclude(part, exchanged)));
    }

    /// Gives up on what is pending.
    fn fail(&mut self, error: impl Fn(&Part<'_>) -> GraphError) {
        let failed = std::mem::take(&mut self.pending);
        self.settled
            .extend(failed.iter().map(|part| (part.at, Err(error(part)))));
    }

    /// The answers in the order of the requests.
    fn answers(mut self) -> impl Iterator<Item = Answered> {
        self.settled.sort_by_key(|(at, _)| *at);
        self.settled.into_iter().map(|(_, answered)| answered)
    }
}

/// A part's answer, if it is one.
fn part_answer(mut response: Value) -> Option<Answer> {
    let status = u16::try_from(response.get("status")?.as_u64()?).ok()?;
    let bytes = match response.get_mut("body").map(Value::take) {
        None | Some(Value::Null) => Vec::new(),
        Some(body) => body.to_string().into_bytes(),
    };
    Some(Answer {
        status: StatusCode::from_u16(status).ok()?,
        headers: headers(response.get("headers").and_then(Value::as_object)),
        body: Body { bytes, complete: true },
    })
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    parse_retry_after(answer.header("retry-after")?, SystemTime::now())
}

fn part_json(at: usize, request: &GraphRequest) -> Result<Value, GraphError> {
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in &request.headers {
        headers.insert((*name).to_owned(), json!(value));
    }
    let mut part = Map::new();
    part.insert("id".to_owned(), json!(at.to_string()));
    part.insert("method".to_owned(), json!(request.method.as_str()));
    part.insert("url".to_owned(), json!(request.relative()?));
    if let Some(body) = request.body() {
        headers.insert("Content-Type".to_owned(), json!("application/json"));
        part.insert("body".to_owned(), body.clone());
    }
    if !headers.is_empty() {
        part.insert("headers".to_owned(), Value::Object(headers));
    }
    Ok(Value::Object(part))
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
