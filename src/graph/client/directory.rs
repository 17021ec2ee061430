//! The directory's requests, as the directory sends them.

use async_trait::async_trait;
use serde_json::Value;

use super::paging::PageLimits;
use super::request::GraphRequest;
use super::{Deadline, GraphClient, GraphError};
use crate::graph::directory::DirectoryTransport;

#[async_trait]
impl DirectoryTransport for GraphClient {
    async fn one(&self, request: GraphRequest, deadline: &Deadline) -> Result<Value, GraphError> {
        self.send(request, deadline).await.map(|response| response.json)
    }

    async fn all(&self, request: GraphRequest, deadline: &Deadline) -> Result<Vec<Value>, GraphError> {
        self.send_all_pages(request, PageLimits::default(), deadline).await
    }
}
