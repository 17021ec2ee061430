//! `data.autopilot_device_join_eligibility`: whether a user may join a device, and why.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{AttributeConstraint, AttributeType, Schema};
use tf_provider::value::{Value, ValueEmpty};
use tf_provider::{AttributePath, DataSource, Diagnostics};

use crate::diagnose::graph_error;
use crate::graph::deadline::Deadline;
use crate::graph::directory::{Devices, User, is_denied};
use crate::graph::error::GraphError;
use crate::graph::policy::{Membership, ObjectId, Policy, Quota, Setting, SettingValue};
use crate::members::eligibility::{Reason, left};
use crate::plugin::Report;
use crate::session::{Ready, Session};
use crate::settings::attributes::{ObjectIds, ids};
use crate::settings::number::Number;
use crate::settings::schema::{self, attribute, named};
use crate::settings::tenant::{number as quota_number, of_membership};
use crate::timeouts::Operation;

/// The data source.
pub struct DeviceJoinEligibility {
    session: Session,
}

impl DeviceJoinEligibility {
    /// The data source's name in configurations.
    pub const TYPE_NAME: &'static str = "autopilot_device_join_eligibility";

    /// The data source, in a session that may be configured later.
    pub const fn new(session: Session) -> Self {
        Self { session }
    }
}

/// Its attributes.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct EligibilityState {
    /// The user asked for: an object id or a user principal name.
    pub user: Value<String>,
    /// The user's object id.
    pub id: Value<String>,
    /// The user's user principal name.
    pub user_principal_name: Value<String>,
    /// The tenant.
    pub tenant_id: Value<String>,
    /// True if the user may join one more device.
    pub may_join: Value<bool>,
    /// The reason for the decision.
    pub reason: Value<String>,
    /// The scope of the list.
    pub scope: Value<String>,
    /// The groups listed that the user is in.
    pub matched_groups: ObjectIds,
    /// The quota; -1 is unlimited.
    pub quota: Value<Number>,
    /// The number of devices that count against it.
    pub quota_used: Value<Number>,
    /// The number of devices that are left of it.
    pub quota_left: Value<Number>,
    /// True if joining needs multi-factor authentication.
    pub multi_factor_auth_required: Value<bool>,
}

#[async_trait]
impl DataSource for DeviceJoinEligibility {
    type State<'a> = EligibilityState;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: EligibilityState) -> Option<()> {
        if matches!(&config.user, Value::Value(user) if user.trim().is_empty()) {
            diags.error_at(
                AttributePath::new("user"),
                "Empty user",
                "user is empty. Give the object id or the user principal name of a user.",
            );
        }
        Some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        config: EligibilityState,
        _: ValueEmpty,
    ) -> Option<EligibilityState> {
        let session = self.session.ready(diags)?;
        let deadline = self.session.deadline(&Value::Null, Operation::Read);
        let failed = "The tenant's device settings could not be read";
        let policy = session.policy(diags, &deadline, failed).await?;
        let key = config.user.as_ref().as_option().map(|key| key.trim().to_owned())?;
        let user = match session.directory.users(&[key.clone()].into(), &deadline).await {
            Ok(mut users) => users.remove(&key).flatten(),
            Err(error) => {
                graph_error(
                    diags,
                    &error,
                    "The user could not be looked up",
                    Some(AttributePath::new("user")),
                );
                return None;
            }
        };
        let mut state = of_policy(config, &policy);
        state.tenant_id = session.tenant_id().into();
        let Some(user) = user else {
            no_such_user(diags, &key);
            return Some(with_reason(state, Reason::NoSuchUser));
        };
        let asked = Asked {
            session: &session,
            policy: &policy,
            user: &user,
            deadline: &deadline,
        };
        asked.answer(diags, state).await
    }
}

/// A question about a user who exists.
struct Asked<'a> {
    session: &'a Ready,
    policy: &'a Policy,
    user: &'a User,
    deadline: &'a Deadline,
}

