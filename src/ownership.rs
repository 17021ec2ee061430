//! Who has taken what in this process.
//!
//! Terraform tells a provider of one resource at a time, and some applies need to know of another: a replacement that is
//! created before its predecessor is destroyed, a member that moves between modules, a list that moves from members to
//! the settings. This is all that the process remembers of them, and it holds however long the process lives: there is no
//! record of plans or of phases.
//!
//! Every resource object has an id of its own (a version 7 UUID in its private data, so that a younger object's id is
//! greater).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::graph::directory::Kind;
use crate::graph::policy::{ObjectId, Policy, Setting};
use crate::settings::attributes::SettingsAttributes;
use crate::settings::tenant::{leaf_in, leaf_of};
use crate::settings::{Leaf, LeafValue};

/// Something that a resource object manages.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Item {
    /// A part of a setting.
    Leaf(Leaf),
    /// A member of a setting's list.
    Member(Setting, Kind, ObjectId),
}

/// The object that holds an item.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Owner {
    object: Uuid,
    /// Whether an apply of this process made the note, and not a read.
    applied: bool,
}

/// What an object that is replaced leaves to its successor.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Estate {
    /// The object that is replaced, if its private data is at hand.
    pub object: Option<Uuid>,
    /// What the settings were before it.
    pub originals: SettingsAttributes,
    /// What it left in the tenant.
    pub values: SettingsAttributes,
    /// What of it the object wrote; `None` where that is lost, which counts as all.
    pub written: Option<BTreeSet<Leaf>>,
}

/// The values of a leaf before and after each of several writes, with no other writer's in between. The first and the
/// latest ones are kept: an edit that runs again starts from one of the latest.
#[derive(Debug)]
struct Writes(Vec<Option<LeafValue>>);

impl Writes {
    const KEPT: usize = 32;

    fn push(&mut self, after: Option<LeafValue>) {
        self.0.push(after);
        if self.0.len() > Self::KEPT {
            self.0.remove(1);
        }
    }
}

#[derive(Debug, Default)]
struct Tenant {
    owners: BTreeMap<Item, Owner>,
    /// What member resources and restores of this process wrote since the last refresh.
    written: BTreeMap<Leaf, Writes>,
    /// What the destroy halves of replacements have left and no create has taken.
    estates: Vec<Estate>,
}

/// The notes of a process, by tenant.
#[derive(Clone, Debug, Default)]
pub struct Ownership(Arc<Mutex<BTreeMap<String, Tenant>>>);

/// The notes of one tenant. Clones share them.
#[derive(Clone, Debug)]
pub struct TenantNotes {
    ownership: Ownership,
    tenant: String,
}

impl Ownership {
    /// The notes of a tenant.
    pub fn of_tenant(&self, tenant: String) -> TenantNotes {
        TenantNotes {
            ownership: self.clone(),
            tenant,
        }
    }
}

impl TenantNotes {
    /// Notes that an object was read which manages these items. The youngest object keeps each of them.
    pub fn read(&self, object: Uuid, items: impl IntoIterator<Item = Item>) {
        self.with(|tenant| {
            for item in items {
                let owner = tenant.owners.entry(item).or_insert(Owner { object, applied: false });
                if owner.object == object || (owner.object < object && !owner.applied) {
                    *owner = Owner { object, applied: false };
                }
            }
        });
    }

    /// Notes that an apply creates, changes or adopts these items. Returns those that another object has set in an
    /// apply of this process.
    pub fn apply(&self, object: Uuid, items: impl IntoIterator<Item = Item>) -> Vec<Item> {
        self.with(|tenant| {
            let mut clashes = Vec::new();
            for item in items {
                let before = tenant.owners.insert(item.clone(), Owner { object, applied: true });
                if before.is_some_and(|before| before.applied && before.object != object) {
                    clashes.push(item);
                }
            }
            clashes
        })
    }

    /// Whether an object other than this one holds an item: one that took it in an apply of this process, or a younger
    /// one that was read. An object whose id is lost gives way to applies only.
    pub fn is_others(&self, object: Option<Uuid>, item: &Item) -> bool {
        self.with(|tenant| {
            tenant.owners.get(item).is_some_and(|owner| match object {
                Some(object) => owner.object != object && (owner.applied || owner.object > object),
                None => owner.applied,
            })
        })
    }

    /// Whether another object is noted to manage an item, of whatever age.
    pub fn is_anothers(&self, object: Option<Uuid>, item: &Item) -> bool {
        self.with(|tenant| {
            tenant
                .owners
                .get(item)
                .is_some_and(|owner| Some(owner.object) != object)
        })
    }

    /// Drops an object's notes of the items that `gone` says, because it no longer manages them.
    pub fn release(&self, object: Uuid, gone: impl Fn(&Item) -> bool) {
        self.with(|tenant| {
            tenant
                .owners
                .retain(|item, owner| owner.object != object || !gone(item));
        });
    }

    /// Remembers what a member resource or a restore makes of a setting.
    pub fn writes(&self, setting: Setting, before: &Policy, after: &Policy) {
        self.with(|tenant| {
            for leaf in Leaf::of(setting) {
                let (before, after) = (leaf_in(before, leaf), leaf_in(after, leaf));
                if before == after {
                    continue;
                }
                let writes = tenant.written.entry(leaf).or_insert_with(|| Writes(Vec::new()));
                match writes.0.iter().rposition(|state| *state == before) {
                    Some(at) => writes.0.truncate(at + 1),
                    None => writes.0 = vec![before],
                }
                writes.push(after);
            }
        });
    }

