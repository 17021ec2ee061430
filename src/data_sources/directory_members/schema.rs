//! The schema of `data.autopilot_directory_members`.

use std::collections::HashMap;

use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Schema};

use crate::settings::schema::{self, attribute, named};

pub(super) fn schema() -> Schema {
    let set = || AttributeType::Set(Box::new(AttributeType::String));
    let given = |description| attribute(set(), AttributeConstraint::Optional, description);
    let computed = |kind, description| attribute(kind, AttributeConstraint::Computed, description);
    let attributes = [
        (
            "user_principal_names",
            given("User principal names of users, such as `ops@contoso.com`. One that does not exist is an error."),
        ),
        (
            "group_names",
            given("Display names of groups. One that does not exist, or that several groups have, is an error."),
        ),
        (
            "group_ids",
            given("Object ids of groups. One that does not exist is an error."),
        ),
        (
            "tenant_id",
            computed(AttributeType::String, "The tenant whose directory it is."),
        ),
        (
            "users",
            computed(
                AttributeType::AttributeMap(user_attributes()),
                "The users, by the name that was asked for.",
            ),
        ),
        (
            "groups",
            computed(
                AttributeType::AttributeMap(group_attributes()),
                "The groups, by the name or object id that was asked for.",
            ),
        ),
        (
            "user_object_ids",
            computed(
                set(),
                "The object ids of all these users, as a `users` list takes them.",
            ),
        ),
        (
            "group_object_ids",
            computed(
                set(),
                "The object ids of all these groups, as a `groups` list takes them.",
            ),
        ),
    ];
    schema::schema(
        named(attributes),
        "Looks up users and groups by name: their object ids, which the device settings take, and whether the \
                 groups contain users.\n\n**Permissions:** `User.Read.All` for users, `GroupMember.Read.All` for groups \
                 ([Signing in](../guides/signing-in.md)).",
    )
}

fn nested<const N: usize>(attributes: [(&str, AttributeType, &str); N]) -> HashMap<String, Attribute> {
    attributes
        .map(|(name, kind, description)| {
            (
                name.to_owned(),
                attribute(kind, AttributeConstraint::Computed, description),
            )
        })
        .into()
}

fn user_attributes() -> HashMap<String, Attribute> {
    nested([
        ("object_id", AttributeType::String, "The object id."),
        ("display_name", AttributeType::String, "The display name."),
        ("enabled", AttributeType::Bool, "Whether the user can sign in."),
    ])
}

fn group_attributes() -> HashMap<String, Attribute> {
    nested([
        ("object_id", AttributeType::String, "The object id."),
        ("display_name", AttributeType::String, "The display name."),
        (
            "kind",
            AttributeType::String,
            "`security`, `microsoft_365`, `mail_enabled_security`, `distribution`, or `unknown` when Graph does not say.",
        ),
        (
            "dynamic",
            AttributeType::Bool,
            "Whether a rule decides who is in the group. Microsoft Entra ID applies a new rule with some delay.",
        ),
        ("membership_rule", AttributeType::String, "The rule of a dynamic group."),
        (
            "user_count",
            AttributeType::Number,
            "How many users are in the group, directly or in nested groups. If 0, listing the group allows nobody anything.",
        ),
    ])
}
