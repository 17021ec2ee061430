//! One provider process in debug mode for many tests: `tests/acceptance/attached` starts it and names it here.
//!
//! Such a process has an environment of its own, so what a test puts into Terraform's goes another way: the provider's
//! settings into the provider block, the CA into the file that the process has as SSL_CERT_FILE.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use graph_emulator::Config;
use serde_json::{Map, Value, json};

use super::Workspace;

/// The attributes of the provider block that stand for variables.
const ATTRIBUTES: [(&str, &str); 7] = [
    ("AUTOPILOT_GRAPH_ENDPOINT", "graph_endpoint"),
    ("AZURE_AUTHORITY_HOST", "authority_host"),
    ("ARM_TENANT_ID", "tenant_id"),
    ("ARM_CLIENT_ID", "client_id"),
    ("ARM_CLIENT_SECRET", "client_secret"),
    ("ARM_USE_CLI", "use_cli"),
    ("AUTOPILOT_MEMBER_CHECKS", "member_checks"),
];

/// An override file merges with a provider block that a test has written, and stands for one where there is none.
const FILE: &str = "attached_override.tf.json";

/// A provider process that serves every command of every test.
pub(super) struct Attached {
    /// The value of TF_REATTACH_PROVIDERS.
    providers: String,
    /// The file that the process has as SSL_CERT_FILE.
    ca: PathBuf,
}

impl Attached {
    /// The process that AUTOPILOT_ATTACHED names.
    pub(super) fn found() -> Option<&'static Self> {
        static FOUND: OnceLock<Option<Attached>> = OnceLock::new();
        let find = || {
            let providers = std::env::var("AUTOPILOT_ATTACHED").ok()?;
            let ca = std::env::var_os("AUTOPILOT_ATTACHED_CA").expect("AUTOPILOT_ATTACHED comes with its CA's file");
            Some(Self {
                providers,
                ca: ca.into(),
            })
        };
        FOUND.get_or_init(find).as_ref()
    }

    /// Gives the tenant an id of its own. The process has seen the tenants of other tests, and tells tenants apart by their ids.
    pub(super) fn tell_apart(&self, config: &mut Config) {
        config.tenant_id = uuid::Uuid::new_v4().to_string();
    }

    /// Makes a command of Terraform use the process.
    pub(super) fn prepare(&self, workspace: &Workspace, command: &mut Command, arguments: &[&str]) {
        command.env("TF_REATTACH_PROVIDERS", &self.providers);
        // A process that Terraform started all the same would trust no tenant, and the test would fail.
        command.env_remove("SSL_CERT_FILE");
        let ca = workspace.environment.iter().find(|(name, _)| *name == "SSL_CERT_FILE");
        let trusted = ca.map_or_else(String::new, |(_, path)| {
            std::fs::read_to_string(path).unwrap_or_default()
        });
        std::fs::write(&self.ca, trusted).expect("the CA's file can be written");
        if arguments.first() == Some(&"validate") {
            // A validation looks at the configuration alone.
            let _ = std::fs::remove_file(workspace.folder.join(FILE));
            return;
        }
        let settings: Map<_, _> = attributes(&workspace.environment)
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect();
        workspace.file(FILE, &json!({"provider": {"autopilot": settings}}).to_string());
    }
}

/// What an environment says of the provider, as attributes of its block.
pub(super) fn attributes<'a>(
    environment: &'a [(&'static str, String)],
) -> impl Iterator<Item = (&'static str, &'a str)> {
    ATTRIBUTES.iter().filter_map(|(variable, attribute)| {
        let (_, value) = environment.iter().find(|(name, _)| name == variable)?;
        Some((*attribute, value.as_str()))
    })
}
