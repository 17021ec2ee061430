//! From an answer to a result: what is good, what is an error, and what is neither.

use serde_json::Value;
use serde_json::value::RawValue;

use super::envelope::Envelope;
use super::request::{Expect, GraphRequest, GraphResponse};
use crate::graph::GraphError;
use crate::graph::error::{BodyError, BodyProblem, Call, HttpError, Throttled};
use crate::graph::http::{Answer, Exchanged, excerpt, scrub};
use crate::graph::retry::Refused;

/// The code of a 401 that another token may cure.
pub(super) const INVALID_TOKEN: &str = "InvalidAuthenticationToken";

const OBJECT: &str = "an object";

/// The longest `Content-Type` that an error repeats.
const CONTENT_TYPE_SHOWN: usize = 80;

/// Whether Graph wants another token. A 401 that says nothing is taken for one; a 401 that says something else, such as
/// "Unsupported app-only call", would only be said again.
pub(super) fn refuses_token(answer: &Answer) -> bool {
    if answer.status.as_u16() != 401 {
        return false;
    }
    let envelope = Envelope::of(&answer.body.bytes);
    envelope.is_none_or(|envelope| envelope.code.is_empty() || envelope.code == INVALID_TOKEN)
}

/// The response, or the error that the answer is.
pub(super) fn read(request: &GraphRequest, call: Call, exchanged: Exchanged) -> Result<GraphResponse, GraphError> {
    if exchanged.answer.status.is_success() {
        success(request, call, &exchanged)
    } else {
        Err(failure(call, &exchanged))
    }
}

fn success(request: &GraphRequest, call: Call, exchanged: &Exchanged) -> Result<GraphResponse, GraphError> {
    let answer = &exchanged.answer;
    if !answer.body.complete {
        return Err(GraphError::TooLarge {
            call: Box::new(call),
            limit: request.limit,
            request_id: answer.header("request-id").map(|id| scrub(id, &[]).into()),
        });
    }
    let body = answer.body.bytes.as_slice();
    let json = match (request.expect, answer.status.as_u16()) {
        (_, 204) => Value::Null,
        (Expect::Text, _) if is_text(answer) => Value::String(String::from_utf8_lossy(body).into_owned()),
        (Expect::Written, _) => match object(answer) {
            Ok(text) => Value::String(text.get().to_owned()),
            Err(problem) => return Err(body_error(call, answer, problem)),
        },
        _ => match object(answer).and_then(|_| serde_json::from_slice(body).map_err(malformed)) {
            Ok(json) => json,
            Err(problem) => return Err(body_error(call, answer, problem)),
        },
    };
    if let Some(envelope) = Envelope::of(body) {
        return Err(http_error(call, exchanged, envelope));
    }
    Ok(GraphResponse {
        status: answer.status.as_u16(),
        json,
        request_id: answer.header("request-id").map(|id| scrub(id, &[])),
        client_request_id: call.client_request_id,
    })
}

/// The text of the JSON object that a good answer consists of.
fn object(answer: &Answer) -> Result<&RawValue, BodyProblem> {
    let body = answer.body.bytes.as_slice();
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(BodyProblem::Empty);
    }
    if answer.header("content-type").is_some_and(|it| !names_json(it)) {
        return Err(BodyProblem::NotJson);
    }
    match serde_json::from_slice::<&RawValue>(body) {
        Ok(text) => match kind(text.get()) {
            OBJECT => Ok(text),
            other => Err(BodyProblem::NotAnObject(other)),
        },
        Err(_) if body.first() == Some(&b'<') => Err(BodyProblem::NotJson),
        Err(error) => Err(malformed(error)),
    }
}

/// The place, never the offending text: that is the excerpt's to show.
fn malformed(error: serde_json::Error) -> BodyProblem {
    if error.is_eof() {
        BodyProblem::Truncated
    } else {
        BodyProblem::Malformed(format!("line {}, column {}", error.line(), error.column()))
    }
}

fn failure(call: Call, exchanged: &Exchanged) -> GraphError {
    let answer = &exchanged.answer;
    let envelope = Envelope::of(&answer.body.bytes).unwrap_or_else(|| Envelope {
        message: described(answer),
        ..Envelope::default()
    });
    match exchanged.refused {
        Some(refused) => throttled(call, exchanged, envelope, refused),
        None => http_error(call, exchanged, envelope),
    }
}

fn http_error(call: Call, exchanged: &Exchanged, envelope: Envelope) -> GraphError {
    let answer = &exchanged.answer;
    let mut error = HttpError::new(
        call,
        answer.status.as_u16(),
        &scrub(&envelope.code, &[]),
        &scrub(&envelope.message, &[]),
    );
    error.inner_codes = envelope.inner_codes.iter().map(|code| scrub(code, &[])).collect();
    error.request_id = request_id(answer, envelope.request_id);
    error.attempts = exchanged.attempts;
    error.uncertain = exchanged.uncertain;
    GraphError::Http(Box::new(error))
}

fn throttled(call: Call, exchanged: &Exchanged, envelope: Envelope, refused: Refused) -> GraphError {
    let answer = &exchanged.answer;
    GraphError::Throttled(Box::new(Throttled {
        call,
        status: answer.status.as_u16(),
        code: scrub(&envelope.code, &[]),
        message: scrub(&envelope.message, &[]),
        asked: refused.asked,
        why: refused.why,
        attempts: exchanged.attempts,
        waited: exchanged.waited,
        uncertain: exchanged.uncertain,
        request_id: request_id(answer, envelope.request_id),
    }))
}

fn body_error(call: Call, answer: &Answer, problem: BodyProblem) -> GraphError {
    GraphError::Body(Box::new(BodyError {
        call,
        status: answer.status.as_u16(),
        content_type: content_type(answer),
        problem,
        excerpt: excerpt(&answer.body.bytes),
        request_id: request_id(answer, None),
    }))
}

/// An error answer without an envelope, in words.
fn described(answer: &Answer) -> String {
    if answer.status.is_redirection() {
        return "it redirects elsewhere, which is not followed".to_owned();
    }
    let kind = content_type(answer).map_or_else(String::new, |kind| format!(" ({kind})"));
    match excerpt(&answer.body.bytes) {
        shown if shown.is_empty() => format!("with an empty body{kind}"),
        shown => format!("with a body that is no error of Graph's{kind} and starts with {shown:?}"),
    }
}

fn request_id(answer: &Answer, in_body: Option<String>) -> Option<String> {
    let id = answer.header("request-id").map(str::to_owned).or(in_body)?;
    Some(scrub(&id, &[])).filter(|id| !id.is_empty())
}

fn content_type(answer: &Answer) -> Option<String> {
    let content_type = scrub(answer.header("content-type")?, &[]);
    Some(content_type.chars().take(CONTENT_TYPE_SHOWN).collect())
}

/// `application/json`, or a type that ends in `+json`.
fn names_json(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}

fn is_text(answer: &Answer) -> bool {
    answer
        .header("content-type")
        .is_some_and(|it| it.trim_start().to_ascii_lowercase().starts_with("text/plain"))
}

/// The kind of a JSON text, by its first character.
fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => OBJECT,
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

#[cfg(test)]
#[path = "answer_test.rs"]
mod tests;
