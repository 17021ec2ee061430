//! Which permissions read what in the directory, and methods that only read.
//!
//! From the permissions sections of the reference pages, for example <https://learn.microsoft.com/graph/api/user-get#permissions>.

use super::{Caller, GraphError, Result};
use crate::exchange::Call;
use crate::switches::DeviceReads;

/// Any of these reads users.
pub(super) const USERS: &[&str] = &[
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Directory.AccessAsUser.All",
];

/// Any of these reads groups and their members.
pub(super) const GROUPS: &[&str] = &[
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Directory.AccessAsUser.All",
];

/// Any of these reads objects of any type, devices among them.
pub(super) const OBJECTS: &[&str] = &[
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Directory.AccessAsUser.All",
];

/// Any of these reads devices whole.
const DEVICES: &[&str] = &[
    "Device.Read.All",
    "Device.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

/// Decides whether the caller sees a user's devices whole, or only their ids.
pub(super) fn sees_devices_whole(caller: &Caller, reads: DeviceReads) -> Result<bool> {
    if caller.is_person() {
        return check(caller, USERS).map(|()| true);
    }
    let whole = caller.holds(DEVICES);
    match reads {
        DeviceReads::Full if whole => Ok(true),
        DeviceReads::NullProperties if whole || caller.holds(USERS) => Ok(whole),
        _ => Err(GraphError::insufficient_privileges()),
    }
}

pub(super) fn check(caller: &Caller, any_of: &[&str]) -> Result<()> {
    if caller.holds(any_of) {
        return Ok(());
    }
    Err(GraphError::insufficient_privileges())
}

/// The emulated directory can only be read.
pub(super) fn get(call: &Call) -> Result<()> {
    if call.method == "GET" {
        return Ok(());
    }
    Err(GraphError::method_not_allowed("GET"))
}

pub(super) fn post(call: &Call) -> Result<()> {
    if call.method == "POST" {
        return Ok(());
    }
    Err(GraphError::method_not_allowed("POST"))
}
