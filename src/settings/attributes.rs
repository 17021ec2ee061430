//! The attribute values of the settings, as Terraform sends and stores them.

use serde::{Deserialize, Serialize};
use tf_provider::value::Value;

use super::number::Number;
use crate::graph::directory::Kind;
use crate::graph::policy::{Membership, ObjectId, Setting};
use crate::words::words;

words! {
    /// The scope of a membership.
    #[derive(Copy, Clone, PartialEq, Eq, Debug)]
    pub enum Scope {
        /// Every user of the tenant.
        All = "all",
        /// The users and groups listed.
        Selected = "selected",
        /// No user.
        None = "none",
    }
}

impl Scope {
    /// The scope of a tenant's membership; `None` where the membership is of a type that this version does not know.
    pub const fn of(membership: &Membership) -> Option<Self> {
        match membership {
            Membership::All => Some(Self::All),
            Membership::None => Some(Self::None),
            Membership::Selected(_) => Some(Self::Selected),
            Membership::Other(_) => None,
        }
    }
}

/// A set of object ids, each possibly unknown.
pub type ObjectIds = Value<Vec<Value<String>>>;

/// Object ids as an attribute value.
pub fn ids<'a>(ids: impl IntoIterator<Item = &'a ObjectId>) -> ObjectIds {
    Value::Value(ids.into_iter().map(|id| Value::Value(id.as_str().to_owned())).collect())
}

/// `{ scope, users, groups }`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MembershipAttribute {
    /// `all`, `selected` or `none`.
    pub scope: Value<String>,
    /// Object ids of users. Null in a configuration: not managed; in a state: the scope has no lists.
    pub users: ObjectIds,
    /// Object ids of groups, as `users`.
    pub groups: ObjectIds,
}

impl MembershipAttribute {
    /// The ids of members of this kind.
    pub const fn list(&self, kind: Kind) -> &ObjectIds {
        match kind {
            Kind::User => &self.users,
            Kind::Group => &self.groups,
        }
    }

    /// The scope, once it is known.
    pub fn known_scope(&self) -> Option<Scope> {
        Scope::parse(self.scope.as_ref_option()?)
    }
}

/// `local_admins`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LocalAdminsAttribute {
    /// See [`Setting::GlobalAdministrators`].
    pub global_administrators: Value<bool>,
    /// See [`Setting::RegisteringUsers`].
    pub registering_users: Value<MembershipAttribute>,
}

/// The settings as attribute values: of a configuration, a plan, a state or a tenant.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SettingsAttributes {
    /// See [`Setting::AllowedToJoin`].
    pub allowed_to_join: Value<MembershipAttribute>,
    /// Local administrators of joined devices.
    pub local_admins: Value<LocalAdminsAttribute>,
    /// See [`Setting::AllowedToRegister`].
    pub allowed_to_register: Value<MembershipAttribute>,
    /// See [`Setting::UserDeviceQuota`]; -1 is unlimited.
    pub user_device_quota: Value<Number>,
    /// See [`Setting::MultiFactorAuthRequired`].
    pub multi_factor_auth_required: Value<bool>,
    /// See [`Setting::LocalAdminPasswordEnabled`].
    pub local_admin_password_enabled: Value<bool>,
}

/// One setting's attribute value; a membership is owned or borrowed.
#[derive(Clone, PartialEq, Debug)]
pub enum Attribute<M> {
    /// Of a switch.
    Switch(Value<bool>),
    /// Of the quota.
    Quota(Value<Number>),
    /// Of a membership.
    Membership(M),
}

impl Attribute<&Value<MembershipAttribute>> {
    /// Whether it is null: in a configuration, the setting is not named.
    pub fn is_null(&self) -> bool {
        match self {
            Self::Switch(value) => value.is_null(),
            Self::Quota(value) => value.is_null(),
            Self::Membership(value) => value.is_null(),
        }
    }

    /// A copy that borrows nothing.
    pub fn to_owned(&self) -> Attribute<Value<MembershipAttribute>> {
        match self {
            Self::Switch(value) => Attribute::Switch(*value),
            Self::Quota(value) => Attribute::Quota(*value),
            Self::Membership(value) => Attribute::Membership((*value).clone()),
        }
    }
}

impl SettingsAttributes {
    /// A setting's attribute value.
    pub fn get(&self, setting: Setting) -> Attribute<&Value<MembershipAttribute>> {
        const NULL: &Value<MembershipAttribute> = &Value::Null;
        const UNKNOWN: &Value<MembershipAttribute> = &Value::Unknown;
        match setting {
            Setting::AllowedToJoin => Attribute::Membership(&self.allowed_to_join),
            Setting::AllowedToRegister => Attribute::Membership(&self.allowed_to_register),
            Setting::UserDeviceQuota => Attribute::Quota(self.user_device_quota),
            Setting::MultiFactorAuthRequired => Attribute::Switch(self.multi_factor_auth_required),
            Setting::LocalAdminPasswordEnabled => Attribute::Switch(self.local_admin_password_enabled),
            Setting::GlobalAdministrators => Attribute::Switch(
                self.local_admins
                    .as_ref()
                    .and_then(|admins| admins.global_administrators),
            ),
            Setting::RegisteringUsers => Attribute::Membership(match &self.local_admins {
                Value::Null => NULL,
                Value::Unknown => UNKNOWN,
                Value::Value(admins) => &admins.registering_users,
            }),
        }
    }

