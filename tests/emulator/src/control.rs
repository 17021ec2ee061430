//! The control API, on Graph's listener under `/_emulator`. It needs no token and never waits; the crate's documentation lists it.

mod directory;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::faults::Fault;
use crate::latency::Latency;
use crate::server::Shared;
use crate::switches::Switches;

type Shares = State<Arc<Shared>>;

pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/_emulator", get(info))
        .route("/_emulator/policy", get(policy).put(set_policy).patch(patch_policy))
        .merge(directory::router())
        .route("/_emulator/writes", get(writes).delete(clear_writes))
        .route("/_emulator/empty-selections", get(empty_selections))
        .route("/_emulator/requests", get(requests).delete(clear_requests))
        .route("/_emulator/faults", get(faults).post(add_faults).delete(clear_faults))
        .route(
            "/_emulator/switches",
            get(switches).put(set_switches).patch(patch_switches),
        )
        .route("/_emulator/latency", get(latency).put(set_latency))
        .route("/_emulator/clock", get(clock).put(set_clock))
        .route("/_emulator/clock/advance", post(advance))
        .route("/_emulator/roles", put(set_roles))
        .with_state(Arc::clone(shared))
}

async fn info(State(shared): Shares) -> Json<Value> {
    let world = shared.world();
    let client_id = world.config.apps.first().map(|app| app.client_id.clone());
    Json(json!({
        "graph_url": world.urls.graph,
        "authority_url": world.urls.authority,
        "graph_http_url": world.urls.graph_http,
        "metadata_url": world.urls.metadata,
        "metadata_tls_url": world.urls.metadata_tls,
        "tenant_id": world.config.tenant_id,
        "client_id": client_id,
    }))
}

async fn policy(State(shared): Shares) -> Json<Value> {
    Json(shared.world().policy.current().clone())
}

async fn set_policy(State(shared): Shares, Json(policy): Json<Value>) -> Response {
    if !policy.is_object() {
        return unusable("a policy is an object");
    }
    let mut world = shared.world();
    world.policy.set(policy);
    world.save();
    done()
}

async fn patch_policy(State(shared): Shares, Json(patch): Json<Value>) -> Response {
    if !patch.is_object() {
        return unusable("a patch is an object");
    }
    let mut world = shared.world();
    let mut policy = world.policy.current().clone();
    merge(&mut policy, patch);
    world.policy.set(policy);
    world.save();
    done()
}

async fn writes(State(shared): Shares) -> Json<Value> {
    Json(json!(shared.world().policy.writes()))
}

async fn clear_writes(State(shared): Shares) -> Response {
    shared.world().policy.clear_writes();
    done()
}

async fn empty_selections(State(shared): Shares) -> Json<usize> {
    Json(shared.world().log.empty_selections())
}

async fn requests(State(shared): Shares) -> Json<Value> {
    Json(json!(shared.world().log.requests()))
}

async fn clear_requests(State(shared): Shares) -> Response {
    shared.world().log.clear();
    done()
}

async fn faults(State(shared): Shares) -> Json<Value> {
    Json(json!(shared.world().faults.waiting()))
}

async fn add_faults(State(shared): Shares, Json(body): Json<Value>) -> Response {
    let list = match body {
        Value::Array(list) => Value::Array(list),
        one => json!([one]),
    };
    match parse::<Vec<Fault>>(list) {
        Ok(list) => {
            let mut world = shared.world();
            list.into_iter().for_each(|fault| world.faults.add(fault));
            done()
        }
        Err(why) => unusable(&why),
    }
}

async fn clear_faults(State(shared): Shares) -> Response {
    shared.world().faults.clear();
    done()
}

async fn switches(State(shared): Shares) -> Json<Switches> {
    Json(shared.world().config.switches.clone())
}

async fn set_switches(State(shared): Shares, Json(switches): Json<Switches>) -> Response {
    shared.world().config.switches = switches;
    done()
}

async fn patch_switches(State(shared): Shares, Json(patch): Json<Value>) -> Response {
    let mut world = shared.world();
    let mut switches = json!(world.config.switches);
    merge(&mut switches, patch);
    match parse(switches) {
        Ok(switches) => {
            world.config.switches = switches;
            done()
        }
        Err(why) => unusable(&why),
    }
}

async fn latency(State(shared): Shares) -> Json<Latency> {
    Json(shared.world().config.latency.clone())
}

async fn set_latency(State(shared): Shares, Json(latency): Json<Latency>) -> Response {
    shared.world().config.latency = latency;
    done()
}

async fn clock(State(shared): Shares) -> Json<Value> {
    let clock = shared.world().config.clock;
    let mut body = json!(clock);
    body["now"] = json!(clock.now());
    Json(body)
}

async fn set_clock(State(shared): Shares, Json(clock): Json<Clock>) -> Response {
    shared.change(|world| world.config.clock = clock);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: i64,
}

async fn advance(State(shared): Shares, Json(advance): Json<Advance>) -> Response {
    shared.change(|world| world.config.clock.advance(advance.seconds));
    done()
}

async fn set_roles(State(shared): Shares, Json(roles): Json<Vec<String>>) -> Response {
    let roles = roles.iter().map(String::as_str);
    shared.change(|world| world.config.set_roles(roles));
    done()
}

fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

fn unusable(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": why}))).into_response()
}

fn parse<T: DeserializeOwned>(json: Value) -> Result<T, String> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}

/// Merges a JSON merge patch (RFC 7396): objects are merged, null removes, anything else replaces.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in patch {
        if value.is_null() {
            if let Some(object) = target.as_object_mut() {
                object.remove(&name);
            }
        } else {
            merge(&mut target[name], value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_every_endpoint() {
        let sources = [include_str!("control.rs"), include_str!("control/directory.rs")];
        let paths = sources.iter().flat_map(|source| source.split('"'));
        let mut paths = paths.filter(|text| text.starts_with("/_emulator")).peekable();
        assert!(paths.peek().is_some());
        for path in paths {
            assert!(include_str!("../README.md").contains(path), "{path}");
        }
    }

    #[test]
    fn merges_as_rfc_7396_says() {
        let cases = [
            (
                json!({"a": 1, "b": {"c": 2, "d": 3}}),
                json!({"b": {"c": 9, "d": null}}),
                json!({"a": 1, "b": {"c": 9}}),
            ),
            (json!({"a": [1]}), json!({"a": [2, 3]}), json!({"a": [2, 3]})),
            (json!({"a": 1}), json!({"a": {"b": null}}), json!({"a": {}})),
            (json!({}), json!({"a": {"b": 1}}), json!({"a": {"b": 1}})),
        ];
        for (mut target, patch, expected) in cases {
            merge(&mut target, patch);
            assert_eq!(target, expected);
        }
    }
}
