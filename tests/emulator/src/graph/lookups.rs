//! Look-ups of many objects at once.
//!
//! <https://learn.microsoft.com/graph/api/directoryobject-getbyids> and
//! <https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups>.

use serde_json::{Value, json};
use uuid::Uuid;

use super::directory::{USER, typed};
use super::permissions::{self, OBJECTS};
use super::{Answer, Caller, GraphError, Result, json_body};
use crate::directory::Object;
use crate::exchange::Call;
use crate::switches::UnknownIds;
use crate::world::World;

/// Ids in one `getByIds`.
const MOST_IDS: usize = 1000;
/// Groups in one `checkMemberGroups`.
const MOST_GROUPS: usize = 20;

/// `POST /directoryObjects/getByIds`.
pub(super) fn get_by_ids(world: &mut World, call: &Call, caller: &Caller) -> Result<Answer> {
    permissions::post(call)?;
    permissions::check(caller, OBJECTS)?;
    let body = json_body(call)?;
    let ids = ids(&body, "ids", MOST_IDS)?;
    let types = types(&body)?;
    let mut value = Vec::new();
    for id in ids {
        let unseen = world.directory.is_unseen(&id);
        match world.directory.object(&id).filter(|_| !unseen) {
            Some(object) if types.is_empty() || types.iter().any(|kind| kind == object.kind()) => {
                value.push(shown(&object));
            }
            Some(_) => {}
            None if world.config.switches.unknown_ids == UnknownIds::LeaveOut => {}
            None => return Err(GraphError::not_found(&id)),
        }
    }
    // In an order of the directory's own.
    value.sort_by_key(|object| object["id"].as_str().map(str::to_ascii_lowercase));
    value.dedup();
    Ok(Answer::Json(json!({
        "@odata.context": context(call, "directoryObjects"),
        "value": value,
    })))
}

/// `POST /users/{id}/checkMemberGroups`.
pub(super) fn check_member_groups(world: &World, call: &Call, user: &str) -> Result<Answer> {
    permissions::post(call)?;
    let body = json_body(call)?;
    let groups = ids(&body, "groupIds", MOST_GROUPS)?;
    Ok(Answer::Json(json!({
        "@odata.context": context(call, "Collection(Edm.String)"),
        "value": world.directory.member_groups(user, &groups),
    })))
}

/// The object as it is found among others: of a user, the properties that are returned by default.
fn shown(object: &Object<'_>) -> Value {
    let mut properties = typed(object);
    if let (Object::User(_), Some(properties)) = (object, properties.as_object_mut()) {
        properties.retain(|name, _| name == "@odata.type" || USER.shown.contains(&name.as_str()));
    }
    properties
}

fn context(call: &Call, of: &str) -> String {
    let version = call.path.split('/').nth(1).unwrap_or_default();
    format!("{}/{version}/$metadata#{of}", call.origin)
}

fn ids(body: &Value, name: &str, most: usize) -> Result<Vec<String>> {
    let bad = |message: String| GraphError::new(400, "Request_BadRequest", message);
    let Some(list) = body[name].as_array() else {
        return Err(bad(format!(
            "The parameter '{name}' must be a collection of object ids."
        )));
    };
    if list.is_empty() || list.len() > most {
        return Err(bad(format!(
            "The parameter '{name}' must have between 1 and {most} elements, not {}.",
            list.len()
        )));
    }
    list.iter()
        .map(|id| {
            id.as_str()
                .filter(|id| Uuid::parse_str(id).is_ok())
                .map(str::to_owned)
                .ok_or_else(|| bad(format!("Invalid GUID: {id}")))
        })
        .collect()
}

fn types(body: &Value) -> Result<Vec<String>> {
    match &body["types"] {
        Value::Null => Ok(Vec::new()),
        Value::Array(list) => Ok(list.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => Err(GraphError::bad_request(
            "The parameter 'types' must be a collection of strings.",
        )),
    }
}

#[cfg(test)]
#[path = "lookups_test.rs"]
mod tests;
