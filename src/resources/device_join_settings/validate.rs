//! Refusals by the configuration alone. The codec has refused what the schema does not allow.

use std::collections::BTreeSet;

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::state::{OnDestroy, SettingsState};
use crate::graph::policy::{ObjectId, Setting, SettingKind};
use crate::plugin::Report;
use crate::settings::attributes::{MembershipAttribute, ObjectIds, Scope};
use crate::settings::{describe, name, path};
use crate::timeouts;

/// Checks a configuration; unknown values are left for later.
pub fn validate(diags: &mut Diagnostics, config: &SettingsState) {
    let settings = config.settings();
    for setting in Setting::ALL {
        if let Some(given) = settings.membership(setting) {
            membership(diags, given, setting);
        }
    }
    quota(diags, config);
    if let Value::Value(text) = &config.on_destroy
        && OnDestroy::parse(text).is_none()
    {
        let detail = format!("on_destroy is {text:?}. Use \"keep\" or \"restore\".");
        diags.error_at(AttributePath::new("on_destroy"), "Invalid on_destroy", detail);
    }
    timeouts::validate(diags, &config.timeouts);
}

fn membership(diags: &mut Diagnostics, given: &MembershipAttribute, setting: Setting) {
    debug_assert_eq!(setting.kind(), SettingKind::Membership);
    let name = name(setting);
    let lists = [("users", &given.users), ("groups", &given.groups)];
    for (list, ids) in lists {
        object_ids(diags, &format!("{name}.{list}"), ids, setting);
    }
    let Value::Value(text) = &given.scope else { return };
    let Some(scope) = Scope::parse(text) else {
        let detail = format!("{name}.scope is {text:?}. Use \"all\", \"selected\" or \"none\".");
        return diags.error_at(path(setting), "Invalid scope", detail);
    };
    for (list, ids) in lists {
        if scope != Scope::Selected && ids.is_value() {
            let summary = format!("{list} without the scope \"selected\"");
            let detail = format!(
                "{name}.{list} is set, but {name}.scope is {text:?}: Microsoft Entra ID keeps lists only for the scope \
                 \"selected\". Set scope = \"selected\" to allow those listed, or remove {list}."
            );
            diags.error_at(path(setting), summary, detail);
        }
    }
    if scope == Scope::Selected && given.users.is_null() && given.groups.is_null() {
        let detail = format!(
            "The scope of {name} is \"selected\", and users and groups are left out: both lists are left to other \
             resources, such as autopilot_device_join_member. If the tenant's scope is \"all\", such a plan is refused. \
             Name a break-glass account in {name}.users, so that the list is never empty."
        );
        diags.warning_at(path(setting), format!("{name} selects no user and no group"), detail);
    }
}

fn object_ids(diags: &mut Diagnostics, list: &str, ids: &ObjectIds, setting: Setting) {
    let Value::Value(ids) = ids else { return };
    let (mut seen, mut twice, mut wrong) = (BTreeSet::new(), Vec::new(), Vec::new());
    for text in ids.iter().filter_map(|id| id.as_ref_option()) {
        match ObjectId::parse(text).map(|id| seen.insert(id)) {
            Err(_) => wrong.push(text),
            Ok(false) => twice.push(text),
            Ok(true) => {}
        }
    }
    if !wrong.is_empty() {
        let detail = format!(
            "{list} has values that are not object ids:{}\nUse object ids, GUIDs such as \
             \"8a1f0b5e-3d3c-4c61-9a53-0f1f5f3d2a10\"; user principal names and display names are not accepted. The \
             data sources autopilot_directory_members, azuread_user and azuread_group look them up.",
            listed(&wrong)
        );
        diags.error_at(path(setting), "Not an object id", detail);
    }
    if !twice.is_empty() {
        let detail = format!(
            "{list} names an object id more than once, in upper and lower case:{}\nRemove one of the two.",
            listed(&twice)
        );
        diags.error_at(path(setting), "One object id in two spellings", detail);
    }
}

fn listed(texts: &[&String]) -> String {
    describe::lines(texts.iter().map(|text| format!("{text:?}")))
}

