//! Tests of the resource as Terraform uses it, over a tenant in memory.

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
use crate::graph::{Cloud, CredentialConfig, GraphClient, GraphError, PolicyTransport, Secret};
use crate::members::ledger::Claim;
use crate::members::{List, MemberChecks};
use crate::session::Ready;
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
            "azureADJoin": {"isAdminConfigurable": true, "allowedToJoin": *self.list.lock().unwrap()},
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
    async fn fetch(&self, _: &Deadline) -> Result<Json, GraphError> {
        self.takes_a_moment("GET").await;
        Ok(self.policy())
    }

    async fn replace(&self, body: Json, _: &Deadline) -> Result<Json, GraphError> {
        self.takes_a_moment("PUT").await;
        *self.list.lock().unwrap() = body["azureADJoin"]["allowedToJoin"].clone();
        Ok(self.policy())
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
            match (self.denied, parts[1], self.groups.get(parts[2])) {
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
    let credential = CredentialConfig::ClientSecret(ClientSecret {
        tenant_id: TENANT.to_owned(),
        client_id: "client".to_owned(),
        secret: Secret::new("secret"),
    });
    let options = ClientOptions::new(Cloud::global().unwrap(), credential);
    let ready = Ready {
        store: PolicyStore::new(tenant.clone(), StoreOptions::default()),
        directory: Directory::new(tenant.clone()),
        ..Ready::new(GraphClient::new(options).unwrap(), MemberChecks::Error)
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

#[tokio::test(start_paused = true)]
async fn a_member_comes_and_goes_and_others_stay() {
    let tenant = Tenant::of(selected(&[7], &[8]), [(1, 3)]);
    let (planning, _) = process(&tenant);
    let (planned, diags) = plan(&planning, &group(1)).await;
    let (planned, _) = planned.unwrap();
    assert_eq!(planned.id, Value::Value(format!("join/group/{}", id(1))));
    assert_eq!(planned.tenant_id, Value::Value(TENANT.to_owned()));
    assert!(diags.errors.is_empty() && diags.warnings.is_empty());

    let (applying, _) = process(&tenant);
    let (state, _) = apply(&applying, &group(1)).await;
    let state = state.unwrap();
    assert_eq!(state, planned);
    assert_eq!(*tenant.list.lock().unwrap(), selected(&[7], &[8, 1]));

    let (later, _) = process(&tenant);
    let mut diags = Diagnostics::default();
    let read = later.read(&mut diags, state.clone(), None, Value::Null).await;
    assert_eq!(read.map(|(state, _)| state), Some(state.clone()));
    assert!(
        later
            .destroy(&mut diags, state.clone(), None, Value::Null)
            .await
            .is_some()
    );
    assert_eq!(*tenant.list.lock().unwrap(), selected(&[7], &[8]));
    let (afterwards, _) = process(&tenant);
    assert!(afterwards.read(&mut diags, state, None, Value::Null).await.is_none());
    assert!(diags.errors.is_empty(), "a member that was removed is no error");
}

#[tokio::test(start_paused = true)]
async fn the_first_member_opens_the_list_and_the_last_one_closes_it() {
    let tenant = Tenant::of(none(), [(1, 3)]);
    let (resource, _) = process(&tenant);
    let (state, diags) = apply(&resource, &group(1)).await;
    assert_eq!(summaries(&diags.warnings), ["allowed_to_join becomes \"selected\""]);
    assert_eq!(*tenant.list.lock().unwrap(), selected(&[], &[1]));
    let (resource, _) = process(&tenant);
    let mut diags = Diagnostics::default();
    let state = state.unwrap();
    resource
        .plan_destroy(&mut diags, state.clone(), None, Value::Null)
        .await;
    assert_eq!(summaries(&diags.warnings), ["allowed_to_join becomes \"none\""]);
    resource.destroy(&mut diags, state, None, Value::Null).await.unwrap();
    assert_eq!(*tenant.list.lock().unwrap(), none());
}

#[tokio::test(start_paused = true)]
async fn nobody_is_shut_out_by_a_first_member() {
    let tenant = Tenant::of(scope("all"), [(1, 3)]);
    let (resource, ready) = process(&tenant);
    let (_, diags) = plan(&resource, &group(1)).await;
    assert_eq!(summaries(&diags.errors), ["The scope of allowed_to_join is \"all\""]);
    // The settings resource has been planned to make it a selection, and then was not applied.
    let claim = Claim {
        scope: Scope::Selected,
        users: false,
        groups: false,
    };
    ready.ledger.claim(List::Join, claim);
    let (state, diags) = apply(&resource, &group(1)).await;
    assert_eq!(state, None);
    assert_eq!(summaries(&diags.errors), ["The scope of allowed_to_join is \"all\""]);
    assert_eq!(tenant.count("PUT"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_there_already_is_adopted_unchecked_and_said_to_be() {
    let tenant = Tenant::of(selected(&[], &[9]), []);
    for config in [group(9), untyped(9)] {
        let (resource, ready) = process(&tenant);
        assert!(ready.ledger.first_time("policy"));
        let (state, diags) = apply(&resource, &config).await;
        assert_eq!(state.unwrap().kind, Value::Value("group".to_owned()));
        assert_eq!(summaries(&diags.warnings), ["The group is a member already"]);
    }
    assert_eq!((tenant.count("PUT"), tenant.count("batch")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_omitted_type_is_found_out_or_asked_for() {
    let tenant = Tenant::of(none(), [(1, 3)]);
    let (resource, _) = process(&tenant);
    let (planned, _) = plan(&resource, &untyped(1)).await;
    assert_eq!(planned.unwrap().0.kind, Value::Value("group".to_owned()));
    let (_, diags) = plan(&resource, &untyped(2)).await;
    assert_eq!(summaries(&diags.errors), ["No such member in the directory"]);
    let tenant = Arc::new(Tenant {
        denied: true,
        ..Arc::into_inner(Tenant::of(none(), [(1, 3)])).unwrap()
    });
    let (resource, _) = process(&tenant);
    let (_, diags) = plan(&resource, &untyped(1)).await;
    assert_eq!(summaries(&diags.errors), ["The type of the member cannot be found out"]);
    let (state, diags) = apply(&resource, &group(1)).await;
    assert!(state.is_some(), "a permission that is missing only warns");
    assert!(
        diags
            .warnings
            .iter()
            .any(|one| one.summary.contains("GroupMember.Read.All"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_member_that_fails_its_check_is_not_written_in_the_plan_or_in_the_apply() {
    let tenant = Tenant::of(none(), [(1, 3), (2, 0)]);
    let (resource, _) = process(&tenant);
    for (n, summary) in [
        (2, "The group contains no users"),
        (3, "No such member in the directory"),
    ] {
        let (_, diags) = plan(&resource, &group(n)).await;
        assert_eq!(summaries(&diags.errors), [summary]);
    }
    assert!(apply(&resource, &group(1)).await.0.is_some());
    // From now on the plan only asks, and the apply waits for the answer.
    let (planned, diags) = plan(&resource, &group(2)).await;
    assert!(diags.errors.is_empty());
    assert_eq!(planned.unwrap().1, Some(Private { checked: false }));
    let (state, diags) = apply(&resource, &group(2)).await;
    assert_eq!(state, None);
    assert_eq!(summaries(&diags.errors), ["The group contains no users"]);
    assert_eq!(*tenant.list.lock().unwrap(), selected(&[], &[1]));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_members_ten_at_a_time_take_few_requests() {
    let tenant = Tenant::of(none(), (0..100).map(|n| (n, 1)));
    let begun = tokio::time::Instant::now();
    for phase in ["plan", "apply"] {
        let (resource, _) = process(&tenant);
        for wave in 0..10 {
            let mut members = tokio::task::JoinSet::new();
            for n in wave * 10..wave * 10 + 10 {
                let resource = Arc::clone(&resource);
                members.spawn(async move {
                    tokio::time::sleep(Duration::from_millis(u64::from(n % 10) / 2)).await;
                    if phase == "plan" {
                        assert!(plan(&resource, &group(n)).await.0.is_some());
                    } else {
                        assert!(apply(&resource, &group(n)).await.0.is_some());
                    }
                });
            }
            members.join_all().await;
        }
    }
    assert_eq!(tenant.list.lock().unwrap()["groups"].as_array().unwrap().len(), 100);
    let requests = tenant.log.lock().unwrap().len();
    assert!(requests <= 50, "{requests}");
    assert!(begun.elapsed() < Duration::from_millis(1100), "{:?}", begun.elapsed());
    tenant.log.lock().unwrap().clear();
    let (resource, ready) = process(&tenant);
    for n in 0..100 {
        let kind = crate::graph::directory::Kind::Group;
        let id = crate::graph::policy::ObjectId::from_graph(&id(n));
        let member = Member {
            list: List::Join,
            kind,
            id,
        };
        let mut state = group(n);
        state.set_member(&member);
        let read = resource
            .read(&mut Diagnostics::default(), state, None, Value::Null)
            .await;
        assert!(read.is_some());
    }
    drop(ready);
    assert_eq!(tenant.log.lock().unwrap().as_slice(), ["GET"]);
}

#[tokio::test(start_paused = true)]
async fn another_member_is_another_resource_and_another_spelling_is_not() {
    let tenant = Tenant::of(none(), [(1, 3)]);
    let (resource, _) = process(&tenant);
    let mut prior = group(1);
    prior.object_id = Value::Value("0000000a-0000-4000-8000-000000000001".to_owned());
    let member = prior.member().unwrap();
    prior.set_member(&member);
    let replaced = async |config: MemberState| {
        let proposed = config.clone();
        let updated = resource.plan_update(
            &mut Diagnostics::default(),
            prior.clone(),
            proposed,
            config,
            None,
            Value::Null,
        );
        let (state, _, replaced) = updated.await.unwrap();
        (state, replaced)
    };
    let same = MemberState {
        kind: Value::Null,
        list: Value::Null,
        id: Value::Null,
        ..prior.clone()
    };
    assert_eq!(replaced(same.clone()).await, (prior.clone(), vec![]));
    let upper = Value::Value("0000000A-0000-4000-8000-000000000001".to_owned());
    let respelled = MemberState {
        object_id: upper,
        ..same.clone()
    };
    let (state, paths) = replaced(respelled).await;
    assert_eq!(paths, []);
    assert_eq!(
        state.id,
        Value::Value("join/group/0000000A-0000-4000-8000-000000000001".to_owned())
    );
    for (config, path) in [
        (
            MemberState {
                object_id: Value::Value(id(2)),
                ..same.clone()
            },
            "object_id",
        ),
        (
            MemberState {
                object_id: Value::Unknown,
                ..same.clone()
            },
            "object_id",
        ),
        (
            MemberState {
                list: Value::Value("register".to_owned()),
                ..same.clone()
            },
            "list",
        ),
        (
            MemberState {
                kind: Value::Value("user".to_owned()),
                ..same.clone()
            },
            "type",
        ),
    ] {
        let (state, paths) = replaced(config).await;
        assert_eq!(paths, [AttributePath::new(path)]);
        assert!(state.id.is_unknown());
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_microsoft_fixes_is_refused() {
    let tenant = Tenant::of(none(), [(1, 3)]);
    let (resource, _) = process(&tenant);
    let config = MemberState {
        list: Value::Value("register".to_owned()),
        ..group(1)
    };
    let (planned, diags) = plan(&resource, &config).await;
    assert!(planned.is_none());
    let expected = "This tenant does not let its administrators change allowed_to_register";
    assert_eq!(summaries(&diags.errors), [expected]);
}

#[tokio::test(start_paused = true)]
async fn an_import_finds_what_is_there_and_nothing_else() {
    let tenant = Tenant::of(selected(&[], &[9]), []);
    let (resource, _) = process(&tenant);
    let mut diags = Diagnostics::default();
    let imported = resource.import(&mut diags, format!("join/group/{}", id(9))).await;
    let (state, _) = imported.unwrap();
    assert_eq!(state.member().unwrap().resource_id(), format!("join/group/{}", id(9)));
    for (wrong, summary) in [
        (format!("join/user/{}", id(9)), "Not a member"),
        (format!("join/{}", id(9)), "Unknown import id"),
    ] {
        let mut diags = Diagnostics::default();
        assert!(resource.import(&mut diags, wrong).await.is_none());
        assert_eq!(summaries(&diags.errors), [summary]);
    }
}
