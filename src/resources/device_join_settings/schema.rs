//! The schema of `autopilot_device_join_settings`.

use tf_provider::schema::{AttributeConstraint, AttributeType, Block, Description, Schema};

use crate::settings::schema::{Usage, attribute, settings};
use crate::timeouts;

/// Version of the state's shape; a change of it needs a state upgrade.
const VERSION: i64 = 0;

/// The schema, with descriptions in Markdown.
pub fn schema() -> Schema {
    let mut attributes = settings(Usage::Managed);
    let own = [
        (
            "original_settings",
            attribute(
                AttributeType::Map(Box::new(AttributeType::String)),
                AttributeConstraint::Computed,
                "The managed settings as the tenant had them before this resource managed them, in words: what \
                 `on_destroy = \"restore\"` puts back. Known in the first plan, so that the plan shows what the \
                 tenant has now. After an import and until the first apply: all settings as the import saw them. If \
                 applying a saved plan fails with \"Provider produced inconsistent final plan\" and names \
                 `original_settings`, the tenant's settings have changed since that plan was made. This is not a bug: \
                 run `terraform plan` again.",
            ),
        ),
        (
            "on_destroy",
            attribute(
                AttributeType::String,
                AttributeConstraint::OptionalComputed,
                "What happens to the tenant's settings when the resource is destroyed: `keep` (the default) leaves \
                 them as they are, `restore` puts back the values that the managed settings had before this resource \
                 managed them. Takes effect only after an apply: set it and apply before you destroy.",
            ),
        ),
        ("timeouts", timeouts::schema()),
    ];
    attributes.extend(own.map(|(name, attribute)| (name.to_owned(), attribute)));
    Schema {
        version: VERSION,
        block: Block {
            version: VERSION,
            attributes,
            blocks: Default::default(),
            description: Description::markdown(
                "The device settings of a Microsoft Entra tenant: who may join devices to Microsoft Entra ID, who may \
                 register them, who becomes their local administrator, how many a user may have.\n\nEvery tenant has \
                 exactly one set of these settings. Creating this resource adopts it and changes only what the \
                 configuration names; use one such resource per tenant. Where several teams add members to one list, \
                 see the guide [Lists that several teams share](../guides/sharing-lists.md).\n\n**Destroying:** \
                 Destroying this resource leaves the tenant's settings as they are. With `on_destroy = \"restore\"` it \
                 puts back the values from before this resource managed each setting, and changes nothing else.\n\n\
                 **Permissions:** Plan, refresh and import need `Policy.Read.DeviceConfiguration`; an apply that changes \
                 a setting, and a destroy with `on_destroy = \"restore\"`, need `Policy.ReadWrite.DeviceConfiguration`. \
                 The check before users and groups are added to a list needs `User.Read.All` for users and \
                 `GroupMember.Read.All` for groups ([Signing in](../guides/signing-in.md)).",
            ),
            deprecated: false,
        },
    }
}
