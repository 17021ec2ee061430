//! Answers of a token service that hold no token.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::graph::error::{GivenUp, TokenError, aadsts, seconds};
use crate::graph::http::{Answer, Exchanged, Verdict, excerpt, hide, scrub};

/// The error of RFC 6749 with Microsoft's additions, all of which may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OAuthError {
    error: Option<String>,
    error_description: Option<String>,
    error_codes: Vec<u32>,
    trace_id: Option<String>,
    correlation_id: Option<String>,
    /// Azure DevOps has this one only.
    message: Option<String>,
}

impl OAuthError {
    fn parse(body: &[u8]) -> Option<Self> {
        let parsed: Self = serde_json::from_slice(body).ok()?;
        (parsed.error.is_some() || parsed.message.is_some()).then_some(parsed)
    }

    fn code(&self) -> Option<u32> {
        let described = || aadsts::code_in(self.error_description.as_deref()?);
        self.error_codes.first().copied().or_else(described)
    }
}

/// Says if the token service is asked again.
pub(super) fn verdict(answer: &Answer) -> Verdict {
    match answer.status.as_u16() {
        429 => Verdict::Busy,
        500 | 502..=504 => Verdict::BusyLeave,
        200..=299 => Verdict::Final,
        _ => {
            let transient = OAuthError::parse(&answer.body.bytes)
                .is_some_and(|e| aadsts::is_transient(e.code(), e.error.as_deref().unwrap_or_default()));
            if transient { Verdict::Busy } else { Verdict::Final }
        }
    }
}

/// Says if the metadata service of a virtual machine is asked again. It answers 404 and 410 while it starts
/// (<https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#retry-guidance>).
pub(super) fn metadata_verdict(answer: &Answer) -> Verdict {
    match answer.status.as_u16() {
        404 | 410 | 429 | 500.. => Verdict::Busy,
        _ => Verdict::Final,
    }
}

/// The error in a refusal, whatever its form.
pub(super) fn read(kind: &str, url: &Url, exchanged: &Exchanged, secrets: &[&str]) -> TokenError {
    let answer = &exchanged.answer;
    let mut refusal = TokenError {
        status: Some(answer.status.as_u16()),
        ..about(kind, url)
    };
    match OAuthError::parse(&answer.body.bytes) {
        Some(error) => {
            refusal.code = error.code();
            let text = error.error_description.or(error.message).unwrap_or_default();
            refusal.error = scrub(&error.error.unwrap_or_default(), secrets);
            refusal.description = scrub(first_line(&text), secrets);
            refusal.trace_id = error.trace_id.map(|id| scrub(&id, secrets));
            refusal.correlation_id = error.correlation_id.map(|id| scrub(&id, secrets));
        }
        None => {
            // Before anything is cut off: half a secret is not found any more.
            let body = String::from_utf8_lossy(&answer.body.bytes);
            let shown = excerpt(hide(&body, secrets).as_bytes());
            refusal.description = match (answer.header("location"), shown.as_str()) {
                (Some(_), _) => "it redirects elsewhere, which is not followed".to_owned(),
                (None, "") => "with an empty body".to_owned(),
                (None, shown) => format!("with a body that starts with {shown:?}"),
            };
        }
    }
    refusal.asked = exchanged
        .refused
        .and_then(|refused| refused.asked)
        .filter(|asked| !asked.is_zero());
    let effort = effort(exchanged, refusal.asked);
    if !effort.is_empty() {
        refusal.description.push_str(&format!(" ({})", effort.join(", ")));
    }
    refusal
}

/// The attempts that were made, and the reason why there is no further one.
fn effort(exchanged: &Exchanged, asked: Option<Duration>) -> Vec<String> {
    let mut effort = Vec::new();
    if exchanged.attempts > 1 {
        effort.push(format!("sent {} times", exchanged.attempts));
        effort.push(format!("waited {}", seconds(exchanged.waited)));
    }
    if let Some(asked) = asked {
        effort.push(format!("asked to wait {} more", seconds(asked)));
    }
    match exchanged.refused.map(|refused| refused.why) {
        Some(GivenUp::Time { left }) => effort.push(format!("only {} of the time allowed are left", seconds(left))),
        Some(GivenUp::Wait { longest }) => effort.push(format!("the provider waits {} at most", seconds(longest))),
        Some(GivenUp::Attempts) | None => {}
    }
    effort
}

