//! What this process has seen of the configuration: which resource manages which list, and what was said already.
//!
//! Terraform plans each resource by itself and tells none of the others. What they have in common is this process, for as
//! long as one command's planning or applying takes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::list::{List, ids, plural};
use crate::graph::directory::Kind;
use crate::graph::policy::{Members, ObjectId};
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
    const fn covers(&self, kind: Kind) -> bool {
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

/// The ledger of a configured provider.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    refreshed: bool,
    applying: bool,
    said: BTreeSet<String>,
    claims: BTreeMap<List, Claim>,
    members: BTreeMap<(List, Kind), ObjectId>,
    leaving: BTreeSet<(List, Kind, ObjectId)>,
    taken: BTreeSet<(List, Kind, ObjectId)>,
}

impl Ledger {
    /// Takes note that a resource was refreshed, which Terraform does before it plans, and not when it applies.
    pub fn set_refreshed(&self) {
        self.pages().refreshed = true;
    }

    /// Whether the plans of now are those that are shown, as far as was seen: where Terraform does not refresh it cannot
    /// be told.
    pub fn is_planning(&self) -> bool {
        let pages = self.pages();
        pages.refreshed && !pages.applying
    }

    /// Takes note that the plan is being applied: Terraform plans and applies in different processes, or configures
    /// the provider anew in between.
    pub fn set_applying(&self) {
        self.pages().applying = true;
    }

    /// Whether the plan is being applied, as far as was seen.
    pub fn is_applying(&self) -> bool {
        self.pages().applying
    }

    /// True the first time for each text.
    pub fn first_time(&self, text: &str) -> bool {
        self.pages().said.insert(text.to_owned())
    }

    /// The settings resource manages this of a list. Returns the clashes that were not reported before.
    pub fn claim(&self, list: List, claim: Claim) -> Vec<Clash> {
        let mut pages = self.pages();
        pages.claims.insert(list, claim);
        Kind::ALL
            .into_iter()
            .filter_map(|kind| pages.clash(list, kind))
            .collect()
    }

    /// A member resource manages this member. Returns the clash, unless one of its kind was reported before.
    pub fn member(&self, list: List, kind: Kind, id: &ObjectId) -> Option<Clash> {
        let mut pages = self.pages();
        pages.members.entry((list, kind)).or_insert_with(|| id.clone());
        pages.clash(list, kind)
    }

    /// Whether the settings resource was seen to set the scope of a list to one that may have members: `selected`, or one
    /// that is not known yet.
    pub fn will_have_members(&self, list: List) -> bool {
        let pages = self.pages();
        let claim = pages.claims.get(&list);
        claim.is_some_and(|claim| claim.scope != Some(Scope::All))
    }

    /// Whether the settings resource was seen to set the scope of a list.
    pub fn is_claimed(&self, list: List) -> bool {
        self.pages().claims.contains_key(&list)
    }

    /// A member is planned to be removed. True when that and what else is planned to be removed leaves nobody of
    /// `present`.
    pub fn leaves_nobody(&self, list: List, kind: Kind, id: &ObjectId, present: &Members) -> bool {
        let mut pages = self.pages();
        pages.leaving.insert((list, kind, id.clone()));
        Kind::ALL.into_iter().all(|kind| {
            let mut present = ids(present, kind).iter();
            present.all(|id| pages.leaving.contains(&(list, kind, id.clone())))
        })
    }

    /// This apply adds a member, or adopts it.
    pub fn take(&self, list: List, kind: Kind, id: &ObjectId) {
        self.pages().taken.insert((list, kind, id.clone()));
    }

    /// Whether this apply has added or adopted a member: then the removal of another resource for the same one, as
    /// where a member moves from one module to another, must leave it.
    pub fn is_taken(&self, list: List, kind: Kind, id: &ObjectId) -> bool {
        self.pages().taken.contains(&(list, kind, id.clone()))
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        // Poisoned by a panic elsewhere: every change of the pages is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn clash(&mut self, list: List, kind: Kind) -> Option<Clash> {
        let claim = *self.claims.get(&list)?;
        let member = self.members.get(&(list, kind))?.clone();
        let clash = Clash {
            list,
            claim,
            kind,
            member,
        };
        let new = claim.covers(kind) && self.said.insert(format!("clash {} {kind}", list.as_str()));
        new.then_some(clash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ObjectId {
        ObjectId::from_graph(text)
    }

    fn claim(scope: Scope, users: bool, groups: bool) -> Claim {
        Claim {
            scope: Some(scope),
            users,
            groups,
        }
    }

    #[test]
    fn a_clash_is_found_in_whatever_order_and_told_once() {
        let managed = claim(Scope::Selected, false, true);
        let ledger = Ledger::default();
        assert_eq!(ledger.claim(List::Join, managed), []);
        assert_eq!(ledger.member(List::Join, Kind::User, &id("u")), None);
        assert_eq!(ledger.member(List::Register, Kind::Group, &id("g")), None);
        let clash = ledger.member(List::Join, Kind::Group, &id("g")).unwrap();
        assert_eq!(clash.summary(), "Two resources manage allowed_to_join");
        assert!(clash.detail().contains("Leave groups out"), "{}", clash.detail());
        assert_eq!(ledger.member(List::Join, Kind::Group, &id("h")), None);

        let ledger = Ledger::default();
        assert_eq!(ledger.member(List::Join, Kind::Group, &id("g")), None);
        assert_eq!(ledger.claim(List::Join, managed).len(), 1);
        assert_eq!(ledger.claim(List::Join, managed).len(), 0);
    }

    #[test]
    fn a_scope_without_a_list_clashes_with_every_member() {
        let ledger = Ledger::default();
        ledger.claim(List::Join, claim(Scope::All, false, false));
        assert!(ledger.is_claimed(List::Join) && !ledger.will_have_members(List::Join));
        let clash = ledger.member(List::Join, Kind::User, &id("u")).unwrap();
        assert!(clash.detail().contains("scope = \"all\""), "{}", clash.detail());
    }

    #[test]
    fn a_scope_that_is_not_known_clashes_with_nothing_and_may_turn_out_well() {
        let ledger = Ledger::default();
        let claim = Claim {
            scope: None,
            ..claim(Scope::All, true, true)
        };
        assert_eq!(ledger.claim(List::Join, claim), []);
        assert_eq!(ledger.member(List::Join, Kind::User, &id("u")), None);
        assert!(ledger.will_have_members(List::Join));
        assert!(!ledger.will_have_members(List::Register));
    }

    #[test]
    fn lists_that_are_left_out_belong_to_the_members() {
        let ledger = Ledger::default();
        ledger.claim(List::Join, claim(Scope::Selected, false, false));
        for kind in Kind::ALL {
            assert_eq!(ledger.member(List::Join, kind, &id("x")), None);
        }
    }

    #[test]
    fn the_last_of_several_removals_leaves_nobody() {
        let ledger = Ledger::default();
        let present = Members {
            users: [id("u")].into(),
            groups: [id("g")].into(),
        };
        assert!(!ledger.leaves_nobody(List::Join, Kind::User, &id("U"), &present));
        assert!(!ledger.leaves_nobody(List::Register, Kind::Group, &id("g"), &present));
        assert!(ledger.leaves_nobody(List::Join, Kind::Group, &id("g"), &present));
    }
}
