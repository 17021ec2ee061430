//! Memory of this process' writes, held against later reads for a short time.

use std::time::Duration;

use tokio::time::Instant;

use super::effects::Effects;
use crate::graph::policy::Policy;

/// The time after the last write for which effects are held. A process may live through many runs, and others may change
/// the tenant in between.
const HELD: Duration = Duration::from_secs(10);

/// The effects of this process' writes.
#[derive(Default)]
pub(super) struct Written {
    /// Those of edits whose callers were told that they are done.
    done: Effects,
    /// Those of the last write, until a read after it is believed.
    unconfirmed: Effects,
    /// The end of the last write; nothing while one is under way, and before the first.
    last_write: Option<Instant>,
}

impl Written {
    /// Takes note of a write that begins.
    pub(super) fn begin_write(&mut self) {
        self.forget_old();
        self.last_write = None;
    }

    /// Takes note of the end of a write, which may have been read back.
    pub(super) fn end_write(&mut self, is_read_back: bool) {
        self.last_write = Some(Instant::now());
        if is_read_back {
            self.confirm();
        }
    }

    /// Holds the effects of an edit. They replace those of earlier edits of the same value or member.
    pub(super) fn hold(&mut self, effects: Effects) {
        self.done.then(effects);
    }

    /// Takes note of a write that may have taken effect. What it contradicts is not held any more: until it is read back
    /// neither the old nor the new is known to be there, and should its caller never be told then neither is to be defended.
    pub(super) fn sent(&mut self, effects: Effects) {
        self.done.release(&effects);
        self.unconfirmed = effects;
    }

    /// Takes note that a read after the last write is believed.
    pub(super) fn confirm(&mut self) {
        self.unconfirmed = Effects::default();
    }

    /// Returns whether `found` has all that was written.
    pub(super) fn shows_in(&mut self, found: &Policy) -> bool {
        !self.put_back(&mut found.clone()) && self.unconfirmed.missing_in(found).is_empty()
    }

    /// Puts back what `policy` has lost. Returns whether there was something.
    pub(super) fn put_back(&mut self, policy: &mut Policy) -> bool {
        self.forget_old();
        let found = policy.clone();
        self.done.put_back(policy);
        !policy.differing(&found).is_empty()
    }

    fn forget_old(&mut self) {
        if self.last_write.is_some_and(|last| last.elapsed() > HELD) {
            *self = Self::default();
        }
    }
}
