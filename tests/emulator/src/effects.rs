//! Turns a fault into what happens on the wire.

use axum::body::Body;
use serde_json::json;

use crate::authority::EntraError;
use crate::broken_body::BrokenBody;
use crate::clock::Clock;
use crate::exchange::{Call, Listener, Reply};
use crate::faults::Effect;
use crate::graph::GraphError;
use crate::{authority, graph};

/// What happens to a request.
pub(crate) enum Outcome {
    /// It is answered.
    Answer(Reply),
    /// It is answered by half, and the connection ends.
    Broken(Reply),
    /// The connection is reset.
    Reset,
    /// There is no answer, for so many milliseconds or for ever.
    Hang(Option<u64>),
}

impl Outcome {
    /// The status for the log.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Answer(reply) | Self::Broken(reply) => Some(reply.status),
            Self::Reset | Self::Hang(_) => None,
        }
    }
}

/// What an effect puts in the place of the answer.
pub(crate) fn substitute(effect: &Effect, call: &Call, clock: &Clock) -> Outcome {
    match effect {
        Effect::Reset => return Outcome::Reset,
        Effect::Hang { millis } => return Outcome::Hang(*millis),
        _ => {}
    }
    let reply = match effect {
        Effect::Status { status, code, message, retry_after } => {
            let mut error = GraphError::of_status(*status);
            if let Some(code) = code {
                error.code.clone_from(code);
            }
            if let Some(message) = message {
                error.message.clone_from(message);
            }
            let reply = refusal(&error, call, clock);
            match retry_after {
                Some(value) => reply.with("retry-after", value),
                None => reply,
            }
        }
        Effect::Aadsts { code } => EntraError::of_code(*code, "injected").reply(call, clock),
        Effect::Html { status } => Reply::empty(*status).typed(
            "text/html; charset=utf-8",
            format!("<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>Proxy says {status}</h1></body></html>\n"),
        ),
        Effect::ErrorInOk => {
            let error = GraphError::of_status(500);
            Reply::json(200, &error.body(call, clock))
        }
        Effect::Oversized { bytes } => Reply::json(200, &json!({"value": "x".repeat(*bytes)})),
        Effect::Raw { status, headers, body } => {
            let reply = Reply { body: body.clone().into_bytes(), ..Reply::empty(*status) };
            let given = headers.iter();
            return Outcome::Answer(given.fold(reply, |reply, (name, value)| reply.with(name, value)));
        }
        // These alter an answer; without one there is nothing left of it.
        _ => Reply::empty(200),
    };
    Outcome::Answer(match call.listener {
        Listener::Graph => graph::headers(reply, call),
        Listener::Authority => authority::headers(reply, call),
        Listener::Metadata => reply,
    })
}

/// What an effect makes of the true answer.
pub(crate) fn alter(effect: &Effect, mut reply: Reply) -> Outcome {
    match effect {
        Effect::Truncated => {
            reply.body.truncate(reply.body.len() / 2);
            Outcome::Answer(reply)
        }
        Effect::BrokenBody => Outcome::Broken(reply),
        _ => Outcome::Answer(reply),
    }
}

/// An error in the form of the listener.
fn refusal(error: &GraphError, call: &Call, clock: &Clock) -> Reply {
    if call.listener == Listener::Graph {
        return error.reply(call, clock);
    }
    let word = if error.status < 500 {
        "invalid_request"
    } else {
        "temporarily_unavailable"
    };
    Reply::json(
        error.status,
        &json!({"error": word, "error_description": error.message}),
    )
}

/// The body of an answer as it goes out.
pub(crate) fn body(outcome: &Outcome, call: &Call) -> Body {
    match outcome {
        Outcome::Answer(reply) => Body::from(reply.body.clone()),
        Outcome::Broken(reply) => Body::new(BrokenBody::of(&reply.body, call.connection.clone())),
        Outcome::Reset | Outcome::Hang(_) => Body::empty(),
    }
}
