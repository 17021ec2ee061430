//! What an apply will do, said before it is done.

use std::collections::BTreeMap;

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::DeviceJoinSettings;
use super::desired::{Desired, Owned};
use super::destroy::to_restore;
use super::fixed::Fixed;
use super::leave::left_to_tenant;
use super::managed::Managed;
use super::order;
use super::state::{OnDestroy, Private, SettingsState};
use super::warnings::hazards;
use crate::graph::policy::Setting;
use crate::members::List;
use crate::plugin::Report;
use crate::settings::snapshot::Snapshot;
use crate::settings::{POLICY_ID, describe, name};
use crate::timeouts::{self, Operation};

/// Plans the adoption of the tenant's settings.
///
/// `planned` is the private state of the plan that is being applied, where Terraform hands it over (1.16 and later);
/// it stands for the tenant as the person who approved the plan saw it.
pub async fn create(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    proposed: SettingsState,
    config: &SettingsState,
    planned: Option<Private>,
) -> Option<(SettingsState, Option<Private>)> {
    let managed = Managed::of(&config.settings());
    let mut state = proposed;
    left_to_tenant(&mut state, config, None);
    state.id = Value::Value(POLICY_ID.to_owned());
    state.tenant_id = Value::Unknown;
    state.original_settings = Value::Unknown;
    state.on_destroy = on_destroy(&config.on_destroy);
    let Some(session) = resource.session.ready_if_known() else {
        diags.warning_at(
            AttributePath::root(),
            "The tenant's present settings are not known yet",
            "The provider's configuration has values that are known only during the apply, so that this plan cannot \
             say what the tenant has now. To see it before it changes, apply first what those values come from \
             (terraform apply -target=...), then plan again.",
        );
        return Some((state, None));
    };
    let deadline = resource.session.deadline(&config.timeouts, Operation::Read);
    let failed = "The tenant's device settings could not be read for the plan";
    let policy = session.policy_as_found(diags, &deadline, failed).await?;
    state.tenant_id = session.tenant_id(&deadline).await.map_or(Value::Unknown, Value::Value);
    let seen = planned.map_or_else(|| Snapshot::of(&policy), |private| private.seen);
    Fixed::of(&policy).refuse(diags, &managed, &seen);
    adoption(diags, &managed, &seen);
    hazards(diags, &managed, &seen);
    let private = remember(
        Private {
            seen,
            ..Private::default()
        },
        &managed,
    );
    if managed.is_decided() {
        state.original_settings = private.original_settings();
    }
    Some((state, Some(private)))
}

/// Plans a change of what is managed already. `planning` is false when the plan may be one that is being applied.
pub fn update(
    diags: &mut Diagnostics,
    prior: &SettingsState,
    proposed: SettingsState,
    config: &SettingsState,
    private: Option<Private>,
    planning: bool,
) -> (SettingsState, Option<Private>) {
    let managed = Managed::of(&config.settings());
    let imported = private.as_ref().is_some_and(|private| private.managed.is_none());
    let private = private.unwrap_or_else(|| Private {
        seen: seen_in(prior),
        ..Private::default()
    });
    let writes = managed
        .iter()
        .any(|(setting, desired)| !desired.is_met_by(private.seen.value(setting)));
    let mut state = proposed;
    state.on_destroy = on_destroy(&config.on_destroy);
    left_to_tenant(&mut state, config, Some(prior));
    if writes {
        left_to_tenant(&mut state, config, None);
        Fixed::of_state(prior).refuse(diags, &managed, &private.seen);
        hazards(diags, &managed, &private.seen);
    }
    // What is not known yet may turn out to be what the import saw.
    let decided = managed.is_decided()
        && !(imported && has_unknown(config, &managed))
        && (writes || !private.managed().is_some_and(|before| takes_over(&managed, &before)));
    let complete = |mut state: SettingsState, private: Private| {
        state.original_settings = prior.original_settings.clone();
        if imported && state == *prior {
            return (state, private);
        }
        let private = remember(private, &managed);
        state.original_settings = if decided {
            private.original_settings()
        } else {
            Value::Unknown
        };
        (state, private)
    };
    if planning && !writes {
        let mut kept = state.clone();
        order::keep(&mut kept, prior);
        let (kept, private) = complete(kept, private.clone());
        // Where anything else changes, so does the order: the plan that is applied is made of a configuration in which
        // more may be known, and has to come to the same.
        if kept == *prior {
            return (kept, Some(private));
        }
    }
    let (state, private) = complete(state, private);
    (state, Some(private))
}

