//! A JSON object taken apart one level deep: what its properties hold stays the text that it was.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The properties of an object in their order, with the text of each value. A number too large or too exact for any type
/// of ours is kept to the digit.
#[derive(Clone, Default)]
pub(super) struct Object<'a>(Vec<(String, Cow<'a, str>)>);

impl<'a> Object<'a> {
    /// The object in a JSON text; none when the text is something else.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The value of a property. Of two with one name the later counts, as it does to most readers of JSON.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(own, _)| own == name);
        found.map(|(_, value)| &**value)
    }

    /// The value of a property for as long as the text itself; none for one that was set.
    pub(super) fn borrowed(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().rev().find(|(own, _)| own == name);
        match found.map(|(_, value)| value) {
            Some(Cow::Borrowed(value)) => Some(value),
            _ => None,
        }
    }

    /// Gives a property the value that a JSON text stands for: in its old place, or last when it is new.
    pub(super) fn set(&mut self, name: &str, value: String) {
        match self.0.iter_mut().rev().find(|(own, _)| own == name) {
            Some((_, held)) => *held = value.into(),
            None => self.0.push((name.to_owned(), value.into())),
        }
    }

    /// Keeps the properties whose names are wanted.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| is_wanted(name));
    }

    /// The names of the properties.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// Writes `text` again with another value at `path`, making the objects on the way that are missing. `write` turns the
/// text that was there into the one that belongs there.
pub(super) fn replace(text: Option<&str>, path: &[&str], write: &dyn Fn(Option<&str>) -> String) -> String {
    let [name, rest @ ..] = path else {
        return write(text);
    };
    let mut object = text.and_then(Object::parse).unwrap_or_default();
    let inner = replace(object.get(name), rest, write);
    object.set(name, inner);
    object.to_string()
}

/// A text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

impl fmt::Display for Object<'_> {
    /// The object as JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (name, value)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}:{value}", quoted(name))?;
        }
        f.write_str("}")
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Properties)
    }
}

struct Properties;

impl<'de> Visitor<'de> for Properties {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut properties = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
            properties.push((name, Cow::Borrowed(value.get())));
        }
        Ok(Object(properties))
    }
}
