//! A question to a service that hands out tokens, in our own words: what azure_identity cannot be configured for.

use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;
use url::Url;

use super::azure::{LIMIT, passes_proxies_by};
use super::{Asking, refusal};
use crate::graph::cloud::is_loopback;
use crate::graph::error::{Call, TokenError};
use crate::graph::http::{Outgoing, Repeat};
use crate::graph::{GraphError, Secret};

/// A request to a service that gives an assertion to the holder of its token.
#[derive(Debug)]
pub(super) struct Question<'a> {
    /// The credential kind, in a user's words.
    pub(super) kind: &'static str,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) bearer: &'a Secret,
    /// Further headers.
    pub(super) headers: &'static [(&'static str, &'static str)],
    /// Advice for an answer without an assertion.
    pub(super) hint: &'static str,
    /// Which member of the answer holds the assertion.
    pub(super) member: &'static str,
}

impl Question<'_> {
    /// The assertion.
    pub(super) async fn ask(self, asking: &Asking<'_>) -> Result<Secret, GraphError> {
        let secrets = [self.bearer.expose()];
        let outgoing = self.outgoing(asking.repeat)?;
        let mut call = Call::new(outgoing.method.as_str(), outgoing.url.path());
        let exchanged = asking
            .http
            .exchange(&outgoing, &mut call, asking.deadline, refusal::verdict)
            .await?;
        let answer = &exchanged.answer;
        if !answer.status.is_success() || !answer.body.complete {
            return Err(self.refused(refusal::read(self.kind, &self.url, &exchanged, &secrets)));
        }
        let parsed: Option<Value> = serde_json::from_slice(&answer.body.bytes).ok();
        match parsed.as_ref().and_then(|json| json.get(self.member)?.as_str()) {
            Some(assertion) if !assertion.is_empty() => Ok(Secret::new(assertion)),
            _ => Err(self.refused(TokenError {
                description: format!("the answer holds no {:?}", self.member),
                ..refusal::read(self.kind, &self.url, &exchanged, &secrets)
            })),
        }
    }

    fn refused(&self, refusal: TokenError) -> GraphError {
        GraphError::Token(Box::new(TokenError {
            hint: Some(self.hint.to_owned()),
            ..refusal
        }))
    }

    fn outgoing(&self, repeat: Repeat) -> Result<Outgoing, GraphError> {
        let mut headers = HeaderMap::new();
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", self.bearer.expose())).map_err(|_| {
            GraphError::credential(
                format!("The token for {} holds characters that no token has", self.kind),
                self.hint,
            )
        })?;
        bearer.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, bearer);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in self.headers {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        if self.method == Method::POST {
            // There is no body, and the server wants to be told.
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(Outgoing {
            body: None,
            direct: passes_proxies_by(&self.url),
            method: self.method.clone(),
            url: self.url.clone(),
            headers,
            repeat,
            limit: LIMIT,
        })
    }
}

/// The address of such a service: `https`, or `http` on this machine, because a token is sent there.
pub(super) fn address(attribute: &'static str, text: &str) -> Result<Url, GraphError> {
    let wrong = |problem: &str| GraphError::Config {
        attribute,
        problem: format!("{problem}; give the https address that the CI system sets"),
    };
    // The address itself may hold a token and is not repeated.
    let url = Url::parse(text.trim()).map_err(|error| wrong(&format!("it is no address ({error})")))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        scheme => Err(wrong(&format!("it uses {scheme}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_tls_or_stays_on_this_machine() {
        for (text, accepted) in [
            (
                "https://pipelines.actions.githubusercontent.com/x?api-version=2.0",
                true,
            ),
            ("http://127.0.0.1:8080/x", true),
            ("http://example.org/x", false),
            ("ftp://example.org/x", false),
            ("example.org", false),
            ("", false),
        ] {
            assert_eq!(address("oidc_request_url", text).is_ok(), accepted, "{text}");
        }
    }
}