    /// Whether a leaf is what member resources and restores of this process made of the expected value.
    pub fn explain(&self, leaf: Leaf, policy: &Policy, expected: &SettingsAttributes) -> bool {
        let expected = expected.in_graph(leaf.setting).and_then(|value| leaf_of(&value, leaf));
        self.with(|tenant| {
            let now = leaf_in(policy, leaf);
            match tenant.written.get(&leaf) {
                Some(writes) => writes.0.first() == Some(&expected) && writes.0.last() == Some(&now),
                // The scope alone was written: the lists of an empty selection are empty beside `all` too.
                None => tenant.written.contains_key(&Leaf::scope(leaf.setting)) && expected == now,
            }
        })
    }

    /// Forgets what this process wrote, and estates that no create has taken. A refresh does: the plan that follows sees
    /// the writes, and an estate is for the create of the same apply.
    pub fn forget_writes(&self) {
        self.with(|tenant| {
            tenant.written.clear();
            tenant.estates.clear();
        });
    }

    /// Leaves an estate to the create that follows in this process.
    pub fn bequeath(&self, estate: Estate) {
        self.with(|tenant| tenant.estates.push(estate));
    }

    /// The estate with an original of the settings that have these leaves, which stays until [`TenantNotes::settle`].
    pub fn estate(&self, leaves: &BTreeSet<Leaf>) -> Option<Estate> {
        let leaves: BTreeSet<_> = leaves.iter().flat_map(|leaf| Leaf::of(leaf.setting)).collect();
        let is_for = |estate: &&Estate| leaves.iter().any(|leaf| estate.originals.names(*leaf));
        self.with(|tenant| tenant.estates.iter().rev().find(is_for).cloned())
    }

    /// Takes these leaves out of the estates: they have an owner again.
    pub fn settle(&self, taken: impl IntoIterator<Item = Leaf>) {
        self.with(|tenant| {
            for leaf in taken {
                tenant
                    .estates
                    .iter_mut()
                    .for_each(|estate| estate.originals.clear_leaf(leaf));
            }
            let empty = SettingsAttributes::default();
            tenant.estates.retain(|estate| estate.originals != empty);
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Tenant) -> T) -> T {
        let mut tenants = self.lock();
        work(tenants.entry(self.tenant.clone()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Tenant>> {
        // Poisoned by a panic elsewhere: every change of the notes is whole.
        self.ownership.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Part;

    const QUOTA: Item = Item::Leaf(Leaf {
        setting: Setting::UserDeviceQuota,
        part: Part::Whole,
    });

    fn notes() -> TenantNotes {
        Ownership::default().of_tenant("t".to_owned())
    }

    fn object(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn the_youngest_object_read_keeps_an_item() {
        let notes = notes();
        for n in [1, 3, 2] {
            notes.read(object(n), [QUOTA]);
        }
        assert!(notes.is_others(Some(object(1)), &QUOTA));
        assert!(!notes.is_others(Some(object(3)), &QUOTA), "its own note");
        assert!(!notes.is_others(Some(object(4)), &QUOTA), "an older object's read");
        assert!(!notes.is_others(None, &QUOTA), "a read, and the id is lost");
    }

    #[test]
    fn an_apply_takes_an_item_from_younger_objects() {
        let notes = notes();
        notes.read(object(9), [QUOTA]);
        assert_eq!(notes.apply(object(1), [QUOTA]), [], "a read is no clash");
        assert!(notes.is_others(Some(object(9)), &QUOTA));
        assert!(notes.is_others(None, &QUOTA));
        assert_eq!(notes.apply(object(9), [QUOTA]), [QUOTA], "two applies are one");
    }

    #[test]
    fn released_items_stop_no_other_object() {
        let notes = notes();
        notes.apply(object(2), [QUOTA]);
        notes.release(object(1), |_| true);
        assert!(notes.is_others(Some(object(1)), &QUOTA));
        notes.release(object(2), |_| true);
        assert!(!notes.is_others(Some(object(1)), &QUOTA));
    }

    #[test]
    fn writes_explain_a_value_unless_another_writer_came_between() {
        let policy = |limit: i32| Policy::parse(&format!(r#"{{"userDeviceQuota": {limit}}}"#)).unwrap();
        let expected = |limit: f64| SettingsAttributes {
            user_device_quota: tf_provider::value::Value::Value(crate::settings::number::Number(limit)),
            ..SettingsAttributes::default()
        };
        let Item::Leaf(leaf) = QUOTA else { return };
        let notes = notes();
        notes.writes(leaf.setting, &policy(1), &policy(2));
        notes.writes(leaf.setting, &policy(2), &policy(3));
        notes.writes(leaf.setting, &policy(2), &policy(3)); // An edit that runs again.
        assert!(notes.explain(leaf, &policy(3), &expected(1.0)));
        assert!(!notes.explain(leaf, &policy(3), &expected(2.0)));
        assert!(!notes.explain(leaf, &policy(4), &expected(1.0)), "changed since");
        notes.writes(leaf.setting, &policy(4), &policy(5));
        assert!(!notes.explain(leaf, &policy(5), &expected(1.0)), "changed in between");
        notes.forget_writes();
        assert!(!notes.explain(leaf, &policy(5), &expected(4.0)));
    }

    #[test]
    fn tenants_have_notes_of_their_own() {
        let ownership = Ownership::default();
        ownership.of_tenant("a".to_owned()).apply(object(2), [QUOTA]);
        assert!(!ownership.of_tenant("b".to_owned()).is_others(None, &QUOTA));
    }
}
