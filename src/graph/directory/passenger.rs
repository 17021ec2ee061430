//! Something that goes along with the questions of an apply.

use serde_json::Value;

use crate::graph::GraphError;
use crate::graph::client::GraphRequest;

/// What is done with the answer.
pub type Landing = Box<dyn FnOnce(Result<Value, GraphError>) + Send>;

/// Somebody with a request of their own, which only reads and costs nothing in a batch that is sent anyway. The policy store
/// is one: the write that follows the questions starts from a read, which is then there already.
pub trait Passenger: Send + Sync + 'static {
    /// A request that goes along with a batch which is about to be sent.
    fn board(&self) -> (GraphRequest, Landing);
}
