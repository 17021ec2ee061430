//! The provider: its configuration becomes a session with Microsoft Graph, and it registers everything it serves.

pub mod attributes;

use std::time::Duration;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::value::{Value, ValueEmpty};
use tf_provider::{Diagnostics, Provider};

use self::attributes::{
    API_VERSION, AUTHORITY_HOST, CLIENT_ID, CLIENT_SECRET, ENVIRONMENT, GRAPH_ENDPOINT, MAX_RETRIES, MEMBER_CHECKS,
    ProviderAttribute, ProviderConfig, REQUEST_TIMEOUT, TENANT_ID,
};
use crate::graph::Cloud;
use crate::graph::credential::{ClientSecret, CredentialConfig};
use crate::graph::error::GraphError;
use crate::graph::retry::RetryPolicy;
use crate::graph::secret::Secret;
use crate::graph::{ApiVersion, ClientOptions, GraphClient};
use crate::members::MemberChecks;
use crate::plugin::Report;
use crate::plugin::{Catalog, Identity, Lifecycle};
use crate::resources::timeouts;
use crate::session::{Ready, Session};
use crate::{data_sources, functions, resources};

/// Who this provider is to Terraform. The namespace stands here and in the examples, nowhere else.
pub const IDENTITY: Identity = Identity {
    name: "autopilot",
    address: "registry.terraform.io/autopilot-terraform/autopilot",
    version: env!("CARGO_PKG_VERSION"),
};

/// The provider.
pub struct Autopilot {
    session: Session,
}

/// Everything that a plugin process serves.
pub fn catalog() -> Catalog {
    let session = Session::default();
    Catalog::new(Autopilot {
        session: session.clone(),
    })
    .resource(
        resources::device_join_settings::DeviceJoinSettings::TYPE_NAME,
        resources::device_join_settings::DeviceJoinSettings::new(session.clone()),
    )
    .resource(
        resources::device_join_member::DeviceJoinMember::TYPE_NAME,
        resources::device_join_member::DeviceJoinMember::new(session.clone()),
    )
    .data_source(
        data_sources::device_join_settings::DeviceJoinSettings::TYPE_NAME,
        data_sources::device_join_settings::DeviceJoinSettings::new(session.clone()),
    )
    .data_source(
        data_sources::device_join_eligibility::DeviceJoinEligibility::TYPE_NAME,
        data_sources::device_join_eligibility::DeviceJoinEligibility::new(session.clone()),
    )
    .data_source(
        data_sources::directory_members::DirectoryMembers::TYPE_NAME,
        data_sources::directory_members::DirectoryMembers::new(session),
    )
    .function(functions::may_join::MayJoin::NAME, functions::may_join::MayJoin)
    .function(
        functions::needs_join_settings::NeedsJoinSettings::NAME,
        functions::needs_join_settings::NeedsJoinSettings,
    )
}

#[async_trait]
impl Provider for Autopilot {
    type Config<'a> = ProviderConfig;
    type MetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(attributes::schema())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: ProviderConfig) -> Option<()> {
        Options::of(diags, &config, &|_| None);
        Some(())
    }

    async fn configure<'a>(
        &self,
        diags: &mut Diagnostics,
        terraform_version: String,
        config: ProviderConfig,
    ) -> Option<()> {
        let environment = |name: &str| std::env::var(name).ok();
        let options = Options::of(diags, &config, &environment)?;
        if !options.not_known.is_empty() {
            self.session.configure_later(options.not_known);
            return Some(());
        }
        let credential = options.credential(diags)?;
        let cloud = options.cloud?;
        let client = GraphClient::new(ClientOptions {
            cloud,
            api_version: options.api_version,
            credential,
            retry: RetryPolicy {
                max_retries: options.max_retries,
                ..RetryPolicy::default()
            },
            request_timeout: options.request_timeout,
            user_agent: user_agent(&terraform_version),
            cancel: self.session.cancellation(),
        });
        match client {
            Ok(graph) => {
                self.session.configure(Ready::new(graph, options.member_checks));
                Some(())
            }
            Err(error) => {
                config_error(diags, &error);
                None
            }
        }
    }
}

impl Lifecycle for Autopilot {
    fn stop(&self) {
        self.session.stop();
    }
}

/// `Terraform/1.11.4 terraform-provider-autopilot/0.1.0`
fn user_agent(terraform_version: &str) -> String {
    let version: String = terraform_version
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || ".-+".contains(*c))
        .collect();
    format!(
        "Terraform/{version} {}/{}",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION")
    )
}

