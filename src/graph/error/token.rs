//! Refusals of the token service.

use std::borrow::Cow;
use std::fmt;

use super::aadsts;

/// A credential cannot be made of the configuration, or what came of it cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{problem}")]
pub struct CredentialError {
    /// What is wrong with it.
    pub problem: String,
    /// What to do next.
    pub advice: Cow<'static, str>,
}

/// No token was issued
/// (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#error-response>).
#[derive(Clone, Debug, Default)]
pub struct TokenError {
    /// The credential kind that was used, in a user's words.
    pub credential: String,
    /// Where the token was asked for: scheme, host and path, without the query.
    pub endpoint: String,
    /// The HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// OAuth's `error`, such as `invalid_client`.
    pub error: String,
    /// The number of the AADSTS code, such as 7000215.
    pub code: Option<u32>,
    /// The first line of the description.
    pub description: String,
    /// `trace_id`.
    pub trace_id: Option<String>,
    /// `correlation_id`.
    pub correlation_id: Option<String>,
    /// What to do next, where the credential knows better than the code.
    pub hint: Option<String>,
}

impl TokenError {
    pub(super) fn advice(&self) -> Cow<'static, str> {
        if let Some(advice) = self.code.and_then(aadsts::advice) {
            return Cow::Borrowed(advice);
        }
        if let Some(hint) = &self.hint {
            return Cow::Owned(hint.clone());
        }
        Cow::Borrowed(match self.status {
            None if !self.endpoint.is_empty() => {
                "What answers there is no token service: check `environment` and `authority_host`, and whether a proxy or a sign-in \
                 page answers in its place."
            }
            Some(429 | 500..) => "The service that issues tokens is busy. Run Terraform again in a moment.",
            Some(404) => {
                "There is no token service at this address: check `tenant_id`, `environment` and `authority_host`."
            }
            _ => "Check `tenant_id`, `client_id`, `environment` and the credential.",
        })
    }
}

impl std::error::Error for TokenError {}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signing in with {} failed", self.credential)?;
        if !self.endpoint.is_empty() {
            write!(f, " at {}", self.endpoint)?;
        }
        if let Some(status) = self.status {
            write!(f, ": {status}")?;
        }
        if !self.error.is_empty() {
            write!(f, " {}", self.error)?;
        }
        if !self.description.is_empty() {
            write!(f, ": {}", self.description)?;
        }
        match (&self.trace_id, &self.correlation_id) {
            (Some(trace), Some(correlation)) => {
                write!(f, " (trace id {trace}, correlation id {correlation})")
            }
            (Some(id), None) => write!(f, " (trace id {id})"),
            (None, Some(id)) => write!(f, " (correlation id {id})"),
            (None, None) => Ok(()),
        }
    }
}
