//! The cases: what is disturbed, by what, and when.

use std::fmt;

/// An operation on the settings resource. All but [`Operation::Create`] start from an applied one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Operation {
    Create,
    Update,
    /// `-replace`, with a configuration that has changed too.
    Replace,
    /// The same after `terraform taint`.
    ReplaceTainted,
    Destroy,
}

impl Operation {
    pub(super) const ALL: [Self; 5] = [
        Self::Create,
        Self::Update,
        Self::Replace,
        Self::ReplaceTainted,
        Self::Destroy,
    ];
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::ReplaceTainted => "replace tainted",
            Self::Destroy => "destroy",
        })
    }
}

/// A disturbance of an operation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Disturbance {
    /// For comparison, and to measure how long the operation takes.
    None,
    KillPlugin,
    KillTerraform,
    Interrupt,
    InterruptTwice,
    /// A fault of every read.
    Read(Fault),
    /// A fault of every read from the write on.
    ReadBack(Fault),
    /// Reads that do not show the write until the operation's time is over.
    Stale,
    /// Reads that do not show the write until it counts as ignored.
    StaleForLong,
}

impl Disturbance {
    const SUDDEN: [Self; 4] = [
        Self::KillPlugin,
        Self::KillTerraform,
        Self::Interrupt,
        Self::InterruptTwice,
    ];

    /// Whether Terraform may end before it has stored what the provider answered, or without an answer.
    pub(super) const fn may_lose_the_answer(self) -> bool {
        matches!(self, Self::KillPlugin | Self::KillTerraform | Self::InterruptTwice)
    }

    /// Whether the operation is to fail, as the disturbance does not end before it.
    pub(super) const fn lasts(self) -> bool {
        matches!(
            self,
            Self::Read(_) | Self::ReadBack(_) | Self::Stale | Self::StaleForLong
        )
    }
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::KillPlugin => "kill the plugin",
            Self::KillTerraform => "kill Terraform",
            Self::Interrupt => "Ctrl-C",
            Self::InterruptTwice => "Ctrl-C twice",
            Self::Read(Fault::Error) => "reads: 500",
            Self::Read(Fault::Forbidden) => "reads: 403",
            Self::Read(Fault::Html) => "reads: HTML",
            Self::Read(Fault::Truncated) => "reads: truncated",
            Self::ReadBack(Fault::Error) => "read-back: 500",
            Self::ReadBack(Fault::Forbidden) => "read-back: 403",
            Self::ReadBack(Fault::Html) => "read-back: HTML",
            Self::ReadBack(Fault::Truncated) => "read-back: truncated",
            Self::Stale => "read-back: stale until the timeout",
            Self::StaleForLong => "read-back: stale for long",
        })
    }
}

/// A fault that lasts until it is cleared: one that passes is retried.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Fault {
    Error,
    Forbidden,
    Html,
    Truncated,
}

impl Fault {
    const ALL: [Self; 4] = [Self::Error, Self::Forbidden, Self::Html, Self::Truncated];
}

/// The moment of a disturbance.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Moment {
    /// Terraform has not started.
    Start,
    /// The apply's first read has arrived at the tenant.
    Read,
    /// The write has arrived, and has not taken effect.
    BeforeWrite,
    /// The write has taken effect, and is not answered.
    AfterWrite,
    /// The read-back has arrived, and is not answered.
    BeforeReadBack,
    /// The read-back is answered.
    AfterReadBack,
    /// A share, in percent, of the time between the apply's first request and its end.
    Share(u32),
}

impl Moment {
    const PINNED: [Self; 5] = [
        Self::Read,
        Self::BeforeWrite,
        Self::AfterWrite,
        Self::BeforeReadBack,
        Self::AfterReadBack,
    ];
}

/// One case.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Case {
    pub(super) operation: Operation,
    pub(super) disturbance: Disturbance,
    pub(super) moment: Moment,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {} / {:?}", self.operation, self.disturbance, self.moment)
    }
}

/// So many cases, always the same ones. Fewer than 200 are a sample of those.
pub(super) fn cases(count: usize) -> Vec<Case> {
    let mut all = Vec::new();
    for operation in Operation::ALL {
        let case = |disturbance, moment| Case {
            operation,
            disturbance,
            moment,
        };
        all.extend(Fault::ALL.map(|fault| case(Disturbance::Read(fault), Moment::Start)));
        all.extend(Fault::ALL.map(|fault| case(Disturbance::ReadBack(fault), Moment::BeforeWrite)));
        all.extend([Disturbance::Stale, Disturbance::StaleForLong].map(|stale| case(stale, Moment::Start)));
        for disturbance in Disturbance::SUDDEN {
            all.extend(Moment::PINNED.map(|moment| case(disturbance, moment)));
        }
    }
    for turn in 0..count.max(200) - all.len() {
        all.push(Case {
            operation: Operation::ALL[turn % 5],
            disturbance: Disturbance::SUDDEN[turn / 5 % 4],
            // Multiples of the golden ratio leave no gap and no cluster, however many there are.
            moment: Moment::Share((turn * 618 % 1_000 / 10) as u32),
        });
    }
    // A prime stride visits every case once, in an order in which any first few differ.
    const STRIDE: usize = 89;
    (0..count).map(|turn| all[turn * STRIDE % all.len()]).collect()
}
