//! Speaks to the plugin as Terraform does, over its socket and with raw
//! messages.
//!
//! Most tests run against a provider made for them, [`fixture`], which this
//! test binary serves when it is started for that. What must hold of the
//! process as a whole is tested on the real binary.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod changes;
mod configure;
mod fixture;
mod harness;
mod life;
mod malformed;
mod misfits;
mod offers;
mod replacement;
mod requests;
mod security;
mod start;
mod validation;
mod values;
