//! An emulator of the parts of Microsoft Graph and Microsoft Entra ID that terraform-provider-autopilot speaks to.
//!
//! It is built from Microsoft's documentation, not from what the provider happens to send: where Graph is documented to be strict, so is
//! the emulator. What is not documented is behind a switch (see [`Switches`]), each with its default written beside it.
//! It shares no code with the provider.
//!
//! ```
//! use graph_emulator::{Config, Effect, Emulator, Fault};
//!
//! let emulator = Emulator::start_blocking(Config::hardened())?;
//! emulator.inject(Fault::new(Effect::throttled("1")).method("PUT"));
//! assert!(emulator.graph_url().starts_with("https://127.0.0.1:"));
//! assert_eq!(emulator.policy()["userDeviceQuota"], 5);
//! # Ok::<(), graph_emulator::StartError>(())
//! ```
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
//!
//! # Control API
//!
//! Under `/_emulator` on Graph's listener, for the demo and other processes; bodies are JSON in the form of the types here.
//!
//! | request | does |
//! |---|---|
//! | `GET /_emulator` | where everything is, and the ids to sign in with |
//! | `GET`, `PUT`, `PATCH /_emulator/policy` | the policy as it is stored; PUT sets it and PATCH merges into it (RFC 7396), behind Graph's back |
//! | `GET`, `PUT /_emulator/directory` | users, groups and other objects ([`Directory`]) |
//! | `POST /_emulator/directory/users`, `/groups`, `/others` | adds objects, or replaces those with their ids; one or an array |
//! | `PATCH /_emulator/directory/{id}` | merges (RFC 7396) into the user or group with the id, as `{"unseen_for": {"lookups": 2}}` |
//! | `DELETE /_emulator/directory/{id}` | removes the object with the id |
//! | `GET /_emulator/may-join/{id}` | whether that user may join a device, by the emulator's own reckoning ([`Verdict`]) |
//! | `GET`, `DELETE /_emulator/writes` | every state the policy came to ([`PolicyWrite`]) |
//! | `GET /_emulator/empty-selections` | the number of PUTs that held an enumerated membership with both lists empty |
//! | `GET`, `DELETE /_emulator/requests` | the request log ([`Request`]) |
//! | `GET`, `POST`, `DELETE /_emulator/faults` | faults that wait; POST adds a [`Fault`] or an array of them |
//! | `GET`, `PUT`, `PATCH /_emulator/switches` | undocumented behaviour ([`Switches`]) |
//! | `GET`, `PUT /_emulator/latency` | how long requests take ([`Latency`]) |
//! | `GET`, `PUT /_emulator/clock` | the clock ([`Clock`]) |
//! | `POST /_emulator/clock/advance` | lets `{"seconds": n}` pass |
//! | `PUT /_emulator/roles` | the permissions of every app and managed identity, an array, for tokens issued from now on |

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
