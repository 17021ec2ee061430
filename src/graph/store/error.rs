//! Errors of an edit: that it did not happen, or cannot be said to have happened.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use crate::graph::GraphError;
use crate::graph::policy::{IncompletePolicy, Policy, Setting, SettingValue};

/// The reason why an edit failed. `E` is the type of its closure's refusals.
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
    #[error("Graph accepted the write, but the policy does not show it: {}", listed(.settings))]
    Ignored {
        /// The settings that do not show it, and what they show.
        settings: Vec<Mismatch>,
        /// The policy that was read back.
        found: Arc<Policy>,
    },
    /// Another writer overwrote the edit as often as it was made.
    #[error("another writer keeps overwriting the policy: {}", listed(.settings))]
    Overwritten {
        /// The settings that do not show what was asked, and what they show.
        settings: Vec<Mismatch>,
        /// The policy that was read back.
        found: Arc<Policy>,
    },
}

/// A setting that does not show what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The setting.
    pub setting: Setting,
    /// The value that was written; none when the policy has no value for the setting.
    pub asked: Option<SettingValue>,
    /// The value that was read back.
    pub found: Option<SettingValue>,
}

impl Mismatch {
    pub(super) fn of(settings: impl IntoIterator<Item = Setting>, asked: &Policy, found: &Policy) -> Vec<Self> {
        let mismatch = |setting| Self {
            setting,
            asked: asked.value(setting),
            found: found.value(setting),
        };
        settings.into_iter().map(mismatch).collect()
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<SettingValue>| match value {
            Some(value) => value.to_string(),
            None => "no known value".to_owned(),
        };
        write!(
            f,
            "{}: asked {}, found {}",
            self.setting,
            shown(&self.asked),
            shown(&self.found)
        )
    }
}

fn listed(settings: &[Mismatch]) -> String {
    let texts: Vec<_> = settings.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

impl EditError<Infallible> {
    /// The same error for a closure that can refuse.
    pub(super) fn widen<E>(self) -> EditError<E> {
        match self {
            Self::Rejected(never) => match never {},
            Self::Graph(error) => EditError::Graph(error),
            Self::Unconfirmed(error) => EditError::Unconfirmed(error),
            Self::Incomplete(incomplete) => EditError::Incomplete(incomplete),
            Self::Ignored { settings, found } => EditError::Ignored { settings, found },
            Self::Overwritten { settings, found } => EditError::Overwritten { settings, found },
        }
    }
}
