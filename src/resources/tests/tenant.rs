//! A tenant in memory: it answers at once, and other writers edit it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::graph::{Deadline, GraphError, PolicyTransport};

/// The memberships, by their attribute's name, with their place in the policy.
pub(super) const MEMBERSHIPS: [(&str, &str); 3] = [
    ("allowed_to_join", "/azureADJoin/allowedToJoin"),
    (
        "local_admins.registering_users",
        "/azureADJoin/localAdmins/registeringUsers",
    ),
    ("allowed_to_register", "/azureADRegistration/allowedToRegister"),
];

/// The settings of one leaf, likewise.
const SINGLES: [(&str, &str); 4] = [
    (
        "local_admins.global_administrators",
        "/azureADJoin/localAdmins/enableGlobalAdmins",
    ),
    ("user_device_quota", "/userDeviceQuota"),
    ("multi_factor_auth_required", "/multiFactorAuthConfiguration"),
    ("local_admin_password_enabled", "/localAdminPassword/isEnabled"),
];

const FUTURE: &str = "/azureADJoin/futureSetting";

/// Values by the dotted names of their attributes.
pub(super) type Leaves = BTreeMap<String, Value>;

/// An edit by another writer.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// Gives a setting of one leaf a value in Terraform's terms.
    Single(&'static str, Value),
    /// Gives a membership a scope and members.
    Membership(&'static str, Membership),
    /// Adds an id to a list of a membership that selects, or takes it away.
    Toggle(&'static str, &'static str),
    /// Changes a property that the provider does not know.
    Future(u8),
}

/// A membership in Terraform's terms, its members by their short names, such as `u1` and `g2`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Membership {
    pub(super) scope: &'static str,
    pub(super) users: Option<Vec<&'static str>>,
    pub(super) groups: Option<Vec<&'static str>>,
}

/// The object id of a member's short name.
pub(super) fn object_id(name: &str) -> String {
    format!(
        "{}{}0000-abcd-4000-8000-000000000000",
        if name.starts_with('u') { "aaa" } else { "bbb" },
        &name[1..]
    )
}

/// The setting that a leaf is a part of.
pub(super) fn setting(leaf: &str) -> &str {
    let part = [".scope", ".users", ".groups"].iter();
    part.fold(leaf, |name, part| name.strip_suffix(part).unwrap_or(name))
}

struct Inner {
    policy: Value,
    puts: usize,
}

/// The tenant. Clones share it.
#[derive(Clone)]
pub(super) struct Tenant(Arc<Mutex<Inner>>);

