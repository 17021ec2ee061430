//! Microsoft's side: clouds, credentials, the Graph client, the policy and its store.
//!
//! Nothing here knows Terraform: errors are [`GraphError`], and what becomes a diagnostic is decided by the callers.

pub mod client;
pub mod cloud;
pub mod credential;
pub mod deadline;
pub mod directory;
pub mod error;
mod http;
pub mod permission;
pub mod policy;
pub mod retry;
pub mod secret;
pub mod store;
#[cfg(test)]
pub(crate) mod testing;
pub mod transport;

pub use client::{ApiVersion, ClientOptions, GraphClient};
pub use cloud::Cloud;
pub use credential::CredentialConfig;
pub use deadline::{Deadline, Ended};
pub use error::GraphError;
pub use secret::Secret;
pub use transport::PolicyTransport;
