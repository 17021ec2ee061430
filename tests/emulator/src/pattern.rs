//! Which requests a fault or a latency is for.

use serde::{Deserialize, Serialize};

use crate::exchange::{Call, Listener};

/// A pattern over requests; what is absent matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pattern {
    /// The HTTP method, in upper case.
    pub method: Option<String>,
    /// The path without its query, as sent; `*` stands for any characters. Case does not count.
    pub path: Option<String>,
    /// The listener.
    pub listener: Option<Listener>,
}

impl Pattern {
    pub(crate) fn matches(&self, call: &Call) -> bool {
        self.method
            .as_deref()
            .is_none_or(|method| method == call.method.as_str())
            && self
                .path
                .as_deref()
                .is_none_or(|path| glob(&path.to_lowercase(), &call.path.to_lowercase()))
            && self.listener.is_none_or(|listener| listener == call.listener)
    }
}

/// Whether `text` has the form of `pattern`, in which `*` stands for any characters.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        let cases = [
            ("/v1.0/policies/*", "/v1.0/policies/x", true),
            ("/v1.0/policies/*", "/beta/policies/x", false),
            ("*policy", "/v1.0/policies/deviceregistrationpolicy", true),
            ("*/groups/*/x", "/v1.0/groups/1/x", true),
            ("*/groups/*/x", "/v1.0/groups/1/xy", false),
            ("/exact", "/exact", true),
            ("/exact", "/exact/", false),
            ("*", "", true),
            ("", "", true),
            ("a*a", "a", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(glob(pattern, text), expected, "{pattern} against {text}");
        }
    }
}
