//! What Terraform keeps of a member.

use serde::{Deserialize, Serialize};
use tf_provider::value::Value;

use crate::graph::directory::Kind;
use crate::graph::policy::ObjectId;
use crate::members::List;
use crate::timeouts::Timeouts;

/// The attributes of `autopilot_device_join_member`: configuration, plan and state alike.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct MemberState {
    /// `<list>/<type>/<object id>`.
    pub id: Value<String>,
    /// The tenant whose list it is.
    pub tenant_id: Value<String>,
    /// `join`, `local_admin` or `register`.
    pub list: Value<String>,
    /// The object id of the user or group.
    pub object_id: Value<String>,
    /// `user` or `group`.
    #[serde(rename = "type")]
    pub kind: Value<String>,
    /// How long each operation may take.
    pub timeouts: Value<Timeouts>,
}

/// What is remembered beside the attributes, from a plan to its apply.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// Whether the plan has checked the member, or found that it need not.
    pub checked: bool,
    /// How many members the list had when the plan was made that removes this one, and does not replace it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<usize>,
}

impl Private {
    /// Of a plan that adds a member.
    pub const fn adding(checked: bool) -> Self {
        Self { checked, of: None }
    }

    /// Of a plan that removes one of so many, if that is known.
    pub const fn removing(of: Option<usize>) -> Self {
        Self { checked: true, of }
    }
}

/// A member, whole and known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Of which list.
    pub list: List,
    /// What it is.
    pub kind: Kind,
    /// Which one.
    pub id: ObjectId,
}

impl Member {
    /// The resource's id, and its import id.
    pub fn resource_id(&self) -> String {
        format!("{}/{}/{}", self.list.as_str(), self.kind, self.id)
    }

    /// The member with this id.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let member = Self {
            list: List::parse(parts.next()?)?,
            kind: Kind::parse(parts.next()?)?,
            id: ObjectId::parse(parts.next()?).ok()?,
        };
        parts.next().is_none().then_some(member)
    }
}

impl MemberState {
    /// The list, with the default where none is given; none while it is not known or not valid.
    pub fn list(&self) -> Option<List> {
        match &self.list {
            Value::Null => Some(List::Join),
            Value::Value(name) => List::parse(name),
            Value::Unknown => None,
        }
    }

    /// The object id, once it is known and valid.
    pub fn object_id(&self) -> Option<ObjectId> {
        ObjectId::parse(self.object_id.as_ref().as_option()?).ok()
    }

    /// What the member is said to be, when it is.
    pub fn kind(&self) -> Option<Kind> {
        Kind::parse(self.kind.as_ref().as_option()?)
    }

    /// The member, once all of it is known.
    pub fn member(&self) -> Option<Member> {
        Some(Member {
            list: self.list()?,
            kind: self.kind()?,
            id: self.object_id()?,
        })
    }

    /// Fills in what follows from the member.
    pub fn set_member(&mut self, member: &Member) {
        self.id = Value::Value(member.resource_id());
        self.list = Value::Value(member.list.as_str().to_owned());
        self.kind = Value::Value(member.kind.as_str().to_owned());
        self.object_id = Value::Value(member.id.as_str().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "8A1f0b5e-3d3c-4c61-9a53-0f1f5f3d2a10";

    #[test]
    fn an_id_leads_back_to_its_member() {
        for list in List::ALL {
            for kind in Kind::ALL {
                let id = ObjectId::parse(ID).unwrap();
                let member = Member { list, kind, id };
                assert_eq!(Member::parse(&member.resource_id()), Some(member));
            }
        }
    }

    #[test]
    fn what_is_no_member_is_refused() {
        for wrong in [
            String::new(),
            ID.to_owned(),
            format!("join/{ID}"),
            format!("join/group/{ID}/"),
            format!("Join/group/{ID}"),
            format!("join/device/{ID}"),
            "join/group/ops@contoso.com".to_owned(),
        ] {
            assert_eq!(Member::parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_state_is_a_member_once_all_of_it_is_known() {
        let mut state = MemberState {
            object_id: Value::Value(ID.to_owned()),
            ..MemberState::default()
        };
        assert_eq!(state.list(), Some(List::Join));
        assert_eq!(state.member(), None);
        state.kind = Value::Value("group".to_owned());
        let member = state.member().unwrap();
        state.set_member(&member);
        assert_eq!(state.id, Value::Value(format!("join/group/{ID}")));
        state.list = Value::Unknown;
        assert_eq!(state.member(), None);
    }
}
