//! What is refused by looking at the configuration alone.

use graph_emulator::tenants::group_id;

use super::{lab_with, member};
use crate::support::tenant::nobody;

#[test]
fn each_mistake_is_refused_at_its_place_and_nothing_is_asked_of_graph() {
    let lab = lab_with(nobody());
    let id = format!("object_id = \"{}\"", group_id(1));
    lab.config(
        &[
            member("list", &format!("list = \"admins\"\n{id}")),
            member("type", &format!("type = \"Group\"\n{id}")),
            member("upn", "object_id = \"ops@contoso.com\""),
            member("name", "object_id = \"Autopilot users\""),
            member("timeouts", &format!("timeouts = {{ create = \"soon\" }}\n{id}")),
        ]
        .concat(),
    );
    let planned = lab.plan();
    planned
        .refused()
        .says("list is \"admins\". Use one of \"join\", \"local_admin\", \"register\"")
        .says("type is \"Group\"")
        .says("object_id is \"ops@contoso.com\", which is not an object id")
        .says("object_id is \"Autopilot users\", which is not an object id")
        .says("autopilot_directory_members")
        .says("Invalid timeout");
    assert_eq!(planned.errors().len(), 5, "{:?}", planned.errors());
    assert_eq!(lab.tenant.requests(), []);
}

#[test]
fn an_object_id_is_required() {
    let lab = lab_with(nobody());
    lab.config(&member("one", "list = \"join\""));
    lab.run(&["validate"]).refused().says("object_id");
}