impl Tenant {
    pub(super) fn new() -> Self {
        let of_type = |name| json!({"@odata.type": format!("#microsoft.graph.{name}DeviceRegistrationMembership")});
        let policy = json!({
            "id": "deviceRegistrationPolicy",
            "multiFactorAuthConfiguration": "notRequired",
            "userDeviceQuota": 50,
            "azureADRegistration": {"isAdminConfigurable": true, "allowedToRegister": of_type("all")},
            "azureADJoin": {
                "isAdminConfigurable": true,
                "futureSetting": {"kept": 0},
                "allowedToJoin": of_type("all"),
                "localAdmins": {"enableGlobalAdmins": true, "registeringUsers": of_type("all")},
            },
            "localAdminPassword": {"isEnabled": false},
        });
        Self(Arc::new(Mutex::new(Inner { policy, puts: 0 })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// How often the policy was replaced.
    pub(super) fn puts(&self) -> usize {
        self.inner().puts
    }

    /// Every leaf in Terraform's terms, with a list beside every scope; an empty selection counts as `none`.
    pub(super) fn leaves(&self) -> Leaves {
        let policy = self.inner().policy.clone();
        let mut leaves = Leaves::new();
        for (name, pointer) in MEMBERSHIPS {
            let membership = policy.pointer(pointer).unwrap();
            let kind = membership["@odata.type"].as_str().unwrap();
            let list = |name: &str| {
                let ids = membership[name].as_array().cloned().unwrap_or_default();
                let mut ids: Vec<_> = ids.iter().map(|id| id.as_str().unwrap().to_lowercase()).collect();
                ids.sort();
                json!(ids)
            };
            let (users, groups) = (list("users"), list("groups"));
            let scope = match kind.strip_prefix("#microsoft.graph.").unwrap() {
                "allDeviceRegistrationMembership" => "all",
                "noDeviceRegistrationMembership" => "none",
                _ if users == json!([]) && groups == json!([]) => "none",
                _ => "selected",
            };
            leaves.insert(format!("{name}.scope"), json!(scope));
            leaves.insert(format!("{name}.users"), users);
            leaves.insert(format!("{name}.groups"), groups);
        }
        for (name, pointer) in SINGLES {
            let value = match policy.pointer(pointer).unwrap() {
                Value::String(text) => json!(text == "required"),
                number if *number == json!(i32::MAX) => json!(-1),
                other => other.clone(),
            };
            leaves.insert(name.to_owned(), value);
        }
        leaves.insert("future".to_owned(), policy.pointer(FUTURE).unwrap().clone());
        leaves
    }

    /// An edit by another writer, who spells ids in upper case.
    pub(super) fn edit(&self, edit: &Edit) {
        let mut inner = self.inner();
        let mut place = |pointer: &str, value: Value| *inner.policy.pointer_mut(pointer).unwrap() = value;
        match edit {
            Edit::Single(name, value) => {
                let (_, pointer) = SINGLES.into_iter().find(|(single, _)| single == name).unwrap();
                let value = match (*name, value) {
                    ("multi_factor_auth_required", required) => {
                        json!(if *required == json!(true) {
                            "required"
                        } else {
                            "notRequired"
                        })
                    }
                    ("user_device_quota", quota) if *quota == json!(-1) => json!(i32::MAX),
                    (_, value) => value.clone(),
                };
                place(pointer, value);
            }
            Edit::Membership(name, membership) => {
                let ids = |names: &Option<Vec<&str>>| {
                    let names = names.iter().flatten();
                    names.map(|name| object_id(name).to_uppercase()).collect()
                };
                let (users, groups) = (ids(&membership.users), ids(&membership.groups));
                place(pointer_of(name), written(membership.scope, users, groups));
            }
            Edit::Toggle(name, id) => {
                let now = inner.policy.pointer_mut(pointer_of(name)).unwrap();
                let Some(list) = now.get(if id.starts_with('u') { "users" } else { "groups" }) else {
                    return;
                };
                let mut ids: Vec<_> = list.as_array().unwrap().clone();
                let id_given = object_id(id).to_uppercase();
                let before = ids.len();
                ids.retain(|listed| !listed.as_str().unwrap().eq_ignore_ascii_case(&id_given));
                if ids.len() == before {
                    ids.push(json!(id_given));
                }
                now[if id.starts_with('u') { "users" } else { "groups" }] = json!(ids);
                let list = |name: &str| -> Vec<String> { serde_json::from_value(now[name].clone()).unwrap() };
                let (users, groups) = (list("users"), list("groups"));
                *now = written("selected", users, groups);
            }
            Edit::Future(value) => place(FUTURE, json!({"kept": value})),
        }
    }
}

fn pointer_of(membership: &str) -> &'static str {
    let found = MEMBERSHIPS.into_iter().find(|(name, _)| *name == membership);
    found.unwrap().1
}

/// A membership in Graph's terms; a selection of no member is `no`.
fn written(scope: &str, users: Vec<String>, groups: Vec<String>) -> Value {
    let name = match scope {
        "all" => "all",
        "selected" if !(users.is_empty() && groups.is_empty()) => "enumerated",
        _ => "no",
    };
    let mut membership = json!({"@odata.type": format!("#microsoft.graph.{name}DeviceRegistrationMembership")});
    if name == "enumerated" {
        membership["users"] = json!(users);
        membership["groups"] = json!(groups);
    }
    membership
}

#[async_trait]
impl PolicyTransport for Tenant {
    async fn fetch(&self, _: &Deadline) -> Result<String, GraphError> {
        Ok(self.inner().policy.to_string())
    }

    async fn replace(&self, body: String, _: &Deadline) -> Result<String, GraphError> {
        let mut body: Value = serde_json::from_str(&body).unwrap();
        for (name, pointer) in MEMBERSHIPS {
            let membership = body.pointer(pointer).unwrap();
            let enumerated = membership["@odata.type"].as_str().unwrap().contains(".enumerated");
            let empty = ["users", "groups"].iter().all(|list| membership[list] == json!([]));
            assert!(
                !enumerated || !empty,
                "{name} is sent as an empty selection: {membership}"
            );
        }
        body["id"] = json!("deviceRegistrationPolicy");
        let mut inner = self.inner();
        inner.policy = body.clone();
        inner.puts += 1;
        Ok(body.to_string())
    }
}
