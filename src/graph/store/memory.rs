//! What this process knows of the policy: its latest state, earlier ones, and what its own edits did.
//!
//! Graph gives the policy no version, so a read cannot say how old it is. Two things tell that one is not to be trusted:
//! it lacks what this process has written and read back, or it shows a state that this process has seen pass.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::effects::Effects;
use crate::graph::policy::{Policy, Setting, SettingValue};

/// As many passed states as are remembered.
const REMEMBERED: usize = 16;
/// As often as a setting's edits are done again before another writer is left to have its way.
const REDONE_AT_MOST: u32 = 8;

/// What is known of the policy.
#[derive(Default)]
pub(super) struct Memory {
    /// The latest state that was read and believed, unless a write has begun since.
    latest: Option<(Arc<Policy>, Instant)>,
    /// The states that were believed, the latest one last.
    seen: VecDeque<Arc<Policy>>,
    /// The last write, until a read after it is believed.
    pending: Option<Pending>,
    /// What the edits did whose callers were told so.
    held: Effects,
    /// How often edits of a setting were done again since the last new one.
    redone: BTreeMap<Setting, u32>,
    /// Whether another writer was noticed in this process' time.
    contended: bool,
}

/// A write of which nobody knows yet what became of it.
struct Pending {
    policy: Arc<Policy>,
    /// What it did to the state before it.
    effects: Effects,
    /// Whether Graph said that it was done.
    answered: bool,
}

/// Why a read is not to be trusted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It shows a state that has passed.
    Passed,
    /// It shows the state before a write whose answer never came.
    Unanswered,
    /// It lacks what this process did, in a state never seen before: another writer's work.
    Overwritten,
}

impl Memory {
    /// The latest state, when it was read no longer than `age` ago.
    pub(super) fn recent(&self, age: Duration) -> Option<Arc<Policy>> {
        let (policy, at) = self.latest.as_ref()?;
        (at.elapsed() <= age && !age.is_zero()).then(|| Arc::clone(policy))
    }

    /// How much longer the latest state counts as read no longer than `age` ago.
    pub(super) fn recent_for(&self, age: Duration) -> Duration {
        let read = self.latest.as_ref().map(|(_, at)| at.elapsed());
        read.map_or(Duration::ZERO, |read| age.saturating_sub(read))
    }

    /// Whether `found` is to be doubted.
    pub(super) fn doubt(&self, found: &Policy) -> Option<Doubt> {
        let is_latest = self.seen.back().is_some_and(|latest| same(latest, found));
        let passed = !is_latest && self.has_seen(found);
        let lacks = |effects: &Effects| !effects.missing_in(found).is_empty();
        match &self.pending {
            Some(pending) if lacks(&pending.effects) => Some(if is_latest && !pending.answered {
                Doubt::Unanswered
            } else if is_latest || passed {
                Doubt::Passed
            } else {
                Doubt::Overwritten
            }),
            _ if passed => Some(Doubt::Passed),
            _ if !self.holds(found) => Some(Doubt::Overwritten),
            _ => None,
        }
    }

    /// Whether `found` is a state that was believed before, the latest one included.
    pub(super) fn has_seen(&self, found: &Policy) -> bool {
        self.seen.iter().rev().any(|seen| same(seen, found))
    }

    /// Takes `found` for the state of now.
    pub(super) fn believe(&mut self, found: &Arc<Policy>) {
        let pending = self.pending.take().map(|pending| pending.policy);
        let explained = self.seen.back().into_iter().chain(&pending);
        // Neither what was there nor what we wrote.
        self.contended |= !self.seen.is_empty() && !explained.into_iter().any(|one| same(one, found));
        self.latest = Some((Arc::clone(found), Instant::now()));
        self.seen.retain(|seen| !same(seen, found));
        self.seen.push_back(Arc::clone(found));
        if self.seen.len() > REMEMBERED {
            self.seen.pop_front();
        }
    }

    /// A write begins or ends: what was read before it says nothing about now.
    pub(super) fn forget_latest(&mut self) {
        self.latest = None;
    }

    /// This is about to be written.
    pub(super) fn sending(&mut self, base: &Policy, policy: Arc<Policy>) {
        self.pending = Some(Pending {
            effects: Effects::between(base, &policy),
            policy,
            answered: false,
        });
    }

    /// Graph says that the write is done.
    pub(super) fn answered(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.answered = true;
        }
    }

    /// Graph says that nothing was written.
    pub(super) fn refused(&mut self) {
        self.pending = None;
    }

    /// Whether `found` has everything that is held.
    pub(super) fn holds(&self, found: &Policy) -> bool {
        self.held.lost_in(found).is_empty()
    }

    /// Holds what an edit did against every later read.
    pub(super) fn hold(&mut self, effects: Effects) {
        for setting in effects.settings() {
            self.redone.remove(&setting);
        }
        self.held.then(effects);
    }

    /// Stops holding what a write on its way is about: until it is read back, neither the old nor the new is known to be
    /// there, and should its caller never be told then neither is to be defended.
    pub(super) fn release(&mut self, touched: &Effects) {
        self.held.release(touched);
    }

    /// What has to be done again for `found` to have all that is held. Counted: after a few times a setting is given up.
    pub(super) fn redo(&mut self, found: &Policy) -> Vec<(Setting, SettingValue)> {
        let mut lost = self.held.lost_in(found);
        lost.retain(|(setting, _)| {
            let setting = *setting;
            let times = self.redone.entry(setting).or_default();
            *times += 1;
            let again = *times <= REDONE_AT_MOST;
            if !again {
                self.held.forget(setting);
                tracing::warn!(%setting, "another writer keeps overwriting this setting; leaving it to that one");
            }
            again
        });
        lost
    }

    /// Whether another writer was noticed in this process' time.
    pub(super) fn contended(&self) -> bool {
        self.contended
    }
}

/// Whether two states are one, as far as settings go.
pub(super) fn same(one: &Policy, other: &Policy) -> bool {
    one.differing(other).is_empty()
}
