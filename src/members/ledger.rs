//! What this process has seen of the configuration: which resource manages which list, and what was said already.
//!
//! Terraform plans each resource by itself and tells none of the others. What they have in common is this process, for as
//! long as one command's planning or applying takes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::clash::{Claim, Clash};
use super::list::{List, ids};
use crate::graph::directory::Kind;
use crate::graph::policy::{Members, ObjectId, Policy, SettingValue};
use crate::settings::attributes::Scope;

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
    checked: BTreeMap<(List, ObjectId, Option<Kind>), Kind>,
    held: BTreeSet<(List, Kind, ObjectId)>,
    coming: BTreeSet<(List, ObjectId)>,
    staying: BTreeSet<(List, ObjectId)>,
    leaving: BTreeSet<(List, Kind, ObjectId)>,
    taken: BTreeSet<(List, Kind, ObjectId)>,
    removed: BTreeSet<(List, Kind, ObjectId)>,
    edited: BTreeMap<List, Edited>,
}

/// What the member resources of this process have made of a list.
#[derive(Debug)]
struct Edited {
    /// Before they changed it.
    before: Option<SettingValue>,
    /// After the last of these changes.
    after: Option<SettingValue>,
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

    /// Takes note that a member of which this type was given, or none, was found to be of this one, and was checked.
    pub fn set_checked(&self, list: List, id: &ObjectId, given: Option<Kind>, found: Kind) {
        self.pages().checked.insert((list, id.clone(), given), found);
    }

    /// What a member is, when this process has found it out and checked it: Terraform plans a replacement twice.
    pub fn checked(&self, list: List, id: &ObjectId, given: Option<Kind>) -> Option<Kind> {
        self.pages().checked.get(&(list, id.clone(), given)).copied()
    }

    /// A member resource for this member is in the state.
    pub fn set_held(&self, list: List, kind: Kind, id: &ObjectId) {
        self.pages().held.insert((list, kind, id.clone()));
    }

    /// Whether a member resource for this member is in the state, as far as was seen.
    pub fn is_held(&self, list: List, kind: Kind, id: &ObjectId) -> bool {
        self.pages().held.contains(&(list, kind, id.clone()))
    }

    /// A member resource is planned that adds a member. True when another one is planned to, or has it and stays.
    pub fn comes_twice(&self, list: List, id: &ObjectId) -> bool {
        let mut pages = self.pages();
        let key = (list, id.clone());
        pages.staying.contains(&key) | !pages.coming.insert(key)
    }

    /// A member resource stays as it is. True when another one for the same member stays, comes or goes.
    pub fn stays_twice(&self, list: List, kind: Kind, id: &ObjectId) -> bool {
        let mut pages = self.pages();
        let key = (list, id.clone());
        pages.coming.contains(&key) | pages.leaving.contains(&(list, kind, id.clone())) | !pages.staying.insert(key)
    }

    /// Whether a member resource for this member stays as it is, as far as was seen.
    pub fn stays(&self, list: List, id: &ObjectId) -> bool {
        self.pages().staying.contains(&(list, id.clone()))
    }

    /// Whether a member resource for this member is planned that stays or adds it, as far as was seen.
    pub fn will_be_there(&self, list: List, id: &ObjectId) -> bool {
        let pages = self.pages();
        let key = (list, id.clone());
        pages.staying.contains(&key) || pages.coming.contains(&key)
    }

    /// A member resource changes a list of the policy.
    pub fn edited(&self, list: List, before: &Policy, after: &Policy) {
        let (before, after) = (before.borrowed(list.setting()), after.borrowed(list.setting()));
        if before == after {
            return;
        }
        let mut pages = self.pages();
        match pages.edited.get_mut(&list) {
            // Nobody else was at it in between.
            Some(edited) if edited.after.as_ref() == before => edited.after = after.cloned(),
            _ => {
                let (before, after) = (before.cloned(), after.cloned());
                pages.edited.insert(list, Edited { before, after });
            }
        }
    }

    /// What a list was before the member resources of this process changed it to what it is in `now`; what it is in
    /// `now` when somebody else has changed it since, or nobody has.
    pub fn without_own_members(&self, list: List, now: &Policy) -> Option<SettingValue> {
        let now = now.borrowed(list.setting());
        match self.pages().edited.get(&list) {
            Some(edited) if edited.after.as_ref() == now => edited.before.clone(),
            _ => now.cloned(),
        }
    }

    /// This apply removes a member.
    pub fn remove(&self, list: List, kind: Kind, id: &ObjectId) {
        self.pages().removed.insert((list, kind, id.clone()));
    }

    /// How many members of a list this apply has removed.
    pub fn removed(&self, list: List) -> usize {
        let pages = self.pages();
        pages.removed.iter().filter(|(of, ..)| *of == list).count()
    }

    /// Whether this process is about to remove a member, or has done so, as far as was seen.
    pub fn is_removed(&self, list: List, kind: Kind, id: &ObjectId) -> bool {
        let pages = self.pages();
        let key = (list, kind, id.clone());
        pages.leaving.contains(&key) || pages.removed.contains(&key)
    }

    /// This apply adds a member, adopts it, or lists it in the settings resource.
    pub fn take(&self, list: List, kind: Kind, id: &ObjectId) {
        self.pages().taken.insert((list, kind, id.clone()));
    }

    /// Whether this apply has taken a member: then the removal of another resource for the same one, as where a member
    /// moves from one module to another, or from member resources to the settings resource, must leave it.
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
    fn own_members_are_told_from_what_others_changed() {
        let policy = |groups: &[&str]| {
            let body = serde_json::json!({"azureADJoin": {"allowedToJoin": {
                "@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership", "users": [], "groups": groups
            }}});
            Policy::parse(&body.to_string()).unwrap()
        };
        let before = |ledger: &Ledger, now: &Policy| ledger.without_own_members(List::Join, now);
        let value = |policy: &Policy| policy.value(List::Join.setting());
        let (one, two, three, other) = (policy(&["a"]), policy(&["a", "b"]), policy(&["b"]), policy(&["x"]));
        let ledger = Ledger::default();
        assert_eq!(before(&ledger, &two), value(&two), "nothing was changed here");
        ledger.edited(List::Join, &one, &two);
        ledger.edited(List::Join, &two, &three);
        assert_eq!(before(&ledger, &three), value(&one));
        assert_eq!(
            before(&ledger, &other),
            value(&other),
            "somebody else has changed it since"
        );
        ledger.edited(List::Join, &other, &two);
        assert_eq!(
            before(&ledger, &two),
            value(&other),
            "what somebody else changed stays in sight"
        );
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
