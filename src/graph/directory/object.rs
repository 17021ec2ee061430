//! Users and groups, as far as membership in the policy's lists needs them.

use std::fmt;
use std::time::SystemTime;

use azure_core::time::parse_rfc3339;
use serde_json::Value;

use crate::graph::policy::ObjectId;

/// The kind of a member of the policy's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A user.
    User,
    /// A group, which stands for its users.
    Group,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::User, Self::Group];

    /// As Graph's types and Terraform's attributes name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The kind that an object's `@odata.type` tells.
    #[must_use]
    pub fn of(object: &Value) -> Option<Self> {
        let name = object.get("@odata.type")?.as_str()?;
        Self::parse(&name.rsplit('.').next()?.to_ascii_lowercase())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its object id.
    pub id: ObjectId,
    /// Its user principal name; guests have one too.
    pub principal_name: Option<String>,
    /// Its display name.
    pub display_name: Option<String>,
    /// True if it can sign in.
    pub enabled: Option<bool>,
}

impl User {
    /// The properties that are asked for.
    pub(super) const SELECT: &'static str = "id,userPrincipalName,displayName,accountEnabled";

    pub(super) fn read(json: &Value) -> Option<Self> {
        Some(Self {
            id: id(json)?,
            principal_name: text(json, "userPrincipalName"),
            display_name: text(json, "displayName"),
            enabled: json.get("accountEnabled").and_then(Value::as_bool),
        })
    }
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its object id.
    pub id: ObjectId,
    /// Its display name, which other groups may have too.
    pub display_name: Option<String>,
    /// Its kind.
    pub kind: GroupKind,
    /// The rule that decides who is in it, when it has one. Microsoft Entra applies a new rule with some delay.
    pub rule: Option<String>,
    /// True if a rule decides who is in it.
    pub dynamic: bool,
    /// The time of its creation.
    pub created: Option<SystemTime>,
    /// True if its members are hidden (`HiddenMembership`). Graph leaves them out for callers without the permission
    /// `Member.Read.Hidden` (<https://learn.microsoft.com/graph/api/resources/group#group-visibility-options>).
    pub hidden_members: bool,
}

/// The kinds of groups (<https://learn.microsoft.com/graph/api/resources/groups-overview>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// A security group.
    Security,
    /// A security group with a mail address.
    MailEnabledSecurity,
    /// A Microsoft 365 group.
    Microsoft365,
    /// A distribution list.
    Distribution,
    /// Graph does not say, for want of a permission or because the group is new.
    Unknown,
}

impl GroupKind {
    /// As Terraform's attributes name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::MailEnabledSecurity => "mail_enabled_security",
            Self::Microsoft365 => "microsoft_365",
            Self::Distribution => "distribution",
            Self::Unknown => "unknown",
        }
    }

    /// In a sentence: "a security group".
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Security => "a security group",
            Self::MailEnabledSecurity => "a mail-enabled security group",
            Self::Microsoft365 => "a Microsoft 365 group",
            Self::Distribution => "a distribution list",
            Self::Unknown => "a group",
        }
    }

    fn read(json: &Value, types: &[&str]) -> Self {
        let flag = |name| json.get(name).and_then(Value::as_bool);
        let unified = types.iter().any(|name| name.eq_ignore_ascii_case("Unified"));
        match (unified, flag("securityEnabled"), flag("mailEnabled")) {
            (true, _, _) => Self::Microsoft365,
            (_, Some(true), Some(true)) => Self::MailEnabledSecurity,
            (_, Some(true), _) => Self::Security,
            (_, Some(false), Some(true)) => Self::Distribution,
            _ => Self::Unknown,
        }
    }
}

impl Group {
    /// The properties that are asked for.
    pub(super) const SELECT: &'static str =
        "id,displayName,groupTypes,securityEnabled,mailEnabled,membershipRule,createdDateTime,visibility";

