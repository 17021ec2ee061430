//! The real Terraform (or OpenTofu) runs the provider against the emulator of Microsoft Graph.
//!
//! # Layout
//! `support` has what a test stands on; every other module is a subject. Each test starts a tenant and a folder of its
//! own, so that all run side by side. Terraform is found as TERRAFORM, `terraform` or `tofu`, the one for what needs
//! Terraform 1.15 as TERRAFORM_NEWEST; without one the tests fail and say what to install.
//!
//! `terraform-from-pypi` prints the path of a Terraform for TERRAFORM_NEWEST, `attached` runs the tests of resources in
//! one provider process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, and the helpers are only for tests"
)]

mod adoption;
mod checks;
mod clients;
mod destroy;
mod garbage;
mod ignored;
mod interruption;
mod members;
mod membership;
mod oddities;
mod other_versions;
mod plans;
mod reading;
mod refusals;
mod replacing;
mod requests;
mod retries;
mod secrets;
mod settings;
mod sign_in;
mod stale;
mod support;
mod test_runs;
mod torture;
mod unknowns;
mod validation;
