//! `POST /$batch`: up to 20 requests in one.
//!
//! <https://learn.microsoft.com/graph/json-batching>.

use std::collections::BTreeSet;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Caller, GraphError, Result, dispatch, json_body, permissions, reply};
use crate::effects::{self, Outcome};
use crate::exchange::{Call, Reply};
use crate::faults::Effect;
use crate::log::Inner;
use crate::switches::BatchText;
use crate::world::World;

/// Requests in one batch.
const MOST: usize = 20;

pub(super) fn batch(world: &mut World, call: &Call, caller: &Caller, version: &str) -> Result<Answer> {
    permissions::post(call)?;
    let body = json_body(call)?;
    let requests = requests(&body)?;
    let mut calls = Vec::with_capacity(requests.len());
    let mut ids = BTreeSet::new();
    for request in requests {
        let (id, inner) = inner(call, version, request)?;
        if !ids.insert(id.to_lowercase()) {
            return Err(invalid(format!("The id '{id}' is used by more than one request.")));
        }
        calls.push((id, inner));
    }
    let mut responses = Vec::with_capacity(calls.len());
    let mut entries = Vec::with_capacity(calls.len());
    for (id, inner) in calls {
        world.log.count_empty_selection(&inner);
        let reply = answer(world, &inner, caller);
        entries.push(Inner {
            method: inner.method.to_string(),
            url: url(&inner, version),
            status: reply.status,
        });
        responses.push(response(&id, &reply, world.config.switches.batch_text));
    }
    if world.config.switches.shuffle_batch {
        responses.reverse();
    }
    world.log.batch(&call.request_id, entries);
    Ok(Answer::Json(json!({"responses": responses})))
}

fn requests(body: &Value) -> Result<&Vec<Value>> {
    let list = body["requests"]
        .as_array()
        .filter(|list| !list.is_empty())
        .ok_or_else(|| invalid("The body must have a collection 'requests'.".to_owned()))?;
    if list.len() > MOST {
        return Err(GraphError::new(
            400,
            "MaximumValueExceeded",
            format!("Number of batch request steps exceeds the maximum value of {MOST}"),
        ));
    }
    Ok(list)
}

/// One request of a batch, as if it had come alone.
fn inner(call: &Call, version: &str, request: &Value) -> Result<(String, Call)> {
    let text = |name: &str| {
        request[name]
            .as_str()
            .filter(|text| !text.is_empty())
            .ok_or_else(|| invalid(format!("A request of the batch has no '{name}'.")))
    };
    let (id, method, url) = (text("id")?, text("method")?, text("url")?);
    if url.contains("://") {
        return Err(invalid(format!("The url '{url}' must be relative.")));
    }
    let headers = headers(request)?;
    let body = match &request["body"] {
        Value::Null => Vec::new(),
        body if headers.contains_key("content-type") => body.to_string().into_bytes(),
        _ => {
            return Err(invalid(format!(
                "The request '{id}' has a body but no header Content-Type."
            )));
        }
    };
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let inner = Call {
        method: Method::from_bytes(method.as_bytes())
            .map_err(|_| invalid(format!("The method '{method}' is not valid.")))?,
        path: format!("/{version}/{}", path.trim_start_matches('/')),
        query: query.to_owned(),
        headers,
        body,
        request_id: Uuid::new_v4().to_string(),
        ..call.clone()
    };
    Ok((id.to_owned(), inner))
}

fn headers(request: &Value) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        let pair = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value.as_str().unwrap_or_default()),
        );
        let (Ok(name), Ok(value)) = pair else {
            return Err(invalid(format!("The header '{name}' is not valid.")));
        };
        headers.insert(name, value);
    }
    Ok(headers)
}

fn answer(world: &mut World, inner: &Call, caller: &Caller) -> Reply {
    if inner.path.ends_with("/$batch") {
        return invalid("A batch cannot be in a batch.".to_owned()).reply(inner, &world.config.clock);
    }
    let fault = world
        .faults
        .take_where(inner, |effect| matches!(effect, Effect::Status { .. }));
    let Some(fault) = fault else {
        let answer = dispatch(world, inner, caller);
        return reply(world, inner, answer);
    };
    if fault.after_effect {
        // What it would have answered is not told.
        let _ = dispatch(world, inner, caller);
    }
    match effects::substitute(&fault.effect, inner, &world.config.clock) {
        Outcome::Answer(reply) => reply,
        _ => Reply::empty(500),
    }
}

fn response(id: &str, reply: &Reply, form: BatchText) -> Value {
    let headers: serde_json::Map<String, Value> = reply
        .headers
        .iter()
        .map(|(name, value)| {
            let name = if name == "retry-after" {
                "Retry-After"
            } else if name == "content-type" {
                "Content-Type"
            } else {
                name.as_str()
            };
            (name.to_owned(), json!(String::from_utf8_lossy(value.as_bytes())))
        })
        .collect();
    let text = || String::from_utf8_lossy(&reply.body).into_owned();
    let is_text = headers.get("Content-Type").is_some_and(|kind| kind == "text/plain");
    let body = match serde_json::from_slice(&reply.body) {
        _ if is_text && form == BatchText::Text => json!(text()),
        _ if is_text && form == BatchText::Base64 => json!(STANDARD.encode(&reply.body)),
        Ok(json) => json,
        Err(_) => json!(text()),
    };
    json!({"id": id, "status": reply.status, "headers": headers, "body": body})
}

fn url(inner: &Call, version: &str) -> String {
    let path = inner.path.trim_start_matches(&format!("/{version}"));
    if inner.query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", inner.query)
    }
}

fn invalid(message: String) -> GraphError {
    GraphError::bad_request(message)
}

#[cfg(test)]
#[path = "batch_test.rs"]
mod tests;