fn quota(diags: &mut Diagnostics, config: &SettingsState) {
    if let Value::Value(number) = config.user_device_quota
        && !matches!(number.whole(), Some(-1..=100))
    {
        let detail = format!(
            "user_device_quota is {number}. Use a whole number from 0 to 100, or -1 for unlimited; Microsoft Entra ID \
             reduces larger values to 100."
        );
        diags.error_at(path(Setting::UserDeviceQuota), "Quota out of range", detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::attributes::LocalAdminsAttribute;
    use crate::settings::attributes::testing::{given, membership};
    use crate::settings::number::Number;

    const ID: &str = "8a1f0b5e-3d3c-4c61-9a53-0f1f5f3d2a10";

    fn join(scope: &str, users: ObjectIds, groups: ObjectIds) -> SettingsState {
        SettingsState {
            allowed_to_join: membership(scope, users, groups),
            ..SettingsState::default()
        }
    }

    fn quota(number: f64) -> SettingsState {
        SettingsState {
            user_device_quota: Value::Value(Number(number)),
            ..SettingsState::default()
        }
    }

    fn validated(config: &SettingsState) -> Diagnostics {
        let mut diags = Diagnostics::default();
        validate(&mut diags, config);
        diags
    }

    #[test]
    fn valid_and_unknown_values_pass() {
        let unknown_scope = MembershipAttribute {
            scope: Value::Unknown,
            users: given(&[ID]),
            groups: Value::Null,
        };
        let valid = [
            SettingsState::default(),
            join("all", Value::Null, Value::Null),
            join("none", Value::Unknown, Value::Null),
            join("selected", given(&[ID]), given(&[])),
            join("selected", Value::Value([Value::Unknown].into()), Value::Unknown),
            SettingsState {
                allowed_to_join: Value::Value(unknown_scope),
                ..SettingsState::default()
            },
            quota(-1.0),
            quota(0.0),
            quota(100.0),
            SettingsState {
                on_destroy: Value::Unknown,
                ..SettingsState::default()
            },
        ];
        for config in valid {
            let diags = validated(&config);
            assert!(diags.errors.is_empty() && diags.warnings.is_empty(), "{config:?}");
        }
    }

    #[test]
    fn each_mistake_is_refused_at_its_attribute() {
        let nested = LocalAdminsAttribute {
            registering_users: membership("some", Value::Null, Value::Null),
            ..LocalAdminsAttribute::default()
        };
        let table = [
            (
                join("all", given(&[ID]), Value::Null),
                "users without the scope \"selected\"",
                "allowed_to_join",
            ),
            (
                join("none", given(&[]), Value::Null),
                "users without the scope \"selected\"",
                "allowed_to_join",
            ),
            (
                join("selected", given(&["ops@contoso.com", "Ops"]), Value::Null),
                "Not an object id",
                "allowed_to_join",
            ),
            (
                join("selected", given(&[ID, &ID.to_uppercase()]), Value::Null),
                "One object id in two spellings",
                "allowed_to_join",
            ),
            (
                join("Selected", Value::Null, Value::Null),
                "Invalid scope",
                "allowed_to_join",
            ),
            (
                SettingsState {
                    local_admins: Value::Value(nested),
                    ..SettingsState::default()
                },
                "Invalid scope",
                "local_admins",
            ),
            (quota(101.0), "Quota out of range", "user_device_quota"),
            (quota(-2.0), "Quota out of range", "user_device_quota"),
            (quota(1.5), "Quota out of range", "user_device_quota"),
            (
                SettingsState {
                    on_destroy: Value::Value("delete".to_owned()),
                    ..SettingsState::default()
                },
                "Invalid on_destroy",
                "on_destroy",
            ),
        ];
        for (config, summary, attribute) in table {
            let errors: Vec<_> = validated(&config)
                .errors
                .into_iter()
                .map(|error| (error.summary.into_owned(), error.attribute))
                .collect();
            assert_eq!(
                errors,
                [(summary.to_owned(), AttributePath::new(attribute))],
                "{config:?}"
            );
        }
    }

    #[test]
    fn a_selection_without_lists_is_warned_of() {
        let diags = validated(&join("selected", Value::Null, Value::Null));
        assert!(diags.errors.is_empty());
        assert_eq!(
            diags.warnings[0].summary,
            "allowed_to_join selects no user and no group"
        );
    }
}
