//! The Graph client in a process of its own: sign-in over TLS, with a private CA in SSL_CERT_FILE.
//!
//! The environment decides about trust, and a process reads it once: so each case runs this binary again,
//! for the one ignored test [`child::child`], with an environment of its own.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "the process under test speaks on standard output")]

mod child;
mod secure;
mod sign_in;
#[path = "../../src/graph/testing.rs"]
#[allow(dead_code, reason = "the library's own tests use all of it, these use a part")]
mod testing;
mod trace;
