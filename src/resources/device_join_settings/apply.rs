//! Create and update: one edit of the policy each.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};
use uuid::Uuid;

use super::DeviceJoinSettings;
use super::edit::{self, Refusal, WriteError};
use super::state::{CreatePlan, Plan, Private, SettingsState, UpdatePlan, items};
use crate::graph::deadline::Deadline;
use crate::graph::policy::{ObjectId, Policy};
use crate::graph::store::EditError;
use crate::members::checks::await_users;
use crate::ownership::{Estate, Item, TenantNotes};
use crate::plugin::Report;
use crate::session::Ready;
use crate::settings::attributes::SettingsAttributes;
use crate::settings::{Leaf, Part, name};
use crate::timeouts::Operation;

const FAILED: &str = "The tenant's device settings were not written";

/// What a create found and did, as far as its edit came.
#[derive(Clone, Default)]
struct Found {
    /// The tenant before the edit.
    before: Option<Policy>,
    originals: SettingsAttributes,
    written: BTreeSet<Leaf>,
    /// Leaves whose originals come from the object that is replaced.
    inherited: Vec<Leaf>,
    clashes: Vec<Item>,
}

/// Adopts the tenant's settings and writes those that differ. `None` when that failed and there is nothing to remember.
pub async fn create(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    mut planned: SettingsState,
    private: Option<Private>,
) -> Option<(SettingsState, Option<Private>)> {
    let session = resource.session.ready(diags)?;
    let deadline = resource.session.deadline(&planned.timeouts, Operation::Create);
    let plan = match private.and_then(|private| private.plan) {
        Some(Plan::Create(plan)) => *plan,
        _ => CreatePlan::default(),
    };
    if !planned.tenant_id.is_value() {
        planned.tenant_id = session.tenant_id().into();
    }
    let notes = session.notes();
    let object = Uuid::now_v7();
    let named = plan.named.clone();
    let estate = plan.estate.clone().or_else(|| notes.estate(&named));
    let found = Arc::new(Mutex::new(Found::default()));
    wait_for_users(&session, diags, &plan.awaiting, &deadline).await;
    let closure = {
        let (found, notes, wanted, estate) = (Arc::clone(&found), notes.clone(), planned.settings(), estate.clone());
        move |policy: &mut Policy| {
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            adopt(&mut found, policy, &plan, &wanted, estate.as_ref(), (object, &notes))
        }
    };
    let result = session.store.edit(&deadline, closure).await;
    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner).clone();
    notes.settle(found.inherited.iter().copied());
    match result {
        Ok(edited) => {
            planned.complete(&edited.after);
            report_clashes(diags, found.clashes);
        }
        Err(error) => {
            edit::report(diags, &error, FAILED);
            if wrote_nothing(&error) && estate.is_none() {
                notes.release(object, |_| true);
                return None;
            }
            // The object stays in the state, tainted, so that its originals are not lost.
            let tenant = match error {
                EditError::Ignored { found, .. } | EditError::Overwritten { found, .. } => Some((*found).clone()),
                _ => found.before.clone(),
            };
            match (&tenant, estate) {
                (Some(tenant), _) => planned.refresh(tenant),
                (None, Some(estate)) => {
                    let remembered: BTreeSet<_> = Leaf::all().filter(|leaf| estate.originals.names(*leaf)).collect();
                    notes.settle(remembered.iter().copied());
                    found.written = estate.written.unwrap_or(remembered);
                    found.originals = estate.originals;
                    planned.set_settings(estate.values);
                    planned.join_admin_configurable = Value::Null;
                    planned.registration_admin_configurable = Value::Null;
                }
                (None, None) => return None,
            }
        }
    }
    planned.original_settings = Value::Value(found.originals);
    let private = Private {
        object: Some(object),
        named,
        written: found.written,
        ..Private::default()
    };
    Some((planned, Some(private)))
}

