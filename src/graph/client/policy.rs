//! The policy's two requests
//! (<https://learn.microsoft.com/graph/api/resources/deviceregistrationpolicy>).

use async_trait::async_trait;
use serde_json::Value;

use super::request::{Expect, GraphRequest, GraphResponse};
use super::{Deadline, GraphClient, GraphError};
use crate::graph::PolicyTransport;
use crate::graph::permission::{READ_POLICY, WRITE_POLICY};

const PATH: [&str; 2] = ["policies", "deviceRegistrationPolicy"];

/// The read of the policy.
#[must_use]
fn read_policy() -> GraphRequest {
    GraphRequest::get(PATH, &READ_POLICY)
}

#[async_trait]
impl PolicyTransport for GraphClient {
    async fn fetch(&self, deadline: &Deadline) -> Result<String, GraphError> {
        let request = read_policy().expecting(Expect::Written);
        self.send(request, deadline).await.map(text)
    }

    async fn replace(&self, body: String, deadline: &Deadline) -> Result<String, GraphError> {
        let request = GraphRequest::put(PATH, body, &WRITE_POLICY).expecting(Expect::Written);
        self.send(request, deadline).await.map(text)
    }
}

/// The JSON of an answer: null when it had no content.
fn text(response: GraphResponse) -> String {
    match response.json {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
