//! The worker: takes what is queued, reads, runs, writes once, reads back, answers.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::batch::Batch;
use super::effects::Effects;
use super::error::Mismatch;
use super::job::Failure;
use super::memory::{Doubt, same};
use super::pause::Pauses;
use super::readback::{Verdict, Wrote};
use super::{EditError, Shared};
use crate::graph::policy::{Policy, Setting, SettingValue};
use crate::graph::retry::Cause;
use crate::graph::{Deadline, GraphError};

/// Works while somebody waits.
pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    /// The edits of this round.
    pub(super) batch: Batch,
    /// How many edits there were in it at first.
    size: usize,
    /// Parts of a batch that Graph refused as a whole.
    divided: Vec<Batch>,
    /// How often this batch was written since it was last overwritten.
    attempts: u32,
    /// How long was waited between those attempts.
    waited: Duration,
    /// How often this batch was overwritten.
    rounds: u32,
    /// Whether Graph has refused the token of this batch's write before.
    unauthorized: bool,
    /// Whether this batch does again what another writer overwrote: as long as nothing has failed.
    pub(super) redo: bool,
    /// Whether the shared state says that there is a worker, meaning this one.
    on_duty: bool,
}

/// Why a request was not made, or not awaited.
pub(super) enum Stop {
    /// Nobody waits any more.
    Nobody,
    /// It failed.
    Failed(GraphError),
}

