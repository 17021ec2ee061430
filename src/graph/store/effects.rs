//! The effects of edits: less than the policies before and after them, and enough to tell later whether they still hold.
//!
//! A policy is seen as parts, each of which an edit can change alone: a switch, a number, whether a list is open to all,
//! and each member of a list. So an effect on one member says nothing of the others.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::policy::{Members, Membership, ObjectId, Policy, Setting, SettingKind, SettingValue};

const ON: SettingValue = SettingValue::Bool(true);

/// The effects of one or more edits: parts, and the values that they have now.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Effects(BTreeMap<Part, SettingValue>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// A switch or a number.
    Value(Setting),
    /// Whether a list is open to all.
    Open(Setting),
    User(Setting, ObjectId),
    Group(Setting, ObjectId),
}

impl Part {
    const fn setting(&self) -> Setting {
        match self {
            Self::Value(setting) | Self::Open(setting) | Self::User(setting, _) | Self::Group(setting, _) => *setting,
        }
    }

    /// The part's value; none where a policy has no such part: there are no members in a list that is open to all.
    fn of(&self, policy: &Policy) -> Option<SettingValue> {
        let membership = policy.membership(self.setting());
        Some(SettingValue::Bool(match (self, membership) {
            (Self::Value(setting), _) => return policy.value(*setting),
            (_, None | Some(Membership::Other(_))) => return None,
            (Self::Open(_), Some(membership)) => *membership == Membership::All,
            (_, Some(Membership::All)) => return None,
            (Self::User(_, id), Some(membership)) => membership.members().is_some_and(|held| held.users.contains(id)),
            (Self::Group(_, id), Some(membership)) => membership.members().is_some_and(|held| held.groups.contains(id)),
        }))
    }
}

impl Effects {
    /// The effects of an edit that made `after` of `before`.
    pub(super) fn between(before: &Policy, after: &Policy) -> Self {
        let mut parts = Vec::new();
        for setting in after.differing(before) {
            if setting.kind() != SettingKind::Membership {
                parts.push(Part::Value(setting));
                continue;
            }
            let members = |policy: &Policy| policy.membership(setting).and_then(Membership::members).cloned();
            let [before, after] = [before, after].map(|policy| members(policy).unwrap_or_default());
            parts.push(Part::Open(setting));
            parts.extend(
                (&before.users ^ &after.users)
                    .into_iter()
                    .map(|id| Part::User(setting, id)),
            );
            parts.extend(
                (&before.groups ^ &after.groups)
                    .into_iter()
                    .map(|id| Part::Group(setting, id)),
            );
        }
        let changed = parts.into_iter().filter_map(|part| {
            let value = part.of(after).filter(|value| part.of(before).as_ref() != Some(value))?;
            Some((part, value))
        });
        Self(changed.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes in later effects, which count where both are about the same.
    pub(super) fn then(&mut self, later: Self) {
        self.release(&later);
        self.0.extend(later.0);
    }

    /// Drops the effects that later ones contradict.
    pub(super) fn release(&mut self, later: &Self) {
        for (part, value) in &later.0 {
            let list = part.setting();
            match part {
                Part::Value(_) => {}
                Part::Open(_) => self.0.retain(|own, _| own.setting() != list),
                // The later edit did not find "all". And to close a list again from which members are gone since could shut
                // out everybody.
                Part::User(..) | Part::Group(..) => {
                    if *value != ON || self.0.get(&Part::Open(list)) == Some(&ON) {
                        self.0.remove(&Part::Open(list));
                    }
                }
            }
            if self.0.get(part) != Some(value) {
                self.0.remove(part);
            }
        }
    }

    /// The effects that hold in `now`.
    pub(super) fn within(mut self, now: &Policy) -> Self {
        self.0.retain(|part, value| part.of(now).as_ref() == Some(value));
        self
    }

    /// The settings in which `found` does not show the effects.
    pub(super) fn missing_in(&self, found: &Policy) -> BTreeSet<Setting> {
        let missing = self
            .0
            .iter()
            .filter(|(part, value)| part.of(found).as_ref() != Some(value));
        missing.map(|(part, _)| part.setting()).collect()
    }

    /// Puts back what `policy` has lost. Not all of what is missing: a list that another writer opened to all is not closed
    /// for the sake of a member, and a value that is not known is not ours to judge.
    pub(super) fn put_back(&self, policy: &mut Policy) {
        let settings: BTreeSet<_> = self.missing_in(policy);
        for setting in settings {
            if let Some(value) = policy.value(setting) {
                policy.set(setting, self.restored(setting, value));
            }
        }
    }

    /// The value of a setting with the effects on it.
    fn restored(&self, setting: Setting, value: SettingValue) -> SettingValue {
        let SettingValue::Membership(membership) = value else {
            return self.0.get(&Part::Value(setting)).cloned().unwrap_or(value);
        };
        let open = self.0.get(&Part::Open(setting)).map(|open| *open == ON);
        let mut members = match (membership, open) {
            (Membership::Selected(members), None | Some(false)) => members,
            (Membership::None, None | Some(false)) | (Membership::All, Some(false)) => Members::default(),
            (Membership::Other(name), _) => return SettingValue::Membership(Membership::Other(name)),
            (_, Some(true)) | (Membership::All, None) => return SettingValue::Membership(Membership::All),
        };
        for (part, value) in self.0.iter().filter(|(part, _)| part.setting() == setting) {
            let (ids, id) = match part {
                Part::User(_, id) => (&mut members.users, id),
                Part::Group(_, id) => (&mut members.groups, id),
                Part::Value(_) | Part::Open(_) => continue,
            };
            if *value == ON {
                ids.insert(id.clone());
            } else {
                ids.remove(id);
            }
        }
        SettingValue::Membership(Membership::selected(members))
    }
}
