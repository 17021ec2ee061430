//! Whether a user may join a device: the emulator's own answer, for tests to hold others against.
//!
//! It goes down from the groups in the policy, where `checkMemberGroups` goes up from the user: the two agree only if both are right.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Directory, User, key};

/// "Unlimited" on the wire.
const UNLIMITED: i64 = 2_147_483_647;

/// Whether a user may join one more device to Microsoft Entra ID, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether the next join would be allowed.
    pub may_join: bool,
    /// Why, or why not.
    pub reason: Reason,
    /// The groups in the policy's list that contain the user, in the order of their ids.
    pub matched_groups: Vec<String>,
    /// Whether the policy's list names the user.
    pub named: bool,
    /// Devices that count against the quota.
    pub quota_used: i64,
    /// How many more there may be; absent when there is no limit.
    pub quota_left: Option<i64>,
    /// Whether the policy requires multifactor authentication to join.
    pub multi_factor_required: bool,
}

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Everybody may join.
    Everybody,
    /// The policy's list names the user.
    Named,
    /// The policy's list names a group the user is in.
    InGroup,
    /// Nobody may join.
    Nobody,
    /// The policy has a list, and the user is not on it.
    NotSelected,
    /// There is no such user.
    NoSuchUser,
    /// The user cannot sign in.
    Disabled,
    /// The user has as many devices as the quota allows.
    QuotaReached,
    /// The policy does not say who may join, in a way that is known.
    Unknown,
}

impl Directory {
    /// Whether this user may join one more device under this policy.
    #[must_use]
    pub fn may_join(&self, policy: &Value, user_id: &str) -> Verdict {
        let scope = &policy["azureADJoin"]["allowedToJoin"];
        let named = listed(scope, "users").any(|id| key(id) == key(user_id));
        let matched_groups = self.matched(scope, user_id);
        let user = self.user(user_id);
        let quota = policy["userDeviceQuota"].as_i64().unwrap_or_default();
        let quota_used = user.map_or(0, devices);
        let by_scope = by_scope(scope, named, !matched_groups.is_empty());
        let reason = match user {
            None => Reason::NoSuchUser,
            Some(user) if !user.account_enabled => Reason::Disabled,
            Some(_) if allows(by_scope) && quota != UNLIMITED && quota_used >= quota => Reason::QuotaReached,
            Some(_) => by_scope,
        };
        Verdict {
            may_join: allows(reason),
            reason,
            matched_groups,
            named,
            quota_used,
            quota_left: (quota != UNLIMITED).then(|| (quota - quota_used).max(0)),
            multi_factor_required: policy["multiFactorAuthConfiguration"] == "required",
        }
    }

    fn matched(&self, scope: &Value, user_id: &str) -> Vec<String> {
        let groups: BTreeSet<String> = listed(scope, "groups").map(key).collect();
        groups
            .iter()
            .filter_map(|id| self.group(id))
            .filter(|group| {
                let inside = self.transitive_members(&group.id);
                inside.iter().any(|member| key(member.id()) == key(user_id))
            })
            .map(|group| group.id.clone())
            .collect()
    }
}

fn listed<'a>(scope: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    let selected = kind(scope) == "enumerated";
    let ids = scope[name].as_array().filter(|_| selected);
    ids.into_iter().flatten().filter_map(Value::as_str)
}

fn kind(scope: &Value) -> String {
    let name = scope["@odata.type"].as_str().unwrap_or_default().to_ascii_lowercase();
    let name = name.trim_start_matches('#').trim_start_matches("microsoft.graph.");
    name.trim_end_matches("deviceregistrationmembership").to_owned()
}

fn by_scope(scope: &Value, named: bool, in_group: bool) -> Reason {
    match kind(scope).as_str() {
        "all" => Reason::Everybody,
        "no" => Reason::Nobody,
        "enumerated" if named => Reason::Named,
        "enumerated" if in_group => Reason::InGroup,
        "enumerated" => Reason::NotSelected,
        _ => Reason::Unknown,
    }
}

fn allows(reason: Reason) -> bool {
    matches!(reason, Reason::Everybody | Reason::Named | Reason::InGroup)
}

