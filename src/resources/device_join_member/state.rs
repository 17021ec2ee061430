//! What Terraform keeps of a member: its attributes and its private data.

use serde::{Deserialize, Serialize};
use tf_provider::schema::{AttributeConstraint, AttributeType, Schema};
use tf_provider::value::Value;
use uuid::Uuid;

use crate::graph::directory::Kind;
use crate::graph::policy::ObjectId;
use crate::members::List;
use crate::ownership::Item;
use crate::settings::schema::{self, attribute, named};
use crate::timeouts::{self, Timeouts};

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

/// What is remembered beside the attributes.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// This resource object, once it was applied or imported.
    pub object: Option<Uuid>,
    /// Whether a younger object held the member when this one was last read: a destroy leaves it.
    pub superseded: bool,
    /// In a plan: what its apply needs to know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// What an apply needs to know of its plan. Terraform hands the destroy half of a replacement the private data of the
/// *create*, so the variant tells which of the two it is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// The member is to be added.
    Create(CreatePlan),
    /// The member is to be removed.
    Destroy,
}

/// The plan of a create.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreatePlan {
    /// The member's list and object id, once they are known.
    pub names: Option<(String, String)>,
    /// The member's type, once it was checked or need not be.
    pub checked: Option<String>,
    /// Whether the member is a group so new that its users may still be missing.
    pub awaiting: bool,
    /// The object that this one replaces, if its private data came with the plan.
    pub replaces: Option<Uuid>,
}

/// A member, whole and known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The list that it is in.
    pub list: List,
    /// Whether it is a user or a group.
    pub kind: Kind,
    /// Its object id.
    pub id: ObjectId,
}

impl Member {
    /// The resource's id, which is also its import id.
    pub fn resource_id(&self) -> String {
        format!("{}/{}/{}", self.list.as_str(), self.kind, self.id)
    }

    /// The member with this resource id.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let member = Self {
            list: List::parse(parts.next()?)?,
            kind: Kind::parse(parts.next()?)?,
            id: ObjectId::parse(parts.next()?).ok()?,
        };
        parts.next().is_none().then_some(member)
    }

    /// The member among what resource objects hold.
    pub fn item(&self) -> Item {
        Item::Member(self.list.setting(), self.kind, self.id.clone())
    }
}

impl MemberState {
    /// The list, with the default where none is given; `None` while it is unknown or where it is invalid.
    pub fn list(&self) -> Option<List> {
        match &self.list {
            Value::Null => Some(List::Join),
            Value::Value(name) => List::parse(name),
            Value::Unknown => None,
        }
    }

    /// The object id, once it is known and valid.
    pub fn object_id(&self) -> Option<ObjectId> {
        ObjectId::parse(self.object_id.as_ref_option()?).ok()
    }

    /// The member's type, where it is given.
    pub fn kind(&self) -> Option<Kind> {
        Kind::parse(self.kind.as_ref_option()?)
    }

    /// The member, once all of it is known.
    pub fn member(&self) -> Option<Member> {
        Some(Member {
            list: self.list()?,
            kind: self.kind()?,
            id: self.object_id()?,
        })
    }

    /// Fills in what follows from the member. The object id keeps its spelling.
    pub fn set_member(&mut self, member: &Member) {
        self.id = Value::Value(member.resource_id());
        self.list = Value::Value(member.list.as_str().to_owned());
        self.kind = Value::Value(member.kind.as_str().to_owned());
        self.object_id = Value::Value(member.id.as_str().to_owned());
    }
}

/// The schema, with descriptions in Markdown.
pub fn schema() -> Schema {
    let text = |constraint, description| attribute(AttributeType::String, constraint, description);
    let attributes = named([
        ("list", text(AttributeConstraint::OptionalComputed, LIST)),
        ("object_id", text(AttributeConstraint::Required, OBJECT_ID)),
        ("type", text(AttributeConstraint::OptionalComputed, TYPE)),
        ("id", text(AttributeConstraint::Computed, ID)),
        ("tenant_id", text(AttributeConstraint::Computed, TENANT_ID)),
        ("timeouts", timeouts::schema()),
    ]);
    schema::schema(attributes, DESCRIPTION)
}

const LIST: &str = "The list: `join` (the default) for who may join devices to Microsoft Entra ID, `local_admin` for \
    who becomes a local administrator of the devices that they join, `register` for who may register devices. Changing \
    this forces a new resource to be created.";
const OBJECT_ID: &str = "The object id of the user or group. A group must contain user objects. Changing this forces a \
    new resource to be created.";
const TYPE: &str = "`user` or `group`. If omitted, it is looked up, which needs the permission `User.Read.All` to find \
    a user and `GroupMember.Read.All` to find a group. Changing this forces a new resource to be created.";
const ID: &str = "`<list>/<type>/<object id>`, which is also the import id.";
const TENANT_ID: &str = "The id of the tenant that the list belongs to.";
const DESCRIPTION: &str = "One user or group in one of the lists of a tenant's device settings. Other members are \
    never touched, so that several modules and workspaces can each add their own to the same list.\n\nThe scope of the \
    list must be `selected` or `none`. The first member changes `none` to `selected`. With the scope `all`, adding a \
    member is an error, because it would lock out every other user. Where `autopilot_device_join_settings` sets the \
    scope in the same configuration, let the members depend on it. The guide [Lists that several teams \
    share](../guides/sharing-lists.md) has the pattern, and says which resource owns what.\n\nA member that the tenant \
    lists already is adopted, and nothing is written.\n\n~> **Destroying** an `autopilot_device_join_member` removes \
    that member, even one that it adopted, unless another resource takes it over in the same apply. Removing the last one \
    sets the scope to `none`: no user can join (for the list `join`). To hand a tenant over unchanged, use `terraform \
    state rm` or a `removed` block with `destroy = false`.\n\n**Permissions:** Plan, refresh and import need \
    `Policy.Read.DeviceConfiguration`; creating or destroying a member needs `Policy.ReadWrite.DeviceConfiguration`. \
    The check before a member is added needs `User.Read.All` for a user and `GroupMember.Read.All` for a group \
    ([Signing in](../guides/signing-in.md)).\n\n**Two applies at the same time:** Microsoft Graph replaces the whole \
    policy with every write. Members of one configuration share their writes. Two applies at the same time, in two \
    workspaces for one tenant, can overwrite each other: a member that is lost in that way is missing in the tenant \
    until the next plan shows it and its apply adds it.";

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "8A1f0b5e-3d3c-4c61-9a53-0f1f5f3d2a10";

    #[test]
    fn a_resource_id_leads_back_to_its_member() {
        for list in List::ALL {
            for kind in Kind::ALL {
                let id = ObjectId::parse(ID).unwrap();
                let member = Member { list, kind, id };
                assert_eq!(Member::parse(&member.resource_id()), Some(member));
            }
        }
    }

    #[test]
    fn other_texts_are_no_resource_ids() {
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
