//! Terraform's `number` as an attribute value.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// A number as Terraform has it: whole or with a fraction.
///
/// tf-provider's own `ValueNumber` holds whole numbers only, so that `1.5` would be refused while decoding, where
/// nothing can be said of the attribute's rule. This one takes every number and leaves the rule to validation.
#[derive(Copy, Clone, PartialEq, PartialOrd, Debug, Deserialize)]
#[serde(try_from = "Spelled")]
pub struct Number(pub f64);

impl Number {
    /// The largest magnitude at which every whole number still has a value of its own in an `f64`: 2^53.
    const EXACT: f64 = 9_007_199_254_740_992.0;

    /// The number as a whole one; none when it has a fraction or is too large to be exact.
    pub fn whole(self) -> Option<i64> {
        let whole = self.0.fract() == 0.0 && self.0.abs() <= Self::EXACT;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole and within 2^53: every such value is an i64"
        )]
        whole.then_some(self.0 as i64)
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self(f64::from(value))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.whole() {
            Some(whole) => serializer.serialize_i64(whole),
            None => serializer.serialize_f64(self.0),
        }
    }
}

/// The spellings of a number on the wire.
#[derive(Deserialize)]
#[serde(untagged)]
enum Spelled {
    Number(f64),
    Text(String),
}

impl TryFrom<Spelled> for Number {
    type Error = std::num::ParseFloatError;

    fn try_from(spelled: Spelled) -> Result<Self, Self::Error> {
        match spelled {
            Spelled::Number(number) => Ok(Self(number)),
            Spelled::Text(text) => text.parse().map(Self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_told_from_the_rest() {
        let table = [
            (20.0, Some(20)),
            (-1.0, Some(-1)),
            (0.0, Some(0)),
            (1.5, None),
            (1e300, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ];
        for (number, whole) in table {
            assert_eq!(Number(number).whole(), whole, "{number}");
        }
    }

    #[test]
    fn every_spelling_on_the_wire_is_read() {
        for bytes in [
            rmp_serde::to_vec(&20_i64).unwrap(),
            rmp_serde::to_vec(&20_u64).unwrap(),
            rmp_serde::to_vec(&20.0_f64).unwrap(),
            rmp_serde::to_vec("20").unwrap(),
        ] {
            assert_eq!(rmp_serde::from_slice::<Number>(&bytes).unwrap(), Number(20.0));
        }
        assert!(rmp_serde::from_slice::<Number>(&rmp_serde::to_vec("twenty").unwrap()).is_err());
    }

    #[test]
    fn whole_numbers_are_written_as_integers() {
        assert_eq!(rmp_serde::to_vec(&Number(20.0)).unwrap(), [20]);
        assert_eq!(rmp_serde::to_vec(&Number(1.5)).unwrap()[0], 0xcb);
    }
}
