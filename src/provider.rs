//! The provider: its configuration becomes a session with Microsoft Graph, and it registers everything it serves.

pub mod attributes;
pub mod options;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::value::ValueEmpty;
use tf_provider::{Diagnostics, Provider};

use self::attributes::ProviderConfig;
use self::options::{Options, config_error};
use crate::graph::retry::RetryPolicy;
use crate::graph::{ClientOptions, GraphClient};
use crate::plugin::{Catalog, Identity, Lifecycle};
use crate::session::{Ready, Session};
use crate::{data_sources, functions, resources};

/// Who this provider is to Terraform. The source address also stands in the README, the examples, the tests and the
/// benches: another namespace changes all of them.
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
        self.session.begin();
        let options = Options::of(diags, &config, &|name| std::env::var(name).ok())?;
        if !options.not_known.is_empty() {
            self.session.configure_later(options.not_known);
            return Some(());
        }
        let client = options.sign_in.choose().and_then(|credential| {
            GraphClient::new(ClientOptions {
                cloud: options.cloud,
                api_version: options.api_version,
                credential,
                retry: RetryPolicy {
                    max_retries: options.max_retries,
                    ..RetryPolicy::default()
                },
                request_timeout: options.request_timeout,
                user_agent: user_agent(&terraform_version),
                cancel: self.session.cancellation(),
            })
        });
        match client {
            Ok(graph) => {
                graph.sign_in_ahead();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_agent_has_no_room_for_anything_else() {
        let agent = user_agent("1.11.4\r\nX-Evil: 1");
        assert!(
            agent.starts_with("Terraform/1.11.4X-Evil1 terraform-provider-autopilot/"),
            "{agent}"
        );
    }

    #[tokio::test]
    async fn validation_does_not_depend_on_the_machine() {
        let mut diags = Diagnostics::default();
        let provider = Autopilot {
            session: Session::default(),
        };
        assert!(provider.validate(&mut diags, ProviderConfig::default()).await.is_some());
        assert!(diags.errors.is_empty());
    }
}