/// The provider block, resolved with the environment and parsed.
struct Options {
    tenant_id: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    /// None only while an attribute it is made of is not known.
    cloud: Option<Cloud>,
    api_version: ApiVersion,
    max_retries: u32,
    request_timeout: Duration,
    member_checks: MemberChecks,
    not_known: Vec<&'static str>,
}

impl Options {
    /// None when something in it is not valid, which `diags` says.
    fn of(
        diags: &mut Diagnostics,
        config: &ProviderConfig,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        let errors_before = diags.errors.len();
        let mut not_known = Vec::new();
        let mut text = |attribute: &ProviderAttribute, configured: &Value<String>| match attribute
            .resolve(configured, environment)
        {
            Value::Value(text) => Some(text),
            Value::Null => None,
            Value::Unknown => {
                not_known.push(attribute.name);
                None
            }
        };
        let tenant_id = text(&TENANT_ID, &config.tenant_id);
        let client_id = text(&CLIENT_ID, &config.client_id);
        let client_secret = text(&CLIENT_SECRET, &config.client_secret);
        let name = text(&ENVIRONMENT, &config.environment);
        let graph_endpoint = text(&GRAPH_ENDPOINT, &config.graph_endpoint);
        let authority_host = text(&AUTHORITY_HOST, &config.authority_host);
        let api_version = text(&API_VERSION, &config.api_version);
        let request_timeout = text(&REQUEST_TIMEOUT, &config.request_timeout);
        let member_checks = text(&MEMBER_CHECKS, &config.member_checks);
        if config.max_retries.is_unknown() {
            not_known.push(MAX_RETRIES.name);
        }
        let cloud = cloud(name.as_deref(), graph_endpoint.as_deref(), authority_host.as_deref());
        let options = Self {
            tenant_id,
            client_id,
            client_secret,
            cloud: cloud.map_err(|error| config_error(diags, &error)).ok(),
            api_version: parse_api_version(diags, api_version.as_deref()),
            max_retries: parse_retries(diags, config.max_retries),
            request_timeout: parse_timeout(diags, request_timeout.as_deref()),
            member_checks: parse_member_checks(diags, member_checks.as_deref()),
            not_known,
        };
        (diags.errors.len() == errors_before).then_some(options)
    }

    fn credential(&self, diags: &mut Diagnostics) -> Option<CredentialConfig> {
        let mut required = |attribute: &ProviderAttribute, value: &Option<String>| {
            if value.is_none() {
                diags.error_at(
                    attribute.path(),
                    format!("{} is missing", attribute.name),
                    format!(
                        "The provider signs in with a client secret: set {}.",
                        attribute.how_to_set()
                    ),
                );
            }
            value.clone()
        };
        let tenant_id = required(&TENANT_ID, &self.tenant_id);
        let client_id = required(&CLIENT_ID, &self.client_id);
        let secret = required(&CLIENT_SECRET, &self.client_secret);
        Some(CredentialConfig::ClientSecret(ClientSecret {
            tenant_id: tenant_id?,
            client_id: client_id?,
            secret: Secret::new(secret?),
        }))
    }
}

fn cloud(name: Option<&str>, graph: Option<&str>, authority: Option<&str>) -> Result<Cloud, GraphError> {
    let cloud = name.map_or_else(Cloud::global, Cloud::named)?;
    let cloud = graph.map_or(Ok(cloud.clone()), |address| cloud.with_graph_endpoint(address))?;
    authority.map_or(Ok(cloud.clone()), |address| cloud.with_authority_host(address))
}

fn parse_api_version(diags: &mut Diagnostics, text: Option<&str>) -> ApiVersion {
    match text {
        None | Some("v1.0") => ApiVersion::V1_0,
        Some("beta") => ApiVersion::Beta,
        Some(other) => {
            diags.error_at(
                API_VERSION.path(),
                "Invalid api_version",
                format!("{other:?} is no version of Microsoft Graph's API: use \"v1.0\" or \"beta\"."),
            );
            ApiVersion::V1_0
        }
    }
}

fn parse_retries(diags: &mut Diagnostics, value: Value<crate::settings::number::Number>) -> u32 {
    let Value::Value(number) = value else {
        return RetryPolicy::default().max_retries;
    };
    let retries = number
        .whole()
        .and_then(|whole| u32::try_from(whole).ok())
        .filter(|retries| *retries <= 10);
    retries.unwrap_or_else(|| {
        diags.error_at(
            MAX_RETRIES.path(),
            "Invalid max_retries",
            format!("{number} is no number of retries: use a whole number from 0 to 10."),
        );
        RetryPolicy::default().max_retries
    })
}

