//! The message types and services that `build.rs` generates from `proto/`.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "generated code; proto/*.proto carries the comments"
)]

/// go-plugin's own services.
pub mod go_plugin {
    tonic::include_proto!("plugin");
}

/// Terraform's plugin protocol, major version 6.
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}
