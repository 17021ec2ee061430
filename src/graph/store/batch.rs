//! The edits of one write, and the effects of each.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::EditError;
use super::edit::{Answer, Job};
use super::effects::Effects;
use crate::graph::policy::Policy;
use crate::graph::{Deadline, GraphError};

/// The edits of one write, in the order in which they came.
#[derive(Default)]
pub(super) struct Batch(Vec<Entry>);

struct Entry {
    job: Box<dyn Job>,
    /// The effects of its runs that no later edit of the batch undid.
    effects: Effects,
    /// Whether it was part of a write that may have taken effect.
    written: bool,
}

impl Batch {
    /// Adds edits.
    pub(super) fn take(&mut self, jobs: Vec<Box<dyn Job>>) {
        self.0.extend(jobs.into_iter().map(|job| Entry {
            job,
            effects: Effects::default(),
            written: false,
        }));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Drops the edits whose callers have left.
    pub(super) fn drop_left(&mut self) {
        self.0.retain(|entry| !entry.job.has_left());
    }

    /// Ready when every caller has left.
    pub(super) fn poll_left(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut entries = self.0.iter_mut();
        if entries.all(|entry| entry.job.poll_left(context).is_ready()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// The deadline of the caller who waits longest. Nothing cancels it: one caller's end is not the others'.
    pub(super) fn deadline(&self) -> Deadline {
        let remaining = |entry: &Entry| entry.job.deadline().remaining();
        Deadline::after(self.0.iter().map(remaining).max().unwrap_or(Duration::ZERO))
    }

    /// The number of edits that have effects.
    pub(super) fn effective(&self) -> usize {
        self.0.iter().filter(|entry| !entry.effects.is_empty()).count()
    }

    /// Tells the callers that their edits are about to be part of a write.
    pub(super) fn mark_sent(&self) {
        self.0.iter().for_each(|entry| entry.job.mark_sent(true));
    }

    /// Tells the callers that a write had no effect.
    pub(super) fn mark_not_sent(&self) {
        for entry in self.0.iter().filter(|entry| !entry.written) {
            entry.job.mark_sent(false);
        }
    }

    /// Takes note that a write may have taken effect.
    pub(super) fn mark_written(&mut self) {
        for entry in self.0.iter_mut().filter(|entry| !entry.effects.is_empty()) {
            entry.written = true;
        }
    }

    /// Runs each closure over the policy that the one before it left. Those that refuse are answered and out, and their
    /// changes with them.
    ///
    /// Returns the effects of those that are done already: a closure may refuse a policy that has its result.
    pub(super) fn run(&mut self, base: &Arc<Policy>, next: &mut Policy) -> Vec<Effects> {
        let mut done = Vec::new();
        for mut entry in std::mem::take(&mut self.0) {
            let mut after = next.clone();
            if entry.job.run(&mut after) {
                entry.effects.then(Effects::between(next, &after));
                *next = after;
                self.0.push(entry);
            } else if entry.is_visible_in(base) {
                done.extend(entry.accept(base));
            } else {
                entry.job.answer(Answer::Refused);
            }
        }
        for entry in &mut self.0 {
            entry.effects = std::mem::take(&mut entry.effects).within(next);
        }
        done
    }

    /// Splits off the second half.
    pub(super) fn divide(&mut self) -> Self {
        Self(self.0.split_off(self.0.len() / 2))
    }

    /// Answers every caller with success. Returns the effects of the edits whose callers heard it.
    pub(super) fn accept_all(&mut self, found: &Arc<Policy>) -> Vec<Effects> {
        let done = std::mem::take(&mut self.0).into_iter();
        done.filter_map(|entry| entry.accept(found)).collect()
    }

    /// The same for the edits whose effects `found` shows.
    pub(super) fn accept_visible(&mut self, found: &Arc<Policy>) -> Vec<Effects> {
        let entries = std::mem::take(&mut self.0).into_iter();
        let (done, rest) = entries.partition(|entry| entry.is_visible_in(found));
        self.0 = rest;
        Self(done).accept_all(found)
    }

    /// Fails the edits that have effects. The others may still be as they want: another round will tell.
    pub(super) fn fail_effective(&mut self, failure: impl Fn(&Effects) -> EditError<Infallible>) {
        for entry in std::mem::take(&mut self.0) {
            if entry.effects.is_empty() {
                self.0.push(entry);
            } else {
                let failure = failure(&entry.effects);
                entry.fail(failure);
            }
        }
    }

    /// Fails every edit: the policy cannot be read.
    pub(super) fn fail_all(&mut self, error: &GraphError) {
        for entry in std::mem::take(&mut self.0) {
            entry.fail(EditError::Graph(error.clone()));
        }
    }
}

impl Entry {
    /// Returns whether it has effects, and `found` shows them.
    fn is_visible_in(&self, found: &Policy) -> bool {
        !self.effects.is_empty() && self.effects.missing_in(found).is_empty()
    }

    /// Answers with success. Returns the effects when the caller heard it.
    fn accept(self, found: &Arc<Policy>) -> Option<Effects> {
        let answer = Answer::Done {
            after: Arc::clone(found),
            written: self.written,
        };
        self.job.answer(answer).then_some(self.effects)
    }

    /// Answers with an error.
    fn fail(self, failure: EditError<Infallible>) {
        self.job.answer(Answer::Failed(match failure {
            // Not by this write, but by one before.
            EditError::Graph(error) if self.written => EditError::Unconfirmed(error),
            failure => failure,
        }));
    }
}
