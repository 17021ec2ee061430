//! The private data of an object that is replaced, in the order of each client's requests.

use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;
use terraform_provider_autopilot::plugin::proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::fixture;
use crate::harness::Plugin;
use crate::requests::{THING, dynamic, errors, field, named, plan, thing, tree};

/// Private data, or none at all, that holds a note.
fn private(note: &str) -> Vec<u8> {
    match note {
        "" => Vec::new(),
        note => format!(r#"{{"note":"{note}"}}"#).into_bytes(),
    }
}

fn note(private: &[u8]) -> String {
    let private: serde_json::Value = serde_json::from_slice(private).unwrap();
    private["note"].as_str().unwrap().to_owned()
}

/// An object named "old" whose configuration names it "new".
struct Replacement {
    provider: ProviderClient<Channel>,
    _plugin: Plugin,
}

impl Replacement {
    async fn start() -> Self {
        let plugin = Plugin::start(fixture::command()).await;
        Self {
            provider: plugin.provider().await,
            _plugin: plugin,
        }
    }

    /// Plans; `field_9` is the planned private data that Terraform 1.16 sends while it applies. Returns the note planned.
    async fn plan(&mut self, prior: &Tree, proposed: &Tree, prior_private: &str, field_9: &str) -> String {
        let request = tf::plan_resource_change::Request {
            prior_private: private(prior_private),
            planned_private: private(field_9),
            ..plan(prior, proposed)
        };
        let planned = self.provider.plan_resource_change(request).await.unwrap().into_inner();
        assert_eq!(errors(&planned.diagnostics), []);
        note(&planned.planned_private)
    }

    async fn plan_replacing(&mut self) -> String {
        let planned = self.plan(&named("old"), &named("new"), "old", "").await;
        assert_eq!(planned, "old, replaced");
        planned
    }

    /// Plans the new object.
    async fn plan_new(&mut self, prior_private: &str, field_9: &str) -> String {
        self.plan(&Tree::Nil, &thing(&[("name", "new".into())]), prior_private, field_9)
            .await
    }

    /// Applies, and returns the note that the new object has or the old one was destroyed with.
    async fn apply(&mut self, prior: &Tree, planned: &Tree, planned_private: &str) -> String {
        let request = tf::apply_resource_change::Request {
            type_name: THING.to_owned(),
            prior_state: dynamic(prior),
            planned_state: dynamic(planned),
            config: dynamic(planned),
            planned_private: private(planned_private),
            ..Default::default()
        };
        let applied = self.provider.apply_resource_change(request).await.unwrap().into_inner();
        assert_eq!(errors(&applied.diagnostics), []);
        match tree(applied.new_state.as_ref()) {
            Tree::Nil => applied.diagnostics[0].detail.clone(),
            state => {
                assert_eq!(field(&state, "id"), &"1".into());
                note(&applied.private)
            }
        }
    }

    async fn destroy_old(&mut self, planned_private: &str) -> String {
        self.apply(&named("old"), &Tree::Nil, planned_private).await
    }

    async fn create_new(&mut self, planned_private: &str) -> String {
        let unknown = Tree::Ext(0, vec![0]);
        let planned = thing(&[("name", "new".into()), ("id", unknown.clone()), ("size", unknown)]);
        self.apply(&Tree::Nil, &planned, planned_private).await
    }
}

#[tokio::test]
async fn destroy_first_hands_the_new_plan_to_destroy() {
    let mut client = Replacement::start().await;
    let first = client.plan_replacing().await;
    let second = client.plan_new(&first, "").await;
    assert_eq!(second, "planned [nothing] [old, replaced]");
    assert_eq!(client.destroy_old(&second).await, second);
    // Terraform before 1.16, and OpenTofu, plan as if for the first time.
    assert_eq!(client.plan_new("", "").await, "planned");
    let third = client.plan_new("", &second).await;
    assert_eq!(third, "planned [planned [nothing] [old, replaced]] [nothing]");
    assert_eq!(client.create_new(&third).await, format!("{third}, created"));
}

#[tokio::test]
async fn create_first_destroys_with_a_plan_of_its_own() {
    let mut client = Replacement::start().await;
    let first = client.plan_replacing().await;
    let second = client.plan_new(&first, "").await;
    let third = client.plan_new("", &second).await;
    assert_eq!(third, "planned [planned [nothing] [old, replaced]] [nothing]");
    assert_eq!(client.create_new(&third).await, format!("{third}, created"));
    let destroy = client.plan(&named("old"), &Tree::Nil, "stored", "").await;
    assert_eq!(destroy, "stored");
    assert_eq!(client.destroy_old(&destroy).await, "stored");
}

#[tokio::test]
async fn tainted_objects_are_planned_without_their_data() {
    let mut client = Replacement::start().await;
    let only = client.plan_new("", "").await;
    assert_eq!(client.destroy_old(&only).await, "planned");
    let again = client.plan_new("", &only).await;
    assert_eq!(again, "planned [planned] [nothing]");
    assert_eq!(client.create_new(&again).await, format!("{again}, created"));
}
