//! The provider block and the environment together, parsed.

use std::time::Duration;

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::attributes as block;
use super::attributes::{ProviderAttribute, ProviderConfig};
use crate::diagnose::graph_error;
use crate::graph::credential::{AksEnvironment, SignIn, is_guid, is_tenant};
use crate::graph::error::GraphError;
use crate::graph::retry::RetryPolicy;
use crate::graph::{ApiVersion, ClientOptions, Cloud, Secret};
use crate::members::MemberChecks;
use crate::plugin::Report;
use crate::settings::number::Number;
use crate::timeouts;

/// Everything that a configuration says.
#[derive(Debug)]
pub struct Options {
    /// The way to sign in.
    pub sign_in: SignIn,
    /// Where.
    pub cloud: Cloud,
    /// Which version of Graph.
    pub api_version: ApiVersion,
    /// The number of times that a request is repeated.
    pub max_retries: u32,
    /// The time that one request may take.
    pub request_timeout: Duration,
    /// The outcome of a failed member check.
    pub member_checks: MemberChecks,
    /// Attributes whose values are known only after an apply.
    pub not_known: Vec<&'static str>,
}

/// Looks up an environment variable.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads attributes one by one and collects what is wrong or not known.
struct Reader<'a> {
    diags: &'a mut Diagnostics,
    environment: Environment<'a>,
    not_known: Vec<&'static str>,
}

impl Options {
    /// None when something is not valid, which `diags` says.
    ///
    /// Validation, which must not depend on the machine, gives an environment without variables.
    pub fn of(diags: &mut Diagnostics, config: &ProviderConfig, environment: Environment<'_>) -> Option<Self> {
        let errors_before = diags.errors.len();
        let mut reader = Reader {
            diags,
            environment,
            not_known: Vec::new(),
        };
        let sign_in = reader.sign_in(config);
        let cloud = reader.cloud(config);
        let api_version = reader.choice(
            &block::API_VERSION,
            &config.api_version,
            ApiVersion::named,
            "\"v1.0\" or \"beta\"",
        );
        let max_retries = reader.max_retries(config.max_retries);
        let request_timeout = reader.request_timeout(config);
        let member_checks = reader.choice(
            &block::MEMBER_CHECKS,
            &config.member_checks,
            MemberChecks::parse,
            "\"error\", \"warn\" or \"off\"",
        );
        let not_known = reader.not_known;
        let cloud = cloud?;
        (diags.errors.len() == errors_before).then_some(Self {
            sign_in,
            cloud,
            api_version,
            max_retries,
            request_timeout,
            member_checks,
            not_known,
        })
    }
}

