//! `make bench`: what members cost at a Graph that answers after 20 ms, and what two processes lose to each other.
//!
//! The emulator runs in this process; Terraform and the provider are the real ones. Two references are measured in the
//! same run: the same at a Graph that answers at once, and what Terraform alone takes for as many `terraform_data`, which
//! are built into it, without a plugin or a request. The third is what providers of today take for a hundred additive
//! members at the same latency on such a machine (2 cores), measured once with the same emulator: `azuread_group_member`
//! of hashicorp/azuread and `msgraph_resource_collection` of microsoft/msgraph.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "it is there to print")]

mod additive;
mod authoritative;
mod configuration;
mod processes;
#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::ExitCode;

use support::table::render;
use support::{Result, machine};

/// Of Graph, for every request.
const LATENCY_MS: u64 = 20;

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `--provider PATH [--runs N] [--duels N]`
struct Options {
    provider: PathBuf,
    /// Lives of the configurations.
    runs: usize,
    /// Times that two processes start at once.
    duels: usize,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let (mut provider, mut runs, mut duels) = (None, 5, 20);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                // Cargo says so to every bench.
                "--bench" => {}
                "--provider" => provider = Some(PathBuf::from(value()?)),
                "--runs" => runs = value()?.parse()?,
                "--duels" => duels = value()?.parse()?,
                _ => return Err(format!("unknown argument {argument}").into()),
            }
        }
        let provider = provider.ok_or("--provider PATH is missing: the release binary to measure")?;
        Ok(Self { provider, runs, duels })
    }
}

fn run(options: &Options) -> Result<()> {
    let before = machine::state();
    println!("{} members, one resource each, at {LATENCY_MS} ms:", additive::MEMBERS);
    let rows = additive::measure(&options.provider, options.runs)?;
    println!(
        "{}",
        render(
            &[
                "ours",
                "ours, at 0 ms",
                "Terraform alone",
                "azuread_group_member",
                "msgraph"
            ],
            &rows
        )
    );
    println!(
        "At 0 ms: what Terraform and the provider take where Graph takes nothing. Terraform alone: as many terraform_data, \
         no plugin and no request. The refresh of msgraph does not see a member that is gone.\n"
    );
    println!(
        "{} members in the settings resource, at {LATENCY_MS} ms:",
        authoritative::MEMBERS
    );
    let rows = authoritative::measure(&options.provider, options.runs)?;
    println!("{}", render(&["ours", "Terraform alone"], &rows));
    println!(
        "Medians of {} lives; times are those of the whole terraform command.\n",
        options.runs
    );
    println!(
        "Two processes add {} members each to one tenant at once, {} times, at {LATENCY_MS} ms:",
        processes::MEMBERS,
        options.duels
    );
    println!("{}", processes::measure(&options.provider, options.duels)?);
    println!("Before: {before}. After: {}.", machine::state());
    Ok(())
}
