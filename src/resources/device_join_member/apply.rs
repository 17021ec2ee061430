//! Adding and removing: one edit of the policy each, which the store merges with those of other members.

use std::convert::Infallible;
use std::sync::Arc;

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::DeviceJoinMember;
use super::plan::found_out;
use super::state::{Member, MemberState, Private};
use super::words;
use crate::diagnose::edit_error;
use crate::graph::store::EditError;
use crate::members::checks::MemberChecks;
use crate::members::rules::{Refusal, Removed, add, remove};
use crate::plugin::Report;
use crate::timeouts::Operation;

/// Adds the member. None when it was certainly not added.
pub async fn create(
    resource: &DeviceJoinMember,
    diags: &mut Diagnostics,
    mut planned: MemberState,
    config: &MemberState,
    private: Option<Private>,
) -> Option<(MemberState, Option<Private>)> {
    let session = resource.session.ready(diags)?;
    session.begin_to_apply();
    let deadline = resource.session.deadline(&config.timeouts, Operation::Create);
    let (list, id) = known(diags, &planned)?;
    let checked = private.is_some_and(|private| private.checked) || session.member_checks == MemberChecks::Off;
    let kind = match planned.kind() {
        Some(kind) if checked => kind,
        given => found_out(diags, &session, &id, given, checked, &deadline).await?,
    };
    let member = Member { list, kind, id };
    let (new, ledger) = (member.clone(), Arc::clone(&session.ledger));
    let edited = session
        .store
        .edit(&deadline, move |policy| {
            let before = policy.clone();
            let added = add(policy, new.list, new.kind, &new.id)?;
            ledger.edited(new.list, &before, policy);
            ledger.take(new.list, new.kind, &new.id);
            Ok::<_, Refusal>(added)
        })
        .await;
    if let Err(error) = &edited {
        edit_error(diags, error, "The member could not be added", |diags, refusal| {
            words::refused(diags, list, refusal);
        });
        // Perhaps it is a member now: only what is in the state can be removed again.
        if !matches!(error, EditError::Unconfirmed(_)) {
            return None;
        }
        words::perhaps(diags, &member);
    }
    if planned.tenant_id.is_unknown() {
        planned.tenant_id = session.tenant_id(&deadline).await.into();
    }
    planned.set_member(&member);
    Some((planned, Some(Private::adding(true))))
}

/// Removes the member, and no other, unless another resource has taken it over in the same apply. None when it could not
/// be done.
pub async fn destroy(
    resource: &DeviceJoinMember,
    diags: &mut Diagnostics,
    prior: &MemberState,
    private: Option<Private>,
) -> Option<()> {
    let session = resource.session.ready(diags)?;
    session.begin_to_apply();
    let deadline = resource.session.deadline(&prior.timeouts, Operation::Delete);
    session.check_tenant(diags, &prior.tenant_id, &deadline).await?;
    let Some(member) = prior.member() else {
        // Nothing of it was ever written.
        return Some(());
    };
    let (old, ledger) = (member.clone(), Arc::clone(&session.ledger));
    let edited = session
        .store
        .edit(&deadline, move |policy| {
            if ledger.is_taken(old.list, old.kind, &old.id) {
                return Ok(None);
            }
            let before = policy.clone();
            let removed = remove(policy, old.list, old.kind, &old.id);
            ledger.edited(old.list, &before, policy);
            ledger.remove(old.list, old.kind, &old.id);
            Ok::<_, Infallible>(Some(removed))
        })
        .await;
    match edited {
        Ok(edited) => {
            match edited.value {
                None => words::stays(diags, &member),
                // The plan saw others, and did not say so.
                Some(Removed::Last)
                    if private.and_then(|private| private.of) > Some(session.ledger.removed(member.list)) =>
                {
                    words::emptied(diags, member.list);
                }
                Some(_) => {}
            }
            Some(())
        }
        Err(EditError::Rejected(never)) => match never {},
        Err(error) => {
            edit_error(
                diags,
                &error,
                "The member could not be removed",
                |_, never| match *never {},
            );
            None
        }
    }
}

fn known(
    diags: &mut Diagnostics,
    planned: &MemberState,
) -> Option<(crate::members::List, crate::graph::policy::ObjectId)> {
    let known = planned.list().zip(planned.object_id());
    if known.is_none() {
        diags.error_at(
            AttributePath::root(),
            "The member is not known",
            "Terraform applies a member whose list or object id is not known or not valid. Please report this with the \
             configuration that led to it.",
        );
    }
    known
}

/// Gives the state the tenant that it is of, where it does not say.
pub fn fill_tenant(state: &mut MemberState, tenant: Option<String>) {
    if state.tenant_id.is_null() {
        state.tenant_id = tenant.map_or(Value::Null, Value::Value);
    }
}
