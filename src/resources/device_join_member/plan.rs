//! What an apply will do, said before it is done.

use std::sync::Arc;

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::DeviceJoinMember;
use super::state::{Member, MemberState, Private};
use super::words;
use crate::diagnose::graph_error;
use crate::graph::directory::{Asked, Found, Kind};
use crate::graph::policy::{Membership, ObjectId, Policy};
use crate::graph::{Deadline, GraphError};
use crate::members::checks::{Candidate, MemberChecks, look, report};
use crate::members::rules::{Added, Refusal, outlook};
use crate::members::{Ledger, List};
use crate::plugin::Report;
use crate::session::Ready;
use crate::timeouts::Operation;

/// Plans to add a member. `planned` is the private state of the plan that is being applied, where Terraform hands it
/// over (1.16 and later).
pub async fn create(
    resource: &DeviceJoinMember,
    diags: &mut Diagnostics,
    proposed: MemberState,
    config: &MemberState,
    planned: Option<Private>,
) -> Option<(MemberState, Option<Private>)> {
    let added = add(resource, diags, proposed, config, planned).await?;
    if let (Some(member), Some(session)) = (added.0.member(), resource.session.ready_if_known())
        && session.ledger.comes_twice(member.list, &member.id)
    {
        words::twice(diags, &member);
    }
    Some(added)
}

async fn add(
    resource: &DeviceJoinMember,
    diags: &mut Diagnostics,
    proposed: MemberState,
    config: &MemberState,
    planned: Option<Private>,
) -> Option<(MemberState, Option<Private>)> {
    let mut state = open(proposed, config);
    let (Some(list), Some(id)) = (config.list(), config.object_id()) else {
        return Some((state, None));
    };
    state.list = Value::Value(list.as_str().to_owned());
    let Some(session) = resource.session.ready_if_known() else {
        return Some((state, None));
    };
    let deadline = resource.session.deadline(&config.timeouts, Operation::Read);
    let checked = planned.is_some_and(|private| private.checked);
    let kind = given_kind(config);
    if let (Ok(kind), false) = (kind, checked)
        && !session.store.is_at_hand()
    {
        // What will be asked once the policy has been read can go out beside it.
        expect(&session, &id, kind, &deadline);
    }
    let failed = "The tenant's device settings could not be read for the plan";
    let policy = session.policy_as_found(diags, &deadline, failed).await?;
    state.tenant_id = session.tenant_id(&deadline).await.map_or(Value::Unknown, Value::Value);
    // A type that is not known yet is found out, and held against the one given, when it is.
    let Ok(kind) = kind else {
        return Some((state, None));
    };
    let plan = Plan {
        session: &session,
        policy: &policy,
        deadline: &deadline,
        list,
        id,
    };
    let (kind, checked) = plan.check(diags, kind, checked).await?;
    let member = plan.member(kind);
    plan.announce(diags, &member)?;
    state.set_member(&member);
    Some((state, Some(Private::adding(checked))))
}

/// Plans a change of a member that is there: of nothing but how long it may take, or its replacement by another member.
pub async fn update(
    resource: &DeviceJoinMember,
    diags: &mut Diagnostics,
    prior: &MemberState,
    proposed: MemberState,
    config: &MemberState,
) -> Option<(MemberState, Vec<AttributePath>)> {
    let replaced = replaced(prior, config);
    if !replaced.is_empty() {
        let state = replace(resource, diags, prior, proposed, config).await?;
        return Some((state, replaced));
    }
    // The id may have got another spelling, which is the same id.
    let state = MemberState {
        timeouts: proposed.timeouts,
        ..prior.clone()
    };
    if let (Some(member), Some(session)) = (state.member(), resource.session.ready_if_known()) {
        clash(diags, &session.ledger, &member);
        if session.ledger.stays_twice(member.list, member.kind, &member.id) {
            words::twice(diags, &member);
        }
    }
    Some((state, replaced))
}

