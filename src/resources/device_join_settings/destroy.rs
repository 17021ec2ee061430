//! The end of the resource: the settings stay, go back to their originals, or are left to a successor.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::{AttributePath, Diagnostics};
use uuid::Uuid;

use super::DeviceJoinSettings;
use super::edit::{self, may_write};
use super::plan::marks;
use super::state::{OnDestroy, Plan, Private, SettingsState};
use crate::graph::policy::{Membership, Policy, Setting};
use crate::members::{list, rules};
use crate::ownership::{Estate, Item, TenantNotes};
use crate::plugin::Report;
use crate::settings::attributes::SettingsAttributes;
use crate::settings::{Leaf, Part, describe, name, path};
use crate::timeouts::Operation;

/// The originals that a restore puts back, and the leaves of them.
struct Restore {
    target: SettingsAttributes,
    leaves: BTreeSet<Leaf>,
    /// Leaves without an original: the tenant had none, or one of a type that this version does not know.
    lost: Vec<Leaf>,
}

impl Restore {
    /// What goes back: the leaves that the object wrote, where the original is another value than the state's.
    fn of(state: &SettingsState, private: &Private) -> Self {
        let (now, originals) = (state.settings(), state.originals());
        let mut target = now.clone();
        let mut leaves = BTreeSet::new();
        let mut lost = Vec::new();
        for leaf in private.written.iter().copied() {
            if originals.names(leaf) {
                target.copy_leaf(&originals, leaf);
                leaves.insert(leaf);
            } else if !leaf.is_list() {
                lost.push(leaf);
            }
        }
        // Lists go back only to a scope that has them.
        for leaf in leaves.clone().into_iter().filter(|leaf| leaf.part != Part::Whole) {
            if !target.is_selected(leaf.setting) {
                for list in Leaf::lists(leaf.setting) {
                    leaves.remove(&list);
                    target.copy_leaf(&SettingsAttributes::default(), list);
                }
            }
        }
        leaves.retain(|leaf| target.leaf(*leaf) != now.leaf(*leaf));
        Self { target, leaves, lost }
    }

    /// Each setting that goes back, with its original.
    fn lines(&self) -> String {
        let settings: BTreeSet<_> = self.leaves.iter().map(|leaf| leaf.setting).collect();
        let line = |setting| {
            let original = self.target.in_graph(setting);
            format!("\n  {}: back to {}", name(setting), describe::value(original.as_ref()))
        };
        settings.into_iter().map(line).collect()
    }
}

/// Plans a destroy, and says what it does.
pub fn plan(diags: &mut Diagnostics, prior: &SettingsState, private: Option<Private>, notes: &TenantNotes) -> Private {
    let mut stored = marks(prior, private);
    let tenant = prior.tenant_id.clone().unwrap_or_default();
    if OnDestroy::of(&prior.on_destroy) == OnDestroy::Keep {
        diags.warning_at(
            AttributePath::root(),
            format!("Tenant {tenant} keeps its device settings"),
            "A tenant always has these settings. With on_destroy = \"keep\" Terraform forgets them and writes nothing. To \
             put back the values from before this resource, set on_destroy = \"restore\", apply, then destroy.",
        );
    } else {
        let restore = Restore::of(prior, &stored);
        let mut detail = if restore.leaves.is_empty() {
            "The settings have the values from before this resource. Nothing is written.".to_owned()
        } else {
            format!(
                "With on_destroy = \"restore\" the settings that this resource wrote go back to their values from before \
                 it. No other setting changes:{}",
                restore.lines()
            )
        };
        for leaf in &restore.lost {
            detail += &format!(
                "\n  {leaf}: stays, because its value from before was absent or of a type unknown to this version"
            );
        }
        diags.warning_at(
            AttributePath::root(),
            format!("Tenant {tenant} gets back its device settings"),
            detail,
        );
    }
    let before = stored.superseded.clone();
    stored.note_others(notes);
    stored.superseded.extend(before);
    Private {
        plan: Some(Plan::Destroy),
        ..stored
    }
}

/// Destroys the object. `None` when the settings could not be restored: it stays in the state.
pub async fn destroy(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    prior: SettingsState,
    private: Option<Private>,
) -> Option<()> {
    let tenant = prior.tenant_id.clone().unwrap_or_default();
    let notes = resource.session.ownership().of_tenant(tenant);
    if let Some(Plan::Create(create)) = private.as_ref().and_then(|private| private.plan.clone()) {
        let (object, written) = create
            .estate
            .map_or((None, None), |estate| (estate.object, estate.written));
        leave(diags, &prior, object, written, &notes);
        return Some(());
    }
    let stored = marks(&prior, private);
    let restore = Restore::of(&prior, &stored);
    if OnDestroy::of(&prior.on_destroy) == OnDestroy::Restore && !restore.leaves.is_empty() {
        put_back(resource, diags, &prior, &stored, restore).await?;
    }
    if let Some(object) = stored.object {
        notes.release(object, |_| true);
    }
    Some(())
}

