//! Errors of Microsoft's side as Terraform's diagnostics.

use tf_provider::{AttributePath, Diagnostics};

use crate::graph::error::GraphError;
use crate::graph::store::{EditError, Mismatch};
use crate::plugin::Report;
use crate::settings::{describe, name, path};

/// Reports an error of Graph: what was being done, what happened (with the request and its id), what to do next.
pub fn graph_error(diags: &mut Diagnostics, error: &GraphError, doing: &str, path: Option<AttributePath>) {
    diags.error_at(
        path.unwrap_or_default(),
        doing.to_owned(),
        format!("{error}\n\n{}", error.advice()),
    );
}

/// Reports what kept an edit of the policy from happening, or from happening wholly. What the edit's own closure refused
/// with is for `rejected` to report.
pub fn edit_error<E>(
    diags: &mut Diagnostics,
    error: &EditError<E>,
    failed: &'static str,
    rejected: impl FnOnce(&mut Diagnostics, &E),
) {
    match error {
        EditError::Rejected(refusal) => rejected(diags, refusal),
        EditError::Graph(error) => graph_error(diags, error, failed, None),
        EditError::Unconfirmed(error) => {
            graph_error(
                diags,
                error,
                "The tenant's device settings may or may not have been written",
                None,
            );
        }
        EditError::Incomplete(incomplete) => diags.error_at(
            AttributePath::root(),
            failed,
            format!(
                "{incomplete}. Microsoft Graph replaces the policy as a whole, so that a write without it would change \
                 more than is asked for. Nothing was written. Name the setting in the configuration to give it a value."
            ),
        ),
        EditError::Ignored { settings } => settings.iter().for_each(|one| ignored(diags, one)),
        EditError::Overwritten { settings } => settings.iter().for_each(|one| overwritten(diags, one)),
    }
}

fn ignored(diags: &mut Diagnostics, mismatch: &Mismatch) {
    let Mismatch { setting, asked, found } = mismatch;
    diags.error_at(
        path(*setting),
        format!("Microsoft Graph ignored {}", name(*setting)),
        format!(
            "Graph accepted the write of {} ({}): asked for {}, and the policy still says {}. Something in the tenant \
             fixes this property, Intune for one. Give the setting the value that the tenant has or remove it from the \
             configuration.",
            name(*setting),
            setting.graph_name(),
            describe::short(asked.as_ref()),
            describe::short(found.as_ref()),
        ),
    );
}

fn overwritten(diags: &mut Diagnostics, mismatch: &Mismatch) {
    let Mismatch { setting, asked, found } = mismatch;
    diags.error_at(
        path(*setting),
        format!("Somebody else has overwritten {}", name(*setting)),
        format!(
            "{} ({}) was written as {}, and another writer set it to {} while this apply was at it. Find out who else \
             manages the tenant's device settings, another Terraform workspace or an autopilot_device_join_member of this \
             one, then plan again.",
            name(*setting),
            setting.graph_name(),
            describe::short(asked.as_ref()),
            describe::short(found.as_ref()),
        ),
    );
}
