//! Who is meant: everybody, nobody, or the users and groups named.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value, json};

use super::read::Node;
use super::{InvalidPolicy, ObjectId, ScopeChange};

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
    /// Everybody.
    All,
    /// Nobody.
    None,
    /// These users and the members of these groups.
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
    /// Whether nobody is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }
}

impl Membership {
    /// The members, when it is a selection.
    #[must_use]
    pub const fn members(&self) -> Option<&Members> {
        match self {
            Self::Selected(members) => Some(members),
            _ => None,
        }
    }

    /// What `change` makes of `current`.
    pub(super) fn changed(current: Option<&Self>, change: ScopeChange) -> Self {
        match change {
            ScopeChange::All => Self::All,
            ScopeChange::None => Self::None,
            ScopeChange::Selected { users, groups } => {
                let now = current.and_then(Self::members);
                let kept = |of: fn(&Members) -> &BTreeSet<ObjectId>| {
                    now.map(|members| of(members).clone()).unwrap_or_default()
                };
                Self::Selected(Members {
                    users: users.unwrap_or_else(|| kept(|members| &members.users)),
                    groups: groups.unwrap_or_else(|| kept(|members| &members.groups)),
                })
            }
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
        Ok(Some(if same_type(type_name, ALL) {
            Self::All
        } else if same_type(type_name, NONE) {
            Self::None
        } else if same_type(type_name, SELECTED) {
            Self::Selected(Members {
                users: read_ids(&node.property(USERS)?)?,
                groups: read_ids(&node.property(GROUPS)?)?,
            })
        } else {
            Self::Other(type_name.to_owned())
        }))
    }

    /// Writes the membership over what a policy had. Properties that we do not know stay: should one of them not belong
    /// to the new type, Graph says so; had we dropped it, nobody would.
    pub(super) fn write(&self, place: &mut Value) {
        let type_name = match self {
            Self::All => ALL,
            Self::None => NONE,
            Self::Selected(_) => SELECTED,
            Self::Other(_) => return,
        };
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Some(object) = place.as_object_mut() else {
            return;
        };
        object.insert(TYPE.to_owned(), Value::from(type_name));
        if let Self::Selected(members) = self {
            write_ids(object, USERS, &members.users);
            write_ids(object, GROUPS, &members.groups);
        } else {
            object.remove(USERS);
            object.remove(GROUPS);
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
        ids.extend(element.text()?.map(ObjectId::from_graph));
    }
    Ok(ids)
}

/// Writes `ids` over the list that was there: what stays keeps its place and spelling, what is new comes after.
fn write_ids(object: &mut Map<String, Value>, name: &str, ids: &BTreeSet<ObjectId>) {
    let before = object.remove(name);
    let mut missing = ids.clone();
    let mut list: Vec<Value> = Vec::with_capacity(ids.len());
    for item in before.as_ref().and_then(Value::as_array).into_iter().flatten() {
        if let Some(id) = item.as_str()
            && missing.remove(&ObjectId::from_graph(id))
        {
            list.push(item.clone());
        }
    }
    list.extend(missing.iter().map(|id| json!(id.as_str())));
    object.insert(name.to_owned(), Value::Array(list));
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
