//! What a resource's life looks like in messages.

use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;

use crate::fixture;
use crate::harness::Plugin;
use crate::requests::{THING, create, dynamic, errors, field, named, plan, thing, tree};

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

fn with(tree: &Tree, changes: &[(&str, Tree)]) -> Tree {
    let mut fields = tree.as_map().unwrap().to_vec();
    for (name, value) in changes {
        let at = fields.iter().position(|(key, _)| key.as_str() == Some(name)).unwrap();
        fields[at].1 = value.clone();
    }
    Tree::Map(fields)
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
            sorted_sets(&with(&proposed, &[("id", unknown())]))
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
        (Tree::from(20), Tree::from(20)),
        (Tree::F64(20.0), Tree::from(20)),
        (Tree::from("20"), Tree::from(20)),
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
async fn a_resource_lives_and_dies() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut provider = plugin.provider().await;

    let created = provider.apply_resource_change(create("a")).await.unwrap().into_inner();
    assert_eq!(created.diagnostics, []);
    assert_eq!(created.private, br#"{"note":"planned, created"}"#);
    let state = tree(created.new_state.as_ref());
    assert_eq!((field(&state, "id"), field(&state, "size")), (&"1".into(), &7.into()));

    let read = tf::read_resource::Request {
        type_name: THING.to_owned(),
        current_state: created.new_state.clone(),
        private: created.private.clone(),
        ..Default::default()
    };
    let read = provider.read_resource(read).await.unwrap().into_inner();
    assert_eq!(
        (tree(read.new_state.as_ref()), read.private),
        (state.clone(), created.private.clone())
    );

    let renamed = with(&state, &[("name", "b".into())]);
    let update = tf::plan_resource_change::Request {
        prior_private: created.private.clone(),
        ..plan(&state, &renamed)
    };
    let update = provider.plan_resource_change(update).await.unwrap().into_inner();
    assert_eq!(
        (update.planned_private, update.requires_replace.len()),
        (created.private.clone(), 1)
    );
    assert_eq!(tree(update.planned_state.as_ref()), renamed);

    let destroy = tf::plan_resource_change::Request {
        prior_private: created.private.clone(),
        ..plan(&state, &Tree::Nil)
    };
    let destroy = provider.plan_resource_change(destroy).await.unwrap().into_inner();
    assert_eq!(destroy.diagnostics[0].summary, "Destroying");
    assert_eq!(tree(destroy.planned_state.as_ref()), Tree::Nil);

    let destroy = apply(&state, &Tree::Nil);
    let destroyed = provider.apply_resource_change(destroy).await.unwrap().into_inner();
    assert_eq!((destroyed.diagnostics, destroyed.private), (vec![], vec![]));
    assert_eq!(tree(destroyed.new_state.as_ref()), Tree::Nil);
}

fn apply(prior: &Tree, planned: &Tree) -> tf::apply_resource_change::Request {
    tf::apply_resource_change::Request {
        type_name: THING.to_owned(),
        prior_state: dynamic(prior),
        planned_state: dynamic(planned),
        config: dynamic(planned),
        planned_private: br#"{"note":"kept"}"#.to_vec(),
        ..Default::default()
    }
}

#[tokio::test]
async fn what_fails_leaves_the_state_that_is_true() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut provider = plugin.provider().await;

    // Created, but with an error: it exists.
    let half = provider
        .apply_resource_change(create("half"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(errors(&half.diagnostics)[0].0, "Half done");
    assert_eq!(field(&tree(half.new_state.as_ref()), "id"), &"1".into());

    // Not created, and no reason given: one is made up.
    let silent = provider
        .apply_resource_change(create("silent"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(errors(&silent.diagnostics)[0].0, "Internal error of the provider");
    assert_eq!(tree(silent.new_state.as_ref()), Tree::Nil);

    // An update or a destruction that fails changes nothing.
    for (prior, planned) in [(named("a"), named("broken")), (named("sticky"), Tree::Nil)] {
        let failed = provider
            .apply_resource_change(apply(&prior, &planned))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(errors(&failed.diagnostics).len(), 1);
        assert_eq!(
            (tree(failed.new_state.as_ref()), failed.private),
            (prior, br#"{"note":"kept"}"#.to_vec())
        );
    }

    // One that cannot be read is still there; one that is gone is not.
    for (name, gone) in [("broken", false), ("gone", true)] {
        let read = tf::read_resource::Request {
            type_name: THING.to_owned(),
            current_state: dynamic(&named(name)),
            ..Default::default()
        };
        let read = provider.read_resource(read).await.unwrap().into_inner();
        assert_eq!((read.new_state.is_none(), read.diagnostics.is_empty()), (gone, gone));
    }
}

#[tokio::test]
async fn a_plan_during_apply_gets_the_private_data_of_the_first() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut provider = plugin.provider().await;
    let again = tf::plan_resource_change::Request {
        planned_private: br#"{"note":"planned"}"#.to_vec(),
        ..plan(&Tree::Nil, &thing(&[("name", "a".into())]))
    };
    let again = provider.plan_resource_change(again).await.unwrap().into_inner();
    assert_eq!(again.planned_private, br#"{"note":"planned again"}"#);
}

#[tokio::test]
async fn an_import_gives_one_object_or_says_why_not() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut provider = plugin.provider().await;
    let import = |id: &str| tf::import_resource_state::Request {
        type_name: THING.to_owned(),
        id: id.to_owned(),
        ..Default::default()
    };
    let imported = provider.import_resource_state(import("1")).await.unwrap().into_inner();
    let [object] = imported.imported_resources.as_slice() else {
        panic!("one object")
    };
    assert_eq!(tree(object.state.as_ref()), with(&named("imported"), &[]));
    assert_eq!(object.private, br#"{"note":"imported"}"#);

    let missing = provider.import_resource_state(import("2")).await.unwrap().into_inner();
    assert_eq!(missing.imported_resources, []);
    assert_eq!(errors(&missing.diagnostics)[0].0, "Not found");

    let by_identity = tf::import_resource_state::Request {
        identity: Some(tf::ResourceIdentityData::default()),
        ..import("")
    };
    let by_identity = provider.import_resource_state(by_identity).await.unwrap().into_inner();
    assert_eq!(
        errors(&by_identity.diagnostics)[0].0,
        "Import by identity is not supported"
    );
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
        assert_eq!(tree(upgraded.upgraded_state.as_ref()), expected);
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
    assert_eq!((tree(sum.result.as_ref()), sum.error), (6.into(), None));

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

#[tokio::test]
async fn diagnostics_keep_their_kind_and_place() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut provider = plugin.provider().await;
    let configure = tf::configure_provider::Request {
        terraform_version: "1.12.0".to_owned(),
        config: dynamic(&Tree::Map(vec![("token".into(), Tree::Nil)])),
        ..Default::default()
    };
    let configured = provider.configure_provider(configure).await.unwrap().into_inner();
    assert_eq!(configured.diagnostics[0].severity(), tf::diagnostic::Severity::Warning);
    assert_eq!(configured.diagnostics[0].detail, "by 1.12.0");
    let validate = tf::validate_resource_config::Request {
        type_name: THING.to_owned(),
        config: dynamic(&thing(&[("name", "bad".into())])),
        ..Default::default()
    };
    let validated = provider.validate_resource_config(validate).await.unwrap().into_inner();
    let expected = ("Bad name".to_owned(), "Choose another.".to_owned(), "name".to_owned());
    assert_eq!(errors(&validated.diagnostics), [expected]);
}
