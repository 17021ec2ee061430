//! Terraform's side of the wire: handshake, mutual TLS, listener, services
//! and codecs. It serves a [`Catalog`] of tf-provider's typed traits over
//! protocol 6 and knows nothing of Microsoft.
//!
//! # Layout
//!
//! - [`run`]: the life of the process, which is all that `main` calls.
//!   `args` reads the command line, `handshake` what Terraform says through
//!   the environment, `life` watches signals and the parent, `log` writes
//!   what Terraform shows.
//! - `serve`, over `listener` and `tls`: who gets in.
//! - `services`: the gRPC services; `proto` are their messages.
//! - `catalog`: adapters from typed resources to messages, by way of `codec`
//!   for values, `schema` and `diagnostics`.

mod args;
mod catalog;
mod codec;
mod diagnostics;
mod handshake;
mod identity;
mod life;
mod listener;
mod log;
pub mod proto;
mod report;
mod run;
mod schema;
mod serve;
mod services;
mod tls;

pub use catalog::{Catalog, CreationPrivate, Lifecycle, ResourceExt, Schemas};
pub use identity::Identity;
pub use report::Report;
pub use run::{run, run_with};
#[cfg(test)]
pub(crate) use services::ProviderService;
