use serde_json::json;
use tf_provider::map;
use tf_provider::schema::AttributeConstraint::{self, Computed, Optional, OptionalComputed, Required};
use tf_provider::schema::{Attribute, AttributeType as Of, Block, NestedBlock};

use super::*;

/// Every nesting, with every constraint in it.
fn shape() -> Shape {
    let attribute = |attr_type, constraint: AttributeConstraint| Attribute {
        attr_type,
        constraint,
        ..Attribute::default()
    };
    let strings = || Box::new(Of::String);
    let scope = || map! { "scope" => attribute(Of::String, Required), "seen" => attribute(Of::Bool, Computed) };
    let nested = map! {
        "scope" => attribute(Of::String, Required),
        "users" => attribute(Of::Set(strings()), OptionalComputed),
        "inner" => attribute(Of::AttributeSingle(scope()), Optional)
    };
    let block = Block {
        attributes: scope(),
        ..Block::default()
    };
    Shape::of_block(&Block {
        attributes: map! {
            "id" => attribute(Of::String, Computed),
            "name" => attribute(Of::String, Required),
            "size" => attribute(Of::Number, OptionalComputed),
            "list" => attribute(Of::List(strings()), Optional),
            "set" => attribute(Of::Set(strings()), Optional),
            "map" => attribute(Of::Map(strings()), Optional),
            "nested" => attribute(Of::AttributeSingle(nested), OptionalComputed),
            "nested_list" => attribute(Of::AttributeList(scope()), Optional),
            "nested_set" => attribute(Of::AttributeSet(scope()), Optional),
            "nested_map" => attribute(Of::AttributeMap(scope()), Optional),
            "found" => attribute(Of::AttributeMap(scope()), Computed)
        },
        blocks: map! { "blocks" => NestedBlock::List(block) },
        ..Block::default()
    })
}

/// JSON as a configuration, where the text "unknown" stands for an unknown.
fn config(json: &serde_json::Value) -> DynamicValue {
    fn tree(json: &serde_json::Value) -> Tree {
        match json {
            serde_json::Value::String(text) if text == "unknown" => conform::unknown(),
            serde_json::Value::Array(elements) => Tree::Array(elements.iter().map(tree).collect()),
            serde_json::Value::Object(fields) => Tree::Map(
                fields
                    .iter()
                    .map(|(name, field)| (name.as_str().into(), tree(field)))
                    .collect(),
            ),
            json => tree::from_json(json.to_string().as_bytes()).unwrap(),
        }
    }
    dynamic(&tree(json))
}

/// Path, summary and the first line of the detail of each error.
fn refused(json: &serde_json::Value) -> Vec<(String, String, String)> {
    let mut diags = Diagnostics::default();
    let valid = Conformed::validated(Some(&config(json)), &shape(), &mut diags).is_some();
    assert_eq!(valid, diags.errors.is_empty(), "{json}");
    let parts = |error: Diagnostic| {
        let detail = error.detail.lines().next().unwrap_or_default().to_owned();
        (error.attribute.to_string(), error.summary.into_owned(), detail)
    };
    diags.errors.into_iter().map(parts).collect()
}

