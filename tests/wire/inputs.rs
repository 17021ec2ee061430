//! What nobody should send: the answer is a diagnostic, never a gRPC status,
//! and never the end of the process.

use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;
use terraform_provider_autopilot::plugin::proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::fixture;
use crate::harness::Plugin;
use crate::requests::{THING, dynamic, errors, named, thing};

type Client = ProviderClient<Channel>;

fn raw(msgpack: &[u8]) -> Option<tf::DynamicValue> {
    Some(tf::DynamicValue {
        msgpack: msgpack.to_vec(),
        json: vec![],
    })
}

/// Sends `bad` in the place of every value of every RPC that takes one, and
/// returns each place with the diagnostics that came back.
async fn everywhere(client: &mut Client, bad: &tf::DynamicValue) -> Vec<(&'static str, Vec<tf::Diagnostic>)> {
    let bad = || Some(bad.clone());
    let good = || dynamic(&named("a"));
    let nothing = || dynamic(&Tree::Nil);
    let name = || THING.to_owned();
    let mut answers = Vec::new();
    macro_rules! send {
        ($place:literal, $method:ident, $request:expr) => {
            let response = client.$method($request).await;
            answers.push(($place, response.expect($place).into_inner().diagnostics));
        };
    }
    use tf::apply_resource_change::Request as Apply;
    use tf::plan_resource_change::Request as Plan;
    let plan = || Plan {
        type_name: name(),
        prior_state: good(),
        proposed_new_state: good(),
        config: good(),
        ..Plan::default()
    };
    let apply = || Apply {
        type_name: name(),
        prior_state: good(),
        planned_state: good(),
        config: good(),
        ..Apply::default()
    };
    send!(
        "provider validate",
        validate_provider_config,
        tf::validate_provider_config::Request { config: bad() }
    );
    send!(
        "provider configure",
        configure_provider,
        tf::configure_provider::Request {
            config: bad(),
            ..Default::default()
        }
    );
    send!(
        "validate",
        validate_resource_config,
        tf::validate_resource_config::Request {
            type_name: name(),
            config: bad(),
            ..Default::default()
        }
    );
    send!(
        "data validate",
        validate_data_resource_config,
        tf::validate_data_resource_config::Request {
            type_name: "fixture_waiting".to_owned(),
            config: bad()
        }
    );
    send!(
        "data read",
        read_data_source,
        tf::read_data_source::Request {
            type_name: "fixture_waiting".to_owned(),
            config: bad(),
            ..Default::default()
        }
    );
    send!(
        "read",
        read_resource,
        tf::read_resource::Request {
            type_name: name(),
            current_state: bad(),
            ..Default::default()
        }
    );
    send!(
        "plan prior",
        plan_resource_change,
        Plan {
            prior_state: bad(),
            ..plan()
        }
    );
    send!(
        "plan proposed",
        plan_resource_change,
        Plan {
            proposed_new_state: bad(),
            ..plan()
        }
    );
    send!(
        "plan config",
        plan_resource_change,
        Plan {
            config: bad(),
            ..plan()
        }
    );
    send!(
        "plan create",
        plan_resource_change,
        Plan {
            prior_state: nothing(),
            proposed_new_state: bad(),
            ..plan()
        }
    );
    send!(
        "plan destroy",
        plan_resource_change,
        Plan {
            prior_state: bad(),
            proposed_new_state: nothing(),
            ..plan()
        }
    );
    send!(
        "plan meta",
        plan_resource_change,
        Plan {
            provider_meta: bad(),
            ..plan()
        }
    );
    send!(
        "apply prior",
        apply_resource_change,
        Apply {
            prior_state: bad(),
            ..apply()
        }
    );
    send!(
        "apply planned",
        apply_resource_change,
        Apply {
            planned_state: bad(),
            ..apply()
        }
    );
    send!(
        "apply config",
        apply_resource_change,
        Apply {
            config: bad(),
            ..apply()
        }
    );
    send!(
        "apply create",
        apply_resource_change,
        Apply {
            prior_state: nothing(),
            planned_state: bad(),
            ..apply()
        }
    );
    send!(
        "apply destroy",
        apply_resource_change,
        Apply {
            prior_state: bad(),
            planned_state: nothing(),
            ..apply()
        }
    );
    send!(
        "apply meta",
        apply_resource_change,
        Apply {
            provider_meta: bad(),
            ..apply()
        }
    );
    let call = tf::call_function::Request {
        name: "add_up".to_owned(),
        arguments: bad().into_iter().collect(),
    };
    let called = client.call_function(call).await.expect("call").into_inner();
    let detail = called.error.expect("a function error").text;
    let severity = tf::diagnostic::Severity::Error.into();
    answers.push((
        "call",
        vec![tf::Diagnostic {
            severity,
            detail,
            ..Default::default()
        }],
    ));
    answers
}

