//! azure_identity over our own wire.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::AccessToken;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::{
    AsyncRawResponse, Body, ClientOptions, HttpClient, Request, RetryOptions, StatusCode, Transport,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use super::{Asking, Issued, refusal};
use crate::graph::cloud::{Cloud, is_loopback};
use crate::graph::deadline::Deadline;
use crate::graph::error::{Call, TokenError};
use crate::graph::http::{Answer, Http, Outgoing, Repeat, Verdict, scrub};
use crate::graph::{GraphError, Secret};

/// The part of a token service's answer that is read, in bytes.
pub(super) const LIMIT: usize = 256 * 1024;

/// One sign-in: lends azure_identity our wire and remembers what went wrong on it, because azure_identity's own errors
/// are texts only.
#[derive(Debug)]
pub(super) struct Session {
    wire: Wire,
}

impl Session {
    pub(super) fn new(kind: &'static str, asking: &Asking<'_>) -> Self {
        Self {
            wire: Wire {
                kind,
                http: Arc::clone(asking.http),
                deadline: asking.deadline.clone(),
                repeat: asking.repeat,
                hidden: Vec::new(),
                verdict: refusal::verdict,
                failure: Arc::default(),
            },
        }
    }

    /// Keeps a secret out of every error, even if a service repeats it.
    pub(super) fn hiding(mut self, secret: &Secret) -> Self {
        self.wire.hidden.push(secret.clone());
        self
    }

    /// Judges by `verdict` which answers are final.
    pub(super) fn judging(mut self, verdict: fn(&Answer) -> Verdict) -> Self {
        self.wire.verdict = verdict;
        self
    }

    /// The options of azure_identity's credentials.
    pub(super) fn options(&self, cloud: &Cloud) -> ClientOptions {
        let mut custom = CustomConfiguration::default();
        custom.authority_host = cloud.authority().to_string();
        ClientOptions {
            transport: Some(Transport::new(Arc::new(self.wire.clone()))),
            retry: RetryOptions::none(),
            cloud: Some(Arc::new(CloudConfiguration::Custom(custom))),
            ..ClientOptions::default()
        }
    }

    /// The token, or what really went wrong.
    pub(super) fn finish(self, token: azure_core::Result<AccessToken>) -> Result<Issued, GraphError> {
        let problem = match token {
            // azure_identity takes an answer without a token for one with an empty token.
            Ok(token) if token.token.secret().is_empty() => "the answer holds no token".to_owned(),
            Ok(token) => return Ok(token.into()),
            Err(error) => error.to_string(),
        };
        let failure = self.wire.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        Err(failure.unwrap_or_else(|| {
            // Nothing went wrong on the wire: azure_identity refused its input, or could not read a good answer.
            GraphError::Token(Box::new(TokenError {
                credential: self.wire.kind.to_owned(),
                description: scrub(&problem, &self.wire.secrets()),
                ..TokenError::default()
            }))
        }))
    }
}

/// The transport. Clones share the failure.
#[derive(Clone)]
struct Wire {
    kind: &'static str,
    http: Arc<Http>,
    deadline: Deadline,
    repeat: Repeat,
    hidden: Vec<Secret>,
    verdict: fn(&Answer) -> Verdict,
    failure: Arc<Mutex<Option<GraphError>>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Wire {
    fn secrets(&self) -> Vec<&str> {
        self.hidden.iter().map(Secret::expose).collect()
    }

    /// Remembers the failure and answers with an error that azure_identity does not retry.
    fn fail(&self, failure: GraphError) -> Error {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        Error::with_message(ErrorKind::Other, "the request failed")
    }
}

#[async_trait]
impl HttpClient for Wire {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let outgoing = outgoing(request, self.repeat)?;
        let mut call = Call::new(outgoing.method.as_str(), outgoing.url.path());
        let exchanged = self
            .http
            .exchange(&outgoing, &mut call, &self.deadline, self.verdict)
            .await
            .map_err(|error| self.fail(error))?;
        if let Some(refusal) = refusal::of(self.kind, &outgoing.url, &exchanged, &self.secrets()) {
            return Err(self.fail(GraphError::Token(Box::new(refusal))));
        }
        Ok(AsyncRawResponse::from_bytes(
            StatusCode::from(exchanged.answer.status.as_u16()),
            Headers::new(),
            exchanged.answer.body.bytes,
        ))
    }
}

/// azure_core's request as ours.
fn outgoing(request: &Request, repeat: Repeat) -> azure_core::Result<Outgoing> {
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers().iter() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let (Ok(name), Ok(mut value)) = (name, HeaderValue::from_str(value.as_str())) else {
            return Err(Error::with_message(ErrorKind::Other, "a header cannot be sent"));
        };
        // One User-Agent for all that this provider sends.
        if name != http::header::USER_AGENT {
            value.set_sensitive(true);
            headers.append(name, value);
        }
    }
    headers.insert(http::header::ACCEPT, HeaderValue::from_static("application/json"));
    let Body::Bytes(body) = request.body() else {
        return Err(Error::with_message(ErrorKind::Other, "a streamed body is not sent"));
    };
    let method = Method::from_bytes(request.method().as_ref().as_bytes())
        .map_err(|error| Error::with_error(ErrorKind::Other, error, "an unknown method"))?;
    Ok(Outgoing {
        body: (!body.is_empty()).then(|| body.clone()),
        direct: passes_proxies_by(request.url()),
        method,
        url: request.url().clone(),
        headers,
        repeat,
        limit: LIMIT,
    })
}

/// True for an address that is never asked for through a proxy: plain `http` to this machine, its host or its network.
pub(super) fn passes_proxies_by(url: &Url) -> bool {
    let near = matches!(url.host(), Some(url::Host::Ipv4(ip)) if ip.is_link_local() || ip.is_private());
    url.scheme() == "http" && (near || is_loopback(url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::credential::tests::{asking, http, soon};
    use crate::graph::testing::{Server, json};

    #[tokio::test]
    async fn a_busy_token_service_is_asked_as_often_as_is_wanted() {
        for (repeat, sent) in [(Repeat::Never, 1), (Repeat::Freely, 4)] {
            let server = Server::start(vec![json(503, "", "")]);
            let (http, soon) = (http(), soon());
            let asking = Asking {
                repeat,
                ..asking(&http, &soon)
            };
            let session = Session::new("a test", &asking);
            let url = Url::parse(&server.url).unwrap();
            let request = Request::new(url, azure_core::http::Method::Post);
            assert!(session.wire.execute_request(&request).await.is_err());
            assert_eq!(server.received().len(), sent, "{repeat:?}");
        }
    }
}
