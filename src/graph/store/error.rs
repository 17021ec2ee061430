//! Why an edit did not happen, or cannot be said to have happened.

use std::convert::Infallible;
use std::fmt;

use crate::graph::GraphError;
use crate::graph::policy::{IncompletePolicy, Policy, Setting, SettingValue};

/// Why an edit failed. `E` is what its closure refuses with.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EditError<E> {
    /// The closure refused. Nothing of this edit was written; had an earlier run of it been, then another writer has
    /// overwritten that since and the closure refuses what is there now.
    #[error("{0}")]
    Rejected(E),
    /// A request failed, the time ran out or the operation was interrupted. Nothing of this edit was written.
    #[error("{0}")]
    Graph(GraphError),
    /// The write was sent, and nothing says whether it took effect: its answer was lost, the policy could not be read
    /// after it, or the time ran out.
    #[error("{0}; the policy may have been written all the same")]
    Unconfirmed(GraphError),
    /// The tenant's policy lacks something that a write needs. Nothing was written.
    #[error("{0}")]
    Incomplete(IncompletePolicy),
    /// Graph accepted the write, and the policy still does not show what was asked.
    #[error("Graph accepted the write, but the policy does not show it: {}", Listed(.settings))]
    Ignored {
        /// The settings that do not show it, and what they show.
        settings: Vec<Mismatch>,
    },
    /// Another writer overwrote the edit as often as it was made.
    #[error("another writer keeps overwriting the policy: {}", Listed(.settings))]
    Overwritten {
        /// The settings that do not show what was asked, and what they show.
        settings: Vec<Mismatch>,
    },
}

/// A setting that does not show what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The setting.
    pub setting: Setting,
    /// What was written; nothing when the policy has no value for the setting.
    pub asked: Option<SettingValue>,
    /// What was read back.
    pub found: Option<SettingValue>,
}

impl Mismatch {
    pub(super) fn of(settings: &[Setting], asked: &Policy, found: &Policy) -> Vec<Self> {
        let mismatch = |setting: &Setting| Self {
            setting: *setting,
            asked: asked.value(*setting),
            found: found.value(*setting),
        };
        settings.iter().map(mismatch).collect()
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: asked ", self.setting)?;
        optional(f, self.asked.as_ref())?;
        f.write_str(", found ")?;
        optional(f, self.found.as_ref())
    }
}

fn optional(f: &mut fmt::Formatter<'_>, value: Option<&SettingValue>) -> fmt::Result {
    match value {
        Some(value) => fmt::Display::fmt(value, f),
        None => f.write_str("no known value"),
    }
}

struct Listed<'a>(&'a [Mismatch]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mismatch) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            fmt::Display::fmt(mismatch, f)?;
        }
        Ok(())
    }
}

impl EditError<Infallible> {
    /// The same error for a closure that can refuse.
    pub(super) fn widen<E>(self) -> EditError<E> {
        match self {
            Self::Rejected(never) => match never {},
            Self::Graph(error) => EditError::Graph(error),
            Self::Unconfirmed(error) => EditError::Unconfirmed(error),
            Self::Incomplete(incomplete) => EditError::Incomplete(incomplete),
            Self::Ignored { settings } => EditError::Ignored { settings },
            Self::Overwritten { settings } => EditError::Overwritten { settings },
        }
    }
}