#[test]
fn configurations_are_checked_by_their_schema() {
    let required =
        |at: &str| format!("There is no value at {at} in the configuration: null counts as none. Give it one.");
    let read_only =
        |at: &str| format!("There is a value at {at} in the configuration, but only the provider sets it. Remove it.");
    let null = |at: &str| format!("There is null at {at} in the configuration. Remove it or put a value in its place.");
    let table = [
        (json!({"name": null}), "name is required", required("name")),
        (json!({"id": "x"}), "id is read-only", read_only("id")),
        (json!({"id": "unknown"}), "id is read-only", read_only("id")),
        (json!({"found": {}}), "found is read-only", read_only("found")),
        (json!({"found": {"a": null}}), "found is read-only", read_only("found")),
        (
            json!({"nested": {}}),
            "nested.scope is required",
            required("nested.scope"),
        ),
        (
            json!({"nested": {"scope": "all", "inner": {"scope": null}}}),
            "nested.inner.scope is required",
            required("nested.inner.scope"),
        ),
        (
            json!({"nested": {"scope": "all", "inner": {"scope": "all", "seen": "unknown"}}}),
            "nested.inner.seen is read-only",
            read_only("nested.inner.seen"),
        ),
        (
            json!({"nested": {"scope": "selected", "users": ["a", null]}}),
            "nested.users has null elements",
            null("nested.users[*]"),
        ),
        (
            json!({"nested_list": [{"scope": "a"}, {"scope": null}, {}]}),
            "nested_list.scope is required",
            required("nested_list[1].scope, nested_list[2].scope"),
        ),
        (
            json!({"nested_set": [{"scope": "a"}, {"scope": null}, {}]}),
            "nested_set.scope is required",
            required("nested_set[*].scope"),
        ),
        (
            json!({"nested_map": {"k": {"scope": null}}}),
            "nested_map.scope is required",
            required("nested_map[\"k\"].scope"),
        ),
        (
            json!({"blocks": [{"scope": "a", "seen": true}]}),
            "blocks.seen is read-only",
            read_only("blocks[0].seen"),
        ),
        (json!({"list": ["a", null]}), "list has null elements", null("list[1]")),
        (
            json!({"list": [null, null, null, null, null, null, null]}),
            "list has null elements",
            null("list[0], list[1], list[2], list[3], list[4] and 2 more"),
        ),
        (json!({"set": [null, "a"]}), "set has null elements", null("set[*]")),
        (json!({"map": {"k": null}}), "map has null elements", null("map[\"k\"]")),
        (
            json!({"nested_list": [null]}),
            "nested_list has null elements",
            null("nested_list[0]"),
        ),
        (
            json!({"list": [1, "a", 2]}),
            "Value does not fit the schema",
            "Expected a string at list[0], list[2] in the configuration, found a number.".to_owned(),
        ),
    ];
    for (mut json, summary, detail) in table {
        let (top, _) = json.as_object().unwrap().iter().next().unwrap();
        let expected = (top.clone(), summary.to_owned(), detail);
        if top != "name" {
            json["name"] = json!("a");
        }
        assert_eq!(refused(&json), [expected], "{json}");
    }
}

#[test]
fn valid_and_unknown_configurations_pass() {
    let full = json!({
        "name": "a", "size": 1, "list": [""], "set": [], "map": {"k": "v"},
        "nested": {"scope": "all", "users": null, "inner": {"scope": "b"}},
        "nested_list": [{"scope": "a"}], "nested_set": [{"scope": "a"}], "nested_map": {}, "blocks": [{"scope": "a"}],
    });
    let mut unknown = full.clone();
    for name in [
        "name",
        "size",
        "list",
        "set",
        "map",
        "nested",
        "nested_list",
        "nested_set",
        "nested_map",
        "blocks",
    ] {
        unknown[name] = json!("unknown");
    }
    let mut inside = full.clone();
    inside["list"] = json!(["unknown"]);
    inside["nested"] = json!({"scope": "unknown", "users": ["unknown"], "inner": "unknown"});
    inside["nested_set"] = json!(["unknown"]);
    for json in [json!({"name": "a"}), full, unknown, inside] {
        assert_eq!(refused(&json), []);
    }
}

#[test]
fn faults_of_several_kinds_are_told_at_once() {
    let json = json!({"name": null, "id": "x", "size": true, "nested": {"scope": null, "users": [null]}});
    let summaries: Vec<_> = refused(&json).into_iter().map(|(_, summary, _)| summary).collect();
    let expected = [
        "id is read-only",
        "name is required",
        "nested.scope is required",
        "nested.users has null elements",
        "Value does not fit the schema",
    ];
    assert_eq!(summaries, expected);
}

/// Terraform's `ignore_changes` puts prior values, read-only ones included, into the configuration of a plan.
#[test]
fn only_a_validation_is_strict() {
    let json = json!({"name": null, "id": "x", "nested": {"scope": null}, "list": [null]});
    let mut diags = Diagnostics::default();
    assert!(Conformed::read(Some(&config(&json)), &shape(), Origin::CONFIG, &mut diags).is_some());
    assert_eq!(diags, Diagnostics::default());
}