/// Says all that the replacement comes to. Terraform then asks for the plan of the new member as of one that was never
/// there, and shows no warning of that.
async fn replace(
    resource: &DeviceJoinMember,
    diags: &mut Diagnostics,
    prior: &MemberState,
    proposed: MemberState,
    config: &MemberState,
) -> Option<MemberState> {
    if let Some((member, session, policy)) = present(resource, prior).await
        && is_last(&session, &policy, &member)
    {
        if config.list().is_some_and(|list| list != member.list) {
            words::last(diags, member.list);
        } else if session.ledger.first_time(&format!("replaced {}", member.list.as_str())) {
            words::replaced(diags, member.list);
        }
    }
    let (state, _) = add(resource, diags, proposed, config, None).await?;
    if let (Some(member), Some(session)) = (state.member(), resource.session.ready_if_known())
        && session.ledger.will_be_there(member.list, &member.id)
    {
        words::twice(diags, &member);
    }
    Some(state)
}

/// Says when a list loses its last member, and when another resource will miss the member. Returns how many members the
/// list has; none when the member is not among them.
pub async fn destroy(resource: &DeviceJoinMember, diags: &mut Diagnostics, prior: &MemberState) -> Option<usize> {
    let (member, session, policy) = present(resource, prior).await?;
    let list = member.list;
    let members = policy.membership(list.setting())?.members()?;
    let number = members.users.len() + members.groups.len();
    if session.ledger.is_applying() {
        // Of what was replaced: said in the plan that was shown.
        return Some(number);
    }
    if list.is_fixed(&policy) {
        words::fixed(diags, list, &policy);
    }
    if session.ledger.stays(list, &member.id) {
        words::twice(diags, &member);
    }
    if is_last(&session, &policy, &member) {
        words::last(diags, list);
    }
    Some(number)
}

/// A member that the tenant has. None, too, when the policy cannot be read, which is the apply's to report.
async fn present(resource: &DeviceJoinMember, prior: &MemberState) -> Option<(Member, Ready, Arc<Policy>)> {
    let (member, session) = (prior.member()?, resource.session.ready_if_known()?);
    let deadline = resource.session.deadline(&prior.timeouts, Operation::Read);
    let policy = session.store.read_as_found(&deadline).await.ok()?;
    let Member { list, kind, id } = &member;
    list.holds(&policy, *kind, id).then_some((member, session, policy))
}

/// Takes note that a member is to be removed. True when that, and what else is to be removed, leaves nobody.
fn is_last(session: &Ready, policy: &Policy, member: &Member) -> bool {
    let members = policy.membership(member.list.setting()).and_then(Membership::members);
    members.is_some_and(|members| {
        session
            .ledger
            .leaves_nobody(member.list, member.kind, &member.id, members)
    })
}

/// What the configuration gives, and the rest not known yet.
fn open(proposed: MemberState, config: &MemberState) -> MemberState {
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
        ..proposed
    }
}

/// What makes another member of it. An id in another spelling is the same id.
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

/// The type that is given, if one is.
///
/// # Errors
/// It is given and not known yet.
fn given_kind(config: &MemberState) -> Result<Option<Kind>, ()> {
    if config.kind.is_unknown() {
        Err(())
    } else {
        Ok(config.kind())
    }
}

fn expect(session: &Ready, id: &ObjectId, kind: Option<Kind>, deadline: &Deadline) {
    if session.member_checks != MemberChecks::Off || kind.is_none() {
        let id = id.clone();
        session.directory.expect(Asked { id, kind }, deadline.clone());
    }
}

fn clash(diags: &mut Diagnostics, ledger: &Ledger, member: &Member) {
    if let Some(clash) = ledger.member(member.list, member.kind, &member.id) {
        diags.warning_at(AttributePath::root(), clash.summary(), clash.detail());
    }
}

/// A member that is about to be planned.
struct Plan<'a> {
    session: &'a Ready,
    policy: &'a Policy,
    deadline: &'a Deadline,
    list: List,
    id: ObjectId,
}

