//! `autopilot_device_join_settings`: the tenant's one set of device settings.
//!
//! # Layout
//! [`schema`] and [`state`] say what Terraform sees and keeps; [`managed`] and [`desired`] what a configuration asks for;
//! [`validate`], [`plan`] (with [`leave`] and [`order`]), [`apply`] and [`destroy`] are the operations; [`observe`] brings
//! a state up to the tenant; [`members`] checks who is listed; [`conflict`] finds what others changed since the plan,
//! [`fixed`] what nobody may change; [`warnings`] are what must be said aloud.

pub mod apply;
pub mod conflict;
pub mod desired;
pub mod destroy;
pub mod fixed;
pub mod leave;
pub mod managed;
pub mod members;
pub mod observe;
pub mod order;
pub mod plan;
pub mod schema;
pub mod state;
pub mod validate;
pub mod warnings;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::value::{Value, ValueEmpty};
use tf_provider::{AttributePath, Diagnostics, Resource};

use self::state::{OnDestroy, Private, SettingsState};
use crate::plugin::{CreationPrivate, Report, ResourceExt};
use crate::session::Session;
use crate::settings::POLICY_ID;
use crate::settings::snapshot::Snapshot;
use crate::timeouts::Operation;

/// The resource.
pub struct DeviceJoinSettings {
    session: Session,
}

impl DeviceJoinSettings {
    /// The resource type's name in configurations.
    pub const TYPE_NAME: &'static str = "autopilot_device_join_settings";

    /// The resource, in a session that may be configured later.
    pub const fn new(session: Session) -> Self {
        Self { session }
    }

    /// The state as the tenant is now. None when it could not be read.
    async fn refreshed(
        &self,
        diags: &mut Diagnostics,
        mut state: SettingsState,
        private: &mut Private,
    ) -> Option<SettingsState> {
        let session = self.session.ready(diags)?;
        session.ledger.set_refreshed();
        let deadline = self.session.deadline(&state.timeouts, Operation::Read);
        session.check_tenant(diags, &state.tenant_id, &deadline).await?;
        let failed = "The tenant's device settings could not be read";
        let policy = session.policy(diags, &deadline, failed).await?;
        if state.tenant_id.is_null() {
            state.tenant_id = session.tenant_id(&deadline).await.into();
        }
        observe::refresh(&mut state, &policy);
        private.seen = Snapshot::of(&policy);
        Some(state)
    }
}

#[async_trait]
impl Resource for DeviceJoinSettings {
    type State<'a> = SettingsState;
    type PrivateState<'a> = Option<Private>;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema::schema())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: SettingsState) -> Option<()> {
        validate::validate(diags, &config);
        Some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: SettingsState,
        private: Option<Private>,
        _: ValueEmpty,
    ) -> Option<(SettingsState, Option<Private>)> {
        let mut refreshed = private.clone().unwrap_or_default();
        match self.refreshed(diags, state.clone(), &mut refreshed).await {
            Some(state) => Some((state, Some(refreshed))),
            // The settings exist whether or not they can be read: they never vanish from the state.
            None => Some((state, private)),
        }
    }

    async fn plan_create<'a>(
        &self,
        diags: &mut Diagnostics,
        proposed: SettingsState,
        config: SettingsState,
        _: ValueEmpty,
    ) -> Option<(SettingsState, Option<Private>)> {
        let planned = plan::create(self, diags, proposed, &config, None).await?;
        members::look_after(self, diags, &config, planned.1.as_ref()).await;
        Some(planned)
    }

    async fn plan_update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: SettingsState,
        proposed: SettingsState,
        config: SettingsState,
        private: Option<Private>,
        _: ValueEmpty,
    ) -> Option<(SettingsState, Option<Private>, Vec<AttributePath>)> {
        let session = self.session.ready_if_known();
        let planning = session.is_some_and(|session| session.ledger.is_planning());
        let (state, private) = plan::update(diags, &prior, proposed, &config, private, planning);
        members::look_after(self, diags, &config, private.as_ref()).await;
        Some((state, private, Vec::new()))
    }

    async fn plan_destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: SettingsState,
        private: Option<Private>,
        _: ValueEmpty,
    ) -> Option<Option<Private>> {
        plan::destroy(diags, &prior, private.as_ref());
        Some(private)
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        planned: SettingsState,
        config: SettingsState,
        private: Option<Private>,
        _: ValueEmpty,
    ) -> Option<(SettingsState, Option<Private>)> {
        apply::create(self, diags, planned, &config, private).await
    }

    async fn update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: SettingsState,
        planned: SettingsState,
        config: SettingsState,
        private: Option<Private>,
        _: ValueEmpty,
    ) -> Option<(SettingsState, Option<Private>)> {
        apply::update(self, diags, &prior, planned, &config, private).await
    }

    async fn destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: SettingsState,
        private: Option<Private>,
        _: ValueEmpty,
    ) -> Option<()> {
        destroy::destroy(self, diags, &prior, private.as_ref()).await
    }

    async fn import<'a>(&self, diags: &mut Diagnostics, id: String) -> Option<(SettingsState, Option<Private>)> {
        if id != POLICY_ID {
            diags.error_at(
                AttributePath::root(),
                "Unknown import id",
                format!(
                    "{id:?} names nothing that can be imported: a tenant has one set of device settings, and its id is \
                     {POLICY_ID:?}. Use: terraform import {}.<name> {POLICY_ID}",
                    Self::TYPE_NAME
                ),
            );
            return None;
        }
        let session = self.session.ready(diags)?;
        let deadline = self.session.deadline(&Value::Null, Operation::Read);
        let failed = "The tenant's device settings could not be read for the import";
        let policy = session.policy(diags, &deadline, failed).await?;
        let seen = Snapshot::of(&policy);
        let private = Private {
            originals: seen.clone(),
            seen,
            managed: None,
        };
        let mut state = SettingsState {
            id: Value::Value(POLICY_ID.to_owned()),
            tenant_id: session.tenant_id(&deadline).await.into(),
            original_settings: private.original_settings(),
            on_destroy: Value::Value(OnDestroy::Keep.as_str().to_owned()),
            ..SettingsState::default()
        };
        observe::refresh(&mut state, &policy);
        Some((state, Some(private)))
    }
}

#[async_trait]
impl ResourceExt for DeviceJoinSettings {
    async fn plan_creation<'a>(
        &self,
        diags: &mut Diagnostics,
        private: CreationPrivate<Option<Private>>,
        proposed: SettingsState,
        config: SettingsState,
        _: ValueEmpty,
    ) -> Option<(SettingsState, Option<Private>)> {
        let planned = plan::create(self, diags, proposed, &config, private.planned.flatten()).await?;
        members::look_after(self, diags, &config, planned.1.as_ref()).await;
        Some(planned)
    }
}
