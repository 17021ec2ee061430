//! A list that the settings resource and member resources both manage.

use super::list::{List, plural};
use crate::graph::directory::Kind;
use crate::graph::policy::ObjectId;
use crate::settings::attributes::Scope;
use crate::settings::name;

/// What the settings resource manages of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The scope that it asks for; none while that is not known.
    pub scope: Option<Scope>,
    /// Whether it manages the users.
    pub users: bool,
    /// Whether it manages the groups.
    pub groups: bool,
}

impl Claim {
    /// Whether it manages the members of this kind.
    pub(super) const fn covers(&self, kind: Kind) -> bool {
        match (self.scope, kind) {
            (Some(Scope::Selected), Kind::User) => self.users,
            (Some(Scope::Selected), Kind::Group) => self.groups,
            (Some(Scope::All | Scope::None), _) => true,
            (None, _) => false,
        }
    }
}

/// Two resources that manage the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The list.
    pub list: List,
    /// What the settings resource asks for.
    pub claim: Claim,
    /// What the member is.
    pub kind: Kind,
    /// The member's id; of many one.
    pub member: ObjectId,
}

impl Clash {
    /// The one line of it.
    pub fn summary(&self) -> String {
        format!("Two resources manage {}", name(self.list.setting()))
    }

    /// What will happen, and what to do.
    pub fn detail(&self) -> String {
        let (setting, list, member) = (name(self.list.setting()), self.list.as_str(), &self.member);
        let (kind, kinds) = (self.kind, plural(self.kind));
        if self.claim.scope == Some(Scope::Selected) {
            format!(
                "autopilot_device_join_settings lists the {kinds} of {setting}, all of them, and \
                 autopilot_device_join_member adds the {kind} {member} to the same list ({list}). Each apply of one can \
                 undo the other. Leave {kinds} out of {setting} in the settings resource, so that the list belongs to the \
                 member resources, or list all {kinds} there and remove the member resources."
            )
        } else {
            format!(
                "autopilot_device_join_settings asks for {setting} = {{ scope = \"{}\" }}, which has no members, and \
                 autopilot_device_join_member adds the {kind} {member} to it ({list}). Set the scope to \"selected\" \
                 without {kinds}, or remove the member resource.",
                self.claim.scope.map_or("", Scope::as_str)
            )
        }
    }
}
