//! What an apply will do, said before it is done.

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::DeviceJoinSettings;
use super::destroy::to_restore;
use super::managed::{Desired, Managed};
use super::state::{OnDestroy, Private, SettingsState};
use super::warnings::hazards;
use crate::diagnose::graph_error;
use crate::graph::policy::{Policy, Setting};
use crate::plugin::Report;
use crate::resources::timeouts::Operation;
use crate::settings::attributes::{LocalAdminsAttribute, MembershipAttribute, Scope};
use crate::settings::snapshot::Snapshot;
use crate::settings::{POLICY_ID, describe, name, path};

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
    set_unknown(&mut state, config);
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
    let deadline = resource.deadline(&config.timeouts, Operation::Read);
    let policy = match session.store.read_as_found(&deadline).await {
        Ok(policy) => policy,
        Err(error) => {
            graph_error(
                diags,
                &error,
                "The tenant's device settings could not be read for the plan",
                None,
            );
            return None;
        }
    };
    state.tenant_id = session.tenant_id(&deadline).await.map_or(Value::Unknown, Value::Value);
    let seen = planned.map_or_else(|| Snapshot::of(&policy), |private| private.seen);
    refuse_fixed(diags, &managed, &seen, &Fixed::of(&policy));
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

/// Plans a change of what is managed already.
pub fn update(
    diags: &mut Diagnostics,
    prior: &SettingsState,
    proposed: SettingsState,
    config: &SettingsState,
    private: Option<Private>,
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
    if writes {
        set_unknown(&mut state, config);
        refuse_fixed(diags, &managed, &private.seen, &Fixed::of_state(prior));
        hazards(diags, &managed, &private.seen);
    }
    state.original_settings = prior.original_settings.clone();
    if imported && state == *prior {
        return (state, Some(private));
    }
    let private = remember(private, &managed);
    state.original_settings = if managed.is_decided() {
        private.original_settings()
    } else {
        Value::Unknown
    };
    (state, Some(private))
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

/// Marks what the configuration leaves to the tenant as not known: a write reads all of it anew.
fn set_unknown(state: &mut SettingsState, config: &SettingsState) {
    let mut settings = state.settings();
    let given = config.settings();
    unknown_lists(&mut settings.allowed_to_join, &given.allowed_to_join);
    unknown_lists(&mut settings.allowed_to_register, &given.allowed_to_register);
    unknown_if_null(&mut settings.allowed_to_join, &given.allowed_to_join);
    unknown_if_null(&mut settings.allowed_to_register, &given.allowed_to_register);
    unknown_if_null(&mut settings.user_device_quota, &given.user_device_quota);
    unknown_if_null(
        &mut settings.multi_factor_auth_required,
        &given.multi_factor_auth_required,
    );
    unknown_if_null(
        &mut settings.local_admin_password_enabled,
        &given.local_admin_password_enabled,
    );
    match (&mut settings.local_admins, &given.local_admins) {
        (Value::Value(admins), Value::Value(given)) => {
            unknown_lists(&mut admins.registering_users, &given.registering_users);
            unknown_if_null(&mut admins.global_administrators, &given.global_administrators);
            unknown_if_null(&mut admins.registering_users, &given.registering_users);
        }
        (admins, given) => unknown_if_null::<LocalAdminsAttribute>(admins, given),
    }
    state.set_settings(settings);
    state.join_admin_configurable = Value::Unknown;
    state.registration_admin_configurable = Value::Unknown;
}

/// Lists exist in the tenant only with the scope `selected`.
fn unknown_lists(value: &mut Value<MembershipAttribute>, config: &Value<MembershipAttribute>) {
    let (Value::Value(value), Value::Value(config)) = (value, config) else {
        return;
    };
    let other_scope = matches!(&config.scope, Value::Value(scope) if scope != Scope::Selected.as_str());
    for (list, given) in [(&mut value.users, &config.users), (&mut value.groups, &config.groups)] {
        if given.is_null() {
            *list = if other_scope { Value::Null } else { Value::Unknown };
        }
    }
}

fn unknown_if_null<T>(value: &mut Value<T>, config: &Value<T>) {
    if config.is_null() {
        *value = Value::Unknown;
    }
}

/// What Microsoft does not let the administrators of a tenant change.
struct Fixed {
    join: bool,
    registration: bool,
}

impl Fixed {
    fn of(policy: &Policy) -> Self {
        Self {
            join: policy.join_admin_configurable() == Some(false),
            registration: policy.registration_admin_configurable() == Some(false),
        }
    }

    fn of_state(state: &SettingsState) -> Self {
        Self {
            join: state.join_admin_configurable == Value::Value(false),
            registration: state.registration_admin_configurable == Value::Value(false),
        }
    }
}

fn refuse_fixed(diags: &mut Diagnostics, managed: &Managed, seen: &Snapshot, fixed: &Fixed) {
    for (setting, desired) in managed.iter() {
        if !desired.is_known() || desired.is_met_by(seen.value(setting)) {
            continue;
        }
        let now = describe::short(seen.value(setting));
        match setting {
            Setting::AllowedToRegister if fixed.registration => diags.error_at(
                path(setting),
                "This tenant does not let its administrators change who may register devices",
                format!(
                    "The tenant has allowed_to_register: {now}, and registration_admin_configurable is false: \
                     Microsoft fixes the setting while Intune (or Mobility Management for Microsoft 365) is enabled. \
                     Remove allowed_to_register from the configuration, or give it the value that the tenant has."
                ),
            ),
            Setting::AllowedToJoin | Setting::GlobalAdministrators | Setting::RegisteringUsers if fixed.join => diags
                .error_at(
                    path(setting),
                    "This tenant does not let its administrators change the settings for joining devices",
                    format!(
                        "The tenant has {}: {now}, and join_admin_configurable is false: Microsoft fixes the setting \
                         in this tenant. Remove {} from the configuration, or give it the value that the tenant has.",
                        name(setting),
                        name(setting)
                    ),
                ),
            _ => {}
        }
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
