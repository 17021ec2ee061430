//! Tenants to start from.

use serde_json::{Value, json};

/// A property of a policy that is newer than this project, in the tenants that have one.
pub const UNKNOWN_PROPERTY: &str = "passkeyProvisioning";

/// The user whom the hardened policy names.
pub const HARDENED_USER: &str = "9d0c3a57-6a5e-4a55-8f1b-1c2d3e4f5a6b";

/// The groups that the hardened policy names: both may join, the second one's users become administrators.
pub const HARDENED_GROUPS: [&str; 2] = [
    "4b8f6c1e-2d3a-4e5f-8a7b-9c0d1e2f3a4b",
    "c3a9e7d5-1b2c-4d3e-9f8a-7b6c5d4e3f2a",
];

/// The policy of a tenant nobody has touched.
///
/// Values from <https://learn.microsoft.com/graph/api/deviceregistrationpolicy-get>.
#[must_use]
pub fn default_policy() -> Value {
    json!({
        "id": "deviceRegistrationPolicy",
        "displayName": "Device Registration Policy",
        "description": "Tenant-wide policy that manages intial provisioning controls using quota restrictions, additional authentication and authorization checks",
        "userDeviceQuota": 50,
        "multiFactorAuthConfiguration": "notRequired",
        "azureADRegistration": {
            "isAdminConfigurable": false,
            "allowedToRegister": {"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"}
        },
        "azureADJoin": {
            "isAdminConfigurable": true,
            "allowedToJoin": {"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"},
            "localAdmins": {
                "enableGlobalAdmins": true,
                "registeringUsers": {"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"}
            }
        },
        "localAdminPassword": {"isEnabled": false}
    })
}

/// The policy of a tenant with a setting of its own everywhere, and [`UNKNOWN_PROPERTY`].
#[must_use]
pub fn hardened_policy() -> Value {
    json!({
        "id": "deviceRegistrationPolicy",
        "displayName": "Device Registration Policy",
        "description": "Tenant-wide policy that manages initial provisioning controls using quota restrictions, additional authentication and authorization checks",
        "userDeviceQuota": 5,
        "multiFactorAuthConfiguration": "required",
        "azureADRegistration": {
            "isAdminConfigurable": true,
            "allowedToRegister": {"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"}
        },
        "azureADJoin": {
            "isAdminConfigurable": true,
            "allowedToJoin": {
                "@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership",
                "users": [HARDENED_USER],
                "groups": HARDENED_GROUPS
            },
            "localAdmins": {
                "enableGlobalAdmins": false,
                "registeringUsers": {
                    "@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership",
                    "users": [],
                    "groups": [HARDENED_GROUPS[1]]
                }
            }
        },
        "localAdminPassword": {"isEnabled": true},
        UNKNOWN_PROPERTY: {"isEnabled": true, "gracePeriodInDays": 14}
    })
}
