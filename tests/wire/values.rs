//! Values that fit come through unchanged, in whatever spelling.

use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;

use crate::fixture;
use crate::harness::Plugin;
use crate::requests::{THING, answered, dynamic, errors, field, plan, thing, tree, with};

/// `d4 00 00`.
fn unknown() -> Tree {
    Tree::Ext(0, vec![0])
}

fn strings(strings: &[&str]) -> Tree {
    strings.iter().map(|text| Tree::from(*text)).collect::<Vec<_>>().into()
}

/// Every kind of value, known.
fn full() -> Tree {
    let nested = |scope: &str, level: Tree| Tree::Map(vec![("level".into(), level), ("scope".into(), scope.into())]);
    thing(&[
        ("name", "full".into()),
        ("size", 9_007_199_254_740_993_i64.into()),
        ("ratio", "0.1".into()),
        ("enabled", false.into()),
        ("labels", Tree::Array(vec!["a".into(), "b".into(), Tree::Nil])),
        ("tags", Tree::Map(vec![("k".into(), "v".into())])),
        ("members", strings(&["x", "y"])),
        ("nested", nested("all", Tree::Nil)),
        (
            "choices",
            Tree::Array(vec![nested("none", 1.into()), nested("one", Tree::Nil)]),
        ),
        (
            "anything",
            Tree::Array(vec![
                Tree::Binary(br#"["list","number"]"#.to_vec()),
                Tree::Array(vec![3.into()]),
            ]),
        ),
        (
            "timeouts",
            Tree::Array(vec![Tree::Map(vec![("create".into(), "5m".into())])]),
        ),
    ])
}

#[tokio::test]
async fn every_kind_of_value_passes_through_a_plan_unchanged() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut provider = plugin.provider().await;
    let all_unknown: Vec<_> = [
        "size", "ratio", "enabled", "labels", "tags", "members", "nested", "choices", "anything",
    ]
    .map(|name| (name, unknown()))
    .into();
    let inner_unknown = [
        ("labels", Tree::Array(vec![unknown(), "b".into()])),
        ("tags", Tree::Map(vec![("k".into(), unknown())])),
        ("members", Tree::Array(vec![unknown(), "x".into()])),
        (
            "nested",
            Tree::Map(vec![("level".into(), unknown()), ("scope".into(), unknown())]),
        ),
    ];
    for proposed in [full(), with(&full(), &all_unknown), with(&full(), &inner_unknown)] {
        let response = provider
            .plan_resource_change(plan(&Tree::Nil, &proposed))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(response.diagnostics, []);
        let planned = tree(response.planned_state.as_ref());
        assert_eq!(
            sorted_sets(&planned),
            sorted_sets(&answered(&with(&proposed, &[("id", unknown())])))
        );
        assert_eq!(response.planned_private, br#"{"note":"planned"}"#);
    }
}

/// Sets come back in any order.
fn sorted_sets(state: &Tree) -> Tree {
    let sort = |name: &'static str| {
        let mut set = field(state, name).clone();
        if let Tree::Array(elements) = &mut set {
            elements.sort_by_key(ToString::to_string);
        }
        (name, set)
    };
    with(state, &[sort("members"), sort("choices")])
}

#[tokio::test]
async fn numbers_and_unknowns_have_many_spellings() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut provider = plugin.provider().await;
    // A refined unknown: "not null", as Terraform writes it.
    let refined = Tree::Ext(12, vec![0x81, 0x01, 0xc2]);
    for (sent, expected) in [
        (Tree::from(20), Tree::from("20")),
        (Tree::F64(20.0), Tree::from("20")),
        (Tree::from("20"), Tree::from("20")),
        (refined.clone(), unknown()),
        (Tree::Ext(99, vec![]), unknown()),
        (Tree::Nil, unknown()),
    ] {
        let proposed = with(&full(), &[("size", sent), ("labels", refined.clone())]);
        let response = provider
            .plan_resource_change(plan(&Tree::Nil, &proposed))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(response.diagnostics, []);
        let planned = tree(response.planned_state.as_ref());
        assert_eq!(field(&planned, "size"), &expected);
        assert_eq!(field(&planned, "labels"), &unknown());
    }
}

#[tokio::test]
async fn states_of_other_versions_load() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut provider = plugin.provider().await;
    let upgrade = |version, json: &str| tf::upgrade_resource_state::Request {
        type_name: THING.to_owned(),
        version,
        raw_state: Some(tf::RawState {
            json: json.as_bytes().to_vec(),
            ..Default::default()
        }),
    };
    // It lacks most attributes and has some that are gone, at the root and
    // further in.
    let json = r#"{"name":"old","size":7,"ratio":0.1,"retired":{"a":[1]},"nested":{"scope":"all","retired":true},
        "choices":[{"scope":"one","level":2,"retired":null}],"anything":{"type":["list","number"],"value":[3]}}"#;
    for version in [0, 1] {
        let upgraded = provider
            .upgrade_resource_state(upgrade(version, json))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(upgraded.diagnostics, []);
        let nested =
            |scope: &str, level: Tree| Tree::Map(vec![("level".into(), level), ("scope".into(), scope.into())]);
        let expected = thing(&[
            ("name", "old".into()),
            ("size", 7.into()),
            ("ratio", "0.1".into()),
            ("nested", nested("all", Tree::Nil)),
            ("choices", Tree::Array(vec![nested("one", 2.into())])),
            (
                "anything",
                Tree::Array(vec![
                    Tree::Binary(br#"["list","number"]"#.to_vec()),
                    Tree::Array(vec![3.into()]),
                ]),
            ),
        ]);
        assert_eq!(tree(upgraded.upgraded_state.as_ref()), answered(&expected));
    }

    let newer = provider
        .upgrade_resource_state(upgrade(2, json))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        errors(&newer.diagnostics)[0].0,
        "State is from a newer version of the provider"
    );

    let mut ancient = upgrade(0, "");
    ancient
        .raw_state
        .as_mut()
        .unwrap()
        .flatmap
        .insert("name".to_owned(), "old".to_owned());
    let ancient = provider.upgrade_resource_state(ancient).await.unwrap().into_inner();
    assert_eq!(errors(&ancient.diagnostics)[0].0, "State is too old");
}

#[tokio::test]
async fn functions_are_called() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut provider = plugin.provider().await;
    let call = |arguments: &[Tree]| tf::call_function::Request {
        name: "add_up".to_owned(),
        arguments: arguments.iter().filter_map(dynamic).collect(),
    };
    let sum = provider
        .call_function(call(&[1.into(), "2".into(), Tree::F64(3.0)]))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((tree(sum.result.as_ref()), sum.error), ("6".into(), None));

    let table: [(&[Tree], Option<i64>, &str); 5] = [
        (&[], None, "takes 1 arguments and was called with 0"),
        (&[1.into(), "x".into()], Some(1), "found text that is no decimal number"),
        (&[true.into()], Some(0), "Expected a number"),
        (
            &[1.into(), 2.into(), Tree::F64(0.5)],
            Some(2),
            "not a value that the function can take",
        ),
        (&[1.into(), (-1).into()], Some(1), "negative"),
    ];
    for (arguments, argument, text) in table {
        let failed = provider.call_function(call(arguments)).await.unwrap().into_inner();
        let error = failed.error.expect("it should fail");
        assert_eq!(
            (failed.result, error.function_argument),
            (None, argument),
            "{}",
            error.text
        );
        assert!(error.text.contains(text), "{}", error.text);
    }
}