    /// Sets a setting's attribute value. A value of another kind than the setting's changes nothing.
    pub fn set(&mut self, setting: Setting, attribute: Attribute<Value<MembershipAttribute>>) {
        match (setting, attribute) {
            (Setting::AllowedToJoin, Attribute::Membership(value)) => self.allowed_to_join = value,
            (Setting::AllowedToRegister, Attribute::Membership(value)) => self.allowed_to_register = value,
            (Setting::UserDeviceQuota, Attribute::Quota(value)) => self.user_device_quota = value,
            (Setting::MultiFactorAuthRequired, Attribute::Switch(value)) => self.multi_factor_auth_required = value,
            (Setting::LocalAdminPasswordEnabled, Attribute::Switch(value)) => self.local_admin_password_enabled = value,
            (Setting::GlobalAdministrators, Attribute::Switch(value)) => {
                self.set_local_admin(value, |admins| &mut admins.global_administrators);
            }
            (Setting::RegisteringUsers, Attribute::Membership(value)) => {
                self.set_local_admin(value, |admins| &mut admins.registering_users);
            }
            (setting, _) => debug_assert!(false, "{setting} has an attribute of another kind"),
        }
    }

    /// A membership's value, if it is known.
    pub fn membership(&self, setting: Setting) -> Option<&MembershipAttribute> {
        match self.get(setting) {
            Attribute::Membership(value) => value.as_ref_option(),
            Attribute::Switch(_) | Attribute::Quota(_) => None,
        }
    }

    /// Sets a value inside `local_admins`. The object appears when the first value in it does.
    fn set_local_admin<T>(&mut self, value: Value<T>, place: impl FnOnce(&mut LocalAdminsAttribute) -> &mut Value<T>) {
        let (unknown, nothing) = (value.is_unknown(), value.is_null());
        let mut admins = match std::mem::take(&mut self.local_admins) {
            Value::Value(admins) => admins,
            Value::Null if nothing => return,
            Value::Null | Value::Unknown if unknown => {
                self.local_admins = Value::Unknown;
                return;
            }
            Value::Null => LocalAdminsAttribute::default(),
            Value::Unknown => LocalAdminsAttribute {
                global_administrators: Value::Unknown,
                registering_users: Value::Unknown,
            },
        };
        *place(&mut admins) = value;
        self.local_admins = Value::Value(admins);
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A set of these ids, as a configuration gives it.
    pub(crate) fn given(ids: &[&str]) -> ObjectIds {
        Value::Value(ids.iter().map(|id| Value::Value((*id).to_owned())).collect())
    }

    /// A membership, as a configuration gives it.
    pub(crate) fn membership(scope: &str, users: ObjectIds, groups: ObjectIds) -> Value<MembershipAttribute> {
        Value::Value(MembershipAttribute {
            scope: Value::Value(scope.to_owned()),
            users,
            groups,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::testing::membership;
    use super::*;

    fn some(setting: Setting) -> Attribute<Value<MembershipAttribute>> {
        match SettingsAttributes::default().get(setting) {
            Attribute::Switch(_) => Attribute::Switch(Value::Value(true)),
            Attribute::Quota(_) => Attribute::Quota(Value::Value(Number(7.0))),
            Attribute::Membership(_) => Attribute::Membership(membership("none", Value::Null, Value::Null)),
        }
    }

    #[test]
    fn each_setting_is_read_where_it_was_set() {
        for setting in Setting::ALL {
            let mut settings = SettingsAttributes::default();
            assert!(settings.get(setting).is_null());
            settings.set(setting, some(setting));
            assert_eq!(settings.get(setting).to_owned(), some(setting));
            for other in Setting::ALL.into_iter().filter(|other| *other != setting) {
                assert!(settings.get(other).is_null(), "{setting:?} sets {other:?}");
            }
        }
    }

    #[test]
    fn local_admins_appears_with_its_first_value() {
        let mut settings = SettingsAttributes::default();
        settings.set(Setting::GlobalAdministrators, Attribute::Switch(Value::Null));
        assert!(settings.local_admins.is_null());
        settings.set(Setting::GlobalAdministrators, Attribute::Switch(Value::Unknown));
        settings.set(Setting::RegisteringUsers, Attribute::Membership(Value::Unknown));
        assert!(settings.local_admins.is_unknown());
        settings.set(Setting::GlobalAdministrators, Attribute::Switch(Value::Value(true)));
        assert_eq!(
            settings.local_admins,
            Value::Value(LocalAdminsAttribute {
                global_administrators: Value::Value(true),
                registering_users: Value::Unknown,
            })
        );
    }
}
