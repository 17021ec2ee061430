//! The values of settings at some moment, in a form that is kept in Terraform's private state.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::attributes::Scope;
use super::{by_name, name};
use crate::graph::policy::{Members, Membership, ObjectId, Policy, Quota, Setting, SettingValue};

/// What a tenant's settings were: by setting, the value or none where the tenant had none.
///
/// Stored as JSON under Terraform's names, so that a state stays readable to later versions: a name or a value that
/// this version does not know is left out when read.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, Json>", into = "BTreeMap<String, Json>")]
pub struct Snapshot(BTreeMap<Setting, Option<SettingValue>>);

impl Snapshot {
    /// All settings of a policy.
    pub fn of(policy: &Policy) -> Self {
        Self(
            Setting::ALL
                .into_iter()
                .map(|setting| (setting, policy.value(setting)))
                .collect(),
        )
    }

    /// Whether the snapshot says anything of a setting.
    pub fn has(&self, setting: Setting) -> bool {
        self.0.contains_key(&setting)
    }

    /// The value of a setting; none when the tenant had none or the snapshot does not say.
    pub fn value(&self, setting: Setting) -> Option<&SettingValue> {
        self.0.get(&setting)?.as_ref()
    }

    /// Remembers a value for a setting, unless one is remembered already.
    pub fn remember(&mut self, setting: Setting, value: Option<SettingValue>) {
        self.0.entry(setting).or_insert(value);
    }

    /// Forgets every setting but these.
    pub fn retain(&mut self, wanted: impl Fn(Setting) -> bool) {
        self.0.retain(|setting, _| wanted(*setting));
    }

    /// The settings that the snapshot speaks of, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (Setting, Option<&SettingValue>)> {
        self.0.iter().map(|(setting, value)| (*setting, value.as_ref()))
    }
}

impl From<Snapshot> for BTreeMap<String, Json> {
    fn from(snapshot: Snapshot) -> Self {
        snapshot
            .iter()
            .map(|(setting, value)| (name(setting).to_owned(), value.map_or(Json::Null, to_json)))
            .collect()
    }
}

impl From<BTreeMap<String, Json>> for Snapshot {
    fn from(stored: BTreeMap<String, Json>) -> Self {
        let known = stored.into_iter().filter_map(|(key, value)| {
            let setting = by_name(&key)?;
            let value = if value.is_null() {
                None
            } else {
                Some(from_json(setting, &value)?)
            };
            Some((setting, value))
        });
        Self(known.collect())
    }
}

fn to_json(value: &SettingValue) -> Json {
    match value {
        SettingValue::Bool(value) => json!(value),
        SettingValue::Quota(Quota::Limit(limit)) => json!(limit),
        SettingValue::Quota(Quota::Unlimited) => json!("unlimited"),
        SettingValue::Membership(Membership::Selected(members)) => {
            let list = |ids: &BTreeSet<ObjectId>| ids.iter().map(|id| json!(id.as_str())).collect::<Json>();
            json!({ "users": list(&members.users), "groups": list(&members.groups) })
        }
        SettingValue::Membership(Membership::Other(kind)) => json!({ "kind": kind }),
        SettingValue::Membership(membership) => json!(Scope::of(membership).map(Scope::as_str)),
    }
}

fn from_json(setting: Setting, value: &Json) -> Option<SettingValue> {
    match setting {
        Setting::AllowedToJoin | Setting::AllowedToRegister | Setting::RegisteringUsers => {
            membership_from_json(value).map(SettingValue::Membership)
        }
        Setting::UserDeviceQuota => {
            let unlimited = value.as_str() == Some("unlimited");
            let limit = || {
                value
                    .as_i64()
                    .and_then(|limit| i32::try_from(limit).ok())
                    .and_then(Quota::from_wire)
            };
            unlimited
                .then_some(Quota::Unlimited)
                .or_else(limit)
                .map(SettingValue::Quota)
        }
        Setting::GlobalAdministrators | Setting::MultiFactorAuthRequired | Setting::LocalAdminPasswordEnabled => {
            value.as_bool().map(SettingValue::Bool)
        }
    }
}

