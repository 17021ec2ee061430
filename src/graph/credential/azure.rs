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

use super::{Issued, refusal};
use crate::graph::cloud::{Cloud, is_loopback};
use crate::graph::deadline::Deadline;
use crate::graph::error::{Call, TokenError};
use crate::graph::http::{Answer, Http, Outgoing, Repeat, Verdict, scrub};
use crate::graph::{GraphError, Secret};

/// How much of a token service's answer is read, in bytes.
pub(super) const LIMIT: usize = 256 * 1024;

/// One sign-in: lends azure_identity our wire and remembers what went wrong on it, because azure_identity's own errors
/// are texts only.
#[derive(Debug)]
pub(super) struct Session {
    wire: Wire,
}

impl Session {
    pub(super) fn new(kind: &'static str, http: &Arc<Http>, deadline: &Deadline) -> Self {
        Self {
            wire: Wire {
                kind,
                http: Arc::clone(http),
                deadline: deadline.clone(),
                hidden: Vec::new(),
                elsewhere: None,
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

    /// Sends what azure_identity would send to an address of its own to `endpoint`, with the same query.
    pub(super) fn asking(mut self, endpoint: Option<&Url>) -> Self {
        self.wire.elsewhere = endpoint.cloned();
        self
    }

    /// Judges by `verdict` which answers are final.
    pub(super) fn judging(mut self, verdict: fn(&Answer) -> Verdict) -> Self {
        self.wire.verdict = verdict;
        self
    }

    /// What azure_identity's credentials are built with.
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
    hidden: Vec<Secret>,
    elsewhere: Option<Url>,
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
        let outgoing = outgoing(request, self.elsewhere.as_ref())?;
        let mut call = Call::new(outgoing.method.as_str(), outgoing.url.path());
        let exchanged = self
            .http
            .exchange(&outgoing, &mut call, &self.deadline, self.verdict)
            .await
            .map_err(|error| self.fail(error))?;
        let answer = &exchanged.answer;
        if !answer.status.is_success() || !answer.body.complete {
            let refusal = refusal::read(self.kind, &outgoing.url, &exchanged, &self.secrets());
            return Err(self.fail(GraphError::Token(Box::new(refusal))));
        }
        if let Some(refusal) = refusal::unreadable(self.kind, &outgoing.url, &exchanged, &self.secrets()) {
            return Err(self.fail(GraphError::Token(Box::new(refusal))));
        }
        Ok(AsyncRawResponse::from_bytes(
            StatusCode::from(answer.status.as_u16()),
            Headers::new(),
            exchanged.answer.body.bytes,
        ))
    }
}

/// azure_core's request as ours.
fn outgoing(request: &Request, elsewhere: Option<&Url>) -> azure_core::Result<Outgoing> {
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
    let mut url = request.url().clone();
    if let Some(elsewhere) = elsewhere {
        let query = url.query().map(str::to_owned);
        url = elsewhere.clone();
        url.set_query(query.as_deref());
    }
    Ok(Outgoing {
        body: (!body.is_empty()).then(|| body.clone()),
        direct: passes_proxies_by(&url),
        method,
        url,
        headers,
        // Asking for a token twice does no harm.
        repeat: Repeat::Freely,
        limit: LIMIT,
    })
}

/// Whether an address is never asked for through a proxy: plain `http` to this machine, its host or its network.
pub(super) fn passes_proxies_by(url: &Url) -> bool {
    let near = matches!(url.host(), Some(url::Host::Ipv4(ip)) if ip.is_link_local() || ip.is_private());
    url.scheme() == "http" && (near || is_loopback(url))
}
