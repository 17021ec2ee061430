//! Settings that Microsoft does not let the administrators of a tenant change.

use tf_provider::Diagnostics;
use tf_provider::value::Value;

use super::managed::Managed;
use super::state::SettingsState;
use crate::graph::policy::{Policy, Setting};
use crate::plugin::Report;
use crate::settings::snapshot::Snapshot;
use crate::settings::{describe, name, path};

/// What Microsoft does not let the administrators of a tenant change.
pub struct Fixed {
    join: bool,
    registration: bool,
}

impl Fixed {
    /// What the policy says.
    pub fn of(policy: &Policy) -> Self {
        Self {
            join: policy.join_admin_configurable() == Some(false),
            registration: policy.registration_admin_configurable() == Some(false),
        }
    }

    /// What the policy said when the state was read.
    pub fn of_state(state: &SettingsState) -> Self {
        Self {
            join: state.join_admin_configurable == Value::Value(false),
            registration: state.registration_admin_configurable == Value::Value(false),
        }
    }

    /// Refuses every change of what is fixed; the value that the tenant has is no change.
    pub fn refuse(&self, diags: &mut Diagnostics, managed: &Managed, seen: &Snapshot) {
        for (setting, desired) in managed.iter() {
            if !desired.is_known() || desired.is_met_by(seen.value(setting)) {
                continue;
            }
            match setting {
                Setting::AllowedToRegister if self.registration => registration(diags, seen),
                Setting::AllowedToJoin | Setting::GlobalAdministrators | Setting::RegisteringUsers if self.join => {
                    join(diags, setting, seen);
                }
                _ => {}
            }
        }
    }
}

fn registration(diags: &mut Diagnostics, seen: &Snapshot) {
    let setting = Setting::AllowedToRegister;
    diags.error_at(
        path(setting),
        "This tenant does not let its administrators change who may register devices",
        format!(
            "The tenant has allowed_to_register: {}, and registration_admin_configurable is false: Microsoft fixes the \
             setting while Intune (or Mobility Management for Microsoft 365) is enabled. Remove allowed_to_register from \
             the configuration, or give it the value that the tenant has.",
            describe::short(seen.value(setting))
        ),
    );
}

fn join(diags: &mut Diagnostics, setting: Setting, seen: &Snapshot) {
    let name = name(setting);
    diags.error_at(
        path(setting),
        "This tenant does not let its administrators change the settings for joining devices",
        format!(
            "The tenant has {name}: {}, and join_admin_configurable is false: Microsoft fixes the setting in this tenant. \
             Remove {name} from the configuration, or give it the value that the tenant has.",
            describe::short(seen.value(setting))
        ),
    );
}
