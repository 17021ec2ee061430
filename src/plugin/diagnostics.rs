//! tf-provider's diagnostics as protocol messages.

use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

use super::proto::tfplugin6 as tf;

/// All diagnostics, errors first.
pub(crate) fn messages(diags: Diagnostics) -> Vec<tf::Diagnostic> {
    use tf::diagnostic::Severity::{Error, Warning};

    let errors = diags.errors.into_iter().map(|diag| message(Error, diag));
    let warnings = diags.warnings.into_iter().map(|diag| message(Warning, diag));
    errors.chain(warnings).collect()
}

/// An error without a place.
pub(crate) fn error(summary: &'static str, detail: impl Into<String>) -> Diagnostic {
    Diagnostic {
        summary: summary.into(),
        detail: detail.into().into(),
        attribute: AttributePath::root(),
    }
}

/// `value`, with an error in `diags` when it is missing without one: an
/// implementation may not fail in silence.
pub(crate) fn or_internal<T>(value: Option<T>, what: &str, diags: &mut Diagnostics) -> Option<T> {
    if value.is_none() && diags.errors.is_empty() {
        let detail = format!(
            "{what} ended without a result and without saying why. This is a bug of the provider; please report it \
             to its developers."
        );
        diags.add_error(error("Internal error of the provider", detail));
    }
    value
}

/// A path, for `requires_replace` and diagnostics.
pub(crate) fn path(path: AttributePath) -> tf::AttributePath {
    use tf::attribute_path::{Step, step::Selector};

    let steps = path.steps.into_iter().map(|step| Step {
        selector: Some(match step {
            AttributePathStep::Attribute(name) => Selector::AttributeName(name.into_owned()),
            AttributePathStep::Key(key) => Selector::ElementKeyString(key.into_owned()),
            AttributePathStep::Index(index) => Selector::ElementKeyInt(index),
        }),
    });
    tf::AttributePath { steps: steps.collect() }
}

fn message(severity: tf::diagnostic::Severity, diag: Diagnostic) -> tf::Diagnostic {
    let attribute = (!diag.attribute.steps.is_empty()).then(|| path(diag.attribute));
    tf::Diagnostic {
        severity: severity.into(),
        summary: diag.summary.into_owned(),
        detail: diag.detail.into_owned(),
        attribute,
    }
}
