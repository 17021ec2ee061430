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
async fn throttles_with_the_header_it_was_told() {
    let (emulator, session) = start().await;
    for value in ["2.128", "0", ""] {
        emulator.inject(Fault::new(Effect::throttled(value)).method("GET"));
        let answer = session.send("GET", POLICY, None).await.unwrap();
        assert_eq!(answer.status(), 429);
        let header = answer
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header.unwrap_or_default(), value);
        assert!(answer.headers().contains_key("request-id"));
        assert_eq!(json(answer).await["error"]["code"], "TooManyRequests");
    }
    assert_eq!(session.get(POLICY).await.0, 200);
    assert_eq!(emulator.graph_requests()[0].fault.as_deref(), Some("status"));
}

#[tokio::test]
async fn a_put_can_take_effect_and_seem_to_fail() {
    let (emulator, session) = start().await;
    let mut policy = seeds::hardened_policy();
    for (quota, effect) in [(1, Effect::status(503)), (2, Effect::Reset), (3, Effect::status(504))] {
        policy["userDeviceQuota"] = json!(quota);
        emulator.inject(Fault::new(effect.clone()).method("PUT").after_effect());
        let answer = session.send("PUT", POLICY, Some(&policy)).await;
        assert!(answer.is_err() || answer.unwrap().status().is_server_error());
        assert_eq!(emulator.policy()["userDeviceQuota"], quota);

        policy["userDeviceQuota"] = json!(9);
        emulator.inject(Fault::new(effect).method("PUT"));
        let answer = session.send("PUT", POLICY, Some(&policy)).await;
        assert!(answer.is_err() || answer.unwrap().status().is_server_error());
        assert_eq!(emulator.policy()["userDeviceQuota"], quota);
    }
    let statuses: Vec<_> = emulator
        .graph_requests()
        .into_iter()
        .map(|entry| entry.status)
        .collect();
    assert_eq!(statuses[2], None);
}

#[tokio::test]
async fn can_hang() {
    let (emulator, session) = start().await;
    emulator.inject(Fault::new(Effect::Hang { millis: Some(100) }));
    let start = Instant::now();
    assert!(session.send("GET", POLICY, None).await.is_err());
    assert!(start.elapsed() >= Duration::from_millis(100));
    emulator.inject(Fault::new(Effect::Hang { millis: None }));
    let forever = session.send("GET", POLICY, None);
    assert!(tokio::time::timeout(Duration::from_millis(200), forever).await.is_err());
    assert_eq!(emulator.graph_requests()[1].status, None);
}

#[tokio::test]
async fn can_answer_with_what_is_no_answer() {
    let (emulator, session) = start().await;
    emulator.inject(Fault::new(Effect::Html { status: 502 }));
    let answer = session.send("GET", POLICY, None).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (502, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(answer.bytes().await.unwrap().starts_with(b"<!DOCTYPE html>"));

    emulator.inject(Fault::new(Effect::Truncated));
    let body = session.send("GET", POLICY, None).await.unwrap().bytes().await.unwrap();
    assert!(body.len() > 100 && serde_json::from_slice::<Value>(&body).is_err());

    emulator.inject(Fault::new(Effect::BrokenBody));
    let answer = session.send("GET", POLICY, None).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err());

    emulator.inject(Fault::new(Effect::ErrorInOk));
    let (status, body) = session.get(POLICY).await;
    assert_eq!((status.as_u16(), body["error"]["code"].is_string()), (200, true));

    emulator.inject(Fault::new(Effect::Oversized { bytes: 10 << 20 }));
    let body = session.send("GET", POLICY, None).await.unwrap().bytes().await.unwrap();
    assert!(body.len() > 10 << 20);

    emulator.inject(Fault::new(Effect::ContentType {
        value: "text/plain".into(),
    }));
    let answer = session.send("GET", POLICY, None).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain");
    assert_eq!(json(answer).await["userDeviceQuota"], 5);

    emulator.inject(Fault::new(Effect::Slow {
        chunk: 400,
        pause_millis: 20,
    }));
    let start = Instant::now();
    assert_eq!(session.get(POLICY).await.1["userDeviceQuota"], 5);
    assert!(start.elapsed() >= Duration::from_millis(60));

    let headers = vec![("x-odd".to_owned(), "yes".to_owned())];
    emulator.inject(Fault::new(Effect::Raw {
        status: 418,
        headers,
        body: "short and stout".into(),
    }));
    let answer = session.send("GET", POLICY, None).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["x-odd"].to_str().unwrap()),
        (418, "yes")
    );
    assert_eq!(session.get(POLICY).await.0, 200);
}

#[tokio::test]
async fn faults_reach_the_token_endpoint() {
    let (emulator, session) = start().await;
    emulator.inject(Fault::new(Effect::Aadsts { code: 90033 }).on(Listener::Authority));
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        emulator.authority_url(),
        emulator.tenant_id()
    );
    assert_eq!(session.get(POLICY).await.0, 200);
    let answer = session.client.post(url).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(json(answer).await["error"], "temporarily_unavailable");
}

#[tokio::test]
async fn takes_its_time() {
    let emulator = Emulator::start(Config::default().with_latency(50)).await.unwrap();
    let session = Session::new(&emulator).await;
    let start = Instant::now();
    session.get(POLICY).await;
    assert!(start.elapsed() >= Duration::from_millis(50));
    emulator.configure(|config| config.latency.millis = 0);
    emulator.inject(Fault::new(Effect::Delay { millis: 80 }));
    let start = Instant::now();
    assert_eq!(session.get(POLICY).await.0, 200);
    assert!(start.elapsed() >= Duration::from_millis(80));
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
    assert_eq!(send("PUT", "/token-lifetime", json!(300)).await.0, 204);
    assert_eq!(
        send("PUT", "/roles", json!(["Policy.Read.DeviceConfiguration"]))
            .await
            .0,
        204
    );
    assert_eq!(
        send("GET", "/apps", Value::Null).await.1[0]["roles"],
        json!(["Policy.Read.DeviceConfiguration"])
    );

    assert_eq!(send("POST", "/clock/advance", json!({"seconds": 3600})).await.0, 204);
    assert_eq!(session.get(POLICY).await.0, 401);
    assert_eq!(send("PUT", "/clock", json!({})).await.0, 204);
    assert_eq!(session.get(POLICY).await.0, 200);
    assert_eq!(send("POST", "/tokens/revoke", Value::Null).await.0, 204);
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
    assert!(std::net::TcpStream::connect(&address).is_err());
}

#[tokio::test]
async fn starts_blocking_inside_a_runtime_too() {
    let emulator = Emulator::start_blocking(Config::default()).unwrap();
    assert_eq!(Session::new(&emulator).await.get(POLICY).await.0, 200);
}