    pub(super) fn read(json: &Value) -> Option<Self> {
        let types = json.get("groupTypes").and_then(Value::as_array);
        let types: Vec<_> = types.into_iter().flatten().filter_map(Value::as_str).collect();
        let rule = text(json, "membershipRule").filter(|rule| !rule.is_empty());
        let named = types.iter().any(|name| name.eq_ignore_ascii_case("DynamicMembership"));
        Some(Self {
            id: id(json)?,
            display_name: text(json, "displayName"),
            kind: GroupKind::read(json, &types),
            dynamic: named || rule.is_some(),
            rule,
            created: text(json, "createdDateTime").and_then(|time| Some(parse_rfc3339(&time).ok()?.into())),
            hidden_members: text(json, "visibility").is_some_and(|name| name.eq_ignore_ascii_case("HiddenMembership")),
        })
    }

    /// In a sentence: "a security group with a dynamic membership rule".
    #[must_use]
    pub fn in_words(&self) -> String {
        let kind = self.kind.in_words();
        if self.dynamic {
            format!("{kind} with a dynamic membership rule")
        } else {
            kind.to_owned()
        }
    }
}

pub(super) fn id(json: &Value) -> Option<ObjectId> {
    json.get("id")?.as_str().map(ObjectId::from_graph)
}

fn text(json: &Value, name: &str) -> Option<String> {
    json.get(name)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_of_groups_by_their_properties() {
        for (types, security, mail, kind) in [
            (json!([]), json!(true), json!(false), GroupKind::Security),
            (json!([]), json!(true), json!(true), GroupKind::MailEnabledSecurity),
            (json!(["Unified"]), json!(false), json!(true), GroupKind::Microsoft365),
            (
                json!(["Unified", "DynamicMembership"]),
                json!(true),
                json!(true),
                GroupKind::Microsoft365,
            ),
            (json!([]), json!(false), json!(true), GroupKind::Distribution),
            (json!(null), json!(null), json!(null), GroupKind::Unknown),
        ] {
            let json = json!({"id": "g", "groupTypes": types, "securityEnabled": security, "mailEnabled": mail});
            assert_eq!(Group::read(&json).unwrap().kind, kind, "{json}");
        }
    }

    #[test]
    fn a_rule_makes_a_group_dynamic() {
        let read = |json| Group::read(&json).unwrap();
        assert!(read(json!({"id": "g", "groupTypes": ["DynamicMembership"]})).dynamic);
        assert!(read(json!({"id": "g", "membershipRule": "user.department -eq \"x\""})).dynamic);
        assert!(!read(json!({"id": "g", "membershipRule": ""})).dynamic);
        assert_eq!(Group::read(&json!({"displayName": "x"})), None);
    }

    #[test]
    fn age_and_visibility_may_be_unknown() {
        let read = |json| Group::read(&json).unwrap();
        let created = read(json!({"id": "g", "createdDateTime": "1970-01-02T00:00:00Z"})).created;
        assert_eq!(
            created,
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(24 * 60 * 60))
        );
        for time in [json!(null), json!("yesterday"), json!("")] {
            assert_eq!(read(json!({"id": "g", "createdDateTime": time})).created, None);
        }
        for (visibility, hidden) in [
            (json!("HiddenMembership"), true),
            (json!("Private"), false),
            (json!(null), false),
        ] {
            assert_eq!(
                read(json!({"id": "g", "visibility": visibility})).hidden_members,
                hidden
            );
        }
    }

    #[test]
    fn the_kind_of_an_object_is_the_end_of_its_type() {
        for (name, kind) in [
            ("#microsoft.graph.user", Some(Kind::User)),
            ("microsoft.graph.Group", Some(Kind::Group)),
            ("#microsoft.graph.servicePrincipal", None),
        ] {
            assert_eq!(Kind::of(&json!({"@odata.type": name})), kind);
        }
        assert_eq!(Kind::of(&json!({})), None);
    }
}