/// Whether a list becomes this resource's that was left to others. The tenant may have what is asked for, and yet there is
/// something to do: members whose own resources go in the same apply have to stay.
fn takes_over(managed: &Managed, before: &BTreeMap<Setting, Owned>) -> bool {
    managed.owned().iter().any(|(setting, owned)| {
        let was = before.get(setting).copied().unwrap_or(Owned {
            users: false,
            groups: false,
        });
        List::of(*setting).is_some() && (owned.users && !was.users || owned.groups && !was.groups)
    })
}

fn has_unknown(config: &SettingsState, managed: &Managed) -> bool {
    managed.iter().any(|(_, desired)| !desired.is_known())
        || config.on_destroy.is_unknown()
        || !timeouts::is_known(&config.timeouts)
}

/// Says what a destroy will do, and what it will not.
pub fn destroy(diags: &mut Diagnostics, prior: &SettingsState, private: Option<&Private>) {
    if OnDestroy::of(&prior.on_destroy) == OnDestroy::Keep {
        diags.warning_at(
            AttributePath::root(),
            "The tenant keeps its device settings",
            "A tenant always has these settings: with on_destroy = \"keep\" Terraform forgets them and leaves them as \
             they are. To put back what was there before, set on_destroy = \"restore\", apply, then destroy.",
        );
        return;
    }
    let seen = private.map(|private| private.seen.clone()).unwrap_or_default();
    let restored = to_restore(private);
    let lines: Vec<_> = restored
        .iter()
        .filter(|(setting, desired)| !desired.is_met_by(seen.value(*setting)))
        .map(|(setting, desired)| change(setting, desired, &seen))
        .collect();
    let detail = if lines.is_empty() {
        "The settings that this resource managed have the values they had before: nothing will be written.".to_owned()
    } else {
        format!(
            "With on_destroy = \"restore\" the settings that this resource managed go back to what they were before, \
             and no others:{}",
            lines.concat()
        )
    };
    diags.warning_at(
        AttributePath::root(),
        "The tenant's device settings will be restored",
        detail,
    );
}

/// What is remembered once these settings are managed: for each the value from before it was, and no others.
fn remember(mut private: Private, managed: &Managed) -> Private {
    let owned = managed.owned();
    private.originals.retain(|setting| owned.contains_key(&setting));
    for setting in owned.keys().filter(|setting| private.seen.has(**setting)) {
        private
            .originals
            .remember(*setting, private.seen.value(*setting).cloned());
    }
    private.set_managed(&owned);
    private
}

/// The tenant as a state has it, where nothing else is remembered.
fn seen_in(state: &SettingsState) -> Snapshot {
    let mut seen = Snapshot::default();
    for (setting, value) in Managed::of(&state.settings()).iter() {
        seen.remember(setting, value.outcome(None));
    }
    seen
}

fn on_destroy(config: &Value<String>) -> Value<String> {
    match config {
        Value::Null => Value::Value(OnDestroy::default().as_str().to_owned()),
        given => given.clone(),
    }
}

/// The first plan: what the tenant has now, what the apply will change, and what it leaves alone.
fn adoption(diags: &mut Diagnostics, managed: &Managed, seen: &Snapshot) {
    let mut changes = String::new();
    let mut kept = Vec::new();
    for setting in Setting::ALL {
        let now = seen.value(setting);
        match managed.desired(setting) {
            Some(desired) if !desired.is_met_by(now) => {
                changes += &change(setting, desired, seen);
            }
            _ => kept.push(format!("\n  {}: {}", name(setting), describe::short(now))),
        }
    }
    let mut detail = if changes.is_empty() {
        "The tenant has these settings already, and the configuration asks for no other values: nothing will be \
         written."
            .to_owned()
    } else {
        format!("The tenant has these settings already. The apply will change:{changes}")
    };
    if !kept.is_empty() {
        detail += &format!("\nand leaves as they are:{}", kept.concat());
    }
    detail += "\nIf the apply of a saved plan reports an inconsistent value for original_settings, the tenant has \
               changed since that plan was made: plan again.";
    diags.warning_at(
        AttributePath::root(),
        "Creating this resource adopts the settings of the tenant",
        detail,
    );
}

