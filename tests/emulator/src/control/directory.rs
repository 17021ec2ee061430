//! The directory over the control API.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Shares, done, merge, parse, unusable};
use crate::directory::{Directory, Verdict};
use crate::server::Shared;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_emulator/directory", get(all).put(set))
        .route("/_emulator/directory/users", post(add_users))
        .route("/_emulator/directory/groups", post(add_groups))
        .route("/_emulator/directory/others", post(add_others))
        .route("/_emulator/directory/{id}", delete(remove).patch(patch))
        .route("/_emulator/may-join/{id}", get(may_join))
}

async fn all(State(shared): Shares) -> Json<Directory> {
    Json(shared.world().directory.clone())
}

async fn set(State(shared): Shares, Json(directory): Json<Directory>) -> Response {
    change(&shared, |current| *current = directory)
}

async fn add_users(State(shared): Shares, Json(body): Json<Value>) -> Response {
    add(&shared, body, Directory::add_user)
}

async fn add_groups(State(shared): Shares, Json(body): Json<Value>) -> Response {
    add(&shared, body, Directory::add_group)
}

async fn add_others(State(shared): Shares, Json(body): Json<Value>) -> Response {
    add(&shared, body, Directory::add_other)
}

async fn remove(State(shared): Shares, Path(id): Path<String>) -> Response {
    change(&shared, |directory| directory.remove(&id))
}

async fn patch(State(shared): Shares, Path(id): Path<String>, Json(patch): Json<Value>) -> Response {
    let mut world = shared.world();
    let directory = &mut world.directory;
    let patched = if let Some(user) = directory.user_mut(&id) {
        patched(user, patch).map(|new| *user = new)
    } else if let Some(group) = directory.group_mut(&id) {
        patched(group, patch).map(|new| *group = new)
    } else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match patched {
        Ok(()) => {
            world.save();
            done()
        }
        Err(why) => unusable(&why),
    }
}

/// The object with the patch merged into it. Its id stays: the directory finds it by that.
fn patched<T: Serialize + DeserializeOwned>(object: &T, patch: Value) -> Result<T, String> {
    let mut json = json!(object);
    let id = json["id"].clone();
    merge(&mut json, patch);
    json["id"] = id;
    parse(json)
}

async fn may_join(State(shared): Shares, Path(id): Path<String>) -> Json<Verdict> {
    let world = shared.world();
    Json(world.directory.may_join(world.policy.current(), &id))
}

fn add<T: DeserializeOwned>(shared: &Shared, body: Value, add: fn(&mut Directory, T)) -> Response {
    let list = if body.is_array() { body } else { json!([body]) };
    match parse::<Vec<T>>(list) {
        Ok(list) => change(shared, |directory| {
            list.into_iter().for_each(|item| add(directory, item));
        }),
        Err(why) => unusable(&why),
    }
}

fn change(shared: &Shared, change: impl FnOnce(&mut Directory)) -> Response {
    let mut world = shared.world();
    change(&mut world.directory);
    world.save();
    done()
}
