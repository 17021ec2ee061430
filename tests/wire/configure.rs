//! Signing in: when the provider is configured, and once with a credential that is refused.

use std::time::Duration;

use graph_emulator::{Config, Effect, Emulator, Fault, Listener};
use rmpv::Value as Tree;
use tempfile::TempDir;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;
use terraform_provider_autopilot::plugin::proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::harness::{PATIENCE, Plugin, binary};
use crate::requests::dynamic;

/// A process of the provider whose environment names a tenant, without a credential.
struct Process {
    tenant: Emulator,
    provider: ProviderClient<Channel>,
    attributes: Vec<String>,
    _folder: TempDir,
    _plugin: Plugin,
}

impl Process {
    async fn start() -> Self {
        let tenant = Emulator::start(Config::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        tenant.write_ca(&ca).unwrap();
        let mut command = binary();
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_uppercase();
            let foreign = ["ARM_", "AUTOPILOT_", "AZURE_"];
            if foreign.iter().any(|prefix| text.starts_with(prefix)) || text.ends_with("_PROXY") {
                command.env_remove(&name);
            }
        }
        command
            .env("AUTOPILOT_GRAPH_ENDPOINT", tenant.graph_url())
            .env("AZURE_AUTHORITY_HOST", tenant.authority_url())
            .env("ARM_TENANT_ID", tenant.tenant_id())
            .env("ARM_CLIENT_ID", tenant.client_id())
            .env("ARM_USE_CLI", "false")
            .env("SSL_CERT_FILE", &ca);
        let plugin = Plugin::start(command).await;
        let mut provider = plugin.provider().await;
        let schema = provider.get_provider_schema(tf::get_provider_schema::Request {}).await;
        let block = schema.unwrap().into_inner().provider.unwrap().block.unwrap();
        Self {
            tenant,
            provider,
            attributes: block.attributes.into_iter().map(|attribute| attribute.name).collect(),
            _folder: folder,
            _plugin: plugin,
        }
    }

    /// Configures the provider with a client secret and one attempt; returns the one error there may be.
    async fn configure(&self, secret: &str) -> Option<tf::Diagnostic> {
        let block = self.attributes.iter().map(|name| {
            let value = match name.as_str() {
                "client_secret" => secret.into(),
                "max_retries" => 0.into(),
                _ => Tree::Nil,
            };
            (name.as_str().into(), value)
        });
        let configure = tf::configure_provider::Request {
            terraform_version: "1.11.4".to_owned(),
            config: dynamic(&Tree::Map(block.collect())),
            ..Default::default()
        };
        let answer = self.provider.clone().configure_provider(configure).await.unwrap();
        let mut diagnostics = answer.into_inner().diagnostics;
        assert!(diagnostics.len() < 2, "{diagnostics:?}");
        diagnostics.pop()
    }

    fn token_requests(&self) -> usize {
        self.tenant.token_requests().len()
    }
}

#[tokio::test]
async fn configuring_signs_in_and_sends_nothing_else() {
    let process = Process::start().await;
    assert_eq!(process.tenant.requests(), []);
    let secret = process.tenant.client_secret();
    assert_eq!(process.configure(&secret).await, None);
    assert_eq!(process.token_requests(), 1);
    assert_eq!(process.tenant.requests().len(), 1);
}

#[tokio::test]
async fn a_refused_secret_is_not_sent_again() {
    let process = Process::start().await;
    let refusal = process.configure("a-wrong-secret").await.expect("an error");
    assert!(refusal.detail.contains("AADSTS7000215"), "{}", refusal.detail);
    assert_eq!(process.configure("a-wrong-secret").await, Some(refusal));
    assert_eq!(process.token_requests(), 1);
    // Another secret is another credential.
    assert!(process.configure("another-wrong-secret").await.is_some());
    let secret = process.tenant.client_secret();
    assert_eq!(process.configure(&secret).await, None);
    assert_eq!(process.token_requests(), 3);
}

#[tokio::test]
async fn a_busy_token_service_is_asked_again() {
    let process = Process::start().await;
    let secret = process.tenant.client_secret();
    let busy = Fault::new(Effect::Aadsts { code: 90033 });
    process.tenant.inject(busy.on(Listener::Authority));
    let error = process.configure(&secret).await.expect("an error");
    assert!(error.detail.contains("AADSTS90033"), "{}", error.detail);
    assert_eq!(process.configure(&secret).await, None);
    assert_eq!(process.token_requests(), 2);
}

#[tokio::test]
async fn an_interrupt_ends_the_sign_in() {
    let process = Process::start().await;
    let secret = process.tenant.client_secret();
    let silent = Fault::new(Effect::Hang { millis: None });
    process.tenant.inject(silent.on(Listener::Authority));
    let interrupt = async {
        while process.token_requests() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut provider = process.provider.clone();
        provider.stop_provider(tf::stop_provider::Request {}).await.unwrap();
    };
    let both = async { tokio::join!(process.configure(&secret), interrupt) };
    let (error, ()) = tokio::time::timeout(PATIENCE, both).await.expect("an answer");
    let error = error.expect("an error");
    assert!(error.detail.contains("interrupted"), "{}", error.detail);
    // The next run of Terraform begins anew.
    assert_eq!(process.configure(&secret).await, None);
}
