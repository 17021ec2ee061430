//! What the model of Terraform's core keeps: configuration, state, plan.

use std::collections::BTreeMap;

use serde_json::Value;

use super::tenant::Leaves;
use super::wire::Said;

/// A resource block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) type_name: &'static str,
    pub(super) config: Value,
    pub(super) ignore: Vec<&'static str>,
    pub(super) create_first: bool,
}

/// A configuration: blocks by address.
pub(super) type Configuration = BTreeMap<String, Block>;

/// A resource object in the state.
#[derive(Clone, Debug)]
pub(super) struct Object {
    /// A number that tells it from all others.
    pub(super) number: u32,
    pub(super) type_name: &'static str,
    pub(super) value: Value,
    pub(super) private: Vec<u8>,
    pub(super) tainted: bool,
}

/// A state.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) current: BTreeMap<String, Object>,
    /// Objects that a create-first replacement has left, with their address.
    pub(super) deposed: Vec<(String, Object)>,
    /// The number of the next object.
    pub(super) next: u32,
}

impl State {
    /// Every object.
    pub(super) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.current
            .values()
            .chain(self.deposed.iter().map(|(_, object)| object))
    }
}

/// The action of a change.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Action {
    NoOp,
    Create,
    Update,
    DestroyFirst,
    CreateFirst,
    Destroy,
}

/// A change of one address.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) action: Action,
    /// The plan of the create or the update; null for a destroy.
    pub(super) planned: Value,
    pub(super) private: Vec<u8>,
    /// The configuration of the plan: with what ignore_changes does to it.
    pub(super) config: Value,
}

/// A plan.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) state: State,
    pub(super) changes: BTreeMap<String, Change>,
    /// The tenant when the plan was made.
    pub(super) seen: Leaves,
}

impl Plan {
    /// The changes that do something.
    pub(super) fn effective(&self) -> impl Iterator<Item = (&String, &Change)> {
        self.changes.iter().filter(|(_, change)| change.action != Action::NoOp)
    }
}

/// One ApplyResourceChange, as the checks see it.
pub(super) struct Step<'a> {
    /// The object before it, absent for a create.
    pub(super) prior: Option<&'a Object>,
    /// The object that comes of it, absent where there is none.
    pub(super) object: Option<&'a Object>,
    /// The object that a create replaces.
    pub(super) replaces: Option<&'a Object>,
    /// The plan of the plan phase, for the destroy half of a replacement the create's; null where there is none.
    pub(super) planned: &'a Value,
    /// The configuration of the plan.
    pub(super) config: &'a Value,
    pub(super) action: Action,
    pub(super) destroys: bool,
    /// Whether it is the destroy half of a replacement.
    pub(super) is_half: bool,
    /// The other objects in the state, and those that were there when the plan was made.
    pub(super) others: Vec<Object>,
    pub(super) seen: &'a Leaves,
    pub(super) before: Leaves,
    pub(super) after: Leaves,
    pub(super) wrote: bool,
    pub(super) said: &'a [Said],
}

impl Step<'_> {
    pub(super) fn failed(&self) -> bool {
        self.said.iter().any(|said| said.is_error)
    }
}
