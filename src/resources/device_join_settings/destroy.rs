//! The end of the resource: the settings stay, or go back to what they were.

use tf_provider::Diagnostics;
use tf_provider::value::Value;

use super::DeviceJoinSettings;
use super::apply::{report, write};
use super::managed::{Desired, List, Managed};
use super::state::{OnDestroy, Private, SettingsState};
use crate::graph::policy::{Members, Membership, Setting, SettingValue};
use crate::resources::timeouts::Operation;
use crate::settings::attributes::{MembershipAttribute, Scope};
use crate::settings::snapshot::Snapshot;

/// Does what `on_destroy` says. None when the settings could not be restored: the resource stays in the state.
pub async fn destroy(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    prior: &SettingsState,
    private: Option<&Private>,
) -> Option<()> {
    if OnDestroy::of(&prior.on_destroy) == OnDestroy::Keep {
        return Some(());
    }
    let restored = to_restore(prior, private);
    if restored.settings().is_empty() {
        return Some(());
    }
    let session = resource.session.ready(diags)?;
    let deadline = resource.deadline(&prior.timeouts, Operation::Delete);
    session.check_tenant(diags, &prior.tenant_id, &deadline).await?;
    let seen = private.map(|private| private.seen.clone()).unwrap_or_default();
    match write(&session, &deadline, restored, seen).await {
        Ok(_) => Some(()),
        Err(error) => {
            report(diags, &error, "The tenant's device settings could not be restored");
            None
        }
    }
}

/// What a restore asks of the tenant: for each setting that this resource managed, the value from before it did.
/// A tenant that did not have a setting then has nothing to go back to.
pub fn to_restore(prior: &SettingsState, private: Option<&Private>) -> Managed {
    let Some(private) = private else {
        return Managed::default();
    };
    // Nothing was applied since the import: nothing was changed by this resource.
    let Some(managed) = private.managed() else {
        return Managed::default();
    };
    let settings = managed.into_iter().filter_map(|setting| {
        let desired = original(setting, prior, &private.originals)?;
        Some((setting, desired))
    });
    Managed::from_settings(settings)
}

fn original(setting: Setting, prior: &SettingsState, originals: &Snapshot) -> Option<Desired> {
    Some(match originals.value(setting)? {
        SettingValue::Bool(value) => Desired::Bool(*value),
        SettingValue::Quota(quota) => Desired::Quota(*quota),
        SettingValue::Membership(membership) => {
            let scope = Scope::of(membership)?;
            let Members { users, groups } = match membership {
                Membership::Selected(members) => members.clone(),
                _ => Members::default(),
            };
            let list = |managed, ids| if managed { List::Known(ids) } else { List::Unmanaged };
            let [users_managed, groups_managed] = managed_lists(setting, prior);
            let (users, groups) = (list(users_managed, users), list(groups_managed, groups));
            Desired::Membership { scope, users, groups }
        }
    })
}

/// Whether users and groups go back too. A list left out of a `selected` membership belongs to others and stays;
/// with another scope there is no list in the tenant, so that what was there before must come back whole.
fn managed_lists(setting: Setting, prior: &SettingsState) -> [bool; 2] {
    let membership = match setting {
        Setting::AllowedToJoin => &prior.allowed_to_join,
        Setting::AllowedToRegister => &prior.allowed_to_register,
        _ => match &prior.local_admins {
            Value::Value(admins) => &admins.registering_users,
            _ => return [true, true],
        },
    };
    match membership {
        Value::Value(MembershipAttribute {
            scope: Value::Value(scope),
            users,
            groups,
        }) if scope == Scope::Selected.as_str() => [!users.is_null(), !groups.is_null()],
        _ => [true, true],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINALS: &str = r#"{
        "managed": ["allowed_to_join", "user_device_quota"],
        "originals": {
            "allowed_to_join": {"users": ["u"], "groups": ["g"]},
            "user_device_quota": "unlimited",
            "multi_factor_auth_required": true
        }
    }"#;

    fn restored(scope: &str, groups: bool, private: &str) -> Managed {
        let membership = MembershipAttribute {
            scope: Value::Value(scope.to_owned()),
            users: Value::Null,
            groups: if groups {
                Value::Value(Default::default())
            } else {
                Value::Null
            },
        };
        let prior = SettingsState {
            allowed_to_join: Value::Value(membership),
            ..SettingsState::default()
        };
        to_restore(&prior, Some(&serde_json::from_str(private).unwrap()))
    }

    #[test]
    fn only_what_was_managed_goes_back() {
        let restored = restored("all", false, ORIGINALS);
        assert_eq!(
            restored.settings(),
            [Setting::AllowedToJoin, Setting::UserDeviceQuota].into()
        );
    }

    #[test]
    fn a_list_that_belongs_to_others_stays_and_one_that_is_gone_comes_back() {
        let lists = |restored: &Managed| match restored.desired(Setting::AllowedToJoin) {
            Some(Desired::Membership { users, groups, .. }) => (users.known().is_some(), groups.known().is_some()),
            other => panic!("{other:?}"),
        };
        assert_eq!(lists(&restored("selected", true, ORIGINALS)), (false, true));
        assert_eq!(lists(&restored("all", false, ORIGINALS)), (true, true));
    }

    #[test]
    fn an_import_that_was_never_applied_restores_nothing() {
        let imported = r#"{"originals": {"user_device_quota": 50}}"#;
        assert_eq!(restored("all", false, imported), Managed::default());
    }
}