fn membership_from_json(value: &Json) -> Option<Membership> {
    match value {
        Json::String(scope) => match Scope::parse(scope)? {
            Scope::All => Some(Membership::All),
            Scope::None => Some(Membership::None),
            Scope::Selected => None,
        },
        Json::Object(object) => {
            if let Some(kind) = object.get("kind") {
                return Some(Membership::Other(kind.as_str()?.to_owned()));
            }
            let list = |key: &str| -> Option<BTreeSet<ObjectId>> {
                object
                    .get(key)?
                    .as_array()?
                    .iter()
                    .map(|id| Some(ObjectId::from_graph(id.as_str()?)))
                    .collect()
            };
            Some(Membership::Selected(Members {
                users: list("users")?,
                groups: list("groups")?,
            }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_kind_of_value() -> Snapshot {
        let members = Members {
            users: [ObjectId::from_graph("a-dead-id")].into(),
            groups: BTreeSet::new(),
        };
        Snapshot(
            [
                (
                    Setting::AllowedToJoin,
                    Some(SettingValue::Membership(Membership::Selected(members))),
                ),
                (
                    Setting::AllowedToRegister,
                    Some(SettingValue::Membership(Membership::All)),
                ),
                (
                    Setting::RegisteringUsers,
                    Some(SettingValue::Membership(Membership::Other("#x.future".into()))),
                ),
                (Setting::UserDeviceQuota, Some(SettingValue::Quota(Quota::Unlimited))),
                (Setting::MultiFactorAuthRequired, Some(SettingValue::Bool(true))),
                (Setting::GlobalAdministrators, None),
            ]
            .into(),
        )
    }

    #[test]
    fn a_snapshot_survives_the_private_state() {
        let stored = serde_json::to_vec(&every_kind_of_value()).unwrap();
        assert_eq!(
            serde_json::from_slice::<Snapshot>(&stored).unwrap(),
            every_kind_of_value()
        );
    }

    #[test]
    fn what_a_later_version_stored_is_left_out() {
        let stored = json!({
            "a_later_setting": true,
            "allowed_to_join": { "later": "shape" },
            "user_device_quota": 20,
        });
        let snapshot: Snapshot = serde_json::from_value(stored).unwrap();
        assert!(!snapshot.has(Setting::AllowedToJoin));
        assert_eq!(
            snapshot.value(Setting::UserDeviceQuota),
            Some(&SettingValue::Quota(Quota::Limit(20)))
        );
    }

    #[test]
    fn a_quota_that_no_policy_has_is_left_out() {
        for (stored, value) in [
            (json!(0), Some(Quota::Limit(0))),
            (json!("unlimited"), Some(Quota::Unlimited)),
            (json!(i32::MAX), Some(Quota::Unlimited)),
            (json!(-1), None),
            (json!(i64::MAX), None),
            (json!("many"), None),
        ] {
            let snapshot: Snapshot = serde_json::from_value(json!({"user_device_quota": stored})).unwrap();
            let read = snapshot.value(Setting::UserDeviceQuota).cloned();
            assert_eq!(read, value.map(SettingValue::Quota), "{stored}");
        }
    }

    #[test]
    fn the_first_value_remembered_stays() {
        let mut snapshot = Snapshot::default();
        snapshot.remember(Setting::MultiFactorAuthRequired, Some(SettingValue::Bool(true)));
        snapshot.remember(Setting::MultiFactorAuthRequired, Some(SettingValue::Bool(false)));
        assert_eq!(
            snapshot.value(Setting::MultiFactorAuthRequired),
            Some(&SettingValue::Bool(true))
        );
        snapshot.retain(|_| false);
        assert!(!snapshot.has(Setting::MultiFactorAuthRequired));
    }
}