/// `now -> planned`, on a line of its own.
fn change(setting: Setting, desired: &Desired, seen: &Snapshot) -> String {
    let now = seen.value(setting);
    let planned = desired.outcome(now);
    let planned = planned.map_or_else(
        || "(known after apply)".to_owned(),
        |value| describe::short(Some(&value)),
    );
    format!("\n  {}: {} -> {planned}", name(setting), describe::short(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::attributes::MembershipAttribute;
    use crate::settings::number::Number;
    use crate::settings::path;

    const PRIVATE: &str = r#"{
        "seen": {"user_device_quota": 20, "multi_factor_auth_required": true, "allowed_to_register": "all"},
        "originals": {"user_device_quota": 50, "multi_factor_auth_required": false},
        "managed": {
            "user_device_quota": {"users": true, "groups": true},
            "multi_factor_auth_required": {"users": true, "groups": true}
        }
    }"#;

    fn private() -> Private {
        serde_json::from_str(PRIVATE).unwrap()
    }

    fn quota(number: f64) -> SettingsState {
        SettingsState {
            user_device_quota: Value::Value(Number(number)),
            ..SettingsState::default()
        }
    }

    /// A state as [`PRIVATE`] goes with.
    fn prior() -> SettingsState {
        SettingsState {
            multi_factor_auth_required: Value::Value(true),
            on_destroy: Value::Value("keep".to_owned()),
            original_settings: private().original_settings(),
            registration_admin_configurable: Value::Value(false),
            ..quota(20.0)
        }
    }

    fn planned(config: &SettingsState, private: Private) -> (SettingsState, Private, Diagnostics) {
        let mut diags = Diagnostics::default();
        let mut proposed = prior();
        proposed.user_device_quota = config.user_device_quota;
        let (state, private) = update(&mut diags, &prior(), proposed, config, Some(private), true);
        (state, private.unwrap(), diags)
    }

    #[test]
    fn nothing_changes_while_the_tenant_has_what_is_asked_for() {
        let config = SettingsState {
            multi_factor_auth_required: Value::Value(true),
            ..quota(20.0)
        };
        let (state, private_after, diags) = planned(&config, private());
        assert_eq!(state, prior());
        assert_eq!(private_after, private());
        assert!(diags.warnings.is_empty());
    }

    #[test]
    fn a_write_leaves_the_rest_open_and_originals_as_they_were() {
        let config = SettingsState {
            multi_factor_auth_required: Value::Value(true),
            ..quota(0.0)
        };
        let (state, private_after, diags) = planned(&config, private());
        assert!(state.local_admin_password_enabled.is_unknown());
        assert_eq!(private_after.originals, private().originals);
        let warnings: Vec<_> = diags.warnings.iter().map(|warning| warning.summary.as_ref()).collect();
        assert_eq!(warnings, ["A quota of 0 stops every join"]);
    }

    #[test]
    fn a_setting_that_is_no_longer_managed_is_forgotten() {
        let (state, private_after, _) = planned(&quota(20.0), private());
        assert!(private_after.originals.has(Setting::UserDeviceQuota));
        assert!(!private_after.originals.has(Setting::MultiFactorAuthRequired));
        assert_ne!(state.original_settings, prior().original_settings);
        assert_eq!(state.multi_factor_auth_required, Value::Value(true));
    }

    #[test]
    fn a_setting_that_becomes_managed_is_remembered_as_it_was() {
        let config = SettingsState {
            multi_factor_auth_required: Value::Value(true),
            allowed_to_register: Value::Value(MembershipAttribute {
                scope: Value::Value("all".to_owned()),
                ..MembershipAttribute::default()
            }),
            ..quota(20.0)
        };
        let (_, private_after, diags) = planned(&config, private());
        assert!(private_after.originals.has(Setting::AllowedToRegister));
        assert!(
            diags.errors.is_empty(),
            "the value that the tenant has is no change of a fixed setting"
        );
    }

    #[test]
    fn a_change_that_the_tenant_does_not_allow_is_refused() {
        let config = SettingsState {
            allowed_to_register: Value::Value(MembershipAttribute {
                scope: Value::Value("none".to_owned()),
                ..MembershipAttribute::default()
            }),
            ..quota(20.0)
        };
        let (_, _, diags) = planned(&config, private());
        let paths: Vec<_> = diags.errors.iter().map(|error| error.attribute.clone()).collect();
        assert_eq!(paths, [path(Setting::AllowedToRegister)]);
    }

    #[test]
    fn an_import_is_followed_by_an_empty_plan_whatever_is_configured() {
        let imported = Private {
            managed: None,
            ..private()
        };
        let (state, private_after, _) = planned(&quota(20.0), imported.clone());
        assert_eq!(state, prior());
        assert_eq!(private_after, imported);
    }

    #[test]
    fn a_destroy_says_what_goes_back() {
        let restore = SettingsState {
            on_destroy: Value::Value("restore".to_owned()),
            ..prior()
        };
        let mut diags = Diagnostics::default();
        destroy(&mut diags, &restore, Some(&private()));
        assert!(
            diags.warnings[0].detail.contains("user_device_quota: 20 -> 50"),
            "{:?}",
            diags.warnings
        );
        let mut diags = Diagnostics::default();
        destroy(&mut diags, &prior(), Some(&private()));
        assert_eq!(diags.warnings[0].summary, "The tenant keeps its device settings");
    }
}
