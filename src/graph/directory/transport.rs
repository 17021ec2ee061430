//! The part of a client that the directory uses, so that it can be tested without HTTP.

use async_trait::async_trait;
use serde_json::Value;

use crate::graph::client::GraphRequest;
use crate::graph::{Deadline, GraphError};

/// Sends requests that only read. Each call retries what can be retried, within the deadline.
#[async_trait]
pub trait DirectoryTransport: Send + Sync + 'static {
    /// Sends one request.
    ///
    /// # Errors
    /// The reason why no good answer arrived.
    async fn one(&self, request: GraphRequest, deadline: &Deadline) -> Result<Value, GraphError>;

    /// Reads a collection to its end.
    ///
    /// # Errors
    /// The reason why a page could not be read.
    async fn all(&self, request: GraphRequest, deadline: &Deadline) -> Result<Vec<Value>, GraphError>;
}
