//! A hundred members, each a resource of its own: created, refreshed, destroyed.

use std::path::Path;

use serde_json::Value;

use crate::LATENCY_MS;
use crate::configuration::{groups, members, members_of_terraform, tenant};
use crate::support::Result;
use crate::support::lab::{Lab, Took};
use crate::support::measure::median;
use crate::support::table::{Bar, Row, Unit};

pub(crate) const MEMBERS: usize = 100;

/// Where the groups that may join stand in the policy.
const JOIN_GROUPS: &str = "/azureADJoin/allowedToJoin/groups";

const APPLY: [&str; 4] = ["apply", "-input=false", "-no-color", "-auto-approve"];
const PLAN: [&str; 4] = ["plan", "-input=false", "-no-color", "-detailed-exitcode"];
const DESTROY: [&str; 4] = ["destroy", "-input=false", "-no-color", "-auto-approve"];

/// Apply, refresh, refresh with a member gone behind Terraform's back, destroy; apply where the types are omitted.
type Life = [Took; 5];

/// Terraform alone: apply, plan, destroy, in seconds.
type Alone = [f64; 3];

pub(crate) fn measure(provider: &Path, runs: usize) -> Result<Vec<Row>> {
    let (mut lives, mut instant, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        alone.push(terraform()?);
        instant.push(live(provider, 0)?);
        lives.push(live(provider, LATENCY_MS)?);
    }
    let time =
        |lives: &[Life], step: usize| Some(median(lives.iter().map(|life| life[step].time.as_secs_f64()).collect()));
    let alone = |step: usize| Some(median(alone.iter().map(|life| life[step]).collect()));
    #[expect(clippy::cast_precision_loss, reason = "there are not that many requests")]
    let requests = |step: usize| {
        let requests = lives.iter().map(|life| life[step].requests);
        requests.max().map(|most| most as f64)
    };
    let seconds = |name, step: usize, terraform, [azuread, msgraph]: [Option<f64>; 2], bar: Option<f64>| Row {
        name,
        unit: Unit::Seconds,
        figures: vec![time(&lives, step), time(&instant, step), terraform, azuread, msgraph],
        bar: bar.map(Bar::Below),
    };
    let number = |step: usize, [azuread, msgraph]: [Option<f64>; 2], bar| Row {
        name: "  HTTP requests",
        unit: Unit::Number,
        figures: vec![requests(step), None, None, azuread, msgraph],
        bar: Some(Bar::AtMost(bar)),
    };
    Ok(vec![
        seconds("apply", 0, alone(0), [Some(9.85), Some(1.28)], Some(1.25)),
        number(0, [Some(404.0), Some(103.0)], 60.0),
        seconds("refresh", 1, alone(1), [Some(0.62), None], Some(0.35)),
        number(1, [Some(102.0), None], 3.0),
        seconds("refresh with a member gone", 2, None, [None, None], Some(0.35)),
        number(2, [None, None], 3.0),
        seconds("destroy", 3, alone(2), [None, None], Some(1.0)),
        number(3, [None, None], 45.0),
        seconds("apply, types omitted", 4, None, [None, None], None),
        number(4, [None, None], 60.0),
    ])
}

fn live(provider: &Path, latency_ms: u64) -> Result<Life> {
    let untyped = Lab::new(tenant(latency_ms), provider, &members(&groups(1..=MEMBERS), false))?;
    let untyped = untyped.run(&APPLY, 0)?;
    let lab = Lab::new(tenant(latency_ms), provider, &members(&groups(1..=MEMBERS), true))?;
    let apply = lab.run(&APPLY, 0)?;
    expect(&lab, MEMBERS)?;
    let refresh = lab.run(&PLAN, 0)?;
    lab.tenant().edit_policy(|policy| {
        if let Some(Value::Array(members)) = policy.pointer_mut(JOIN_GROUPS) {
            members.pop();
        }
    });
    let drift = lab.run(&PLAN, 2)?;
    if !lab.output().contains("Plan: 1 to add, 0 to change, 0 to destroy.") {
        return Err(format!("the member that is gone is not planned again:\n{}", lab.output()).into());
    }
    lab.run(&APPLY, 0)?;
    expect(&lab, MEMBERS)?;
    let destroy = lab.run(&DESTROY, 0)?;
    expect(&lab, 0)?;
    Ok([apply, refresh, drift, destroy, untyped])
}

fn terraform() -> Result<Alone> {
    let lab = Lab::without_provider(&members_of_terraform(&groups(1..=MEMBERS)))?;
    let [apply, plan, destroy] = [lab.run(&APPLY, 0)?, lab.run(&PLAN, 0)?, lab.run(&DESTROY, 0)?];
    Ok([apply, plan, destroy].map(|took| took.time.as_secs_f64()))
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
