//! Bytes to an untyped tree: msgpack and JSON, within limits of depth.

use rmpv::Value as Tree;
use thiserror::Error;

/// Levels that rmpv may descend. It counts two to four for a level of
/// nesting; Terraform's values have fewer than ten of those.
const MAX_DEPTH: usize = 256;

/// Why bytes are no value.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum TreeError {
    /// The bytes end inside a value, or are no msgpack.
    #[error("it is not valid msgpack: {0}")]
    Msgpack(String),
    /// The bytes are no JSON.
    #[error("it is not valid JSON: {0}")]
    Json(String),
    /// Nesting beyond any schema's.
    #[error("it is nested too deeply")]
    TooDeep,
    /// A value, and then more.
    #[error("{0} bytes follow its end")]
    Trailing(usize),
}

/// Reads one msgpack value that takes up all of `bytes`.
pub(crate) fn from_msgpack(bytes: &[u8]) -> Result<Tree, TreeError> {
    use rmpv::decode::Error;

    let mut rest = bytes;
    let tree = rmpv::decode::read_value_with_max_depth(&mut rest, MAX_DEPTH);
    let tree = tree.map_err(|error| match error {
        Error::DepthLimitExceeded => TreeError::TooDeep,
        Error::InvalidMarkerRead(error) | Error::InvalidDataRead(error) => TreeError::Msgpack(error.to_string()),
    })?;
    if rest.is_empty() {
        Ok(tree)
    } else {
        Err(TreeError::Trailing(rest.len()))
    }
}

/// Reads one JSON value that takes up all of `bytes`. serde_json stops at 128
/// levels by itself.
pub(crate) fn from_json(bytes: &[u8]) -> Result<Tree, TreeError> {
    let json: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| TreeError::Json(describe(&error)))?;
    Ok(from_json_value(json))
}

/// serde_json's message may quote the text, which may be a secret: only the
/// kind and the place are told.
fn describe(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        serde_json::error::Category::Eof => "it ends early",
        _ => "it breaks the syntax",
    };
    format!("{kind} at line {} column {}", error.line(), error.column())
}

fn from_json_value(json: serde_json::Value) -> Tree {
    use serde_json::Value as Json;
    match json {
        Json::Null => Tree::Nil,
        Json::Bool(value) => Tree::Boolean(value),
        Json::String(value) => Tree::from(value),
        Json::Array(values) => Tree::Array(values.into_iter().map(from_json_value).collect()),
        Json::Object(fields) => {
            let fields = fields.into_iter();
            Tree::Map(
                fields
                    .map(|(key, value)| (Tree::from(key), from_json_value(value)))
                    .collect(),
            )
        }
        Json::Number(number) => {
            if let Some(value) = number.as_i64() {
                Tree::from(value)
            } else if let Some(value) = number.as_u64() {
                Tree::from(value)
            } else {
                Tree::F64(number.as_f64().unwrap_or(f64::NAN))
            }
        }
    }
}

/// Writes a tree as msgpack.
pub(crate) fn to_msgpack(tree: &Tree) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a Vec fails only when memory does, which aborts.
    let _ = rmpv::encode::write_value(&mut bytes, tree);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_msgpack() {
        let table: [(&str, &[u8]); 9] = [
            ("nothing", b""),
            ("a map that ends early", b"\x81"),
            ("a key without its value", b"\x81\xa1a"),
            ("a string that ends early", b"\xa5ab"),
            ("an array of 4 billion", b"\xdd\xff\xff\xff\xff"),
            ("a map of 4 billion", b"\xdf\xff\xff\xff\xff\xc0"),
            ("a string of 4 GiB", b"\xdb\xff\xff\xff\xff"),
            ("binary of 4 GiB", b"\xc6\xff\xff\xff\xff"),
            ("an extension of 4 GiB", b"\xc9\xff\xff\xff\xff\x00"),
        ];
        for (name, bytes) in table {
            assert!(matches!(from_msgpack(bytes), Err(TreeError::Msgpack(_))), "{name}");
        }
        assert_eq!(from_msgpack(b"\xc0\xc0\xc0"), Err(TreeError::Trailing(2)));
    }

    #[test]
    fn deep_nesting_ends_in_an_error() {
        assert_eq!(from_msgpack(&[0x91; 1_000_000]), Err(TreeError::TooDeep));
        let maps = b"\x81\xa1a".repeat(1_000_000);
        assert_eq!(from_msgpack(&maps), Err(TreeError::TooDeep));
        let json = "[".repeat(1_000_000);
        assert!(matches!(from_json(json.as_bytes()), Err(TreeError::Json(_))));
    }

    #[test]
    fn malformed_json_is_told_without_quoting_it() {
        for json in ["", "{", "{\"hunter2\":", "hunter2", "{\"a\":1}hunter2", "\u{0}"] {
            let error = from_json(json.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("it is not valid JSON"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn json_numbers_keep_their_value() {
        let tree = from_json(b"[-9223372036854775808, 18446744073709551615, 0.5, 1e3]").unwrap();
        let expected = vec![
            Tree::from(i64::MIN),
            Tree::from(u64::MAX),
            Tree::F64(0.5),
            Tree::F64(1000.0),
        ];
        assert_eq!(tree, Tree::Array(expected));
    }
}
