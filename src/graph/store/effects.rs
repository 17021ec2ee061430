//! What an edit did: less than the policies before and after it, and enough to tell later whether it still holds.
//!
//! A switch or a number is done when it has its value. A membership is done when the members that were added are there
//! and those that were removed are not: other members are somebody else's. Only a scope that was changed as such (from or
//! to "all") is part of what was done.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::policy::{Members, Membership, ObjectId, Policy, Setting, SettingValue};

/// What one or more edits did, setting by setting.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Effects(BTreeMap<Setting, Effect>);

#[derive(Clone, Debug, PartialEq)]
enum Effect {
    Value(SettingValue),
    Members(MembershipEffect),
}

/// What was done to a membership.
#[derive(Clone, Debug, Default, PartialEq)]
struct MembershipEffect {
    /// The scope, when it was changed as such; a first member that makes "none" a selection does not do that, nor does a
    /// last one that makes a selection "none".
    scope: Option<Scope>,
    present: Members,
    absent: Members,
    /// Whether removing the last member left "none" and not an empty selection.
    emptied: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Scope {
    All,
    None,
    Selected,
}

impl Effects {
    /// What was done between two policies.
    pub(super) fn between(before: &Policy, after: &Policy) -> Self {
        let effect = |setting: Setting| {
            let effect = match after.borrowed(setting)? {
                SettingValue::Membership(now) => {
                    Effect::Members(MembershipEffect::between(before.membership(setting), now))
                }
                value => Effect::Value(value.clone()),
            };
            Some((setting, effect))
        };
        let differing = after.differing(before).into_iter();
        Self(differing.filter_map(effect).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn settings(&self) -> impl Iterator<Item = Setting> + '_ {
        self.0.keys().copied()
    }

    /// Takes in what was done later; where both did something to the same thing the later one counts.
    pub(super) fn then(&mut self, later: Self) {
        for (setting, effect) in later.0 {
            let merged = match (self.0.remove(&setting), effect) {
                (Some(Effect::Members(earlier)), Effect::Members(later)) => Effect::Members(earlier.then(later)),
                (_, effect) => effect,
            };
            self.0.insert(setting, merged);
        }
    }

    /// What of it is left in `now`, the policy that this and later edits made.
    pub(super) fn within(self, now: &Policy) -> Self {
        let left = |(setting, effect): (Setting, Effect)| {
            let left = match effect {
                Effect::Value(value) => (now.borrowed(setting) == Some(&value)).then_some(Effect::Value(value)),
                Effect::Members(effect) => effect.within(now.membership(setting)?).map(Effect::Members),
            };
            Some((setting, left?))
        };
        Self(self.0.into_iter().filter_map(left).collect())
    }

    /// Forgets whatever `touched` did something to, too.
    pub(super) fn release(&mut self, touched: &Self) {
        for (setting, effect) in &touched.0 {
            match (self.0.get_mut(setting), effect) {
                (Some(Effect::Members(held)), Effect::Members(touched)) if touched.scope.is_none() => {
                    let ids = plus(&touched.present, &touched.absent);
                    held.present = minus(&held.present, &ids);
                    held.absent = minus(&held.absent, &ids);
                }
                _ => self.forget(*setting),
            }
        }
    }

    pub(super) fn forget(&mut self, setting: Setting) {
        self.0.remove(&setting);
    }

    /// The settings of which `found` does not show what was done.
    pub(super) fn missing_in(&self, found: &Policy) -> Vec<Setting> {
        let is_missing = |(setting, effect): (&Setting, &Effect)| {
            let holds = match effect {
                Effect::Value(value) => found.borrowed(*setting) == Some(value),
                Effect::Members(effect) => found.membership(*setting).is_some_and(|now| effect.holds(now)),
            };
            (!holds).then_some(*setting)
        };
        self.0.iter().filter_map(is_missing).collect()
    }

    /// The values that do again what `found` has lost. Fewer than [`Effects::missing_in`] names: a list that somebody
    /// has opened to all is not closed for the sake of a member, and a value that has become unknown is not ours to judge.
    pub(super) fn lost_in(&self, found: &Policy) -> Vec<(Setting, SettingValue)> {
        let lost = |(setting, effect): (&Setting, &Effect)| {
            let value = match (effect, found.borrowed(*setting)?) {
                (Effect::Value(value), now) => (value != now).then(|| value.clone()),
                (Effect::Members(effect), SettingValue::Membership(now)) => {
                    effect.redone(now).map(SettingValue::Membership)
                }
                _ => None,
            };
            Some((*setting, value?))
        };
        self.0.iter().filter_map(lost).collect()
    }
}

impl MembershipEffect {
    fn between(before: Option<&Membership>, after: &Membership) -> Self {
        let none = Members::default();
        let becomes_none = *after == Membership::None;
        let (before, after) = match (before, after) {
            (Some(Membership::Selected(before)), Membership::Selected(after)) => (before, after),
            (Some(Membership::Selected(before)), Membership::None) if !before.is_empty() => (before, &none),
            (Some(Membership::None), Membership::Selected(after)) if !after.is_empty() => (&none, after),
            (_, after) => return Self::of_scope(after),
        };
        Self {
            scope: None,
            present: minus(after, before),
            absent: minus(before, after),
            emptied: becomes_none,
        }
    }

