//! `autopilot_device_join_member`: one user or group in one of the lists, whatever else is in it.
//!
//! # Layout
//! [`schema`] and [`state`] say what Terraform sees and keeps; [`validate`], [`plan`] and [`apply`] are the operations;
//! [`words`] are what is said of them. What a list is and what adding to it means is in [`crate::members`].

pub mod apply;
pub mod plan;
pub mod schema;
pub mod state;
pub mod validate;
pub mod words;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::value::{Value, ValueEmpty};
use tf_provider::{AttributePath, Diagnostics, Resource};

use self::state::{Member, MemberState, Private};
use crate::plugin::{CreationPrivate, Report, ResourceExt};
use crate::session::Session;
use crate::settings::name;
use crate::timeouts::Operation;

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
    type State<'a> = MemberState;
    type PrivateState<'a> = Option<Private>;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema::schema())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: MemberState) -> Option<()> {
        validate::validate(diags, &config);
        Some(())
    }

    /// None, without an error, when the member is not in the list any more: Terraform then plans to add it again.
    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        mut state: MemberState,
        private: Option<Private>,
        _: ValueEmpty,
    ) -> Option<(MemberState, Option<Private>)> {
        let session = self.session.ready(diags)?;
        let deadline = self.session.deadline(&state.timeouts, Operation::Read);
        session.check_tenant(diags, &state.tenant_id, &deadline).await?;
        let failed = "The tenant's device settings could not be read";
        let policy = session.policy(diags, &deadline, failed).await?;
        let Member { list, kind, id } = state.member()?;
        if !list.holds(&policy, kind, &id) {
            return None;
        }
        session.ledger.set_held(list, kind, &id);
        apply::fill_tenant(&mut state, session.tenant_id(&deadline).await);
        Some((state, private))
    }

    async fn plan_create<'a>(
        &self,
        diags: &mut Diagnostics,
        proposed: MemberState,
        config: MemberState,
        _: ValueEmpty,
    ) -> Option<(MemberState, Option<Private>)> {
        plan::create(self, diags, proposed, &config, None).await
    }

    async fn plan_update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: MemberState,
        proposed: MemberState,
        config: MemberState,
        private: Option<Private>,
        _: ValueEmpty,
    ) -> Option<(MemberState, Option<Private>, Vec<AttributePath>)> {
        let (state, replaced) = plan::update(self, diags, &prior, proposed, &config).await?;
        Some((state, private, replaced))
    }

    async fn plan_destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: MemberState,
        _: Option<Private>,
        _: ValueEmpty,
    ) -> Option<Option<Private>> {
        let of = plan::destroy(self, diags, &prior).await;
        Some(Some(Private::removing(of)))
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        planned: MemberState,
        config: MemberState,
        private: Option<Private>,
        _: ValueEmpty,
    ) -> Option<(MemberState, Option<Private>)> {
        apply::create(self, diags, planned, &config, private).await
    }

    /// Whatever changes here is how long operations may take: nothing is written.
    async fn update<'a>(
        &self,
        _: &mut Diagnostics,
        _: MemberState,
        planned: MemberState,
        _: MemberState,
        private: Option<Private>,
        _: ValueEmpty,
    ) -> Option<(MemberState, Option<Private>)> {
        Some((planned, private))
    }

    async fn destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: MemberState,
        private: Option<Private>,
        _: ValueEmpty,
    ) -> Option<()> {
        apply::destroy(self, diags, &prior, private).await
    }

    async fn import<'a>(&self, diags: &mut Diagnostics, id: String) -> Option<(MemberState, Option<Private>)> {
        let Some(member) = Member::parse(&id) else {
            diags.error_at(
                AttributePath::root(),
                "Unknown import id",
                format!(
                    "{id:?} names no member. An import id is <list>/<type>/<object id>: join, local_admin or register, \
                     then user or group, such as \"join/group/8a1f0b5e-3d3c-4c61-9a53-0f1f5f3d2a10\"."
                ),
            );
            return None;
        };
        let session = self.session.ready(diags)?;
        let deadline = self.session.deadline(&Value::Null, Operation::Read);
        let failed = "The tenant's device settings could not be read for the import";
        let policy = session.policy(diags, &deadline, failed).await?;
        if !member.list.holds(&policy, member.kind, &member.id) {
            diags.error_at(
                AttributePath::root(),
                "Not a member",
                format!(
                    "{} of the tenant does not list the {} {}, so there is nothing to import. To add it, leave the \
                     import out and apply.",
                    name(member.list.setting()),
                    member.kind,
                    member.id
                ),
            );
            return None;
        }
        let mut state = MemberState {
            tenant_id: session.tenant_id(&deadline).await.into(),
            ..MemberState::default()
        };
        state.set_member(&member);
        Some((state, None))
    }
}

#[async_trait]
impl ResourceExt for DeviceJoinMember {
    async fn plan_creation<'a>(
        &self,
        diags: &mut Diagnostics,
        private: CreationPrivate<Option<Private>>,
        proposed: MemberState,
        config: MemberState,
        _: ValueEmpty,
    ) -> Option<(MemberState, Option<Private>)> {
        plan::create(self, diags, proposed, &config, private.planned.flatten()).await
    }
}
