//! The schema of `autopilot_device_join_member`.

use tf_provider::schema::{AttributeConstraint, AttributeType, Block, Description, Schema};

use crate::resources::timeouts;
use crate::settings::schema::attribute;

/// Version of the state's shape; a change of it needs a state upgrade.
const VERSION: i64 = 0;

/// The schema, with descriptions in Markdown.
pub fn schema() -> Schema {
    let text = |constraint, description| attribute(AttributeType::String, constraint, description);
    let attributes = [
        (
            "list",
            text(
                AttributeConstraint::OptionalComputed,
                "The list: `join` (the default) for who may join devices to Microsoft Entra ID, `local_admin` for who \
                 becomes a local administrator of the devices that they join, `register` for who may register devices. \
                 Another list makes another resource.",
            ),
        ),
        (
            "object_id",
            text(
                AttributeConstraint::Required,
                "The object id of the user or group. A group must contain user objects, directly or in groups inside \
                 it. Another id makes another resource.",
            ),
        ),
        (
            "type",
            text(
                AttributeConstraint::OptionalComputed,
                "`user` or `group`. Found out when omitted, which needs a permission to look up users \
                 (`User.Read.All`) and groups (`GroupMember.Read.All`). Another type makes another resource.",
            ),
        ),
        (
            "id",
            text(
                AttributeConstraint::Computed,
                "`<list>/<type>/<object id>`, which is the import id too.",
            ),
        ),
        (
            "tenant_id",
            text(AttributeConstraint::Computed, "The tenant whose list it is."),
        ),
        ("timeouts", timeouts::schema()),
    ];
    Schema {
        version: VERSION,
        block: Block {
            version: VERSION,
            attributes: attributes.map(|(name, attribute)| (name.to_owned(), attribute)).into(),
            blocks: Default::default(),
            description: Description::markdown(
                "One user or group in one of the lists of a tenant's device settings. Other members are never touched, \
                 so that several modules and workspaces can each add their own to the same list.\n\nThe list must have \
                 the scope `selected` or `none`: the first member makes `none` a selection, and removing the last one \
                 makes it `none` again. With the scope `all` adding a member is an error, because it would shut out \
                 everybody else. Where `autopilot_device_join_settings` sets the scope, leave `users` and `groups` out \
                 of it and let the members depend on it (`depends_on`).\n\nA member that is in the list already is \
                 adopted: destroying the resource removes it all the same.\n\nMicrosoft Graph replaces the whole policy \
                 with every write. Members of one configuration share their writes; two applies at the same time, in two \
                 workspaces for one tenant, can overwrite each other. What is lost that way in spite of reading before \
                 and after each write is missing in the tenant and planned again by the next plan (guide \"Lists that \
                 several teams share\").",
            ),
            deprecated: false,
        },
    }
}
