//! Diagnostics as they are meant for people.

use std::borrow::Cow;

use tf_provider::{AttributePath, Diagnostic, Diagnostics};

/// Adds diagnostics with nothing but the text given.
///
/// tf-provider's own `error`, `warning` and the like append a backtrace to the text wherever `RUST_BACKTRACE` is set,
/// which shows administrators the inside of the provider; clippy.toml forbids them.
pub trait Report {
    /// Adds an error at an attribute, or at the whole when the path is the root.
    fn error_at(
        &mut self,
        path: AttributePath,
        summary: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    );

    /// Adds a warning at an attribute, or at the whole when the path is the root.
    fn warning_at(
        &mut self,
        path: AttributePath,
        summary: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    );

    /// Adds an error of a function, at the argument at this position, from 0.
    fn argument_error(&mut self, position: i64, text: impl Into<Cow<'static, str>>);
}

impl Report for Diagnostics {
    fn error_at(
        &mut self,
        path: AttributePath,
        summary: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) {
        self.add_error(Diagnostic {
            summary: summary.into(),
            detail: detail.into(),
            attribute: path,
        });
    }

    fn warning_at(
        &mut self,
        path: AttributePath,
        summary: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) {
        self.add_warning(Diagnostic {
            summary: summary.into(),
            detail: detail.into(),
            attribute: path,
        });
    }

    fn argument_error(&mut self, position: i64, text: impl Into<Cow<'static, str>>) {
        self.error_at(AttributePath::function_argument(position), text, "");
    }
}
