//! The OIDC token of a GitHub Actions job
//! (<https://docs.github.com/actions/reference/security/oidc#methods-for-requesting-the-oidc-token>).

use http::Method;
use url::Url;

use super::Asking;
use super::ask::{Question, address};
use crate::graph::{GraphError, Secret};

/// For whom the token is: what federated credentials expect unless they say otherwise.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// Advice for a job without a token.
const HINT: &str = "The job of this run has to ask with its own ACTIONS_ID_TOKEN_REQUEST_TOKEN, which GitHub sets in jobs with \
                    `permissions: id-token: write` and which ends with the job. Leave `oidc_request_url` and \
                    `oidc_request_token` to the variables that GitHub sets.";

/// Where the job asks for its token.
#[derive(Clone, Debug)]
pub struct GitHub {
    url: Url,
    token: Secret,
}

impl GitHub {
    /// From what GitHub sets: ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN.
    ///
    /// # Errors
    /// An address that is none, or that is not `https`.
    pub fn new(url: &str, token: Secret) -> Result<Self, GraphError> {
        let url = address("oidc_request_url", url)?;
        Ok(Self { url, token })
    }

    pub(super) async fn assertion(&self, kind: &'static str, asking: &Asking<'_>) -> Result<Secret, GraphError> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        let question = Question {
            kind,
            method: Method::GET,
            url,
            bearer: &self.token,
            headers: &[],
            hint: HINT,
            member: "value",
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
    async fn the_token_is_asked_for_as_github_documents() {
        let server = Server::start(vec![json(200, "", r#"{"count":1,"value":"the-assertion"}"#)]);
        let github = GitHub::new(
            &format!("{}/token?api-version=2.0", server.url),
            Secret::new("job-token"),
        )
        .unwrap();
        let assertion = github.assertion("GitHub", &asking(&http(), &soon())).await.unwrap();
        assert_eq!(assertion.expose(), "the-assertion");
        let received = &server.received()[0];
        assert_eq!(
            received.line,
            "GET /token?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange HTTP/1.1"
        );
        assert_eq!(received.header("authorization"), Some("Bearer job-token"));
    }

    #[tokio::test]
    async fn refusals_are_told_without_the_jobs_token() {
        for (reply, part) in [
            (json(401, "", r#"{"message":"bad job-token"}"#), "401: bad (...)"),
            (
                json(403, "", "job-token"),
                "403: with a body that starts with \"(...)\"",
            ),
            (json(200, "", r#"{"count":0}"#), "the answer holds no \"value\""),
            (json(200, "", "<html>"), "the answer holds no \"value\""),
        ] {
            let server = Server::start(vec![reply]);
            let github = GitHub::new(&server.url, Secret::new("job-token")).unwrap();
            let error = github
                .assertion("GitHub Actions OIDC", &asking(&http(), &soon()))
                .await
                .unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(
                text.contains("Signing in with GitHub Actions OIDC failed at http://127.0.0.1"),
                "{text}"
            );
            assert!(text.contains(part), "{part}: {text}");
            assert!(!text.contains("job-token"), "{text}");
        }
    }
}
