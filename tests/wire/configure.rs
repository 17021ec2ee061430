//! What configuring the provider sets off before Terraform asks for anything.

use std::time::{Duration, Instant};

use graph_emulator::{Config, Emulator};
use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;

use crate::harness::{PATIENCE, Plugin, binary};
use crate::requests::dynamic;

/// Terraform has work of its own before it asks for the first resource. The token is on its way meanwhile.
#[tokio::test]
async fn the_token_is_asked_for_before_terraform_asks_for_a_resource() {
    let tenant = Emulator::start(Config::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    tenant.write_ca(&ca).unwrap();
    let mut command = binary();
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_uppercase();
        if ["ARM_", "AUTOPILOT_", "AZURE_"]
            .iter()
            .any(|prefix| text.starts_with(prefix))
            || text.ends_with("_PROXY")
        {
            command.env_remove(&name);
        }
    }
    command
        .env("AUTOPILOT_GRAPH_ENDPOINT", tenant.graph_url())
        .env("AZURE_AUTHORITY_HOST", tenant.authority_url())
        .env("ARM_TENANT_ID", tenant.tenant_id())
        .env("ARM_CLIENT_ID", tenant.client_id())
        .env("ARM_CLIENT_SECRET", tenant.client_secret())
        .env("ARM_USE_CLI", "false")
        .env("SSL_CERT_FILE", &ca);
    let plugin = Plugin::start(command).await;
    let mut provider = plugin.provider().await;
    let schema = provider
        .get_provider_schema(tf::get_provider_schema::Request {})
        .await
        .unwrap()
        .into_inner();
    let attributes = schema.provider.unwrap().block.unwrap().attributes;
    let nothing = attributes
        .into_iter()
        .map(|attribute| (attribute.name.as_str().into(), Tree::Nil));
    let configure = tf::configure_provider::Request {
        terraform_version: "1.11.4".to_owned(),
        config: dynamic(&Tree::Map(nothing.collect())),
        ..Default::default()
    };
    assert_eq!(tenant.requests(), []);
    let configured = provider.configure_provider(configure).await.unwrap().into_inner();
    assert_eq!(configured.diagnostics, []);
    let begun = Instant::now();
    while tenant.requests().is_empty() && begun.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let requests = tenant.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(requests[0].path.ends_with("/token"), "{requests:?}");
}
