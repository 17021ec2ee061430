//! The part of `$filter` that look-ups by name need: `eq`, `in`, `startswith`, `and`, `or`.

use serde_json::Value;

use super::odata::unsupported;
use super::{GraphError, Result};

/// Conditions, `or` between the groups and `and` within them, as OData binds them.
#[derive(Debug, PartialEq)]
pub(super) struct Filter(Vec<Vec<Condition>>);

#[derive(Debug, PartialEq)]
struct Condition {
    property: String,
    test: Test,
}

#[derive(Debug, PartialEq)]
enum Test {
    OneOf(Vec<Value>),
    StartsWith(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
}

impl Filter {
    /// Reads a filter over the properties of a type.
    pub(super) fn parse(text: &str, kind: &str) -> Result<Self> {
        let invalid = || GraphError::bad_request(format!("Invalid filter clause: Syntax error in '{text}'."));
        let tokens = tokens(text).ok_or_else(invalid)?;
        let mut rest = tokens.as_slice();
        let mut groups = vec![Vec::new()];
        loop {
            let (condition, after) = condition(rest).ok_or_else(invalid)?;
            check(&condition, kind)?;
            if let Some(group) = groups.last_mut() {
                group.push(condition);
            }
            rest = match after {
                [] => return Ok(Self(groups)),
                [Token::Word(word), after @ ..] if word == "and" => after,
                [Token::Word(word), after @ ..] if word == "or" => {
                    groups.push(Vec::new());
                    after
                }
                _ => return Err(invalid()),
            };
        }
    }

    pub(super) fn matches(&self, item: &Value) -> bool {
        self.0
            .iter()
            .any(|group| group.iter().all(|condition| condition.matches(item)))
    }
}

impl Condition {
    fn matches(&self, item: &Value) -> bool {
        let value = &item[&self.property];
        match &self.test {
            Test::OneOf(wanted) => wanted.iter().any(|wanted| same(value, wanted)),
            Test::StartsWith(start) => value
                .as_str()
                .is_some_and(|text| text.to_lowercase().starts_with(&start.to_lowercase())),
        }
    }
}

/// Strings are compared without case, as the directory does.
fn same(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::String(value), Value::String(wanted)) => value.to_lowercase() == wanted.to_lowercase(),
        _ => value == wanted,
    }
}

/// Properties that can be filtered by without an advanced query.
fn check(condition: &Condition, kind: &str) -> Result<()> {
    let allowed: &[&str] = match kind {
        "user" => &[
            "id",
            "userPrincipalName",
            "displayName",
            "mail",
            "accountEnabled",
            "userType",
        ],
        "group" => &["id", "displayName", "securityEnabled", "mailEnabled"],
        _ => &[],
    };
    if allowed.contains(&condition.property.as_str()) {
        return Ok(());
    }
    Err(unsupported(&format!(
        "Unsupported or invalid query filter clause specified for property '{}' of resource '{kind}'.",
        condition.property
    )))
}

fn condition(tokens: &[Token]) -> Option<(Condition, &[Token])> {
    match tokens {
        [
            Token::Word(function),
            Token::Open,
            Token::Word(property),
            Token::Comma,
            Token::Text(start),
            Token::Close,
            rest @ ..,
        ] if function == "startswith" => {
            let test = Test::StartsWith(start.clone());
            Some((
                Condition {
                    property: property.clone(),
                    test,
                },
                rest,
            ))
        }
        [Token::Word(property), Token::Word(operator), value, rest @ ..] if operator == "eq" => {
            let test = Test::OneOf(vec![literal(value)?]);
            Some((
                Condition {
                    property: property.clone(),
                    test,
                },
                rest,
            ))
        }
        [Token::Word(property), Token::Word(operator), Token::Open, rest @ ..] if operator == "in" => {
            let end = rest.iter().position(|token| *token == Token::Close)?;
            let (list, rest) = rest.split_at_checked(end)?;
            let values: Option<Vec<Value>> = list
                .chunks(2)
                .map(|pair| match pair {
                    [value] | [value, Token::Comma] => literal(value),
                    _ => None,
                })
                .collect();
            let test = Test::OneOf(values.filter(|values| !values.is_empty())?);
            Some((
                Condition {
                    property: property.clone(),
                    test,
                },
                &rest[1..],
            ))
        }
        _ => None,
    }
}

fn literal(token: &Token) -> Option<Value> {
    match token {
        Token::Text(text) => Some(Value::from(text.as_str())),
        Token::Word(word) => match word.as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            _ => None,
        },
        _ => None,
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            ' ' => &rest[1..],
            '(' | ')' | ',' => {
                tokens.push(match first {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    _ => Token::Comma,
                });
                &rest[1..]
            }
            '\'' => {
                let (text, after) = quoted(&rest[1..])?;
                tokens.push(Token::Text(text));
                after
            }
            _ => {
                let end = rest.find([' ', '(', ')', ',', '\'']).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                tokens.push(Token::Word(word.to_owned()));
                after
            }
        };
    }
    Some(tokens)
}

/// A quoted text up to its end, in which a quote is written twice.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut content = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('\'')?;
        content.push_str(before);
        match after.strip_prefix('\'') {
            Some(after) => {
                content.push('\'');
                rest = after;
            }
            None => return Some((content, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(filter: &str, item: &Value) -> bool {
        Filter::parse(filter, "group").unwrap().matches(item)
    }

    #[test]
    fn finds_by_name() {
        let item = json!({"displayName": "Ada's, (team)", "id": "1", "securityEnabled": true});
        assert!(matches("displayName eq 'Ada''s, (team)'", &item));
        assert!(matches("displayName eq 'ADA''S, (TEAM)'", &item));
        assert!(!matches("displayName eq 'Ada'", &item));
        assert!(matches("displayName eq 'x' or id eq '1'", &item));
        assert!(!matches(
            "displayName eq 'x' or id eq '1' and securityEnabled eq false",
            &item
        ));
        assert!(matches("id eq '1' and securityEnabled eq true", &item));
        assert!(matches("id in ('0', '1')", &item));
        assert!(matches("id in ('1')", &item));
        assert!(!matches("id in ('2','3')", &item));
        assert!(matches("startswith(displayName, 'ada')", &item));
    }

    #[test]
    fn refuses_what_it_cannot_read_and_what_graph_cannot_filter() {
        for filter in [
            "",
            "displayName",
            "displayName eq",
            "displayName eq 'Ada's'",
            "displayName eq Ada",
            "id in ()",
            "id in ('1' '2')",
            "displayName eq 'a' 'b'",
            "displayName eq 'a' or",
            "displayName eq 'open",
            "id in ('1'",
        ] {
            assert_eq!(
                Filter::parse(filter, "group").unwrap_err().code,
                "BadRequest",
                "{filter}"
            );
        }
        for filter in ["membershipRule eq 'x'", "userPrincipalName eq 'x'"] {
            assert_eq!(
                Filter::parse(filter, "group").unwrap_err().code,
                "Request_UnsupportedQuery",
                "{filter}"
            );
        }
    }
}
