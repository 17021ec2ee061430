//! Schemas of the settings, for what has them as attributes.

use std::collections::HashMap;

use tf_provider::schema::AttributeConstraint::{Computed, OptionalComputed, Required};
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};

use super::attributes::{Attribute as Kind, SettingsAttributes};
use super::table::TABLE;

/// The use of the settings in a schema.
#[derive(Copy, Clone, PartialEq, Eq)]
pub enum Usage {
    /// A resource's arguments: each may be given, and has the tenant's value when it is not.
    Managed,
    /// A data source's attributes: all come from the tenant.
    Observed,
    /// A resource's memory of what was there before it.
    Original,
}

impl Usage {
    /// The constraint: `managed` for arguments; elsewhere the provider sets the value.
    fn or(self, managed: AttributeConstraint) -> AttributeConstraint {
        if self == Self::Managed { managed } else { Computed }
    }

    /// The description for this use; memories have none.
    fn describe<'a>(self, managed: &'a str, observed: &'a str) -> &'a str {
        match self {
            Self::Managed => managed,
            Self::Observed => observed,
            Self::Original => "",
        }
    }
}

/// Version of every state's shape; a change of it needs a state upgrade.
const VERSION: i64 = 0;

/// A schema with a Markdown description.
pub fn schema(attributes: HashMap<String, Attribute>, description: &str) -> Schema {
    let block = Block {
        version: VERSION,
        attributes,
        blocks: HashMap::new(),
        description: Description::markdown(description),
        deprecated: false,
    };
    Schema {
        version: VERSION,
        block,
    }
}

/// Attributes by their names.
pub fn named<const N: usize>(attributes: [(&str, Attribute); N]) -> HashMap<String, Attribute> {
    attributes.map(|(name, attribute)| (name.to_owned(), attribute)).into()
}

/// An attribute with a Markdown description.
pub fn attribute(attr_type: AttributeType, constraint: AttributeConstraint, description: &str) -> Attribute {
    Attribute {
        attr_type,
        constraint,
        description: Description::markdown(description),
        ..Attribute::default()
    }
}

/// The attributes of the settings.
pub fn settings(usage: Usage) -> HashMap<String, Attribute> {
    let (mut attributes, mut local_admins) = (HashMap::new(), HashMap::new());
    for row in &TABLE {
        let attr_type = match SettingsAttributes::default().get(row.setting) {
            Kind::Switch(_) => AttributeType::Bool,
            Kind::Quota(_) => AttributeType::Number,
            Kind::Membership(_) => membership(usage),
        };
        let description = format!("{} In the portal: *{}*.", row.description, row.label);
        let description = usage.describe(&description, &description);
        let attribute = attribute(attr_type, usage.or(OptionalComputed), description);
        match row.name.strip_prefix("local_admins.") {
            Some(name) => local_admins.insert(name.to_owned(), attribute),
            None => attributes.insert(row.name.to_owned(), attribute),
        };
    }
    let description = usage.describe(LOCAL_ADMINS, LOCAL_ADMINS);
    let local_admins = AttributeType::AttributeSingle(local_admins);
    let local_admins = attribute(local_admins, usage.or(OptionalComputed), description);
    attributes.insert("local_admins".to_owned(), local_admins);
    attributes
}

/// The attributes that say whose settings they are, and which of them the tenant's administrators can change.
pub fn tenant() -> HashMap<String, Attribute> {
    named([
        (
            "join_admin_configurable",
            attribute(AttributeType::Bool, Computed, JOIN_CONFIGURABLE),
        ),
        (
            "registration_admin_configurable",
            attribute(AttributeType::Bool, Computed, REGISTRATION_CONFIGURABLE),
        ),
        ("id", attribute(AttributeType::String, Computed, ID)),
        (
            "tenant_id",
            attribute(AttributeType::String, Computed, "The tenant whose settings these are."),
        ),
    ])
}

fn membership(usage: Usage) -> AttributeType {
    let list = |managed, observed| {
        let ids = AttributeType::Set(Box::new(AttributeType::String));
        attribute(ids, usage.or(OptionalComputed), usage.describe(managed, observed))
    };
    let scope = usage.describe(SCOPE, "`all`, `selected` or `none`.");
    AttributeType::AttributeSingle(named([
        ("scope", attribute(AttributeType::String, usage.or(Required), scope)),
        (
            "users",
            list(
                USERS,
                "The object ids of the users listed; empty unless the scope is `selected`.",
            ),
        ),
        (
            "groups",
            list(
                GROUPS,
                "The object ids of the groups listed; empty unless the scope is `selected`.",
            ),
        ),
    ]))
}

const LOCAL_ADMINS: &str = "Who becomes a local administrator of a device when it joins. Takes effect on devices that \
    join afterwards, not on those already joined.";
const JOIN_CONFIGURABLE: &str = "Whether Microsoft lets administrators of this tenant change `allowed_to_join` and \
    `local_admins`.";
const REGISTRATION_CONFIGURABLE: &str = "Whether Microsoft lets administrators of this tenant change \
    `allowed_to_register`: `false` where Intune is enabled.";
const ID: &str = "Always `deviceRegistrationPolicy`: a tenant has one such policy.";
const SCOPE: &str = "`all` for every user, `selected` for the users and groups listed, `none` for no user.";
const USERS: &str = "The object ids of all users listed; users that are not named are removed. Only with the scope \
    `selected`. If omitted, the tenant's list of users is not managed and stays as it is.";
const GROUPS: &str = "The object ids of all groups listed; groups that are not named are removed. The groups must \
    contain user objects. Only with the scope `selected`. If omitted, the tenant's list of groups is not managed and \
    stays as it is.";
