//! Reading JSON that may be anything: each step knows where it is and says what it expected.

use serde_json::{Map, Value};

use super::InvalidPolicy;

/// As many characters of a value as an error shows.
const SHOWN: usize = 60;

/// A place in a body and what is there; nothing when the property is absent or null.
#[derive(Clone)]
pub(super) struct Node<'a> {
    pointer: String,
    value: Option<&'a Value>,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self {
            pointer: String::new(),
            value: Some(value),
        }
    }

    /// The property `name` of an object; absent when the object is.
    pub(super) fn property(&self, name: &str) -> Result<Self, InvalidPolicy> {
        let value = self.object()?.and_then(|object| object.get(name));
        Ok(Self {
            pointer: format!("{}/{name}", self.pointer),
            value: value.filter(|value| !value.is_null()),
        })
    }

    /// The property that `path` leads to.
    pub(super) fn at(&self, path: &[&str]) -> Result<Self, InvalidPolicy> {
        path.iter().try_fold(self.clone(), |node, name| node.property(name))
    }

    pub(super) fn is_absent(&self) -> bool {
        self.value.is_none()
    }

    pub(super) fn object(&self) -> Result<Option<&'a Map<String, Value>>, InvalidPolicy> {
        self.typed("an object", Value::as_object)
    }

    pub(super) fn boolean(&self) -> Result<Option<bool>, InvalidPolicy> {
        self.typed("true or false", Value::as_bool)
    }

    pub(super) fn text(&self) -> Result<Option<&'a str>, InvalidPolicy> {
        self.typed("a string", Value::as_str)
    }

    /// A number of Graph's type Int32, also when it is written as 50.0.
    pub(super) fn int32(&self) -> Result<Option<i32>, InvalidPolicy> {
        self.typed("a whole number of 32 bits", |value| {
            let number = match value.as_i64() {
                Some(number) => number,
                None => value.as_f64().and_then(whole)?,
            };
            i32::try_from(number).ok()
        })
    }

    /// The elements of an array; none when it is absent.
    pub(super) fn elements(&self) -> Result<impl Iterator<Item = Self> + use<'a>, InvalidPolicy> {
        let array = self.typed("an array", Value::as_array)?.map_or(&[][..], Vec::as_slice);
        let pointer = self.pointer.clone();
        Ok(array.iter().enumerate().map(move |(at, value)| Node {
            pointer: format!("{pointer}/{at}"),
            value: Some(value),
        }))
    }

    pub(super) fn wrong(&self, expected: &'static str, found: impl Into<String>) -> InvalidPolicy {
        InvalidPolicy {
            pointer: self.pointer.clone(),
            expected,
            found: found.into(),
        }
    }

    fn typed<T>(
        &self,
        expected: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, InvalidPolicy> {
        match self.value {
            None => Ok(None),
            Some(value) => read(value)
                .map(Some)
                .ok_or_else(|| self.wrong(expected, described(value))),
        }
    }
}

/// `number` when nothing is lost by writing it without a fraction.
fn whole(number: f64) -> Option<i64> {
    let in_range = number.abs() <= f64::from(i32::MAX);
    (in_range && number.fract() == 0.0).then_some(number as i64)
}

/// A value for an error message: its kind, and its text when it is short and plain.
fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {}", shortened(&number.to_string())),
        Value::String(text) => format!("the string {:?}", shortened(text)),
        Value::Array(array) => format!("an array of {}", array.len()),
        Value::Object(object) if object.is_empty() => "an empty object".to_owned(),
        Value::Object(object) => {
            let names: Vec<_> = object.keys().map(String::as_str).collect();
            format!("an object with {}", shortened(&names.join(", ")))
        }
    }
}

/// The start of `text`, with an ellipsis when it is not all of it.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}
