//! What is said aloud before it is done: the changes that lock people out or let them in.

use tf_provider::Diagnostics;

use super::desired::{Desired, GivenIds};
use super::managed::Managed;
use crate::graph::policy::{Members, Membership, Quota, Setting, SettingValue};
use crate::plugin::Report;
use crate::settings::attributes::Scope;
use crate::settings::snapshot::Snapshot;
use crate::settings::{describe, name, path};

/// Warns of each managed setting whose change has consequences that its name does not tell. Settings that stay as
/// they are were warned of when they came.
pub fn hazards(diags: &mut Diagnostics, managed: &Managed, now: &Snapshot) {
    for (setting, desired) in managed.iter() {
        if desired.is_met_by(now.value(setting)) {
            continue;
        }
        if let Some((summary, detail)) = hazard(setting, desired, now.value(setting)) {
            diags.warning_at(path(setting), summary, detail);
        }
        wiped(diags, setting, desired, now.value(setting));
    }
}

fn hazard(setting: Setting, desired: &Desired, now: Option<&SettingValue>) -> Option<(String, String)> {
    let warning = |summary: &str, detail: &str| Some((summary.to_owned(), detail.to_owned()));
    match (setting, desired) {
        (Setting::UserDeviceQuota, Desired::Quota(Quota::Limit(0))) => warning(
            "A quota of 0 stops every join",
            "With user_device_quota = 0 no user can join a device. Use -1 for unlimited.",
        ),
        (Setting::MultiFactorAuthRequired, Desired::Bool(true)) => warning(
            "Conditional Access is not enforced on joining devices",
            "While multi_factor_auth_required is true, Conditional Access policies for the user action \"Register or \
             join devices\" are not enforced. Microsoft recommends such a policy and false here.",
        ),
        (Setting::RegisteringUsers, Desired::Membership { scope: Scope::All, .. }) => warning(
            "Every user becomes a local administrator",
            "With local_admins.registering_users = { scope = \"all\" } every user is a local administrator of each \
             device that they join. It takes effect on devices that join afterwards.",
        ),
        (Setting::RegisteringUsers, _) => None,
        (_, Desired::Membership { scope: Scope::None, .. }) => Some((
            format!("Nobody may {} devices", verb(setting)),
            format!(
                "With {} = {{ scope = \"none\" }} no user of the tenant can {} a device.{}",
                name(setting),
                verb(setting),
                autopilot_note(setting)
            ),
        )),
        (
            _,
            Desired::Membership {
                scope: Scope::Selected, ..
            },
        ) if leaves_nobody(desired, now) => Some((
            format!("Nobody may {} devices", verb(setting)),
            if lists_left_to_others(desired) {
                format!(
                    "After this write the list of {} is empty: until an autopilot_device_join_member, or somebody else, \
                     adds a member, no user of the tenant can {} a device.{}",
                    name(setting),
                    verb(setting),
                    autopilot_note(setting)
                )
            } else {
                format!(
                    "The scope of {} is \"selected\" and neither users nor groups will be listed: no user of the tenant \
                     can {} a device.{}",
                    name(setting),
                    verb(setting),
                    autopilot_note(setting)
                )
            },
        )),
        _ => None,
    }
}

fn verb(setting: Setting) -> &'static str {
    if setting == Setting::AllowedToRegister {
        "register"
    } else {
        "join"
    }
}

fn autopilot_note(setting: Setting) -> &'static str {
    if setting == Setting::AllowedToJoin {
        " Windows Autopilot's user-driven and pre-provisioned scenarios fail with it."
    } else {
        ""
    }
}

fn lists_left_to_others(desired: &Desired) -> bool {
    matches!(desired, Desired::Membership { users, groups, .. } if !users.is_managed() || !groups.is_managed())
}

fn leaves_nobody(desired: &Desired, now: Option<&SettingValue>) -> bool {
    matches!(
        desired.outcome(now),
        Some(SettingValue::Membership(Membership::Selected(members))) if members == Members::default()
    )
}

/// Members that a list takes out: the plan does not show them when the list was not managed before.
fn wiped(diags: &mut Diagnostics, setting: Setting, desired: &Desired, now: Option<&SettingValue>) {
    let Desired::Membership { scope, users, groups } = desired else {
        return;
    };
    let Some(SettingValue::Membership(Membership::Selected(members))) = now else {
        return;
    };
    let gone = |list: &GivenIds, now: &std::collections::BTreeSet<_>| match list {
        GivenIds::Known(planned) if *scope == Scope::Selected => {
            let gone: Vec<_> = now.difference(planned).collect();
            (!gone.is_empty()).then(|| describe::id_list(gone.into_iter()))
        }
        _ if *scope != Scope::Selected && !now.is_empty() => Some(describe::id_list(now.iter())),
        _ => None,
    };
    let parts = [
        ("users", gone(users, &members.users)),
        ("groups", gone(groups, &members.groups)),
    ];
    for (list, ids) in parts.into_iter().filter_map(|(list, ids)| Some((list, ids?))) {
        diags.warning_at(
            path(setting),
            format!("{list} will be removed from {}", name(setting)),
            format!("The tenant lists {list} that the configuration does not; the apply removes them: {ids}."),
        );
    }
}

