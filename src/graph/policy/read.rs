//! Reading JSON that may be anything: each step knows where it is and says what it expected.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::InvalidPolicy;
use super::object::Object;

/// As many characters of a value as an error shows.
const SHOWN: usize = 60;

/// A place in a body and the text that is there; nothing when the property is absent or null.
#[derive(Clone)]
pub(super) struct Node<'a> {
    pointer: String,
    text: Option<&'a str>,
}

impl<'a> Node<'a> {
    /// The whole body. Its text need not be JSON.
    pub(super) fn root(text: &'a str) -> Result<Self, InvalidPolicy> {
        let root = Self {
            pointer: String::new(),
            text: None,
        };
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => Ok(Self {
                text: Some(raw.get()),
                ..root
            }),
            Err(error) => Err(root.wrong("JSON", shortened(&error.to_string()))),
        }
    }

    /// The property `name` of an object; absent when the object is.
    pub(super) fn property(&self, name: &str) -> Result<Self, InvalidPolicy> {
        let text = self.object()?.and_then(|object| object.borrowed(name));
        Ok(Self {
            pointer: format!("{}/{name}", self.pointer),
            text: text.filter(|text| *text != "null"),
        })
    }

    /// The property that `path` leads to.
    pub(super) fn at(&self, path: &[&str]) -> Result<Self, InvalidPolicy> {
        path.iter().try_fold(self.clone(), |node, name| node.property(name))
    }

    pub(super) fn object(&self) -> Result<Option<Object<'a>>, InvalidPolicy> {
        self.typed("an object", Object::parse)
    }

    pub(super) fn is_absent(&self) -> bool {
        self.text.is_none()
    }

    /// The JSON that is there.
    pub(super) fn json(&self) -> Option<&'a str> {
        self.text
    }

    pub(super) fn boolean(&self) -> Result<Option<bool>, InvalidPolicy> {
        self.typed("true or false", parsed)
    }

    pub(super) fn text(&self) -> Result<Option<String>, InvalidPolicy> {
        self.typed("a string", parsed)
    }

    /// A number of Graph's type Int32, also when it is written as 50.0.
    pub(super) fn int32(&self) -> Result<Option<i32>, InvalidPolicy> {
        self.typed("a whole number of 32 bits", |text| {
            parsed(text).or_else(|| parsed(text).and_then(whole))
        })
    }

    /// The elements of an array; none when it is absent.
    pub(super) fn elements(&self) -> Result<impl Iterator<Item = Self> + use<'a>, InvalidPolicy> {
        let array: Vec<&'a RawValue> = self.typed("an array", parsed)?.unwrap_or_default();
        let pointer = self.pointer.clone();
        Ok(array.into_iter().enumerate().map(move |(at, value)| Node {
            pointer: format!("{pointer}/{at}"),
            text: Some(value.get()),
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
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, InvalidPolicy> {
        match self.text {
            None => Ok(None),
            Some(text) => read(text)
                .map(Some)
                .ok_or_else(|| self.wrong(expected, described(text))),
        }
    }
}

fn parsed<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// `number` when nothing is lost by writing it without a fraction.
fn whole(number: f64) -> Option<i32> {
    let in_range = number.abs() <= f64::from(i32::MAX);
    (in_range && number.fract() == 0.0).then_some(number as i32)
}

/// A value for an error message: its kind, and its text when it is short and plain.
fn described(text: &str) -> String {
    match text.as_bytes().first() {
        Some(b'{') => match Object::parse(text) {
            Some(object) => match object.names().collect::<Vec<_>>() {
                names if names.is_empty() => "an empty object".to_owned(),
                names => format!("an object with {}", shortened(&names.join(", "))),
            },
            None => "an object that cannot be read".to_owned(),
        },
        Some(b'[') => {
            let elements: Vec<&RawValue> = parsed(text).unwrap_or_default();
            format!("an array of {}", elements.len())
        }
        Some(b'"') => match parsed::<String>(text) {
            Some(text) => format!("the string {:?}", shortened(&text)),
            None => "a string that cannot be read".to_owned(),
        },
        Some(b't' | b'f' | b'n') => text.to_owned(),
        _ => format!("the number {}", shortened(text)),
    }
}

/// The start of `text`, with an ellipsis when it is not all of it.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}
