//! The emulator over real sockets: TLS, both HTTP versions, the log, every fault, the control API.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod client;

use std::time::{Duration, Instant};

use client::{POLICY, Session, client, json};
use graph_emulator::{Config, Effect, Emulator, Fault, Listener, seeds};
use serde_json::{Value, json};

async fn start() -> (Emulator, Session) {
    let emulator = Emulator::start(Config::hardened()).await.unwrap();
    let session = Session::new(&emulator).await;
    (emulator, session)
}

#[tokio::test]
async fn reads_and_writes_over_http_2_and_logs_it() {
    let (emulator, session) = start().await;
    let (status, mut policy) = session.get(POLICY).await;
    assert_eq!(status, 200);
    policy["userDeviceQuota"] = json!(7);
    let answer = session.send("PUT", POLICY, Some(&policy)).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["client-request-id"],
        "7a1f3c52-57a3-4f4e-9d4e-3f6f1c1f0b11"
    );
    assert_eq!(emulator.policy()["userDeviceQuota"], 7);

    let log = emulator.requests();
    let seen: Vec<_> = log
        .iter()
        .map(|entry| (entry.listener, entry.method.as_str(), entry.status))
        .collect();
    assert_eq!(
        seen,
        [
            (Listener::Authority, "POST", Some(200)),
            (Listener::Graph, "GET", Some(200)),
            (Listener::Graph, "PUT", Some(200)),
        ]
    );
    let put = &log[2];
    assert_eq!(put.path, POLICY);
    assert_eq!(put.protocol, "h2");
    assert_eq!(put.tls, "TLSv1_3");
    assert_eq!(put.user_agent.as_deref(), Some("tests/1.0"));
    assert_eq!(
        put.client_request_id.as_deref(),
        Some("7a1f3c52-57a3-4f4e-9d4e-3f6f1c1f0b11")
    );
    assert_eq!(put.body["userDeviceQuota"], 7);
    assert_eq!(put.connection, log[1].connection);
    assert_ne!(put.connection, log[0].connection);
    let text = serde_json::to_string(&log).unwrap();
    assert!(!text.contains(&emulator.client_secret()) && !text.contains(&session.token));
    let writes = emulator.writes();
    assert_eq!(writes.len(), 1);
    assert_eq!(writes[0].request_id.as_deref(), Some(put.request_id.as_str()));
    emulator.clear_requests();
    assert!(emulator.requests().is_empty() && emulator.writes().is_empty());
}

#[tokio::test]
async fn empty_selections_are_counted_even_if_refused() {
    let (emulator, session) = start().await;
    let mut policy = emulator.policy();
    assert_eq!(session.send("PUT", POLICY, Some(&policy)).await.unwrap().status(), 200);
    assert_eq!(emulator.empty_selections_sent(), 0);
    for list in ["users", "groups"] {
        policy["azureADJoin"]["allowedToJoin"][list] = json!([]);
    }
    let answer = session.send("PUT", POLICY, Some(&policy)).await.unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(json(answer).await["error"]["code"], "invalid_request");
    emulator.configure(|config| config.switches.empty_enumerated = graph_emulator::switches::Leniency::Accept);
    assert_eq!(session.send("PUT", POLICY, Some(&policy)).await.unwrap().status(), 200);
    emulator.inject(Fault::new(Effect::status(503)));
    assert_eq!(session.send("PUT", POLICY, Some(&policy)).await.unwrap().status(), 503);
    let batch = json!({"requests": [{"id": "1", "method": "PUT", "url": "/policies/deviceRegistrationPolicy",
        "headers": {"Content-Type": "application/json"}, "body": policy}]});
    let answer = session.send("POST", "/v1.0/$batch", Some(&batch)).await.unwrap();
    assert_eq!(json(answer).await["responses"][0]["status"], 200);
    emulator.clear_requests();
    assert_eq!(emulator.empty_selections_sent(), 4);
    let url = format!("{}/_emulator/empty-selections", emulator.graph_http_url());
    assert_eq!(json(session.client.get(url).send().await.unwrap()).await, 4);
}

#[tokio::test]
async fn speaks_http_1_and_plain_http_too() {
    let (emulator, mut session) = start().await;
    let authority = reqwest::Certificate::from_pem(emulator.ca_pem().as_bytes()).unwrap();
    session.client = reqwest::Client::builder()
        .tls_certs_only([authority])
        .http1_only()
        .no_proxy()
        .build()
        .unwrap();
    assert_eq!(session.get(POLICY).await.0, 200);
    session.graph = emulator.graph_http_url().to_owned();
    let (status, body) = session.get(POLICY).await;
    assert_eq!(status, 200);
    assert!(
        body["@odata.context"]
            .as_str()
            .unwrap()
            .starts_with(emulator.graph_http_url())
    );
    session.graph = emulator.graph_url().replace("127.0.0.1", "localhost");
    assert_eq!(session.get(POLICY).await.0, 200);
    let protocols: Vec<_> = emulator
        .graph_requests()
        .into_iter()
        .map(|entry| (entry.protocol, entry.tls))
        .collect();
    assert_eq!(protocols[0], ("http/1.1".to_owned(), "TLSv1_3".to_owned()));
    assert_eq!(protocols[1], ("http/1.1".to_owned(), String::new()));
}

