//! Who the provider is to Microsoft: the ways to prove it, a file each, and the token that comes of it.
//!
//! Tokens come through azure_identity where it has the kind. Its transport is ours, so proxies, trust, connections,
//! limits and retries are those of every other request; its cache is passed by, because [`tokens::Tokens`] has to be
//! able to ask for a fresh token.

mod ask;
pub mod assertion;
mod azure;
pub mod azure_cli;
pub mod certificate;
pub mod choice;
pub(crate) mod claims;
pub mod client_certificate;
pub mod client_secret;
pub mod github;
pub mod managed_identity;
mod metadata;
pub mod oidc;
pub mod pipelines;
mod refusal;
pub(crate) mod tokens;
mod who;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::AccessToken;

use super::cloud::Cloud;
use super::deadline::Deadline;
use super::http::{Http, Repeat};
use super::{GraphError, Secret};
pub use assertion::Application;
pub use azure_cli::AzureCli;
pub use certificate::Certificate;
pub use choice::{AksEnvironment, SignIn};
pub use client_certificate::ClientCertificate;
pub use client_secret::ClientSecret;
pub use github::GitHub;
pub use managed_identity::ManagedIdentity;
pub use oidc::{Federated, Issuer};
pub use pipelines::Pipelines;
pub(crate) use who::{is_guid, is_tenant};

/// A way to sign in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CredentialConfig {
    /// As an application, with a secret.
    ClientSecret(ClientSecret),
    /// As an application, with a certificate.
    ClientCertificate(ClientCertificate),
    /// As an application, with a token of an issuer that it trusts.
    Federated(Federated),
    /// As the machine that this runs on.
    ManagedIdentity(ManagedIdentity),
    /// As the account that is signed in to the Azure CLI.
    AzureCli(AzureCli),
}

impl CredentialConfig {
    /// The tenant to sign in to, when the configuration names it: an id or a domain.
    #[must_use]
    pub fn tenant_id(&self) -> Option<&str> {
        match self {
            Self::ClientSecret(credential) => Some(&credential.tenant_id),
            Self::ClientCertificate(credential) => Some(&credential.application.tenant_id),
            Self::Federated(credential) => Some(&credential.application.tenant_id),
            Self::ManagedIdentity(credential) => credential.tenant_id.as_deref(),
            Self::AzureCli(credential) => credential.tenant_id.as_deref(),
        }
    }

    /// The tenant, the application, and what proves to the token service that it is this one. None where the proof
    /// is another one in each request.
    pub(crate) fn proof(&self) -> Option<[&str; 3]> {
        let (application, proof) = match self {
            Self::ClientSecret(credential) => {
                return Some([&credential.tenant_id, &credential.client_id, credential.secret.expose()]);
            }
            Self::ClientCertificate(credential) => (&credential.application, credential.certificate.thumbprint()),
            Self::Federated(Federated {
                application,
                issuer: Issuer::Token(token),
            }) => (application, token.expose()),
            Self::Federated(_) | Self::ManagedIdentity(_) | Self::AzureCli(_) => return None,
        };
        Some([&application.tenant_id, &application.client_id, proof])
    }

    /// Makes the source of its tokens.
    pub(crate) fn source(&self, cloud: &Cloud) -> Arc<dyn TokenSource> {
        fn on<C>(credential: &C, cloud: &Cloud) -> Arc<dyn TokenSource>
        where
            C: Clone,
            OnCloud<C>: TokenSource + 'static,
        {
            Arc::new(OnCloud {
                credential: credential.clone(),
                cloud: cloud.clone(),
            })
        }
        match self {
            Self::ClientSecret(credential) => on(credential, cloud),
            Self::ClientCertificate(credential) => on(credential, cloud),
            Self::Federated(credential) => on(credential, cloud),
            Self::ManagedIdentity(credential) => on(credential, cloud),
            Self::AzureCli(credential) => on(credential, cloud),
        }
    }
}

/// A credential, and the cloud whose tokens it asks for.
#[derive(Debug)]
struct OnCloud<C> {
    credential: C,
    cloud: Cloud,
}

/// The means of a request for a token.
#[derive(Clone, Debug)]
pub(crate) struct Asking<'a> {
    pub(crate) http: &'a Arc<Http>,
    pub(crate) deadline: &'a Deadline,
    /// Says if a busy service is asked again.
    pub(crate) repeat: Repeat,
}

/// Asks for tokens, without remembering any.
#[async_trait]
pub(crate) trait TokenSource: fmt::Debug + Send + Sync {
    /// The kind, in a user's words: "a client secret".
    fn kind(&self) -> &'static str;

    /// True if its tokens are a managed identity's, which has no app registration to grant permissions to.
    fn is_managed_identity(&self) -> bool {
        false
    }

    /// Asks for a new token.
    async fn acquire(&self, asking: &Asking<'_>) -> Result<Issued, GraphError>;
}

/// A token as it was issued.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) token: Secret,
    pub(crate) expires_on: std::time::SystemTime,
}

impl From<AccessToken> for Issued {
    fn from(token: AccessToken) -> Self {
        Self {
            token: Secret::new(token.token.secret()),
            // Not every system's clock knows a time before its own first one.
            expires_on: token
                .expires_on
                .max(azure_core::time::OffsetDateTime::UNIX_EPOCH)
                .into(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::graph::retry::RetryPolicy;

    /// A wire whose waits a test can wait for.
    pub(crate) fn http() -> Arc<Http> {
        let retry = RetryPolicy {
            floor: Duration::from_millis(1),
            base: Duration::from_millis(2),
            connection_base: Duration::from_millis(2),
            ..RetryPolicy::default()
        };
        Arc::new(Http::new("test", Duration::from_secs(10), retry))
    }

    pub(crate) fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(20))
    }

    /// Asking as often as it takes.
    pub(crate) fn asking<'a>(http: &'a Arc<Http>, deadline: &'a Deadline) -> Asking<'a> {
        Asking {
            http,
            deadline,
            repeat: Repeat::Freely,
        }
    }

    #[test]
    fn a_token_that_ended_long_ago_has_ended() {
        use azure_core::time::OffsetDateTime;
        for timestamp in [-62_135_596_800, -1, 0] {
            let ended = OffsetDateTime::from_unix_timestamp(timestamp).unwrap();
            let issued = Issued::from(AccessToken::new("x", ended));
            assert_eq!(issued.expires_on, std::time::SystemTime::UNIX_EPOCH, "{timestamp}");
        }
    }
}
