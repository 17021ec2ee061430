//! The policy's two requests
//! (<https://learn.microsoft.com/graph/api/resources/deviceregistrationpolicy>).

use async_trait::async_trait;
use serde_json::Value;

use super::request::GraphRequest;
use super::{Deadline, GraphClient, GraphError};
use crate::graph::PolicyTransport;
use crate::graph::permission::{READ_POLICY, WRITE_POLICY};

const PATH: [&str; 2] = ["policies", "deviceRegistrationPolicy"];

/// The read of the policy.
#[must_use]
pub fn read_policy() -> GraphRequest {
    GraphRequest::get(PATH, &READ_POLICY)
}

#[async_trait]
impl PolicyTransport for GraphClient {
    async fn fetch(&self, deadline: &Deadline) -> Result<Value, GraphError> {
        self.send(read_policy(), deadline).await.map(|response| response.json)
    }

    async fn replace(&self, body: Value, deadline: &Deadline) -> Result<Value, GraphError> {
        let request = GraphRequest::put(PATH, body, &WRITE_POLICY);
        self.send(request, deadline).await.map(|response| response.json)
    }
}
