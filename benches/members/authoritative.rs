//! A thousand members in the lists of the settings resource.

use std::path::Path;

use crate::additive::expect;
use crate::configuration::{groups, settings, tenant, users};
use crate::support::Result;
use crate::support::lab::{Lab, Took};
use crate::support::measure::median;
use crate::support::table::{Bar, Row, Unit};

pub(crate) const MEMBERS: usize = 1_000;

/// The others are users. Groups cost more: whether they contain users is asked of each.
const GROUPS: usize = 500;

/// First plan, apply, plan without changes.
type Life = [Took; 3];

pub(crate) fn measure(provider: &Path, runs: usize) -> Result<Vec<Row>> {
    let lives: Result<Vec<Life>> = (0..runs).map(|_| live(provider)).collect();
    let lives = lives?;
    let time = |step: usize| {
        vec![Some(median(
            lives.iter().map(|life| life[step].time.as_secs_f64()).collect(),
        ))]
    };
    #[expect(clippy::cast_precision_loss, reason = "there are not that many requests")]
    let most = |count: fn(&Life) -> usize| vec![lives.iter().map(count).max().map(|most| most as f64)];
    let row = |name, unit, figures, bar| Row {
        name,
        unit,
        figures,
        bar,
    };
    use Unit::{Number, Seconds};
    Ok(vec![
        row(
            "first plan, all members checked",
            Seconds,
            time(0),
            Some(Bar::Below(0.6)),
        ),
        row("  HTTP requests", Number, most(|life| life[0].requests), None),
        row("apply", Seconds, time(1), None),
        row(
            "  requests for the policy",
            Number,
            most(|life| life[1].policy_requests),
            Some(Bar::AtMost(6.0)),
        ),
        row("  HTTP requests", Number, most(|life| life[1].requests), None),
        row("plan without changes", Seconds, time(2), Some(Bar::Below(0.6))),
        row("  HTTP requests", Number, most(|life| life[2].requests), None),
    ])
}

fn live(provider: &Path) -> Result<Life> {
    let configuration = settings(&users(1..=MEMBERS - GROUPS), &groups(1..=GROUPS));
    let lab = Lab::new(tenant(), provider, &configuration)?;
    let first = lab.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode"], 2)?;
    let apply = lab.run(&["apply", "-input=false", "-no-color", "-auto-approve"], 0)?;
    expect(&lab, GROUPS)?;
    let again = lab.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode"], 0)?;
    Ok([first, apply, again])
}
