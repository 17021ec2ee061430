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
    /// What its runs did and no later edit of the batch undid.
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

    pub(super) fn len(&self) -> usize {
        self.0.len()
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
    ///
    /// Returns the effects of those whom success was reported to, for a closure may refuse a policy in which it has done
    /// its work already; that is no failure.
    pub(super) fn run(&mut self, base: &Arc<Policy>, next: &mut Policy) -> Vec<Effects> {
        let mut done = Vec::new();
        for mut entry in std::mem::take(&mut self.0) {
            if !entry.job.ticket().sending() {
                continue;
            }
            let mut after = next.clone();
            if entry.job.run(&mut after) {
                entry.effects.then(Effects::between(next, &after));
                entry.before.get_or_insert_with(|| Arc::clone(base));
                *next = after;
                self.0.push(entry);
            } else if entry.is_visible_in(base) {
                done.extend(entry.accept(base));
            } else {
                entry.job.refuse();
            }
        }
        for entry in &mut self.0 {
            entry.effects = std::mem::take(&mut entry.effects).within(next);
        }
        done
    }

    /// The write was sent, and no answer says that it had no effect. Returns what it did.
    pub(super) fn mark_written(&mut self) -> impl Iterator<Item = &Effects> {
        let written = self.0.iter_mut().filter(|entry| !entry.effects.is_empty());
        written.map(|entry| {
            entry.written = true;
            &entry.effects
        })
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

    /// Answers everybody with success. Returns the effects of those who heard it.
    pub(super) fn accept_all(&mut self, found: &Arc<Policy>) -> Vec<Effects> {
        let done = std::mem::take(&mut self.0).into_iter();
        done.filter_map(|entry| entry.accept(found)).collect()
    }

    /// Answers those with success whose effects can be seen in `found`. Returns the effects of those who heard it.
    pub(super) fn accept_visible(&mut self, found: &Arc<Policy>) -> Vec<Effects> {
        let (done, rest): (Vec<_>, _) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|entry| entry.is_visible_in(found));
        self.0 = rest;
        Self(done).accept_all(found)
    }

    /// Fails those that did something. The others may still be as they want: another round will tell.
    pub(super) fn fail_effective(&mut self, failure: impl Fn(&Effects) -> Failure) {
        for entry in std::mem::take(&mut self.0) {
            if entry.effects.is_empty() {
                self.0.push(entry);
            } else {
                let failure = failure(&entry.effects);
                entry.fail(failure);
            }
        }
    }

    /// Fails everybody: the policy cannot be read.
    pub(super) fn fail_all(&mut self, error: &GraphError) {
        for entry in std::mem::take(&mut self.0) {
            entry.fail(EditError::Graph(error.clone()));
        }
    }
}

impl Entry {
    /// Whether it did something, and `found` shows it.
    fn is_visible_in(&self, found: &Policy) -> bool {
        !self.effects.is_empty() && self.effects.missing_in(found).is_empty()
    }

    /// Answers with success. Returns the effects when somebody heard it.
    fn accept(self, found: &Arc<Policy>) -> Option<Effects> {
        let before = self.before.unwrap_or_else(|| Arc::clone(found));
        let heard = self.job.accept(before, Arc::clone(found), self.written);
        heard.then_some(self.effects)
    }

    /// Answers with an error.
    fn fail(self, failure: Failure) {
        self.job.fail(match failure {
            // Not in this round, but in one before.
            EditError::Graph(error) if self.written => EditError::Unconfirmed(error),
            failure => failure,
        });
    }
}