/// Devices that are joined or registered; those that are hybrid joined do not count.
///
/// <https://learn.microsoft.com/intune/intune-service/enrollment/device-limit-intune-azure>
fn devices(user: &User) -> i64 {
    let all = user.owned_devices.iter().chain(&user.registered_devices);
    let counting: BTreeSet<String> = all
        .filter(|device| device.trust_type != "ServerAd")
        .map(|device| key(&device.id))
        .collect();
    i64::try_from(counting.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::directory::tenants::{self, Tenant};
    use crate::directory::{Device, Group};
    use crate::seeds::default_policy;

    fn directory() -> Directory {
        let mut directory = Directory::default();
        let devices = |ids: &[(&str, &str)]| {
            ids.iter()
                .map(|(id, trust)| Device {
                    id: (*id).into(),
                    trust_type: (*trust).into(),
                    ..Device::default()
                })
                .collect::<Vec<_>>()
        };
        directory.add_user(User {
            id: "ada".into(),
            owned_devices: devices(&[("d1", "AzureAd"), ("d2", "Workplace"), ("d3", "ServerAd")]),
            registered_devices: devices(&[("D1", "AzureAd")]),
            ..User::default()
        });
        directory.add_user(User {
            id: "off".into(),
            account_enabled: false,
            ..User::default()
        });
        directory.add_group(Group {
            id: "inner".into(),
            members: vec!["ada".into()],
            ..Group::default()
        });
        directory.add_group(Group {
            id: "outer".into(),
            members: vec!["inner".into()],
            ..Group::default()
        });
        directory
    }

    fn policy(scope: &str, users: &[&str], groups: &[&str], quota: i64) -> Value {
        let mut policy = default_policy();
        let mut membership = json!({"@odata.type": format!("#microsoft.graph.{scope}DeviceRegistrationMembership")});
        if scope == "enumerated" {
            membership["users"] = json!(users);
            membership["groups"] = json!(groups);
        }
        policy["azureADJoin"]["allowedToJoin"] = membership;
        policy["userDeviceQuota"] = json!(quota);
        policy
    }

    #[test]
    fn follows_scope_quota_and_account() {
        let directory = directory();
        let cases = [
            ("all", &[][..], &[][..], 5, "ada", Reason::Everybody),
            ("no", &[], &[], 5, "ada", Reason::Nobody),
            ("enumerated", &["ADA"], &[], 5, "ada", Reason::Named),
            ("enumerated", &[], &["outer"], 5, "ada", Reason::InGroup),
            ("enumerated", &["off"], &["gone"], 5, "ada", Reason::NotSelected),
            ("enumerated", &[], &[], 5, "ada", Reason::NotSelected),
            ("some", &[], &[], 5, "ada", Reason::Unknown),
            ("all", &[], &[], 5, "off", Reason::Disabled),
            ("all", &[], &[], 5, "nobody", Reason::NoSuchUser),
            ("all", &[], &[], 3, "ada", Reason::Everybody),
            ("all", &[], &[], 2, "ada", Reason::QuotaReached),
            ("all", &[], &[], 0, "ada", Reason::QuotaReached),
            ("no", &[], &[], 0, "ada", Reason::Nobody),
            ("all", &[], &[], UNLIMITED, "ada", Reason::Everybody),
        ];
        for (scope, users, groups, quota, user, expected) in cases {
            let verdict = directory.may_join(&policy(scope, users, groups, quota), user);
            assert_eq!(verdict.reason, expected, "{scope} {users:?} {groups:?} {quota} {user}");
            assert_eq!(verdict.may_join, allows(expected));
        }
    }

    #[test]
    fn says_how_it_came_to_it() {
        let verdict = directory().may_join(&policy("enumerated", &["ada"], &["outer", "inner"], 5), "ada");
        assert!(verdict.named);
        assert_eq!(verdict.matched_groups, ["inner", "outer"]);
        assert_eq!((verdict.quota_used, verdict.quota_left), (2, Some(3)));
        let verdict = directory().may_join(&policy("all", &[], &[], UNLIMITED), "ada");
        assert_eq!(verdict.quota_left, None);
    }

    #[test]
    fn agrees_with_the_way_up_from_the_user() {
        for seed in 0..300 {
            let Tenant {
                directory,
                policy,
                user,
            } = tenants::random(seed);
            let scope = &policy["azureADJoin"]["allowedToJoin"];
            let groups: Vec<String> = listed(scope, "groups").map(str::to_owned).collect();
            let mut up = directory.member_groups(&user, &groups);
            up.sort();
            up.dedup();
            assert_eq!(directory.may_join(&policy, &user).matched_groups, up, "seed {seed}");
        }
    }
}
