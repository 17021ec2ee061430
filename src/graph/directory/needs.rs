//! The permissions of the look-ups (<https://learn.microsoft.com/graph/permissions-reference>): for each call the least
//! privileged permission comes first.

use crate::graph::permission::Needs;

const ROLES: &[&str] = &["Directory Readers", "Global Reader"];

/// `GET /users/{id}` (<https://learn.microsoft.com/graph/api/user-get#permissions>).
pub const READ_USERS: Needs = Needs {
    doing: "look up users",
    application: &["User.Read.All", "Directory.Read.All"],
    delegated: &["User.Read.All", "User.ReadBasic.All", "Directory.Read.All"],
    roles: ROLES,
};

/// `GET /groups` and their transitive members
/// (<https://learn.microsoft.com/graph/api/group-list-transitivemembers#permissions>).
pub const READ_GROUPS: Needs = Needs {
    doing: "look up groups and count their members",
    application: &["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"],
    delegated: &["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"],
    roles: ROLES,
};

/// `POST /directoryObjects/getByIds` (<https://learn.microsoft.com/graph/api/directoryobject-getbyids#permissions>).
pub const READ_OBJECTS: Needs = Needs {
    doing: "look up directory objects by id",
    application: &["Directory.Read.All"],
    delegated: &["Directory.Read.All"],
    roles: ROLES,
};

/// `POST /users/{id}/checkMemberGroups`
/// (<https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups#permissions>): both are needed.
pub const READ_MEMBERSHIP: Needs = Needs {
    doing: "find out which groups a user is in",
    application: &["User.Read.All together with GroupMember.Read.All", "Directory.Read.All"],
    delegated: &["User.Read.All together with GroupMember.Read.All", "Directory.Read.All"],
    roles: ROLES,
};

/// `GET /users/{id}/ownedDevices` (<https://learn.microsoft.com/graph/api/user-list-owneddevices#permissions>).
pub const READ_DEVICES: Needs = Needs {
    doing: "count a user's devices",
    application: &["Directory.Read.All"],
    delegated: &["Directory.Read.All"],
    roles: ROLES,
};
