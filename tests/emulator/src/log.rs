//! The log of every request, with secrets taken out.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::millis;
use crate::exchange::{Call, Listener, pairs};

/// What a redacted value reads as.
pub const REDACTED: &str = "REDACTED";

/// Form fields, in the token endpoint's requests, that are secrets.
const SECRET_FIELDS: [&str; 4] = ["client_secret", "client_assertion", "password", "refresh_token"];

/// Headers that are secrets.
const SECRET_HEADERS: [&str; 3] = ["authorization", "x-identity-header", "cookie"];

/// One request as it came in, and what it was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Counts up from 1 over all listeners, in order of arrival.
    pub number: u64,
    /// The listener it came in on.
    pub listener: Listener,
    /// HTTP method.
    pub method: String,
    /// Path as sent, without the query.
    pub path: String,
    /// Query as sent; empty when there is none.
    pub query: String,
    /// Headers, names in lower case; secret ones read [`REDACTED`].
    pub headers: BTreeMap<String, String>,
    /// The body: JSON as it is, forms as an object with secrets redacted, anything else as text; null when empty.
    pub body: Value,
    /// Bytes of the body.
    pub body_bytes: usize,
    /// HTTP status of the answer; absent while there is none, and when the connection was reset or left hanging.
    pub status: Option<u16>,
    /// The `request-id` of the answer.
    pub request_id: String,
    /// The `client-request-id` that was sent.
    pub client_request_id: Option<String>,
    /// The `User-Agent` that was sent.
    pub user_agent: Option<String>,
    /// Counts the TCP connections.
    pub connection: u64,
    /// `h2` or `http/1.1`.
    pub protocol: String,
    /// `TLSv1_3` or `TLSv1_2`; empty without TLS.
    pub tls: String,
    /// Milliseconds since 1970, by the machine's clock.
    pub received_at: i64,
    /// Milliseconds from then to the answer; absent as `status` is.
    pub took: Option<i64>,
    /// The kind of the injected fault that hit it.
    pub fault: Option<String>,
    /// The requests inside a `$batch`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub batch: Vec<Inner>,
}

/// A request inside a `$batch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inner {
    /// HTTP method.
    pub method: String,
    /// Relative URL as sent.
    pub url: String,
    /// Status of its answer.
    pub status: u16,
}

/// All requests since the start or the last clearing.
#[derive(Debug, Default)]
pub(crate) struct Log {
    requests: Vec<Request>,
    last: u64,
    /// Counts PUTs since the start; clearing the log does not clear it.
    empty_selections: usize,
}

impl Log {
    /// Enters a request on its arrival and answers its number.
    pub(crate) fn begin(&mut self, call: &Call, protocol: &str) -> u64 {
        self.last += 1;
        self.count_empty_selection(call);
        self.requests.push(Request {
            number: self.last,
            listener: call.listener,
            method: call.method.to_string(),
            path: call.path.clone(),
            query: call.query.clone(),
            headers: headers(&call.headers),
            body: body(call),
            body_bytes: call.body.len(),
            status: None,
            request_id: call.request_id.clone(),
            client_request_id: call.header("client-request-id").map(str::to_owned),
            user_agent: call.header("user-agent").map(str::to_owned),
            connection: call.connection.id,
            protocol: protocol.to_owned(),
            tls: call.connection.tls.clone(),
            received_at: millis(),
            took: None,
            fault: None,
            batch: Vec::new(),
        });
        self.last
    }

    /// Counts a PUT whose body holds an enumerated membership without members.
    pub(crate) fn count_empty_selection(&mut self, call: &Call) {
        if call.method == Method::PUT && holds_empty_selection(&body(call)) {
            self.empty_selections += 1;
        }
    }

    pub(crate) fn empty_selections(&self) -> usize {
        self.empty_selections
    }

    pub(crate) fn fault(&mut self, number: u64, fault: &str) {
        if let Some(request) = self.entry(number) {
            request.fault = Some(fault.to_owned());
        }
    }

    pub(crate) fn batch(&mut self, request_id: &str, inner: Vec<Inner>) {
        let entry = self.requests.iter_mut().rev();
        if let Some(request) = entry.into_iter().find(|entry| entry.request_id == request_id) {
            request.batch = inner;
        }
    }

    pub(crate) fn finish(&mut self, number: u64, status: u16) {
        if let Some(request) = self.entry(number) {
            request.status = Some(status);
            request.took = Some(millis() - request.received_at);
        }
    }

