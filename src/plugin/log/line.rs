//! One line of the log.

use std::fmt;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;
use tracing::Level;
use tracing::field::{Field, Visit};

/// Terraform reads lines of up to 64 KiB.
const MAX_LINE: usize = 64 * 1024 - 1;

/// A text field is cut here. In JSON a byte takes up to six.
const MAX_TEXT: usize = 8 * 1024;

const TIMESTAMP: &[FormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// The data of an event or a span.
#[derive(Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Takes what is not there yet.
    pub(super) fn inherit(&mut self, other: &Self) {
        for (name, value) in &other.0 {
            if !self.0.contains_key(name) {
                self.0.insert(name.clone(), value.clone());
            }
        }
    }

    fn set(&mut self, field: &Field, value: Value) {
        // Names with an at sign are Terraform's own.
        self.0.insert(field.name().trim_start_matches('@').to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, Value::from(cut(value)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, Value::from(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, Value::from(cut(&format!("{value:?}"))));
    }
}

pub(super) struct Line {
    pub(super) level: Level,
    pub(super) module: &'static str,
    pub(super) fields: Fields,
}

impl Line {
    /// The line, with its end.
    pub(super) fn to_json(&self, now: OffsetDateTime) -> String {
        let mut fields = self.fields.0.clone();
        let message = match fields.remove("message") {
            Some(Value::String(message)) => message,
            _ => String::new(),
        };
        let mut own = Map::new();
        own.insert("@level".to_owned(), super::level_name(self.level).into());
        own.insert("@message".to_owned(), message.into());
        own.insert("@module".to_owned(), self.module.into());
        own.insert(
            "@timestamp".to_owned(),
            now.format(TIMESTAMP).unwrap_or_default().into(),
        );
        let mut all = own.clone();
        all.extend(fields);
        let mut line = Value::Object(all).to_string();
        if line.len() >= MAX_LINE {
            line = Value::Object(own).to_string();
        }
        line.push('\n');
        line
    }
}

fn cut(text: &str) -> &str {
    match text.char_indices().map(|(at, _)| at).find(|at| *at >= MAX_TEXT) {
        Some(end) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(fields: &[(&str, Value)]) -> String {
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        let line = Line {
            level: Level::WARN,
            module: "provider",
            fields: Fields(fields),
        };
        line.to_json(OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap())
    }

    #[test]
    fn a_line_is_what_terraform_reads() {
        let line = line(&[("message", "hello\n\"you\"".into()), ("count", 3.into())]);
        assert_eq!(
            line,
            "{\"@level\":\"warn\",\"@message\":\"hello\\n\\\"you\\\"\",\"@module\":\"provider\",\
             \"@timestamp\":\"2023-11-14T22:13:20.000000Z\",\"count\":3}\n"
        );
    }

    #[test]
    fn a_message_that_is_no_text_cannot_harm() {
        assert!(line(&[("message", 3.into())]).contains("\"@message\":\"\""));
    }

    #[test]
    fn a_line_never_exceeds_the_limit() {
        let nasty = "\u{1}".repeat(MAX_TEXT);
        let fields: Vec<_> = ["a", "b", "message"]
            .iter()
            .map(|name| (*name, Value::from(nasty.clone())))
            .collect();
        let line = line(&fields);
        assert!(line.len() <= MAX_LINE + 1, "{}", line.len());
        assert!(serde_json::from_str::<Value>(&line).is_ok());
    }

    #[test]
    fn text_is_cut_between_characters() {
        let text = "é".repeat(MAX_TEXT);
        assert_eq!(cut(&text).len(), MAX_TEXT);
        assert_eq!(cut("short"), "short");
    }
}
