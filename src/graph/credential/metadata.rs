//! A managed identity's token from a metadata service whose address is configured
//! (<https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#get-a-token-using-http>).
//!
//! azure_identity tells by the environment which service there is, and what it finds there (MSI_ENDPOINT,
//! IDENTITY_ENDPOINT) would count for more than the configuration.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Map, Value};
use url::Url;

use super::azure::{LIMIT, passes_proxies_by};
use super::{Asking, Issued, refusal};
use crate::graph::error::{Call, TokenError};
use crate::graph::http::Outgoing;
use crate::graph::{GraphError, Secret};

/// The version that every such service knows.
const API_VERSION: &str = "2018-02-01";

/// A question to such a service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    /// The credential kind, in a user's words.
    pub(super) kind: &'static str,
    /// Where to ask. What its query says already is not said again.
    pub(super) endpoint: &'a Url,
    /// The client id of a user-assigned identity.
    pub(super) client_id: Option<&'a str>,
    /// The audience of the token.
    pub(super) resource: &'a str,
}

impl Question<'_> {
    /// The token.
    pub(super) async fn ask(self, asking: &Asking<'_>) -> Result<Issued, GraphError> {
        let url = self.address();
        let mut headers = HeaderMap::new();
        headers.insert("metadata", HeaderValue::from_static("true"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let outgoing = Outgoing {
            method: Method::GET,
            direct: passes_proxies_by(&url),
            url,
            headers,
            body: None,
            repeat: asking.repeat,
            limit: LIMIT,
        };
        let mut call = Call::new(outgoing.method.as_str(), outgoing.url.path());
        let exchanged = asking
            .http
            .exchange(&outgoing, &mut call, asking.deadline, refusal::metadata_verdict)
            .await?;
        if let Some(refusal) = refusal::of(self.kind, &outgoing.url, &exchanged, &[]) {
            return Err(GraphError::Token(Box::new(refusal)));
        }
        issued(&exchanged.answer.body.bytes, SystemTime::now()).ok_or_else(|| {
            GraphError::Token(Box::new(TokenError {
                description: "the answer holds no token".to_owned(),
                ..refusal::read(self.kind, &outgoing.url, &exchanged, &[])
            }))
        })
    }

    fn address(&self) -> Url {
        let mut url = self.endpoint.clone();
        let said: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        let pairs = [
            ("api-version", Some(API_VERSION)),
            ("resource", Some(self.resource)),
            ("client_id", self.client_id),
        ];
        for (name, value) in pairs {
            if let Some(value) = value.filter(|_| !said.iter().any(|said| said == name)) {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        url
    }
}

/// The token in an answer, and its end: a moment, or a time from now.
fn issued(body: &[u8], now: SystemTime) -> Option<Issued> {
    let object: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let number = |name| object.get(name).and_then(refusal::number).map(Duration::from_secs);
    let expires_on = match number("expires_on") {
        Some(end) => SystemTime::UNIX_EPOCH.checked_add(end)?,
        None => now.checked_add(number("expires_in")?)?,
    };
    Some(Issued {
        token: Secret::new(object.get("access_token")?.as_str()?),
        expires_on,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_is_configured_is_kept() {
        for (endpoint, client_id, address) in [
            (
                "http://localhost/token",
                None,
                "http://localhost/token?api-version=2018-02-01&resource=https%3A%2F%2Fgraph.microsoft.com",
            ),
            (
                "http://localhost/token?api-version=2019-08-01&x=y",
                Some("id-1"),
                "http://localhost/token?api-version=2019-08-01&x=y&resource=https%3A%2F%2Fgraph.microsoft.com&client_id=id-1",
            ),
        ] {
            let question = Question {
                kind: "x",
                endpoint: &Url::parse(endpoint).unwrap(),
                client_id,
                resource: "https://graph.microsoft.com",
            };
            assert_eq!(question.address().as_str(), address);
        }
    }

    #[test]
    fn the_end_of_a_token_in_every_form() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        for (body, end) in [
            (
                r#"{"access_token":"x","expires_in":"60","expires_on":"4102444800"}"#,
                Some(4_102_444_800),
            ),
            (r#"{"access_token":"x","expires_on":4102444800}"#, Some(4_102_444_800)),
            (r#"{"access_token":"x","expires_in":"60"}"#, Some(1060)),
            (r#"{"access_token":"x","expires_in":60,"expires_on":""}"#, Some(1060)),
            (r#"{"access_token":"x","expires_on":18446744073709551615}"#, None),
            (r#"{"access_token":"x"}"#, None),
            (r#"{"expires_in":60}"#, None),
            ("", None),
        ] {
            let expected = end.map(|end| SystemTime::UNIX_EPOCH + Duration::from_secs(end));
            assert_eq!(
                issued(body.as_bytes(), now).map(|issued| issued.expires_on),
                expected,
                "{body}"
            );
        }
    }
}
