//! Every fault over real sockets.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod client;

use std::time::{Duration, Instant};

use client::{POLICY, Session, json};
use graph_emulator::{Config, Effect, Emulator, Fault, Listener, seeds};
use serde_json::{Value, json};

async fn start() -> (Emulator, Session) {
    let emulator = Emulator::start(Config::hardened()).await.unwrap();
    let session = Session::new(&emulator).await;
    (emulator, session)
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
