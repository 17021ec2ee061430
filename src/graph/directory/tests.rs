//! Tests of the look-ups against a directory in memory: what they find, and how many requests they take.

mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;
use crate::graph::Deadline;
use crate::graph::client::GraphRequest;
use crate::graph::error::HttpError;
use crate::graph::policy::ObjectId;

/// A directory in memory: groups with the number of their users, and users. It takes 20 ms for an answer.
#[derive(Default)]
struct Fake {
    users: BTreeSet<String>,
    groups: BTreeMap<String, u64>,
    dynamic: BTreeSet<String>,
    /// Paths that are answered 403.
    forbidden: Vec<&'static str>,
    /// Whether everything fails.
    broken: AtomicBool,
    log: Mutex<Vec<String>>,
}

fn status(status: u16, code: &str) -> GraphError {
    GraphError::Http(Box::new(HttpError::new(Call::new("GET", "/"), status, code, "")))
}

impl Fake {
    fn answer(&self, request: &GraphRequest) -> Result<Value, GraphError> {
        let path = request.relative().unwrap();
        if self.broken.load(Ordering::SeqCst) {
            return Err(status(500, "internal"));
        }
        if self.forbidden.iter().any(|part| path.contains(part)) {
            return Err(status(403, "Authorization_RequestDenied"));
        }
        let segments: Vec<_> = path.trim_start_matches('/').split(['/', '?']).collect();
        let missing = || status(404, "Request_ResourceNotFound");
        match segments.as_slice() {
            ["users", _, "checkMemberGroups"] => {
                let ids = request.body().unwrap()["groupIds"].as_array().unwrap();
                assert!(ids.len() <= 20);
                let known = ids.iter().filter(|id| self.groups.contains_key(id.as_str().unwrap()));
                Ok(json!({ "value": known.collect::<Vec<_>>() }))
            }
            ["users", id, ..] => self.users.get(*id).map(|id| json!({"id": id})).ok_or_else(missing),
            ["groups", id, "transitiveMembers", ..] => {
                let count = self.groups.get(*id).ok_or_else(missing)?;
                Ok(json!(format!("\u{feff}{count}")))
            }
            ["groups", id, ..] if self.groups.contains_key(*id) => Ok(self.group(id)),
            ["groups", filter] if filter.contains("filter=") => {
                assert!(filter.contains("O%27%27Brien"), "{filter}");
                Ok(json!({"value": [self.group("g1"), self.group("g2")]}))
            }
            _ => Err(missing()),
        }
    }

    fn group(&self, id: &str) -> Value {
        let types: &[&str] = if self.dynamic.contains(id) {
            &["DynamicMembership"]
        } else {
            &[]
        };
        json!({"id": id, "groupTypes": types, "securityEnabled": true, "mailEnabled": false})
    }

    fn log(&self, line: String) {
        self.log.lock().unwrap().push(line);
    }

