//! Tests of the resource as Terraform uses it, over a tenant in memory.

mod life;
mod many;
mod planning;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::*;
use crate::graph::client::{ClientOptions, GraphRequest};
use crate::graph::credential::ClientSecret;
use crate::graph::directory::{Directory, DirectoryTransport};
use crate::graph::error::{Call, HttpError};
use crate::graph::store::{PolicyStore, StoreOptions};
use crate::graph::{Cloud, CredentialConfig, Deadline, GraphClient, GraphError, PolicyTransport, Secret};
use crate::members::clash::Claim;
use crate::members::{List, MemberChecks};
use crate::session::{PolicyRead, Ready};
use crate::settings::attributes::Scope;

const TENANT: &str = "7b795fb9-09d3-42f4-a494-38864f99ba3c";

/// A tenant: its list of who may join, and how many users are in which group. Everything takes 20 ms.
struct Tenant {
    list: Mutex<Json>,
    groups: BTreeMap<String, u64>,
    denied: bool,
    log: Mutex<Vec<&'static str>>,
}

impl Tenant {
    fn of(list: Json, groups: impl IntoIterator<Item = (u32, u64)>) -> Arc<Self> {
        Arc::new(Self {
            list: Mutex::new(list),
            groups: groups.into_iter().map(|(n, users)| (id(n), users)).collect(),
            denied: false,
            log: Mutex::default(),
        })
    }

    fn policy(&self) -> Json {
        json!({
            "userDeviceQuota": 50,
            "multiFactorAuthConfiguration": "notRequired",
            "azureADRegistration": {"isAdminConfigurable": false, "allowedToRegister": none()},
            "azureADJoin": {"isAdminConfigurable": true, "allowedToJoin": *self.list.lock().unwrap(),
                "localAdmins": {"enableGlobalAdmins": true, "registeringUsers": none()}},
            "localAdminPassword": {"isEnabled": false}
        })
    }

    async fn takes_a_moment(&self, request: &'static str) {
        self.log.lock().unwrap().push(request);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    fn count(&self, request: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|one| **one == request).count()
    }
}

#[async_trait]
impl PolicyTransport for Tenant {
    async fn fetch(&self, _: &Deadline) -> Result<String, GraphError> {
        self.takes_a_moment("GET").await;
        Ok(self.policy().to_string())
    }

    async fn replace(&self, body: String, _: &Deadline) -> Result<String, GraphError> {
        self.takes_a_moment("PUT").await;
        let body: Json = serde_json::from_str(&body).unwrap();
        *self.list.lock().unwrap() = body["azureADJoin"]["allowedToJoin"].clone();
        Ok(self.policy().to_string())
    }
}

#[async_trait]
impl DirectoryTransport for Tenant {
    async fn batch(&self, requests: Vec<GraphRequest>, _: &Deadline) -> Vec<Result<Json, GraphError>> {
        self.takes_a_moment("batch").await;
        let error = |status| {
            let error = HttpError::new(Call::new("GET", "/"), status, "code", "");
            Err(GraphError::Http(Box::new(error)))
        };
        let answer = |request: &GraphRequest| {
            let path = request.relative().unwrap();
            let parts: Vec<_> = path.split(['/', '?']).collect();
            match (self.denied, parts[1], parts.get(2).and_then(|id| self.groups.get(*id))) {
                (_, "policies", _) => Ok(self.policy()),
                (true, ..) => error(403),
                (_, "groups", Some(users)) if path.ends_with("$count") => Ok(json!(users.to_string())),
                (_, "groups", Some(_)) => Ok(json!({"id": parts[2], "groupTypes": [], "securityEnabled": true})),
                _ => error(404),
            }
        };
        requests.iter().map(answer).collect()
    }

    async fn one(&self, _: GraphRequest, _: &Deadline) -> Result<Json, GraphError> {
        unreachable!("members are asked for one by one")
    }

    async fn all(&self, _: GraphRequest, _: &Deadline) -> Result<Vec<Json>, GraphError> {
        unreachable!("members have no pages")
    }
}

fn id(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

fn scope(name: &str) -> Json {
    json!({ "@odata.type": format!("#microsoft.graph.{name}DeviceRegistrationMembership") })
}

fn none() -> Json {
    scope("no")
}

fn selected(users: &[u32], groups: &[u32]) -> Json {
    let ids = |ids: &[u32]| ids.iter().map(|n| json!(id(*n))).collect::<Json>();
    let mut membership = scope("enumerated");
    membership["users"] = ids(users);
    membership["groups"] = ids(groups);
    membership
}

/// A process of the provider, configured for the tenant.
fn process(tenant: &Arc<Tenant>) -> (Arc<DeviceJoinMember>, Ready) {
    process_with(tenant, MemberChecks::Error)
}

fn process_with(tenant: &Arc<Tenant>, checks: MemberChecks) -> (Arc<DeviceJoinMember>, Ready) {
    let credential = CredentialConfig::ClientSecret(ClientSecret {
        tenant_id: TENANT.to_owned(),
        client_id: "client".to_owned(),
        secret: Secret::new("secret"),
    });
    let options = ClientOptions::new(Cloud::global().unwrap(), credential);
    let store = PolicyStore::new(tenant.clone(), StoreOptions::default());
    let ready = Ready {
        store: store.clone(),
        directory: Directory::new(tenant.clone(), Some(Arc::new(PolicyRead(store)))),
        ..Ready::new(GraphClient::new(options).unwrap(), checks)
    };
    let session = Session::default();
    session.configure(ready.clone());
    (Arc::new(DeviceJoinMember::new(session)), ready)
}

fn group(n: u32) -> MemberState {
    MemberState {
        object_id: Value::Value(id(n)),
        kind: Value::Value("group".to_owned()),
        ..MemberState::default()
    }
}

fn untyped(n: u32) -> MemberState {
    MemberState {
        kind: Value::Null,
        ..group(n)
    }
}

type Planned = Option<(MemberState, Option<Private>)>;

async fn plan(resource: &DeviceJoinMember, config: &MemberState) -> (Planned, Diagnostics) {
    let mut diags = Diagnostics::default();
    let planned = resource.plan_create(&mut diags, config.clone(), config.clone(), Value::Null);
    (planned.await, diags)
}

async fn apply(resource: &DeviceJoinMember, config: &MemberState) -> (Option<MemberState>, Diagnostics) {
    let (planned, mut diags) = plan(resource, config).await;
    let Some((planned, private)) = planned.filter(|_| diags.errors.is_empty()) else {
        return (None, diags);
    };
    let created = resource
        .create(&mut diags, planned, config.clone(), private, Value::Null)
        .await;
    (created.map(|(state, _)| state), diags)
}

fn summaries(list: &[tf_provider::Diagnostic]) -> Vec<&str> {
    list.iter().map(|one| one.summary.as_ref()).collect()
}
