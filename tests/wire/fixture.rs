//! A provider that shows every kind of value and can be told to misbehave.
//!
//! It is served by this very test binary, started for the one test that does
//! not test: [`serve_the_fixture`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use terraform_provider_autopilot::plugin::{self, Catalog, Identity, Lifecycle, Report, ResourceExt};
use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, FunctionSchema, NestedBlock, Parameter, Schema, Type,
};
use tf_provider::value::{Value, ValueAny, ValueEmpty};
use tf_provider::{AttributePath, DataSource, Diagnostics, Function, Provider, Resource, map};
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

const SERVE: &str = "SERVE_THE_FIXTURE";

/// This binary, as the fixture's provider.
pub(crate) fn command() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "fixture::serve_the_fixture", "--ignored", "--nocapture"])
        .env(SERVE, "1");
    command
}

#[test]
#[ignore = "serves the fixture to other tests, which start it"]
fn serve_the_fixture() {
    if std::env::var_os(SERVE).is_some() {
        let identity = Identity {
            name: "fixture",
            address: "example.com/test/fixture",
            version: "0.0.1",
        };
        let _ = plugin::run_with(&identity, std::iter::empty(), catalog);
    }
}

/// The same provider, for tests of the schemas.
pub(crate) fn catalog() -> Catalog {
    let shared = Arc::new(Shared {
        stop: CancellationToken::new(),
        waiting: Semaphore::new(0),
    });
    Catalog::new(Fixture(Arc::clone(&shared)))
        .resource("fixture_thing", Thing(Arc::clone(&shared)))
        .data_source("fixture_waiting", Waiting(shared))
        .function("add_up", AddUp)
}

struct Shared {
    stop: CancellationToken,
    /// Has a permit for each operation that has begun to wait.
    waiting: Semaphore,
}

struct Fixture(Arc<Shared>);

#[derive(Serialize, Deserialize)]
struct Config {
    token: Value<String>,
}

impl Lifecycle for Fixture {
    fn stop(&self) {
        self.0.stop.cancel();
    }
}

#[async_trait]
impl Provider for Fixture {
    type Config<'a> = Config;
    type MetaState<'a> = Value<ValueEmpty>;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema(
            map! { "token" => attribute(AttributeType::String, AttributeConstraint::Optional) },
            map! {},
        ))
    }

    async fn configure<'a>(&self, diags: &mut Diagnostics, version: String, config: Config) -> Option<()> {
        if config.token == Value::Value("silent".to_owned()) {
            return None;
        }
        diags.warning_at(AttributePath::root(), "Configured", format!("by {version}"));
        Some(())
    }
}

struct Thing(Arc<Shared>);

