//! Operations of the settings resource that are disturbed at every moment: whatever happened, the next apply ends well, and a
//! destroy with `on_destroy = "restore"` gives the tenant back, or nothing is remembered and nothing says otherwise.
//!
//! # Layout
//! `cases` lists what is disturbed when, `scene` plays one case, `verdict` judges what it left behind.
//!
//! TORTURE_MOMENTS says how many cases are played (`make torture`: 200, here 20), TORTURE_CASE plays only those whose name
//! contains it.

mod cases;
mod scene;
mod verdict;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use self::cases::{Case, Disturbance, Fault, Moment, Operation, cases};
use self::scene::play;
use self::verdict::{Memory, Outcome};

/// The number of cases of an ordinary test run.
const FEW: usize = 20;

#[test]
fn a_disturbed_operation_loses_no_original() {
    let count = std::env::var("TORTURE_MOMENTS").map_or(FEW, |count| count.parse().expect("a number of moments"));
    let only = std::env::var("TORTURE_CASE").unwrap_or_default();
    let chosen: Vec<_> = cases(count)
        .into_iter()
        .filter(|case| case.to_string().contains(&only))
        .collect();
    assert!(!chosen.is_empty(), "no case has {only:?} in its name");
    let controls = Operation::ALL
        .into_iter()
        .filter(|operation| chosen.iter().any(|case| case.operation == *operation))
        .map(|operation| Case {
            operation,
            disturbance: Disturbance::None,
            moment: Moment::Share(100),
        });
    let undisturbed = play_all(controls.collect(), &|_| Duration::ZERO);
    let durations: BTreeMap<_, _> = undisturbed
        .iter()
        .filter_map(|(case, result)| Some((case.operation, result.as_ref().ok()?.took)))
        .collect();
    let disturbed = play_all(chosen, &|operation| {
        durations.get(&operation).copied().unwrap_or_default()
    });
    let played = [undisturbed, disturbed].concat();
    println!("{}", table(&played));
    let failures: Vec<_> = played
        .iter()
        .filter_map(|(case, result)| Some(format!("{case}:\n{}", result.as_ref().err()?)))
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases failed:\n\n{}",
        failures.len(),
        played.len(),
        failures.join("\n\n")
    );
}

/// Terraform plans the create half again after the destroy half, and drops the object when that fails.
#[test]
fn failed_reads_within_a_replacement_lose_no_original() {
    let case = Case {
        operation: Operation::Replace,
        disturbance: Disturbance::Read(Fault::Forbidden),
        moment: Moment::Start,
    };
    let outcome = play(case, Duration::ZERO);
    assert!(matches!(outcome.memory, Memory::All));
}

type Played = Vec<(Case, Result<Outcome, String>)>;

/// Plays cases, as many at a time as there are processors.
#[allow(clippy::print_stdout, reason = "many minutes without a word look like a hang")]
fn play_all(cases: Vec<Case>, duration: &(dyn Fn(Operation) -> Duration + Sync)) -> Played {
    let waiting = Mutex::new(cases.into_iter());
    let played = Mutex::new(Vec::new());
    let next = || waiting.lock().expect("no thread panics here").next();
    let work = || {
        while let Some(case) = next() {
            let begun = Instant::now();
            let result = catch_unwind(AssertUnwindSafe(|| play(case, duration(case.operation))));
            let result = result.map_err(|panic| complaint(&*panic));
            println!("{:>5.1} s  {case}: {}", begun.elapsed().as_secs_f32(), shown(&result));
            played.lock().expect("no thread panics here").push((case, result));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    played.into_inner().expect("no thread panicked")
}

fn complaint(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}

fn shown(result: &Result<Outcome, String>) -> &'static str {
    match result {
        Ok(outcome) => match outcome.memory {
            Memory::All => "restored",
            Memory::Older => "restored but for a new setting",
            Memory::Nothing => "nothing is remembered",
        },
        Err(_) => "FAILED",
    }
}

/// Each operation and disturbance with how its cases ended.
fn table(played: &Played) -> String {
    let mut rows: BTreeMap<_, [usize; 6]> = BTreeMap::new();
    for (case, result) in played {
        let row = rows.entry((case.operation, case.disturbance)).or_default();
        row[0] += 1;
        match result {
            Ok(outcome) => {
                row[1 + outcome.memory as usize] += 1;
                row[4] += usize::from(outcome.tries > 1);
            }
            Err(_) => row[5] += 1,
        }
    }
    let mut total = [0; 6];
    let mut text = format!(
        "\n{:16} {:35} {:>5} {:>8} {:>12} {:>18} {:>9} {:>6}\n",
        "operation", "disturbance", "tried", "restored", "all but new", "nothing remembered", "two tries", "failed"
    );
    let line = |operation: &dyn Display, disturbance: &dyn Display, row: &[usize; 6]| {
        let [tried, restored, older, nothing, twice, failed] = row;
        format!(
            "{operation:16} {disturbance:35} {tried:>5} {restored:>8} {older:>12} {nothing:>18} {twice:>9} {failed:>6}\n"
        )
    };
    for ((operation, disturbance), row) in &rows {
        text += &line(operation, disturbance, row);
        total.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
    }
    text + &line(&"all", &"", &total)
}
