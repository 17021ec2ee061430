//! Who may sign in to the emulated tenant: applications and their credentials, and people with their roles.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The application permissions that cover reading and writing the policy.
pub const POLICY_ROLES: [&str; 2] = [
    "Policy.Read.DeviceConfiguration",
    "Policy.ReadWrite.DeviceConfiguration",
];

/// The application permissions that cover the directory look-ups.
pub const DIRECTORY_ROLES: [&str; 3] = ["User.Read.All", "GroupMember.Read.All", "Directory.Read.All"];

/// An app registration with its service principal in the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct App {
    /// Application (client) id.
    pub client_id: String,
    /// Object id of the service principal.
    pub object_id: String,
    /// Display name.
    pub display_name: String,
    /// Client secrets.
    pub secrets: Vec<ClientSecret>,
    /// Certificates registered for the app, PEM.
    pub certificates: Vec<String>,
    /// Federated identity credentials.
    pub federated: Vec<Federated>,
    /// Application permissions that are granted: the `roles` of its tokens.
    pub roles: Vec<String>,
    /// An AADSTS code that every sign-in of this app ends with, for example 53003 (Conditional Access).
    pub refused_with: Option<u32>,
}

impl Default for App {
    fn default() -> Self {
        Self {
            client_id: Uuid::new_v4().to_string(),
            object_id: Uuid::new_v4().to_string(),
            display_name: "Terraform".to_owned(),
            secrets: vec![ClientSecret::default()],
            certificates: Vec::new(),
            federated: Vec::new(),
            roles: POLICY_ROLES
                .iter()
                .chain(&DIRECTORY_ROLES)
                .map(|role| (*role).to_owned())
                .collect(),
            refused_with: None,
        }
    }
}

/// A client secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientSecret {
    /// The value that is sent. Made up anew by default.
    pub value: String,
    /// When it ends, in seconds since 1970 by the emulator's clock.
    pub expires_at: Option<i64>,
}

impl Default for ClientSecret {
    fn default() -> Self {
        Self {
            value: format!("emu8Q~{}", Uuid::new_v4().simple()),
            expires_at: None,
        }
    }
}

/// A federated identity credential: whose assertions are taken in place of a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Federated {
    /// The `iss` claim expected.
    pub issuer: String,
    /// The `sub` claim expected.
    pub subject: String,
    /// The `aud` claim expected; `api://AzureADTokenExchange` when empty.
    pub audience: String,
}

/// A person with a token of their own, as the Azure CLI has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Person {
    /// Object id of the user.
    pub object_id: String,
    /// User principal name.
    pub user_principal_name: String,
    /// Delegated permissions: the `scp` of the token.
    pub scopes: Vec<String>,
    /// Display names of the Entra roles the person holds, for example `Cloud Device Administrator`.
    pub directory_roles: Vec<String>,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            object_id: Uuid::new_v4().to_string(),
            user_principal_name: "admin@contoso.example".to_owned(),
            scopes: [
                "Directory.AccessAsUser.All",
                "Group.ReadWrite.All",
                "User.ReadWrite.All",
            ]
            .map(str::to_owned)
            .to_vec(),
            directory_roles: Vec::new(),
        }
    }
}
