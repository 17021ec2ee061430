//! The people whom a setting means: all, none, or the users and groups named.
//!
//! A selection that names no user and no group was documented as invalid, and no public example has one. Invariant: none
//! is ever read or written; the policy says [`Membership::None`] instead, which means the same.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::value::RawValue;

use super::object::{Object, quoted};
use super::read::Node;
use super::{InvalidPolicy, ObjectId};

const TYPE: &str = "@odata.type";
const USERS: &str = "users";
const GROUPS: &str = "groups";
/// The spellings that we write (<https://learn.microsoft.com/graph/api/resources/deviceregistrationmembership>).
const ALL: &str = "#microsoft.graph.allDeviceRegistrationMembership";
const NONE: &str = "#microsoft.graph.noDeviceRegistrationMembership";
const SELECTED: &str = "#microsoft.graph.enumeratedDeviceRegistrationMembership";

/// Who is meant by a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// All users.
    All,
    /// No user.
    None,
    /// These users and the members of these groups; at least one is named in a policy.
    Selected(Members),
    /// A type that we do not know, as its `@odata.type` came. It is left as it is until it is set to something else.
    Other(String),
}

/// The users and groups of a selection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// The users.
    pub users: BTreeSet<ObjectId>,
    /// The groups, whose members are meant.
    pub groups: BTreeSet<ObjectId>,
}

impl Members {
    /// Returns whether no user and no group is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }
}

impl Membership {
    /// These members; [`Membership::None`] without any.
    #[must_use]
    pub fn selected(members: Members) -> Self {
        if members.is_empty() {
            Self::None
        } else {
            Self::Selected(members)
        }
    }

    /// The members, when it is a selection.
    #[must_use]
    pub const fn members(&self) -> Option<&Members> {
        match self {
            Self::Selected(members) => Some(members),
            _ => None,
        }
    }

    /// The membership at `node`; none when it is absent or null.
    pub(super) fn read(node: &Node<'_>) -> Result<Option<Self>, InvalidPolicy> {
        if node.object()?.is_none() {
            return Ok(None);
        }
        let type_node = node.property(TYPE)?;
        let Some(type_name) = type_node.text()? else {
            return Err(type_node.wrong("the type of the membership", "nothing"));
        };
        Ok(Some(if same_type(&type_name, ALL) {
            Self::All
        } else if same_type(&type_name, NONE) {
            Self::None
        } else if same_type(&type_name, SELECTED) {
            Self::selected(Members {
                users: read_ids(&node.property(USERS)?)?,
                groups: read_ids(&node.property(GROUPS)?)?,
            })
        } else {
            Self::Other(type_name)
        }))
    }

    /// The JSON of the membership, written over what a policy had. Properties that we do not know stay: should one of them
    /// not belong to the new type, Graph says so; dropped, it would be lost in silence.
    pub(super) fn write(&self, before: Option<&str>) -> String {
        let mut object = before.and_then(Object::parse).unwrap_or_default();
        if let Some(type_name) = self.type_name() {
            object.set(TYPE, quoted(type_name));
        }
        if let Self::Selected(members) = self {
            for (name, ids) in [(USERS, &members.users), (GROUPS, &members.groups)] {
                let list = write_ids(object.get(name), ids);
                object.set(name, list);
            }
        } else {
            object.retain(|name| name != USERS && name != GROUPS);
        }
        object.to_string()
    }

    /// The JSON of the membership as it came, but for what Graph may refuse: a known type in another spelling, or a
    /// selection of no member.
    pub(super) fn corrected(&self, before: &str) -> String {
        let mut object = Object::parse(before).unwrap_or_default();
        let found: Option<String> = object.get(TYPE).and_then(|name| serde_json::from_str(name).ok());
        match (self.type_name(), found) {
            (Some(documented), Some(found)) if found != documented => {
                if !same_type(&found, documented) {
                    return self.write(Some(before));
                }
                object.set(TYPE, quoted(documented));
                object.to_string()
            }
            _ => before.to_owned(),
        }
    }

    /// The documented `@odata.type`; none for a type that we do not know.
    const fn type_name(&self) -> Option<&'static str> {
        match self {
            Self::All => Some(ALL),
            Self::None => Some(NONE),
            Self::Selected(_) => Some(SELECTED),
            Self::Other(_) => None,
        }
    }
}

/// Types are compared without case and without `#`: both vary in what tenants answer.
fn same_type(found: &str, known: &str) -> bool {
    let bare = |name: &str| name.trim_start_matches('#').to_ascii_lowercase();
    bare(found) == bare(known)
}

fn read_ids(node: &Node<'_>) -> Result<BTreeSet<ObjectId>, InvalidPolicy> {
    let mut ids = BTreeSet::new();
    for element in node.elements()? {
        ids.extend(element.text()?.map(|id| ObjectId::from_graph(&id)));
    }
    Ok(ids)
}

/// The JSON of a list, written over the one that was there: what stays keeps its place and spelling, what is new comes
/// after.
fn write_ids(before: Option<&str>, ids: &BTreeSet<ObjectId>) -> String {
    let before: Vec<&RawValue> = before
        .and_then(|list| serde_json::from_str(list).ok())
        .unwrap_or_default();
    let mut missing = ids.clone();
    let mut list: Vec<String> = Vec::with_capacity(ids.len());
    for item in before {
        if let Ok(id) = serde_json::from_str::<String>(item.get())
            && missing.remove(&ObjectId::from_graph(&id))
        {
            list.push(item.get().to_owned());
        }
    }
    list.extend(missing.iter().map(|id| quoted(id.as_str())));
    format!("[{}]", list.join(","))
}

impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::None => f.write_str("none"),
            Self::Selected(members) => write!(
                f,
                "selected ({}, {})",
                Counted(members.users.len(), "user"),
                Counted(members.groups.len(), "group")
            ),
            Self::Other(type_name) => write!(f, "the unknown type {type_name:?}"),
        }
    }
}

/// A number of things, in words.
struct Counted(usize, &'static str);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}
