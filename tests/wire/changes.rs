//! A resource's life, and what becomes of its state when something fails.

use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;

use crate::fixture;
use crate::harness::Plugin;
use crate::requests::{THING, create, dynamic, errors, field, named, plan, thing, tree, with};

#[tokio::test]
async fn a_resource_lives_and_dies() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut provider = plugin.provider().await;

    let created = provider.apply_resource_change(create("a")).await.unwrap().into_inner();
    assert_eq!(created.diagnostics, []);
    assert_eq!(created.private, br#"{"note":"planned, created"}"#);
    let state = tree(created.new_state.as_ref());
    assert_eq!((field(&state, "id"), field(&state, "size")), (&"1".into(), &"7".into()));

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
        (br#"{"note":"planned, created, replaced"}"#.to_vec(), 1)
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
    assert_eq!((errors(&destroyed.diagnostics), destroyed.private), (vec![], vec![]));
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
