//! Groups: their kinds, and the properties that Graph shows of them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Lag;
use crate::clock;

/// Creation time of groups that have none: 2024-01-01.
const LONG_AGO: i64 = 1_704_067_200;

/// Kind of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// A security group with assigned members.
    #[default]
    Security,
    /// A security group with mail.
    MailEnabledSecurity,
    /// A distribution list.
    Distribution,
    /// A Microsoft 365 group.
    Microsoft365,
    /// A security group whose members follow from a rule.
    DynamicSecurity,
    /// A Microsoft 365 group whose members follow from a rule.
    DynamicMicrosoft365,
}

/// Visibility of a Microsoft 365 group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visibility {
    /// Open to all.
    Public,
    /// Open to members.
    Private,
    /// An application sees no members without the permission `Member.Read.Hidden`.
    HiddenMembership,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Group {
    /// Object id.
    pub id: String,
    /// Display name, not unique.
    pub display_name: String,
    /// Kind.
    pub kind: GroupKind,
    /// Rule of a dynamic group.
    pub membership_rule: Option<String>,
    /// Object ids of the direct members: users, groups, and what else there is.
    pub members: Vec<String>,
    /// Creation time, in seconds since 1970 by the emulator's clock; 2024-01-01 when absent.
    pub created_at: Option<i64>,
    /// Visibility of a Microsoft 365 group.
    pub visibility: Option<Visibility>,
    /// Look-ups still miss the group, as right after its creation.
    pub unseen_for: Lag,
    /// Look-ups of members still find none, as right after they were added or while a rule is being processed.
    pub members_unseen_for: Lag,
}

impl Group {
    pub(crate) fn properties(&self) -> Value {
        use GroupKind::{Distribution, DynamicMicrosoft365, DynamicSecurity, MailEnabledSecurity, Microsoft365};
        let unified = matches!(self.kind, Microsoft365 | DynamicMicrosoft365);
        let dynamic = matches!(self.kind, DynamicSecurity | DynamicMicrosoft365);
        let kinds: Vec<&str> = [(dynamic, "DynamicMembership"), (unified, "Unified")]
            .into_iter()
            .filter_map(|(is, name)| is.then_some(name))
            .collect();
        json!({
            "id": self.id,
            "displayName": self.display_name,
            "groupTypes": kinds,
            "securityEnabled": !unified && self.kind != Distribution,
            "mailEnabled": unified || matches!(self.kind, MailEnabledSecurity | Distribution),
            "createdDateTime": clock::utc_date(self.created_at.unwrap_or(LONG_AGO)),
            "visibility": self.visibility,
            "membershipRule": self.membership_rule,
            "membershipRuleProcessingState": dynamic.then_some("On"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_show_their_kind_as_graph_does() {
        let cases = [
            (GroupKind::Security, json!([]), true, false),
            (GroupKind::MailEnabledSecurity, json!([]), true, true),
            (GroupKind::Distribution, json!([]), false, true),
            (GroupKind::Microsoft365, json!(["Unified"]), false, true),
            (GroupKind::DynamicSecurity, json!(["DynamicMembership"]), true, false),
            (
                GroupKind::DynamicMicrosoft365,
                json!(["DynamicMembership", "Unified"]),
                false,
                true,
            ),
        ];
        for (kind, types, security, mail) in cases {
            let shown = Group {
                kind,
                ..Group::default()
            }
            .properties();
            assert_eq!(shown["groupTypes"], types, "{kind:?}");
            assert_eq!(shown["securityEnabled"], security, "{kind:?}");
            assert_eq!(shown["mailEnabled"], mail, "{kind:?}");
        }
    }

    #[test]
    fn shows_creation_time_and_visibility() {
        let shown = Group::default().properties();
        assert_eq!(
            (&shown["createdDateTime"], &shown["visibility"]),
            (&json!("2024-01-01T00:00:00Z"), &Value::Null)
        );
        let group: Group =
            serde_json::from_value(json!({"created_at": 1_772_359_200, "visibility": "HiddenMembership"})).unwrap();
        let shown = group.properties();
        assert_eq!(shown["createdDateTime"], "2026-03-01T10:00:00Z");
        assert_eq!(shown["visibility"], "HiddenMembership");
    }
}
