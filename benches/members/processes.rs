//! Two workspaces of one tenant, applied at once.

use std::fmt::Write as _;
use std::path::Path;

use graph_emulator::tenants;

use crate::LATENCY_MS;
use crate::configuration::{groups, members, tenant};
use crate::support::Result;
use crate::support::lab::Lab;

/// Of each process.
pub(crate) const MEMBERS: usize = 50;

/// Runs them and tells what is missing at the end, and whether the plans after it say the same.
pub(crate) fn measure(provider: &Path, runs: usize) -> Result<String> {
    let (mut missing, mut told) = (Vec::new(), true);
    for _ in 0..runs {
        let duel = duel(provider)?;
        missing.push(duel.missing.len());
        told &= duel.missing == duel.planned;
    }
    let mut text = String::new();
    writeln!(
        text,
        "missing at the end, run by run: {missing:?}; {} in all",
        missing.iter().sum::<usize>()
    )?;
    write!(
        text,
        "both next plans show exactly what is missing: {}",
        if told { "yes" } else { "NO" }
    )?;
    Ok(text)
}

struct Duel {
    /// Ids that were to be there at the end and are not, in order.
    missing: Vec<String>,
    /// Ids that the next plans add, in order.
    planned: Vec<String>,
}

fn duel(provider: &Path) -> Result<Duel> {
    let first = Lab::new(tenant(LATENCY_MS), provider, &members(&groups(1..=MEMBERS), true))?;
    let second = first.beside(provider, &members(&groups(MEMBERS + 1..=2 * MEMBERS), true))?;
    let both = [&first, &second];
    let apply = ["apply", "-input=false", "-no-color", "-auto-approve"];
    let started: Result<Vec<_>> = both.iter().map(|lab| lab.start(&apply)).collect();
    for (mut terraform, lab) in started?.into_iter().zip(both) {
        if !terraform.wait()?.success() {
            return Err(format!("an apply failed:\n{}", lab.output()).into());
        }
    }
    let policy = first.tenant().policy().to_string();
    let all = (1..=2 * MEMBERS).map(tenants::group_id);
    let missing = all.filter(|id| !policy.contains(id.as_str())).collect();
    let mut planned = Vec::new();
    for lab in both {
        let mut terraform = lab.start(&["plan", "-input=false", "-no-color"])?;
        if !terraform.wait()?.success() {
            return Err(format!("a plan failed:\n{}", lab.output()).into());
        }
        let output = lab.output();
        let added = output.lines().filter(|line| line.contains("+ object_id"));
        planned.extend(added.filter_map(|line| line.split('"').nth(1)).map(str::to_owned));
    }
    let mut duel = Duel { missing, planned };
    duel.missing.sort();
    duel.planned.sort();
    Ok(duel)
}
