//! `make bench`: what starting a provider costs, and what its process takes; beside another provider's with
//! `make bench PEER=path`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "it is there to print")]

mod footprint;
mod round_trip;
mod start;
#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::ExitCode;

use support::table::{Bar, Row, Unit, render};
use support::{Result, machine};

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `--provider PATH [--peer PATH] [--runs N]`
struct Options {
    provider: PathBuf,
    peer: Option<PathBuf>,
    /// Starts of each provider.
    runs: usize,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let (mut provider, mut peer, mut runs) = (None, None, 60);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                // Cargo says so to every bench.
                "--bench" => {}
                "--provider" => provider = Some(PathBuf::from(value()?)),
                "--peer" => peer = Some(PathBuf::from(value()?)),
                "--runs" => runs = value()?.parse()?,
                _ => return Err(format!("unknown argument {argument}").into()),
            }
        }
        let provider = provider.ok_or("--provider PATH is missing: the release binary to measure")?;
        Ok(Self { provider, peer, runs })
    }
}

fn run(options: &Options) -> Result<()> {
    let before = machine::state();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ours = options.provider.as_path();
    let peer = options.peer.as_deref();
    let [our_start, peer_start] = runtime.block_on(start::measure([Some(ours), peer], options.runs))?;
    let both = |figure: fn(start::Start) -> f64| vec![our_start.map(figure), peer_start.map(figure)];
    let connected = |program| runtime.block_on(footprint::connected_peak(program));
    let size = |program| footprint::stripped_size(program);
    let rows = [
        Row {
            name: "start to handshake line",
            unit: Unit::Milliseconds,
            figures: both(|start| start.handshake),
            bar: Some(Bar::Below(8.0)),
        },
        Row {
            name: "start to schema answered",
            unit: Unit::Milliseconds,
            figures: both(|start| start.schema),
            bar: Some(Bar::Below(14.0)),
        },
        Row {
            name: "peak memory of a plan",
            unit: Unit::Mebibytes,
            figures: vec![footprint::plan_peak(ours)?, None],
            bar: Some(Bar::Below(16.0)),
        },
        Row {
            name: "peak memory of schema and ValidateProviderConfig",
            unit: Unit::Mebibytes,
            figures: vec![connected(ours)?, peer.map(connected).transpose()?.flatten()],
            bar: None,
        },
        Row {
            name: "binary, stripped",
            unit: Unit::Megabytes,
            figures: vec![Some(size(ours)?), peer.map(size).transpose()?],
            bar: Some(Bar::Below(10.0)),
        },
        Row {
            name: "ValidateResourceConfig, average of 100 in a row",
            unit: Unit::Milliseconds,
            figures: vec![Some(runtime.block_on(round_trip::measure(ours))?), None],
            bar: Some(Bar::Below(1.0)),
        },
    ];
    let peer = peer
        .and_then(|path| path.file_name())
        .map(|name| name.to_string_lossy().into_owned());
    println!("{}", render(&["ours", peer.as_deref().unwrap_or("peer")], &rows));
    println!(
        "Medians of {} starts and of {} rows of calls; the highest of {} plans.",
        options.runs,
        round_trip::ROWS,
        footprint::PLANS
    );
    println!("Before: {before}. After: {}.", machine::state());
    if peer.is_none() {
        println!("Another provider beside it: make bench PEER=path/to/terraform-provider-x");
    }
    Ok(())
}
