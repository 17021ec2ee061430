//! The plugin binary.

use std::process::ExitCode;

use terraform_provider_autopilot::plugin;
use terraform_provider_autopilot::provider::{IDENTITY, catalog};

fn main() -> ExitCode {
    plugin::run(&IDENTITY, catalog)
}