/// The error in an answer that gives no token.
pub(super) fn of(kind: &str, url: &Url, exchanged: &Exchanged, secrets: &[&str]) -> Option<TokenError> {
    let answer = &exchanged.answer;
    if answer.status.is_success() && answer.body.complete {
        unreadable(kind, url, exchanged, secrets)
    } else {
        Some(read(kind, url, exchanged, secrets))
    }
}

/// The error in an answer of status 200 that holds no token with an end, or an error.
fn unreadable(kind: &str, url: &Url, exchanged: &Exchanged, secrets: &[&str]) -> Option<TokenError> {
    let body = &exchanged.answer.body.bytes;
    let object = serde_json::from_slice::<Map<String, Value>>(body);
    let refuses = OAuthError::parse(body).is_some_and(|error| error.error.is_some());
    match object {
        Ok(object) if !refuses => (!holds_token(&object)).then(|| TokenError {
            description: "the answer holds no token".to_owned(),
            ..about(kind, url)
        }),
        _ => Some(read(kind, url, exchanged, secrets)),
    }
}

/// The longest life of a token that is believed, in seconds: ten years. azure_identity adds it to the clock, and panics when
/// the sum is no date.
const LONGEST_LIFE: u64 = 10 * 365 * 24 * 3600;

/// True if there is a token with an end that can be reckoned with.
fn holds_token(object: &Map<String, Value>) -> bool {
    let token = object.get("access_token").and_then(Value::as_str);
    let ends = ["expires_in", "expires_on"]
        .iter()
        .filter_map(|name| object.get(*name))
        .any(|value| number(value).is_some());
    let wild = object.get("expires_in").is_some_and(|life| match number(life) {
        Some(life) => life > LONGEST_LIFE,
        None => life.is_number(),
    });
    token.is_some_and(|token| !token.is_empty()) && ends && !wild
}

/// A number, which is a text in the answers of the metadata service.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn about(kind: &str, url: &Url) -> TokenError {
    TokenError {
        credential: kind.to_owned(),
        endpoint: format!("{}{}", url.origin().ascii_serialization(), url.path()),
        ..TokenError::default()
    }
}

