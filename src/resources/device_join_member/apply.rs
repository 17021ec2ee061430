//! Adding and removing: one edit of the policy each, which the store merges with those of other members.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tf_provider::{AttributePath, Diagnostics};
use uuid::Uuid;

use super::DeviceJoinMember;
use super::diagnostics;
use super::state::{CreatePlan, Member, MemberState, Plan, Private};
use crate::diagnose::edit_error;
use crate::graph::directory::Kind;
use crate::graph::policy::{ObjectId, Policy};
use crate::graph::store::EditError;
use crate::members::checks::await_users;
use crate::members::rules::{Refusal, Removed, add, remove};
use crate::plugin::Report;
use crate::timeouts::Operation;

/// Adds the member. `None` when it was certainly not added.
pub async fn create(
    resource: &DeviceJoinMember,
    diags: &mut Diagnostics,
    mut planned: MemberState,
    private: Option<Private>,
) -> Option<(MemberState, Option<Private>)> {
    let session = resource.session.ready(diags)?;
    let deadline = resource.session.deadline(&planned.timeouts, Operation::Create);
    let Some(member) = planned.member() else {
        diags.error_at(
            AttributePath::root(),
            "The member is unknown",
            "Terraform applies a member whose list, object id or type is unknown. Please report this with the \
             configuration that led to it.",
        );
        return None;
    };
    if matches!(
        private.and_then(|private| private.plan),
        Some(Plan::Create(CreatePlan { awaiting: true, .. }))
    ) {
        await_users(&session.directory, diags, std::slice::from_ref(&member.id), &deadline).await;
    }
    let notes = session.notes();
    let object = Uuid::now_v7();
    let twice = Arc::new(AtomicBool::new(false));
    let closure = {
        let (member, notes, twice) = (member.clone(), notes.clone(), Arc::clone(&twice));
        move |policy: &mut Policy| {
            let before = policy.clone();
            let added = add(policy, member.list, member.kind, &member.id)?;
            if !notes.apply(object, [member.item()]).is_empty() {
                twice.store(true, Ordering::Relaxed);
            }
            notes.writes(member.list.setting(), &before, policy);
            Ok::<_, Refusal>(added)
        }
    };
    if let Err(error) = session.store.edit(&deadline, closure).await {
        edit_error(diags, &error, "The member was not added", |diags, refusal| {
            diagnostics::refused(diags, member.list, refusal);
        });
        // Perhaps it is a member now: only what is in the state can be removed again.
        if !matches!(error, EditError::Unconfirmed(_)) {
            notes.release(object, |_| true);
            return None;
        }
        diagnostics::unconfirmed(diags, &member);
    }
    if twice.load(Ordering::Relaxed) {
        diagnostics::twice(diags, &member);
    }
    if !planned.tenant_id.is_value() {
        planned.tenant_id = session.tenant_id().into();
    }
    planned.set_member(&member);
    let private = Private {
        object: Some(object),
        ..Private::default()
    };
    Some((planned, Some(private)))
}

/// Removes the member and no other, unless another resource holds it. `None` when it could not be done.
pub async fn destroy(
    resource: &DeviceJoinMember,
    diags: &mut Diagnostics,
    prior: &MemberState,
    private: Option<Private>,
) -> Option<()> {
    let Some(member) = prior.member() else {
        // Nothing of it was ever written.
        return Some(());
    };
    let private = private.unwrap_or_default();
    let (object, superseded) = match &private.plan {
        // The create that follows names the same member: it stays.
        Some(Plan::Create(create)) if names(create, &member) => return Some(()),
        Some(Plan::Create(create)) => (create.replaces, false),
        Some(Plan::Destroy) | None => (private.object, private.superseded),
    };
    let session = resource.session.ready(diags)?;
    let deadline = resource.session.deadline(&prior.timeouts, Operation::Delete);
    session.check_tenant(diags, &prior.tenant_id)?;
    let notes = session.notes();
    let closure = {
        let (member, notes) = (member.clone(), notes.clone());
        move |policy: &mut Policy| {
            let is_others = superseded || notes.is_others(object, &member.item());
            if is_others && member.list.holds(policy, member.kind, &member.id) {
                return Ok(None);
            }
            let before = policy.clone();
            let removed = remove(policy, member.list, member.kind, &member.id);
            notes.writes(member.list.setting(), &before, policy);
            Ok::<_, Infallible>(Some(removed))
        }
    };
    match session.store.edit(&deadline, closure).await {
        Ok(edited) => {
            match edited.value {
                None => diagnostics::stays(diags, &member),
                Some(Removed::Last) => diagnostics::emptied(diags, member.list, prior.tenant_id.as_deref_option()),
                Some(Removed::Absent | Removed::Gone) => {}
            }
            if let Some(object) = object {
                notes.release(object, |_| true);
            }
            Some(())
        }
        Err(EditError::Rejected(never)) => match never {},
        Err(error) => {
            edit_error(diags, &error, "The member was not removed", |_, never| match *never {});
            None
        }
    }
}

/// Whether a create names this member, as far as its type is known.
fn names(create: &CreatePlan, member: &Member) -> bool {
    let kind = create.checked.as_deref().and_then(Kind::parse);
    let named = create
        .names
        .as_ref()
        .is_some_and(|(list, id)| list == member.list.as_str() && ObjectId::from_graph(id) == member.id);
    named && kind.is_none_or(|kind| kind == member.kind)
}
