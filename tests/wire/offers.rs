//! What the provider offers, and requests for what it does not.

use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;

use crate::fixture;
use crate::harness::Plugin;
use crate::requests::{THING, dynamic, errors, named, plan};

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

        let create = || plan(&Tree::Nil, &named("a"));
        for request in [
            tf::plan_resource_change::Request {
                planned_private: private.to_vec(),
                ..create()
            },
            tf::plan_resource_change::Request {
                prior_private: private.to_vec(),
                ..create()
            },
        ] {
            let response = client.plan_resource_change(request).await.unwrap().into_inner();
            assert_eq!(errors(&response.diagnostics)[0].0, "Private data cannot be read");
        }
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
