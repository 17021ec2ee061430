//! The envelope around Graph's errors (<https://learn.microsoft.com/graph/errors>).

use serde::Deserialize;
use serde_json::Value;

/// How deep inner errors are followed.
const DEPTH: usize = 8;

/// What an error answer holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) inner_codes: Vec<String>,
    pub(super) request_id: Option<String>,
}

/// The part of an error answer that is understood.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    error: Value,
    #[serde(default)]
    error_description: Value,
}

impl Envelope {
    /// The error in a body, if there is one. Its parts may all be missing; what lies beside it may be anything.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        let body: Body = serde_json::from_slice(body).ok()?;
        match body.error {
            error @ Value::Object(_) => Some(Self::nested(&error)),
            // The form of OAuth, which gateways before Graph use.
            Value::String(code) => Some(Self {
                code,
                message: text(Some(&body.error_description)).unwrap_or_default(),
                ..Self::default()
            }),
            _ => None,
        }
    }

    fn nested(error: &Value) -> Self {
        let mut envelope = Self {
            code: text(error.get("code")).unwrap_or_default(),
            message: text(error.get("message")).unwrap_or_default(),
            ..Self::default()
        };
        let mut level = inner(error);
        for _ in 0..DEPTH {
            let Some(current) = level else { break };
            envelope.inner_codes.extend(text(current.get("code")));
            if envelope.message.is_empty() {
                envelope.message = text(current.get("message")).unwrap_or_default();
            }
            if envelope.request_id.is_none() {
                envelope.request_id = text(current.get("request-id")).or_else(|| text(current.get("requestId")));
            }
            level = inner(current);
        }
        envelope
    }
}

/// Both spellings are in use.
fn inner(error: &Value) -> Option<&Value> {
    error
        .get("innerError")
        .or_else(|| error.get("innererror"))
        .filter(|inner| inner.is_object())
}

/// A text, or the text in `{"lang":"en","value":"..."}`; numbers as they are written.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(object) => object.get("value").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn envelope(code: &str, message: &str, inner_codes: &[&str], request_id: Option<&str>) -> Option<Envelope> {
        Some(Envelope {
            code: code.to_owned(),
            message: message.to_owned(),
            inner_codes: inner_codes.iter().map(|&code| code.to_owned()).collect(),
            request_id: request_id.map(str::to_owned),
        })
    }

    #[test]
    fn every_form_in_use() {
        for (body, expected) in [
            (
                json!({"error": {"code": "c", "message": "m", "innerError": {"date": "d", "request-id": "r"}}}),
                envelope("c", "m", &[], Some("r")),
            ),
            (
                json!({"error": {"code": "c", "message": "m", "innererror": {"code": "i", "innererror": {"code": "j", "request-id": "r"}}}}),
                envelope("c", "m", &["i", "j"], Some("r")),
            ),
            (
                json!({"error": {"code": "c", "message": {"lang": "en", "value": "m"}}}),
                envelope("c", "m", &[], None),
            ),
            (
                json!({"error": {"innerError": {"message": "m"}}}),
                envelope("", "m", &[], None),
            ),
            (
                json!({"error": {"code": 7, "message": null, "innerError": "x"}}),
                envelope("7", "", &[], None),
            ),
            (json!({"error": {}}), envelope("", "", &[], None)),
            (
                json!({"error": "c", "error_description": "m"}),
                envelope("c", "m", &[], None),
            ),
            (json!({"error": null}), None),
            (json!({"value": []}), None),
            (json!([]), None),
            (json!("error"), None),
        ] {
            assert_eq!(Envelope::of(body.to_string().as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn endless_nesting_is_followed_for_a_while() {
        let mut error = json!({"code": "last"});
        for _ in 0..60 {
            error = json!({"code": "c", "innerError": error});
        }
        let envelope = Envelope::of(json!({"error": error}).to_string().as_bytes()).unwrap();
        assert_eq!(envelope.inner_codes.len(), DEPTH);
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in r#"\{"error":[\{\}\[\]":,a-z0-9]{0,60}"#) {
            let _ = Envelope::of(text.as_bytes());
        }
    }
}
