//! The functions, a module each. They are pure: no network, no configuration.

pub mod may_join;
pub mod needs_join_settings;
