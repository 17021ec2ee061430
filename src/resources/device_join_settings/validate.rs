//! What can be refused by looking at the configuration alone.

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::desired::quota_of;
use super::state::{OnDestroy, SettingsState};
use crate::graph::policy::{ObjectId, Setting};
use crate::plugin::Report;
use crate::settings::attributes::{MembershipAttribute, ObjectIds, Scope};
use crate::settings::path;
use crate::timeouts;

/// Checks a configuration; values that are not known yet are left for later.
pub fn validate(diags: &mut Diagnostics, config: &SettingsState) {
    membership(diags, &config.allowed_to_join, &path(Setting::AllowedToJoin));
    membership(diags, &config.allowed_to_register, &path(Setting::AllowedToRegister));
    if let Value::Value(admins) = &config.local_admins {
        membership(diags, &admins.registering_users, &path(Setting::RegisteringUsers));
    }
    quota(diags, config);
    on_destroy(diags, config);
    timeouts::validate(diags, &config.timeouts);
}

fn membership(diags: &mut Diagnostics, value: &Value<MembershipAttribute>, path: &AttributePath) {
    let Value::Value(membership) = value else { return };
    let lists = [("users", &membership.users), ("groups", &membership.groups)];
    for (name, ids) in lists {
        object_ids(diags, name, ids, &path.clone().attribute(name));
    }
    let Value::Value(text) = &membership.scope else { return };
    let Some(scope) = Scope::parse(text) else {
        diags.error_at(
            path.clone().attribute("scope"),
            "Invalid scope",
            format!("{path}.scope is {text:?}. Use \"all\", \"selected\" or \"none\"."),
        );
        return;
    };
    for (name, ids) in lists {
        if scope != Scope::Selected && ids.is_value() {
            diags.error_at(
                path.clone().attribute(name),
                format!("{name} without the scope \"selected\""),
                format!(
                    "{path}.{name} is set, but {path}.scope is {text:?}: Microsoft Entra ID keeps lists only for the \
                     scope \"selected\". Set scope = \"selected\" to allow those listed, or remove {name}."
                ),
            );
        }
    }
}

fn object_ids(diags: &mut Diagnostics, name: &str, ids: &ObjectIds, path: &AttributePath) {
    let Value::Value(ids) = ids else { return };
    for (at, id) in (0_i64..).zip(ids) {
        let path = path.clone().index(at);
        match id {
            Value::Value(text) if ObjectId::parse(text).is_err() => diags.error_at(
                path.clone(),
                "Not an object id",
                format!(
                    "{path} is {text:?}, which is not an object id. Use the object id, a GUID such as \
                     \"8a1f0b5e-3d3c-4c61-9a53-0f1f5f3d2a10\"; user principal names and display names are not accepted. \
                     The data sources autopilot_directory_members and {} (of the azuread provider) look it up.",
                    if name == "users" { "azuread_user" } else { "azuread_group" }
                ),
            ),
            Value::Null => diags.error_at(
                path.clone(),
                "Null in a list of object ids",
                format!("{path} is null. Remove it or set an object id."),
            ),
            _ => {}
        }
    }
}

fn quota(diags: &mut Diagnostics, config: &SettingsState) {
    if let Value::Value(number) = config.user_device_quota
        && quota_of(number).is_none()
    {
        diags.error_at(
            path(Setting::UserDeviceQuota),
            "Quota out of range",
            format!(
                "user_device_quota is {number}. Use a whole number from 0 to 100, or -1 for unlimited; Microsoft Entra ID \
                 reduces larger values to 100."
            ),
        );
    }
}

fn on_destroy(diags: &mut Diagnostics, config: &SettingsState) {
    if let Value::Value(text) = &config.on_destroy
        && OnDestroy::parse(text).is_none()
    {
        diags.error_at(
            AttributePath::new("on_destroy"),
            "Invalid on_destroy",
            format!("on_destroy is {text:?}. Use \"keep\" or \"restore\"."),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::attributes::LocalAdminsAttribute;
    use crate::settings::attributes::testing::given;
    use crate::settings::number::Number;

    const ID: &str = "8a1f0b5e-3d3c-4c61-9a53-0f1f5f3d2a10";

    fn text(value: &str) -> Value<String> {
        Value::Value(value.to_owned())
    }

    fn join(scope: &str, users: ObjectIds, groups: ObjectIds) -> SettingsState {
        let membership = MembershipAttribute {
            scope: text(scope),
            users,
            groups,
        };
        SettingsState {
            allowed_to_join: Value::Value(membership),
            ..SettingsState::default()
        }
    }

    fn refusals(config: &SettingsState) -> Vec<(String, AttributePath)> {
        let mut diags = Diagnostics::default();
        validate(&mut diags, config);
        diags
            .errors
            .into_iter()
            .map(|error| (error.summary.into_owned(), error.attribute))
            .collect()
    }

    #[test]
    fn what_is_valid_or_not_known_passes() {
        let unknown_scope = MembershipAttribute {
            scope: Value::Unknown,
            users: given(&[ID]),
            groups: Value::Null,
        };
        let valid = [
            SettingsState::default(),
            join("all", Value::Null, Value::Null),
            join("none", Value::Unknown, Value::Null),
            join("selected", given(&[ID, &ID.to_uppercase()]), given(&[])),
            join("selected", Value::Value([Value::Unknown].into()), Value::Unknown),
            SettingsState {
                allowed_to_join: Value::Value(unknown_scope),
                ..SettingsState::default()
            },
            SettingsState {
                user_device_quota: Value::Value(Number(-1.0)),
                ..SettingsState::default()
            },
            SettingsState {
                on_destroy: Value::Unknown,
                ..SettingsState::default()
            },
        ];
        for config in valid {
            assert_eq!(refusals(&config), [], "{config:?}");
        }
    }

    #[test]
    fn each_mistake_is_refused_where_it_stands() {
        let users = AttributePath::new("allowed_to_join").attribute("users");
        let nested = LocalAdminsAttribute {
            registering_users: Value::Value(MembershipAttribute {
                scope: text("some"),
                ..Default::default()
            }),
            ..LocalAdminsAttribute::default()
        };
        let table = [
            (
                join("all", given(&[ID]), Value::Null),
                "users without the scope \"selected\"",
                users.clone(),
            ),
            (
                join("none", given(&[]), Value::Null),
                "users without the scope \"selected\"",
                users.clone(),
            ),
            (
                join("selected", given(&["ops@contoso.com"]), Value::Null),
                "Not an object id",
                users.clone().index(0),
            ),
            (
                join("selected", Value::Value([Value::Null].into()), Value::Null),
                "Null in a list of object ids",
                users.index(0),
            ),
            (
                join("Selected", Value::Null, Value::Null),
                "Invalid scope",
                AttributePath::new("allowed_to_join").attribute("scope"),
            ),
            (
                SettingsState {
                    local_admins: Value::Value(nested),
                    ..SettingsState::default()
                },
                "Invalid scope",
                AttributePath::new("local_admins")
                    .attribute("registering_users")
                    .attribute("scope"),
            ),
            (
                SettingsState {
                    user_device_quota: Value::Value(Number(101.0)),
                    ..SettingsState::default()
                },
                "Quota out of range",
                AttributePath::new("user_device_quota"),
            ),
            (
                SettingsState {
                    on_destroy: text("delete"),
                    ..SettingsState::default()
                },
                "Invalid on_destroy",
                AttributePath::new("on_destroy"),
            ),
        ];
        for (config, summary, path) in table {
            assert_eq!(refusals(&config), [(summary.to_owned(), path)], "{config:?}");
        }
    }
}
