//! A process of the plugin, driven by RPC: values are JSON here and msgpack on the wire.

use std::sync::Arc;

use async_trait::async_trait;
use rmpv::Value as Tree;
use serde_json::{Map, Value, json};
use tf_provider::schema::Schema;
use tf_provider::value::ValueEmpty;
use tf_provider::{Diagnostics, Provider as Configured};
use tonic::Request;

use super::tenant::Tenant;
use crate::graph::client::GraphRequest;
use crate::graph::directory::{Directory, DirectoryTransport};
use crate::graph::retry::RetryPolicy;
use crate::graph::store::PolicyStore;
use crate::graph::{Deadline, GraphError};
use crate::members::MemberChecks;
use crate::plugin::proto::tfplugin6 as tf;
use crate::plugin::proto::tfplugin6::provider_server::Provider;
use crate::plugin::{Catalog, Lifecycle, ProviderService};
use crate::resources::device_join_member::DeviceJoinMember;
use crate::resources::device_join_settings::DeviceJoinSettings;
use crate::session::{Ready, Session};

/// An unknown value in JSON.
pub(super) const UNKNOWN: &str = "(known after apply)";

pub(super) fn is_unknown(value: &Value) -> bool {
    *value == json!(UNKNOWN)
}

/// A diagnostic.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) is_error: bool,
    pub(super) text: String,
}

/// A process that is configured for a tenant.
pub(super) struct Process(ProviderService);

/// The answer to a plan.
pub(super) struct Planned {
    pub(super) value: Value,
    pub(super) private: Vec<u8>,
    /// Top-level attributes.
    pub(super) requires_replace: Vec<String>,
    pub(super) said: Vec<Said>,
}

/// The answer to an apply.
pub(super) struct Applied {
    pub(super) value: Value,
    pub(super) private: Vec<u8>,
    pub(super) said: Vec<Said>,
}

impl Applied {
    pub(super) fn failed(&self) -> bool {
        self.said.iter().any(|said| said.is_error)
    }
}

/// The resources of the provider, over a session.
pub(super) fn catalog(session: &Session) -> Catalog {
    Catalog::new(Nothing)
        .resource(DeviceJoinSettings::TYPE_NAME, DeviceJoinSettings::new(session.clone()))
        .resource(DeviceJoinMember::TYPE_NAME, DeviceJoinMember::new(session.clone()))
}

impl Process {
    pub(super) fn start(tenant: &Tenant) -> Self {
        let session = Session::default();
        session.configure(Ready {
            tenant_id: Some("t".to_owned()),
            store: PolicyStore::new(Arc::new(tenant.clone()), RetryPolicy::default()),
            directory: Directory::new(Arc::new(Refusing)),
            member_checks: MemberChecks::Off,
            ownership: session.ownership().clone(),
        });
        Self(ProviderService::new(Arc::new(catalog(&session))))
    }

    pub(super) async fn read(&self, type_name: &str, value: &Value, private: &[u8]) -> (Value, Vec<u8>) {
        let request = tf::read_resource::Request {
            type_name: type_name.to_owned(),
            current_state: encode(value),
            private: private.to_vec(),
            ..Default::default()
        };
        let answer = self.0.read_resource(Request::new(request)).await.unwrap().into_inner();
        assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
        (decode(answer.new_state), answer.private)
    }

    pub(super) async fn plan(
        &self,
        type_name: &str,
        [prior, proposed, config]: [&Value; 3],
        [prior_private, planned_private]: [&[u8]; 2],
    ) -> Planned {
        let request = tf::plan_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: encode(prior),
            proposed_new_state: encode(proposed),
            config: encode(config),
            prior_private: prior_private.to_vec(),
            planned_private: planned_private.to_vec(),
            ..Default::default()
        };
        let answer = self
            .0
            .plan_resource_change(Request::new(request))
            .await
            .unwrap()
            .into_inner();
        let first = |path: &tf::AttributePath| match path.steps.first().and_then(|step| step.selector.clone()) {
            Some(tf::attribute_path::step::Selector::AttributeName(name)) => name,
            other => panic!("requires_replace has the path {other:?}"),
        };
        Planned {
            value: decode(answer.planned_state),
            private: answer.planned_private,
            requires_replace: answer.requires_replace.iter().map(first).collect(),
            said: said(answer.diagnostics),
        }
    }

    pub(super) async fn apply(
        &self,
        type_name: &str,
        [prior, planned, config]: [&Value; 3],
        planned_private: &[u8],
    ) -> Applied {
        let request = tf::apply_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: encode(prior),
            planned_state: encode(planned),
            config: encode(config),
            planned_private: planned_private.to_vec(),
            ..Default::default()
        };
        let answer = self
            .0
            .apply_resource_change(Request::new(request))
            .await
            .unwrap()
            .into_inner();
        Applied {
            value: decode(answer.new_state),
            private: answer.private,
            said: said(answer.diagnostics),
        }
    }
}

