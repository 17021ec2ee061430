//! The table of settings.

use tf_provider::AttributePath;

use crate::graph::policy::Setting;

/// A setting in Terraform's terms.
pub struct Row {
    /// The setting.
    pub setting: Setting,
    /// Its attribute's path, joined with dots.
    pub name: &'static str,
    /// Its label in the Microsoft Entra admin center, under Devices > Device settings.
    pub label: &'static str,
    /// The attribute's description, in Markdown. The schema adds the label.
    pub description: &'static str,
}

/// Every setting, in the order of [`Setting::ALL`]: the length of the array makes the compiler ask for a new one's row.
pub const TABLE: [Row; Setting::ALL.len()] = [
    Row {
        setting: Setting::AllowedToJoin,
        name: "allowed_to_join",
        label: "Users may join devices to Microsoft Entra",
        description: "Who may join devices to Microsoft Entra ID: Windows, macOS and Linux devices alike. The user-driven \
                      and pre-provisioned scenarios of Windows Autopilot need it for the users who set their devices up.",
    },
    Row {
        setting: Setting::GlobalAdministrators,
        name: "local_admins.global_administrators",
        label: "Global administrator role is added as local administrator on the device during Microsoft Entra join",
        description: "Adds the role Global Administrator as a local administrator of the device.",
    },
    Row {
        setting: Setting::RegisteringUsers,
        name: "local_admins.registering_users",
        label: "Registering user is added as local administrator on the device during Microsoft Entra join",
        description: "Which users are added as local administrators of the devices that they join.",
    },
    Row {
        setting: Setting::AllowedToRegister,
        name: "allowed_to_register",
        label: "Users may register their devices with Microsoft Entra",
        description: "Who may register devices with Microsoft Entra ID. Registering is for personal devices and is not \
                      joining. The portal offers `all` and `none` only. Where Intune is enabled, this setting cannot be \
                      changed: see `registration_admin_configurable`.",
    },
    Row {
        setting: Setting::UserDeviceQuota,
        name: "user_device_quota",
        label: "Maximum number of devices per user",
        description: "How many devices a user may have in Microsoft Entra ID, joined and registered ones together: 0 to \
                      100, or -1 for unlimited. With 0, no user can join a device.",
    },
    Row {
        setting: Setting::MultiFactorAuthRequired,
        name: "multi_factor_auth_required",
        label: "Require Multifactor Authentication to register or join devices with Microsoft Entra",
        description: "Requires multi-factor authentication to join or register a device. While this is `true`, \
                      Conditional Access policies for the user action *Register or join devices* are not enforced: \
                      Microsoft recommends `false` and such a policy.",
    },
    Row {
        setting: Setting::LocalAdminPasswordEnabled,
        name: "local_admin_password_enabled",
        label: "Enable Microsoft Entra Local Administrator Password Solution (LAPS)",
        description: "Enables Windows LAPS, the management of local administrator passwords, in the tenant. It takes \
                      effect on devices that have a LAPS policy.",
    },
];

/// The setting's row.
pub const fn row(setting: Setting) -> &'static Row {
    &TABLE[setting as usize]
}

/// The setting's attribute path, joined with dots, such as `local_admins.registering_users`.
pub const fn name(setting: Setting) -> &'static str {
    row(setting).name
}

/// The top-level attribute that holds a setting, for diagnostics: Terraform marks the line of an attribute, and not of
/// one inside it.
pub fn path(setting: Setting) -> AttributePath {
    let name = name(setting);
    AttributePath::new(name.split_once('.').map_or(name, |(outer, _)| outer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_their_setting() {
        for setting in Setting::ALL {
            assert_eq!(row(setting).setting, setting);
        }
    }

    #[test]
    fn diagnostics_point_at_top_level_attributes() {
        assert_eq!(path(Setting::RegisteringUsers), AttributePath::new("local_admins"));
        assert_eq!(path(Setting::UserDeviceQuota), AttributePath::new("user_device_quota"));
    }
}