#[derive(Clone, Serialize, Deserialize)]
struct ThingState {
    id: Value<String>,
    name: Value<String>,
    size: Value<i64>,
    ratio: Value<f64>,
    enabled: Value<bool>,
    labels: Value<Vec<Value<String>>>,
    tags: Value<BTreeMap<String, Value<String>>>,
    members: Value<BTreeSet<Value<String>>>,
    nested: Value<Nested>,
    choices: Value<BTreeSet<Value<Nested>>>,
    anything: Value<(String, ValueAny)>,
    timeouts: Vec<Timeout>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Nested {
    scope: Value<String>,
    level: Value<i64>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Timeout {
    create: Value<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Remembered {
    note: String,
}

type Private = Option<Remembered>;

impl ThingState {
    fn name(&self) -> &str {
        match &self.name {
            Value::Value(name) => name,
            _ => "",
        }
    }
}

fn remember(note: impl Into<String>) -> Private {
    Some(Remembered { note: note.into() })
}

#[async_trait]
impl Resource for Thing {
    type State<'a> = ThingState;
    type PrivateState<'a> = Private;
    type ProviderMetaState<'a> = Value<ValueEmpty>;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        use AttributeConstraint::{Computed, Optional, OptionalComputed, Required};
        let string = || Box::new(AttributeType::String);
        let nested = || -> HashMap<String, Attribute> {
            map! {
                "scope" => attribute(AttributeType::String, Required),
                "level" => attribute(AttributeType::Number, Optional)
            }
        };
        let timeout = Block {
            attributes: map! { "create" => attribute(AttributeType::String, Optional) },
            ..Block::default()
        };
        let attributes = map! {
            "id" => attribute(AttributeType::String, Computed),
            "name" => attribute(AttributeType::String, Required),
            "size" => attribute(AttributeType::Number, OptionalComputed),
            "ratio" => attribute(AttributeType::Number, Optional),
            "enabled" => attribute(AttributeType::Bool, Optional),
            "labels" => attribute(AttributeType::List(string()), Optional),
            "tags" => attribute(AttributeType::Map(string()), Optional),
            "members" => attribute(AttributeType::Set(string()), Optional),
            "nested" => attribute(AttributeType::AttributeSingle(nested()), Optional),
            "choices" => attribute(AttributeType::AttributeSet(nested()), Optional),
            "anything" => attribute(AttributeType::Any, Optional)
        };
        Some(schema(attributes, map! { "timeouts" => NestedBlock::List(timeout) }))
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: ThingState) -> Option<()> {
        match config.name() {
            "bad" => diags.error_at(AttributePath::new("name"), "Bad name", "Choose another."),
            "silent" => return None,
            _ => {}
        }
        Some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: ThingState,
        private: Private,
        _: Value<ValueEmpty>,
    ) -> Option<(ThingState, Private)> {
        match state.name() {
            "gone" => None,
            "broken" => {
                diags.error_at(AttributePath::root(), "Broken", "It cannot be read.");
                None
            }
            _ => Some((state, private)),
        }
    }

    async fn plan_create<'a>(
        &self,
        _: &mut Diagnostics,
        mut proposed: ThingState,
        _: ThingState,
        _: Value<ValueEmpty>,
    ) -> Option<(ThingState, Private)> {
        proposed.id = Value::Unknown;
        if proposed.size.is_null() {
            proposed.size = Value::Unknown;
        }
        Some((proposed, remember("planned")))
    }

    async fn plan_update<'a>(
        &self,
        _: &mut Diagnostics,
        prior: ThingState,
        proposed: ThingState,
        _: ThingState,
        private: Private,
        _: Value<ValueEmpty>,
    ) -> Option<(ThingState, Private, Vec<AttributePath>)> {
        let replace = if prior.name() == proposed.name() {
            vec![]
        } else {
            vec![AttributePath::new("name")]
        };
        Some((proposed, private, replace))
    }

    async fn plan_destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: ThingState,
        private: Private,
        _: Value<ValueEmpty>,
    ) -> Option<Private> {
        diags.warning_at(AttributePath::root(), "Destroying", prior.name().to_owned());
        Some(private)
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        mut planned: ThingState,
        _: ThingState,
        private: Private,
        _: Value<ValueEmpty>,
    ) -> Option<(ThingState, Private)> {
        match planned.name() {
            "wait" | "never" => {
                self.0.waiting.add_permits(1);
                if planned.name() == "never" {
                    std::future::pending::<()>().await;
                }
                self.0.stop.cancelled().await;
                diags.error_at(AttributePath::root(), "Stopped", "It was stopped while it waited.");
                return None;
            }
            "silent" => return None,
            "half" => diags.error_at(AttributePath::root(), "Half done", "It is there, but not finished."),
            _ => {}
        }
        planned.id = Value::Value("1".to_owned());
        if planned.size.is_unknown() {
            planned.size = Value::Value(7);
        }
        let note = private.map(|private| private.note).unwrap_or_default();
        Some((planned, remember(format!("{note}, created"))))
    }

    async fn update<'a>(
        &self,
        diags: &mut Diagnostics,
        _: ThingState,
        planned: ThingState,
        _: ThingState,
        private: Private,
        _: Value<ValueEmpty>,
    ) -> Option<(ThingState, Private)> {
        if planned.name() == "broken" {
            diags.error_at(AttributePath::root(), "Broken", "It cannot be updated.");
            return None;
        }
        Some((planned, private))
    }

    async fn destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: ThingState,
        _: Private,
        _: Value<ValueEmpty>,
    ) -> Option<()> {
        if prior.name() == "sticky" {
            diags.error_at(AttributePath::root(), "Sticky", "It stays.");
        }
        Some(())
    }

    async fn import<'a>(&self, diags: &mut Diagnostics, id: String) -> Option<(ThingState, Private)> {
        if id != "1" {
            diags.error_at(AttributePath::root(), "Not found", format!("There is no {id:?}."));
            return None;
        }
        Some((ThingState::imported(id), remember("imported")))
    }
}

