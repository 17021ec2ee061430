//! The end of the resource: the settings stay, or go back to what they were.

use tf_provider::Diagnostics;

use super::DeviceJoinSettings;
use super::apply::{report, write};
use super::desired::{Desired, GivenIds, Owned};
use super::managed::Managed;
use super::state::{OnDestroy, Private, SettingsState};
use crate::graph::policy::{Members, SettingValue};
use crate::settings::attributes::Scope;
use crate::timeouts::Operation;

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
    let restored = to_restore(private);
    if restored.settings().is_empty() {
        return Some(());
    }
    let session = resource.session.ready(diags)?;
    let deadline = resource.session.deadline(&prior.timeouts, Operation::Delete);
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
pub fn to_restore(private: Option<&Private>) -> Managed {
    let Some(private) = private else {
        return Managed::default();
    };
    // Nothing was applied since the import: nothing was changed by this resource.
    let Some(managed) = private.managed() else {
        return Managed::default();
    };
    let settings = managed.into_iter().filter_map(|(setting, owned)| {
        let desired = original(private.originals.value(setting)?, owned)?;
        Some((setting, desired))
    });
    Managed::from_settings(settings)
}

/// A list that was left to others stays as it is.
fn original(value: &SettingValue, owned: Owned) -> Option<Desired> {
    Some(match value {
        SettingValue::Bool(value) => Desired::Bool(*value),
        SettingValue::Quota(quota) => Desired::Quota(*quota),
        SettingValue::Membership(membership) => {
            let scope = Scope::of(membership)?;
            let Members { users, groups } = membership.members().cloned().unwrap_or_default();
            let list = |owned, ids| {
                if owned {
                    GivenIds::Known(ids)
                } else {
                    GivenIds::Unmanaged
                }
            };
            Desired::Membership {
                scope,
                users: list(owned.users, users),
                groups: list(owned.groups, groups),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::policy::{ObjectId, Quota, Setting};

    fn restored(private: &str) -> Managed {
        to_restore(Some(&serde_json::from_str(private).unwrap()))
    }

    #[test]
    fn only_what_was_managed_goes_back_and_lists_of_others_stay() {
        let restored = restored(
            r#"{
                "managed": {
                    "allowed_to_join": {"users": false, "groups": true},
                    "user_device_quota": {"users": true, "groups": true}
                },
                "originals": {
                    "allowed_to_join": {"users": ["u"], "groups": ["g"]},
                    "user_device_quota": "unlimited",
                    "multi_factor_auth_required": true
                }
            }"#,
        );
        assert_eq!(
            restored.settings(),
            [Setting::AllowedToJoin, Setting::UserDeviceQuota].into()
        );
        let groups = GivenIds::Known([ObjectId::from_graph("g")].into());
        let join = Desired::Membership {
            scope: Scope::Selected,
            users: GivenIds::Unmanaged,
            groups,
        };
        assert_eq!(restored.desired(Setting::AllowedToJoin), Some(&join));
        assert_eq!(
            restored.desired(Setting::UserDeviceQuota),
            Some(&Desired::Quota(Quota::Unlimited))
        );
    }

    #[test]
    fn an_import_that_was_never_applied_restores_nothing() {
        assert_eq!(
            restored(r#"{"originals": {"user_device_quota": 50}}"#),
            Managed::default()
        );
        assert_eq!(to_restore(None), Managed::default());
    }
}
