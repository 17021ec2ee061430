//! The provider block: its attributes, their environment variables, and how each gets its value.

use serde::{Deserialize, Serialize};
use tf_provider::AttributePath;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use tf_provider::value::Value;

use crate::settings::number::Number;
use crate::settings::schema::attribute;

/// What kind of value an attribute takes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Kind {
    Text,
    Secret,
    Switch,
    Number,
}

/// An attribute of the provider block: its name, the environment variables that give its value where the block does
/// not (the first that is set counts), and what it is.
#[derive(Debug)]
pub struct ProviderAttribute {
    /// Terraform's name.
    pub name: &'static str,
    /// Variables, first come first served.
    pub variables: &'static [&'static str],
    kind: Kind,
    description: &'static str,
}

/// Declares each attribute once: a constant by which it is resolved, its field of the block, and its place in the list.
macro_rules! attributes {
    ($($constant:ident $field:ident: $type:ty, $kind:ident, [$($variable:literal),*], $description:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($field), "`.")]
            pub const $constant: ProviderAttribute = ProviderAttribute {
                name: stringify!($field),
                variables: &[$($variable),*],
                kind: Kind::$kind,
                description: $description,
            };
        )*

        /// The provider block as Terraform sends it.
        #[derive(Clone, Default, Serialize, Deserialize)]
        pub struct ProviderConfig {
            $(
                #[doc = $description]
                pub $field: Value<$type>,
            )*
        }

        /// Every attribute of the block.
        pub const ATTRIBUTES: &[&ProviderAttribute] = &[$(&$constant),*];
    };
}

attributes! {
    TENANT_ID tenant_id: String, Text, ["ARM_TENANT_ID"],
        "The id of the Microsoft Entra tenant whose device settings are managed, or one of its domain names.";
    CLIENT_ID client_id: String, Text, ["ARM_CLIENT_ID"],
        "The id of the application (its *client id*) that signs in, or of a user-assigned managed identity.";
    CLIENT_ID_FILE_PATH client_id_file_path: String, Text, ["ARM_CLIENT_ID_FILE_PATH"],
        "A file that holds the client id.";
    CLIENT_SECRET client_secret: String, Secret, ["ARM_CLIENT_SECRET"],
        "A secret of the application (its value, not its id).";
    CLIENT_SECRET_FILE_PATH client_secret_file_path: String, Text, ["ARM_CLIENT_SECRET_FILE_PATH"],
        "A file that holds the client secret.";
    CLIENT_CERTIFICATE client_certificate: String, Secret, ["ARM_CLIENT_CERTIFICATE"],
        "A certificate of the application with its private key, PKCS#12 or PEM, in base64.";
    CLIENT_CERTIFICATE_PATH client_certificate_path: String, Text, ["ARM_CLIENT_CERTIFICATE_PATH"],
        "A file that holds a certificate of the application with its private key, PKCS#12 (`.pfx`) or PEM.";
    CLIENT_CERTIFICATE_PASSWORD client_certificate_password: String, Secret, ["ARM_CLIENT_CERTIFICATE_PASSWORD"],
        "The password of the certificate's private key, if it has one.";
    USE_OIDC use_oidc: bool, Switch, ["ARM_USE_OIDC"],
        "Whether to sign in with a token of a federated identity provider: a given one, or one of GitHub Actions or Azure Pipelines. Default: `false`.";
    OIDC_TOKEN oidc_token: String, Secret, ["ARM_OIDC_TOKEN"],
        "The federated token itself.";
    OIDC_TOKEN_FILE_PATH oidc_token_file_path: String, Text, ["ARM_OIDC_TOKEN_FILE_PATH"],
        "A file that holds the federated token. It is read again whenever a token is needed.";
    OIDC_REQUEST_URL oidc_request_url: String, Text, ["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"],
        "Where GitHub Actions or Azure Pipelines issue federated tokens. They set it themselves.";
    OIDC_REQUEST_TOKEN oidc_request_token: String, Secret, ["ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"],
        "The token with which GitHub Actions or Azure Pipelines are asked for a federated one.";
    ADO_PIPELINE_SERVICE_CONNECTION_ID ado_pipeline_service_connection_id: String, Text, ["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"],
        "The id of the Azure Pipelines service connection to sign in with.";
    USE_AKS_WORKLOAD_IDENTITY use_aks_workload_identity: bool, Switch, ["ARM_USE_AKS_WORKLOAD_IDENTITY"],
        "Whether to sign in with the workload identity of an AKS pod: with what `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_FEDERATED_TOKEN_FILE` say. Default: `false`.";
    USE_MSI use_msi: bool, Switch, ["ARM_USE_MSI"],
        "Whether to sign in with the managed identity of the machine or App Service. Default: `false`.";
    MSI_ENDPOINT msi_endpoint: String, Text, ["ARM_MSI_ENDPOINT"],
        "Where the managed identity's tokens are issued, instead of the address of the instance metadata service.";
    USE_CLI use_cli: bool, Switch, ["ARM_USE_CLI"],
        "Whether to sign in as whoever is signed in to the Azure CLI, when nothing else applies. Its tokens usually lack the permissions that this provider needs. Default: `true`.";
    ENVIRONMENT environment: String, Text, ["ARM_ENVIRONMENT"],
        "The cloud: `global` (or `public`, the default), `usgovernment` (or `usgovernmentl4`; GCC High), `dod` (or `usgovernmentl5`) or `china`.";
    GRAPH_ENDPOINT graph_endpoint: String, Text, ["AUTOPILOT_GRAPH_ENDPOINT"],
        "Where Microsoft Graph is, instead of the `environment`'s address: an https URL, or an http one on this machine's loopback. Tokens are asked for with this address as their audience.";
    AUTHORITY_HOST authority_host: String, Text, ["AZURE_AUTHORITY_HOST"],
        "Where tokens are issued, instead of the `environment`'s address: an https URL.";
    API_VERSION api_version: String, Text, [],
        "The version of Microsoft Graph's API to use: `v1.0` (the default) or `beta`.";
    MAX_RETRIES max_retries: Number, Number, [],
        "How often a request is repeated when Microsoft Graph is busy or the connection breaks: 0 to 10, 3 by default.";
    REQUEST_TIMEOUT request_timeout: String, Text, [],
        "How long one request may take, such as `\"30s\"` (the default). The `timeouts` of a resource hold for an operation as a whole, repeated requests included.";
    MEMBER_CHECKS member_checks: String, Text, ["AUTOPILOT_MEMBER_CHECKS"],
        "Whether users and groups are looked up before they are written into a list: that they exist, that users are users and groups are groups, and that groups contain users. `error` (the default) refuses to write those that fail, `warn` warns of them, `off` looks nothing up. Only members that are new in the tenant's list are checked. It needs the permissions `User.Read.All` and `GroupMember.Read.All`, or `Directory.Read.All`; where one is missing, a warning names it and the members are written unchecked.";
}

