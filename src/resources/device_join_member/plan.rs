//! Plans of a member, and the warnings of what their applies do beside adding or removing it.

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::DeviceJoinMember;
use super::diagnostics;
use super::state::{CreatePlan, Member, MemberState, Plan, Private};
use crate::graph::directory::Kind;
use crate::graph::policy::{Membership, Policy};
use crate::members::List;
use crate::members::checks::Candidate;
use crate::members::rules::{Added, outlook};
use crate::plugin::CreationPrivate;
use crate::session::Ready;
use crate::timeouts::Operation;

/// Plans to add a member.
pub async fn create(
    resource: &DeviceJoinMember,
    diags: &mut Diagnostics,
    private: CreationPrivate<Option<Private>>,
    config: &MemberState,
) -> Option<(MemberState, Option<Private>)> {
    let mut plan = match private.planned.flatten().and_then(|private| private.plan) {
        Some(Plan::Create(plan)) => plan,
        _ => CreatePlan::default(),
    };
    if let Some(replaced) = private.replaced.flatten() {
        plan.replaces = replaced.object;
    }
    let state = add(resource, diags, &mut plan, config).await?;
    let private = Private {
        plan: Some(Plan::Create(plan)),
        ..Private::default()
    };
    Some((state, Some(private)))
}

async fn add(
    resource: &DeviceJoinMember,
    diags: &mut Diagnostics,
    plan: &mut CreatePlan,
    config: &MemberState,
) -> Option<MemberState> {
    let mut state = open(config);
    let (Some(list), Some(id)) = (config.list(), config.object_id()) else {
        return Some(state);
    };
    plan.names = Some((list.as_str().to_owned(), id.as_str().to_owned()));
    let Some(session) = resource.session.ready_if_known() else {
        return Some(state);
    };
    let deadline = resource.session.deadline(&config.timeouts, Operation::Read);
    let failed = "Cannot read the tenant's device settings for the plan";
    let policy = session.policy_for_plan(diags, &deadline, failed).await?;
    let tenant = session.tenant_id();
    state.tenant_id = tenant.clone().map_or(Value::Unknown, Value::Value);
    if config.kind.is_unknown() {
        return Some(state);
    }
    let listed = list.kind_in(&policy, &id);
    let kind = match (config.kind(), plan.checked.as_deref().and_then(Kind::parse)) {
        // What the tenant lists already is not checked.
        (given, _) if listed.is_some() && given.is_none_or(|given| Some(given) == listed) => listed,
        (_, Some(checked)) => Some(checked),
        (given, None) => {
            let candidate = Candidate {
                id: id.clone(),
                kind: given,
                path: AttributePath::new("object_id"),
                place: "object_id".to_owned(),
            };
            let checked = session.check(diags, &[candidate], &deadline).await?;
            plan.awaiting = checked.awaiting.contains(&id);
            given.or_else(|| checked.kinds.get(&id).copied())
        }
    }?;
    plan.checked = Some(kind.as_str().to_owned());
    let member = Member { list, kind, id };
    announce(diags, &policy, &member, tenant.as_deref())?;
    state.set_member(&member);
    Some(state)
}

/// Plans a change of a member: of its timeouts, or its replacement by another member.
pub async fn update(
    resource: &DeviceJoinMember,
    diags: &mut Diagnostics,
    prior: &MemberState,
    config: &MemberState,
    private: Option<&Private>,
) -> Option<(MemberState, Vec<AttributePath>)> {
    if let Some((member, object)) = prior.member().zip(private.and_then(|private| private.object)) {
        // With -refresh=false there is no read to note it.
        resource
            .session
            .notes_of(&prior.tenant_id)
            .read(object, [member.item()]);
    }
    let replaced = replaced(prior, config);
    if replaced.is_empty() {
        // The object id may be spelt in another way, which is the same id.
        let state = MemberState {
            timeouts: config.timeouts.clone(),
            ..prior.clone()
        };
        return Some((state, replaced));
    }
    // Terraform plans the replacement again, as a create, and shows no warning of that plan.
    if let Some((member, policy)) = present(resource, prior).await
        && is_only_member(&policy, &member)
    {
        let tenant = prior.tenant_id.as_deref_option();
        if config.list().is_some_and(|list| list != member.list) {
            diagnostics::last(diags, member.list, tenant);
        } else {
            diagnostics::replaced(diags, member.list, tenant);
        }
    }
    let state = add(resource, diags, &mut CreatePlan::default(), config).await?;
    Some((state, replaced))
}