impl Asked<'_> {
    async fn answer(&self, diags: &mut Diagnostics, mut state: EligibilityState) -> Option<EligibilityState> {
        let (matched, devices) = tokio::join!(
            self.matched(),
            self.session.directory.devices(&self.user.id, self.deadline)
        );
        let membership = self.policy.membership(Setting::AllowedToJoin);
        let matched = match matched {
            Ok(matched) => Some(matched),
            // A user whom the list names may join, whatever the groups are.
            Err(error) if is_denied(&error) && Reason::by_scope(membership, &self.user.id, false).allows() => {
                unmatched(diags, &error);
                None
            }
            Err(error) => {
                graph_error(diags, &error, "The user's groups could not be looked up", None);
                return None;
            }
        };
        let quota = quota(self.policy);
        // The devices that surely count, and all that count where that is known.
        let (counted, used) = match devices {
            Ok(devices) if devices.unknown > 0 => {
                partly_counted(diags, devices);
                (Some(devices.counted), None)
            }
            Ok(devices) => (Some(devices.counted), Some(devices.counted)),
            Err(error) if is_denied(&error) => {
                uncounted(diags, &error);
                (None, None)
            }
            Err(error) => {
                graph_error(diags, &error, "The user's devices could not be counted", None);
                return None;
            }
        };
        let in_group = matched.as_ref().is_some_and(|matched| !matched.is_empty());
        let reason = Reason::by_scope(membership, &self.user.id, in_group).with_user(
            self.user.enabled.unwrap_or(true),
            quota,
            counted,
        );
        state.id = Value::Value(self.user.id.as_str().to_owned());
        state.user_principal_name = self.user.principal_name.clone().into();
        state.matched_groups = matched.as_ref().map_or(Value::Null, ids);
        state.quota_used = used.map(number).into();
        state.quota_left = left(quota, used).map(number).into();
        Some(with_reason(state, reason))
    }

    /// The groups listed that the user is in.
    async fn matched(&self) -> Result<BTreeSet<ObjectId>, GraphError> {
        let membership = self.policy.membership(Setting::AllowedToJoin);
        let Some(members) = membership.and_then(Membership::members) else {
            return Ok(BTreeSet::new());
        };
        // What is no object id is no group, and Graph would refuse all of the question for it.
        let listed = members.groups.iter();
        let groups: BTreeSet<_> = listed
            .filter(|id| ObjectId::parse(id.as_str()).is_ok())
            .cloned()
            .collect();
        if groups.is_empty() {
            return Ok(groups);
        }
        self.session
            .directory
            .member_groups(&self.user.id, &groups, self.deadline)
            .await
    }
}

fn of_policy(config: EligibilityState, policy: &Policy) -> EligibilityState {
    let scope = policy
        .membership(Setting::AllowedToJoin)
        .and_then(|membership| of_membership(membership, None))
        .map(|membership| membership.scope);
    let multi_factor_auth_required = match policy.borrowed(Setting::MultiFactorAuthRequired) {
        Some(SettingValue::Bool(required)) => Value::Value(*required),
        _ => Value::Null,
    };
    EligibilityState {
        user: config.user,
        scope: scope.unwrap_or_default(),
        quota: quota(policy).map(quota_number).into(),
        matched_groups: ids(&BTreeSet::new()),
        multi_factor_auth_required,
        ..EligibilityState::default()
    }
}

fn quota(policy: &Policy) -> Option<Quota> {
    match policy.borrowed(Setting::UserDeviceQuota) {
        Some(SettingValue::Quota(quota)) => Some(*quota),
        _ => None,
    }
}

fn with_reason(state: EligibilityState, reason: Reason) -> EligibilityState {
    EligibilityState {
        may_join: Value::Value(reason.allows()),
        reason: Value::Value(reason.as_str().to_owned()),
        ..state
    }
}

#[expect(clippy::cast_precision_loss, reason = "no user has 2^53 devices")]
fn number(count: u64) -> Number {
    Number(count as f64)
}

fn no_such_user(diags: &mut Diagnostics, key: &str) {
    diags.warning_at(
        AttributePath::new("user"),
        "No such user in the directory",
        format!(
            "The tenant's directory has no user {key:?}, who therefore cannot join a device. Give the object id or the user \
             principal name of a user; of a guest it is the long one with #EXT#."
        ),
    );
}

fn unmatched(diags: &mut Diagnostics, error: &GraphError) {
    diags.warning_at(
        AttributePath::root(),
        "The user's groups were not looked up: the permission is missing",
        format!(
            "The list names the user, so that may_join is known; matched_groups is null, because Microsoft Graph does not \
             let the provider look up the user's groups.\n\n{error}\n\n{}",
            error.advice()
        ),
    );
}

