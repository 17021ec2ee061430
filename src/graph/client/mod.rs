//! The client of Microsoft Graph.

mod answer;
mod directory;
mod envelope;
mod paging;
mod policy;
mod request;

use std::sync::Arc;
use std::time::Duration;

use ::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use ::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::cloud::{Cloud, is_loopback};
use super::credential::tokens::{Token, Tokens};
use super::credential::{CredentialConfig, TokenSource, is_guid};
use super::deadline::{Deadline, Ended};
use super::error::{Call, GraphError, Unfinished};
use super::http::{Answer, Exchanged, Http, Outgoing, Repeat, Verdict};
use super::permission;
use super::retry::RetryPolicy;
pub use paging::PageLimits;
pub use request::{Expect, GraphRequest, GraphResponse};

/// Which edition of Graph is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiVersion {
    /// The one Microsoft supports in production.
    #[default]
    V1_0,
    /// The edition that may change without notice.
    Beta,
}

impl ApiVersion {
    /// The version of this name: as it stands in addresses.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::V1_0, Self::Beta]
            .into_iter()
            .find(|version| version.as_str() == name)
    }

    /// As it stands in addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1_0 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// The parts of a client.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Where Graph and the token service are.
    pub cloud: Cloud,
    /// Which edition of Graph.
    pub api_version: ApiVersion,
    /// The way to sign in.
    pub credential: CredentialConfig,
    /// The rules for trying again.
    pub retry: RetryPolicy,
    /// The time that one attempt of one request may take.
    pub request_timeout: Duration,
    /// The `User-Agent`.
    pub user_agent: String,
    /// Ends everything at once: StopProvider cancels it.
    pub cancel: CancellationToken,
}

impl ClientOptions {
    /// The time that one attempt may take when nothing else is said.
    pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

    /// The usual ones for a cloud and a credential.
    #[must_use]
    pub fn new(cloud: Cloud, credential: CredentialConfig) -> Self {
        Self {
            cloud,
            api_version: ApiVersion::default(),
            credential,
            retry: RetryPolicy::default(),
            request_timeout: Self::REQUEST_TIMEOUT,
            user_agent: concat!("terraform-provider-autopilot/", env!("CARGO_PKG_VERSION")).to_owned(),
            cancel: CancellationToken::new(),
        }
    }
}

/// A client of Microsoft Graph. Clones share connections and the token.
#[derive(Clone, Debug)]
pub struct GraphClient(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cloud: Cloud,
    api_version: ApiVersion,
    tenant: Option<String>,
    http: Arc<Http>,
    tokens: Tokens,
    cancel: CancellationToken,
}

impl GraphClient {
    /// A client. There is no I/O: trust stores, connections and tokens come with the first request.
    ///
    /// # Errors
    /// A User-Agent that cannot be sent.
    pub fn new(options: ClientOptions) -> Result<Self, GraphError> {
        if HeaderValue::from_str(&options.user_agent).is_err() {
            return Err(GraphError::Unsendable {
                problem: "the User-Agent holds characters that an HTTP header cannot carry".to_owned(),
            });
        }
        let source = options.credential.source(&options.cloud);
        Ok(Self::with_source(options, source))
    }

    fn with_source(options: ClientOptions, source: Arc<dyn TokenSource>) -> Self {
        let http = Arc::new(Http::new(&options.user_agent, options.request_timeout, options.retry));
        let tokens = Tokens::new(source, Arc::clone(&http), &options.credential);
        Self(Arc::new(Inner {
            cloud: options.cloud,
            api_version: options.api_version,
            tenant: options.credential.tenant_id().map(str::to_owned),
            http,
            tokens,
            cancel: options.cancel,
        }))
    }

    /// The rules for trying again.
    #[must_use]
    pub fn retry(&self) -> &RetryPolicy {
        self.0.http.retry()
    }

    /// Asks for the token that the requests then carry.
    ///
    /// # Errors
    /// No token, or one for another tenant.
    pub async fn sign_in(&self, deadline: &Deadline) -> Result<(), GraphError> {
        let token = self.0.tokens.token(&deadline.within(&self.0.cancel)).await;
        token.map(drop)
    }

    /// Sends a request and reads its answer.
    ///
    /// Waits for a busy service and tries again; replaces an expired token, once. A request that only its sender may
    /// repeat is sent once: where its token was refused there is another one for the next request. Nothing is sent when
    /// the operation has ended already.
    ///
    /// # Errors
    /// The reason why no good answer arrived.
    pub async fn send(&self, request: GraphRequest, deadline: &Deadline) -> Result<GraphResponse, GraphError> {
        let deadline = deadline.within(&self.0.cancel);
        let mut call = Call::new(request.method.as_str(), self.url(&request)?.path());
        if let Some(why) = deadline.ended() {
            return Err(not_sent(call, &deadline, why));
        }
        let token = self.0.tokens.token(&deadline).await.map_err(GraphError::unsent)?;
        let exchanged = self.exchange(&request, &token, &mut call, &deadline).await?;
        if !answer::refuses_token(&exchanged.answer) {
            return self.conclude(&request, call, exchanged, &token);
        }
        tracing::debug!(method = %call.method, path = %call.path, "the token was refused; asking for another");
        let other = self
            .0
            .tokens
            .instead_of(&token, &deadline)
            .await
            .map_err(GraphError::unsent)?;
        if request.repeat == Repeat::Never {
            // The next request carries the other token.
            return self.conclude(&request, call, exchanged, &token);
        }
        let exchanged = self.exchange(&request, &other, &mut call, &deadline).await?;
        self.conclude(&request, call, exchanged, &other)
    }

