//! `data.autopilot_device_join_settings`: all settings as the tenant has them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::Schema;
use tf_provider::value::{Value, ValueEmpty};
use tf_provider::{DataSource, Diagnostics};

use crate::graph::policy::Policy;
use crate::session::Session;
use crate::settings::POLICY_ID;
use crate::settings::attributes::{LocalAdminsAttribute, MembershipAttribute, SettingsAttributes};
use crate::settings::number::Number;
use crate::settings::schema::{self, Usage, settings, tenant};
use crate::timeouts::Operation;

/// The data source.
pub struct DeviceJoinSettings {
    session: Session,
}

impl DeviceJoinSettings {
    /// The data source's name in configurations.
    pub const TYPE_NAME: &'static str = "autopilot_device_join_settings";

    /// The data source, in a session that may be configured later.
    pub const fn new(session: Session) -> Self {
        Self { session }
    }
}

/// Its attributes, all computed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ObservedState {
    /// Always `deviceRegistrationPolicy`.
    pub id: Value<String>,
    /// The tenant whose settings these are.
    pub tenant_id: Value<String>,
    /// Who may join devices.
    pub allowed_to_join: Value<MembershipAttribute>,
    /// Local administrators of joined devices.
    pub local_admins: Value<LocalAdminsAttribute>,
    /// Who may register devices.
    pub allowed_to_register: Value<MembershipAttribute>,
    /// Devices a user may have; -1 is unlimited.
    pub user_device_quota: Value<Number>,
    /// Whether joining or registering needs multi-factor authentication.
    pub multi_factor_auth_required: Value<bool>,
    /// Windows LAPS.
    pub local_admin_password_enabled: Value<bool>,
    /// Whether the tenant lets its administrators change the join settings.
    pub join_admin_configurable: Value<bool>,
    /// Whether the tenant lets its administrators change who may register.
    pub registration_admin_configurable: Value<bool>,
}

impl ObservedState {
    fn of(policy: &Policy, tenant_id: Option<String>) -> Self {
        let settings = SettingsAttributes::observed(policy);
        Self {
            id: Value::Value(POLICY_ID.to_owned()),
            tenant_id: tenant_id.into(),
            allowed_to_join: settings.allowed_to_join,
            local_admins: settings.local_admins,
            allowed_to_register: settings.allowed_to_register,
            user_device_quota: settings.user_device_quota,
            multi_factor_auth_required: settings.multi_factor_auth_required,
            local_admin_password_enabled: settings.local_admin_password_enabled,
            join_admin_configurable: policy.join_admin_configurable().into(),
            registration_admin_configurable: policy.registration_admin_configurable().into(),
        }
    }
}

#[async_trait]
impl DataSource for DeviceJoinSettings {
    type State<'a> = ObservedState;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        let mut attributes = settings(Usage::Observed);
        attributes.extend(tenant());
        Some(schema::schema(
            attributes,
            "The device settings of the tenant as they are now, whoever manages them: who may join devices to \
                     Microsoft Entra ID, who may register them, who becomes their local administrator, how many a user \
                     may have.\n\n**Permissions:** `Policy.Read.DeviceConfiguration` \
                     ([Signing in](../guides/signing-in.md)).",
        ))
    }

    async fn read<'a>(&self, diags: &mut Diagnostics, _: ObservedState, _: ValueEmpty) -> Option<ObservedState> {
        let session = self.session.ready(diags)?;
        let deadline = self.session.deadline(&Value::Null, Operation::Read);
        let failed = "The tenant's device settings could not be read";
        let policy = session.policy(diags, &deadline, failed).await?;
        Some(ObservedState::of(&policy, session.tenant_id()))
    }
}
