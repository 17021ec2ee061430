//! Sign-in with a client secret, as the wire sees it.

use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::child::{SECRET, TENANT, run};
use crate::secure::{Secure, proxy};
use crate::testing::{Reply, json as answer};

pub(crate) fn token(tenant: &str) -> Reply {
    let claims = json!({"tid": tenant, "appid": "client-1", "idtyp": "app", "roles": []});
    let jwt = ["{}", &claims.to_string(), "signature"]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".");
    let body = json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": jwt});
    answer(200, "", &body.to_string())
}

pub(crate) fn policy() -> Reply {
    answer(200, "", r#"{"id":"deviceRegistrationPolicy"}"#)
}

fn refusal(status: u16, code: u32, description: &str) -> Reply {
    let body = json!({
        "error": "invalid_client",
        "error_description": format!("AADSTS{code}: {description}\r\nTrace ID: trace-1\r\nCorrelation ID: correlation-1"),
        "error_codes": [code], "trace_id": "trace-1", "correlation_id": "correlation-1",
    });
    answer(status, "", &body.to_string())
}

/// One server for tokens and for Graph; what the client said of it.
async fn against(script: Vec<Reply>) -> (String, Secure) {
    let secure = Secure::start(script);
    let text = run(
        &secure.server.url,
        &secure.server.url,
        &[("ARM_CLIENT_SECRET", SECRET), ("SSL_CERT_FILE", secure.ca())],
    )
    .await;
    (text, secure)
}

#[tokio::test]
async fn one_token_serves_all_requests() {
    let (text, secure) = against(vec![token(TENANT), policy()]).await;
    assert_eq!(text.matches("policy: {\"id\"").count(), 2, "{text}");
    for event in [
        "trace: terraform_provider_autopilot",
        "path=/v1.0/policies/deviceRegistrationPolicy attempt=1",
    ] {
        assert!(text.contains(event), "{event} in {text}");
    }
    let received = secure.server.received();
    let lines: Vec<_> = received.iter().map(|request| request.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            format!("POST /{TENANT}/oauth2/v2.0/token HTTP/1.1").as_str(),
            "GET /v1.0/policies/deviceRegistrationPolicy HTTP/1.1",
            "GET /v1.0/policies/deviceRegistrationPolicy HTTP/1.1",
        ]
    );
    let form: Vec<_> = url::form_urlencoded::parse(received[0].body.as_bytes()).collect();
    for (name, value) in [
        ("client_id", "client-1"),
        ("client_secret", SECRET),
        ("grant_type", "client_credentials"),
        ("scope", &format!("{}/.default", secure.server.url)),
    ] {
        assert!(form.iter().any(|(n, v)| n == name && v == value), "{name} in {form:?}");
    }
    assert_eq!(received[0].header("user-agent"), received[1].header("user-agent"));
}

#[tokio::test]
async fn a_wrong_secret_is_told_with_code_ids_and_advice_and_is_tried_once() {
    let (text, secure) = against(vec![refusal(
        401,
        7_000_215,
        &format!("Invalid client secret '{SECRET}'."),
    )])
    .await;
    let expected = format!(
        "error: Signing in with a client secret failed at {}/{TENANT}/oauth2/v2.0/token: 401 invalid_client: AADSTS7000215: Invalid \
         client secret '(...)'. (trace id trace-1, correlation id correlation-1)\nadvice: The client secret is wrong: \
         `client_secret` (ARM_CLIENT_SECRET) or the file of `client_secret_file_path` (ARM_CLIENT_SECRET_FILE_PATH) has to hold the \
         secret's Value, not its Secret ID.",
        secure.server.url
    );
    assert_eq!(text.matches(&expected).count(), 2, "{text}");
    assert_eq!(secure.server.received().len(), 1);
}

/// What is before the token service may repeat the form in its words.
#[tokio::test]
async fn a_secret_that_comes_back_as_it_was_sent_is_not_shown() {
    let sent = SECRET.replace('~', "%7E");
    assert_ne!(sent, SECRET);
    let words = format!("Blocked: client_id=client-1&client_secret={sent}&scope=x");
    // The child's output is searched for the secret.
    let (text, _) = against(vec![refusal(403, 1, &words)]).await;
    assert!(text.contains("client_secret=(...)&scope=x"), "{text}");
}

#[tokio::test]
async fn passing_troubles_of_the_token_service_are_waited_out() {
    let busy = answer(429, "Retry-After: 0\r\n", "{}");
    let transient = refusal(400, 90033, "A transient error has occurred.");
    let (text, secure) = against(vec![busy, transient, token(TENANT), policy()]).await;
    assert_eq!(text.matches("policy: {\"id\"").count(), 2, "{text}");
    assert_eq!(secure.server.received().len(), 5);
}

#[tokio::test]
async fn answers_that_are_no_tokens_are_told() {
    for (reply, part) in [
        (
            answer(200, "", "<html>Sign in</html>"),
            "200: with a body that starts with \"<html>Sign in</html>\"",
        ),
        (answer(200, "", ""), "200: with an empty body"),
        (
            answer(200, "", r#"{"token_type":"Bearer"}"#),
            "the answer holds no token",
        ),
        (
            answer(302, "Location: https://example.org/\r\n", ""),
            "302: it redirects elsewhere, which is not followed",
        ),
    ] {
        let (text, _) = against(vec![reply]).await;
        assert!(text.contains("error: Signing in with a client secret failed"), "{text}");
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[tokio::test]
async fn a_token_for_another_tenant_is_refused() {
    let (text, secure) = against(vec![token("11111111-09d3-42f4-a494-38864f99ba3c"), policy()]).await;
    assert!(
        text.contains("is for tenant 11111111-09d3-42f4-a494-38864f99ba3c, but tenant_id is 7b795fb9"),
        "{text}"
    );
    assert_eq!(secure.server.received().len(), 1);
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_at_once_and_explained() {
    let secure = Secure::start(vec![token(TENANT)]);
    let other = Secure::start(vec![token(TENANT)]);
    let text = run(
        &secure.server.url,
        &secure.server.url,
        &[("ARM_CLIENT_SECRET", SECRET), ("SSL_CERT_FILE", other.ca())],
    )
    .await;
    assert!(text.contains("invalid peer certificate"), "{text}");
    assert!(text.contains("1 attempt)"), "{text}");
    assert!(text.contains("SSL_CERT_FILE"), "{text}");
}

#[tokio::test]
async fn proxies_carry_tokens_and_graph_unless_told_not_to() {
    for (no_proxy, tunnelled) in [("", true), ("127.0.0.1", false)] {
        let secure = Secure::start(vec![token(TENANT), policy()]);
        let (proxy, tunnels) = proxy().await;
        let environment = [
            ("ARM_CLIENT_SECRET", SECRET),
            ("SSL_CERT_FILE", secure.ca()),
            ("HTTPS_PROXY", &proxy),
            ("NO_PROXY", no_proxy),
        ];
        let text = run(&secure.server.url, &secure.server.url, &environment).await;
        assert_eq!(text.matches("policy: {\"id\"").count(), 2, "{text}");
        assert_eq!(tunnels.load(Ordering::SeqCst) > 0, tunnelled, "NO_PROXY={no_proxy:?}");
    }
}
