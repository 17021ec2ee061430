//! Tenants to start from, and what is asked of them afterwards.

use graph_emulator::{Config, Emulator, seeds};
use serde_json::{Value, json};

/// Object ids that the tests use.
pub(crate) const A: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
pub(crate) const B: &str = "bbbbbbbb-0000-4000-8000-00000000000b";
pub(crate) const C: &str = "cccccccc-0000-4000-8000-00000000000c";

/// The path of the policy, for faults.
pub(crate) const POLICY: &str = "*/deviceRegistrationPolicy";

/// Microsoft's defaults, in a tenant without Intune.
pub(crate) fn open() -> Config {
    let mut policy = seeds::default_policy();
    policy["azureADRegistration"]["isAdminConfigurable"] = json!(true);
    Config::default().with_policy(policy)
}

/// A membership on the wire.
pub(crate) fn all() -> Value {
    json!({"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"})
}

/// A membership on the wire.
pub(crate) fn nobody() -> Value {
    json!({"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"})
}

/// A membership on the wire.
pub(crate) fn selected(users: &[&str], groups: &[&str]) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership",
        "users": users,
        "groups": groups
    })
}

/// A policy in which the order of lists and the case of ids do not count.
pub(crate) fn normal(policy: &Value) -> Value {
    match policy {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| match value {
                Value::Array(ids) if matches!(key.as_str(), "users" | "groups") => {
                    let mut ids: Vec<_> = ids.iter().map(|id| id.to_string().to_lowercase()).collect();
                    ids.sort();
                    (key.clone(), json!(ids))
                }
                value => (key.clone(), normal(value)),
            })
            .collect(),
        other => other.clone(),
    }
}

/// What the tests ask of an emulator beside its own questions.
pub(crate) trait Tenant {
    /// How often the policy was PUT since the last clearing.
    fn puts(&self) -> usize;
    /// Sets the value at a JSON pointer, behind Graph's back.
    fn put_at(&self, pointer: &str, value: Value);
    /// The value at a JSON pointer.
    fn at(&self, pointer: &str) -> Value;
}

impl Tenant for Emulator {
    fn puts(&self) -> usize {
        self.graph_requests()
            .iter()
            .filter(|request| request.method == "PUT")
            .count()
    }

    fn put_at(&self, pointer: &str, value: Value) {
        self.edit_policy(|policy| *policy.pointer_mut(pointer).expect("the policy has it") = value);
    }

    fn at(&self, pointer: &str) -> Value {
        self.policy().pointer(pointer).cloned().unwrap_or_default()
    }
}