impl ProviderAttribute {
    /// Where it stands, for diagnostics.
    pub fn path(&self) -> AttributePath {
        AttributePath::new(self.name)
    }

    /// How a person gives it a value: "`tenant_id` (or the environment variable ARM_TENANT_ID)".
    pub fn how_to_set(&self) -> String {
        match self.variables {
            [] => self.name.to_owned(),
            variables => format!("{} (or the environment variable {})", self.name, variables.join(" or ")),
        }
    }

    /// The value of the block, else of the environment. Empty texts count as none, as CI systems set them.
    pub fn resolve(&self, configured: &Value<String>, environment: &dyn Fn(&str) -> Option<String>) -> Value<String> {
        match configured {
            Value::Unknown => Value::Unknown,
            Value::Value(text) if !text.is_empty() => Value::Value(text.clone()),
            _ => self
                .variables
                .iter()
                .filter_map(|name| environment(name))
                .find(|text| !text.is_empty())
                .into(),
        }
    }

    fn schema(&self) -> Attribute {
        let variables = match self.variables {
            [] => String::new(),
            variables => format!(" Environment: `{}`.", variables.join("`, `")),
        };
        let attr_type = match self.kind {
            Kind::Text | Kind::Secret => AttributeType::String,
            Kind::Switch => AttributeType::Bool,
            Kind::Number => AttributeType::Number,
        };
        Attribute {
            sensitive: self.kind == Kind::Secret,
            ..attribute(
                attr_type,
                AttributeConstraint::Optional,
                &format!("{}{variables}", self.description),
            )
        }
    }
}

/// The schema of the provider block.
pub fn schema() -> Schema {
    Schema {
        version: 0,
        block: Block {
            version: 0,
            attributes: ATTRIBUTES
                .iter()
                .map(|attribute| (attribute.name.to_owned(), attribute.schema()))
                .collect(),
            blocks: Default::default(),
            description: Description::markdown(
                "Manages who may join devices to Microsoft Entra ID: the step of Windows Autopilot's user-driven and \
                 pre-provisioned scenarios that is otherwise clicked through in the portal. Attributes and environment \
                 variables for signing in are those of the azuread provider, so that one set of credentials serves both.",
            ),
            deprecated: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_comes_before_the_environment_and_empty_counts_as_none() {
        let environment = |name: &str| (name == "ARM_TENANT_ID").then(|| "from the environment".to_owned());
        let text = |text: &str| Value::Value(text.to_owned());
        let table = [
            (text("from the block"), text("from the block")),
            (text(""), text("from the environment")),
            (Value::Null, text("from the environment")),
            (Value::Unknown, Value::Unknown),
        ];
        for (configured, resolved) in table {
            assert_eq!(TENANT_ID.resolve(&configured, &environment), resolved);
        }
        assert_eq!(CLIENT_ID.resolve(&Value::Null, &environment), Value::Null);
        assert_eq!(TENANT_ID.resolve(&Value::Null, &|_| Some(String::new())), Value::Null);
    }

    #[test]
    fn the_first_variable_that_is_set_counts() {
        let environment = |name: &str| match name {
            "ARM_OIDC_REQUEST_URL" => Some(String::new()),
            "ACTIONS_ID_TOKEN_REQUEST_URL" => Some("github".to_owned()),
            "SYSTEM_OIDCREQUESTURI" => Some("pipelines".to_owned()),
            _ => None,
        };
        let resolved = OIDC_REQUEST_URL.resolve(&Value::Null, &environment);
        assert_eq!(resolved, Value::Value("github".to_owned()));
    }

    #[test]
    fn secrets_are_sensitive_and_variables_are_described() {
        let schema = schema();
        for secret in [
            "client_secret",
            "client_certificate",
            "client_certificate_password",
            "oidc_token",
            "oidc_request_token",
        ] {
            assert!(schema.block.attributes[secret].sensitive, "{secret}");
        }
        for attribute in ATTRIBUTES {
            let description = &schema.block.attributes[attribute.name].description.content;
            for variable in attribute.variables {
                assert!(description.contains(variable), "{}", attribute.name);
            }
        }
    }
}