/// The ids that follow on lines of their own have fields of their own, too.
fn first_line(description: &str) -> &str {
    let line = description.lines().next().unwrap_or_default();
    line.split(" Trace ID:").next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::http::Body;
    use crate::graph::retry::Refused;
    use http::{HeaderMap, StatusCode};

    fn exchanged(status: u16, body: &str) -> Exchanged {
        Exchanged {
            answer: Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: Body {
                    bytes: body.as_bytes().to_vec(),
                    complete: true,
                },
            },
            attempts: 1,
            waited: Duration::ZERO,
            refused: None,
            uncertain: false,
        }
    }

    fn url() -> Url {
        Url::parse("https://login.microsoftonline.com/contoso/oauth2/v2.0/token?x=y").unwrap()
    }

    #[test]
    fn a_refusal_has_code_description_and_ids() {
        let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided 'hunter2'.\r\nTrace ID: t\r\nCorrelation ID: c\r\nTimestamp: x","error_codes":[7000215],"trace_id":"t-1","correlation_id":"c-1"}"#;
        let refusal = read("a client secret", &url(), &exchanged(401, body), &["hunter2"]);
        assert_eq!(refusal.code, Some(7_000_215));
        assert_eq!(
            refusal.to_string(),
            "Signing in with a client secret failed at https://login.microsoftonline.com/contoso/oauth2/v2.0/token: 401 \
             invalid_client: AADSTS7000215: Invalid client secret provided '(...)'. (trace id t-1, correlation id c-1)"
        );
    }

    #[test]
    fn a_refusal_says_what_was_tried_and_what_was_asked() {
        let second = Duration::from_secs(1);
        for (attempts, asked, why, text) in [
            (1, None, GivenUp::Attempts, "x"),
            (2, None, GivenUp::Attempts, "x (sent 2 times, waited 1 s)"),
            (
                2,
                Some(120),
                GivenUp::Attempts,
                "x (sent 2 times, waited 1 s, asked to wait 120 s more)",
            ),
            (2, Some(0), GivenUp::Attempts, "x (sent 2 times, waited 1 s)"),
            (
                1,
                Some(120),
                GivenUp::Time { left: second },
                "x (asked to wait 120 s more, only 1 s of the time allowed are left)",
            ),
            (
                1,
                Some(3600),
                GivenUp::Wait { longest: second },
                "x (asked to wait 1 h more, the provider waits 1 s at most)",
            ),
        ] {
            let exchanged = Exchanged {
                attempts,
                waited: second,
                refused: Some(Refused {
                    asked: asked.map(Duration::from_secs),
                    why,
                }),
                ..exchanged(429, r#"{"error":"busy","error_description":"x"}"#)
            };
            let refusal = read("x", &url(), &exchanged, &[]);
            assert_eq!(refusal.description, text);
            assert_eq!(refusal.asked, asked.filter(|asked| *asked > 0).map(Duration::from_secs));
        }
    }

    #[test]
    fn the_code_is_found_in_the_description_when_it_is_nowhere_else() {
        let body = r#"{"error":"invalid_request","error_description":"AADSTS90002: Tenant 'x' not found."}"#;
        assert_eq!(read("x", &url(), &exchanged(400, body), &[]).code, Some(90002));
    }

    #[test]
    fn other_bodies_are_shown_by_their_start() {
        for (body, description) in [
            (
                "<html>Sign in</html>",
                "with a body that starts with \"<html>Sign in</html>\"",
            ),
            ("", "with an empty body"),
            ("[1]", "with a body that starts with \"[1]\""),
            (r#"{"message":"no such connection"}"#, "no such connection"),
        ] {
            assert_eq!(read("x", &url(), &exchanged(400, body), &[]).description, description);
        }
    }

    #[test]
    fn a_secret_that_comes_back_is_not_shown_in_whichever_form_it_comes() {
        const SECRET: &str = "8Q~hunter & 2";
        let form: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        let far = format!("{}client_secret={form}&scope=x", "x ".repeat(50));
        for body in [
            format!("<html>Request blocked: client_id=1&client_secret={form}&scope=x</html>"),
            // Shown up to its middle.
            far,
            format!(r#"{{"error":"bad {form}","error_description":"blocked: {form}","trace_id":"{form}"}}"#),
            format!(r#"{{"message":"blocked: {SECRET}"}}"#),
        ] {
            for secret in [SECRET.to_owned(), format!("{SECRET}\n")] {
                let shown = read("x", &url(), &exchanged(403, &body), &[&secret]).to_string();
                assert!(!shown.contains("hunter") && !shown.contains("8Q"), "{shown}");
                assert!(shown.contains("(...)"), "{shown}");
            }
        }
    }

    #[test]
    fn good_answers_that_hold_no_token_are_refusals() {
        for (body, refused) in [
            (r#"{"access_token":"x","expires_in":1}"#, false),
            (r#"{"access_token":"x","expires_on":"4102444800"}"#, false),
            (r#"{"access_token":"","expires_in":1}"#, true),
            (r#"{"access_token":5,"expires_in":1}"#, true),
            (r#"{"access_token":"x","expires_in":"soon"}"#, true),
            (r#"{"access_token":"x","expires_in":315360000}"#, false),
            (r#"{"access_token":"x","expires_in":315360001}"#, true),
            (r#"{"access_token":"x","expires_in":9000000000000}"#, true),
            (r#"{"access_token":"x","expires_in":18446744073709551615}"#, true),
            (r#"{"access_token":"x","expires_in":-1}"#, true),
            (r#"{"access_token":"x","expires_in":1e300}"#, true),
            (
                r#"{"access_token":"x","expires_in":9000000000000,"expires_on":"4102444800"}"#,
                true,
            ),
            (
                r#"{"access_token":"x","expires_in":-9000000000000000000,"expires_on":"4102444800"}"#,
                true,
            ),
            (
                r#"{"access_token":"x","expires_in":"9000000000000","expires_on":"4102444800"}"#,
                true,
            ),
            (
                r#"{"access_token":"x","expires_in":"","expires_on":"4102444800"}"#,
                false,
            ),
            (r#"{"access_token":"x"}"#, true),
            ("{}", true),
            (r#"{"error":"invalid_client"}"#, true),
            ("<html>", true),
            ("", true),
            ("null", true),
        ] {
            assert_eq!(
                unreadable("x", &url(), &exchanged(200, body), &[]).is_some(),
                refused,
                "{body}"
            );
        }
    }

    #[test]
    fn only_passing_troubles_are_asked_again() {
        for (status, body, expected) in [
            (200, "{}", Verdict::Final),
            (
                400,
                r#"{"error":"invalid_client","error_codes":[7000215]}"#,
                Verdict::Final,
            ),
            (400, r#"{"error":"temporarily_unavailable"}"#, Verdict::Busy),
            (400, r#"{"error":"x","error_codes":[90033]}"#, Verdict::Busy),
            (429, "", Verdict::Busy),
            (503, "", Verdict::BusyLeave),
        ] {
            assert_eq!(verdict(&exchanged(status, body).answer), expected, "{status} {body}");
        }
    }
}
