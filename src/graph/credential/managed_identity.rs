//! The identity that Azure gives to a virtual machine, a container or an App Service
//! (<https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>).

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use url::Url;

use super::azure::{Session, passes_proxies_by};
use super::{Asking, Issued, OnCloud, TokenSource, metadata, refusal};
use crate::graph::error::TokenError;
use crate::graph::{GraphError, Secret};

/// Advice for a service that gives no token.
const HINT: &str = "`use_msi` (ARM_USE_MSI) needs a managed identity on the machine that runs Terraform: assign one to it; for a \
                    user-assigned identity set `client_id` (ARM_CLIENT_ID) to its client id. `msi_endpoint` \
                    (ARM_MSI_ENDPOINT) says where tokens are asked for, when that is elsewhere.";

/// Advice for an App Service that does not know its own secret.
const HEADER: &str = "The service did not accept this process's IDENTITY_HEADER, which App Service sets beside IDENTITY_ENDPOINT and \
                      changes when it starts anew: leave both as the App Service sets them.";

/// Signs in with a managed identity.
#[derive(Clone, Debug, Default)]
pub struct ManagedIdentity {
    /// The tenant that the configuration names; the token has to be for it.
    pub tenant_id: Option<String>,
    /// The client id of a user-assigned identity; the system's own when there is none.
    pub client_id: Option<String>,
    endpoint: Option<Url>,
}

impl ManagedIdentity {
    /// The identity that Azure assigned to the machine, or the one of a client id.
    #[must_use]
    pub fn new(tenant_id: Option<String>, client_id: Option<String>) -> Self {
        Self {
            tenant_id,
            client_id,
            endpoint: None,
        }
    }

    /// The same, asking at another address (`msi_endpoint`).
    ///
    /// # Errors
    /// An address that is none, or that would carry a token in the clear to elsewhere than this machine or its host.
    pub fn at(self, endpoint: &str) -> Result<Self, GraphError> {
        let wrong = |problem: &str| GraphError::Config {
            attribute: "msi_endpoint",
            problem: format!(
                "{problem}; give an address such as \"http://169.254.169.254/metadata/identity/oauth2/token\""
            ),
        };
        let url = Url::parse(endpoint.trim()).map_err(|error| wrong(&format!("it is no address ({error})")))?;
        match url.scheme() {
            "https" => {}
            _ if passes_proxies_by(&url) => {}
            scheme => return Err(wrong(&format!("it uses {scheme} to another network"))),
        }
        Ok(Self {
            endpoint: Some(url),
            ..self
        })
    }
}

#[async_trait]
impl TokenSource for OnCloud<ManagedIdentity> {
    fn kind(&self) -> &'static str {
        "a managed identity"
    }

    fn is_managed_identity(&self) -> bool {
        true
    }

    async fn acquire(&self, asking: &Asking<'_>) -> Result<Issued, GraphError> {
        let scope = self.cloud.scope();
        let issued = match &self.credential.endpoint {
            Some(endpoint) if !is_app_services(endpoint) => {
                let question = metadata::Question {
                    kind: self.kind(),
                    endpoint,
                    client_id: self.credential.client_id.as_deref(),
                    resource: scope.trim_end_matches("/.default"),
                };
                question.ask(asking).await
            }
            _ => self.acquire_as_the_environment_says(asking).await,
        };
        issued.map_err(|error| explained(self.kind(), error))
    }
}

impl OnCloud<ManagedIdentity> {
    /// azure_identity knows by the environment whether this is a virtual machine or an App Service.
    async fn acquire_as_the_environment_says(&self, asking: &Asking<'_>) -> Result<Issued, GraphError> {
        // azure_identity takes the header from there and sends it.
        let header = Secret::new(std::env::var("IDENTITY_HEADER").unwrap_or_default());
        let session = Session::new(self.kind(), asking)
            .hiding(&header)
            .judging(refusal::metadata_verdict);
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: self.credential.client_id.clone().map(UserAssignedId::ClientId),
            client_options: session.options(&self.cloud),
        };
        let scope = self.cloud.scope();
        let token = match ManagedIdentityCredential::new(Some(options)) {
            Ok(credential) => credential.get_token(&[&scope], None).await,
            Err(error) => Err(error),
        };
        session.finish(token)
    }
}

/// True for the address that an App Service gives its processes, which takes its own protocol and header.
fn is_app_services(endpoint: &Url) -> bool {
    let own = std::env::var("IDENTITY_ENDPOINT")
        .ok()
        .and_then(|own| Url::parse(&own).ok());
    own.as_ref() == Some(endpoint) && std::env::var_os("IDENTITY_HEADER").is_some()
}

