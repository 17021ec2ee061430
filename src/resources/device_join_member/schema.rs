//! The schema of `autopilot_device_join_member`.

use tf_provider::schema::{AttributeConstraint, AttributeType, Block, Description, Schema};

use crate::settings::schema::attribute;
use crate::timeouts;

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
                 Changing this forces a new resource to be created.",
            ),
        ),
        (
            "object_id",
            text(
                AttributeConstraint::Required,
                "The object id of the user or group. A group must contain user objects, directly or in nested groups. \
                 Changing this forces a new resource to be created.",
            ),
        ),
        (
            "type",
            text(
                AttributeConstraint::OptionalComputed,
                "`user` or `group`. If omitted, it is looked up, which needs the permission `User.Read.All` to find a \
                 user and `GroupMember.Read.All` to find a group. Changing this forces a new resource to be created.",
            ),
        ),
        (
            "id",
            text(
                AttributeConstraint::Computed,
                "`<list>/<type>/<object id>`, which is also the import id.",
            ),
        ),
        (
            "tenant_id",
            text(
                AttributeConstraint::Computed,
                "The id of the tenant that the list belongs to.",
            ),
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
                 so that several modules and workspaces can each add their own to the same list.\n\nThe scope of the \
                 list must be `selected` or `none`. The first member changes `none` to `selected`. With the scope `all`, \
                 adding a member is an error, because it would shut out everybody else. Where \
                 `autopilot_device_join_settings` sets the scope, omit `users` and `groups` there and let the members \
                 depend on it (`depends_on`). The guide [Lists that several teams share](../guides/sharing-lists.md) \
                 says which resource owns what, and how to change the scope from `all`.\n\nA member that the tenant \
                 lists already is adopted, and nothing is written.\n\n**Destroying:** Destroying an \
                 `autopilot_device_join_member` always removes that member, an adopted one too, unless another resource \
                 takes it over in the same apply. Destroying the last one sets the scope to `none`, so that \
                 nobody can join (for the list `join`). To hand a tenant over unchanged, use `terraform state rm` or a \
                 `removed` block with `destroy = false`.\n\n**Permissions:** Plan, refresh and import need \
                 `Policy.Read.DeviceConfiguration`; creating or destroying a member needs \
                 `Policy.ReadWrite.DeviceConfiguration`. The check before a member is added needs `User.Read.All` for a \
                 user and `GroupMember.Read.All` for a group ([Signing in](../guides/signing-in.md)).\n\n**Two applies \
                 at the same time:** Microsoft Graph replaces the whole policy with every write. Members of one \
                 configuration share their writes. Two applies at the same time, in two workspaces for one tenant, can \
                 overwrite each other: a member that is lost in that way is missing in the tenant until the next plan \
                 shows it and its apply adds it.",
            ),
            deprecated: false,
        },
    }
}
