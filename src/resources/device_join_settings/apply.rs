//! Create and update: one edit of the policy, held against what the plan saw.

use std::sync::Arc;

use tf_provider::Diagnostics;

use super::DeviceJoinSettings;
use super::conflict::Conflict;
use super::desired::Desired;
use super::managed::Managed;
use super::observe;
use super::state::{Private, SettingsState};
use crate::diagnose::edit_error;
use crate::graph::deadline::Deadline;
use crate::graph::directory::Kind;
use crate::graph::policy::{Policy, Setting};
use crate::graph::store::{EditError, Edited, Mismatch};
use crate::members::{Ledger, List};
use crate::session::Ready;
use crate::settings::attributes::Scope;
use crate::settings::snapshot::Snapshot;
use crate::timeouts::Operation;

/// Adopts the tenant's settings and writes those that differ. None when that failed, and nothing is known to be written.
pub async fn create(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    mut planned: SettingsState,
    config: &SettingsState,
    private: Option<Private>,
) -> Option<(SettingsState, Option<Private>)> {
    let session = resource.session.ready(diags)?;
    let deadline = resource.session.deadline(&config.timeouts, Operation::Create);
    if planned.tenant_id.is_unknown() {
        planned.tenant_id = session.tenant_id(&deadline).await.into();
    }
    apply(&session, diags, &deadline, planned, config, private).await
}

/// Writes what differs. None when that failed, and nothing is known to be written: the prior state stands.
pub async fn update(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    prior: &SettingsState,
    planned: SettingsState,
    config: &SettingsState,
    private: Option<Private>,
) -> Option<(SettingsState, Option<Private>)> {
    // A plan that takes over a list leaves the original settings open, though it changes no setting.
    if planned.settings() == prior.settings() && !planned.original_settings.is_unknown() {
        return Some((planned, private));
    }
    let session = resource.session.ready(diags)?;
    let deadline = resource.session.deadline(&config.timeouts, Operation::Update);
    session.check_tenant(diags, &prior.tenant_id, &deadline).await?;
    apply(&session, diags, &deadline, planned, config, private).await
}

async fn apply(
    session: &Ready,
    diags: &mut Diagnostics,
    deadline: &Deadline,
    mut planned: SettingsState,
    config: &SettingsState,
    private: Option<Private>,
) -> Option<(SettingsState, Option<Private>)> {
    session.begin_to_apply();
    let managed = Managed::of(&config.settings());
    let mut private = private.unwrap_or_default();
    let written = write(session, deadline, managed.clone(), private.seen.clone()).await;
    match written.and_then(|edited| undisturbed(&managed, edited)) {
        Ok(edited) => {
            observe::complete(&mut planned, &edited.after);
            private.seen = Snapshot::of(&edited.after);
            if planned.original_settings.is_unknown() {
                planned.original_settings = private.original_settings();
            }
            Some((planned, Some(private)))
        }
        Err(error) => {
            report(diags, &error, "The tenant's device settings could not be written");
            // What was written all the same must be in the state, so that the next plan starts from it.
            if !matches!(error, EditError::Ignored { .. } | EditError::Overwritten { .. }) {
                return None;
            }
            let found = session.store.read(deadline).await.ok()?;
            observe::refresh(&mut planned, &found);
            private.seen = Snapshot::of(&found);
            Some((planned, Some(private)))
        }
    }
}

/// Refuses to call an edit done when the tenant, as it was read after it, has not what is managed: somebody else wrote
/// beside it, and a list that belongs to this resource has one member more.
fn undisturbed(managed: &Managed, edited: Edited<()>) -> Result<Edited<()>, WriteError> {
    let mismatch = |(setting, desired): (_, &Desired)| {
        let found = edited.after.value(setting);
        (desired.is_known() && !desired.is_met_by(found.as_ref())).then(|| Mismatch {
            setting,
            asked: desired.outcome(found.as_ref()),
            found,
        })
    };
    let settings: Vec<_> = managed.iter().filter_map(mismatch).collect();
    if settings.is_empty() {
        Ok(edited)
    } else {
        Err(EditError::Overwritten { settings })
    }
}

/// Why nothing, or not everything, was written.
pub type WriteError = EditError<Vec<Conflict>>;

/// Brings the tenant to what is asked for, unless somebody else changed it since it was seen.
///
/// # Errors
/// Conflicts, which leave the tenant as it is, and whatever Graph answers.
pub async fn write(
    session: &Ready,
    deadline: &Deadline,
    managed: Managed,
    seen: Snapshot,
) -> Result<Edited<()>, WriteError> {
    let ledger = Arc::clone(&session.ledger);
    let edit = move |policy: &mut Policy| {
        let conflicts = Conflict::find(&managed, &seen, policy, &ledger);
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
        for (setting, desired) in managed.iter() {
            if let Some(value) = desired.outcome(policy.borrowed(setting)) {
                take(&ledger, setting, desired);
                policy.set(setting, value);
            }
        }
        Ok(())
    };
    session.store.edit(deadline, edit).await
}

/// Those listed belong to this resource from now on: a member resource that goes in the same apply leaves them.
fn take(ledger: &Ledger, setting: Setting, desired: &Desired) {
    if let Desired::Membership {
        scope: Scope::Selected,
        users,
        groups,
    } = desired
        && let Some(list) = List::of(setting)
    {
        for (kind, ids) in [(Kind::User, users.known()), (Kind::Group, groups.known())] {
            for id in ids.into_iter().flatten() {
                ledger.take(list, kind, id);
            }
        }
    }
}

/// Reports what kept a write from happening, or from happening wholly.
pub fn report(diags: &mut Diagnostics, error: &WriteError, failed: &'static str) {
    edit_error(diags, error, failed, |diags, conflicts| {
        conflicts.iter().for_each(|conflict| conflict.report(diags));
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use tf_provider::value::Value;

    use super::*;
    use crate::settings::attributes::{MembershipAttribute, SettingsAttributes};

    const ID: &str = "00000000-0000-0000-0000-000000000001";
    const OTHER: &str = "00000000-0000-0000-0000-000000000002";

    fn read_back(users: &[&str], groups: &[&str]) -> Edited<()> {
        let body = json!({"azureADJoin": {"allowedToJoin": {
            "@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership",
            "users": users,
            "groups": groups,
        }}});
        let after = Arc::new(Policy::parse(&body.to_string()).unwrap());
        Edited {
            value: (),
            before: Arc::clone(&after),
            after,
            written: true,
        }
    }

    #[test]
    fn a_member_more_in_a_list_that_is_managed_is_no_success() {
        let managed = Managed::of(&SettingsAttributes {
            allowed_to_join: Value::Value(MembershipAttribute {
                scope: Value::Value("selected".to_owned()),
                users: Value::Value(vec![Value::Value(ID.to_owned())]),
                groups: Value::Null,
            }),
            ..SettingsAttributes::default()
        });
        assert!(undisturbed(&managed, read_back(&[ID], &[])).is_ok());
        assert!(
            undisturbed(&managed, read_back(&[ID], &[OTHER])).is_ok(),
            "the groups are others'"
        );
        for users in [[ID, OTHER].as_slice(), &[]] {
            let error = undisturbed(&managed, read_back(users, &[])).unwrap_err();
            assert!(
                matches!(&error, EditError::Overwritten { settings } if settings.len() == 1),
                "{error:?}"
            );
        }
    }
}
