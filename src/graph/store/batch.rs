//! The edits of one round, and what each of them did.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::EditError;
use super::effects::Effects;
use super::job::{Failure, Job, Ticket};
use crate::graph::GraphError;
use crate::graph::policy::Policy;

/// The edits of one round, in the order in which they came.
#[derive(Default)]
pub(super) struct Batch(Vec<Entry>);

struct Entry {
    job: Box<dyn Job>,
    /// What its last run did and no later edit of the batch undid.
    effects: Effects,
    /// The policy it was first run on.
    before: Option<Arc<Policy>>,
    /// Whether it was part of a write that may have taken effect.
    written: bool,
}

impl Batch {
    pub(super) fn new(jobs: VecDeque<Box<dyn Job>>) -> Self {
        let entry = |job| Entry {
            job,
            effects: Effects::default(),
            before: None,
            written: false,
        };
        Self(jobs.into_iter().map(entry).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn callers(&self) -> Vec<Arc<Ticket>> {
        let ticket = |entry: &Entry| Arc::clone(entry.job.ticket());
        self.0.iter().map(ticket).collect()
    }

    pub(super) fn drop_unwanted(&mut self) {
        self.0.retain(|entry| entry.job.ticket().is_wanted());
    }

    /// The time of the one who waits longest.
    pub(super) fn longest(&self) -> Duration {
        let remaining = |entry: &Entry| entry.job.deadline().remaining();
        self.0.iter().map(remaining).max().unwrap_or_default()
    }

    /// How many edits did something.
    pub(super) fn effective(&self) -> usize {
        self.0.iter().filter(|entry| !entry.effects.is_empty()).count()
    }

    /// Whether `found` shows what the edits did.
    pub(super) fn is_visible_in(&self, found: &Policy) -> bool {
        let missing = |entry: &Entry| !entry.effects.missing_in(found).is_empty();
        !self.0.iter().any(missing)
    }

    /// Runs each closure over what the one before it left. Those that refuse are answered and out, and their changes
    /// with them; those whose callers have left are out too.
    pub(super) fn run(&mut self, base: &Arc<Policy>, next: &mut Policy) {
        for mut entry in std::mem::take(&mut self.0) {
            if !entry.job.ticket().sending() {
                continue;
            }
            let mut after = next.clone();
            if entry.job.run(&mut after) {
                entry.effects = Effects::between(next, &after);
                entry.before.get_or_insert_with(|| Arc::clone(base));
                *next = after;
                self.0.push(entry);
            } else {
                entry.answer(base);
            }
        }
        for entry in &mut self.0 {
            entry.effects = std::mem::take(&mut entry.effects).within(next);
        }
    }

    /// The write was sent, and no answer says that it had no effect.
    pub(super) fn mark_written(&mut self) {
        for entry in &mut self.0 {
            entry.written |= !entry.effects.is_empty();
        }
    }

    /// The write had no effect.
    pub(super) fn mark_not_sent(&self) {
        for entry in self.0.iter().filter(|entry| !entry.written) {
            entry.job.ticket().not_sent();
        }
    }

    /// Splits off the second half.
    pub(super) fn divide(&mut self) -> Self {
        Self(self.0.split_off(self.0.len() / 2))
    }

    /// Answers those whose effects are `done` with success. Returns the effects of those who heard it.
    pub(super) fn answer(&mut self, found: &Arc<Policy>, done: impl Fn(&Effects) -> bool) -> Vec<Effects> {
        let (done, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|entry| done(&entry.effects));
        self.0 = rest;
        let heard = |entry: Entry| {
            let effects = entry.effects.clone();
            entry.answer(found).then_some(effects)
        };
        done.into_iter().filter_map(heard).collect()
    }

    /// Fails those that did something. The others may still be as they want: another round will tell.
    pub(super) fn fail_effective(&mut self, failure: impl Fn(&Effects) -> Failure) {
        for entry in std::mem::take(&mut self.0) {
            if entry.effects.is_empty() {
                self.0.push(entry);
            } else {
                entry.job.fail(failure(&entry.effects));
            }
        }
    }

    /// Fails everybody: the policy cannot be read.
    pub(super) fn fail_all(&mut self, error: &GraphError) {
        for entry in std::mem::take(&mut self.0) {
            entry.job.fail(if entry.written {
                EditError::Unconfirmed(error.clone())
            } else {
                EditError::Graph(error.clone())
            });
        }
    }
}

impl Entry {
    /// Answers with what the closure said. False when it refused or nobody listens.
    fn answer(self, found: &Arc<Policy>) -> bool {
        let before = self.before.unwrap_or_else(|| Arc::clone(found));
        self.job.answer(before, Arc::clone(found), self.written)
    }
}
