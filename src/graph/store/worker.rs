//! The worker: gathers edits, reads, runs them, writes once, reads back, answers.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::batch::Batch;
use super::effects::Effects;
use super::error::Mismatch;
use super::read_back::{Outcome, Wrote};
use super::{EditError, Shared};
use crate::graph::GraphError;
use crate::graph::policy::Policy;
use crate::graph::retry::Cause;

/// A batch is complete when no edit has arrived for this long, or [`PARALLELISM`] are there.
const WINDOW: Duration = Duration::from_millis(25);
/// The number of times that a batch is run because of another writer.
const ROUNDS: u32 = 8;
/// The number of edits that arrive together: Terraform's default `-parallelism`
/// (<https://developer.hashicorp.com/terraform/cli/commands/apply#parallelism-n>).
const PARALLELISM: usize = 10;

/// The task that works as long as callers wait.
pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) batch: Batch,
    /// Parts of a batch that Graph refused as a whole.
    parts: Vec<Batch>,
    tries: Tries,
    /// Whether the shared state says that there is a worker, meaning this one.
    on_duty: bool,
}

/// The tries of one batch.
#[derive(Default)]
struct Tries {
    /// Whether it was not tried yet: edits that arrive still join it.
    is_new: bool,
    /// The policy to run it on without another read.
    base: Option<Arc<Policy>>,
    /// The number of writes since it was last overwritten.
    attempts: u32,
    /// The time waited between those.
    waited: Duration,
    /// The number of times that another writer was noticed.
    rounds: u32,
    /// Whether Graph has refused the token of its write.
    unauthorized: bool,
    /// Whether something failed, so that what another writer overwrote is not put back with it.
    alone: bool,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            batch: Batch::default(),
            parts: Vec::new(),
            tries: Tries::default(),
            on_duty: true,
        }
    }

    pub(super) async fn run(mut self) {
        while self.has_work() {
            self.round().await;
        }
    }

    /// Sees that there is a batch with callers who wait: what is left of the last one, a part of it, or the queue. When
    /// there is none the worker is off duty, and the next edit starts another.
    fn has_work(&mut self) -> bool {
        self.batch.drop_left();
        while self.batch.is_empty() {
            let part = self.parts.pop();
            let mut state = self.shared.state();
            state.trouble = None;
            self.tries = Tries {
                is_new: part.is_none(),
                ..Tries::default()
            };
            match part {
                Some(part) => self.batch = part,
                None if state.queue.is_empty() => {
                    state.working = false;
                    self.on_duty = false;
                    return false;
                }
                None => self.batch.take(std::mem::take(&mut state.queue)),
            }
            self.batch.drop_left();
        }
        true
    }

    /// One round: read, run, write, read back, answer.
    async fn round(&mut self) {
        let Some(base) = self.base().await else {
            return;
        };
        if std::mem::take(&mut self.tries.is_new) {
            let queue = std::mem::take(&mut self.shared.state().queue);
            self.batch.take(queue);
        }
        let base = match base {
            Ok(base) => base,
            Err(error) => {
                let trouble = self.shared.state().trouble.clone();
                return self.batch.fail_all(&error.preceded_by(trouble));
            }
        };
        let mut next = (*base).clone();
        let restored = !self.tries.alone && self.shared.state().written.put_back(&mut next);
        {
            // A caller who leaves looks under the same lock whether its edit is part of the write.
            let _state = self.shared.state();
            self.batch.mark_sent();
            self.batch.drop_left();
        }
        let done = self.batch.run(&base, &mut next);
        self.hold(done);
        if next.differing(&base).is_empty() {
            let done = self.batch.accept_all(&base);
            self.hold(done);
        } else if !self.batch.is_empty() {
            self.write(base, next, restored).await;
        }
    }

    /// The policy to base a write on, read after edits that are about to arrive have joined. None when every caller has left.
    async fn base(&mut self) -> Option<Result<Arc<Policy>, GraphError>> {
        if let Some(base) = self.tries.base.take() {
            return Some(Ok(base));
        }
        let (shared, deadline) = (Arc::clone(&self.shared), self.batch.deadline());
        let (is_new, taken) = (self.tries.is_new, self.batch.len());
        let gather_and_read = async {
            let is_full = || taken + shared.state().queue.len() >= PARALLELISM;
            while is_new && !is_full() && timeout(WINDOW, shared.arrival.notified()).await.is_ok() {}
            shared.settled(&deadline).await
        };
        self.while_awaited(gather_and_read).await
    }

    /// Writes, reads back, and answers.
    async fn write(&mut self, base: Arc<Policy>, next: Policy, restored: bool) {
        let body = match next.put_body() {
            Ok(body) => body,
            Err(incomplete) => {
                self.batch.mark_not_sent();
                return self.fail(&base, |_| EditError::Incomplete(incomplete.clone()));
            }
        };
        self.tries.attempts += 1;
        self.shared.state().written.begin_write();
        self.shared.forget_reads();
        let answer = self.shared.transport.replace(body, &self.batch.deadline()).await;
        self.shared.forget_reads();
        let wrote = Wrote {
            effects: Effects::between(&base, &next),
            base,
            next,
            answer: answer.map(|text| Policy::parse(&text).ok()),
        };
        let outcome = match &wrote.answer {
            Err(error) if !error.may_have_applied() => self.refused(error, restored),
            answer => {
                {
                    let mut state = self.shared.state();
                    state.written.sent(wrote.effects.clone());
                    state.trouble = answer.as_ref().err().map(ToString::to_string);
                }
                self.batch.mark_written();
                self.read_back(&wrote).await
            }
        };
        self.conclude(&wrote, outcome).await;
    }

    /// Graph refused the write or never got it: nothing was written.
    fn refused(&mut self, error: &GraphError, restored: bool) -> Outcome {
        self.batch.mark_not_sent();
        // The sign-in before a write has a status too when it fails, which says nothing about what was to be written.
        let status = match error {
            GraphError::Http(_) | GraphError::Throttled(_) => error.status(),
            _ => None,
        };
        let is_about_the_body = matches!(status, Some(400 | 409 | 413 | 422)) && self.batch.effective() > 0;
        if matches!(error, GraphError::Throttled(_) | GraphError::Connect(_)) || status == Some(429) {
            return Outcome::Failed(error.clone());
        } else if status == Some(401) && !std::mem::replace(&mut self.tries.unauthorized, true) {
            // The client has got another token meanwhile, which took its time: read again.
        } else if is_about_the_body && restored {
            // Perhaps it is about what was put back, which is not the fault of these edits.
            self.tries.alone = true;
        } else if is_about_the_body && self.batch.effective() > 1 {
            self.parts.push(self.batch.divide());
        } else {
            return Outcome::Final(error.clone());
        }
        Outcome::Open
    }

    /// Answers the callers for whom the outcome is final. The others stay for another round.
    async fn conclude(&mut self, wrote: &Wrote, outcome: Outcome) {
        let is_read_back = matches!(
            outcome,
            Outcome::Visible(_) | Outcome::Ignored(_) | Outcome::Overwritten(_)
        );
        self.shared.state().written.end_write(is_read_back);
        let mismatch = |effects: &Effects, found: &Policy| Mismatch::of(effects.missing_in(found), &wrote.next, found);
        match outcome {
            Outcome::Open => {}
            Outcome::Visible(found) => {
                self.shared.has_read(&found);
                if found.differing(&wrote.next).is_empty() || !self.another_round() {
                    let done = self.batch.accept_all(&found);
                    self.hold(done);
                } else {
                    // Another writer has changed something else meanwhile: what an edit found as it wants may be gone. The
                    // edits run again on what was read; those that change nothing there are done.
                    self.tries.base = Some(found);
                }
            }
            Outcome::Ignored(found) => self.fail(&found, |effects| EditError::Ignored {
                settings: mismatch(effects, &found),
                found: Arc::clone(&found),
            }),
            Outcome::Overwritten(found) => {
                (self.tries.attempts, self.tries.waited) = (0, Duration::ZERO);
                if !self.another_round() {
                    self.fail(&found, |effects| EditError::Overwritten {
                        settings: mismatch(effects, &found),
                        found: Arc::clone(&found),
                    });
                }
            }
            Outcome::Failed(error) => {
                if let Err(error) = self.try_again(error).await {
                    self.fail(&wrote.base, |_| EditError::Graph(error.clone()));
                }
            }
            Outcome::Final(error) => self.fail(&wrote.base, |_| EditError::Graph(error.clone())),
        }
    }

    /// Returns whether the batch may be run again because of another writer.
    fn another_round(&mut self) -> bool {
        self.tries.rounds += 1;
        self.tries.rounds < ROUNDS
    }

    /// Waits until the write may be tried again. When it may not, the error with all that was tried.
    async fn try_again(&mut self, error: GraphError) -> Result<(), GraphError> {
        let cause = match &error {
            GraphError::Throttled(throttled) => Cause::Busy { asked: throttled.asked },
            _ => Cause::Connection,
        };
        let left = self.batch.deadline().remaining();
        let retries = self.tries.attempts.saturating_sub(1);
        let wait = match self.shared.retry.next(cause, retries, left) {
            Ok(wait) => wait,
            Err(refused) => return Err(error.after(self.tries.attempts, self.tries.waited, refused)),
        };
        self.tries.waited += wait;
        self.shared.state().trouble = Some(error.to_string());
        self.while_awaited(tokio::time::sleep(wait)).await;
        Ok(())
    }

    /// Fails the edits whose effects `shown`, the latest state, does not show. The others go on without putting back what
    /// another writer overwrote: that must not fail them too.
    fn fail(&mut self, shown: &Arc<Policy>, failure: impl Fn(&Effects) -> EditError<Infallible>) {
        self.tries.alone = true;
        let done = self.batch.accept_visible(shown);
        self.hold(done);
        self.batch.fail_effective(failure);
    }

    /// Holds the effects of edits whose callers were told that they are done.
    fn hold(&self, done: Vec<Effects>) {
        let mut state = self.shared.state();
        done.into_iter().for_each(|effects| state.written.hold(effects));
    }

    /// Awaits `work` as long as a caller waits for the batch.
    pub(super) async fn while_awaited<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = poll_fn(|context| self.batch.poll_left(context)) => None,
            output = work => Some(output),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.on_duty {
            // The runtime ends, or a closure panicked. The callers hear it by the end of their channels.
            let mut state = self.shared.state();
            state.working = false;
            let abandoned = std::mem::take(&mut state.queue);
            drop(state);
            drop(abandoned);
        }
    }
}
