//! The policy store's view of a client: no more than it needs, so that it can be tested without HTTP.

use async_trait::async_trait;

use super::{Deadline, GraphError};

/// Reads and replaces the tenant's device registration policy.
///
/// Reading retries what can be retried, within the deadline. Replacing does not: what another writer has done meanwhile
/// would be lost to it, so the store reads first.
#[async_trait]
pub trait PolicyTransport: Send + Sync + 'static {
    /// The JSON of the policy as Graph has it now, to the digit
    /// (<https://learn.microsoft.com/graph/api/deviceregistrationpolicy-get>).
    ///
    /// # Errors
    /// Whatever kept the policy from being read.
    async fn fetch(&self, deadline: &Deadline) -> Result<String, GraphError>;

    /// Replaces the whole policy with a JSON text and returns the JSON that Graph answered
    /// (<https://learn.microsoft.com/graph/api/deviceregistrationpolicy-update>).
    ///
    /// # Errors
    /// Whatever kept the answer from arriving. [`GraphError::may_have_applied`] says whether the write can have
    /// happened all the same.
    async fn replace(&self, body: String, deadline: &Deadline) -> Result<String, GraphError>;
}
