//! Errors of Microsoft's side as Terraform's diagnostics.

use tf_provider::{AttributePath, Diagnostics};

use crate::graph::error::{GraphError, capitalized};
use crate::graph::store::{EditError, Mismatch};
use crate::plugin::Report;
use crate::settings::{describe, name, path};

/// Reports an error of Graph: what was being done, what happened (with the request and its id), what to do next.
pub fn graph_error(diags: &mut Diagnostics, error: &GraphError, doing: &str, path: Option<AttributePath>) {
    let said = match error {
        // It begins with the name of an attribute.
        GraphError::Config { .. } => error.to_string(),
        _ => capitalized(&error.to_string()),
    };
    diags.error_at(
        path.unwrap_or_default(),
        doing.to_owned(),
        format!("{said}\n\n{}", error.advice()),
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
                "{}. Nothing was written. Set it in autopilot_device_join_settings.",
                capitalized(&incomplete.to_string())
            ),
        ),
        EditError::Ignored { settings, .. } => settings.iter().for_each(|one| ignored(diags, one)),
        EditError::Overwritten { settings, .. } => settings.iter().for_each(|one| overwritten(diags, one)),
    }
}

fn ignored(diags: &mut Diagnostics, mismatch: &Mismatch) {
    let Mismatch { setting, found, .. } = mismatch;
    diags.error_at(
        path(*setting),
        format!("Microsoft Graph ignored {}", name(*setting)),
        format!(
            "Graph accepted the write of {} ({}), and the policy still says {}. Something else in the tenant, such as \
             Intune, controls it. Give the setting the value that the tenant has or remove it from the configuration.",
            name(*setting),
            setting.graph_name(),
            describe::value(found.as_ref()),
        ),
    );
}

fn overwritten(diags: &mut Diagnostics, mismatch: &Mismatch) {
    let Mismatch { setting, found, .. } = mismatch;
    diags.error_at(
        path(*setting),
        format!("{} was overwritten by another writer", name(*setting)),
        format!(
            "{} ({}) was written, and another writer set it to {} during this apply. Find out who else \
             manages the tenant's device settings, another Terraform workspace or an autopilot_device_join_member of this \
             one, then plan again.",
            name(*setting),
            setting.graph_name(),
            describe::value(found.as_ref()),
        ),
    );
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::graph::policy::{IncompletePolicy, Policy, Quota, Setting, SettingValue};

    fn told(error: &EditError<Infallible>) -> (String, String) {
        let mut diags = Diagnostics::default();
        edit_error(
            &mut diags,
            error,
            "The settings were not written",
            |_, never| match *never {},
        );
        let error = diags.errors.pop().expect("an error");
        (error.summary.into_owned(), error.detail.into_owned())
    }

    #[test]
    fn an_incomplete_policy_is_explained_once() {
        let incomplete = IncompletePolicy {
            missing: vec!["localAdminPassword"],
        };
        let (summary, detail) = told(&EditError::Incomplete(incomplete));
        assert_eq!(summary, "The settings were not written");
        assert_eq!(
            detail,
            "The tenant's policy has no value for localAdminPassword, and Microsoft Graph requires one in every write. \
             Nothing was written. Set it in autopilot_device_join_settings."
        );
    }

    #[test]
    fn a_read_back_that_is_no_policy_does_not_say_that_nothing_was_written() {
        let invalid = Policy::parse("[]").unwrap_err();
        let (summary, detail) = told(&EditError::Unconfirmed(invalid.into()));
        assert!(summary.contains("may or may not"), "{summary}");
        assert!(!detail.contains("othing was written"), "{detail}");
        assert!(
            detail
                .starts_with("The device registration policy has an unexpected value at its root: expected an object"),
            "{detail}"
        );
    }

    #[test]
    fn details_begin_as_sentences_do_unless_they_begin_with_a_name() {
        let config = GraphError::Config {
            attribute: "client_id",
            problem: "it is none".to_owned(),
        };
        let (_, detail) = told(&EditError::Graph(config));
        assert!(detail.starts_with("client_id: it is none\n\n"), "{detail}");
        let credential = GraphError::credential("the token is odd", "Look at it.");
        let (_, detail) = told(&EditError::Graph(credential));
        assert_eq!(detail, "The token is odd\n\nLook at it.");
    }

    #[test]
    fn who_else_is_at_work_is_named() {
        let value = |limit| Some(SettingValue::Quota(Quota::Limit(limit)));
        let settings = vec![Mismatch {
            setting: Setting::UserDeviceQuota,
            asked: value(20),
            found: value(50),
        }];
        let found = std::sync::Arc::new(Policy::parse(r#"{"userDeviceQuota": 50}"#).unwrap());
        let (_, detail) = told(&EditError::Ignored {
            settings: settings.clone(),
            found: std::sync::Arc::clone(&found),
        });
        assert!(
            detail.contains("Something else in the tenant, such as Intune, controls it."),
            "{detail}"
        );
        let (summary, detail) = told(&EditError::Overwritten { settings, found });
        assert!(summary.ends_with("was overwritten by another writer"), "{summary}");
        assert!(detail.contains("during this apply"), "{detail}");
    }
}
