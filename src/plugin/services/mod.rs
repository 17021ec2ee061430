//! The gRPC services of the process.

mod controller;
mod describe;
mod provider;
mod stdio;
mod unsupported;

pub(crate) use controller::Controller;
pub(crate) use provider::ProviderService;
pub(crate) use stdio::Stdio;
