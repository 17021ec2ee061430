//! Members one by one, the checks of who becomes one, and the answers about the directory.

mod checks;
mod clashes;
mod eligibility;
mod handover;
mod life;
mod lists;
mod many;
mod modules;
mod names;
mod permissions;
mod refusals;
mod replacing;
mod scopes;
mod types;
mod unknowns;
mod young;

use graph_emulator::tenants::group_id;
use serde_json::Value;

use crate::support::tenant::Tenant;
use crate::support::{Lab, Workspace};

const JOIN: &str = "/azureADJoin/allowedToJoin";
const ADMINS: &str = "/azureADJoin/localAdmins/registeringUsers";
const REGISTER: &str = "/azureADRegistration/allowedToRegister";

/// An object id that is in no directory.
const UNKNOWN: &str = "dddddddd-0000-4000-8000-00000000000d";

/// An object that is not found is asked for again during half of this time.
const SHORT_READ: &str = "timeouts = { read = \"2s\" }";

/// A member resource.
fn member(name: &str, attributes: &str) -> String {
    format!("resource \"autopilot_device_join_member\" \"{name}\" {{\n{attributes}\n}}\n")
}

/// A member resource for the group with this number.
fn group(name: &str, number: usize) -> String {
    of_type(name, &group_id(number), "group")
}

fn of_type(name: &str, id: &str, kind: &str) -> String {
    member(name, &format!("object_id = \"{id}\"\ntype = \"{kind}\""))
}

/// A settings resource that asks for this membership of who may join.
fn settings(membership: &str) -> String {
    format!("resource \"autopilot_device_join_settings\" \"this\" {{\n  allowed_to_join = {{\n{membership}\n  }}\n}}\n")
}

/// A settings resource that leaves the lists to others.
fn scope_only() -> String {
    settings("scope = \"selected\"")
}

/// A value that exists once the apply has come to it.
fn later(name: &str, text: &str) -> String {
    format!("resource \"terraform_data\" \"{name}\" {{\n  input = \"{text}\"\n}}\n")
}

/// The same folder with the checks as they are without the tests' setting.
fn checking(lab: &Workspace) -> Workspace {
    lab.without_env(&["AUTOPILOT_MEMBER_CHECKS"])
}

/// A tenant in which this is the list of who may join.
fn lab_with(list: Value) -> Lab {
    let lab = Lab::open();
    lab.tenant.put_at(JOIN, list);
    lab
}

/// What the application is allowed to do from now on.
fn allow(lab: &Lab, roles: &[&str]) {
    let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
    lab.tenant.configure(|config| config.apps[0].roles = roles);
}