    pub(crate) fn requests(&self) -> &[Request] {
        &self.requests
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
    }

    /// The entry, unless the log was cleared since.
    fn entry(&mut self, number: u64) -> Option<&mut Request> {
        let mut newest_first = self.requests.iter_mut().rev();
        newest_first.find(|request| request.number == number)
    }
}

fn headers(map: &HeaderMap) -> BTreeMap<String, String> {
    map.iter()
        .map(|(name, value)| {
            let name = name.as_str();
            let text = if SECRET_HEADERS.contains(&name) {
                REDACTED.to_owned()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            (name.to_owned(), text)
        })
        .collect()
}

/// Finds an enumerated membership, however it is spelt, whose lists are empty, null or left out.
fn holds_empty_selection(value: &Value) -> bool {
    let enumerated = value["@odata.type"].as_str().is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        name.ends_with("enumerateddeviceregistrationmembership")
    });
    let is_empty = |list: &str| value[list].as_array().is_none_or(Vec::is_empty);
    match value {
        Value::Object(_) if enumerated => is_empty("users") && is_empty("groups"),
        Value::Object(object) => object.values().any(holds_empty_selection),
        Value::Array(items) => items.iter().any(holds_empty_selection),
        _ => false,
    }
}

fn body(call: &Call) -> Value {
    if call.body.is_empty() {
        return Value::Null;
    }
    let text = String::from_utf8_lossy(&call.body);
    if call.listener == Listener::Authority {
        return pairs(&text)
            .into_iter()
            .map(|(key, value)| {
                let secret = SECRET_FIELDS.contains(&key.as_str());
                let value = if secret { json!(REDACTED) } else { json!(value) };
                (key, value)
            })
            .collect::<serde_json::Map<_, _>>()
            .into();
    }
    serde_json::from_slice(&call.body).unwrap_or_else(|_| Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::call;

    #[test]
    fn secrets_do_not_reach_it() {
        let mut form = call(
            "POST",
            "/tenant/oauth2/v2.0/token",
            "client_id=me&client_secret=hush&client_assertion=hush",
        );
        form.listener = Listener::Authority;
        for header in SECRET_HEADERS {
            form.headers.insert(header, "hush".parse().unwrap());
        }
        let mut log = Log::default();
        log.begin(&form, "h2");
        let text = serde_json::to_string(log.requests()).unwrap();
        assert!(text.contains(r#""client_id":"me""#), "{text}");
        assert!(!text.contains("hush"), "{text}");
    }

    #[test]
    fn empty_selections_are_counted() {
        let typed = |name: &str, lists: &str| {
            format!(r##"{{"azureADJoin":{{"allowedToJoin":{{"@odata.type":"{name}"{lists}}}}}}}"##)
        };
        let enumerated = "#microsoft.graph.enumeratedDeviceRegistrationMembership";
        let cases = [
            ("PUT", typed(enumerated, r#","users":[],"groups":[]"#), 1),
            ("PUT", typed(enumerated, r#","users":null,"groups":[]"#), 1),
            ("PUT", typed(&enumerated[1..].to_uppercase(), ""), 1),
            ("PUT", typed(enumerated, r#","users":["a"],"groups":[]"#), 0),
            ("PUT", typed(enumerated, r#","users":[],"groups":["a"]"#), 0),
            ("PUT", typed("#microsoft.graph.noDeviceRegistrationMembership", ""), 0),
            ("PUT", "{".to_owned(), 0),
            ("POST", typed(enumerated, ""), 0),
        ];
        for (method, body, expected) in cases {
            let mut log = Log::default();
            log.begin(&call(method, "/v1.0/x", &body), "h2");
            log.clear();
            assert_eq!(log.empty_selections(), expected, "{method} {body}");
        }
    }

    #[test]
    fn keeps_bodies_and_outlives_a_clearing() {
        let mut log = Log::default();
        let first = log.begin(&call("PUT", "/v1.0/x", r#"{"a":1}"#), "http/1.1");
        assert_eq!(log.requests()[0].body, json!({"a": 1}));
        assert_eq!(log.requests()[0].status, None);
        log.clear();
        log.finish(first, 200);
        let second = log.begin(&call("PUT", "/v1.0/x", "{"), "http/1.1");
        log.finish(second, 400);
        assert_eq!((first, second), (1, 2));
        assert_eq!(log.requests().len(), 1);
        assert_eq!(log.requests()[0].body, json!("{"));
        assert_eq!(log.requests()[0].status, Some(400));
    }
}
