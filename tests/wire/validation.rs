//! Configurations that the schema alone refuses: in validation, and nowhere else.

use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;

use crate::fixture;
use crate::harness::Plugin;
use crate::requests::{THING, dynamic, errors, plan, thing};

fn object(fields: &[(&str, Tree)]) -> Tree {
    let fields = fields.iter().map(|(name, value)| (Tree::from(*name), value.clone()));
    Tree::Map(fields.collect())
}

#[tokio::test]
async fn resources_refuse_in_validation_but_not_in_plans() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut client = plugin.provider().await;
    let scope = |scope: Tree| object(&[("scope", scope), ("level", Tree::Nil)]);
    let table: [(&str, Tree, &str, &str); 7] = [
        ("id", "x".into(), "id", "id is read-only"),
        ("id", Tree::Ext(0, vec![0]), "id", "id is read-only"),
        ("name", Tree::Nil, "name", "name is required"),
        ("nested", scope(Tree::Nil), "nested", "nested.scope is required"),
        (
            "choices",
            vec![scope(Tree::Nil)].into(),
            "choices",
            "choices.scope is required",
        ),
        (
            "members",
            vec![Tree::Nil, "a".into()].into(),
            "members",
            "members has null elements",
        ),
        ("tags", object(&[("k", Tree::Nil)]), "tags", "tags has null elements"),
    ];
    for (attribute, value, path, summary) in table {
        let config = thing(&[(attribute, value), ("name", "a".into())]);
        let request = tf::validate_resource_config::Request {
            type_name: THING.to_owned(),
            config: dynamic(&config),
            ..Default::default()
        };
        let response = client.validate_resource_config(request).await.unwrap().into_inner();
        let said: Vec<_> = errors(&response.diagnostics);
        let said: Vec<_> = said.iter().map(|(summary, _, path)| (&**path, &**summary)).collect();
        assert_eq!(said, [(path, summary)]);

        // As `ignore_changes` makes it: the prior state and the configuration have the same values.
        for prior in [&Tree::Nil, &config] {
            let planned = client.plan_resource_change(plan(prior, &config)).await;
            assert_eq!(planned.unwrap().into_inner().diagnostics, [], "{attribute}");
        }
    }
}

#[tokio::test]
async fn data_sources_and_providers_are_validated() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut client = plugin.provider().await;
    let config = dynamic(&object(&[("waits", true.into())]));
    let request = tf::validate_data_resource_config::Request {
        type_name: "fixture_waiting".to_owned(),
        config,
    };
    let response = client
        .validate_data_resource_config(request)
        .await
        .unwrap()
        .into_inner();
    let (summary, _, path) = &errors(&response.diagnostics)[0];
    assert_eq!((&**summary, &**path), ("waits is read-only", "waits"));

    let config = dynamic(&object(&[("tenants", vec![Tree::Nil].into())]));
    let request = tf::validate_provider_config::Request { config };
    let response = client.validate_provider_config(request).await.unwrap().into_inner();
    let (summary, _, path) = &errors(&response.diagnostics)[0];
    assert_eq!((&**summary, &**path), ("tenants has null elements", "tenants"));
}
