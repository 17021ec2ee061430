//! The device join settings in Terraform's words: attribute names, types and schemas, and how each maps to and from
//! [`graph::policy`](crate::graph::policy). Shared by the resource, the data source and their documentation.

pub mod attributes;
pub mod describe;
pub mod number;
pub mod schema;
pub mod snapshot;

use tf_provider::AttributePath;

use crate::graph::policy::Setting;

/// The identifier of the one policy a tenant has, as Graph spells it, and the import id of the resource.
pub const POLICY_ID: &str = "deviceRegistrationPolicy";

/// Terraform's name of a setting: the attribute path joined with dots.
pub fn name(setting: Setting) -> &'static str {
    match setting {
        Setting::AllowedToJoin => "allowed_to_join",
        Setting::GlobalAdministrators => "local_admins.global_administrators",
        Setting::RegisteringUsers => "local_admins.registering_users",
        Setting::AllowedToRegister => "allowed_to_register",
        Setting::UserDeviceQuota => "user_device_quota",
        Setting::MultiFactorAuthRequired => "multi_factor_auth_required",
        Setting::LocalAdminPasswordEnabled => "local_admin_password_enabled",
    }
}

/// The setting with this Terraform name, if there is one.
pub fn by_name(wanted: &str) -> Option<Setting> {
    Setting::ALL.into_iter().find(|setting| name(*setting) == wanted)
}

/// Where a setting stands in the configuration, for diagnostics.
pub fn path(setting: Setting) -> AttributePath {
    name(setting)
        .split('.')
        .fold(AttributePath::root(), |path, step| path.attribute(step.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_lead_back_to_their_setting() {
        for setting in Setting::ALL {
            assert_eq!(by_name(name(setting)), Some(setting));
        }
        assert_eq!(by_name("local_admins"), None);
    }

    #[test]
    fn paths_have_a_step_for_each_attribute() {
        assert_eq!(path(Setting::UserDeviceQuota), AttributePath::new("user_device_quota"));
        assert_eq!(
            path(Setting::RegisteringUsers),
            AttributePath::new("local_admins").attribute("registering_users")
        );
    }
}
