//! Errors of reading and writing a policy.

/// A body that is no device registration policy, or holds something else than a policy does where we know what belongs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the device registration policy has an unexpected value at {at}: expected {expected}, found {found}",
    at = place(.pointer)
)]
pub struct InvalidPolicy {
    /// Where, as a JSON pointer; empty for the whole body.
    pub pointer: String,
    /// The kind of value that belongs there.
    pub expected: &'static str,
    /// The value that is there instead, shortened.
    pub found: String,
}

fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "its root" } else { pointer }
}

/// A policy that must not be written: Graph replaces the whole object and requires properties that this one lacks
/// (<https://learn.microsoft.com/graph/api/deviceregistrationpolicy-update>). Sending it could reset them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tenant's policy has no value for {}, and Microsoft Graph requires one in every write", .missing.join(", "))]
pub struct IncompletePolicy {
    /// The names of the missing properties.
    pub missing: Vec<&'static str>,
}
