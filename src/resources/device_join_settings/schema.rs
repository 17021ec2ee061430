//! The schema of `autopilot_device_join_settings`.

use tf_provider::schema::{AttributeConstraint, AttributeType, Block, Description, Schema};

use crate::resources::timeouts;
use crate::settings::schema::{Usage, attribute, settings};

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
                 `on_destroy = \"restore\"` puts back. Known in the first plan, so that the plan says what the tenant \
                 has now, and so that a saved plan is refused when the tenant has changed since. After an import, \
                 all settings as the import saw them, until the first apply.",
            ),
        ),
        (
            "on_destroy",
            attribute(
                AttributeType::String,
                AttributeConstraint::OptionalComputed,
                "What becomes of the tenant's settings when the resource is destroyed: `keep` (the default) leaves \
                 them as they are, `restore` puts the managed ones back to what they were before this resource \
                 managed them. Must have been applied before the destroy to count.",
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
                 register them, who becomes their local administrator, how many a user may have. A tenant has these \
                 settings once and always: creating this resource adopts them, and changes only what the \
                 configuration names.",
            ),
            deprecated: false,
        },
    }
}
