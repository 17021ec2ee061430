//! Who this provider is.

/// A provider's name, address and version.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// The provider type, such as `autopilot`: the prefix of its resources.
    pub name: &'static str,
    /// The source address, registry host included, as Terraform's lock file
    /// and `TF_REATTACH_PROVIDERS` write it.
    pub address: &'static str,
    /// The version, without a `v` before it.
    pub version: &'static str,
}
