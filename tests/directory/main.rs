//! Look-ups against the emulator's directory, over HTTP: what they answer, and how many requests they take.
//!
//! The emulator's sign-in service has a CA of its own, and a process reads which ones it trusts from its environment once: so
//! the client is this binary again, for the one ignored test [`child::child`], with an environment of its own. It answers
//! line by line.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod child;
mod eligibility;
mod look_ups;
