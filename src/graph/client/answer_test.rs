//! Tests of what becomes of an answer: a table of bodies and the errors they are.

use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, StatusCode};
use proptest::prelude::*;

use super::*;
use crate::graph::http::Body;
use crate::graph::permission::READ_POLICY;

fn exchanged(status: u16, content_type: &str, body: &[u8]) -> Exchanged {
    let mut headers = HeaderMap::new();
    if !content_type.is_empty() {
        headers.insert("content-type", HeaderValue::from_str(content_type).unwrap());
    }
    Exchanged {
        answer: Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Body {
                bytes: body.to_vec(),
                complete: true,
            },
        },
        attempts: 1,
        waited: Duration::ZERO,
        refused: None,
        uncertain: false,
    }
}

fn result(expect: Expect, exchanged: Exchanged) -> Result<GraphResponse, GraphError> {
    let request = GraphRequest::get(["x"], &READ_POLICY).expecting(expect);
    read(&request, Call::new("GET", "/v1.0/x"), exchanged)
}

const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

#[test]
fn bad_bodies_say_what_was_received() {
    for (status, content_type, body, expected) in [
        (
            200,
            "text/html; charset=utf-8",
            "<html><title>Sign in</title>",
            "GET /v1.0/x: 200 with a body that is not JSON, Content-Type text/html; charset=utf-8, which starts with \
             \"<html><title>Sign in</title>\"",
        ),
        (
            200,
            JSON,
            "<html>",
            &format!(
                "GET /v1.0/x: 200 with a body that is not JSON, Content-Type {}, which starts with \"<html>\"",
                &JSON[..CONTENT_TYPE_SHOWN]
            ),
        ),
        (
            200,
            "application/json",
            "{\"id\":\"devi",
            "GET /v1.0/x: 200 with a body that ends too early, Content-Type application/json, which starts with \
             \"{\\\"id\\\":\\\"devi\"",
        ),
        (
            200,
            "application/json",
            "{\"id\":]}",
            "GET /v1.0/x: 200 with malformed JSON (line 1, column 7), Content-Type application/json, which starts with \
             \"{\\\"id\\\":]}\"",
        ),
        (
            200,
            "application/json",
            " \r\n",
            "GET /v1.0/x: 200 with an empty body, Content-Type application/json",
        ),
        (
            200,
            "application/json",
            "[1]",
            "GET /v1.0/x: 200 with an array where a JSON object belongs, Content-Type application/json, which starts with \
             \"[1]\"",
        ),
        (
            200,
            "application/json",
            r#"{"error":{"code":"UnknownError","message":"it failed"}}"#,
            "GET /v1.0/x: 200 UnknownError: it failed",
        ),
        (
            502,
            "text/html",
            "<h1>Bad gateway</h1>",
            "GET /v1.0/x: 502: with a body that is no error of Graph's (text/html) and starts with \"<h1>Bad gateway</h1>\"",
        ),
        (500, "", "", "GET /v1.0/x: 500: with an empty body"),
        (
            302,
            "",
            "",
            "GET /v1.0/x: 302: it redirects elsewhere, which is not followed",
        ),
    ] {
        for expect in [Expect::Object, Expect::Written] {
            let error = result(expect, exchanged(status, content_type, body.as_bytes())).unwrap_err();
            assert_eq!(error.to_string(), expected);
            assert!(!error.advice().is_empty());
        }
    }
}

#[test]
fn good_answers() {
    let object = result(Expect::Object, exchanged(200, JSON, b"{\"id\":1}")).unwrap();
    assert_eq!(object.json["id"], 1);
    let nothing = result(Expect::Object, exchanged(204, "", b"")).unwrap();
    assert_eq!(nothing.json, Value::Null);
    let text = result(Expect::Text, exchanged(200, "text/plain", b"3")).unwrap();
    assert_eq!(text.json, "3");
    let written = result(Expect::Written, exchanged(200, JSON, b" {\"n\": 1e400 }\n")).unwrap();
    assert_eq!(written.json, "{\"n\": 1e400 }", "to the digit");
    assert!(result(Expect::Object, exchanged(200, JSON, b"{\"n\": 1e400 }")).is_err());
    // Without a type, what is JSON is taken as JSON.
    assert!(result(Expect::Object, exchanged(200, "", b"{}")).is_ok());
    assert!(result(Expect::Object, exchanged(200, "text/plain", b"{}")).is_err());
}

#[test]
fn the_request_id_comes_from_the_header_or_the_body() {
    let body = br#"{"error":{"code":"c","message":"m","innerError":{"request-id":"from-body"}}}"#;
    let mut answer = exchanged(404, JSON, body);
    let error = result(Expect::Object, answer.clone()).unwrap_err();
    assert_eq!(error.request_id(), Some("from-body"));
    answer
        .answer
        .headers
        .insert("request-id", HeaderValue::from_static("from-header"));
    let error = result(Expect::Object, answer).unwrap_err();
    assert_eq!(error.request_id(), Some("from-header"));
    assert_eq!(error.to_string(), "GET /v1.0/x: 404 c: m (request-id from-header)");
}

#[test]
fn which_401_asks_for_another_token() {
    for (status, body, refused) in [
        (
            401,
            r#"{"error":{"code":"InvalidAuthenticationToken","message":"m"}}"#,
            true,
        ),
        (401, "", true),
        (401, "<html>", true),
        (
            401,
            r#"{"error":{"code":"UnknownError","message":"Unsupported app-only call"}}"#,
            false,
        ),
        (403, r#"{"error":{"code":"InvalidAuthenticationToken"}}"#, false),
    ] {
        let answer = exchanged(status, JSON, body.as_bytes()).answer;
        assert_eq!(refuses_token(&answer), refused, "{status} {body}");
    }
}

#[test]
fn a_body_cut_off_is_too_large() {
    let mut cut = exchanged(200, JSON, b"{");
    cut.answer.body.complete = false;
    let error = result(Expect::Object, cut).unwrap_err();
    assert_eq!(
        error.to_string(),
        "GET /v1.0/x: the answer is larger than 4194304 bytes"
    );
}

proptest! {
    #[test]
    fn no_answer_is_a_panic(
        status in 200_u16..600,
        content_type in "(application/json|text/html|text/plain|[a-z/;=+ ]{0,20})",
        body in proptest::collection::vec(any::<u8>(), 0..200),
        expect in prop::sample::select(vec![Expect::Text, Expect::Object, Expect::Written]),
    ) {
        if let Err(error) = result(expect, exchanged(status, &content_type, &body)) {
            prop_assert!(!error.to_string().contains(|c: char| c.is_control()));
            prop_assert!(!error.advice().is_empty());
        }
    }
}
