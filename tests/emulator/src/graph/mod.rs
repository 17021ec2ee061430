//! Microsoft Graph: routing, the checks every request goes through, and the form of every answer.

mod batch;
mod caller;
mod directory;
mod error;
mod lookups;
mod odata;
mod permissions;
mod policy;

use serde_json::{Value, json};

use crate::az;
use crate::exchange::{Call, Reply};
use crate::world::World;

pub(crate) use caller::Caller;
pub(crate) use error::GraphError;

const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// A success.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// 200 with an object.
    Json(Value),
    /// 200 with plain text.
    Text(String),
}

type Result<T> = std::result::Result<T, GraphError>;

/// Answers a request on Graph's listener.
pub(crate) fn answer(world: &mut World, call: &Call) -> Reply {
    world.config.clock.step();
    let answer = Caller::of(world, call).and_then(|caller| dispatch(world, call, &caller));
    let reply = reply(world, call, answer);
    if reply.status == 401 {
        // The Azure CLI gets a new token for whoever was refused an old one. A folder that is gone belongs to a test that is over.
        let _ = az::refresh(world);
    }
    headers(reply, call)
}

/// Sets what every answer of Graph carries.
///
/// Documented at <https://learn.microsoft.com/graph/best-practices-concept> and in <https://learn.microsoft.com/graph/errors>.
pub(crate) fn headers(reply: Reply, call: &Call) -> Reply {
    let client_request_id = call.header("client-request-id").unwrap_or(&call.request_id);
    let diagnostic = json!({"ServerInfo": {
        "DataCenter": "Emulator", "Slice": "E", "Ring": "1", "ScaleUnit": "001", "RoleInstance": "EMULATOR0001"
    }});
    reply
        .with("request-id", &call.request_id)
        .with("client-request-id", client_request_id)
        .with("x-ms-ags-diagnostic", &diagnostic.to_string())
        .with("odata-version", "4.0")
        .with("cache-control", "no-cache")
        .with("strict-transport-security", "max-age=31536000")
}

/// Routes one request of a known caller, be it alone or inside a batch.
fn dispatch(world: &mut World, call: &Call, caller: &Caller) -> Result<Answer> {
    let segments = segments(call)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (version, path) = match segments.as_slice() {
        [version @ ("v1.0" | "beta"), path @ ..] => (*version, path),
        [version, ..] => {
            return Err(GraphError::bad_request(format!("Invalid version: {version}.")));
        }
        [] => return Err(GraphError::bad_request("Empty path.")),
    };
    match path {
        ["policies", "deviceRegistrationPolicy"] => policy::policy(world, call, caller, version),
        ["users", rest @ ..] => directory::users(world, call, caller, rest),
        ["groups", rest @ ..] => directory::groups(world, call, caller, rest),
        ["directoryObjects", "getByIds"] => lookups::get_by_ids(world, call, caller),
        ["$batch"] => batch::batch(world, call, caller, version),
        _ => Err(GraphError::bad_request(format!(
            "Resource not found for the segment '{}'.",
            path.last().unwrap_or(&"")
        ))),
    }
}

/// The segments of the path, `users('x')` written as `users` and `x`. A key that starts with `$` can only be written that way.
fn segments(call: &Call) -> Result<Vec<String>> {
    let mut segments = Vec::new();
    for segment in call.segments() {
        let key = segment.strip_suffix("')").and_then(|segment| segment.split_once("('"));
        match key {
            Some((name, key)) => segments.extend([name.to_owned(), key.replace("''", "'")]),
            None if segment.starts_with('$') && !matches!(segment.as_str(), "$batch" | "$count") => {
                return Err(GraphError::bad_request(format!(
                    "Resource not found for the segment '{segment}'."
                )));
            }
            None => segments.push(segment),
        }
    }
    Ok(segments)
}

fn reply(world: &World, call: &Call, answer: Result<Answer>) -> Reply {
    let body = match answer {
        Ok(Answer::Json(body)) => body,
        Ok(Answer::Text(text)) => return Reply::empty(200).typed("text/plain", text),
        Err(error) => return error.reply(call, &world.config.clock),
    };
    if wants_no_metadata(call) {
        let media = JSON.replace("minimal", "none");
        return Reply::empty(200).typed(&media, stripped(body).to_string());
    }
    Reply::empty(200).typed(JSON, body.to_string())
}

fn wants_no_metadata(call: &Call) -> bool {
    call.header("accept")
        .is_some_and(|accept| accept.to_ascii_lowercase().contains("odata.metadata=none"))
}

/// The value without OData's annotations, the types of memberships among them.
fn stripped(value: Value) -> Value {
    match value {
        Value::Object(object) => object
            .into_iter()
            .filter(|(name, _)| !name.contains("@odata.") || name.ends_with("nextLink"))
            .map(|(name, value)| (name, stripped(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(stripped).collect(),
        other => other,
    }
}

/// The JSON body of a request.
fn json_body(call: &Call) -> Result<Value> {
    if call.body.is_empty() {
        return Err(GraphError::bad_request("Empty Payload. JSON content expected."));
    }
    let unreadable = || {
        GraphError::bad_request(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
        )
    };
    if call.media_type().as_deref() != Some("application/json") {
        return Err(unreadable());
    }
    serde_json::from_slice(&call.body).map_err(|_| unreadable())
}