impl Plan<'_> {
    fn member(&self, kind: Kind) -> Member {
        Member {
            list: self.list,
            kind,
            id: self.id.clone(),
        }
    }

    /// Finds out what the member is and checks it, where that is not known already. Returns what it is, and whether the
    /// check is done with.
    async fn check(&self, diags: &mut Diagnostics, given: Option<Kind>, checked: bool) -> Option<(Kind, bool)> {
        if let Some(kind) = self.session.ledger.checked(self.list, &self.id, given) {
            return Some((kind, true));
        }
        let listed = self.list.kind_in(self.policy, &self.id);
        if let Some(listed) = listed.filter(|listed| given.is_none_or(|given| given == *listed)) {
            // What the tenant has is not checked again.
            return Some((listed, true));
        }
        let Ready {
            member_checks, ledger, ..
        } = self.session;
        if let Some(kind) = given {
            if checked || *member_checks == MemberChecks::Off {
                return Some((kind, true));
            }
            if ledger.is_applying() {
                // The apply follows at once: the answer will be there by then.
                expect(self.session, &self.id, given, self.deadline);
                return Some((kind, false));
            }
        }
        let found = found_out(diags, self.session, &self.id, given, checked, self.deadline).await?;
        ledger.set_checked(self.list, &self.id, given, found);
        Some((found, true))
    }

    /// Says what the apply will come to. None when it cannot be.
    fn announce(&self, diags: &mut Diagnostics, member: &Member) -> Option<()> {
        let ledger = &self.session.ledger;
        clash(diags, ledger, member);
        let outlook = outlook(self.policy, self.list, member.kind, &self.id);
        if outlook != Ok(Added::Already) && self.list.is_fixed(self.policy) {
            words::fixed(diags, self.list, self.policy);
            return None;
        }
        let list = self.list;
        match outlook {
            Ok(Added::New) => {}
            // What another resource of this configuration has, or gives up, is no one else's.
            Ok(Added::Already)
                if ledger.is_held(list, member.kind, &self.id) || ledger.is_removed(list, member.kind, &self.id) => {}
            Ok(Added::Already) => words::adopted(diags, member),
            Ok(Added::First) => {
                // Not where the settings resource makes it a selection anyway.
                if !ledger.is_claimed(list) && ledger.first_time(&format!("first {}", list.as_str())) {
                    words::first(diags, list);
                }
            }
            // The settings resource will have set the scope by then.
            Err(Refusal::All | Refusal::Unknown(_) | Refusal::Unset) if ledger.will_have_members(list) => {}
            Err(refusal) => {
                words::refused(diags, list, &refusal);
                return None;
            }
        }
        Some(())
    }
}

/// Looks the member up: what it is, and whether it may be written. None when it may not.
pub async fn found_out(
    diags: &mut Diagnostics,
    session: &Ready,
    id: &ObjectId,
    given: Option<Kind>,
    checked: bool,
    deadline: &Deadline,
) -> Option<Kind> {
    let candidate = Candidate::new(id.clone(), given, AttributePath::new("object_id"));
    let found = look(&session.directory, std::slice::from_ref(&candidate.asked), deadline).await;
    let errors_before = diags.errors.len();
    let level = session.member_checks;
    let kind = match found.first() {
        Some(Ok(found)) => given.or(found.kind()),
        _ => given,
    };
    if kind.is_none() {
        no_type(diags, id, found.first());
        return None;
    }
    if level != MemberChecks::Off && !checked {
        report(diags, level, &session.ledger, &[candidate], &found);
    }
    kind.filter(|_| diags.errors.len() == errors_before)
}

/// The type is omitted and cannot be found out.
fn no_type(diags: &mut Diagnostics, id: &ObjectId, found: Option<&Result<Found, GraphError>>) {
    let path = AttributePath::new("object_id");
    match found {
        Some(Err(error)) => graph_error(diags, error, "The type of the member could not be looked up", Some(path)),
        Some(Ok(Found::Denied(denied))) => diags.error_at(
            AttributePath::new("type"),
            "The type of the member cannot be found out",
            format!(
                "Microsoft Graph does not let the provider {}, so that it cannot tell whether {id} is a user or a group. \
                 Set type to \"user\" or \"group\", or grant the permission {}.\n\n{}",
                denied.needs.doing,
                denied.needs.application.first().copied().unwrap_or_default(),
                denied.error
            ),
        ),
        _ => diags.error_at(
            path,
            "No such member in the directory",
            format!(
                "The tenant's directory has neither a user nor a group with the object id {id}. Check the id: it is the \
                 object id, not the application id of an app nor the id of a device. If the object was created a moment \
                 ago, run Terraform again."
            ),
        ),
    }
}
