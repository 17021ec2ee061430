//! `autopilot_device_join_settings`: the tenant's one set of device settings.
//!
//! # Layout
//! - [`state`]: what Terraform keeps: attributes, originals, private data.
//! - [`validate`], [`plan`], [`apply`], [`destroy`]: the operations, in their order.
//! - [`edit`]: what an apply writes, and when it refuses.
//! - [`warnings`]: what a plan refuses and warns of. [`members`]: checks of the members that it adds.
//!
//! The plan decides: an apply writes the leaves in which the plan differs from the prior state (for a create: from the
//! tenant), and nothing else.

pub mod apply;
pub mod destroy;
pub mod edit;
pub mod members;
pub mod plan;
pub mod state;
pub mod validate;
pub mod warnings;

use std::collections::HashMap;

use async_trait::async_trait;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Schema};
use tf_provider::value::{Value, ValueEmpty as Empty};
use tf_provider::{AttributePath, Diagnostics, Resource};
use uuid::Uuid;

use self::state::{OnDestroy, Private, SettingsState as State, items};
use crate::plugin::{CreationPrivate, Report, ResourceExt};
use crate::session::Session;
use crate::settings::POLICY_ID;
use crate::settings::attributes::SettingsAttributes;
use crate::settings::schema::{Usage, attribute, named, schema, settings, tenant};
use crate::timeouts::{self, Operation};

/// What is remembered beside the attributes, if it came along.
type Memory = Option<Private>;
/// A state and what is remembered beside it.
type Kept = Option<(State, Memory)>;

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

    /// Brings a state up to the tenant; `None` when the tenant could not be read.
    async fn refresh(&self, diags: &mut Diagnostics, state: &mut State, private: Option<&mut Private>) -> Option<()> {
        let session = self.session.ready(diags)?;
        let deadline = self.session.deadline(&state.timeouts, Operation::Read);
        session.check_tenant(diags, &state.tenant_id)?;
        let notes = session.notes();
        if let Some((private, object)) = private.as_ref().and_then(|private| Some((private, private.object?))) {
            // Before the policy is read: objects that are read at the same time see each other's notes after it.
            notes.read(object, items(&private.named, &state.settings()));
        }
        let failed = "Cannot read the tenant's device settings";
        let policy = session.policy(diags, &deadline, failed).await?;
        if state.tenant_id.is_null() {
            state.tenant_id = session.tenant_id().into();
        }
        state.refresh(&policy);
        notes.forget_writes();
        if let Some(private) = private {
            private.note_others(&notes);
        }
        Some(())
    }
}

#[async_trait]
impl Resource for DeviceJoinSettings {
    type State<'a> = State;
    type PrivateState<'a> = Memory;
    type ProviderMetaState<'a> = Empty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema(attributes(), DESCRIPTION))
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: State) -> Option<()> {
        validate::validate(diags, &config);
        Some(())
    }

    async fn read<'a>(&self, diags: &mut Diagnostics, state: State, private: Memory, _: Empty) -> Kept {
        let (mut refreshed, mut read) = (state.clone(), private.clone());
        match self.refresh(diags, &mut refreshed, read.as_mut()).await {
            Some(()) => Some((refreshed, read)),
            // The settings exist whether or not they can be read: they never vanish from the state.
            None => Some((state, private)),
        }
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
        let (state, private) = plan::update(self, diags, &prior, &config, private).await?;
        Some((state, private, Vec::new()))
    }

    async fn plan_destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: State,
        private: Memory,
        _: Empty,
    ) -> Option<Memory> {
        let notes = self.session.notes_of(&prior.tenant_id);
        Some(Some(destroy::plan(diags, &prior, private, &notes)))
    }

    async fn create<'a>(&self, diags: &mut Diagnostics, planned: State, _: State, private: Memory, _: Empty) -> Kept {
        apply::create(self, diags, planned, private).await
    }

    async fn update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: State,
        planned: State,
        _: State,
        private: Memory,
        _: Empty,
    ) -> Kept {
        apply::update(self, diags, prior, planned, private).await
    }

    async fn destroy<'a>(&self, diags: &mut Diagnostics, prior: State, private: Memory, _: Empty) -> Option<()> {
        destroy::destroy(self, diags, prior, private).await
    }

    async fn import<'a>(&self, diags: &mut Diagnostics, id: String) -> Kept {
        if id != POLICY_ID {
            let detail = format!(
                "The import id is {id:?}. A tenant has one set of device settings, and its import id is {POLICY_ID:?}. \
                 Use: terraform import {}.<name> {POLICY_ID}",
                Self::TYPE_NAME
            );
            diags.error_at(AttributePath::root(), "Unknown import id", detail);
            return None;
        }
        let session = self.session.ready(diags)?;
        let deadline = self.session.deadline(&Value::Null, Operation::Read);
        let failed = "Cannot read the tenant's device settings for the import";
        let policy = session.policy(diags, &deadline, failed).await?;
        let mut state = State {
            id: Value::Value(POLICY_ID.to_owned()),
            tenant_id: session.tenant_id().into(),
            original_settings: Value::Value(SettingsAttributes::of_policy(&policy, &SettingsAttributes::default())),
            on_destroy: Value::Value(OnDestroy::Keep.as_str().to_owned()),
            ..State::default()
        };
        state.refresh(&policy);
        let private = Private {
            object: Some(Uuid::now_v7()),
            ..Private::default()
        };
        Some((state, Some(private)))
    }
}

