//! One HTTP exchange, freed of the transport: what came in and what goes out.

use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::socket::Connection;

/// Which of the emulator's listeners a request came in on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listener {
    /// Microsoft Graph, and the control API.
    Graph,
    /// Microsoft Entra ID: token endpoint.
    Authority,
    /// The endpoints that hand out managed identities and federated assertions.
    Metadata,
}

/// A request, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) listener: Listener,
    pub(crate) method: Method,
    /// As sent: percent-encoded, without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Scheme and authority the client used, for links in answers.
    pub(crate) origin: String,
    pub(crate) connection: Connection,
    /// The id the answer carries as `request-id`.
    pub(crate) request_id: String,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The decoded segments of the path, without empty ones.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| decode(segment, false))
            .collect()
    }

    /// A query option by its name; OData's may be written with or without `$`.
    pub(crate) fn option(&self, name: &str) -> Option<String> {
        let bare = name.strip_prefix('$').unwrap_or(name);
        pairs(&self.query)
            .into_iter()
            .find(|(key, _)| key == name || (name.starts_with('$') && key == bare))
            .map(|(_, value)| value)
    }

    /// The media type of the body, in lower case and without its parameters.
    pub(crate) fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        let media = value.split(';').next().unwrap_or_default();
        Some(media.trim().to_ascii_lowercase())
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::empty(status).typed("application/json; charset=utf-8", body.to_string())
    }

    pub(crate) fn typed(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.with("content-type", content_type)
    }

    /// Sets a header; one that HTTP cannot carry is left out.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            self.headers.insert(name, value);
        }
        self
    }

    #[cfg(test)]
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The pairs of a query or a form, decoded, in their order.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key, true), decode(value, true))
        })
        .collect()
}

/// Undoes percent-encoding; `plus` says whether `+` stands for a space.
pub(crate) fn decode(text: &str, plus: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, after @ ..]) => match (nibble(*high), nibble(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (b'+', _) if plus => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_encode_wrote_and_what_others_write() {
        let odd = "$x@y#EXT#'é 100%/&=+";
        assert_eq!(decode(&encode(odd), false), odd);
        assert_eq!(decode("a+b%20c%2", true), "a b c%2");
        assert_eq!(decode("a+b%zz", false), "a+b%zz");
    }

    #[test]
    fn splits_forms() {
        assert_eq!(
            pairs("a=1&b=x%3Dy&c&&d="),
            [("a", "1"), ("b", "x=y"), ("c", ""), ("d", "")].map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }
}
