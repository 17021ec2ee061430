//! Answers to what the provider does not offer. Terraform asks for these
//! only when they are advertised, so that nobody should ever read them.

use tf_provider::Diagnostics;

use crate::plugin::diagnostics::{error, messages};
use crate::plugin::proto::tfplugin6::{self as tf, Diagnostic};

/// One error that says what is not supported.
pub(super) fn unsupported(what: &str) -> Vec<Diagnostic> {
    let mut diags = Diagnostics::default();
    diags.add_error(error(
        "Not supported",
        format!("This version of the provider does not support {what}."),
    ));
    messages(diags)
}

/// The refusal to take over the state of another resource type.
pub(super) fn move_refused(request: &tf::move_resource_state::Request) -> tf::move_resource_state::Response {
    let mut diags = Diagnostics::default();
    let (from, to) = (&request.source_type_name, &request.target_type_name);
    let detail = format!(
        "A {from} of {} cannot become a {to}. Remove the `moved` block; import the {to} instead, and take the {from} \
         out of the state with a `removed` block.",
        request.source_provider_address,
    );
    diags.add_error(error("Resource cannot be moved here", detail));
    tf::move_resource_state::Response {
        diagnostics: messages(diags),
        ..Default::default()
    }
}
