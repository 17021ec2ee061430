//! The provider block: its attributes, their environment variables, and how each gets its value.

use serde::{Deserialize, Serialize};
use tf_provider::AttributePath;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use tf_provider::value::Value;

use crate::settings::number::Number;
use crate::settings::schema::attribute;

/// The kind of value that an attribute takes.
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
        "The *client id* of the application that signs in, or of a user-assigned managed identity.";
    CLIENT_ID_FILE_PATH client_id_file_path: String, Text, ["ARM_CLIENT_ID_FILE_PATH"],
        "The path of a file that contains the client id. If `client_id` is set as well, the two must be the same.";
    CLIENT_SECRET client_secret: String, Secret, ["ARM_CLIENT_SECRET"],
        "A client secret of the application: its value, not its id.";
    CLIENT_SECRET_FILE_PATH client_secret_file_path: String, Text, ["ARM_CLIENT_SECRET_FILE_PATH"],
        "The path of a file that contains the client secret. If `client_secret` is set as well, the two must be the same.";
    CLIENT_CERTIFICATE client_certificate: String, Secret, ["ARM_CLIENT_CERTIFICATE"],
        "A certificate of the application with its private key: PKCS#12 or PEM in base64, or PEM text. Takes precedence over `client_certificate_path`.";
    CLIENT_CERTIFICATE_PATH client_certificate_path: String, Text, ["ARM_CLIENT_CERTIFICATE_PATH"],
        "The path of a file that contains a certificate of the application with its private key: PKCS#12 (`.pfx`) or PEM.";
    CLIENT_CERTIFICATE_PASSWORD client_certificate_password: String, Secret, ["ARM_CLIENT_CERTIFICATE_PASSWORD"],
        "The password of the certificate's private key, if it has one.";
    USE_OIDC use_oidc: bool, Switch, ["ARM_USE_OIDC"],
        "Whether to sign in with a federated token (OIDC): the one in `oidc_token` or `oidc_token_file_path`, or one that GitHub Actions or Azure Pipelines issue. Default: `false`.";
    OIDC_TOKEN oidc_token: String, Secret, ["ARM_OIDC_TOKEN"],
        "The federated token. It cannot be renewed: for runs that may outlast it, use `oidc_token_file_path`.";
    OIDC_TOKEN_FILE_PATH oidc_token_file_path: String, Text, ["ARM_OIDC_TOKEN_FILE_PATH"],
        "The path of a file that contains the federated token. The file is read again for each sign-in. If `oidc_token` is set as well, the two must be the same.";
    OIDC_REQUEST_URL oidc_request_url: String, Text, ["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"],
        "The URL at which GitHub Actions or Azure Pipelines issue federated tokens. Both set its environment variable themselves, GitHub Actions in jobs with the permission `id-token: write`.";
    OIDC_REQUEST_TOKEN oidc_request_token: String, Secret, ["ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"],
        "The token that authorizes the request for a federated token. GitHub Actions sets its environment variable itself; in Azure Pipelines the step has to pass it on (`SYSTEM_ACCESSTOKEN: $(System.AccessToken)`).";
    ADO_PIPELINE_SERVICE_CONNECTION_ID ado_pipeline_service_connection_id: String, Text, ["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"],
        "The id of the Azure Pipelines service connection to sign in with. Required to sign in with Azure Pipelines.";
    USE_AKS_WORKLOAD_IDENTITY use_aks_workload_identity: bool, Switch, ["ARM_USE_AKS_WORKLOAD_IDENTITY"],
        "Whether to sign in with the workload identity of an AKS pod, using the variables `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_FEDERATED_TOKEN_FILE` of the pod. Default: `false`.";
    USE_MSI use_msi: bool, Switch, ["ARM_USE_MSI"],
        "Whether to sign in with the managed identity of the virtual machine or App Service. Default: `false`.";
    MSI_ENDPOINT msi_endpoint: String, Text, ["ARM_MSI_ENDPOINT"],
        "The address at which the managed identity's tokens are requested; overrides that of the instance metadata service.";
    USE_CLI use_cli: bool, Switch, ["ARM_USE_CLI"],
        "Whether to sign in with the account of the Azure CLI when no other method is configured. Its tokens usually lack the permissions that this provider needs. Default: `true`.";
    ENVIRONMENT environment: String, Text, ["ARM_ENVIRONMENT"],
        "The cloud of the tenant: `global` (the default; also `public`), `usgovernment` (GCC High; also `usgovernmentl4`), `dod` (also `usgovernmentl5`) or `china`.";
    GRAPH_ENDPOINT graph_endpoint: String, Text, ["AUTOPILOT_GRAPH_ENDPOINT"],
        "The address of Microsoft Graph; overrides that of `environment`. An https URL without a path, or an http URL on the loopback interface of this machine. Tokens are requested with this address as their audience.";
    AUTHORITY_HOST authority_host: String, Text, ["AZURE_AUTHORITY_HOST"],
        "The address of the service that issues tokens; overrides that of `environment`. An https URL without a path.";
    API_VERSION api_version: String, Text, [],
        "The version of Microsoft Graph's API to use: `v1.0` (the default) or `beta`.";
    MAX_RETRIES max_retries: Number, Number, [],
        "How many times a request is repeated when Microsoft is busy or the connection fails: 0 to 10. Default: 3.";
    REQUEST_TIMEOUT request_timeout: String, Text, [],
        "How long one request may take, such as `\"1m30s\"`. Default: `\"30s\"`. The `timeouts` of a resource apply to the whole operation, including retries.";
    MEMBER_CHECKS member_checks: String, Text, ["AUTOPILOT_MEMBER_CHECKS"],
        "Whether users and groups are checked in the directory before they are added to a list: that they exist, that users are users and groups are groups, and that groups contain users. With `error` (the default) a failed check is an error and the list is not written, with `warn` it is a warning. `off` skips the checks. A member without `type` is still looked up, and needs the permission. Only members that the tenant's list does not have yet are checked. The checks need the permissions `User.Read.All` for users and `GroupMember.Read.All` for groups; if one is missing, a warning names it and the members are written unchecked.";
}

impl ProviderAttribute {
    /// Where it stands, for diagnostics.
    pub fn path(&self) -> AttributePath {
        AttributePath::new(self.name)
    }

    /// The places of its value: "`tenant_id` in the provider block, or the environment variable ARM_TENANT_ID".
    pub fn places(&self) -> String {
        let variables = match self.variables {
            [] => String::new(),
            variables => format!(", or the environment variable {}", variables.join(" or ")),
        };
        format!("`{}` in the provider block{variables}", self.name)
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
                "Manages the device settings of a Microsoft Entra tenant: who may join devices to Microsoft Entra ID, \
                 who may register them, who becomes their local administrator, how many a user may have. Windows \
                 Autopilot's user-driven and pre-provisioned scenarios need users who may join devices.\n\nThe provider \
                 accepts the same credentials as the azuread provider. The application needs its own permissions of \
                 Microsoft Graph.\n\n\
                 Guides:\n\n\
                 - [Signing in](guides/signing-in.md): the authentication methods, the permissions, error codes.\n\
                 - [Lists that several teams share](guides/sharing-lists.md): which resource owns what, and what two \
                 applies at the same time can lose.",
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
