//! An application and its secret
//! (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>).

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};

use super::azure::Session;
use super::{Issued, TokenSource};
use crate::graph::cloud::Cloud;
use crate::graph::deadline::Deadline;
use crate::graph::http::Http;
use crate::graph::{GraphError, Secret};

/// Signs in with a client secret.
#[derive(Clone, Debug)]
pub struct ClientSecret {
    /// The tenant's id or one of its domains.
    pub tenant_id: String,
    /// The application's (client) id.
    pub client_id: String,
    /// The secret's value.
    pub secret: Secret,
}

impl ClientSecret {
    pub(super) fn on(self, cloud: &Cloud) -> impl TokenSource + use<> {
        OnCloud {
            credential: self,
            cloud: cloud.clone(),
        }
    }
}

#[derive(Debug)]
struct OnCloud {
    credential: ClientSecret,
    cloud: Cloud,
}

#[async_trait]
impl TokenSource for OnCloud {
    fn kind(&self) -> &'static str {
        "a client secret"
    }

    async fn acquire(&self, http: &Arc<Http>, deadline: &Deadline) -> Result<Issued, GraphError> {
        let ClientSecret {
            tenant_id,
            client_id,
            secret,
        } = &self.credential;
        let session = Session::new(self.kind(), http, deadline).hiding(secret);
        let options = ClientSecretCredentialOptions {
            client_options: session.options(&self.cloud),
        };
        let scope = self.cloud.scope();
        let token = match ClientSecretCredential::new(
            tenant_id,
            client_id.clone(),
            secret.expose().to_owned().into(),
            Some(options),
        ) {
            Ok(credential) => credential.get_token(&[&scope], None).await,
            Err(error) => Err(error),
        };
        session.finish(token)
    }
}
