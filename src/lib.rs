//! A Terraform provider for the Microsoft Entra device settings that Windows Autopilot needs.

#![forbid(unsafe_code)]

pub mod graph;
pub mod plugin;
