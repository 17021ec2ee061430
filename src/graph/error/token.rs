//! Refusals of the token service.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

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
    /// How long the service asks to wait, when it was busy to the end.
    pub asked: Option<Duration>,
    /// What to do next, where the credential knows better than the code.
    pub hint: Option<String>,
}

impl TokenError {
    pub(super) fn advice(&self) -> Cow<'static, str> {
        if aadsts::is_transient(self.code, &self.error) {
            return Cow::Borrowed(self.busy());
        }
        if let Some(advice) = self.code.and_then(|code| aadsts::advice(code, &self.credential)) {
            return Cow::Borrowed(advice);
        }
        if let Some(hint) = &self.hint {
            return Cow::Owned(hint.clone());
        }
        Cow::Borrowed(match self.status {
            Some(429 | 500..) => self.busy(),
            Some(200..=399 | 407) => NO_TOKEN_SERVICE,
            None if !self.endpoint.is_empty() => NO_TOKEN_SERVICE,
            Some(404) => {
                "There is no token service at this address: check `tenant_id`, `environment` and `authority_host`."
            }
            _ => "Check `tenant_id`, `client_id`, `environment` and the credential.",
        })
    }

    /// OAuth's two errors about the one who signs in (RFC 6749, section 5.2).
    pub(super) fn is_bad_credential(&self) -> bool {
        let about_the_client = matches!(&*self.error, "invalid_client" | "unauthorized_client");
        about_the_client && !aadsts::is_transient(self.code, &self.error)
    }

    fn busy(&self) -> &'static str {
        match self.asked {
            Some(_) => {
                "The service that issues tokens is busy. Run Terraform again after the time that it asks to wait."
            }
            None => "The service that issues tokens is busy. Run Terraform again in a moment.",
        }
    }
}

/// A token service answers with a token or with an error of its own: neither with a page nor with a redirect.
const NO_TOKEN_SERVICE: &str = "What answers there is no token service: check `environment` and `authority_host`, and whether a \
                                proxy or a sign-in page answers in its place.";

impl std::error::Error for TokenError {}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signing in with {} failed", self.credential)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_fits_what_answered() {
        let refused = |status| TokenError {
            status,
            endpoint: "https://login.microsoftonline.com/x".to_owned(),
            ..TokenError::default()
        };
        for (status, part) in [
            (None, "no token service"),
            (Some(200), "no token service"),
            (Some(302), "no token service"),
            (Some(400), "Check `tenant_id`"),
            (Some(404), "no token service at this address"),
            (Some(407), "no token service"),
            (Some(429), "busy"),
            (Some(503), "busy"),
        ] {
            let advice = refused(status).advice();
            assert!(advice.contains(part), "{status:?}: {advice}");
        }
    }

    #[test]
    fn a_service_that_says_that_it_is_busy_is_busy_whatever_its_status() {
        for (code, error) in [
            (Some(90033), ""),
            (Some(90055), "invalid_request"),
            (None, "temporarily_unavailable"),
        ] {
            for (asked, when) in [
                (None, "in a moment."),
                (Some(Duration::from_secs(120)), "after the time that it asks to wait."),
            ] {
                let error = TokenError {
                    status: Some(400),
                    code,
                    error: error.to_owned(),
                    hint: Some("Something else.".to_owned()),
                    asked,
                    ..TokenError::default()
                };
                let advice = error.advice();
                assert!(
                    advice.contains("is busy. Run Terraform again ") && advice.ends_with(when),
                    "{advice}"
                );
            }
        }
    }
}