impl ThingState {
    fn imported(id: String) -> Self {
        Self {
            id: Value::Value(id),
            name: Value::Value("imported".to_owned()),
            size: Value::Null,
            ratio: Value::Null,
            enabled: Value::Null,
            labels: Value::Null,
            tags: Value::Null,
            members: Value::Null,
            nested: Value::Null,
            choices: Value::Null,
            anything: Value::Null,
            timeouts: Vec::new(),
        }
    }
}

#[async_trait]
impl ResourceExt for Thing {
    async fn replan_create<'a>(
        &self,
        diags: &mut Diagnostics,
        planned: Private,
        proposed: ThingState,
        config: ThingState,
        meta: Value<ValueEmpty>,
    ) -> Option<(ThingState, Private)> {
        let (state, _) = self.plan_create(diags, proposed, config, meta).await?;
        let note = planned.map(|planned| planned.note).unwrap_or_default();
        Some((state, remember(format!("{note} again"))))
    }
}

/// Its reading ends when something waits.
struct Waiting(Arc<Shared>);

#[derive(Serialize, Deserialize)]
struct WaitingState {
    waits: Value<bool>,
}

#[async_trait]
impl DataSource for Waiting {
    type State<'a> = WaitingState;
    type ProviderMetaState<'a> = Value<ValueEmpty>;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        let waits = attribute(AttributeType::Bool, AttributeConstraint::Computed);
        Some(schema(map! { "waits" => waits }, map! {}))
    }

    async fn read<'a>(&self, _: &mut Diagnostics, _: WaitingState, _: Value<ValueEmpty>) -> Option<WaitingState> {
        self.0.waiting.acquire().await.ok()?.forget();
        Some(WaitingState {
            waits: Value::Value(true),
        })
    }
}

struct AddUp;

#[async_trait]
impl Function for AddUp {
    type Input<'a> = Vec<i64>;
    type Output<'a> = i64;

    fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
        let number = |name: &str| Parameter {
            name: name.to_owned(),
            param_type: Type::Number,
            ..Parameter::default()
        };
        Some(FunctionSchema {
            parameters: vec![number("first")],
            variadic: Some(number("more")),
            return_type: Type::Number,
            ..FunctionSchema::default()
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, numbers: Vec<i64>) -> Option<i64> {
        match numbers.iter().position(|number| *number < 0) {
            Some(index) => {
                diags.argument_error(i64::try_from(index).unwrap(), "negative");
                None
            }
            None => Some(numbers.iter().sum()),
        }
    }
}

fn attribute(attr_type: AttributeType, constraint: AttributeConstraint) -> Attribute {
    Attribute {
        attr_type,
        constraint,
        ..Attribute::default()
    }
}

fn schema(attributes: HashMap<String, Attribute>, blocks: HashMap<String, NestedBlock>) -> Schema {
    Schema {
        version: 1,
        block: Block {
            attributes,
            blocks,
            ..Block::default()
        },
    }
}
