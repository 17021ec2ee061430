//! Errors of Microsoft's side as Terraform's diagnostics.

use tf_provider::{AttributePath, Diagnostics};

use crate::graph::error::GraphError;
use crate::plugin::Report;

/// Reports an error of Graph: what was being done, what happened (with the request and its id), what to do next.
pub fn graph_error(diags: &mut Diagnostics, error: &GraphError, doing: &str, path: Option<AttributePath>) {
    diags.error_at(
        path.unwrap_or_default(),
        doing.to_owned(),
        format!("{error}\n\n{}", error.advice()),
    );
}