/// The policy that a batch is run on.
struct Base {
    policy: Arc<Policy>,
    /// What another writer overwrote and this batch does again.
    redo: Vec<(Setting, SettingValue)>,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            batch: Batch::default(),
            size: 0,
            divided: Vec::new(),
            attempts: 0,
            waited: Duration::ZERO,
            rounds: 0,
            unauthorized: false,
            redo: true,
            on_duty: true,
        }
    }

    pub(super) async fn run(mut self) {
        while self.has_work() {
            match self.base().await {
                Ok(base) => self.round(base).await,
                Err(Stop::Nobody) => {}
                Err(Stop::Failed(error)) => {
                    let error = error.preceded_by(self.shared.state().trouble.clone());
                    self.take_queue();
                    self.batch.fail_all(&error);
                }
            }
        }
    }

    /// Whether anybody waits. When not, the worker is off duty, and the next edit starts another.
    fn has_work(&mut self) -> bool {
        self.batch.drop_unwanted();
        while self.batch.is_empty() {
            (self.attempts, self.waited) = (0, Duration::ZERO);
            (self.rounds, self.redo, self.unauthorized) = (0, true, false);
            self.shared.state().trouble = None;
            let Some(part) = self.divided.pop() else {
                break;
            };
            self.batch = part;
            self.batch.drop_unwanted();
        }
        let mut state = self.shared.state();
        state.queue.retain(|job| job.ticket().is_wanted());
        if self.batch.is_empty() {
            state.count_company(std::mem::take(&mut self.size));
        }
        state.working = !self.batch.is_empty() || !state.queue.is_empty();
        self.on_duty = state.working;
        self.on_duty
    }

    /// The policy to base a write on, read now or just before.
    async fn base(&mut self) -> Result<Base, Stop> {
        if self.batch.is_empty() {
            self.gather().await;
        }
        if let Some(policy) = self.fresh() {
            let redo = Vec::new();
            return Ok(Base { policy, redo });
        }
        let (begun, mut pauses) = (Instant::now(), Pauses::new());
        loop {
            let policy = self.fetch().await?;
            let left = self.doubted_for(&policy).saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Ok(self.believed(policy));
            }
            self.pause(pauses.next().min(left)).await?;
        }
    }

    /// How long a read like this may be a passing one.
    fn doubted_for(&self, policy: &Policy) -> Duration {
        match self.shared.state().memory.doubt(policy) {
            None => Duration::ZERO,
            Some(Doubt::Passed) => self.shared.options.visibility,
            Some(Doubt::Unanswered | Doubt::Overwritten) => self.shared.options.settle,
        }
    }

    fn believed(&self, policy: Arc<Policy>) -> Base {
        let mut state = self.shared.state();
        state.memory.believe(&policy);
        let redo = if self.redo {
            state.memory.redo(&policy)
        } else {
            Vec::new()
        };
        Base { policy, redo }
    }

    /// What was read a moment ago, when that is good enough to base a write on.
    fn fresh(&self) -> Option<Arc<Policy>> {
        let state = self.shared.state();
        if state.memory.contended() {
            return None;
        }
        state.memory.recent(state.freshness(&self.shared.options))
    }

    fn take_queue(&mut self) {
        if self.batch.is_empty() {
            let queue = std::mem::take(&mut self.shared.state().queue);
            self.batch = Batch::new(queue);
            self.size = self.batch.len();
        }
    }

    /// One round: run, write, read back, answer.
    async fn round(&mut self, base: Base) {
        self.take_queue();
        let mut next = (*base.policy).clone();
        for (setting, value) in base.redo {
            next.set(setting, value);
        }
        let redone = Effects::between(&base.policy, &next);
        let done = self.batch.run(&base.policy, &mut next);
        self.hold(done);
        if next.differing(&base.policy).is_empty() {
            self.answer_all(&base.policy);
        } else if !self.batch.is_empty() {
            self.write(base.policy, Arc::new(next), redone).await;
        }
    }

    /// Writes, reads back, and answers.
    async fn write(&mut self, base: Arc<Policy>, next: Arc<Policy>, redone: Effects) {
        let body = match next.put_body() {
            Ok(body) => body,
            Err(incomplete) => {
                let failure = EditError::Incomplete(incomplete);
                return self.fail(&base, |_| failure.clone());
            }
        };
        let (answered, fault) = match self.put(body, &base, &next).await {
            Ok(answered) => (Policy::parse(&answered).ok(), None),
            Err(error) if error.may_have_applied() => (None, Some(error)),
            Err(error) => return self.refused(error, &base, &redone).await,
        };
        for effects in self.batch.mark_written() {
            self.shared.state().memory.release(effects);
        }
        let wrote = Wrote {
            redone: redone.within(&next),
            base,
            next,
            answered,
            fault,
        };
        let verdict = self.read_back(&wrote).await;
        self.conclude(&wrote, verdict).await;
    }

    async fn put(&mut self, body: String, base: &Arc<Policy>, next: &Arc<Policy>) -> Result<String, GraphError> {
        self.attempts += 1;
        self.shared.begin_write(base, next);
        let answer = self.shared.transport.replace(body, &self.deadline()).await;
        self.shared.end_write(&answer);
        answer
    }

    /// Graph refused the write or never got it: nothing was written.
    async fn refused(&mut self, error: GraphError, base: &Arc<Policy>, redone: &Effects) {
        self.batch.mark_not_sent();
        if is_passing(&error) {
            if let Err(error) = self.try_again(error).await {
                self.fail(base, |_| EditError::Graph(error.clone()));
            }
        } else if answered(&error) == Some(401) && !std::mem::replace(&mut self.unauthorized, true) {
            // The client has got another token meanwhile, which took its time: read again.
        } else if is_about_the_body(&error) && !redone.is_empty() && self.batch.effective() > 0 {
            // Perhaps it is about what was done again, which is not the fault of these edits.
            self.redo = false;
        } else if is_about_the_body(&error) && self.batch.effective() > 1 {
            self.divided.push(self.batch.divide());
        } else {
            self.fail(base, |_| EditError::Graph(error.clone()));
        }
    }

    /// Answers everybody for whom the verdict is one. The others stay for another round.
    async fn conclude(&mut self, wrote: &Wrote, verdict: Verdict) {
        let mismatch = |effects: &Effects, found: &Policy| Mismatch::of(&effects.missing_in(found), &wrote.next, found);
        match verdict {
            Verdict::Nobody => {}
            Verdict::Visible(found) => {
                if self.is_undisturbed(&found, &wrote.next) || !self.another_round() {
                    self.answer_all(&found);
                } else {
                    // Another process is at work, and may be about to write what it based on a read before ours. So
                    // everybody runs again on a later read; whoever changes nothing there is done.
                    let round_trip = self.shared.state().round_trip;
                    let _ = self.pause((round_trip * 3).min(self.shared.options.settle)).await;
                }
            }
            Verdict::Ignored(found) => {
                self.shared.state().memory.believe(&found);
                self.fail(&found, |effects| EditError::Ignored {
                    settings: mismatch(effects, &found),
                });
            }
            Verdict::Overwritten(found) => {
                self.shared.state().memory.believe(&found);
                (self.attempts, self.waited) = (0, Duration::ZERO);
                if !self.another_round() {
                    self.fail(&found, |effects| EditError::Overwritten {
                        settings: mismatch(effects, &found),
                    });
                }
            }
            Verdict::NotApplied(error) => {
                if let Err(error) = self.try_again(error).await {
                    self.fail(&wrote.base, |_| EditError::Unconfirmed(error.clone()));
                }
            }
            Verdict::Unknown(error) => {
                self.fail(&wrote.base, |_| EditError::Unconfirmed(error.clone()));
            }
        }
    }

    /// Believes `found`. Whether it is what was written, with no sign of another writer.
    fn is_undisturbed(&self, found: &Arc<Policy>, written: &Policy) -> bool {
        let mut state = self.shared.state();
        state.memory.believe(found);
        same(found, written) && !state.memory.contended()
    }

    /// Whether there may be another round because of another writer.
    fn another_round(&mut self) -> bool {
        self.rounds += 1;
        self.rounds < self.shared.options.rounds
    }

    /// Waits until the write may be tried again. When that is not to be, the error with all that was tried.
    async fn try_again(&mut self, error: GraphError) -> Result<(), GraphError> {
        let cause = match &error {
            GraphError::Throttled(throttled) => Cause::Busy { asked: throttled.asked },
            _ => Cause::Connection,
        };
        let retry = &self.shared.options.retry;
        let left = self.deadline().remaining();
        let wait = match retry.next(cause, self.attempts.saturating_sub(1), left) {
            Ok(wait) => wait,
            Err(refused) => return Err(error.after(self.attempts, self.waited, refused)),
        };
        self.waited += wait;
        self.shared.state().trouble = Some(error.to_string());
        // Nobody left to wait is no reason to give up: the round notices.
        let _ = self.pause(wait).await;
        Ok(())
    }

    fn answer_all(&mut self, found: &Arc<Policy>) {
        let heard = self.batch.accept_all(found);
        self.hold(heard);
    }

    /// Fails those that did something which `shown`, the latest state, does not show. The others go on without doing again
    /// what another writer overwrote: that must not fail them too.
    fn fail(&mut self, shown: &Arc<Policy>, failure: impl Fn(&Effects) -> Failure) {
        self.redo = false;
        let heard = self.batch.accept_visible(shown);
        self.hold(heard);
        self.batch.fail_effective(failure);
    }

    fn hold(&self, effects: Vec<Effects>) {
        let mut state = self.shared.state();
        for effects in effects {
            state.memory.hold(effects);
        }
    }

    /// Reads the policy, unless nobody waits any more.
    pub(super) async fn fetch(&mut self) -> Result<Arc<Policy>, Stop> {
        let (deadline, callers) = (self.deadline(), self.batch.callers());
        tokio::select! {
            biased;
            () = self.shared.nobody(&callers) => Err(Stop::Nobody),
            found = self.shared.fetch(&deadline) => found.map_err(Stop::Failed),
        }
    }

    /// Waits, unless nobody waits any more.
    pub(super) async fn pause(&mut self, pause: Duration) -> Result<(), Stop> {
        let callers = self.batch.callers();
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.shared.nobody(&callers) => Err(Stop::Nobody),
        }
    }

    /// The time of the one who waits longest. Nothing cancels it: one caller's end is not the others', and when all have
    /// left the worker notices.
    fn deadline(&self) -> Deadline {
        let queued = self.shared.longest_queued();
        Deadline::after(self.batch.longest().max(queued))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.on_duty {
            // The runtime ends, or a closure panicked. Those who wait hear it by the end of their channels.
            let mut state = self.shared.state();
            state.working = false;
            let abandoned = std::mem::take(&mut state.queue);
            drop(state);
            drop(abandoned);
        }
    }
}

/// What Graph itself answered to a write. The sign-in before it has a status too when it fails, which says nothing about
/// what was to be written: to divide the batch would repeat the sign-in for each part.
fn answered(error: &GraphError) -> Option<u16> {
    match error {
        GraphError::Http(_) | GraphError::Throttled(_) => error.status(),
        _ => None,
    }
}

/// Whether the same write may go through later.
fn is_passing(error: &GraphError) -> bool {
    matches!(error, GraphError::Throttled(_) | GraphError::Connect(_)) || answered(error) == Some(429)
}

/// Whether Graph refused what was to be written, and not who writes or where.
fn is_about_the_body(error: &GraphError) -> bool {
    matches!(answered(error), Some(400 | 409 | 413 | 422))
}
