//! Create and update: one edit of the policy, held against what the plan saw.

use tf_provider::Diagnostics;

use super::DeviceJoinSettings;
use super::conflict::Conflict;
use super::managed::Managed;
use super::observe;
use super::state::{Private, SettingsState};
use crate::diagnose::edit_error;
use crate::graph::deadline::Deadline;
use crate::graph::policy::Policy;
use crate::graph::store::{EditError, Edited};
use crate::resources::timeouts::Operation;
use crate::session::Ready;
use crate::settings::snapshot::Snapshot;

/// Adopts the tenant's settings and writes those that differ. None when nothing was written.
pub async fn create(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    mut planned: SettingsState,
    config: &SettingsState,
    private: Option<Private>,
) -> Option<(SettingsState, Option<Private>)> {
    let session = resource.session.ready(diags)?;
    let deadline = resource.deadline(&config.timeouts, Operation::Create);
    if planned.tenant_id.is_unknown() {
        planned.tenant_id = session.tenant_id(&deadline).await.into();
    }
    apply(&session, diags, &deadline, planned, config, private).await
}

/// Writes what differs. None when nothing was written: the prior state stands.
pub async fn update(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    prior: &SettingsState,
    planned: SettingsState,
    config: &SettingsState,
    private: Option<Private>,
) -> Option<(SettingsState, Option<Private>)> {
    if planned.settings() == prior.settings() {
        return Some((planned, private));
    }
    let session = resource.session.ready(diags)?;
    let deadline = resource.deadline(&config.timeouts, Operation::Update);
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
    let managed = Managed::of(&config.settings());
    let mut private = private.unwrap_or_default();
    match write(session, deadline, managed, private.seen.clone()).await {
        Ok(edited) => {
            observe::complete(&mut planned, &edited.after);
            private.seen = Snapshot::of(&edited.after);
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
    let edit = move |policy: &mut Policy| {
        let conflicts = Conflict::find(&managed, &seen, policy);
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
        for (setting, desired) in managed.iter() {
            if let Some(change) = desired.change(setting) {
                policy.set(change);
            }
        }
        Ok(())
    };
    session.store.edit(deadline, edit).await
}

/// Reports what kept a write from happening, or from happening wholly.
pub fn report(diags: &mut Diagnostics, error: &WriteError, failed: &'static str) {
    edit_error(diags, error, failed, |diags, conflicts| {
        conflicts.iter().for_each(|conflict| conflict.report(diags));
    });
}
