//! Terraform's numbers: integers, floats and decimal strings are one type.
//!
//! Terraform computes with 512 bits. It sends what fits an integer as one,
//! what a 64-bit float holds exactly as that, and the rest as decimal text.

use rmpv::Value as Tree;

/// The spelling of a number that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Integer or float, which is what typed states are read from.
    Typed,
    /// Decimal text, as exact as it came. Terraform's own 0.1 is not the 0.1
    /// of a 64-bit float, and text says the number that was meant. And it
    /// takes an integer for one of 64 bits, where what it reads from a state
    /// or from text has 512: equal, but not the same to
    /// `terraform plan -refresh-only -detailed-exitcode` (1.11.4), which then
    /// reports a change of every resource with a number.
    Wire,
}

/// Why a value is no number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NumberError {
    OtherKind,
    Malformed,
    OutOfRange,
}

/// The canonical spelling of a number that came in any of the three.
pub(crate) fn canonical(number: Tree, style: Style) -> Result<Tree, NumberError> {
    match number {
        Tree::Integer(whole) => Ok(integer(whole, style)),
        Tree::F64(value) => float(value, value.to_string(), style),
        Tree::F32(value) => float(f64::from(value), value.to_string(), style),
        Tree::String(text) => decimal(text.as_str().ok_or(NumberError::Malformed)?, style),
        _ => Err(NumberError::OtherKind),
    }
}

fn float(value: f64, text: String, style: Style) -> Result<Tree, NumberError> {
    if !value.is_finite() {
        return Err(NumberError::OutOfRange);
    }
    match (whole(value), style) {
        (Some(whole), _) => Ok(integer(whole, style)),
        (None, Style::Typed) => Ok(Tree::F64(value)),
        (None, Style::Wire) => Ok(Tree::from(text)),
    }
}

fn integer(whole: impl Into<rmpv::Integer> + ToString, style: Style) -> Tree {
    match style {
        Style::Typed => Tree::Integer(whole.into()),
        Style::Wire => Tree::from(whole.to_string()),
    }
}

/// The integer that a float is exactly, where that is certain.
fn whole(value: f64) -> Option<i64> {
    /// Up to here every whole float is one integer and the other way round.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "the value is whole and below 2^53")]
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

fn decimal(text: &str, style: Style) -> Result<Tree, NumberError> {
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(integer(whole, style));
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Ok(integer(whole, style));
    }
    // Rust also reads "inf" and "nan", which are no decimals.
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let value: f64 = match text.parse() {
        Ok(value) if digits && plain => value,
        _ => return Err(NumberError::Malformed),
    };
    match style {
        Style::Wire => Ok(Tree::from(text)),
        Style::Typed => float(value, String::new(), style),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_has_one_canonical_form() {
        let typed = |number: Tree| canonical(number, Style::Typed).unwrap();
        let wire = |number: Tree| canonical(number, Style::Wire).unwrap();
        for spelling in [Tree::from(20), Tree::F64(20.0), Tree::F32(20.0), Tree::from("20")] {
            assert_eq!(typed(spelling.clone()), Tree::from(20));
            assert_eq!(wire(spelling), Tree::from("20"));
        }
        for spelling in [Tree::F64(0.1), Tree::from("0.1"), Tree::from("1e-1")] {
            assert_eq!(typed(spelling), Tree::F64(0.1));
        }
        assert_eq!(wire(Tree::F64(0.1)), Tree::from("0.1"));
        assert_eq!(wire(Tree::F32(0.1)), Tree::from("0.1"));
        assert_eq!(typed(Tree::from("2e1")), Tree::from(20));
        assert_eq!(
            wire(Tree::from("-0.30000000000000000001")),
            Tree::from("-0.30000000000000000001")
        );
        assert_eq!(typed(Tree::from(u64::MAX.to_string())), Tree::from(u64::MAX));
        assert_eq!(wire(Tree::from(u64::MAX)), Tree::from(u64::MAX.to_string()));
    }

    #[test]
    fn what_is_no_number() {
        for text in [
            "",
            "-",
            ".",
            "e",
            "inf",
            "-Infinity",
            "nan",
            "0x10",
            "1_000",
            "12 ",
            "twenty",
        ] {
            assert_eq!(
                canonical(Tree::from(text), Style::Wire),
                Err(NumberError::Malformed),
                "{text:?}"
            );
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(canonical(Tree::F64(value), Style::Wire), Err(NumberError::OutOfRange));
        }
        assert_eq!(
            canonical(Tree::from("1e999"), Style::Typed),
            Err(NumberError::OutOfRange)
        );
        assert_eq!(canonical(Tree::from("1e999"), Style::Wire), Ok(Tree::from("1e999")));
        assert_eq!(canonical(Tree::Nil, Style::Wire), Err(NumberError::OtherKind));
        assert_eq!(
            canonical(Tree::Boolean(true), Style::Typed),
            Err(NumberError::OtherKind)
        );
    }

    proptest! {
        #[test]
        fn floats_come_back_from_the_wire(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            let wire = canonical(Tree::F64(value), Style::Wire).unwrap();
            let typed = canonical(wire, Style::Typed).unwrap();
            let back = typed.as_f64().unwrap();
            prop_assert_eq!(back, value);
        }

        #[test]
        fn integers_are_text_on_the_wire(value in any::<i64>()) {
            prop_assert_eq!(canonical(Tree::from(value), Style::Wire), Ok(Tree::from(value.to_string())));
            prop_assert_eq!(canonical(Tree::from(value.to_string()), Style::Typed), Ok(Tree::from(value)));
        }
    }
}
