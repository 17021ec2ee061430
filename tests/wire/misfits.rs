//! Values that do not fit the schema, or not the state's type: the
//! diagnostic says where.

use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;

use crate::fixture;
use crate::harness::Plugin;
use crate::requests::{THING, dynamic, errors, thing};

#[tokio::test]
async fn wrong_values_are_diagnosed_with_their_place() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut client = plugin.provider().await;
    let unknown = Tree::Ext(0, vec![0]);
    let nested = |scope: Tree, level: Tree| Tree::Map(vec![("scope".into(), scope), ("level".into(), level)]);
    let table = [
        (
            "name",
            Tree::from(3),
            "name",
            "Expected a string at name in the configuration, found a number.",
        ),
        ("name", Tree::Binary(vec![1]), "name", "found binary data"),
        (
            "enabled",
            Tree::from("true"),
            "enabled",
            "Expected true or false at enabled",
        ),
        (
            "size",
            Tree::from("many"),
            "size",
            "found text that is no decimal number",
        ),
        ("size", Tree::from(true), "size", "Expected a number at size"),
        ("size", Tree::F64(f64::NAN), "size", "infinite or too large"),
        (
            "size",
            Tree::F64(1.5),
            "size",
            "The value at size in the configuration is a fraction; give a whole number.",
        ),
        ("size", Tree::from("1e30"), "size", "The value at size"),
        ("size", Tree::from(u64::MAX), "size", "a number out of range"),
        ("labels", Tree::Map(vec![]), "labels", "Expected a list at labels"),
        (
            "labels",
            Tree::Array(vec!["a".into(), 1.into()]),
            "labels[1]",
            "Expected a string at labels[1]",
        ),
        (
            "tags",
            Tree::Map(vec![("k".into(), false.into())]),
            "tags[\"k\"]",
            "at tags[\"k\"]",
        ),
        (
            "tags",
            Tree::Map(vec![(Tree::Nil, "v".into())]),
            "tags",
            "a map with keys of text",
        ),
        (
            "members",
            Tree::Array(vec![1.into()]),
            "members",
            "in an element of the set members",
        ),
        ("nested", Tree::from("all"), "nested", "Expected an object at nested"),
        ("nested", nested(1.into(), Tree::Nil), "nested.scope", "at nested.scope"),
        (
            "nested",
            nested("all".into(), Tree::F64(0.5)),
            "nested.level",
            "The value at nested.level",
        ),
        (
            "choices",
            Tree::Array(vec![nested("a".into(), "b".into())]),
            "choices",
            "of the set choices",
        ),
        (
            "choices",
            Tree::Array(vec![nested("a".into(), Tree::F64(0.5))]),
            "choices",
            "in an element of the set choices",
        ),
        (
            "anything",
            Tree::from("untyped"),
            "anything",
            "Expected a value with its type",
        ),
        (
            "anything",
            Tree::Array(vec!["nonsense".into(), 1.into()]),
            "anything",
            "a type that cannot be read",
        ),
        (
            "anything",
            Tree::Array(vec!["\"bool\"".into(), 1.into()]),
            "anything",
            "Expected true or false",
        ),
        ("timeouts", Tree::Array(vec![unknown]), "timeouts[0]", "not known yet"),
        (
            "timeouts",
            Tree::Array(vec![Tree::Map(vec![("create".into(), 5.into())])]),
            "timeouts[0].create",
            "at timeouts[0].create",
        ),
    ];
    for (attribute, value, place, expected) in table {
        let request = tf::validate_resource_config::Request {
            type_name: THING.to_owned(),
            config: dynamic(&thing(
                &[("name", "a".into()), (attribute, value.clone())]
                    .into_iter()
                    .rev()
                    .collect::<Vec<_>>(),
            )),
            ..Default::default()
        };
        let response = client.validate_resource_config(request).await.unwrap().into_inner();
        let errors = errors(&response.diagnostics);
        assert_eq!(errors.len(), 1, "{attribute} = {value}: {errors:?}");
        let (_, detail, path) = &errors[0];
        assert_eq!(path, place, "{detail}");
        assert!(detail.contains(expected), "{attribute} = {value}: {detail}");
    }
}

#[tokio::test]
async fn a_value_that_is_all_wrong_is_not_told_a_thousand_times() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut client = plugin.provider().await;
    let labels = Tree::Array(vec![Tree::from(1); 100_000]);
    let request = tf::validate_resource_config::Request {
        type_name: THING.to_owned(),
        config: dynamic(&thing(&[("labels", labels)])),
        ..Default::default()
    };
    let response = client.validate_resource_config(request).await.unwrap().into_inner();
    assert_eq!(response.diagnostics.len(), 10);
}
