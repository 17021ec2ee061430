//! The data sources, a module each.

pub mod device_join_settings;
