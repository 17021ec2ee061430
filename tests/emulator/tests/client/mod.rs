//! A plain HTTP client for the emulator's tests: what any client of Graph would send.
#![allow(dead_code, reason = "each test file uses its part")]

use std::time::Duration;

use graph_emulator::Emulator;
use reqwest::{Certificate, Client, Method, Response, StatusCode};
use serde_json::Value;

pub(crate) const POLICY: &str = "/v1.0/policies/deviceRegistrationPolicy";

pub(crate) fn client(emulator: &Emulator) -> Client {
    let authority = Certificate::from_pem(emulator.ca_pem().as_bytes()).unwrap();
    Client::builder()
        .tls_certs_only([authority])
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}

/// Signs in with the secret, by hand.
pub(crate) async fn token(emulator: &Emulator, client: &Client) -> String {
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={}%2F.default",
        emulator.client_id(),
        emulator.client_secret().replace('~', "%7E"),
        emulator.graph_url().replace(':', "%3A").replace('/', "%2F"),
    );
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        emulator.authority_url(),
        emulator.tenant_id()
    );
    let response = client
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    json(response).await["access_token"].as_str().unwrap().to_owned()
}

pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) graph: String,
    pub(crate) token: String,
}

impl Session {
    pub(crate) async fn new(emulator: &Emulator) -> Self {
        let client = client(emulator);
        let token = token(emulator, &client).await;
        Self {
            client,
            graph: emulator.graph_url().to_owned(),
            token,
        }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> reqwest::Result<Response> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.graph))
            .bearer_auth(&self.token)
            .header("client-request-id", "7a1f3c52-57a3-4f4e-9d4e-3f6f1c1f0b11")
            .header("user-agent", "tests/1.0");
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        request.send().await
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        let response = self.send("GET", path, None).await.unwrap();
        (response.status(), json(response).await)
    }
}

pub(crate) async fn json(response: Response) -> Value {
    let body = response.bytes().await.unwrap();
    serde_json::from_slice(&body).unwrap_or(Value::Null)
}
