//! The configurations and the tenant that are measured.

use std::ops::RangeInclusive;

use graph_emulator::{Config, seeds, tenants};
use serde_json::json;

const HEADER: &str = r#"terraform {
  required_providers {
    autopilot = {
      source = "autopilot-terraform/autopilot"
    }
  }
}
"#;

/// A large tenant in which nobody may join yet, whose Graph takes so long for every request.
pub(crate) fn tenant(latency_ms: u64) -> Config {
    let mut policy = seeds::default_policy();
    policy["azureADJoin"]["allowedToJoin"] = json!({"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"});
    Config::default()
        .with_policy(policy)
        .with_directory(tenants::large(10_000, 1_000))
        .with_latency(latency_ms)
}

/// Object ids of groups of the tenant, by number.
pub(crate) fn groups(numbers: RangeInclusive<usize>) -> Vec<String> {
    numbers.map(tenants::group_id).collect()
}

/// Object ids of users of the tenant, by number.
pub(crate) fn users(numbers: RangeInclusive<usize>) -> Vec<String> {
    numbers.map(tenants::user_id).collect()
}

/// One member resource for each id, of a group; `typed` says so, and otherwise the provider finds it out. With `count`:
/// Terraform 1.11.4 alone takes 0.4 s longer for a hundred instances of a `for_each`.
pub(crate) fn members(ids: &[String], typed: bool) -> String {
    let kind = if typed { "\n  type      = \"group\"" } else { "" };
    format!(
        "{HEADER}\nlocals {{\n  ids = {}\n}}\n\nresource \"autopilot_device_join_member\" \"this\" {{\n  count     = \
         length(local.ids)\n  object_id = local.ids[count.index]{kind}\n}}\n",
        json!(ids)
    )
}

/// As many resources of the provider that is built into Terraform: what Terraform itself takes.
pub(crate) fn members_of_terraform(ids: &[String]) -> String {
    format!(
        "locals {{\n  ids = {}\n}}\n\nresource \"terraform_data\" \"this\" {{\n  count = length(local.ids)\n  input = \
         local.ids[count.index]\n}}\n",
        json!(ids)
    )
}

/// As large a resource of the provider that is built into Terraform.
pub(crate) fn settings_of_terraform(users: &[String], groups: &[String]) -> String {
    format!(
        "resource \"terraform_data\" \"this\" {{\n  input = {{\n    users  = {}\n    groups = {}\n  }}\n}}\n",
        json!(users),
        json!(groups)
    )
}

/// All of them in the settings resource.
pub(crate) fn settings(users: &[String], groups: &[String]) -> String {
    format!(
        "{HEADER}\nresource \"autopilot_device_join_settings\" \"this\" {{\n  allowed_to_join = {{\n    scope  = \
         \"selected\"\n    users  = {}\n    groups = {}\n  }}\n}}\n",
        json!(users),
        json!(groups)
    )
}
