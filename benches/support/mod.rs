//! What the benches share: a provider process and the connection to it, Terraform with a tenant to run it on, and the
//! table that they print. A bench takes it in with `#[path = "../support/mod.rs"]`.

#![allow(dead_code, reason = "every bench uses a part of it")]

pub(crate) mod lab;
pub(crate) mod machine;
pub(crate) mod measure;
pub(crate) mod memory;
pub(crate) mod table;
pub(crate) mod wire;

#[path = "../../tests/wire/harness.rs"]
mod harness;

/// A bench stops at the first thing that does not work, and says what it was.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