#[async_trait]
impl ResourceExt for DeviceJoinSettings {
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

fn attributes() -> HashMap<String, Attribute> {
    let originals = AttributeType::AttributeSingle(settings(Usage::Original));
    let mut attributes = settings(Usage::Managed);
    attributes.extend(tenant());
    attributes.extend(named([
        (
            "original_settings",
            attribute(originals, AttributeConstraint::Computed, ORIGINALS),
        ),
        (
            "on_destroy",
            attribute(AttributeType::String, AttributeConstraint::OptionalComputed, ON_DESTROY),
        ),
        ("timeouts", timeouts::schema()),
    ]));
    attributes
}

const ORIGINALS: &str = "The value that each setting had when this resource first named it, which `on_destroy = \
    \"restore\"` puts back where the resource changed it. Null where nothing is remembered. After an import: all \
    settings as the import read them.";
const ON_DESTROY: &str = "`keep` (the default): destroying the resource leaves the tenant's settings as they are. \
    `restore`: it puts back the original values of the settings that this resource changed. Takes effect only after an \
    apply: set it and apply before you destroy.";
const DESCRIPTION: &str = "The device settings of a Microsoft Entra tenant: who may join devices to Microsoft Entra \
    ID, who may register them, who becomes their local administrator, how many a user may have.\n\nEvery tenant has \
    exactly one set of these settings. Creating this resource adopts it and changes only what the configuration names; \
    use one such resource per tenant. Where several teams add members to one list, see the guide [Lists that several \
    teams share](../guides/sharing-lists.md).\n\n~> **Lock-out:** With `scope = \"selected\"` only the users and \
    groups listed are allowed. Name a break-glass account in `users`, so that the list is never empty. A plan that \
    turns `all` into a selection without any member, and leaves a list out, is refused.\n\n-> An attribute inside an object that the schema \
    does not have, such as `group = [...]` instead of `groups`, is dropped by Terraform without a message, and the \
    list then counts as omitted. Read the plan.\n\n**Destroying:** Destroying this resource leaves the tenant's \
    settings as they are. With `on_destroy = \"restore\"` it puts back the values from before this resource changed \
    them, and writes nothing else.\n\n**Permissions:** Plan, refresh and import need \
    `Policy.Read.DeviceConfiguration`; an apply that changes a setting, and a destroy with `on_destroy = \"restore\"`, \
    need `Policy.ReadWrite.DeviceConfiguration`. The check before users and groups are added to a list needs \
    `User.Read.All` for users and `GroupMember.Read.All` for groups ([Signing in](../guides/signing-in.md)).";
