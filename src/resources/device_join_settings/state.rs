//! What Terraform keeps of the resource: its attributes and its private state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tf_provider::value::Value;

use super::desired::Owned;
use crate::graph::policy::Setting;
use crate::settings::attributes::{LocalAdminsAttribute, MembershipAttribute, SettingsAttributes};
use crate::settings::number::Number;
use crate::settings::snapshot::Snapshot;
use crate::settings::{by_name, describe, name};
use crate::timeouts::Timeouts;

/// The attributes of `autopilot_device_join_settings`: configuration, plan and state alike.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SettingsState {
    /// Always `deviceRegistrationPolicy`.
    pub id: Value<String>,
    /// The tenant whose settings these are.
    pub tenant_id: Value<String>,
    /// Who may join devices.
    pub allowed_to_join: Value<MembershipAttribute>,
    /// Local administrators of joined devices.
    pub local_admins: Value<LocalAdminsAttribute>,
    /// Who may register devices.
    pub allowed_to_register: Value<MembershipAttribute>,
    /// Devices a user may have; -1 is unlimited.
    pub user_device_quota: Value<Number>,
    /// Whether joining or registering needs multi-factor authentication.
    pub multi_factor_auth_required: Value<bool>,
    /// Windows LAPS.
    pub local_admin_password_enabled: Value<bool>,
    /// Whether the tenant lets its administrators change the join settings.
    pub join_admin_configurable: Value<bool>,
    /// Whether the tenant lets its administrators change who may register.
    pub registration_admin_configurable: Value<bool>,
    /// What the managed settings were before this resource managed them, by Terraform name, in words.
    pub original_settings: Value<BTreeMap<String, Value<String>>>,
    /// `keep` or `restore`.
    pub on_destroy: Value<String>,
    /// How long each operation may take.
    pub timeouts: Value<Timeouts>,
}

impl SettingsState {
    /// The seven settings.
    pub fn settings(&self) -> SettingsAttributes {
        SettingsAttributes {
            allowed_to_join: self.allowed_to_join.clone(),
            local_admins: self.local_admins.clone(),
            allowed_to_register: self.allowed_to_register.clone(),
            user_device_quota: self.user_device_quota,
            multi_factor_auth_required: self.multi_factor_auth_required,
            local_admin_password_enabled: self.local_admin_password_enabled,
        }
    }

    /// Replaces the seven settings.
    pub fn set_settings(&mut self, settings: SettingsAttributes) {
        self.allowed_to_join = settings.allowed_to_join;
        self.local_admins = settings.local_admins;
        self.allowed_to_register = settings.allowed_to_register;
        self.user_device_quota = settings.user_device_quota;
        self.multi_factor_auth_required = settings.multi_factor_auth_required;
        self.local_admin_password_enabled = settings.local_admin_password_enabled;
    }
}

/// What becomes of the tenant's settings when the resource is destroyed.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum OnDestroy {
    /// They stay as they are.
    #[default]
    Keep,
    /// The managed ones go back to what they were before.
    Restore,
}

impl OnDestroy {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Keep, Self::Restore];

    /// Terraform's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Restore => "restore",
        }
    }

    /// The choice with this spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == text)
    }

    /// The choice of a configuration or a state; what is null, not known or not valid counts as the default, which
    /// changes nothing in the tenant.
    pub fn of(value: &Value<String>) -> Self {
        value
            .as_ref()
            .as_option()
            .and_then(|text| Self::parse(text))
            .unwrap_or_default()
    }
}

/// What is remembered beside the attributes; Terraform stores it and shows it to nobody.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// All settings as the tenant had them when they were last read: what an apply holds the tenant against, so that
    /// a change made by somebody else since the plan is seen.
    pub seen: Snapshot,
    /// The settings that are managed, as they were before: what `on_destroy = "restore"` puts back.
    pub originals: Snapshot,
    /// The settings and lists that the last applied configuration named; none after an import, until something is
    /// applied.
    pub managed: Option<BTreeMap<String, Owned>>,
}

impl Private {
    /// The settings that the last applied configuration named, with the lists it named, if anything was applied.
    pub fn managed(&self) -> Option<BTreeMap<Setting, Owned>> {
        let managed = self.managed.as_ref()?;
        Some(
            managed
                .iter()
                .filter_map(|(name, owned)| Some((by_name(name)?, *owned)))
                .collect(),
        )
    }

    /// Sets what is managed.
    pub fn set_managed(&mut self, managed: &BTreeMap<Setting, Owned>) {
        self.managed = Some(
            managed
                .iter()
                .map(|(setting, owned)| (name(*setting).to_owned(), *owned))
                .collect(),
        );
    }

    /// The `original_settings` attribute: each remembered value in words, as far as it is managed.
    pub fn original_settings(&self) -> Value<BTreeMap<String, Value<String>>> {
        let managed = self.managed().unwrap_or_default();
        let entry = |(setting, value)| {
            let owned = managed.get(&setting).copied().unwrap_or(Owned::ALL);
            (
                name(setting).to_owned(),
                Value::Value(describe::original(value, owned.users, owned.groups)),
            )
        };
        Value::Value(self.originals.iter().map(entry).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_restore_keeps() {
        let value = |text: &str| Value::Value(text.to_owned());
        assert_eq!(OnDestroy::of(&value("restore")), OnDestroy::Restore);
        for harmless in [value("keep"), value("Restore"), value(""), Value::Null, Value::Unknown] {
            assert_eq!(OnDestroy::of(&harmless), OnDestroy::Keep, "{harmless:?}");
        }
    }

    #[test]
    fn private_state_of_another_version_loads() {
        let private = r#"{"later": 1, "managed": {"user_device_quota": {"users": true, "groups": true}, "later": {"users": true, "groups": true}}}"#;
        let private: Private = serde_json::from_str(private).unwrap();
        assert_eq!(private.managed(), Some([(Setting::UserDeviceQuota, Owned::ALL)].into()));
    }

    #[test]
    fn original_settings_leave_out_what_belongs_to_others() {
        let private = r#"{
            "originals": {"allowed_to_join": {"users": ["u"], "groups": ["g"]}, "user_device_quota": 50},
            "managed": {"allowed_to_join": {"users": false, "groups": true}}
        }"#;
        let private: Private = serde_json::from_str(private).unwrap();
        let text = |text: &str| Value::Value(text.to_owned());
        let expected = [
            ("allowed_to_join".to_owned(), text("selected (groups: g)")),
            ("user_device_quota".to_owned(), text("50")),
        ];
        assert_eq!(private.original_settings(), Value::Value(expected.into()));
    }
}
