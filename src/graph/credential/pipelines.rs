//! The OIDC token of an Azure Pipelines job, for one of its service connections
//! (<https://learn.microsoft.com/azure/devops/pipelines/release/configure-workload-identity>).

use http::Method;
use url::Url;

use super::Asking;
use super::ask::{Question, address};
use crate::graph::{GraphError, Secret};

/// Advice for a step without a token.
const HINT: &str = "Check `ado_pipeline_service_connection_id` (the id in the service connection's address, of a connection that \
                    this pipeline may use), and pass the job's own token to the step: `env: SYSTEM_ACCESSTOKEN: \
                    $(System.AccessToken)`.";

/// Where the job asks for a service connection's token.
#[derive(Clone, Debug)]
pub struct Pipelines {
    url: Url,
    token: Secret,
    connection: String,
}

impl Pipelines {
    /// From what Azure Pipelines sets (SYSTEM_OIDCREQUESTURI, SYSTEM_ACCESSTOKEN) and the service connection's id.
    ///
    /// # Errors
    /// An address that is none, or that is not `https`.
    pub fn new(url: &str, token: Secret, connection: &str) -> Result<Self, GraphError> {
        Ok(Self {
            url: address("oidc_request_url", url)?,
            token,
            connection: connection.to_owned(),
        })
    }

    pub(super) async fn assertion(&self, kind: &'static str, asking: &Asking<'_>) -> Result<Secret, GraphError> {
        let mut url = self.url.clone();
        url.query_pairs_mut()
            .append_pair("api-version", "7.1")
            .append_pair("serviceConnectionId", &self.connection);
        let question = Question {
            kind,
            method: Method::POST,
            url,
            bearer: &self.token,
            // Without it, a wrong token is answered with a sign-in page.
            headers: &[("x-tfs-fedauthredirect", "Suppress")],
            hint: HINT,
            member: "oidcToken",
        };
        question.ask(asking).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::credential::tests::{asking, http, soon};
    use crate::graph::testing::{Server, json};

    #[tokio::test]
    async fn the_token_is_asked_for_as_azure_pipelines_wants() {
        let server = Server::start(vec![json(200, "", r#"{"oidcToken":"the-assertion"}"#)]);
        let url = format!("{}/org/oidctoken", server.url);
        let pipelines = Pipelines::new(&url, Secret::new("job-token"), "connection-1").unwrap();
        let assertion = pipelines
            .assertion("Pipelines", &asking(&http(), &soon()))
            .await
            .unwrap();
        assert_eq!(assertion.expose(), "the-assertion");
        let received = &server.received()[0];
        assert_eq!(
            received.line,
            "POST /org/oidctoken?api-version=7.1&serviceConnectionId=connection-1 HTTP/1.1"
        );
        for (name, value) in [
            ("authorization", "Bearer job-token"),
            ("x-tfs-fedauthredirect", "Suppress"),
            ("content-length", "0"),
        ] {
            assert_eq!(received.header(name), Some(value), "{name}");
        }
    }

    #[tokio::test]
    async fn an_unknown_connection_is_told_in_azure_devops_words() {
        let server = Server::start(vec![json(404, "", r#"{"message":"No service connection found."}"#)]);
        let pipelines = Pipelines::new(&server.url, Secret::new("job-token"), "x").unwrap();
        let error = pipelines
            .assertion("Pipelines", &asking(&http(), &soon()))
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("404: No service connection found."),
            "{error}"
        );
    }
}
