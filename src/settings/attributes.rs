//! The attribute values of the settings, as Terraform sends and stores them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tf_provider::value::Value;

use super::number::Number;
use crate::graph::policy::{Membership, ObjectId, Policy, Quota, Setting, SettingValue};

/// Who a setting applies to: the `scope` attribute of a membership.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Every user of the tenant.
    All,
    /// The users and groups listed.
    Selected,
    /// Nobody.
    None,
}

impl Scope {
    /// Every scope, in the order the portal shows them.
    pub const ALL: [Self; 3] = [Self::All, Self::Selected, Self::None];

    /// Terraform's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Selected => "selected",
            Self::None => "none",
        }
    }

    /// The scope with this spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// The scope of a membership of the tenant; none when it is of a kind this provider does not know.
    pub const fn of(membership: &Membership) -> Option<Self> {
        match membership {
            Membership::All => Some(Self::All),
            Membership::None => Some(Self::None),
            Membership::Selected(_) => Some(Self::Selected),
            Membership::Other(_) => None,
        }
    }
}

/// Object ids, each possibly not known yet. What is in them counts, not in which order.
pub type ObjectIds = Value<Vec<Value<String>>>;

/// `{ scope, users, groups }`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct MembershipAttribute {
    /// `all`, `selected` or `none`.
    pub scope: Value<String>,
    /// Object ids of users; null: not managed, or nothing to list.
    pub users: ObjectIds,
    /// Object ids of groups; null: not managed, or nothing to list.
    pub groups: ObjectIds,
}

impl MembershipAttribute {
    /// A membership of the tenant with its whole lists.
    pub fn whole(membership: &Membership) -> Self {
        let scope = match membership {
            Membership::Other(kind) => kind.as_str(),
            known => Scope::of(known).map_or("", Scope::as_str),
        };
        let (users, groups) = match membership {
            Membership::Selected(members) => (ids(&members.users), ids(&members.groups)),
            _ => (Value::Null, Value::Null),
        };
        Self {
            scope: Value::Value(scope.to_owned()),
            users,
            groups,
        }
    }
}

/// Object ids as an attribute value.
pub fn ids(ids: &BTreeSet<ObjectId>) -> ObjectIds {
    Value::Value(ids.iter().map(|id| Value::Value(id.as_str().to_owned())).collect())
}

/// `local_admins`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LocalAdminsAttribute {
    /// Whether Global Administrators become local administrators of devices that join.
    pub global_administrators: Value<bool>,
    /// Which users become local administrators of the devices that they join.
    pub registering_users: Value<MembershipAttribute>,
}

/// The seven settings as attribute values.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SettingsAttributes {
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
}

impl SettingsAttributes {
    /// Everything the tenant's policy says, with whole lists.
    pub fn whole(policy: &Policy) -> Self {
        Self {
            allowed_to_join: membership(policy, Setting::AllowedToJoin),
            local_admins: local_admins(policy),
            allowed_to_register: membership(policy, Setting::AllowedToRegister),
            user_device_quota: quota(policy),
            multi_factor_auth_required: boolean(policy, Setting::MultiFactorAuthRequired),
            local_admin_password_enabled: boolean(policy, Setting::LocalAdminPasswordEnabled),
        }
    }
}

/// `-1` stands for unlimited in Terraform; Graph writes 2147483647.
pub fn quota_number(quota: Quota) -> Number {
    match quota {
        Quota::Limit(limit) => Number::from(limit),
        Quota::Unlimited => Number(-1.0),
    }
}

fn membership(policy: &Policy, setting: Setting) -> Value<MembershipAttribute> {
    match policy.value(setting) {
        Some(SettingValue::Membership(membership)) => Value::Value(MembershipAttribute::whole(&membership)),
        _ => Value::Null,
    }
}

fn local_admins(policy: &Policy) -> Value<LocalAdminsAttribute> {
    let global_administrators = boolean(policy, Setting::GlobalAdministrators);
    let registering_users = membership(policy, Setting::RegisteringUsers);
    if global_administrators.is_null() && registering_users.is_null() {
        return Value::Null;
    }
    Value::Value(LocalAdminsAttribute {
        global_administrators,
        registering_users,
    })
}

fn quota(policy: &Policy) -> Value<Number> {
    match policy.value(Setting::UserDeviceQuota) {
        Some(SettingValue::Quota(quota)) => Value::Value(quota_number(quota)),
        _ => Value::Null,
    }
}

fn boolean(policy: &Policy, setting: Setting) -> Value<bool> {
    match policy.value(setting) {
        Some(SettingValue::Bool(value)) => Value::Value(value),
        _ => Value::Null,
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A list of these ids, as a configuration gives it.
    pub(crate) fn given(ids: &[&str]) -> ObjectIds {
        Value::Value(ids.iter().map(|id| Value::Value((*id).to_owned())).collect())
    }
}
