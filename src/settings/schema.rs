//! Schemas and descriptions of the settings, for whatever has them as attributes.

use std::collections::HashMap;

use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Description};

/// Whether the settings can be set or only seen.
#[derive(Copy, Clone, PartialEq, Eq)]
pub enum Usage {
    /// A resource's: each may be given, and has the tenant's value when it is not.
    Managed,
    /// A data source's: all come from the tenant.
    Observed,
}

impl Usage {
    fn setting(self) -> AttributeConstraint {
        match self {
            Self::Managed => AttributeConstraint::OptionalComputed,
            Self::Observed => AttributeConstraint::Computed,
        }
    }

    fn scope(self) -> AttributeConstraint {
        match self {
            Self::Managed => AttributeConstraint::Required,
            Self::Observed => AttributeConstraint::Computed,
        }
    }
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

/// The attributes of the seven settings and of what the tenant says of them.
pub fn settings(usage: Usage) -> HashMap<String, Attribute> {
    let setting = |attr_type, description| attribute(attr_type, usage.setting(), description);
    let observed = |attr_type, description| attribute(attr_type, AttributeConstraint::Computed, description);
    [
        (
            "allowed_to_join",
            setting(
                membership(usage),
                "Who may join devices to Microsoft Entra ID (in the portal: *Users may join devices to Microsoft \
                 Entra*). The user-driven and pre-provisioned scenarios of Windows Autopilot need it for the users \
                 who set their devices up.",
            ),
        ),
        (
            "local_admins",
            setting(
                AttributeType::AttributeSingle(local_admins(usage)),
                "Who becomes a local administrator of a device when it joins. Takes effect on devices that join \
                 afterwards, not on those already joined.",
            ),
        ),
        (
            "allowed_to_register",
            setting(
                membership(usage),
                "Who may register devices with Microsoft Entra ID (in the portal: *Users may register their devices \
                 with Microsoft Entra*). Registering is for personal devices and is not joining. Where Intune is \
                 enabled, this setting cannot be changed: see `registration_admin_configurable`.",
            ),
        ),
        (
            "user_device_quota",
            setting(
                AttributeType::Number,
                "How many devices a user may have in Microsoft Entra ID: 0 to 100, or -1 for unlimited. With 0, \
                 nobody can join a device.",
            ),
        ),
        (
            "multi_factor_auth_required",
            setting(
                AttributeType::Bool,
                "Whether joining or registering a device needs multi-factor authentication. While this is `true`, \
                 Conditional Access policies for the user action *Register or join devices* are not enforced: \
                 Microsoft recommends `false` and such a policy.",
            ),
        ),
        (
            "local_admin_password_enabled",
            setting(
                AttributeType::Bool,
                "Whether Windows LAPS, the management of local administrator passwords, is enabled in the tenant.",
            ),
        ),
        (
            "join_admin_configurable",
            observed(
                AttributeType::Bool,
                "Whether Microsoft lets administrators of this tenant change `allowed_to_join` and `local_admins`.",
            ),
        ),
        (
            "registration_admin_configurable",
            observed(
                AttributeType::Bool,
                "Whether Microsoft lets administrators of this tenant change `allowed_to_register`: `false` where \
                 Intune is enabled.",
            ),
        ),
        (
            "id",
            observed(
                AttributeType::String,
                "Always `deviceRegistrationPolicy`: a tenant has one such policy.",
            ),
        ),
        (
            "tenant_id",
            observed(AttributeType::String, "The tenant whose settings these are."),
        ),
    ]
    .map(|(name, attribute)| (name.to_owned(), attribute))
    .into()
}

fn membership(usage: Usage) -> AttributeType {
    // Lists, though their order means nothing: Terraform takes seconds for a set of a thousand.
    let ids = || AttributeType::List(Box::new(AttributeType::String));
    let attributes = [
        (
            "scope",
            attribute(
                AttributeType::String,
                usage.scope(),
                "`all` for every user, `selected` for the users and groups listed, `none` for nobody.",
            ),
        ),
        (
            "users",
            attribute(
                ids(),
                usage.setting(),
                match usage {
                    Usage::Managed => {
                        "The complete list of user object ids, in any order; users not listed are removed. Only with \
                         the scope `selected`. If omitted, the tenant's list of users is not managed and stays as it is."
                    }
                    Usage::Observed => "Object ids of the users listed; null unless the scope is `selected`.",
                },
            ),
        ),
        (
            "groups",
            attribute(
                ids(),
                usage.setting(),
                match usage {
                    Usage::Managed => {
                        "The complete list of group object ids, in any order; groups not listed are removed. The groups \
                         must contain user objects. Only with the scope `selected`. If omitted, the tenant's list of \
                         groups is not managed and stays as it is."
                    }
                    Usage::Observed => "Object ids of the groups listed; null unless the scope is `selected`.",
                },
            ),
        ),
    ];
    AttributeType::AttributeSingle(attributes.map(|(name, attribute)| (name.to_owned(), attribute)).into())
}

fn local_admins(usage: Usage) -> HashMap<String, Attribute> {
    [
        (
            "global_administrators",
            attribute(
                AttributeType::Bool,
                usage.setting(),
                "Whether the role Global Administrator is added as local administrator on the device.",
            ),
        ),
        (
            "registering_users",
            attribute(
                membership(usage),
                usage.setting(),
                "Which users are added as local administrators of the devices that they join.",
            ),
        ),
    ]
    .map(|(name, attribute)| (name.to_owned(), attribute))
    .into()
}