    fn of_scope(after: &Membership) -> Self {
        let (scope, present) = match after {
            Membership::All => (Some(Scope::All), Members::default()),
            Membership::None => (Some(Scope::None), Members::default()),
            Membership::Selected(members) => (Some(Scope::Selected), members.clone()),
            // No change makes a type that we do not know.
            Membership::Other(_) => (None, Members::default()),
        };
        Self {
            scope,
            present,
            ..Self::default()
        }
    }

    fn within(self, now: &Membership) -> Option<Self> {
        let none = Members::default();
        let left = match now {
            Membership::Selected(members) => Self {
                scope: self.scope.filter(|scope| *scope == Scope::Selected),
                present: minus(&self.present, &minus(&self.present, members)),
                absent: minus(&self.absent, members),
                emptied: false,
            },
            Membership::None => Self {
                scope: self.scope.filter(|scope| *scope == Scope::None),
                present: none.clone(),
                absent: self.absent,
                emptied: self.emptied,
            },
            Membership::All => Self {
                scope: self.scope.filter(|scope| *scope == Scope::All),
                ..Self::default()
            },
            Membership::Other(_) => return None,
        };
        let is_left = left.scope.is_some() || left.present != none || left.absent != none;
        is_left.then_some(left)
    }

    fn then(self, later: Self) -> Self {
        if later.scope.is_some() {
            return later;
        }
        let scope = match self.scope {
            // The later edit found a selection or nobody: "all" is no longer held.
            Some(Scope::All) => None,
            Some(Scope::None) if !later.present.is_empty() => Some(Scope::Selected),
            Some(Scope::Selected) if later.emptied => Some(Scope::None),
            scope => scope,
        };
        Self {
            scope,
            present: plus(&minus(&self.present, &later.absent), &later.present),
            absent: plus(&minus(&self.absent, &later.present), &later.absent),
            emptied: later.emptied,
        }
    }

    fn holds(&self, now: &Membership) -> bool {
        match (self.scope, now) {
            (Some(Scope::All), now) => *now == Membership::All,
            (Some(Scope::None), now) => *now == Membership::None,
            (_, Membership::Selected(now)) => {
                contains(now, &self.present)
                    && minus(&self.absent, now) == self.absent
                    && !(self.emptied && now.is_empty())
            }
            (None, Membership::None) => self.present.is_empty(),
            _ => false,
        }
    }

    /// What `now` becomes when the lost part is done again; none when nothing is lost that is ours to do.
    fn redone(&self, now: &Membership) -> Option<Membership> {
        match (self.scope, now) {
            (Some(Scope::All), Membership::Selected(_) | Membership::None) => Some(Membership::All),
            (Some(Scope::None), Membership::All) => Some(Membership::None),
            (Some(Scope::Selected), Membership::All) => Some(Membership::Selected(self.present.clone())),
            (_, Membership::Selected(held)) => {
                let members = minus(&plus(held, &self.present), &self.absent);
                match members {
                    members if members == *held => None,
                    members if members.is_empty() && self.emptied => Some(Membership::None),
                    members => Some(Membership::Selected(members)),
                }
            }
            (_, Membership::None) if !self.present.is_empty() => Some(Membership::Selected(self.present.clone())),
            _ => None,
        }
    }
}

fn each(
    left: &Members,
    right: &Members,
    of: impl Fn(&BTreeSet<ObjectId>, &BTreeSet<ObjectId>) -> BTreeSet<ObjectId>,
) -> Members {
    Members {
        users: of(&left.users, &right.users),
        groups: of(&left.groups, &right.groups),
    }
}

fn minus(left: &Members, right: &Members) -> Members {
    each(left, right, |left, right| left - right)
}

fn plus(left: &Members, right: &Members) -> Members {
    each(left, right, |left, right| left | right)
}

fn contains(all: &Members, some: &Members) -> bool {
    some.users.is_subset(&all.users) && some.groups.is_subset(&all.groups)
}
