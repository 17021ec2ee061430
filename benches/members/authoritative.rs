//! A thousand members in the lists of the settings resource.

use std::path::Path;

use crate::LATENCY_MS;
use crate::additive::expect;
use crate::configuration::{groups, settings, settings_of_terraform, tenant, users};
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
    let (mut lives, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let (users, groups) = (users(1..=MEMBERS - GROUPS), groups(1..=GROUPS));
        let terraform = Lab::without_provider(&settings_of_terraform(&users, &groups))?;
        alone.push(live(&terraform)?);
        let lab = Lab::new(tenant(LATENCY_MS), provider, &settings(&users, &groups))?;
        lives.push(live(&lab)?);
        expect(&lab, GROUPS)?;
    }
    let seconds = |name, step: usize, bar: Option<f64>| {
        let time = |lives: &[Life]| Some(median(lives.iter().map(|life| life[step].time.as_secs_f64()).collect()));
        Row {
            name,
            unit: Unit::Seconds,
            figures: vec![time(&lives), time(&alone)],
            bar: bar.map(Bar::Below),
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "there are not that many requests")]
    let number = |name, count: fn(&Life) -> usize, bar: Option<f64>| Row {
        name,
        unit: Unit::Number,
        figures: vec![lives.iter().map(count).max().map(|most| most as f64), None],
        bar: bar.map(Bar::AtMost),
    };
    Ok(vec![
        seconds("first plan, all members checked", 0, Some(0.6)),
        number("  HTTP requests", |life| life[0].requests, None),
        seconds("apply", 1, None),
        number("  requests for the policy", |life| life[1].policy_requests, Some(6.0)),
        number("  HTTP requests", |life| life[1].requests, None),
        seconds("plan without changes", 2, Some(0.6)),
        number("  HTTP requests", |life| life[2].requests, None),
    ])
}

fn live(lab: &Lab) -> Result<Life> {
    let first = lab.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode"], 2)?;
    let apply = lab.run(&["apply", "-input=false", "-no-color", "-auto-approve"], 0)?;
    let again = lab.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode"], 0)?;
    Ok([first, apply, again])
}