/// Runs a create on the policy: remembers what it finds and writes what differs.
fn adopt(
    found: &mut Found,
    policy: &mut Policy,
    plan: &CreatePlan,
    wanted: &SettingsAttributes,
    estate: Option<&Estate>,
    (object, notes): (Uuid, &TenantNotes),
) -> Result<(), Refusal> {
    if !plan.refused.is_empty() {
        return Err(Refusal::Planned(plan.refused.clone()));
    }
    let tenant = SettingsAttributes::of_policy(policy, wanted);
    let differing: BTreeSet<_> = plan
        .named
        .iter()
        .copied()
        .filter(|leaf| tenant.leaf(*leaf) != wanted.leaf(*leaf))
        .collect();
    if let Some(seen) = plan.seen.as_ref().filter(|_| plan.confirmed) {
        edit::refuse_changed(&differing, policy, seen, wanted, notes)?;
    }
    edit::refuse_lock_out(&differing, &plan.named, policy, wanted)?;
    let first = found.before.is_none();
    for leaf in remembered(&plan.named, &tenant, wanted, estate) {
        // In a later run the tenant may have what this create wrote before.
        if first || tenant.leaf(leaf) != wanted.leaf(leaf) {
            remember(found, leaf, policy, &tenant, estate);
        }
    }
    found.before.get_or_insert_with(|| policy.clone());
    found.clashes.extend(notes.apply(object, items(&plan.named, wanted)));
    found.written.extend(edit::write(policy, &differing, wanted));
    Ok(())
}

/// The leaves whose originals a create remembers: those it names, and the lists of a scope that leaves `selected` or that
/// the object before it took from `selected`.
fn remembered(
    named: &BTreeSet<Leaf>,
    tenant: &SettingsAttributes,
    wanted: &SettingsAttributes,
    estate: Option<&Estate>,
) -> BTreeSet<Leaf> {
    let mut leaves = named.clone();
    let scopes = named.iter().filter(|leaf| leaf.part == Part::Scope);
    for list in scopes.flat_map(|leaf| Leaf::lists(leaf.setting)) {
        let inherited = estate.is_some_and(|estate| estate.originals.names(list));
        if !wanted.is_selected(list.setting) && (inherited || tenant.is_selected(list.setting)) {
            leaves.insert(list);
        }
    }
    leaves
}

fn remember(found: &mut Found, leaf: Leaf, policy: &Policy, tenant: &SettingsAttributes, estate: Option<&Estate>) {
    let inherited = estate.filter(|estate| {
        let tenant = SettingsAttributes::of_policy(policy, &estate.values);
        let is_left = |leaf: Leaf| tenant.leaf(leaf) == estate.values.leaf(leaf);
        is_left(leaf) && is_left(Leaf::scope(leaf.setting)) && estate.originals.names(leaf)
    });
    if let Some(estate) = inherited {
        found.originals.copy_leaf(&estate.originals, leaf);
        found.inherited.push(leaf);
        if estate.written.as_ref().is_none_or(|written| written.contains(&leaf)) {
            found.written.insert(leaf);
        }
    } else {
        found.originals.record_leaf(tenant, leaf);
    }
}

