//! Edits of the policy: the leaves that are written, each held against what the tenant has.

use std::collections::BTreeSet;

use tf_provider::{AttributePath, Diagnostics};

use super::warnings::lock_out;
use crate::diagnose::edit_error;
use crate::graph::policy::{Membership, Policy, Setting, SettingValue};
use crate::graph::store::EditError;
use crate::ownership::TenantNotes;
use crate::plugin::Report;
use crate::settings::attributes::SettingsAttributes;
use crate::settings::{Leaf, Part, describe, name, path};

/// Why an edit wrote nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// These settings are neither as the plan saw them nor as it wants them.
    Changed(Vec<(Setting, Option<SettingValue>)>),
    /// The tenant's scope is `all`, and the new selection would name no member.
    LocksOut(Setting),
    /// The plan found these errors: summaries and details.
    Planned(Vec<(String, String)>),
}

/// Why an apply failed.
pub type WriteError = EditError<Refusal>;

/// Whether a leaf may be written over what the tenant has: it is what was expected, what is wanted, or what member
/// resources and restores of this process made of what was expected. A list stands only with its scope.
pub fn may_write(
    leaf: Leaf,
    policy: &Policy,
    expected: &SettingsAttributes,
    wanted: &SettingsAttributes,
    notes: &TenantNotes,
) -> bool {
    let scope = Leaf::scope(leaf.setting);
    let has = |leaf: Leaf, settings: &SettingsAttributes| {
        // Graph stores an empty selection as `none`, which is no other selection.
        let closed = policy.membership(leaf.setting) == Some(&Membership::None) && settings.is_selected(leaf.setting);
        let is_empty = || settings.in_graph(leaf.setting).as_ref() == policy.borrowed(leaf.setting);
        SettingsAttributes::of_policy(policy, settings).leaf(leaf) == settings.leaf(leaf) && (!closed || is_empty())
    };
    let undisturbed = |leaf: Leaf| has(leaf, expected) || notes.explain(leaf, policy, expected);
    if leaf.is_list() {
        let with_scope = undisturbed(leaf) && undisturbed(scope);
        with_scope || has(leaf, wanted) && (undisturbed(scope) || has(scope, wanted))
    } else {
        undisturbed(leaf) || has(leaf, wanted)
    }
}

/// Refuses to write over what has changed since the plan.
///
/// # Errors
/// The settings that have, with the tenant's values.
pub fn refuse_changed(
    leaves: &BTreeSet<Leaf>,
    policy: &Policy,
    expected: &SettingsAttributes,
    wanted: &SettingsAttributes,
    notes: &TenantNotes,
) -> Result<(), Refusal> {
    let conflicts = leaves
        .iter()
        .filter(|leaf| !may_write(**leaf, policy, expected, wanted, notes));
    let settings: BTreeSet<_> = conflicts.map(|leaf| leaf.setting).collect();
    if settings.is_empty() {
        return Ok(());
    }
    let found = settings.into_iter().map(|setting| (setting, policy.value(setting)));
    Err(Refusal::Changed(found.collect()))
}

/// Refuses a selection without members over `all`, unless both of its lists are named.
pub fn refuse_lock_out(
    leaves: &BTreeSet<Leaf>,
    named: &BTreeSet<Leaf>,
    policy: &Policy,
    wanted: &SettingsAttributes,
) -> Result<(), Refusal> {
    for leaf in leaves.iter().filter(|leaf| leaf.part == Part::Scope) {
        let setting = leaf.setting;
        let omits = Leaf::lists(setting).iter().any(|leaf| !named.contains(leaf));
        let selects = wanted.is_selected(setting);
        let empty = value(policy, setting, leaves, wanted) == Some(SettingValue::Membership(Membership::None));
        if policy.membership(setting) == Some(&Membership::All) && selects && omits && empty {
            return Err(Refusal::LocksOut(setting));
        }
    }
    Ok(())
}

/// Writes leaves into the policy; what is not among them stays. Returns the leaves that change by it, the lists of a scope
/// that leaves `selected` included.
pub fn write(policy: &mut Policy, leaves: &BTreeSet<Leaf>, wanted: &SettingsAttributes) -> BTreeSet<Leaf> {
    let tenant = SettingsAttributes::of_policy(policy, wanted);
    let mut written: BTreeSet<_> = leaves
        .iter()
        .copied()
        .filter(|leaf| tenant.leaf(*leaf) != wanted.leaf(*leaf))
        .collect();
    let scopes = leaves.iter().filter(|leaf| leaf.part == Part::Scope);
    for scope in scopes.filter(|scope| tenant.is_selected(scope.setting) && !wanted.is_selected(scope.setting)) {
        written.extend(Leaf::lists(scope.setting));
    }
    let settings: BTreeSet<_> = leaves.iter().map(|leaf| leaf.setting).collect();
    for setting in settings {
        if let Some(value) = value(policy, setting, leaves, wanted) {
            policy.set(setting, value);
        }
    }
    written
}

/// The value that a setting comes to have: a list that is not written stays the tenant's.
fn value(
    policy: &Policy,
    setting: Setting,
    leaves: &BTreeSet<Leaf>,
    wanted: &SettingsAttributes,
) -> Option<SettingValue> {
    let mut merged = wanted.clone();
    let tenant = SettingsAttributes::of_policy(policy, wanted);
    for list in Leaf::of(setting).filter(|leaf| leaf.is_list() && !leaves.contains(leaf)) {
        merged.copy_leaf(&tenant, list);
    }
    merged.in_graph(setting)
}

/// Reports why an apply wrote nothing, or not everything.
pub fn report(diags: &mut Diagnostics, error: &WriteError, failed: &'static str) {
    edit_error(diags, error, failed, |diags, refusal| match refusal {
        Refusal::LocksOut(setting) => lock_out(diags, *setting),
        Refusal::Planned(errors) => {
            for (summary, detail) in errors {
                diags.error_at(AttributePath::root(), summary.clone(), detail.clone());
            }
        }
        Refusal::Changed(settings) => {
            for (setting, found) in settings {
                let name = name(*setting);
                diags.error_at(
                    path(*setting),
                    format!("{name} has changed since the plan"),
                    format!(
                        "The tenant now has {name}: {}. That is neither what the plan saw nor what it asks for. Nothing \
                         was written, so that the change made in between is not lost. Run terraform plan again, and apply \
                         the new plan if it is what you want.",
                        describe::value(found.as_ref())
                    ),
                );
            }
        }
    });
}