#[tokio::test]
async fn malformed_values_are_diagnosed_in_every_rpc() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut client = plugin.provider().await;
    let json = |text: &str| tf::DynamicValue {
        msgpack: vec![],
        json: text.as_bytes().to_vec(),
    };
    let table = [
        ("ends early", raw(b"\x81\xa4na").unwrap(), "not valid msgpack"),
        (
            "claims 4 billion elements",
            raw(b"\xdd\xff\xff\xff\xff\xc0").unwrap(),
            "not valid msgpack",
        ),
        (
            "claims 4 GiB",
            raw(b"\xdb\xff\xff\xff\xff").unwrap(),
            "not valid msgpack",
        ),
        ("is nested deeply", raw(&[0x91; 500_000]).unwrap(), "nested too deeply"),
        ("has something after it", raw(b"\xc0\xc0").unwrap(), "follow"),
        ("is broken JSON", json("{\"name\":"), "not valid JSON"),
        ("is deep JSON", json(&"[".repeat(500_000)), "not valid JSON"),
        (
            "is of another type",
            dynamic(&Tree::Array(vec![])).unwrap(),
            "found a list",
        ),
        (
            "has another attribute",
            dynamic(&Tree::Map(vec![("zzz".into(), 1.into())])).unwrap(),
            "",
        ),
        (
            "has a key of a number",
            dynamic(&Tree::Map(vec![(1.into(), 1.into())])).unwrap(),
            "",
        ),
    ];
    for (what, bad, expected) in table {
        for (place, diagnostics) in everywhere(&mut client, &bad).await {
            let errors = errors(&diagnostics);
            assert!(!errors.is_empty(), "{what}: {place}");
            for (summary, detail, _) in errors {
                assert!(detail.contains(expected), "{what}: {place}: {summary}: {detail}");
            }
        }
    }
}

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

#[tokio::test]
async fn names_that_do_not_exist_are_diagnosed() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut client = plugin.provider().await;
    let name = || "fixture_nothing".to_owned();
    let request = tf::validate_resource_config::Request {
        type_name: name(),
        ..Default::default()
    };
    let response = client.validate_resource_config(request).await.unwrap().into_inner();
    assert!(errors(&response.diagnostics)[0].1.contains("fixture_thing"));
    let request = tf::read_data_source::Request {
        type_name: name(),
        ..Default::default()
    };
    let response = client.read_data_source(request).await.unwrap().into_inner();
    assert!(errors(&response.diagnostics)[0].1.contains("fixture_waiting"));
    let request = tf::call_function::Request {
        name: name(),
        ..Default::default()
    };
    let response = client.call_function(request).await.unwrap().into_inner();
    assert!(response.error.unwrap().text.contains("fixture_nothing"));

    // What is there stays as it is, even then.
    let state = dynamic(&named("a"));
    let request = tf::apply_resource_change::Request {
        type_name: name(),
        prior_state: state.clone(),
        ..Default::default()
    };
    let response = client.apply_resource_change(request).await.unwrap().into_inner();
    assert_eq!((errors(&response.diagnostics).len(), response.new_state), (1, state));
}

#[tokio::test]
async fn private_data_that_is_damaged_is_diagnosed() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut client = plugin.provider().await;
    for private in [&b"\xff"[..], b"{", b"3", b"{\"note\":1}"] {
        let request = tf::read_resource::Request {
            type_name: THING.to_owned(),
            current_state: dynamic(&named("a")),
            private: private.to_vec(),
            ..Default::default()
        };
        let response = client.read_resource(request).await.unwrap().into_inner();
        assert_eq!(errors(&response.diagnostics)[0].0, "Private data cannot be read");
        assert_eq!(response.private, private, "nothing is lost");
    }
}

#[tokio::test]
async fn what_is_not_offered_is_refused_in_words() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut client = plugin.provider().await;
    let request = tf::move_resource_state::Request {
        source_type_name: "azuread_policy".to_owned(),
        target_type_name: THING.to_owned(),
        ..Default::default()
    };
    let moved = client.move_resource_state(request).await.unwrap().into_inner();
    assert!(
        errors(&moved.diagnostics)[0]
            .1
            .contains("A azuread_policy of  cannot become a fixture_thing")
    );
    let generated = client
        .generate_resource_config(tf::generate_resource_config::Request::default())
        .await;
    assert_eq!(errors(&generated.unwrap().into_inner().diagnostics).len(), 1);
    let mut list = client
        .list_resource(tf::list_resource::Request::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(errors(&list.message().await.unwrap().unwrap().diagnostic).len(), 1);
    let identities = client
        .get_resource_identity_schemas(tf::get_resource_identity_schemas::Request {})
        .await;
    assert_eq!(
        identities.unwrap().into_inner(),
        tf::get_resource_identity_schemas::Response::default()
    );
}

#[tokio::test]
async fn the_schema_is_what_terraform_accepts() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut client = plugin.provider().await;
    let schema = client
        .get_provider_schema(tf::get_provider_schema::Request {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(schema.diagnostics, []);
    assert_eq!(schema.provider_meta, None);
    assert!(schema.server_capabilities.unwrap().plan_destroy);
    let names = |schemas: &std::collections::HashMap<String, tf::Schema>| schemas.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&schema.resource_schemas), ["fixture_thing"]);
    assert_eq!(names(&schema.data_source_schemas), ["fixture_waiting"]);
    assert!(schema.functions["add_up"].variadic_parameter.is_some());
    let block = schema.resource_schemas["fixture_thing"].block.as_ref().unwrap();
    for attribute in &block.attributes {
        let one_of_both = attribute.r#type.is_empty() == attribute.nested_type.is_some();
        assert!(one_of_both, "{}", attribute.name);
    }
    let metadata = client
        .get_metadata(tf::get_metadata::Request {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(metadata.resources[0].type_name, "fixture_thing");
    assert_eq!(metadata.functions[0].name, "add_up");
    let functions = client
        .get_functions(tf::get_functions::Request {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(functions.functions, schema.functions);
    assert!(fixture::catalog().schemas().is_ok());
}