/// Writes what the plan changes. On an error that certainly wrote nothing, the prior state and its private data.
pub async fn update(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    prior: SettingsState,
    mut planned: SettingsState,
    private: Option<Private>,
) -> Option<(SettingsState, Option<Private>)> {
    let private = private.unwrap_or_default();
    let stored = private.stored();
    let plan = match private.plan {
        Some(Plan::Update(plan)) => *plan,
        _ => UpdatePlan::default(),
    };
    let (expected, wanted, originals) = (prior.settings(), planned.settings(), planned.originals());
    let changes = |leaf: &Leaf| wanted.leaf(*leaf) != expected.leaf(*leaf);
    let named = plan.named.iter().copied();
    let leaves: BTreeSet<_> = named
        .filter(|leaf| changes(leaf) || plan.recorded.contains(leaf))
        .collect();
    let object = stored.object.unwrap_or_else(Uuid::now_v7);
    let is_managed = |leaf: &Leaf| plan.named.contains(leaf) || originals.names(*leaf);
    let mut applied = Private {
        object: Some(object),
        written: stored.written.iter().copied().filter(is_managed).collect(),
        named: plan.named.clone(),
        ..Private::default()
    };
    if leaves.is_empty() {
        return Some((planned, Some(applied)));
    }
    let session = resource.session.ready(diags)?;
    let deadline = resource.session.deadline(&planned.timeouts, Operation::Update);
    session.check_tenant(diags, &prior.tenant_id)?;
    wait_for_users(&session, diags, &plan.awaiting, &deadline).await;
    let closure = {
        let (notes, leaves, named) = (session.notes(), leaves.clone(), plan.named.clone());
        let unchanged: Vec<_> = leaves.iter().copied().filter(|leaf| !changes(leaf)).collect();
        let (expected, planned) = (expected.clone(), wanted.clone());
        move |policy: &mut Policy| {
            edit::refuse_changed(&leaves, policy, &expected, &planned, &notes)?;
            let mut wanted = planned.clone();
            let tenant = SettingsAttributes::of_policy(policy, &wanted);
            for list in unchanged.iter().filter(|leaf| leaf.is_list()) {
                // Taken over as it is: what members of this apply have added stays, what they have removed comes back.
                wanted.add_members(&tenant, *list);
            }
            edit::refuse_lock_out(&leaves, &named, policy, &wanted)?;
            let clashes = notes.apply(object, items(&leaves, &wanted));
            let managed: BTreeSet<_> = items(&named, &wanted).into_iter().collect();
            notes.release(object, |item| !managed.contains(item));
            let written = edit::write(policy, &leaves, &wanted);
            Ok((written, clashes))
        }
    };
    match session.store.edit(&deadline, closure).await {
        Ok(edited) => {
            let (written, clashes) = edited.value;
            applied.written.extend(written);
            planned.complete(&edited.after);
            report_clashes(diags, clashes);
            Some((planned, Some(applied)))
        }
        Err(error) => {
            edit::report(diags, &error, FAILED);
            if wrote_nothing(&error) {
                let notes = session.notes();
                notes.release(object, |_| true);
                notes.read(object, items(&stored.named, &expected));
                return Some((prior, Some(stored)));
            }
            // What may have been written is remembered as such.
            applied.written.extend(plan.recorded);
            applied.written.extend(leaves);
            let mut state = SettingsState {
                original_settings: Value::Value(originals),
                ..prior
            };
            if let EditError::Ignored { found, .. } | EditError::Overwritten { found, .. } = error {
                state.set_settings(SettingsAttributes::of_policy(&found, &wanted));
            }
            Some((state, Some(applied)))
        }
    }
}

/// Whether an edit that failed certainly wrote nothing.
fn wrote_nothing(error: &WriteError) -> bool {
    matches!(
        error,
        EditError::Rejected(_) | EditError::Graph(_) | EditError::Incomplete(_)
    )
}

async fn wait_for_users(session: &Ready, diags: &mut Diagnostics, groups: &[String], deadline: &Deadline) {
    if !groups.is_empty() {
        let groups: Vec<_> = groups.iter().map(|id| ObjectId::from_graph(id)).collect();
        await_users(&session.directory, diags, &groups, deadline).await;
    }
}

/// Warns of what another object has set in an apply of this process.
fn report_clashes(diags: &mut Diagnostics, clashes: Vec<Item>) {
    let setting = |item| match item {
        Item::Leaf(leaf) => leaf.setting,
        Item::Member(setting, ..) => setting,
    };
    for setting in clashes.into_iter().map(setting).collect::<BTreeSet<_>>() {
        let name = name(setting);
        diags.warning_at(
            AttributePath::root(),
            format!("Two resources manage {name}"),
            format!(
                "Another resource of this configuration has set {name}, or a member of its list, too. Each apply of one \
                 can undo the other. Keep {name} in one autopilot_device_join_settings; leave a list out of it where \
                 autopilot_device_join_member resources own the members."
            ),
        );
    }
}