impl Reader<'_> {
    fn sign_in(&mut self, config: &ProviderConfig) -> SignIn {
        let variable = |name| (self.environment)(name).filter(|text| !text.is_empty());
        let aks = AksEnvironment {
            client_id: variable("AZURE_CLIENT_ID"),
            tenant_id: variable("AZURE_TENANT_ID"),
            token_file: variable("AZURE_FEDERATED_TOKEN_FILE"),
        };
        let oidc_request_url = self.text(&block::OIDC_REQUEST_URL, &config.oidc_request_url);
        SignIn {
            tenant_id: self.id(
                &block::TENANT_ID,
                &config.tenant_id,
                is_tenant,
                "the tenant's id (a GUID) or one of its domain names, such as contoso.onmicrosoft.com",
            ),
            client_id: self.id(
                &block::CLIENT_ID,
                &config.client_id,
                is_guid,
                "the Application (client) ID of the app registration, a GUID",
            ),
            client_id_file_path: self.text(&block::CLIENT_ID_FILE_PATH, &config.client_id_file_path),
            client_secret: self.secret(&block::CLIENT_SECRET, &config.client_secret),
            client_secret_file_path: self.text(&block::CLIENT_SECRET_FILE_PATH, &config.client_secret_file_path),
            client_certificate: self.secret(&block::CLIENT_CERTIFICATE, &config.client_certificate),
            client_certificate_path: self.text(&block::CLIENT_CERTIFICATE_PATH, &config.client_certificate_path),
            client_certificate_password: self
                .secret(&block::CLIENT_CERTIFICATE_PASSWORD, &config.client_certificate_password),
            use_oidc: self.switch(&block::USE_OIDC, config.use_oidc, false),
            oidc_token: self.secret(&block::OIDC_TOKEN, &config.oidc_token),
            oidc_token_file_path: self.text(&block::OIDC_TOKEN_FILE_PATH, &config.oidc_token_file_path),
            oidc_request_url_is_pipelines: oidc_request_url.is_some()
                && oidc_request_url == variable("SYSTEM_OIDCREQUESTURI"),
            oidc_request_url,
            oidc_request_token: self.secret(&block::OIDC_REQUEST_TOKEN, &config.oidc_request_token),
            ado_pipeline_service_connection_id: self.text(
                &block::ADO_PIPELINE_SERVICE_CONNECTION_ID,
                &config.ado_pipeline_service_connection_id,
            ),
            use_aks_workload_identity: self.switch(
                &block::USE_AKS_WORKLOAD_IDENTITY,
                config.use_aks_workload_identity,
                false,
            ),
            aks,
            use_msi: self.switch(&block::USE_MSI, config.use_msi, false),
            msi_endpoint: self.text(&block::MSI_ENDPOINT, &config.msi_endpoint),
            use_cli: self.switch(&block::USE_CLI, config.use_cli, true),
        }
    }

    fn text(&mut self, attribute: &ProviderAttribute, configured: &Value<String>) -> Option<String> {
        match attribute.resolve(configured, self.environment) {
            Value::Value(text) => Some(text),
            Value::Null => None,
            Value::Unknown => {
                self.not_known.push(attribute.name);
                None
            }
        }
    }

    /// An id of the form that `is_valid` knows. White space around it is no part of it.
    fn id(
        &mut self,
        attribute: &ProviderAttribute,
        configured: &Value<String>,
        is_valid: fn(&str) -> bool,
        accepted: &str,
    ) -> Option<String> {
        let text = self.text(attribute, configured)?;
        let text = text.trim();
        if text.is_empty() || is_valid(text) {
            return Some(text.to_owned());
        }
        // The value is not shown: it may be a secret in the wrong place.
        self.diags.error_at(
            attribute.path(),
            format!("Invalid {}", attribute.name),
            format!(
                "{} has to be {accepted}. Correct {}.",
                attribute.name,
                attribute.places()
            ),
        );
        None
    }

    fn secret(&mut self, attribute: &ProviderAttribute, configured: &Value<String>) -> Option<Secret> {
        self.text(attribute, configured).map(Secret::new)
    }

    fn switch(&mut self, attribute: &ProviderAttribute, configured: Value<bool>, default: bool) -> bool {
        let text = match configured {
            Value::Value(value) => return value,
            Value::Unknown => {
                self.not_known.push(attribute.name);
                return default;
            }
            Value::Null => attribute.resolve(&Value::Null, self.environment),
        };
        let Value::Value(text) = text else { return default };
        match text.to_ascii_lowercase().as_str() {
            "1" | "t" | "true" => true,
            "0" | "f" | "false" => false,
            _ => {
                self.diags.error_at(
                    attribute.path(),
                    format!("Invalid {}", attribute.name),
                    format!(
                        "The value {text:?} of the environment variable {} is not a valid {}. Use \"true\" or \"false\".",
                        attribute.variables.join(" or "),
                        attribute.name
                    ),
                );
                default
            }
        }
    }

    fn cloud(&mut self, config: &ProviderConfig) -> Option<Cloud> {
        let name = self.text(&block::ENVIRONMENT, &config.environment);
        let graph = self.text(&block::GRAPH_ENDPOINT, &config.graph_endpoint);
        let authority = self.text(&block::AUTHORITY_HOST, &config.authority_host);
        let resolve = || -> Result<Cloud, GraphError> {
            let cloud = name.as_deref().map_or_else(Cloud::global, Cloud::named)?;
            let cloud = match &graph {
                Some(address) => cloud.with_graph_endpoint(address)?,
                None => cloud,
            };
            match &authority {
                Some(address) => cloud.with_authority_host(address),
                None => Ok(cloud),
            }
        };
        resolve().map_err(|error| config_error(self.diags, &error)).ok()
    }

    fn max_retries(&mut self, configured: Value<Number>) -> u32 {
        let default = RetryPolicy::default().max_retries;
        let number = match configured {
            Value::Value(number) => number,
            Value::Null => return default,
            Value::Unknown => {
                self.not_known.push(block::MAX_RETRIES.name);
                return default;
            }
        };
        let retries = number.whole().and_then(|whole| u32::try_from(whole).ok());
        retries.filter(|retries| *retries <= 10).unwrap_or_else(|| {
            self.diags.error_at(
                block::MAX_RETRIES.path(),
                "Invalid max_retries",
                format!("The value {number} is not a valid max_retries. Use a whole number from 0 to 10."),
            );
            default
        })
    }

    fn request_timeout(&mut self, config: &ProviderConfig) -> Duration {
        let Some(text) = self.text(&block::REQUEST_TIMEOUT, &config.request_timeout) else {
            return ClientOptions::REQUEST_TIMEOUT;
        };
        timeouts::parse(&text).unwrap_or_else(|error| {
            self.diags.error_at(
                block::REQUEST_TIMEOUT.path(),
                "Invalid request_timeout",
                format!(
                    "The value {text:?} is not a valid request_timeout ({error}). Use a number with a unit, such as \"30s\" or \"1m30s\"."
                ),
            );
            ClientOptions::REQUEST_TIMEOUT
        })
    }

    /// One of a few names; the default when none is given. `accepted` is how a message lists them.
    fn choice<T: Default>(
        &mut self,
        attribute: &ProviderAttribute,
        configured: &Value<String>,
        named: impl Fn(&str) -> Option<T>,
        accepted: &str,
    ) -> T {
        let Some(text) = self.text(attribute, configured) else {
            return T::default();
        };
        named(&text).unwrap_or_else(|| {
            let name = attribute.name;
            self.diags.error_at(
                attribute.path(),
                format!("Invalid {name}"),
                format!("The value {text:?} is not a valid {name}. Use {accepted}."),
            );
            T::default()
        })
    }
}

/// Reports why the provider cannot be configured, at the attribute at fault if there is one.
pub fn config_error(diags: &mut Diagnostics, error: &GraphError) {
    const UNUSABLE: &str = "The provider's configuration cannot be used";
    match error {
        GraphError::Config { attribute, problem } => {
            let known = block::ATTRIBUTES.iter().find(|known| known.name == *attribute);
            let places = known.map_or_else(|| format!("`{attribute}`"), |known| known.places());
            diags.error_at(
                AttributePath::new(*attribute),
                UNUSABLE,
                format!("Invalid {attribute}: {problem}\n\nCorrect {places}."),
            );
        }
        GraphError::Credential(_) | GraphError::Unsendable { .. } => graph_error(diags, error, UNUSABLE, None),
        _ => graph_error(diags, error, "The provider cannot sign in to Microsoft Entra ID", None),
    }
}

#[cfg(test)]
#[path = "options_test.rs"]
mod tests;
