//! Microsoft's side: clouds, credentials, the Graph client, the policy and its store.
//!
//! Nothing here knows Terraform: errors are [`GraphError`], and what becomes a diagnostic is decided by the callers.

pub mod deadline;
pub mod error;
pub mod policy;
pub mod store;
pub mod transport;

pub use deadline::{Deadline, Ended};
pub use error::GraphError;
pub use transport::PolicyTransport;
