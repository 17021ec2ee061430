//! Signing in with an assertion: something signed by the application's certificate, or by an issuer that the
//! application trusts, in exchange for a token
//! (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#second-case-access-token-request-with-a-certificate>).

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_core::http::ClientMethodOptions;
use azure_identity::{ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions};

use super::Issued;
use super::azure::Session;
use crate::graph::cloud::Cloud;
use crate::graph::{GraphError, Secret};

/// The application that signs in, and its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The tenant's id or one of its domains.
    pub tenant_id: String,
    /// The application's (client) id.
    pub client_id: String,
}

/// Exchanges `assertion` for a token.
pub(super) async fn exchange(
    session: Session,
    application: &Application,
    assertion: Secret,
    cloud: &Cloud,
) -> Result<Issued, GraphError> {
    let session = session.hiding(&assertion);
    let options = ClientAssertionCredentialOptions {
        client_options: session.options(cloud),
    };
    let Application { tenant_id, client_id } = application;
    let credential =
        ClientAssertionCredential::new(tenant_id.clone(), client_id.clone(), Given(assertion), Some(options));
    let scope = cloud.scope();
    let token = match credential {
        Ok(credential) => credential.get_token(&[&scope], None).await,
        Err(error) => Err(error),
    };
    session.finish(token)
}

/// An assertion that is there already: a credential is made for one token, so none has to be made twice.
#[derive(Debug)]
struct Given(Secret);

#[async_trait]
impl ClientAssertion for Given {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.0.expose().to_owned())
    }
}
