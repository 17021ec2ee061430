//! The plugin binary.

use std::process::ExitCode;

use terraform_provider_autopilot::plugin::{self, Catalog, Identity, Lifecycle};

const IDENTITY: Identity = Identity {
    name: "autopilot",
    address: "registry.terraform.io/autopilot-terraform/autopilot",
    version: env!("CARGO_PKG_VERSION"),
};

fn main() -> ExitCode {
    plugin::run(&IDENTITY, || Catalog::new(Nothing))
}

/// Stands in until there is a provider.
struct Nothing;

impl Lifecycle for Nothing {
    fn stop(&self) {}
}

impl tf_provider::Provider for Nothing {
    type Config<'a> = tf_provider::value::ValueEmpty;
    type MetaState<'a> = tf_provider::value::ValueEmpty;

    fn schema(&self, _: &mut tf_provider::Diagnostics) -> Option<tf_provider::schema::Schema> {
        Some(tf_provider::schema::Schema {
            version: 0,
            block: Default::default(),
        })
    }
}