fn uncounted(diags: &mut Diagnostics, error: &GraphError) {
    diags.warning_at(
        AttributePath::root(),
        "The user's devices were not counted: Directory.Read.All is missing",
        format!(
            "Microsoft Graph does not let the provider list the user's devices: quota_used and quota_left are null, and of \
             the quota may_join considers only whether it is 0. Grant Directory.Read.All to have them counted.\n\n{error}\
             \n\n{}",
            error.advice()
        ),
    );
}

fn partly_counted(diags: &mut Diagnostics, devices: Devices) {
    let Devices { counted, unknown, .. } = devices;
    diags.warning_at(
        AttributePath::root(),
        "Not all of the user's devices could be counted",
        format!(
            "Microsoft Graph hides how {unknown} of the user's devices are joined (trustType). Hybrid joined devices do not \
             count, so quota_used and quota_left are null, and may_join considers only the {counted} devices that do count. \
             Grant the permission Device.Read.All or Directory.Read.All to have all of them counted."
        ),
    );
}

fn schema() -> Schema {
    let computed = |kind, description| attribute(kind, AttributeConstraint::Computed, description);
    let text = |description| computed(AttributeType::String, description);
    let attributes = [
        (
            "user",
            attribute(
                AttributeType::String,
                AttributeConstraint::Required,
                "The user: an object id or a user principal name.",
            ),
        ),
        ("id", text("The user's object id; null when there is no such user.")),
        ("user_principal_name", text("The user's user principal name.")),
        ("tenant_id", text("The tenant whose settings decide.")),
        (
            "may_join",
            computed(
                AttributeType::Bool,
                "Whether the device settings let the user join one more device. Of the quota, only the devices that \
                 could be counted are considered, see `quota_used`. An unknown user gives a warning and `false`. \
                 Conditional Access and the licences that Windows Autopilot needs are not considered.",
            ),
        ),
        (
            "reason",
            text(
                "What decided it: `everybody` (the scope is `all`), `named` (the list names the user), `in_group` (it \
                 names a group that the user is in, directly or in nested groups), `nobody` (the scope is `none`), \
                 `not_selected`, `disabled` (the account is), `quota_reached`, `no_such_user`, or `unknown` when the \
                 policy does not say.",
            ),
        ),
        (
            "scope",
            text("The scope of `allowed_to_join`: `all`, `selected` or `none`."),
        ),
        (
            "matched_groups",
            computed(
                AttributeType::Set(Box::new(AttributeType::String)),
                "Object ids of the groups listed that the user is in, directly or in nested groups, as \
                 `checkMemberGroups` of Microsoft Graph counts. Empty if there is none; null if the list names the user \
                 and the permission to look up groups is missing.",
            ),
        ),
        (
            "quota",
            computed(
                AttributeType::Number,
                "How many devices a user may have; -1 is unlimited.",
            ),
        ),
        (
            "quota_used",
            computed(
                AttributeType::Number,
                "How many devices the user has that count: joined and registered ones together, without hybrid joined \
                 ones. Null, with a warning, without the permission to list them, or if Microsoft Graph hides how one of \
                 them is joined. Deleted devices that can still be restored are not seen.",
            ),
        ),
        (
            "quota_left",
            computed(
                AttributeType::Number,
                "How many more devices the user may have; null if there is no limit or if `quota_used` is null.",
            ),
        ),
        (
            "multi_factor_auth_required",
            computed(
                AttributeType::Bool,
                "Whether joining needs multi-factor authentication, as the device settings have it.",
            ),
        ),
    ];
    schema::schema(
        named(attributes),
        "Whether the tenant's device settings, as they are now, let a user join a device to Microsoft Entra ID, \
                 and why.\n\n\
                 -> Microsoft's pages do not state whether the members of nested groups may join. This data source \
                 counts them, as Microsoft Graph's `checkMemberGroups` does.\n\n\
                 **Permissions:** `Policy.Read.DeviceConfiguration` and `User.Read.All`; `GroupMember.Read.All` if groups \
                 are listed; `Directory.Read.All` to count the user's devices, which Microsoft documents for delegated \
                 permissions only ([Signing in](../guides/signing-in.md)).",
    )
}
