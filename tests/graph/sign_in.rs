//! Sign-in with a client secret, as the wire sees it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::child::{SECRET, TENANT, run};
use crate::secure::Secure;
use crate::testing::{Reply, json as answer};

fn token(tenant: &str) -> Reply {
    let claims = json!({"tid": tenant, "appid": "client-1", "idtyp": "app", "roles": []});
    let jwt = ["{}", &claims.to_string(), "signature"]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".");
    let body = json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": jwt});
    answer(200, "", &body.to_string())
}

fn policy() -> Reply {
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
