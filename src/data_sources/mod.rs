//! The data sources, a module each.

pub mod device_join_eligibility;
pub mod device_join_settings;
pub mod directory_members;