fn said(diagnostics: Vec<tf::Diagnostic>) -> Vec<Said> {
    let said = diagnostics.into_iter().map(|one| Said {
        is_error: one.severity() == tf::diagnostic::Severity::Error,
        text: format!("{}: {}", one.summary, one.detail),
    });
    said.collect()
}

fn encode(value: &Value) -> Option<tf::DynamicValue> {
    fn tree(value: &Value) -> Tree {
        match value {
            Value::Null => Tree::Nil,
            Value::Bool(value) => Tree::from(*value),
            Value::Number(number) => Tree::from(number.as_i64().unwrap()),
            Value::String(text) if text == UNKNOWN => Tree::Ext(0, vec![0]),
            Value::String(text) => Tree::from(text.as_str()),
            Value::Array(values) => Tree::Array(values.iter().map(tree).collect()),
            Value::Object(fields) => Tree::Map(
                fields
                    .iter()
                    .map(|(name, value)| (Tree::from(name.as_str()), tree(value)))
                    .collect(),
            ),
        }
    }
    let mut msgpack = Vec::new();
    rmpv::encode::write_value(&mut msgpack, &tree(value)).unwrap();
    Some(tf::DynamicValue {
        msgpack,
        json: Vec::new(),
    })
}

fn decode(value: Option<tf::DynamicValue>) -> Value {
    fn value_of(tree: Tree) -> Value {
        match tree {
            Tree::Nil => Value::Null,
            Tree::Boolean(value) => Value::from(value),
            Tree::Integer(number) => Value::from(number.as_i64().unwrap()),
            Tree::String(text) => {
                // Numbers come as decimal strings, and no text of the two resources looks like one.
                let text = text.into_str().unwrap();
                text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number))
            }
            Tree::Ext(..) => Value::from(UNKNOWN),
            Tree::Array(values) => {
                // Every array of the two resources is a set.
                let mut values: Vec<_> = values.into_iter().map(value_of).collect();
                values.sort_by_key(Value::to_string);
                Value::Array(values)
            }
            Tree::Map(fields) => {
                let fields = fields.into_iter();
                let fields: Map<_, _> = fields
                    .map(|(name, value)| (name.as_str().unwrap().to_owned(), value_of(value)))
                    .collect();
                Value::Object(fields)
            }
            other => panic!("{other} is no value of a schema here"),
        }
    }
    let value = value.map(|value| rmpv::decode::read_value(&mut value.msgpack.as_slice()).unwrap());
    value.map_or(Value::Null, value_of)
}

/// A provider block without arguments.
struct Nothing;

#[async_trait]
impl Configured for Nothing {
    type Config<'a> = ValueEmpty;
    type MetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(Schema {
            version: 0,
            block: Default::default(),
        })
    }

    async fn validate<'a>(&self, _: &mut Diagnostics, _: ValueEmpty) -> Option<()> {
        Some(())
    }

    async fn configure<'a>(&self, _: &mut Diagnostics, _: String, _: ValueEmpty) -> Option<()> {
        Some(())
    }
}

impl Lifecycle for Nothing {
    fn stop(&self) {}
}

/// A directory that must not be asked.
struct Refusing;

#[async_trait]
impl DirectoryTransport for Refusing {
    async fn one(&self, _: GraphRequest, _: &Deadline) -> Result<Value, GraphError> {
        panic!("no member is checked")
    }

    async fn all(&self, _: GraphRequest, _: &Deadline) -> Result<Vec<Value>, GraphError> {
        panic!("no member is checked")
    }
}
