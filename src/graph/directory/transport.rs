//! What the directory needs from a client, and nothing more: so that it can be tested without HTTP.

use async_trait::async_trait;
use serde_json::Value;

use crate::graph::client::GraphRequest;
use crate::graph::{Deadline, GraphError};

/// Sends requests that only read. Each call retries what can be retried, within the deadline.
#[async_trait]
pub trait DirectoryTransport: Send + Sync + 'static {
    /// Sends requests together and answers each, in their order
    /// (<https://learn.microsoft.com/graph/json-batching>).
    async fn batch(&self, requests: Vec<GraphRequest>, deadline: &Deadline) -> Vec<Result<Value, GraphError>>;

    /// Sends one request.
    ///
    /// # Errors
    /// Whatever kept a good answer from arriving.
    async fn one(&self, request: GraphRequest, deadline: &Deadline) -> Result<Value, GraphError>;

    /// Reads a collection to its end.
    ///
    /// # Errors
    /// Whatever kept a page from being read.
    async fn all(&self, request: GraphRequest, deadline: &Deadline) -> Result<Vec<Value>, GraphError>;
}
