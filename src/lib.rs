//! A Terraform provider for the Microsoft Entra device settings that Windows Autopilot needs.
//!
//! # Layout
//! - [`plugin`]: Terraform's side of the wire. Handshake, mutual TLS, services and codecs of plugin protocol 6; serves
//!   whatever implements tf-provider's traits.
//! - [`graph`]: Microsoft's side. Clouds, credentials, the client of Microsoft Graph, the policy and its store.
//! - [`provider`]: configuration becomes a [`session`] with Graph; registers what follows.
//! - [`resources`], [`data_sources`], [`functions`]: a module each.
//! - [`settings`]: the device join settings in Terraform's words, shared by those three.
//! - [`members`]: the members of their lists: rules, checks, and whether a user may join.
//! - [`ownership`]: who has taken what in this process.
//! - [`timeouts`]: the attribute that says how long operations may take.
//! - `words`: choices that Terraform spells as words.
//! - [`diagnose`]: errors of Graph as diagnostics.
//!
//! [`plugin`] and [`graph`] never import each other.

#![forbid(unsafe_code)]

pub mod data_sources;
pub mod diagnose;
pub mod functions;
pub mod graph;
pub mod members;
pub mod ownership;
pub mod plugin;
pub mod provider;
pub mod resources;
pub mod session;
pub mod settings;
pub mod timeouts;
mod words;
