//! `autopilot_device_join_member`: one user or group in one of the lists, beside others.
//!
//! # Layout
//! [`state`] says what Terraform sees and keeps; [`validate`], [`plan`] and [`apply`] are the operations; [`diagnostics`] are
//! their messages. The lists, and the rules for adding to them, are in [`crate::members`].

pub mod apply;
pub mod diagnostics;
pub mod plan;
pub mod state;
pub mod validate;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::value::{Value, ValueEmpty as Empty};
use tf_provider::{AttributePath, Diagnostics, Resource};
use uuid::Uuid;

use self::state::{Member, MemberState as State, Private};
use crate::plugin::{CreationPrivate, Report, ResourceExt};
use crate::session::Session;
use crate::settings::name;
use crate::timeouts::Operation;

/// What is remembered beside the attributes, if it came along.
type Memory = Option<Private>;
/// A state and what is remembered beside it.
type Kept = Option<(State, Memory)>;

/// The resource.
pub struct DeviceJoinMember {
    session: Session,
}

impl DeviceJoinMember {
    /// The resource type's name in configurations.
    pub const TYPE_NAME: &'static str = "autopilot_device_join_member";

    /// The resource, in a session that may be configured later.
    pub const fn new(session: Session) -> Self {
        Self { session }
    }
}

#[async_trait]
impl Resource for DeviceJoinMember {
    type State<'a> = State;
    type PrivateState<'a> = Memory;
    type ProviderMetaState<'a> = Empty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(state::schema())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: State) -> Option<()> {
        validate::validate(diags, &config);
        Some(())
    }

    /// `None`, without an error, when the list does not have the member any more: Terraform then plans to add it again.
    async fn read<'a>(&self, diags: &mut Diagnostics, mut state: State, private: Memory, _: Empty) -> Kept {
        let session = self.session.ready(diags)?;
        let deadline = self.session.deadline(&state.timeouts, Operation::Read);
        session.check_tenant(diags, &state.tenant_id)?;
        let member = state.member()?;
        let notes = session.notes();
        let mut private = private;
        if let Some(object) = private.as_ref().and_then(|private| private.object) {
            // Before the policy is read: objects that are read at the same time see each other's notes after it.
            notes.read(object, [member.item()]);
        }
        let failed = "Cannot read the tenant's device settings";
        let policy = session.policy(diags, &deadline, failed).await?;
        notes.forget_writes();
        if !member.list.holds(&policy, member.kind, &member.id) {
            return None;
        }
        if let Some(private) = &mut private {
            private.superseded = notes.is_others(private.object, &member.item());
        }
        if state.tenant_id.is_null() {
            state.tenant_id = session.tenant_id().into();
        }
        Some((state, private))
    }

    async fn plan_create<'a>(&self, diags: &mut Diagnostics, _: State, config: State, _: Empty) -> Kept {
        plan::create(self, diags, CreationPrivate::default(), &config).await
    }

    async fn plan_update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: State,
        _: State,
        config: State,
        private: Memory,
        _: Empty,
    ) -> Option<(State, Memory, Vec<AttributePath>)> {
        let (state, replaced) = plan::update(self, diags, &prior, &config, private.as_ref()).await?;
        Some((state, private, replaced))
    }

    async fn plan_destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: State,
        private: Memory,
        _: Empty,
    ) -> Option<Memory> {
        Some(Some(plan::destroy(self, diags, &prior, private).await))
    }

    async fn create<'a>(&self, diags: &mut Diagnostics, planned: State, _: State, private: Memory, _: Empty) -> Kept {
        apply::create(self, diags, planned, private).await
    }

    /// Only timeouts change in place: nothing is written.
    async fn update<'a>(
        &self,
        _: &mut Diagnostics,
        _: State,
        planned: State,
        _: State,
        private: Memory,
        _: Empty,
    ) -> Kept {
        Some((planned, private))
    }

    async fn destroy<'a>(&self, diags: &mut Diagnostics, prior: State, private: Memory, _: Empty) -> Option<()> {
        apply::destroy(self, diags, &prior, private).await
    }

    async fn import<'a>(&self, diags: &mut Diagnostics, id: String) -> Kept {
        let Some(member) = Member::parse(&id) else {
            let detail = format!(
                "The import id is {id:?}. An import id of a member is <list>/<type>/<object id>: join, local_admin or \
                 register, then user or group, such as \"join/group/8a1f0b5e-3d3c-4c61-9a53-0f1f5f3d2a10\"."
            );
            diags.error_at(AttributePath::root(), "Unknown import id", detail);
            return None;
        };
        let session = self.session.ready(diags)?;
        let deadline = self.session.deadline(&Value::Null, Operation::Read);
        let failed = "Cannot read the tenant's device settings for the import";
        let policy = session.policy(diags, &deadline, failed).await?;
        if !member.list.holds(&policy, member.kind, &member.id) {
            let detail = format!(
                "{} of the tenant does not list the {} {}, so there is nothing to import. To add it, leave the \
                 import out and apply.",
                name(member.list.setting()),
                member.kind,
                member.id
            );
            diags.error_at(AttributePath::root(), "Not a member", detail);
            return None;
        }
        let mut state = State {
            tenant_id: session.tenant_id().into(),
            ..State::default()
        };
        state.set_member(&member);
        let private = Private {
            object: Some(Uuid::now_v7()),
            ..Private::default()
        };
        Some((state, Some(private)))
    }
}

#[async_trait]
impl ResourceExt for DeviceJoinMember {
    async fn plan_creation<'a>(
        &self,
        diags: &mut Diagnostics,
        private: CreationPrivate<Memory>,
        _: State,
        config: State,
        _: Empty,
    ) -> Kept {
        plan::create(self, diags, private, &config).await
    }
}