#[cfg(test)]
mod tests {
    use tf_provider::value::Value;

    use super::*;
    use crate::settings::attributes::testing::given;
    use crate::settings::attributes::{LocalAdminsAttribute, MembershipAttribute, ObjectIds, SettingsAttributes};
    use crate::settings::number::Number;

    const A: &str = "00000000-0000-0000-0000-00000000000a";
    const B: &str = "00000000-0000-0000-0000-00000000000b";

    fn membership(scope: &str, groups: ObjectIds) -> Value<MembershipAttribute> {
        Value::Value(MembershipAttribute {
            scope: Value::Value(scope.to_owned()),
            users: Value::Null,
            groups,
        })
    }

    fn summaries(config: &SettingsAttributes, now: &str) -> Vec<String> {
        let now: Snapshot = serde_json::from_str(now).unwrap();
        let mut diags = Diagnostics::default();
        hazards(&mut diags, &Managed::of(config), &now);
        assert!(diags.errors.is_empty());
        diags
            .warnings
            .into_iter()
            .map(|warning| warning.summary.into_owned())
            .collect()
    }

    #[test]
    fn each_hazard_is_said_when_it_comes_and_not_again() {
        let none = SettingsAttributes::default;
        let table = [
            (
                SettingsAttributes {
                    user_device_quota: Value::Value(Number(0.0)),
                    ..none()
                },
                r#"{"user_device_quota": 0}"#,
                "A quota of 0 stops every join",
            ),
            (
                SettingsAttributes {
                    multi_factor_auth_required: Value::Value(true),
                    ..none()
                },
                r#"{"multi_factor_auth_required": true}"#,
                "Conditional Access is not enforced on joining devices",
            ),
            (
                SettingsAttributes {
                    allowed_to_join: membership("none", Value::Null),
                    ..none()
                },
                r#"{"allowed_to_join": "none"}"#,
                "Nobody may join devices",
            ),
            (
                SettingsAttributes {
                    allowed_to_join: membership("selected", Value::Null),
                    ..none()
                },
                r#"{"allowed_to_join": {"users": [], "groups": []}}"#,
                "Nobody may join devices",
            ),
            (
                SettingsAttributes {
                    allowed_to_register: membership("none", Value::Null),
                    ..none()
                },
                r#"{"allowed_to_register": "none"}"#,
                "Nobody may register devices",
            ),
            (
                SettingsAttributes {
                    local_admins: Value::Value(LocalAdminsAttribute {
                        global_administrators: Value::Null,
                        registering_users: membership("all", Value::Null),
                    }),
                    ..none()
                },
                r#"{"local_admins.registering_users": "all"}"#,
                "Every user becomes a local administrator",
            ),
        ];
        for (config, same, summary) in table {
            assert_eq!(summaries(&config, "{}"), [summary]);
            assert!(summaries(&config, same).is_empty());
        }
    }

    #[test]
    fn members_that_an_apply_takes_out_are_named() {
        let tenant = format!(r#"{{"allowed_to_join": {{"users": ["{A}"], "groups": ["{A}", "{B}"]}}}}"#);
        let wiped = |membership| {
            summaries(
                &SettingsAttributes {
                    allowed_to_join: membership,
                    ..SettingsAttributes::default()
                },
                &tenant,
            )
        };
        assert_eq!(
            wiped(membership("selected", given(&[A]))),
            ["groups will be removed from allowed_to_join"]
        );
        assert_eq!(
            wiped(membership("all", Value::Null)),
            [
                "users will be removed from allowed_to_join",
                "groups will be removed from allowed_to_join"
            ]
        );
        assert!(wiped(membership("selected", given(&[A, B]))).is_empty());
    }

    #[test]
    fn what_is_not_known_is_not_warned_of() {
        let config = SettingsAttributes {
            allowed_to_join: membership("selected", Value::Unknown),
            user_device_quota: Value::Unknown,
            ..SettingsAttributes::default()
        };
        assert!(summaries(&config, "{}").is_empty());
    }
}
