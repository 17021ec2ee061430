//! Requests about the fixture's resource.

use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;

pub(crate) const THING: &str = "fixture_thing";

const ATTRIBUTES: [&str; 11] = [
    "anything", "choices", "enabled", "id", "labels", "members", "name", "nested", "ratio", "size", "tags",
];

/// A value of the resource's type: all null but what is given.
pub(crate) fn thing(given: &[(&str, Tree)]) -> Tree {
    let given = |name: &str| {
        given
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.clone())
    };
    let mut fields: Vec<_> = ATTRIBUTES
        .iter()
        .map(|name| (Tree::from(*name), given(name).unwrap_or(Tree::Nil)))
        .collect();
    fields.push((Tree::from("timeouts"), given("timeouts").unwrap_or(Tree::Array(vec![]))));
    Tree::Map(fields)
}

/// A value as the plugin answers it: with every number as decimal text.
pub(crate) fn answered(tree: &Tree) -> Tree {
    match tree {
        Tree::Integer(whole) => Tree::from(whole.to_string()),
        Tree::Array(elements) => Tree::Array(elements.iter().map(answered).collect()),
        Tree::Map(fields) => Tree::Map(
            fields
                .iter()
                .map(|(key, value)| (key.clone(), answered(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// An object with some attributes changed.
pub(crate) fn with(tree: &Tree, changes: &[(&str, Tree)]) -> Tree {
    let mut fields = tree.as_map().unwrap().to_vec();
    for (name, value) in changes {
        let at = fields.iter().position(|(key, _)| key.as_str() == Some(name)).unwrap();
        fields[at].1 = value.clone();
    }
    Tree::Map(fields)
}

pub(crate) fn named(name: &str) -> Tree {
    thing(&[("name", Tree::from(name)), ("id", Tree::from("1"))])
}

pub(crate) fn dynamic(tree: &Tree) -> Option<tf::DynamicValue> {
    let mut msgpack = Vec::new();
    rmpv::encode::write_value(&mut msgpack, tree).unwrap();
    Some(tf::DynamicValue { msgpack, json: vec![] })
}

/// What came back. It is always msgpack.
pub(crate) fn tree(value: Option<&tf::DynamicValue>) -> Tree {
    let value = value.expect("there should be a value");
    assert!(value.json.is_empty());
    let mut rest = value.msgpack.as_slice();
    let tree = rmpv::decode::read_value(&mut rest).unwrap();
    assert!(rest.is_empty());
    tree
}

/// An attribute of an object.
pub(crate) fn field<'t>(tree: &'t Tree, name: &str) -> &'t Tree {
    let entries = tree.as_map().expect("it should be an object");
    let entry = entries.iter().find(|(key, _)| key.as_str() == Some(name));
    &entry.unwrap_or_else(|| panic!("{name} should be there")).1
}

/// The application of a creation that was planned.
pub(crate) fn create(name: &str) -> tf::apply_resource_change::Request {
    let unknown = Tree::Ext(0, vec![0]);
    let planned = thing(&[("name", Tree::from(name)), ("id", unknown.clone()), ("size", unknown)]);
    tf::apply_resource_change::Request {
        type_name: THING.to_owned(),
        prior_state: dynamic(&Tree::Nil),
        planned_state: dynamic(&planned),
        config: dynamic(&thing(&[("name", Tree::from(name))])),
        planned_private: br#"{"note":"planned"}"#.to_vec(),
        ..Default::default()
    }
}

/// The planning of a change from `prior` to `proposed`.
pub(crate) fn plan(prior: &Tree, proposed: &Tree) -> tf::plan_resource_change::Request {
    tf::plan_resource_change::Request {
        type_name: THING.to_owned(),
        prior_state: dynamic(prior),
        proposed_new_state: dynamic(proposed),
        config: dynamic(proposed),
        ..Default::default()
    }
}

/// The errors among diagnostics: summary, detail and path.
pub(crate) fn errors(diagnostics: &[tf::Diagnostic]) -> Vec<(String, String, String)> {
    let errors = diagnostics
        .iter()
        .filter(|diag| diag.severity() == tf::diagnostic::Severity::Error);
    errors
        .map(|diag| {
            (
                diag.summary.clone(),
                diag.detail.clone(),
                diag.attribute.as_ref().map(path).unwrap_or_default(),
            )
        })
        .collect()
}

/// A path in the form `a.b[0]["key"]`.
fn path(path: &tf::AttributePath) -> String {
    use tf::attribute_path::step::Selector;
    let steps = path.steps.iter().map(|step| match step.selector.as_ref().unwrap() {
        Selector::AttributeName(name) => format!(".{name}"),
        Selector::ElementKeyString(key) => format!("[{key:?}]"),
        Selector::ElementKeyInt(index) => format!("[{index}]"),
    });
    steps.collect::<String>().trim_start_matches('.').to_owned()
}