/// Leaves everything to the create that follows: no restore, and no gap between the two.
fn leave(
    diags: &mut Diagnostics,
    prior: &SettingsState,
    object: Option<Uuid>,
    written: Option<BTreeSet<Leaf>>,
    notes: &TenantNotes,
) {
    let stored = Private {
        written: written.clone().unwrap_or_else(|| marks(prior, None).written),
        ..Private::default()
    };
    let restore = Restore::of(prior, &stored);
    if OnDestroy::of(&prior.on_destroy) == OnDestroy::Restore && !restore.leaves.is_empty() {
        diags.warning_at(
            AttributePath::root(),
            "The replacement takes over the values to restore",
            format!(
                "This resource is replaced. The new resource remembers the values from before the old one. If it is not \
                 created after all, restore them yourself:{}",
                restore.lines()
            ),
        );
    }
    if let Some(object) = object {
        notes.release(object, |_| true);
    }
    notes.bequeath(Estate {
        object,
        originals: prior.originals(),
        values: prior.settings(),
        written,
    });
}

async fn put_back(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    prior: &SettingsState,
    stored: &Private,
    restore: Restore,
) -> Option<()> {
    let session = resource.session.ready(diags)?;
    let deadline = resource.session.deadline(&prior.timeouts, Operation::Delete);
    session.check_tenant(diags, &prior.tenant_id)?;
    let notes = session.notes();
    let lines = restore.lines();
    let closure = {
        let (object, left, now) = (stored.object, stored.superseded.clone(), prior.settings());
        move |policy: &mut Policy| {
            let (mut leaves, mut kept) = (BTreeSet::new(), BTreeMap::new());
            for leaf in &restore.leaves {
                if left.contains(leaf) || notes.is_others(object, &Item::Leaf(*leaf)) {
                    kept.insert(leaf.setting, None);
                } else if may_write(*leaf, policy, &now, &restore.target, &notes) {
                    leaves.insert(*leaf);
                } else {
                    // A list may stand no more because another resource has taken the scope.
                    let found = || Some(describe::value(policy.borrowed(leaf.setting)));
                    kept.entry(leaf.setting).or_insert_with(found);
                }
            }
            let before = policy.clone();
            edit::write(policy, &leaves, &restore.target);
            keep_members_of_others(policy, &before, &leaves, object, &notes);
            for leaf in &leaves {
                notes.writes(leaf.setting, &before, policy);
            }
            Ok(kept)
        }
    };
    match session.store.edit(&deadline, closure).await {
        Ok(edited) => {
            for (setting, found) in edited.value {
                report_kept(diags, setting, found, &lines);
            }
            Some(())
        }
        Err(error) => {
            edit::report(diags, &error, "The tenant's device settings were not restored");
            None
        }
    }
}

/// Warns of a setting that a restore left as it is: another object holds it, or it has changed to `found` since the plan.
fn report_kept(diags: &mut Diagnostics, setting: Setting, found: Option<String>, lines: &str) {
    let name = name(setting);
    let (summary, reason) = match found {
        None => (
            format!("{name} was left to another resource"),
            format!("Another autopilot_device_join_settings has taken {name} over, so it was not restored."),
        ),
        Some(found) => (
            format!("{name} was not restored"),
            format!("The tenant now has {name}: {found}. It has changed since the plan, so it was left as it is."),
        ),
    };
    diags.warning_at(
        path(setting),
        summary,
        format!("{reason} The plan's values to restore were:{lines}"),
    );
}

/// A list that goes back, or a scope that goes back to `none`, keeps the members that other resources of this process
/// hold.
fn keep_members_of_others(
    policy: &mut Policy,
    before: &Policy,
    leaves: &BTreeSet<Leaf>,
    object: Option<Uuid>,
    notes: &TenantNotes,
) {
    let is_closed = |setting| policy.membership(setting) == Some(&Membership::None);
    let closed = leaves
        .iter()
        .filter(|leaf| leaf.part == Part::Scope && is_closed(leaf.setting));
    let lists: BTreeSet<_> = closed
        .flat_map(|leaf| Leaf::lists(leaf.setting))
        .chain(leaves.iter().copied())
        .collect();
    for leaf in lists {
        let (Some(kind), Some(listed)) = (
            leaf.kind(),
            before.membership(leaf.setting).and_then(Membership::members),
        ) else {
            continue;
        };
        for id in list::ids(listed, kind) {
            if notes.is_anothers(object, &Item::Member(leaf.setting, kind, id.clone())) {
                rules::insert(policy, leaf.setting, kind, id);
            }
        }
    }
}
