//! The process under test, and how it is started.

use std::process::{Command, Stdio};
use std::time::Duration;

use terraform_provider_autopilot::graph::client::ClientOptions;
use terraform_provider_autopilot::graph::credential::ClientSecret;
use terraform_provider_autopilot::graph::{Cloud, CredentialConfig, Deadline, GraphClient, PolicyTransport, Secret};

pub(crate) const SECRET: &str = "abc8Q~ThisIsTheSecretThatNobodyMaySee";

/// Runs the client in another process; returns what it printed.
pub(crate) async fn run(graph: &str, authority: &str, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--ignored",
            "--exact",
            "child::child",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("CHILD_GRAPH", graph)
        .env("CHILD_AUTHORITY", authority)
        .stdin(Stdio::null());
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command.envs(environment.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains(SECRET), "the secret is visible in {text}");
    assert!(!text.contains("eyJ"), "a token is visible in {text}");
    text
}

/// Reads the policy twice at once and prints what came of it.
#[tokio::test]
#[ignore = "run by the other tests, each time in a process of its own"]
async fn child() {
    if std::env::var_os("CHILD_GRAPH").is_none() {
        return; // Run by hand, with all the ignored tests.
    }
    let variable = |name| std::env::var(name).unwrap();
    let cloud = Cloud::global()
        .and_then(|cloud| cloud.with_graph_endpoint(&variable("CHILD_GRAPH")))
        .and_then(|cloud| cloud.with_authority_host(&variable("CHILD_AUTHORITY")))
        .unwrap();
    let credential = CredentialConfig::ClientSecret(ClientSecret {
        tenant_id: "7b795fb9-09d3-42f4-a494-38864f99ba3c".to_owned(),
        client_id: "client-1".to_owned(),
        secret: Secret::new(SECRET),
    });
    let mut options = ClientOptions::new(cloud, credential);
    options.retry.base = Duration::from_millis(5);
    options.retry.floor = Duration::from_millis(5);
    options.retry.connection_base = Duration::from_millis(5);
    println!("{options:?}");
    let client = GraphClient::new(options).unwrap();
    let deadline = Deadline::after(Duration::from_secs(20));
    let (first, second) = tokio::join!(client.fetch(&deadline), client.fetch(&deadline));
    for result in [first, second] {
        match result {
            Ok(policy) => println!("policy: {policy}"),
            Err(error) => println!("error: {error}\nadvice: {}\n{error:?}", error.advice()),
        }
    }
    println!("{client:?}");
}
