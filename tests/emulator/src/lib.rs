#![doc = include_str!("../README.md")]
//!
//! # Layout
//!
//! * `emulator`, `config`: what a test holds, and what it is started with
//! * `server`, `socket`, `tls`, `exchange`, `broken_body`: from the socket to a request read whole, and back
//! * `world`: the state, behind one lock
//! * `authority`, `accounts`, `jwt`: tokens; `metadata`, `az`, `certificates`, `signin`: the other ways to get one
//! * `graph`: routing, callers, errors, look-ups, batches; `directory`: users and groups, and who may join; `policy`: the rules of the device registration policy; `switches`; `seeds`
//! * `faults`, `effects`, `pattern`, `latency`, `clock`, `log`: what a test puts in the way, and what it reads afterwards
//! * `control`: the same over HTTP; `proxy`: an HTTP proxy that remembers what went through

mod accounts;
mod authority;
mod az;
mod broken_body;
mod certificates;
mod clock;
mod config;
mod control;
pub mod directory;
mod effects;
mod emulator;
mod exchange;
mod faults;
mod graph;
mod jwt;
mod latency;
mod log;
mod metadata;
mod pattern;
mod policy;
mod proxy;
pub mod seeds;
mod server;
mod signin;
mod socket;
pub mod switches;
#[cfg(test)]
mod testing;
mod tls;
mod world;

use std::path::PathBuf;

pub use accounts::{
    AZURE_TOKEN_EXCHANGE, App, ClientSecret, DIRECTORY_ROLES, Federated, Issuer, ManagedIdentity, POLICY_ROLES, Person,
    Surroundings,
};
pub use certificates::{KeyKind, TestCertificate};
pub use clock::Clock;
pub use config::{Config, Ports};
pub use directory::{Device, Directory, Group, GroupKind, Lag, Other, Reason, User, Verdict, Visibility, tenants};
pub use emulator::Emulator;
pub use exchange::Listener;
pub use faults::{Effect, Fault};
pub use latency::{Latency, Rule};
pub use log::{Inner, REDACTED, Request};
pub use pattern::Pattern;
pub use policy::PolicyWrite;
pub use proxy::Proxy;
pub use switches::Switches;

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port, a thread or a file.
    #[error("the emulator cannot start: {0}")]
    Io(#[from] std::io::Error),
    /// A certificate.
    #[error("the emulator cannot make its certificates: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS.
    #[error("the emulator cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A signing key.
    #[error("the emulator cannot make its signing key")]
    Key,
    /// The thread that started it.
    #[error("the thread that starts the emulator was cancelled")]
    Thread,
    /// A state file that is none.
    #[error("{path} is not an emulator's state: {why}")]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}