fn parse_timeout(diags: &mut Diagnostics, text: Option<&str>) -> Duration {
    let Some(text) = text else {
        return ClientOptions::REQUEST_TIMEOUT;
    };
    timeouts::parse(text).unwrap_or_else(|error| {
        diags.error_at(
            REQUEST_TIMEOUT.path(),
            "Invalid request_timeout",
            format!("{text:?} is no duration: {error}. Write numbers with units, such as \"30s\" or \"1m30s\"."),
        );
        ClientOptions::REQUEST_TIMEOUT
    })
}

fn parse_member_checks(diags: &mut Diagnostics, text: Option<&str>) -> MemberChecks {
    let Some(text) = text else {
        return MemberChecks::default();
    };
    MemberChecks::parse(text).unwrap_or_else(|| {
        diags.error_at(
            MEMBER_CHECKS.path(),
            "Invalid member_checks",
            format!("{text:?} is no choice: use \"error\", \"warn\" or \"off\"."),
        );
        MemberChecks::default()
    })
}

fn config_error(diags: &mut Diagnostics, error: &GraphError) {
    let path = match error {
        GraphError::Config { attribute, .. } => tf_provider::AttributePath::new(*attribute),
        _ => tf_provider::AttributePath::root(),
    };
    diags.error_at(
        path,
        "The provider's configuration cannot be used",
        format!("{error}\n\n{}", error.advice()),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::number::Number;

    fn text(text: &str) -> Value<String> {
        Value::Value(text.to_owned())
    }

    #[test]
    fn what_is_not_known_is_collected_and_no_error() {
        let mut diags = Diagnostics::default();
        let config = ProviderConfig {
            tenant_id: Value::Unknown,
            max_retries: Value::Unknown,
            ..ProviderConfig::default()
        };
        let options = Options::of(&mut diags, &config, &|_| None).unwrap();
        assert_eq!(options.not_known, ["tenant_id", "max_retries"]);
        assert!(diags.errors.is_empty());
    }

    #[test]
    fn each_mistake_is_refused_where_it_stands() {
        let table = [
            (
                ProviderConfig {
                    api_version: text("v2.0"),
                    ..Default::default()
                },
                "api_version",
            ),
            (
                ProviderConfig {
                    max_retries: Value::Value(Number(1.5)),
                    ..Default::default()
                },
                "max_retries",
            ),
            (
                ProviderConfig {
                    max_retries: Value::Value(Number(11.0)),
                    ..Default::default()
                },
                "max_retries",
            ),
            (
                ProviderConfig {
                    request_timeout: text("soon"),
                    ..Default::default()
                },
                "request_timeout",
            ),
            (
                ProviderConfig {
                    member_checks: text("on"),
                    ..Default::default()
                },
                "member_checks",
            ),
            (
                ProviderConfig {
                    environment: text("moon"),
                    ..Default::default()
                },
                "environment",
            ),
            (
                ProviderConfig {
                    graph_endpoint: text("http://example.com"),
                    ..Default::default()
                },
                "graph_endpoint",
            ),
            (
                ProviderConfig {
                    authority_host: text("http://localhost"),
                    ..Default::default()
                },
                "authority_host",
            ),
        ];
        for (config, attribute) in table {
            let mut diags = Diagnostics::default();
            assert!(Options::of(&mut diags, &config, &|_| None).is_none(), "{attribute}");
            let paths: Vec<_> = diags.errors.iter().map(|error| error.attribute.clone()).collect();
            assert_eq!(paths, [tf_provider::AttributePath::new(attribute)]);
        }
    }

    #[test]
    fn a_missing_credential_names_the_attribute_and_its_variable() {
        let mut diags = Diagnostics::default();
        let options = Options::of(&mut diags, &ProviderConfig::default(), &|_| None).unwrap();
        assert!(options.credential(&mut diags).is_none());
        let details: Vec<_> = diags.errors.iter().map(|error| error.detail.as_ref()).collect();
        assert_eq!(details.len(), 3);
        assert!(details[0].contains("ARM_TENANT_ID"), "{details:?}");
    }

    #[test]
    fn the_user_agent_has_no_room_for_anything_else() {
        let agent = user_agent("1.11.4\r\nX-Evil: 1");
        assert!(
            agent.starts_with("Terraform/1.11.4X-Evil1 terraform-provider-autopilot/"),
            "{agent}"
        );
    }
}
