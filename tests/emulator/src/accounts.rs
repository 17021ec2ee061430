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

/// The audience of an assertion that stands for an app.
pub const AZURE_TOKEN_EXCHANGE: &str = "api://AzureADTokenExchange";

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
    /// Federated identity credentials. By default one for each service that the emulator stands in for.
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
            federated: vec![Federated::github(), Federated::pipelines(), Federated::kubernetes()],
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Federated {
    /// The `iss` claim expected.
    pub issuer: String,
    /// The `sub` claim expected.
    pub subject: String,
    /// The `aud` claim expected.
    #[serde(default = "exchange")]
    pub audience: String,
}

fn exchange() -> String {
    AZURE_TOKEN_EXCHANGE.to_owned()
}

impl Federated {
    fn of(issuer: &str, subject: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            audience: exchange(),
        }
    }

    /// A GitHub Actions job in an environment of a repository.
    #[must_use]
    pub fn github() -> Self {
        Self::of(
            "https://token.actions.githubusercontent.com",
            "repo:contoso/devices:environment:production",
        )
    }

    /// An Azure Pipelines service connection.
    #[must_use]
    pub fn pipelines() -> Self {
        Self::of(
            "https://vstoken.dev.azure.com/6d0c2f4e-7a91-4f5a-8a55-2c7b1f0d9e11",
            "sc://contoso/devices/production",
        )
    }

    /// A Kubernetes service account.
    #[must_use]
    pub fn kubernetes() -> Self {
        Self::of(
            "https://oidc.prod-aks.azure.com/0b7a5a1c-3a5e-4ad0-9a0e-5f2a0c1d2e3f/",
            "system:serviceaccount:terraform:provider",
        )
    }
}

/// A managed identity of the machine or web app that the emulator stands in for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ManagedIdentity {
    /// Client id.
    pub client_id: String,
    /// Object id of its service principal.
    pub object_id: String,
    /// Azure resource id; of the machine when it is system-assigned.
    pub resource_id: String,
    /// Whether it is the one that is meant when none is named.
    pub system_assigned: bool,
    /// Application permissions that are granted.
    pub roles: Vec<String>,
}

impl Default for ManagedIdentity {
    fn default() -> Self {
        let client_id = Uuid::new_v4().to_string();
        Self {
            resource_id: format!(
                "/subscriptions/5a1b6a0e-2f0c-4f52-9d0c-1f5c7a3b2d4e/resourcegroups/terraform/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{client_id}"
            ),
            client_id,
            object_id: Uuid::new_v4().to_string(),
            system_assigned: false,
            roles: App::default().roles,
        }
    }
}

/// What the services that the provider may run in know of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Surroundings {
    /// What a GitHub Actions job sends as its request token, and whom its assertion is about.
    pub github: Issuer,
    /// What an Azure Pipelines job sends as its access token, and whom its assertion is about.
    pub pipelines: Issuer,
    /// The Azure Pipelines service connection's id.
    pub service_connection_id: String,
    /// The managed identities that are assigned.
    pub identities: Vec<ManagedIdentity>,
    /// What a web app sends as `X-IDENTITY-HEADER`.
    pub identity_header: String,
}

/// A service that hands out assertions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The bearer token it expects.
    pub token: String,
    /// What its assertions say.
    pub says: Federated,
    /// Seconds an assertion lives.
    pub lifetime: i64,
}

impl Issuer {
    fn of(says: Federated) -> Self {
        Self {
            token: format!("job-{}", Uuid::new_v4().simple()),
            says,
            lifetime: 300,
        }
    }
}

impl Default for Surroundings {
    fn default() -> Self {
        let system = ManagedIdentity {
            system_assigned: true,
            ..ManagedIdentity::default()
        };
        Self {
            github: Issuer::of(Federated::github()),
            pipelines: Issuer::of(Federated::pipelines()),
            service_connection_id: Uuid::new_v4().to_string(),
            identities: vec![system, ManagedIdentity::default()],
            identity_header: Uuid::new_v4().simple().to_string(),
        }
    }
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
    /// What `az` says instead of giving a token: empty when the person is signed in.
    pub refusal: String,
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
            refusal: String::new(),
        }
    }
}
