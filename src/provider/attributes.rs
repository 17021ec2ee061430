//! The provider block: its attributes, their environment variables, and how each gets its value.

use serde::{Deserialize, Serialize};
use tf_provider::AttributePath;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use tf_provider::value::Value;

use crate::settings::number::Number;
use crate::settings::schema::attribute;

/// The provider block as Terraform sends it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ProviderConfig {
    /// The tenant.
    pub tenant_id: Value<String>,
    /// The application.
    pub client_id: Value<String>,
    /// Its secret.
    pub client_secret: Value<String>,
    /// The cloud.
    pub environment: Value<String>,
    /// Microsoft Graph's address.
    pub graph_endpoint: Value<String>,
    /// The sign-in service's address.
    pub authority_host: Value<String>,
    /// `v1.0` or `beta`.
    pub api_version: Value<String>,
    /// How often a request is repeated.
    pub max_retries: Value<Number>,
    /// How long one request may take.
    pub request_timeout: Value<String>,
    /// `error`, `warn` or `off`.
    pub member_checks: Value<String>,
}

/// An attribute of the provider block: its name, the environment variables that give its value where the block does
/// not (the first that is set counts), and what it is.
#[derive(Debug)]
pub struct ProviderAttribute {
    /// Terraform's name.
    pub name: &'static str,
    /// Variables, first come first served.
    pub variables: &'static [&'static str],
    number: bool,
    sensitive: bool,
    description: &'static str,
}

const fn text(name: &'static str, variables: &'static [&'static str], description: &'static str) -> ProviderAttribute {
    ProviderAttribute {
        name,
        variables,
        number: false,
        sensitive: false,
        description,
    }
}

/// `tenant_id`.
pub const TENANT_ID: ProviderAttribute = text(
    "tenant_id",
    &["ARM_TENANT_ID"],
    "The id of the Microsoft Entra tenant whose device settings are managed, or one of its domain names.",
);
/// `client_id`.
pub const CLIENT_ID: ProviderAttribute = text(
    "client_id",
    &["ARM_CLIENT_ID"],
    "The id of the application (its *client id*) that signs in.",
);
/// `client_secret`.
pub const CLIENT_SECRET: ProviderAttribute = ProviderAttribute {
    sensitive: true,
    ..text(
        "client_secret",
        &["ARM_CLIENT_SECRET"],
        "A secret of the application (its value, not its id).",
    )
};
/// `environment`.
pub const ENVIRONMENT: ProviderAttribute = text(
    "environment",
    &["ARM_ENVIRONMENT"],
    "The cloud: `public` (or `global`, the default), `usgovernment` (L4, GCC High), `dod` (L5) or `china`.",
);
/// `graph_endpoint`.
pub const GRAPH_ENDPOINT: ProviderAttribute = text(
    "graph_endpoint",
    &["AUTOPILOT_GRAPH_ENDPOINT"],
    "Where Microsoft Graph is, instead of the `environment`'s address: an https URL, or an http one on this machine's \
     loopback.",
);
/// `authority_host`.
pub const AUTHORITY_HOST: ProviderAttribute = text(
    "authority_host",
    &["AZURE_AUTHORITY_HOST"],
    "Where tokens are issued, instead of the `environment`'s address: an https URL.",
);
/// `api_version`.
pub const API_VERSION: ProviderAttribute = text(
    "api_version",
    &[],
    "The version of Microsoft Graph's API to use: `v1.0` (the default) or `beta`.",
);
/// `max_retries`.
pub const MAX_RETRIES: ProviderAttribute = ProviderAttribute {
    number: true,
    ..text(
        "max_retries",
        &[],
        "How often a request is repeated when Microsoft Graph is busy or the connection breaks: 0 to 10, 3 by default.",
    )
};
/// `request_timeout`.
pub const REQUEST_TIMEOUT: ProviderAttribute = text(
    "request_timeout",
    &[],
    "How long one request may take, such as `\"30s\"` (the default). The `timeouts` of a resource hold for an operation \
     as a whole, repeated requests included.",
);

/// `member_checks`.
pub const MEMBER_CHECKS: ProviderAttribute = text(
    "member_checks",
    &[],
    "Whether users and groups are looked up before they are written into a list: that they exist, that users are users \
     and groups are groups, and that groups contain users. `error` (the default) refuses to write those that fail, \
     `warn` warns of them, `off` looks nothing up. Only members that are new in the tenant's list are checked. It needs \
     the permissions `User.Read.All` and `GroupMember.Read.All`, or `Directory.Read.All`; where one is missing, a \
     warning names it and the members are written unchecked.",
);

/// Every attribute of the block.
pub const ATTRIBUTES: [&ProviderAttribute; 10] = [
    &TENANT_ID,
    &CLIENT_ID,
    &CLIENT_SECRET,
    &ENVIRONMENT,
    &GRAPH_ENDPOINT,
    &AUTHORITY_HOST,
    &API_VERSION,
    &MAX_RETRIES,
    &REQUEST_TIMEOUT,
    &MEMBER_CHECKS,
];

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
        let attr_type = if self.number {
            AttributeType::Number
        } else {
            AttributeType::String
        };
        Attribute {
            sensitive: self.sensitive,
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
                .into_iter()
                .map(|a| (a.name.to_owned(), a.schema()))
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
    fn secrets_are_sensitive_and_variables_are_described() {
        let schema = schema();
        assert!(schema.block.attributes["client_secret"].sensitive);
        for attribute in ATTRIBUTES {
            let description = &schema.block.attributes[attribute.name].description.content;
            for variable in attribute.variables {
                assert!(description.contains(variable), "{}", attribute.name);
            }
        }
    }
}
