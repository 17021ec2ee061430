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
            "Expected a string at name in the configuration, found a number.",
        ),
        ("name", Tree::Binary(vec![1]), "found binary data"),
        ("enabled", Tree::from("true"), "Expected true or false at enabled"),
        ("size", Tree::from("many"), "found text that is no decimal number"),
        ("size", Tree::from(true), "Expected a number at size"),
        ("size", Tree::F64(f64::NAN), "infinite or too large"),
        (
            "size",
            Tree::F64(1.5),
            "The value at size in the configuration is a fraction; give a whole number.",
        ),
        ("size", Tree::from("1e30"), "The value at size"),
        ("size", Tree::from(u64::MAX), "a number out of range"),
        ("labels", Tree::Map(vec![]), "Expected a list at labels"),
        (
            "labels",
            Tree::Array(vec!["a".into(), 1.into()]),
            "Expected a string at labels[1]",
        ),
        ("tags", Tree::Map(vec![("k".into(), false.into())]), "at tags[\"k\"]"),
        (
            "tags",
            Tree::Map(vec![(Tree::Nil, "v".into())]),
            "a map with keys of text",
        ),
        ("members", Tree::Array(vec![1.into()]), "at members[*]"),
        ("nested", Tree::from("all"), "Expected an object at nested"),
        ("nested", nested(1.into(), Tree::Nil), "at nested.scope"),
        (
            "nested",
            nested("all".into(), Tree::F64(0.5)),
            "The value at nested.level",
        ),
        (
            "choices",
            Tree::Array(vec![nested("a".into(), "b".into())]),
            "at choices[*].level",
        ),
        (
            "choices",
            Tree::Array(vec![nested("a".into(), Tree::F64(0.5))]),
            "at choices[*].level",
        ),
        ("anything", Tree::from("untyped"), "Expected a value with its type"),
        (
            "anything",
            Tree::Array(vec!["nonsense".into(), 1.into()]),
            "a type that cannot be read",
        ),
        (
            "anything",
            Tree::Array(vec!["\"bool\"".into(), 1.into()]),
            "Expected true or false",
        ),
        (
            "timeouts",
            Tree::Array(vec![unknown]),
            "at timeouts[0] in the configuration is not known yet",
        ),
        (
            "timeouts",
            Tree::Array(vec![Tree::Map(vec![("create".into(), 5.into())])]),
            "at timeouts[0].create",
        ),
    ];
    for (attribute, value, expected) in table {
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
        assert_eq!(path, attribute, "{detail}");
        assert!(detail.contains(expected), "{attribute} = {value}: {detail}");
    }
}

#[tokio::test]
async fn what_is_all_wrong_gives_few_diagnostics() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut client = plugin.provider().await;
    let labels = thing(&[("name", "a".into()), ("labels", vec![Tree::from(1); 100_000].into())]);
    let attributes = (0..1_000).map(|number| (Tree::from(format!("a{number}")), Tree::Nil));
    let attributes = Tree::Map(attributes.chain([("name".into(), "a".into())]).collect());
    for (config, count, expected) in [(labels, 1, "labels[4] and 99995 more"), (attributes, 10, "\"a0\"")] {
        let request = tf::validate_resource_config::Request {
            type_name: THING.to_owned(),
            config: dynamic(&config),
            ..Default::default()
        };
        let response = client.validate_resource_config(request).await.unwrap().into_inner();
        assert_eq!(response.diagnostics.len(), count);
        assert!(response.diagnostics[0].detail.contains(expected));
    }
}
