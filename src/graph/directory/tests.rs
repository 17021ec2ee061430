//! Tests of the look-ups against a directory in memory: the answers, and the requests that they take.

mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
    guests: BTreeSet<String>,
    /// True while everything fails.
    broken: AtomicBool,
    log: Mutex<Vec<String>>,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
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
            ["directoryObjects", "getByIds"] => {
                let ids = request.body().unwrap()["ids"].as_array().unwrap();
                assert!(ids.len() <= 1000);
                let typed = |id: &Value| self.typed(id.as_str().unwrap());
                Ok(json!({ "value": ids.iter().filter_map(typed).collect::<Vec<_>>() }))
            }
            ["users", _, "checkMemberGroups"] => {
                let ids = request.body().unwrap()["groupIds"].as_array().unwrap();
                assert!(ids.len() <= 20);
                let known = ids.iter().filter(|id| self.groups.contains_key(id.as_str().unwrap()));
                Ok(json!({ "value": known.collect::<Vec<_>>() }))
            }
            ["users", id, ..] if self.users.contains(*id) => {
                let guest = self.guests.contains(*id);
                Ok(json!({"id": id, "userType": if guest { "Guest" } else { "Member" }}))
            }
            ["groups", id, "transitiveMembers", ..] => {
                let count = self.groups.get(*id).ok_or_else(missing)?;
                Ok(json!(format!("\u{feff}{count}")))
            }
            ["groups", id, ..] if self.groups.contains_key(*id) => Ok(self.group(id)),
            _ => Err(missing()),
        }
    }

    /// An object as `getByIds` shows it.
    fn typed(&self, id: &str) -> Option<Value> {
        let user = || self.users.contains(id).then_some("user");
        let kind = user().or_else(|| self.groups.contains_key(id).then_some("group"))?;
        Some(json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": id}))
    }

    fn group(&self, id: &str) -> Value {
        let types: &[&str] = if self.dynamic.contains(id) {
            &["DynamicMembership"]
        } else {
            &[]
        };
        json!({"id": id, "groupTypes": types, "securityEnabled": true, "mailEnabled": false})
    }

    fn requests(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

#[async_trait]
impl DirectoryTransport for Fake {
    async fn one(&self, request: GraphRequest, _: &Deadline) -> Result<Value, GraphError> {
        self.log.lock().unwrap().push(request.relative()?);
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_under_way.fetch_max(under_way, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        self.answer(&request)
    }

    async fn all(&self, request: GraphRequest, _: &Deadline) -> Result<Vec<Value>, GraphError> {
        let path = request.relative()?;
        if path.starts_with("/groups?") {
            assert!(path.contains("O%27%27Brien"), "{path}");
            return Ok(vec![self.group("g1"), self.group("g2")]);
        }
        let device = |id: &str, trust: &str| json!({"id": id, "trustType": trust});
        Ok(vec![
            device("d1", "AzureAd"),
            device("d2", "ServerAd"),
            device("d3", "Workplace"),
            json!({"id": "d4", "trustType": null}),
        ])
    }
}

fn directory(fake: Fake) -> (Directory, Arc<Fake>) {
    let fake = Arc::new(fake);
    (Directory::new(fake.clone()), fake)
}

fn small() -> Fake {
    Fake {
        users: ["u1".to_owned(), "guest".to_owned()].into(),
        guests: ["guest".to_owned()].into(),
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
        Ok(Found::User { guest }) => if *guest { "guest" } else { "user" }.to_owned(),
        Ok(Found::Group { users }) => format!("group of {users}"),
        Ok(Found::EmptyGroup(group)) => format!("empty: {}", group.in_words()),
        Ok(Found::Missing) => "missing".to_owned(),
        Ok(Found::Denied(denied)) => format!("denied: {}", denied.needs.doing),
        Err(_) => "failed".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_is_what_it_is_whatever_is_said() {
    let kinds = [None, Some(Kind::User), Some(Kind::Group)];
    for (id, expected) in [
        ("u1", "user"),
        ("guest", "guest"),
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
async fn a_missing_permission_is_an_answer() {
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

#[tokio::test(start_paused = true)]
async fn a_hundred_groups_are_counted_side_by_side() {
    let (directory, fake) = directory(Fake {
        groups: (0..100).map(|n| (format!("g{n}"), 1)).collect(),
        ..Fake::default()
    });
    let question: Vec<_> = (0..100).map(|n| asked(&format!("g{n}"), Some(Kind::Group))).collect();
    let begun = tokio::time::Instant::now();
    let found = directory.verify(&question, &minute()).await;
    assert!(found.iter().all(|found| words(found) == "group of 1"));
    assert_eq!(fake.requests().len(), 100);
    assert_eq!(fake.most_under_way.load(Ordering::SeqCst), REQUESTS_UNDER_WAY);
    assert_eq!(
        begun.elapsed().as_millis() / 20,
        100_u128.div_ceil(REQUESTS_UNDER_WAY as u128)
    );
}

#[tokio::test(start_paused = true)]
async fn equal_questions_at_a_time_are_one_request() {
    let (directory, fake) = directory(small());
    for (id, expected, requests) in [
        ("g1", "group of 3", 1),
        ("g2", "empty: a security group", 2),
        ("x", "missing", 2),
    ] {
        fake.log.lock().unwrap().clear();
        let question = [asked(id, Some(Kind::Group))];
        let soon = minute();
        let (one, other) = tokio::join!(directory.verify(&question, &soon), directory.verify(&question, &soon));
        assert_eq!(
            (words(&one[0]), words(&other[0])),
            (expected.to_owned(), expected.to_owned())
        );
        assert_eq!(fake.requests().len(), requests, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn users_and_filled_groups_are_remembered_a_while() {
    let (directory, fake) = directory(small());
    for (id, kind, requests) in [
        ("g1", Kind::Group, 0),
        ("u1", Kind::User, 0),
        // These can change in the next moment.
        ("g2", Kind::Group, 2),
        ("x", Kind::User, 2),
    ] {
        let question = [asked(id, Some(kind))];
        directory.verify(&question, &minute()).await;
        fake.log.lock().unwrap().clear();
        directory.verify(&question, &minute()).await;
        assert_eq!(fake.requests().len(), requests, "{id}");
    }
    tokio::time::sleep(Duration::from_secs(31)).await;
    fake.log.lock().unwrap().clear();
    directory.verify(&[asked("g1", Some(Kind::Group))], &minute()).await;
    assert_eq!(fake.requests().len(), 1);
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
async fn a_thousand_users_are_one_request() {
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
    assert_eq!(fake.requests().len(), 1002);
}

#[tokio::test(start_paused = true)]
async fn ids_left_out_by_get_by_ids_are_asked_for_alone() {
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
async fn a_shared_question_ends_at_each_own_deadline() {
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
    assert_eq!(fake.requests().len(), 3);
    assert!(found.is_empty(), "the fake compares with case: {found:?}");
    groups.insert(ObjectId::from_graph("g2"));
    let found = directory.member_groups(&user, &groups, &minute()).await.unwrap();
    assert_eq!(found, [ObjectId::from_graph("g2")].into());
}

#[tokio::test(start_paused = true)]
async fn hybrid_joined_devices_do_not_count() {
    let (directory, _) = directory(small());
    let devices = directory.devices(&ObjectId::from_graph("u1"), &minute()).await.unwrap();
    assert_eq!(
        devices,
        Devices {
            counted: 2,
            others: 1,
            unknown: 1
        }
    );
}
