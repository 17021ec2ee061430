//! The resources, a module each.

pub mod device_join_member;
pub mod device_join_settings;

#[cfg(test)]
mod tests;
