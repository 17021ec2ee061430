//! The `timeouts` attribute: how long each operation of a resource may take.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType};
use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};
use thiserror::Error;

use crate::plugin::Report;
use crate::settings::schema::attribute;

/// `{ create, read, update, delete }`, each a duration such as `"90s"` or `"1h30m"`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Timeouts {
    /// For create.
    pub create: Value<String>,
    /// For read, and for what a plan reads.
    pub read: Value<String>,
    /// For update.
    pub update: Value<String>,
    /// For delete.
    pub delete: Value<String>,
}

/// Whether all of it is known.
pub fn is_known(timeouts: &Value<Timeouts>) -> bool {
    match timeouts {
        Value::Null => true,
        Value::Unknown => false,
        Value::Value(timeouts) => {
            let all = [&timeouts.create, &timeouts.read, &timeouts.update, &timeouts.delete];
            !all.into_iter().any(Value::is_unknown)
        }
    }
}

/// The operations that have a timeout.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Create.
    Create,
    /// Read.
    Read,
    /// Update.
    Update,
    /// Delete.
    Delete,
}

impl Operation {
    const ALL: [Self; 4] = [Self::Create, Self::Read, Self::Update, Self::Delete];

    const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// What is done, in a sentence.
    const fn in_words(self) -> &'static str {
        match self {
            Self::Create => "creating the resource",
            Self::Read => "reading the resource for a refresh or a plan",
            Self::Update => "updating the resource",
            Self::Delete => "destroying the resource",
        }
    }

    const fn default_minutes(self) -> u64 {
        match self {
            Self::Read => 2,
            _ => 5,
        }
    }

    fn value(self, timeouts: &Timeouts) -> &Value<String> {
        match self {
            Self::Create => &timeouts.create,
            Self::Read => &timeouts.read,
            Self::Update => &timeouts.update,
            Self::Delete => &timeouts.delete,
        }
    }
}

/// How long an operation may take: its configured timeout or the default.
pub fn allowed(timeouts: &Value<Timeouts>, operation: Operation) -> Duration {
    let configured = match timeouts {
        Value::Value(timeouts) => operation
            .value(timeouts)
            .as_ref()
            .as_option()
            .and_then(|text| parse(text).ok()),
        _ => None,
    };
    configured.unwrap_or(Duration::from_secs(60 * operation.default_minutes()))
}

/// Refuses durations that cannot be read.
pub fn validate(diags: &mut Diagnostics, timeouts: &Value<Timeouts>) {
    let Value::Value(timeouts) = timeouts else { return };
    for operation in Operation::ALL {
        if let Value::Value(text) = operation.value(timeouts)
            && let Err(error) = parse(text)
        {
            diags.error_at(
                AttributePath::new("timeouts").attribute(operation.name()),
                "Invalid timeout",
                format!(
                    "timeouts.{} is {text:?}, which is not a valid duration ({error}). Use a number with a unit, such as \
                     \"90s\", \"5m\" or \"1h30m\".",
                    operation.name()
                ),
            );
        }
    }
}

/// The schema of the attribute.
pub fn schema() -> Attribute {
    let operations: HashMap<_, _> = Operation::ALL
        .into_iter()
        .map(|operation| {
            let description = format!(
                "How long {} may take, including retries, such as `\"90s\"` or `\"5m\"`. Default: `\"{}m\"`.",
                operation.in_words(),
                operation.default_minutes()
            );
            let attribute = attribute(AttributeType::String, AttributeConstraint::Optional, &description);
            (operation.name().to_owned(), attribute)
        })
        .collect();
    attribute(
        AttributeType::AttributeSingle(operations),
        AttributeConstraint::Optional,
        "How long an operation may take before it fails. Each timeout applies to the whole operation, including retries and the time \
         that Microsoft Graph asks to wait.",
    )
}

/// Why a text is no duration.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Error)]
pub enum InvalidDuration {
    /// No digits where a number must be.
    #[error("missing number")]
    Number,
    /// No unit after a number.
    #[error("missing unit")]
    Unit,
    /// A unit that is not known.
    #[error("unknown unit: use h, m, s, ms, us or ns")]
    UnknownUnit,
    /// Zero, or more than can be waited for.
    #[error("it must be more than zero and at most 24 hours")]
    Range,
}

/// Reads a duration in Go's spelling (<https://pkg.go.dev/time#ParseDuration>), which Terraform's timeouts use.
///
/// # Errors
/// What is missing or out of range; signs are not accepted, for nothing can take less than no time.
pub fn parse(text: &str) -> Result<Duration, InvalidDuration> {
    let mut rest = text.trim();
    let mut seconds = 0.0_f64;
    loop {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let number: f64 = number.parse().map_err(|_| InvalidDuration::Number)?;
        let unit = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        if unit.is_empty() {
            return Err(InvalidDuration::Unit);
        }
        seconds += number * unit_seconds(unit).ok_or(InvalidDuration::UnknownUnit)?;
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| InvalidDuration::Range)?;
    let allowed = Duration::from_nanos(1)..=Duration::from_secs(24 * 60 * 60);
    allowed
        .contains(&duration)
        .then_some(duration)
        .ok_or(InvalidDuration::Range)
}

fn unit_seconds(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" | "µs" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let table = [
            ("90s", Ok(90_000)),
            ("5m", Ok(300_000)),
            ("1h30m", Ok(5_400_000)),
            ("1.5h", Ok(5_400_000)),
            ("250ms", Ok(250)),
            ("24h", Ok(86_400_000)),
            ("", Err(InvalidDuration::Number)),
            ("m", Err(InvalidDuration::Number)),
            ("-5m", Err(InvalidDuration::Number)),
            ("1.2.3s", Err(InvalidDuration::Number)),
            ("5", Err(InvalidDuration::Unit)),
            ("1h5", Err(InvalidDuration::Unit)),
            ("5 m", Err(InvalidDuration::UnknownUnit)),
            ("5d", Err(InvalidDuration::UnknownUnit)),
            ("0s", Err(InvalidDuration::Range)),
            ("25h", Err(InvalidDuration::Range)),
            ("99999999999999999999999999h", Err(InvalidDuration::Range)),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected.map(Duration::from_millis), "{text:?}");
        }
    }

    #[test]
    fn an_invalid_timeout_is_refused_where_it_stands() {
        let mut diags = Diagnostics::default();
        let timeouts = Timeouts {
            update: Value::Value("soon".into()),
            create: Value::Unknown,
            ..Timeouts::default()
        };
        validate(&mut diags, &Value::Value(timeouts));
        assert_eq!(diags.errors.len(), 1);
        assert_eq!(
            diags.errors[0].attribute,
            AttributePath::new("timeouts").attribute("update")
        );
        assert_eq!(
            diags.errors[0].detail,
            "timeouts.update is \"soon\", which is not a valid duration (missing number). Use a number with a unit, such as \
             \"90s\", \"5m\" or \"1h30m\"."
        );
    }
}