#[tokio::test]
async fn nobody_trusts_it_without_its_authority() {
    let (emulator, _) = start().await;
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(stranger.get(emulator.graph_url()).send().await.is_err());
    assert!(emulator.graph_requests().is_empty());
}

#[tokio::test]
async fn takes_its_time() {
    let emulator = Emulator::start(Config::default().with_latency(50)).await.unwrap();
    let session = Session::new(&emulator).await;
    let start = Instant::now();
    session.get(POLICY).await;
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn the_control_api_does_the_same_over_http() {
    let (emulator, session) = start().await;
    let control = |path: &str| format!("{}/_emulator{path}", emulator.graph_http_url());
    let http = client(&emulator);
    let send = async |method: &str, path: &str, body: Value| {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = http.request(method, control(path));
        let request = request
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    let info = send("GET", "", Value::Null).await.1;
    assert_eq!(info["graph_url"], emulator.graph_url());
    assert_eq!(info["client_id"], emulator.client_id());

    assert_eq!(send("PATCH", "/policy", json!({"userDeviceQuota": 11})).await.0, 204);
    assert_eq!(send("GET", "/policy", Value::Null).await.1, emulator.policy());
    assert_eq!(session.get(POLICY).await.1["userDeviceQuota"], 11);
    assert_eq!(send("PUT", "/policy", seeds::default_policy()).await.0, 204);
    assert_eq!(emulator.policy(), seeds::default_policy());
    assert_eq!(send("PUT", "/policy", json!([])).await.0, 400);
    assert_eq!(send("GET", "/writes", Value::Null).await.1.as_array().unwrap().len(), 2);

    let fault = json!({"match": {"method": "GET"}, "effect": {"kind": "status", "status": 503}});
    assert_eq!(send("POST", "/faults", fault.clone()).await.0, 204);
    assert_eq!(send("POST", "/faults", json!([fault])).await.0, 204);
    assert_eq!(
        send("POST", "/faults", json!({"effect": {"kind": "nope"}})).await.0,
        400
    );
    assert_eq!(session.get(POLICY).await.0, 503);
    assert_eq!(send("GET", "/faults", Value::Null).await.1.as_array().unwrap().len(), 1);
    assert_eq!(send("DELETE", "/faults", Value::Null).await.0, 204);
    assert_eq!(session.get(POLICY).await.0, 200);

    assert_eq!(send("PATCH", "/switches", json!({"intune": true})).await.0, 204);
    assert_eq!(send("GET", "/switches", Value::Null).await.1["intune"], true);
    assert_eq!(send("PATCH", "/switches", json!({"intone": true})).await.0, 400);
    assert_eq!(send("PUT", "/switches", json!({})).await.0, 204);
    assert_eq!(send("PUT", "/latency", json!({"millis": 1})).await.0, 204);
    assert_eq!(
        send("PUT", "/roles", json!(["Policy.Read.DeviceConfiguration"]))
            .await
            .0,
        204
    );
    assert_eq!(emulator.config().apps[0].roles, ["Policy.Read.DeviceConfiguration"]);

    assert_eq!(send("POST", "/clock/advance", json!({"seconds": 3600})).await.0, 204);
    assert_eq!(session.get(POLICY).await.0, 401);
    assert_eq!(send("PUT", "/clock", json!({})).await.0, 204);
    assert_eq!(session.get(POLICY).await.0, 200);
    emulator.revoke_tokens();
    assert_eq!(session.get(POLICY).await.0, 401);

    let requests = send("GET", "/requests", Value::Null).await.1;
    assert_eq!(requests.as_array().unwrap().len(), emulator.requests().len());
    assert!(!requests.to_string().contains("_emulator"));
    assert_eq!(send("DELETE", "/requests", Value::Null).await.0, 204);
    assert!(emulator.requests().is_empty());
}

#[test]
fn starts_on_a_plain_thread_and_ends_when_dropped() {
    let emulator = Emulator::start_blocking(Config::default()).unwrap();
    let address = emulator.graph_url().trim_start_matches("https://").to_owned();
    assert!(std::net::TcpStream::connect(&address).is_ok());
    drop(emulator);
    // Another test's emulator may get the port; not for long.
    let ended = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        std::net::TcpStream::connect(&address).is_err()
    });
    assert!(ended);
}

#[tokio::test]
async fn starts_blocking_inside_a_runtime_too() {
    let emulator = Emulator::start_blocking(Config::default()).unwrap();
    assert_eq!(Session::new(&emulator).await.get(POLICY).await.0, 200);
}