/// Plans to remove a member, and warns where it is the last one of its list.
pub async fn destroy(
    resource: &DeviceJoinMember,
    diags: &mut Diagnostics,
    prior: &MemberState,
    private: Option<Private>,
) -> Private {
    let stored = private.unwrap_or_default();
    let notes = resource.session.notes_of(&prior.tenant_id);
    let is_others = |member: Member| notes.is_others(stored.object, &member.item());
    let superseded = stored.superseded || prior.member().is_some_and(is_others);
    if let Some((member, policy)) = present(resource, prior).await
        && !superseded
        && is_only_member(&policy, &member)
    {
        diagnostics::last(diags, member.list, prior.tenant_id.as_deref_option());
    }
    Private {
        superseded,
        plan: Some(Plan::Destroy),
        ..stored
    }
}

/// A member that the tenant lists. `None`, too, when the policy cannot be read, which the apply reports.
async fn present(resource: &DeviceJoinMember, prior: &MemberState) -> Option<(Member, std::sync::Arc<Policy>)> {
    let (member, session): (_, Ready) = (prior.member()?, resource.session.ready_if_known()?);
    let deadline = resource.session.deadline(&prior.timeouts, Operation::Read);
    let policy = session.store.read_recent(&deadline).await.ok()?;
    member
        .list
        .holds(&policy, member.kind, &member.id)
        .then_some((member, policy))
}

fn is_only_member(policy: &Policy, member: &Member) -> bool {
    let members = policy.membership(member.list.setting()).and_then(Membership::members);
    members.is_some_and(|members| members.users.len() + members.groups.len() == 1)
}

/// The configured values, and the rest unknown.
fn open(config: &MemberState) -> MemberState {
    let list = match &config.list {
        Value::Null => Value::Value(List::Join.as_str().to_owned()),
        given => given.clone(),
    };
    let kind = match &config.kind {
        Value::Null => Value::Unknown,
        given => given.clone(),
    };
    MemberState {
        id: Value::Unknown,
        tenant_id: Value::Unknown,
        list,
        kind,
        ..config.clone()
    }
}

/// The attributes whose change makes it another member. An id in another spelling is the same id.
fn replaced(prior: &MemberState, config: &MemberState) -> Vec<AttributePath> {
    let mut replaced = Vec::new();
    if config.list() != prior.list() {
        replaced.push(AttributePath::new("list"));
    }
    if config.object_id() != prior.object_id() {
        replaced.push(AttributePath::new("object_id"));
    }
    if !config.kind.is_null() && config.kind() != prior.kind() {
        replaced.push(AttributePath::new("type"));
    }
    replaced
}

/// Says what adding the member does beside that. `None` where it cannot be added whatever the apply does before.
fn announce(diags: &mut Diagnostics, policy: &Policy, member: &Member, tenant: Option<&str>) -> Option<()> {
    let list = member.list;
    let outlook = outlook(policy, list, member.kind, &member.id);
    if outlook != Ok(Added::Already) && list.is_fixed(policy) {
        diagnostics::fixed(diags, list, policy, tenant);
        if list == List::Register {
            return None;
        }
    }
    match outlook {
        Ok(Added::New) => {}
        Ok(Added::Already) => diagnostics::adopted(diags, list, tenant),
        Ok(Added::First) => diagnostics::first(diags, list, tenant),
        Err(refusal) => diagnostics::not_yet(diags, list, &refusal, tenant),
    }
    Some(())
}