/// Says what a managed identity is, where only an address was known.
fn explained(kind: &str, error: GraphError) -> GraphError {
    match error {
        GraphError::Token(mut error) => {
            let hint = if error.status == Some(401) { HEADER } else { HINT };
            error.hint = Some(hint.to_owned());
            GraphError::Token(error)
        }
        GraphError::Connect(error) => GraphError::Token(Box::new(TokenError {
            credential: kind.to_owned(),
            endpoint: format!("{}{}", error.host, error.call.path),
            description: format!("nothing answers there ({})", error.problem),
            hint: Some(HINT.to_owned()),
            ..TokenError::default()
        })),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::cloud::Cloud;
    use crate::graph::credential::tests::{asking, http, soon};
    use crate::graph::http::Repeat;
    use crate::graph::testing::{Reply, Server, json};

    fn token() -> Reply {
        let body = r#"{"access_token":"the-token","expires_in":"3599","expires_on":"4102444800","not_before":"1","resource":"https://graph.microsoft.com","token_type":"Bearer"}"#;
        json(200, "", body)
    }

    fn on_cloud(credential: ManagedIdentity) -> OnCloud<ManagedIdentity> {
        OnCloud {
            credential,
            cloud: Cloud::global().unwrap(),
        }
    }

    fn source(server: &Server, client_id: Option<&str>) -> OnCloud<ManagedIdentity> {
        let identity = ManagedIdentity {
            client_id: client_id.map(str::to_owned),
            ..ManagedIdentity::default()
        };
        let endpoint = format!("{}/metadata/identity/oauth2/token", server.url);
        on_cloud(identity.at(&endpoint).unwrap())
    }

    #[tokio::test]
    async fn tokens_are_asked_for_as_the_metadata_service_wants() {
        for (client_id, suffix) in [(None, ""), (Some("id-1"), "&client_id=id-1")] {
            let server = Server::start(vec![token()]);
            let issued = source(&server, client_id)
                .acquire(&asking(&http(), &soon()))
                .await
                .unwrap();
            assert_eq!(issued.token.expose(), "the-token");
            let received = &server.received()[0];
            assert!(
                received
                    .line
                    .starts_with("GET /metadata/identity/oauth2/token?api-version="),
                "{}",
                received.line
            );
            let resource = format!("&resource=https%3A%2F%2Fgraph.microsoft.com{suffix} HTTP/1.1");
            assert!(received.line.ends_with(&resource), "{}", received.line);
            assert_eq!(received.header("metadata"), Some("true"));
        }
    }

    #[tokio::test]
    async fn a_service_that_starts_is_asked_again() {
        let starting = |status| json(status, "", "{}");
        let server = Server::start(vec![starting(404), starting(410), starting(500), token()]);
        assert!(source(&server, None).acquire(&asking(&http(), &soon())).await.is_ok());
        assert_eq!(server.received().len(), 4);
    }

    #[tokio::test]
    async fn a_service_is_asked_once_where_once_is_enough() {
        let server = Server::start(vec![json(500, "", "{}"), token()]);
        let (http, soon) = (http(), soon());
        let once = Asking {
            repeat: Repeat::Never,
            ..asking(&http, &soon)
        };
        assert!(source(&server, None).acquire(&once).await.is_err());
        assert_eq!(server.received().len(), 1);
    }

    #[tokio::test]
    async fn no_identity_and_no_service_are_told() {
        let body = r#"{"error":"invalid_request","error_description":"Identity not found"}"#;
        let server = Server::start(vec![json(400, "", body)]);
        let error = source(&server, None)
            .acquire(&asking(&http(), &soon()))
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("400 invalid_request: Identity not found"),
            "{error}"
        );
        assert!(
            error.advice().contains("needs a managed identity"),
            "{}",
            error.advice()
        );
        assert_eq!(server.received().len(), 1);

        let absent = ManagedIdentity::default().at("http://127.0.0.1:1/token").unwrap();
        let error = on_cloud(absent).acquire(&asking(&http(), &soon())).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("http://127.0.0.1:1/token: nothing answers there"),
            "{error}"
        );
    }

    #[test]
    fn endpoints_are_near() {
        for (endpoint, accepted) in [
            ("http://169.254.169.254/metadata/identity/oauth2/token", true),
            ("http://localhost:40342/metadata/identity/oauth2/token", true),
            ("http://10.0.0.4/token", true),
            ("https://identity.example.org/token", true),
            ("http://identity.example.org/token", false),
            ("identity", false),
        ] {
            assert_eq!(ManagedIdentity::default().at(endpoint).is_ok(), accepted, "{endpoint}");
        }
    }
}
