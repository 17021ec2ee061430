//! Users and groups: one of them, all of them, and what belongs to them.
//!
//! <https://learn.microsoft.com/graph/api/user-get>, <https://learn.microsoft.com/graph/api/group-get>,
//! <https://learn.microsoft.com/graph/api/group-list-transitivemembers>.

use serde_json::{Value, json};
use uuid::Uuid;

use super::odata::{self, Collection};
use super::permissions::{self, GROUPS, USERS};
use super::{Answer, Caller, GraphError, Result, lookups};
use crate::directory::{Object, Visibility};
use crate::exchange::Call;
use crate::world::World;

/// A user shows these when nothing is selected; `accountEnabled` and `userType` are not among them.
pub(super) const USER: Collection<'static> = Collection {
    kind: "user",
    context: "users",
    shown: &["id", "userPrincipalName", "displayName", "mail"],
};
const GROUP: Collection<'static> = Collection {
    kind: "group",
    context: "groups",
    shown: &[],
};
const OBJECT: Collection<'static> = Collection {
    kind: "directoryObject",
    context: "directoryObjects",
    shown: &[],
};

/// `/users` and everything under it.
pub(super) fn users(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Result<Answer> {
    match path {
        [] => {
            permissions::get(call)?;
            permissions::check(caller, USERS)?;
            let all = world.directory.users().map(|user| user.properties()).collect();
            odata::page(call, &world.config.switches, &USER, all)
        }
        [id] => {
            permissions::get(call)?;
            permissions::check(caller, USERS)?;
            let user = find_user(world, id)?;
            let properties = world.directory.user(&user).map(|user| user.properties());
            one(call, &USER, properties)
        }
        [id, "checkMemberGroups"] => {
            permissions::check(caller, USERS)?;
            permissions::check(caller, GROUPS)?;
            let user = find_user(world, id)?;
            lookups::check_member_groups(world, call, &user)
        }
        [id, relation @ ("ownedDevices" | "registeredDevices"), rest @ ..] => {
            permissions::get(call)?;
            let whole = permissions::sees_devices_whole(caller, world.config.switches.device_reads)?;
            let id = find_user(world, id)?;
            let user = world.directory.user(&id).ok_or_else(|| GraphError::not_found(&id))?;
            let devices = if *relation == "ownedDevices" {
                &user.owned_devices
            } else {
                &user.registered_devices
            };
            let items = devices.iter().map(|device| device.properties(whole)).collect();
            related(world, call, items, rest)
        }
        _ => Err(unknown_segment(path)),
    }
}

/// `/groups` and everything under it.
pub(super) fn groups(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Result<Answer> {
    permissions::get(call)?;
    permissions::check(caller, GROUPS)?;
    match path {
        [] => {
            let all = world.directory.groups().map(|group| group.properties()).collect();
            odata::page(call, &world.config.switches, &GROUP, all)
        }
        [id] => {
            let id = find_group(world, id)?;
            let properties = world.directory.group(&id).map(|group| group.properties());
            one(call, &GROUP, properties)
        }
        [id, relation @ ("members" | "transitiveMembers"), rest @ ..] => {
            let id = find_group(world, id)?;
            let hidden = world
                .directory
                .group(&id)
                .is_some_and(|group| group.visibility == Some(Visibility::HiddenMembership));
            let unseen = world.directory.members_are_unseen(&id);
            let members = if unseen || (hidden && !caller.holds(&["Member.Read.Hidden"])) {
                Vec::new()
            } else if *relation == "members" {
                world.directory.members(&id)
            } else {
                world.directory.transitive_members(&id)
            };
            let items = members.iter().map(typed).collect();
            related(world, call, items, rest)
        }
        _ => Err(unknown_segment(path)),
    }
}

/// An object among others of other types: its properties with its type.
pub(super) fn typed(object: &Object<'_>) -> Value {
    let mut properties = object.properties();
    properties["@odata.type"] = json!(format!("#microsoft.graph.{}", object.kind()));
    properties
}

/// Objects that belong to another one: all of them, those of one type, or their number.
fn related(world: &World, call: &Call, mut items: Vec<Value>, rest: &[&str]) -> Result<Answer> {
    let switches = &world.config.switches;
    let cast = rest.first().and_then(|name| name.strip_prefix("microsoft.graph."));
    let rest = if cast.is_some() { &rest[1..] } else { rest };
    if let Some(kind) = cast {
        let name = format!("#microsoft.graph.{kind}");
        items.retain(|item| item["@odata.type"] == name.as_str());
    }
    match rest {
        [] if cast.is_some() && !odata::eventual(call) => Err(odata::unsupported(
            "The specified OData cast needs an advanced query: the header ConsistencyLevel and $count=true.",
        )),
        [] => odata::page(call, switches, &OBJECT, items),
        ["$count"] => odata::count(call, &items),
        _ => Err(unknown_segment(rest)),
    }
}

fn one(call: &Call, collection: &Collection<'_>, properties: Option<Value>) -> Result<Answer> {
    let properties = properties.ok_or_else(|| GraphError::not_found(&call.path))?;
    let mut body = odata::selected(call, collection, properties)?;
    let version = call.path.split('/').nth(1).unwrap_or_default();
    body["@odata.context"] = json!(format!(
        "{}/{version}/$metadata#{}/$entity",
        call.origin, collection.context
    ));
    Ok(Answer::Json(body))
}

/// The object id of a user who is named by it or by the user principal name.
fn find_user(world: &mut World, name: &str) -> Result<String> {
    let by_name = |world: &World| {
        let mut users = world.directory.users();
        users
            .find(|user| user.user_principal_name.eq_ignore_ascii_case(name))
            .map(|user| user.id.clone())
    };
    let id = match world.directory.user(name) {
        Some(user) => Some(user.id.clone()),
        None => by_name(world),
    };
    match id {
        Some(id) if !world.directory.is_unseen(&id) => Ok(id),
        _ => Err(GraphError::not_found(name)),
    }
}

fn find_group(world: &mut World, id: &str) -> Result<String> {
    if Uuid::parse_str(id).is_err() {
        return Err(GraphError::new(
            400,
            "Request_BadRequest",
            format!("Invalid object identifier '{id}'."),
        ));
    }
    match world.directory.group(id).map(|group| group.id.clone()) {
        Some(id) if !world.directory.is_unseen(&id) => Ok(id),
        _ => Err(GraphError::not_found(id)),
    }
}

fn unknown_segment(path: &[&str]) -> GraphError {
    GraphError::bad_request(format!(
        "Resource not found for the segment '{}'.",
        path.last().unwrap_or(&"")
    ))
}

#[cfg(test)]
#[path = "directory_test.rs"]
mod tests;
