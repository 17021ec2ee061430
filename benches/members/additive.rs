//! A hundred members, each a resource of its own: created, refreshed, destroyed.

use std::path::Path;

use serde_json::Value;

use crate::configuration::{groups, members, tenant};
use crate::support::Result;
use crate::support::lab::{Lab, Took};
use crate::support::measure::median;
use crate::support::table::{Bar, Row, Unit};

pub(crate) const MEMBERS: usize = 100;

/// Where the groups that may join stand in the policy.
const JOIN_GROUPS: &str = "/azureADJoin/allowedToJoin/groups";

/// Apply, refresh, refresh with a member gone behind Terraform's back, destroy.
type Life = [Took; 4];

pub(crate) fn measure(provider: &Path, runs: usize) -> Result<Vec<Row>> {
    let lives: Result<Vec<Life>> = (0..runs).map(|_| live(provider)).collect();
    let lives = lives?;
    let time = |step: usize| Some(median(lives.iter().map(|life| life[step].time.as_secs_f64()).collect()));
    #[expect(clippy::cast_precision_loss, reason = "there are not that many requests")]
    let requests = |step: usize| {
        lives
            .iter()
            .map(|life| life[step].requests)
            .max()
            .map(|most| most as f64)
    };
    let row = |name, unit, ours, [azuread, msgraph]: [Option<f64>; 2], bar| Row {
        name,
        unit,
        figures: vec![ours, azuread, msgraph],
        bar,
    };
    use Bar::{AtMost, Below};
    use Unit::{Number, Seconds};
    Ok(vec![
        row("apply", Seconds, time(0), [Some(9.85), Some(1.28)], Some(Below(1.25))),
        row(
            "  HTTP requests",
            Number,
            requests(0),
            [Some(404.0), Some(103.0)],
            Some(AtMost(60.0)),
        ),
        row("refresh", Seconds, time(1), [Some(0.62), None], Some(Below(0.35))),
        row(
            "  HTTP requests",
            Number,
            requests(1),
            [Some(102.0), None],
            Some(AtMost(3.0)),
        ),
        row(
            "refresh with a member gone",
            Seconds,
            time(2),
            [None, None],
            Some(Below(0.35)),
        ),
        row("  HTTP requests", Number, requests(2), [None, None], Some(AtMost(3.0))),
        row("destroy", Seconds, time(3), [None, None], Some(Below(1.0))),
        row("  HTTP requests", Number, requests(3), [None, None], Some(AtMost(45.0))),
    ])
}

fn live(provider: &Path) -> Result<Life> {
    let lab = Lab::new(tenant(), provider, &members(&groups(1..=MEMBERS)))?;
    let apply = lab.run(&["apply", "-input=false", "-no-color", "-auto-approve"], 0)?;
    expect(&lab, MEMBERS)?;
    let refresh = lab.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode"], 0)?;
    lab.tenant().edit_policy(|policy| {
        if let Some(Value::Array(members)) = policy.pointer_mut(JOIN_GROUPS) {
            members.pop();
        }
    });
    let drift = lab.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode"], 2)?;
    if !lab.output().contains("Plan: 1 to add, 0 to change, 0 to destroy.") {
        return Err(format!("the member that is gone is not planned again:\n{}", lab.output()).into());
    }
    lab.run(&["apply", "-input=false", "-no-color", "-auto-approve"], 0)?;
    expect(&lab, MEMBERS)?;
    let destroy = lab.run(&["destroy", "-input=false", "-no-color", "-auto-approve"], 0)?;
    expect(&lab, 0)?;
    Ok([apply, refresh, drift, destroy])
}

/// So many groups may join.
pub(crate) fn expect(lab: &Lab, number: usize) -> Result<()> {
    let policy = lab.tenant().policy();
    let found = policy
        .pointer(JOIN_GROUPS)
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    if found == number {
        Ok(())
    } else {
        Err(format!("{found} groups may join, not {number}: {policy}").into())
    }
}