    fn requests(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

#[async_trait]
impl DirectoryTransport for Fake {
    async fn batch(&self, requests: Vec<GraphRequest>, _: &Deadline) -> Vec<Result<Value, GraphError>> {
        assert!(requests.len() <= 20);
        self.log(format!("batch of {}", requests.len()));
        tokio::time::sleep(Duration::from_millis(20)).await;
        requests.iter().map(|request| self.answer(request)).collect()
    }

    async fn one(&self, request: GraphRequest, _: &Deadline) -> Result<Value, GraphError> {
        self.log(request.relative().unwrap());
        tokio::time::sleep(Duration::from_millis(20)).await;
        if self.forbidden.contains(&"getByIds") {
            return Err(status(403, "Authorization_RequestDenied"));
        }
        let ids = request.body().unwrap()["ids"].as_array().unwrap();
        assert!(ids.len() <= 1000);
        let ids = ids.iter().filter_map(Value::as_str);
        let typed = |id: &str| {
            let kind = if self.users.contains(id) {
                "user"
            } else if self.groups.contains_key(id) {
                "group"
            } else {
                return None;
            };
            Some(json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": id}))
        };
        Ok(json!({ "value": ids.filter_map(typed).collect::<Vec<_>>() }))
    }

    async fn all(&self, _: GraphRequest, _: &Deadline) -> Result<Vec<Value>, GraphError> {
        let device = |id: &str, trust: &str| json!({"id": id, "trustType": trust});
        Ok(vec![
            device("d1", "AzureAd"),
            device("d2", "ServerAd"),
            device("d3", "Workplace"),
        ])
    }
}

fn directory(fake: Fake) -> (Directory, Arc<Fake>) {
    let fake = Arc::new(fake);
    (Directory::new(fake.clone(), None), fake)
}

fn small() -> Fake {
    Fake {
        users: ["u1".to_owned()].into(),
        groups: [("g1".to_owned(), 3), ("g2".to_owned(), 0), ("g3".to_owned(), 0)].into(),
        dynamic: ["g3".to_owned()].into(),
        ..Fake::default()
    }
}

fn asked(id: &str, kind: Option<Kind>) -> Asked {
    Asked {
        id: ObjectId::from_graph(id),
        kind,
    }
}

fn minute() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

fn words(found: &Result<Found, GraphError>) -> String {
    match found {
        Ok(Found::User) => "user".to_owned(),
        Ok(Found::Group { users }) => format!("group of {users}"),
        Ok(Found::EmptyGroup(group)) => format!("empty: {}", group.in_words()),
        Ok(Found::Missing) => "missing".to_owned(),
        Ok(Found::Denied(denied)) => format!("denied: {}", denied.needs.doing),
        Err(_) => "failed".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_stands_behind_an_id_whatever_it_is_said_to_be() {
    let kinds = [None, Some(Kind::User), Some(Kind::Group)];
    for (id, expected) in [
        ("u1", "user"),
        ("g1", "group of 3"),
        ("g2", "empty: a security group"),
        ("g3", "empty: a security group with a dynamic membership rule"),
        ("x", "missing"),
    ] {
        for kind in kinds {
            let (directory, _) = directory(small());
            let found = directory.verify(&[asked(id, kind)], &minute()).await;
            assert_eq!(words(&found[0]), expected, "{id} as {kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_permission_that_is_missing_is_an_answer_and_another_kind_can_still_be_told() {
    for (forbidden, id, kind, expected) in [
        (
            "groups",
            "g1",
            Some(Kind::Group),
            "denied: look up groups and count their members",
        ),
        ("groups", "g1", None, "denied: look up groups and count their members"),
        ("users", "g1", None, "group of 3"),
        ("users", "u1", Some(Kind::User), "denied: look up users"),
        ("groups", "u1", None, "user"),
        ("groups", "x", Some(Kind::User), "missing"),
        ("users", "x", Some(Kind::Group), "missing"),
    ] {
        let fake = Fake {
            forbidden: vec![forbidden],
            ..small()
        };
        let (directory, _) = directory(fake);
        let found = directory.verify(&[asked(id, kind)], &minute()).await;
        assert_eq!(words(&found[0]), expected, "{id} as {kind:?} without {forbidden}");
    }
}

/// Ten callers at a time, a millisecond apart, as often as it takes for a hundred groups.
async fn ten_at_a_time(directory: &Directory, kind: Option<Kind>) {
    for wave in 0..10 {
        let mut callers = tokio::task::JoinSet::new();
        for n in wave * 10..wave * 10 + 10 {
            let directory = directory.clone();
            callers.spawn(async move {
                tokio::time::sleep(Duration::from_millis(n % 10)).await;
                directory.verify(&[asked(&format!("g{n}"), kind)], &minute()).await
            });
        }
        for found in callers.join_all().await {
            assert_eq!(words(&found[0]), "group of 1");
        }
    }
}

fn a_hundred() -> Fake {
    Fake {
        groups: (0..100).map(|n| (format!("g{n}"), 1)).collect(),
        ..Fake::default()
    }
}

#[tokio::test(start_paused = true)]
async fn ten_callers_are_one_request_whatever_they_ask() {
    for applying in [false, true] {
        for (kind, batch) in [(Some(Kind::Group), "batch of 10"), (None, "batch of 20")] {
            let (directory, fake) = directory(a_hundred());
            if applying {
                directory.begin_to_apply();
            }
            ten_at_a_time(&directory, kind).await;
            assert_eq!(fake.requests(), [batch; 10]);
        }
    }
}

/// Says what it hears.
struct Listener(Mutex<Vec<bool>>);

impl Passenger for Arc<Listener> {
    fn board(&self) -> (GraphRequest, Landing) {
        let listener = Arc::clone(self);
        let landing = move |answer: Result<Value, GraphError>| listener.0.lock().unwrap().push(answer.is_ok());
        let request = GraphRequest::get(["users", "u1"], &READ_USERS);
        (request, Box::new(landing))
    }
}

#[tokio::test(start_paused = true)]
async fn a_passenger_goes_along_in_an_apply_where_there_is_room() {
    let fake = Arc::new(Fake {
        users: ["u1".to_owned()].into(),
        ..a_hundred()
    });
    let listener = Arc::new(Listener(Mutex::default()));
    let directory = Directory::new(fake.clone(), Some(Arc::new(Arc::clone(&listener))));
    directory.verify(&[asked("g1", Some(Kind::Group))], &minute()).await;
    directory.begin_to_apply();
    directory.verify(&[asked("g2", Some(Kind::Group))], &minute()).await;
    let twenty: Vec<_> = (10..30).map(|n| asked(&format!("g{n}"), Some(Kind::Group))).collect();
    directory.verify(&twenty, &minute()).await;
    assert_eq!(fake.requests(), ["batch of 1", "batch of 2", "batch of 20"]);
    assert_eq!(*listener.0.lock().unwrap(), [true]);
}

#[tokio::test(start_paused = true)]
async fn the_same_question_is_sent_once_and_remembered_when_it_cannot_change() {
    let (directory, fake) = directory(small());
    let question = [asked("g1", Some(Kind::Group)), asked("g2", Some(Kind::Group))];
    let soon = minute();
    let (one, other) = tokio::join!(
        directory.verify(&question[..1], &soon),
        directory.verify(&question[..1], &soon)
    );
    assert_eq!(
        (words(&one[0]), words(&other[0])),
        ("group of 3".to_owned(), "group of 3".to_owned())
    );
    assert_eq!(fake.requests(), ["batch of 1"]);
    // An empty group can be filled a moment later.
    directory.verify(&question, &minute()).await;
    directory.verify(&question, &minute()).await;
    assert_eq!(fake.requests(), ["batch of 1"; 5]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_not_remembered() {
    let (directory, fake) = directory(small());
    fake.broken.store(true, Ordering::SeqCst);
    let question = [asked("u1", Some(Kind::User))];
    assert_eq!(words(&directory.verify(&question, &minute()).await[0]), "failed");
    fake.broken.store(false, Ordering::SeqCst);
    assert_eq!(words(&directory.verify(&question, &minute()).await[0]), "user");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_users_are_one_request_when_that_is_allowed() {
    let users: BTreeSet<_> = (0..1001).map(|n| format!("u{n}")).collect();
    let question: Vec<_> = users.iter().map(|id| asked(id, Some(Kind::User))).collect();
    let (directory_of_all, fake) = directory(Fake {
        users: users.clone(),
        ..Fake::default()
    });
    let found = directory_of_all.verify(&question, &minute()).await;
    assert!(found.iter().all(|found| words(found) == "user"));
    assert_eq!(fake.requests(), ["/directoryObjects/getByIds"; 2]);

    let (directory_of_few, fake) = directory(Fake {
        users,
        forbidden: vec!["getByIds"],
        ..Fake::default()
    });
    let found = directory_of_few.verify(&question, &minute()).await;
    assert!(found.iter().all(|found| words(found) == "user"));
    assert!(fake.requests().len() <= 53, "{:?}", fake.requests());
}

#[tokio::test(start_paused = true)]
async fn ids_that_get_by_ids_leaves_out_are_asked_for_once_more() {
    let users = (0..30).map(|n| format!("u{n}")).collect();
    let (directory, _) = directory(Fake { users, ..small() });
    let mut question: Vec<_> = (0..30).map(|n| asked(&format!("u{n}"), Some(Kind::User))).collect();
    question.push(asked("x", Some(Kind::User)));
    question.push(asked("g1", Some(Kind::User)));
    let found = directory.verify(&question, &minute()).await;
    assert_eq!(words(&found[30]), "missing");
    assert_eq!(words(&found[31]), "group of 3");
}

#[tokio::test(start_paused = true)]
async fn a_question_ends_at_its_own_deadline() {
    let (directory, _) = directory(small());
    let found = directory
        .verify(
            &[asked("g1", Some(Kind::Group))],
            &Deadline::after(Duration::from_millis(5)),
        )
        .await;
    assert!(matches!(found[0], Err(GraphError::Timeout(_))), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn who_asks_what_another_asks_already_waits_no_longer_than_its_own_deadline() {
    let (directory, _) = directory(small());
    let question = [asked("g1", Some(Kind::Group))];
    let (patient, hurried) = (minute(), Deadline::after(Duration::from_millis(5)));
    let (first, second) = tokio::join!(
        directory.verify(&question, &patient),
        directory.verify(&question, &hurried)
    );
    assert_eq!(words(&first[0]), "group of 3");
    assert!(matches!(second[0], Err(GraphError::Timeout(_))), "{second:?}");
}

#[tokio::test(start_paused = true)]
async fn groups_are_checked_twenty_at_a_time() {
    let (directory, fake) = directory(small());
    let mut groups: BTreeSet<_> = (0..45).map(|n| ObjectId::from_graph(&format!("other{n}"))).collect();
    groups.insert(ObjectId::from_graph("G1"));
    let user = ObjectId::from_graph("u1");
    let found = directory.member_groups(&user, &groups, &minute()).await.unwrap();
    assert_eq!(fake.requests(), ["batch of 3"]);
    assert!(found.is_empty(), "the fake compares with case: {found:?}");
    groups.insert(ObjectId::from_graph("g2"));
    let found = directory.member_groups(&user, &groups, &minute()).await.unwrap();
    assert_eq!(found, [ObjectId::from_graph("g2")].into());
}

#[tokio::test(start_paused = true)]
async fn hybrid_joined_devices_do_not_count_and_none_counts_twice() {
    let (directory, _) = directory(small());
    let devices = directory.devices(&ObjectId::from_graph("u1"), &minute()).await.unwrap();
    assert_eq!(
        devices,
        Devices {
            counted: 2,
            others: 1,
            unknown: 0
        }
    );
}
