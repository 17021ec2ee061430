//! What the unit tests share: requests and worlds without sockets.

use axum::http::HeaderMap;
use uuid::Uuid;

use crate::authority;
use crate::config::Config;
use crate::exchange::{Call, Listener, Reply};
use crate::socket::Connection;
use crate::world::{Urls, World};

pub(crate) const ORIGIN: &str = "https://graph.test";

/// A request to Graph as a client would send it, its body as JSON.
pub(crate) fn call(method: &str, target: &str, body: &str) -> Call {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    if !body.is_empty() {
        headers.insert("content-type", "application/json".parse().unwrap());
    }
    Call {
        listener: Listener::Graph,
        method: method.parse().unwrap(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.as_bytes().to_vec(),
        origin: ORIGIN.to_owned(),
        connection: Connection::new(1),
        request_id: Uuid::new_v4().to_string(),
    }
}

pub(crate) fn world() -> World {
    world_of(Config::default())
}

pub(crate) fn world_of(config: Config) -> World {
    let mut world = World::new(config).unwrap();
    world.urls = Urls {
        graph: ORIGIN.to_owned(),
        authority: "https://login.test".to_owned(),
        graph_http: "http://graph.test".to_owned(),
        metadata: "http://metadata.test".to_owned(),
        metadata_tls: "https://metadata.test".to_owned(),
    };
    world
}

/// A request to Graph with a good token of the first app.
pub(crate) fn send(world: &mut World, method: &str, target: &str, body: &str) -> Reply {
    let request = signed(world, method, target, body);
    world.handle(&request)
}

pub(crate) fn signed(world: &mut World, method: &str, target: &str, body: &str) -> Call {
    let app = world.config.apps[0].clone();
    let token = authority::app_token(world, &app, ORIGIN);
    with_token(call(method, target, body), &token)
}

pub(crate) fn with_token(mut call: Call, token: &str) -> Call {
    let value = format!("Bearer {token}").parse().unwrap();
    call.headers.insert("authorization", value);
    call
}
