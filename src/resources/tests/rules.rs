//! Terraform core's rules for values: the proposed state, ignore_changes, and what a plan and an apply may answer.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType};

use super::wire::{catalog, is_unknown};
use crate::session::Session;

/// An attribute, as far as core's rules look at it.
pub(super) struct Rule {
    computed: bool,
    nested: Option<Rules>,
}

/// The attributes of an object.
pub(super) type Rules = BTreeMap<String, Rule>;

static RULES: LazyLock<BTreeMap<String, Rules>> = LazyLock::new(|| {
    let schemas = catalog(&Session::default()).schemas().unwrap();
    let resources = schemas.resources.into_iter();
    resources
        .map(|(name, schema)| (name, rules_of(schema.block.attributes)))
        .collect()
});

fn rules_of(attributes: impl IntoIterator<Item = (String, Attribute)>) -> Rules {
    let rule = |attribute: Attribute| Rule {
        computed: matches!(
            attribute.constraint,
            AttributeConstraint::Computed | AttributeConstraint::OptionalComputed
        ),
        nested: match attribute.attr_type {
            AttributeType::AttributeSingle(nested) => Some(rules_of(nested)),
            _ => None,
        },
    };
    attributes
        .into_iter()
        .map(|(name, attribute)| (name, rule(attribute)))
        .collect()
}

/// The rules of a resource type.
pub(super) fn of(type_name: &str) -> &'static Rules {
    &RULES[type_name]
}

/// An object of a resource type with these arguments.
pub(super) fn complete(rules: &Rules, given: &Value) -> Value {
    let attribute = |(name, rule): (&String, &Rule)| {
        let value = match (&given[name], &rule.nested) {
            (nested @ Value::Object(_), Some(rules)) => complete(rules, nested),
            (value, _) => value.clone(),
        };
        (name.clone(), value)
    };
    Value::Object(rules.iter().map(attribute).collect())
}

/// The configured values, and the prior ones where a computed attribute is left out.
pub(super) fn proposed(rules: &Rules, prior: &Value, config: &Value) -> Value {
    let mut proposed = Map::new();
    for (name, rule) in rules {
        let value = match (&config[name], &rule.nested) {
            (Value::Null, _) if rule.computed => prior[name].clone(),
            (config @ Value::Object(_), Some(nested)) => self::proposed(nested, &prior[name], config),
            (config, _) => config.clone(),
        };
        proposed.insert(name.clone(), value);
    }
    Value::Object(proposed)
}

/// The configuration with the prior values at ignored paths; `all` takes the whole prior state.
pub(super) fn ignored(prior: &Value, config: &Value, ignore: &[&str]) -> Value {
    if ignore.contains(&"all") {
        return prior.clone();
    }
    let mut merged = config.clone();
    for path in ignore {
        let pointer = format!("/{}", path.replace('.', "/"));
        if let (Some(before), Some(place)) = (prior.pointer(&pointer), merged.pointer_mut(&pointer)) {
            place.clone_from(before);
        }
    }
    merged
}

/// Checks that a plan has what is configured, and null where nothing may be computed.
pub(super) fn check_plan(rules: &Rules, prior: &Value, config: &Value, planned: &Value) {
    for (name, rule) in rules {
        let [prior, config, planned] = [prior, config, planned].map(|object| &object[name]);
        if planned == config || (planned == prior && !prior.is_null() && !config.is_null()) {
            continue;
        }
        match (config, &rule.nested) {
            (Value::Null, _) => assert!(rule.computed, "{name} is planned as {planned}, and not configured"),
            (_, Some(nested)) if planned.is_object() => check_plan(nested, prior, config, planned),
            _ => panic!("{name} is planned as {planned}, and configured as {config}"),
        }
    }
}

/// Checks that what an earlier answer knew comes back in a later one.
pub(super) fn check_kept(name: &str, before: &Value, after: &Value) {
    match (before, after) {
        (unknown, _) if is_unknown(unknown) => {}
        (Value::Object(before), Value::Object(after)) => {
            for (attribute, value) in before {
                check_kept(&format!("{name}.{attribute}"), value, &after[attribute]);
            }
        }
        _ => assert_eq!(before, after, "{name} was planned otherwise"),
    }
}

/// Checks that a new state has no unknown value.
pub(super) fn check_known(value: &Value) {
    match value {
        Value::Object(fields) => fields.values().for_each(check_known),
        Value::Array(values) => values.iter().for_each(check_known),
        value => assert!(!is_unknown(value), "a new state has unknown values"),
    }
}
