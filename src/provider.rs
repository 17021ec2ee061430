//! The provider: its configuration becomes a session with Microsoft Graph, and it registers everything it serves.

pub mod attributes;
pub mod options;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::value::{Value, ValueEmpty};
use tf_provider::{Diagnostics, Provider};

use self::attributes::ProviderConfig;
use self::options::{Options, config_error};
use crate::graph::credential::CredentialConfig;
use crate::graph::retry::RetryPolicy;
use crate::graph::{ClientOptions, Cloud, GraphClient, GraphError};
use crate::plugin::{Catalog, Identity, Lifecycle};
use crate::session::{Ready, Session};
use crate::timeouts::Operation;
use crate::{data_sources, functions, resources};

/// Who this provider is to Terraform. The source address also stands in the README, the examples, the tests and the
/// benches: another namespace changes all of them.
pub const IDENTITY: Identity = Identity {
    name: "autopilot",
    address: "registry.terraform.io/autopilot-terraform/autopilot",
    version: env!("CARGO_PKG_VERSION"),
};

/// The provider.
#[derive(Default)]
pub struct Autopilot {
    session: Session,
    /// The last credential that the token service refused for good. Terraform may configure one process many times.
    refused: Mutex<Option<Refused>>,
}

struct Refused {
    cloud: Cloud,
    credential: CredentialConfig,
    error: GraphError,
}

/// Everything that a plugin process serves.
pub fn catalog() -> Catalog {
    let session = Session::default();
    Catalog::new(Autopilot {
        session: session.clone(),
        ..Autopilot::default()
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
        let member_checks = options.member_checks;
        let signed_in = self.sign_in(options, user_agent(&terraform_version)).await;
        let graph = signed_in.map_err(|error| config_error(diags, &error)).ok()?;
        let deadline = self.session.deadline(&Value::Null, Operation::Read);
        // Answered from the token that is at hand.
        let tenant_id = graph.tenant_id(&deadline).await.ok();
        let ownership = self.session.ownership().clone();
        self.session
            .configure(Ready::new(&graph, tenant_id, member_checks, ownership));
        Some(())
    }
}

impl Autopilot {
    /// A client that has its token.
    async fn sign_in(&self, options: Options, user_agent: String) -> Result<GraphClient, GraphError> {
        let (cloud, credential) = (options.cloud, options.sign_in.choose()?);
        if let Some(error) = self.refusal_of(&cloud, &credential) {
            return Err(error);
        }
        let graph = GraphClient::new(ClientOptions {
            cloud: cloud.clone(),
            api_version: options.api_version,
            credential: credential.clone(),
            retry: RetryPolicy {
                max_retries: options.max_retries,
                ..RetryPolicy::default()
            },
            request_timeout: options.request_timeout,
            user_agent,
            cancel: self.session.cancellation(),
        })?;
        let signed_in = graph
            .sign_in(&self.session.deadline(&Value::Null, Operation::Read))
            .await;
        if let Err(error) = &signed_in
            && error.is_bad_credential()
        {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(Refused {
                cloud,
                credential,
                error: error.clone(),
            });
        }
        signed_in.map(|()| graph)
    }

    /// The refusal of this very credential, if there was one.
    fn refusal_of(&self, cloud: &Cloud, credential: &CredentialConfig) -> Option<GraphError> {
        let proof = credential.proof()?;
        // A poisoned lock holds a whole refusal: it is only ever replaced.
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = refused.as_ref()?;
        let same = refused.cloud.authority() == cloud.authority() && refused.credential.proof() == Some(proof);
        same.then(|| refused.error.clone())
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
        let provider = Autopilot::default();
        assert!(provider.validate(&mut diags, ProviderConfig::default()).await.is_some());
        assert!(diags.errors.is_empty());
    }
}
