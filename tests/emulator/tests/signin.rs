//! Signing in over the wire in each way there is, and reading the policy with the token.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod client;

use client::{POLICY, client, json};
use graph_emulator::{AZURE_TOKEN_EXCHANGE, Config, Emulator, Federated, KeyKind, TestCertificate};
use reqwest::Client;
use serde_json::{Value, json};

async fn start() -> (Emulator, Client) {
    let emulator = Emulator::start(Config::default()).await.unwrap();
    let client = client(&emulator);
    (emulator, client)
}

async fn with_assertion(emulator: &Emulator, client: &Client, assertion: &str) -> Value {
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={assertion}&scope={}%2F.default",
        emulator.client_id(),
        emulator.graph_url().replace(':', "%3A").replace('/', "%2F"),
    );
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        emulator.authority_url(),
        emulator.tenant_id()
    );
    let request = client
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded");
    json(request.body(body).send().await.unwrap()).await
}

async fn reads_policy(emulator: &Emulator, client: &Client, token: &Value) -> u16 {
    let request = client.get(format!("{}{POLICY}", emulator.graph_url()));
    let answer = request.bearer_auth(token.as_str().unwrap()).send().await.unwrap();
    answer.status().as_u16()
}

#[tokio::test]
async fn with_a_certificate() {
    let (emulator, client) = start().await;
    let certificate = TestCertificate::generate(KeyKind::Rsa, 86_400).unwrap();
    let now = emulator.clock().now();
    let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": certificate.thumbprint()});
    let claims = json!({
        "aud": format!("{}/{}/oauth2/v2.0/token", emulator.authority_url(), emulator.tenant_id()),
        "iss": emulator.client_id(), "sub": emulator.client_id(), "jti": "1", "nbf": now, "iat": now, "exp": now + 300,
    });
    let assertion = certificate.sign(&header, &claims);
    let refused = with_assertion(&emulator, &client, &assertion).await;
    assert_eq!(refused["error_codes"], json!([700_027]));
    emulator.register_certificate(&certificate);
    let granted = with_assertion(&emulator, &client, &assertion).await;
    assert_eq!(reads_policy(&emulator, &client, &granted["access_token"]).await, 200);
    assert!(
        !serde_json::to_string(&emulator.requests())
            .unwrap()
            .contains(&assertion)
    );
}

#[tokio::test]
async fn from_github_and_from_pipelines() {
    let (emulator, client) = start().await;
    let around = emulator.config().surroundings;
    let url = format!(
        "{}&audience=api%3A%2F%2FAzureADTokenExchange",
        emulator.github_request_url()
    );
    let answer = json(client.get(url).bearer_auth(&around.github.token).send().await.unwrap()).await;
    let granted = with_assertion(&emulator, &client, answer["value"].as_str().unwrap()).await;
    assert_eq!(reads_policy(&emulator, &client, &granted["access_token"]).await, 200);

    let url = format!(
        "{}?api-version=7.1&serviceConnectionId={}",
        emulator.pipelines_request_url(),
        around.service_connection_id
    );
    let request = client.post(url).bearer_auth(&around.pipelines.token);
    let request = request
        .header("x-tfs-fedauthredirect", "Suppress")
        .header("content-length", "0");
    let answer = json(request.send().await.unwrap()).await;
    let granted = with_assertion(&emulator, &client, answer["oidcToken"].as_str().unwrap()).await;
    assert_eq!(reads_policy(&emulator, &client, &granted["access_token"]).await, 200);
}

#[tokio::test]
async fn as_a_kubernetes_workload() {
    let (emulator, client) = start().await;
    let assertion = emulator.assertion(&Federated::kubernetes(), 600);
    let granted = with_assertion(&emulator, &client, &assertion).await;
    assert_eq!(reads_policy(&emulator, &client, &granted["access_token"]).await, 200);
    emulator.configure(|config| config.clock.advance(1200));
    let refused = with_assertion(&emulator, &client, &assertion).await;
    assert_eq!(refused["error_codes"], json!([700_024]));
    let other = Federated {
        subject: "system:serviceaccount:other:other".into(),
        ..Federated::kubernetes()
    };
    assert_eq!(other.audience, AZURE_TOKEN_EXCHANGE);
    let refused = with_assertion(&emulator, &client, &emulator.assertion(&other, 600)).await;
    assert_eq!(refused["error_codes"], json!([700_213]));
}

#[tokio::test]
async fn with_a_managed_identity() {
    let (emulator, client) = start().await;
    let resource = emulator.graph_url().replace(':', "%3A").replace('/', "%2F");
    let url = format!("{}?api-version=2018-02-01&resource={resource}", emulator.imds_url());
    let answer = json(client.get(url).header("metadata", "true").send().await.unwrap()).await;
    assert_eq!(reads_policy(&emulator, &client, &answer["access_token"]).await, 200);
    let url = format!(
        "{}?api-version=2019-08-01&resource={resource}",
        emulator.identity_endpoint()
    );
    let secret = emulator.config().surroundings.identity_header;
    let answer = json(
        client
            .get(url)
            .header("x-identity-header", &secret)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(reads_policy(&emulator, &client, &answer["access_token"]).await, 200);
    assert!(!serde_json::to_string(&emulator.requests()).unwrap().contains(&secret));
}

#[cfg(unix)]
#[tokio::test]
async fn with_the_azure_cli() {
    let (emulator, client) = start().await;
    let folder = tempfile::tempdir().unwrap();
    emulator.install_az(folder.path()).unwrap();
    let scope = format!("{}/.default", emulator.graph_url());
    let az = |arguments: &[&str]| {
        let output = std::process::Command::new(folder.path().join("az"));
        let mut command = output;
        command
            .args(["account", "get-access-token", "-o", "json"])
            .args(arguments);
        let output = command.output().unwrap();
        let token = serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default();
        (token, String::from_utf8(output.stderr).unwrap())
    };
    let (token, _) = az(&["--scope", &scope, "--tenant", emulator.tenant_id()]);
    assert!(token["expires_on"].is_number() && token["expiresOn"].is_string());
    assert_eq!(reads_policy(&emulator, &client, &token["accessToken"]).await, 403);

    emulator.configure(|config| {
        config.person.scopes = vec!["Policy.Read.DeviceConfiguration".into()];
        config.person.directory_roles = vec!["Global Reader".into()];
    });
    let (token, _) = az(&["--scope", &scope]);
    assert_eq!(reads_policy(&emulator, &client, &token["accessToken"]).await, 200);
    emulator.configure(|config| config.clock.advance(7200));
    assert_eq!(reads_policy(&emulator, &client, &token["accessToken"]).await, 401);
    let (token, _) = az(&["--scope", &scope]);
    assert_eq!(reads_policy(&emulator, &client, &token["accessToken"]).await, 200);

    assert!(
        az(&["--scope", &scope, "--tenant", "other.example"])
            .1
            .contains("AADSTS90002")
    );
    assert!(
        az(&["--scope", "https://nobody.example/.default"])
            .1
            .contains("AADSTS500011")
    );
    assert!(az(&["--nope"]).1.contains("unrecognized"));
    emulator.configure(|config| config.person.refusal = "ERROR: Please run 'az login' to setup account.\n".into());
    assert!(az(&["--scope", &scope]).1.contains("az login"));
    let calls = std::fs::read_to_string(folder.path().join("az-calls.log")).unwrap();
    assert_eq!(calls.lines().count(), 7);
}
