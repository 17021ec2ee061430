//! An application and its secret
//! (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>).

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};

use super::azure::Session;
use super::{Asking, Issued, OnCloud, TokenSource};
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

#[async_trait]
impl TokenSource for OnCloud<ClientSecret> {
    fn kind(&self) -> &'static str {
        "a client secret"
    }

    async fn acquire(&self, asking: &Asking<'_>) -> Result<Issued, GraphError> {
        let ClientSecret {
            tenant_id,
            client_id,
            secret,
        } = &self.credential;
        let session = Session::new(self.kind(), asking).hiding(secret);
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