    /// The tenant's id: the configured one, or the one in the token when a domain or nothing is configured.
    ///
    /// # Errors
    /// No token, or one that names no tenant.
    pub async fn tenant_id(&self, deadline: &Deadline) -> Result<String, GraphError> {
        if let Some(id) = self.0.tenant.as_deref().filter(|id| is_guid(id)) {
            return Ok(id.to_owned());
        }
        let token = self.0.tokens.token(&deadline.within(&self.0.cancel)).await?;
        let in_token = token.claims.as_ref().and_then(|claims| claims.tid.clone());
        in_token.or_else(|| self.0.tenant.clone()).ok_or_else(|| {
            GraphError::credential(
                format!("the token that {} gave names no tenant", self.0.tokens.kind()),
                "Set `tenant_id` (ARM_TENANT_ID) to the tenant's id.",
            )
        })
    }

    async fn exchange(
        &self,
        request: &GraphRequest,
        token: &Token,
        call: &mut Call,
        deadline: &Deadline,
    ) -> Result<Exchanged, GraphError> {
        let outgoing = self.outgoing(request, token)?;
        self.0.http.exchange(&outgoing, call, deadline, verdict).await
    }

    fn conclude(
        &self,
        request: &GraphRequest,
        call: Call,
        exchanged: Exchanged,
        token: &Token,
    ) -> Result<GraphResponse, GraphError> {
        answer::read(request, call, exchanged).map_err(|error| match error {
            GraphError::Http(mut error) if error.status == 401 && error.code == answer::INVALID_TOKEN => {
                error.explanation = Some(permission::refused_token(self.0.tokens.kind(), token.claims.as_ref()));
                GraphError::Http(error)
            }
            // A proxy's 403 says nothing of permissions.
            GraphError::Http(mut error) if error.status == 403 && error.is_of_graph() => {
                let needs = request.needs;
                error.explanation = Some(permission::explain(needs, token.claims.as_ref()));
                GraphError::Http(error)
            }
            other => other,
        })
    }

    fn url(&self, request: &GraphRequest) -> Result<url::Url, GraphError> {
        request.url(self.0.cloud.graph(), self.0.api_version)
    }

    fn outgoing(&self, request: &GraphRequest, token: &Token) -> Result<Outgoing, GraphError> {
        let url = self.url(request)?;
        Ok(Outgoing {
            method: request.method.clone(),
            headers: headers(request, token)?,
            body: request.body.as_ref().map(|body| Bytes::from(body.text())),
            repeat: request.repeat,
            limit: request.limit,
            // A token in the clear stays on this machine.
            direct: url.scheme() == "http" && is_loopback(&url),
            url,
        })
    }
}

fn headers(request: &GraphRequest, token: &Token) -> Result<HeaderMap, GraphError> {
    let mut headers = HeaderMap::new();
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.secret.expose())).map_err(|_| {
        GraphError::credential(
            "the token holds characters that no token has",
            "See that what issues the tokens is Microsoft Entra ID, and that nothing on the way changes its answers.",
        )
    })?;
    bearer.set_sensitive(true);
    headers.insert(AUTHORIZATION, bearer);
    headers.insert(ACCEPT, HeaderValue::from_static(request.expect.accept()));
    if request.body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in &request.headers {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Ok(headers)
}

/// The meaning of an answer of Graph (<https://learn.microsoft.com/graph/best-practices-concept#handling-expected-errors>).
fn verdict(answer: &Answer) -> Verdict {
    match answer.status.as_u16() {
        429 => Verdict::Busy,
        503 | 504 => Verdict::BusyLeave,
        _ => Verdict::Final,
    }
}

fn not_sent(call: Call, deadline: &Deadline, why: Ended) -> GraphError {
    Unfinished::new(call, deadline.allowed(), false).because(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions_by_name() {
        assert_eq!(ApiVersion::named("v1.0"), Some(ApiVersion::V1_0));
        assert_eq!(ApiVersion::named("beta"), Some(ApiVersion::Beta));
        for other in ["1.0", "V1.0", ""] {
            assert_eq!(ApiVersion::named(other), None, "{other:?}");
        }
    }
}

#[cfg(test)]
#[path = "token_test.rs"]
mod token_tests;

#[cfg(test)]
#[path = "wire_test.rs"]
mod wire_tests;
