use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;
use crate::graph::client::GraphRequest;
use crate::graph::directory::DirectoryTransport;
use crate::graph::error::{Call, HttpError};

/// An object of the directory: a user of this type, or a group with the counts of its users at one look-up after the other
/// (the last one stays) and its properties.
#[derive(Clone)]
enum Object {
    User(&'static str),
    Group(VecDeque<u64>, Value),
}

/// A directory in memory, in which objects appear after so many look-ups that miss them.
#[derive(Default)]
struct Fake {
    objects: Mutex<BTreeMap<String, (usize, Object)>>,
    /// A part of the paths that are answered with this status.
    failing: Option<(&'static str, u16)>,
    requests: Mutex<usize>,
}

fn status(status: u16) -> GraphError {
    let call = Call::new("GET", "/v1.0/groups/g");
    GraphError::Http(Box::new(HttpError::new(call, status, "code", "No.")))
}

impl Fake {
    fn of(objects: impl IntoIterator<Item = (&'static str, usize, Object)>) -> Self {
        let objects = objects
            .into_iter()
            .map(|(id, unseen, object)| (id.to_owned(), (unseen, object)));
        Self {
            objects: Mutex::new(objects.collect()),
            ..Self::default()
        }
    }

    fn failing(self, part: &'static str, status: u16) -> Self {
        Self {
            failing: Some((part, status)),
            ..self
        }
    }
}

#[async_trait]
impl DirectoryTransport for Fake {
    async fn one(&self, request: GraphRequest, _: &Deadline) -> Result<Value, GraphError> {
        *self.requests.lock().unwrap() += 1;
        let path = request.relative()?;
        if let Some((_, failure)) = self.failing.filter(|(part, _)| path.contains(part)) {
            return Err(status(failure));
        }
        let parts: Vec<_> = path.split(['/', '?']).collect();
        let mut objects = self.objects.lock().unwrap();
        let (unseen, object) = objects.get_mut(parts[2]).ok_or_else(|| status(404))?;
        match (parts[1], object) {
            _ if *unseen > 0 => {
                *unseen -= 1;
                Err(status(404))
            }
            ("users", Object::User(user_type)) => Ok(json!({"id": parts[2], "userType": user_type})),
            ("groups", Object::Group(counts, _)) if path.ends_with("$count") => {
                let count = counts[0];
                if counts.len() > 1 {
                    counts.pop_front();
                }
                Ok(json!(count.to_string()))
            }
            ("groups", Object::Group(_, properties)) => {
                let mut group = json!({"id": parts[2], "displayName": "Kiosks", "groupTypes": [],
                    "securityEnabled": true, "mailEnabled": false, "createdDateTime": "2020-01-01T00:00:00Z"});
                group
                    .as_object_mut()
                    .unwrap()
                    .extend(properties.as_object().unwrap().clone());
                Ok(group)
            }
            _ => Err(status(404)),
        }
    }

    async fn all(&self, _: GraphRequest, _: &Deadline) -> Result<Vec<Value>, GraphError> {
        unreachable!("checks read no collection")
    }
}

fn group(counts: impl IntoIterator<Item = u64>) -> Object {
    Object::Group(counts.into_iter().collect(), json!({}))
}

fn empty(properties: Value) -> Object {
    Object::Group([0].into(), properties)
}

/// The moment, `minutes` ago.
fn ago(minutes: u64) -> Value {
    let time = SystemTime::now() - Duration::from_secs(60 * minutes);
    let time = azure_core::time::OffsetDateTime::from(time);
    json!({"createdDateTime": azure_core::time::to_rfc3339(&time)})
}

fn candidate(id: &str, kind: Option<Kind>, attribute: &'static str) -> Candidate {
    Candidate {
        id: ObjectId::from_graph(id),
        kind,
        path: AttributePath::new(attribute),
        place: kind.map_or("object_id".to_owned(), |kind| format!("{attribute}.{kind}s")),
    }
}

/// The result of a check, with its diagnostics and the time it took.
struct Outcome {
    checked: Option<Checked>,
    diags: Diagnostics,
    took: Duration,
}

impl Outcome {
    fn summaries(&self) -> (Vec<&str>, Vec<&str>) {
        fn all(list: &[tf_provider::Diagnostic]) -> Vec<&str> {
            list.iter().map(|one| one.summary.as_ref()).collect()
        }
        (all(&self.diags.errors), all(&self.diags.warnings))
    }
}

async fn run(fake: Fake, level: MemberChecks, candidates: &[Candidate], allowed: u64) -> Outcome {
    let mut diags = Diagnostics::default();
    let directory = Directory::new(std::sync::Arc::new(fake));
    let (begun, deadline) = (Instant::now(), Deadline::after(Duration::from_secs(allowed)));
    let checked = check(&directory, &mut diags, level, candidates, &deadline).await;
    Outcome {
        checked,
        diags,
        took: begun.elapsed(),
    }
}

/// Checks one member whose object is `object`.
async fn one(level: MemberChecks, kind: Option<Kind>, object: Option<Object>) -> Outcome {
    let fake = Fake::of(object.map(|object| ("x", 0, object)));
    run(fake, level, &[candidate("x", kind, "allowed_to_join")], 120).await
}

const USER: Option<Kind> = Some(Kind::User);
const GROUP: Option<Kind> = Some(Kind::Group);

#[tokio::test(start_paused = true)]
async fn each_problem_is_what_the_level_makes_of_it() {
    for (kind, object, summary) in [
        (USER, Some(Object::User("Member")), None),
        (None, Some(Object::User("Member")), None),
        (GROUP, Some(group([2])), None),
        (USER, None, Some("No such member in the directory")),
        (
            GROUP,
            Some(Object::User("Guest")),
            Some("The member is of another kind"),
        ),
        (USER, Some(group([2])), Some("The member is of another kind")),
        (USER, Some(group([0])), Some("The member is of another kind")),
        (GROUP, Some(group([0])), Some("The group contains no users")),
        (None, Some(group([0])), Some("The group contains no users")),
        (GROUP, Some(empty(ago(16))), Some("The group contains no users")),
    ] {
        let strict = one(MemberChecks::Error, kind, object.clone()).await;
        assert_eq!(strict.summaries(), (Vec::from_iter(summary), vec![]));
        assert_eq!(strict.checked.is_none(), summary.is_some());
        let lenient = one(MemberChecks::Warn, kind, object).await;
        let of_object = summary.map(|summary| format!("{summary}: x"));
        assert_eq!(
            lenient.summaries(),
            (vec![], of_object.iter().map(|it| &**it).collect())
        );
        assert!(lenient.checked.is_some_and(|checked| checked.awaiting.is_empty()));
    }
}

#[tokio::test(start_paused = true)]
async fn some_problems_only_warn() {
    let dynamic = json!({"groupTypes": ["DynamicMembership"]});
    for (kind, object, summary, awaited) in [
        (GROUP, empty(ago(14)), "The group contains no users yet: x", true),
        (None, empty(ago(0)), "The group contains no users yet: x", true),
        (GROUP, empty(dynamic), "The group contains no users yet: x", false),
        (
            GROUP,
            empty(json!({"visibility": "HiddenMembership"})),
            "Users cannot be counted without Member.Read.Hidden: x",
            false,
        ),
        (
            USER,
            Object::User("Guest"),
            "Guests cannot sign in to joined devices: x",
            false,
        ),
        (
            None,
            Object::User("guest"),
            "Guests cannot sign in to joined devices: x",
            false,
        ),
    ] {
        let outcome = one(MemberChecks::Error, kind, Some(object)).await;
        assert_eq!(outcome.summaries(), (vec![], vec![summary]));
        assert!(outcome.diags.warnings[0].detail.contains("allowed_to_join") || kind.is_none());
        let awaiting = outcome.checked.unwrap().awaiting;
        assert_eq!(awaiting.len(), usize::from(awaited), "{summary}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_object_is_asked_for_again() {
    for (allowed, unseen, found, took) in [
        // Each miss of a user is one of a user and of a group.
        (120, 2, true, 1),
        (120, 9, true, 30),
        (120, 10, true, 30),
        (120, 99, false, 30),
        (40, 99, false, 20),
        (4, 99, false, 2),
    ] {
        let fake = Fake::of([("x", unseen, Object::User("Member"))]);
        let candidates = [candidate("x", USER, "allowed_to_join")];
        let outcome = run(fake, MemberChecks::Error, &candidates, allowed).await;
        assert_eq!(outcome.checked.is_some(), found, "{unseen} of {allowed} s");
        assert_eq!(outcome.took.as_secs(), took, "{unseen} of {allowed} s");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_of_a_list_are_one_and_warnings_one_an_object() {
    let mut candidates: Vec<_> = (10..23)
        .map(|n| candidate(&format!("g{n}"), GROUP, "allowed_to_join"))
        .collect();
    candidates.push(candidate("u", USER, "allowed_to_join"));
    candidates.push(candidate("g10", GROUP, "local_admins"));
    let strict = run(Fake::default(), MemberChecks::Error, &candidates, 60).await;
    let paths: Vec<_> = strict
        .diags
        .errors
        .iter()
        .map(|error| error.attribute.to_string())
        .collect();
    assert_eq!(paths, ["allowed_to_join", "allowed_to_join", "local_admins"]);
    let detail = &strict.diags.errors[0].detail;
    assert!(
        detail.contains("no group with the object id in allowed_to_join.groups:\n  g10\n"),
        "{detail}"
    );
    assert!(detail.contains("g19\n  and 3 more\n"), "{detail}");

    let lenient = run(Fake::default(), MemberChecks::Warn, &candidates, 60).await;
    assert_eq!(lenient.diags.warnings.len(), 14);
    let detail = &lenient.diags.warnings[0].detail;
    assert!(
        detail.contains("allowed_to_join.groups and local_admins.groups:\n  g10\n"),
        "{detail}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_is_one_warning_that_names_it() {
    let candidates = [
        candidate("x", GROUP, "allowed_to_join"),
        candidate("y", GROUP, "local_admins"),
    ];
    let outcome = run(
        Fake::default().failing("groups", 403),
        MemberChecks::Error,
        &candidates,
        60,
    )
    .await;
    let summary = "Members were not checked: the permission GroupMember.Read.All is missing";
    assert_eq!(outcome.summaries(), (vec![], vec![summary]));
    assert_eq!(outcome.checked.unwrap().kinds.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_once() {
    let candidates = [
        candidate("x", USER, "allowed_to_join"),
        candidate("y", USER, "local_admins"),
    ];
    for (level, errors) in [(MemberChecks::Error, 1), (MemberChecks::Warn, 0)] {
        let outcome = run(Fake::default().failing("users", 500), level, &candidates, 60).await;
        let counts = (outcome.diags.errors.len(), outcome.diags.warnings.len());
        assert_eq!(counts, (errors, 1 - errors));
        assert_eq!(outcome.took, Duration::ZERO, "what failed was tried often enough");
    }
}

#[tokio::test(start_paused = true)]
async fn without_checks_only_an_omitted_kind_is_looked_up() {
    let objects = || [("g", 0, group([0])), ("u", 0, Object::User("Guest"))];
    let fake = std::sync::Arc::new(Fake::of(objects()));
    let mut diags = Diagnostics::default();
    let deadline = Deadline::after(Duration::from_secs(60));
    let named = [candidate("x", USER, "allowed_to_join")];
    let checked = check(
        &Directory::new(fake.clone()),
        &mut diags,
        MemberChecks::Off,
        &named,
        &deadline,
    )
    .await;
    assert_eq!(checked.unwrap().kinds[&named[0].id], Kind::User);
    assert_eq!(*fake.requests.lock().unwrap(), 0);

    let omitted = [candidate("g", None, "object_id"), candidate("u", None, "object_id")];
    let outcome = run(Fake::of(objects()), MemberChecks::Off, &omitted, 60).await;
    assert_eq!(outcome.summaries(), (vec![], vec![]));
    let kinds: Vec<_> = outcome.checked.unwrap().kinds.into_values().collect();
    assert_eq!(kinds, [Kind::Group, Kind::User]);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_cannot_be_found_out_is_an_error() {
    for level in MemberChecks::ALL {
        for (fake, summary) in [
            (Fake::default(), "No such member in the directory"),
            (
                Fake::default().failing("groups", 403),
                "The type of the member is unknown",
            ),
            (
                Fake::default().failing("groups", 500),
                "The type of the member could not be looked up",
            ),
        ] {
            let outcome = run(fake, level, &[candidate("x", None, "object_id")], 60).await;
            assert_eq!(outcome.summaries(), (vec![summary], vec![]), "{level:?}");
            assert!(outcome.checked.is_none());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_apply_waits_for_users_of_new_groups() {
    for (counts, allowed, took, warned) in [
        (vec![3], 300, 0, 0),
        (vec![0, 0, 2], 300, 3, 0),
        (vec![0], 300, 60, 1),
        (vec![0], 20, 10, 1),
    ] {
        let directory = Directory::new(std::sync::Arc::new(Fake::of([("g", 0, group(counts))])));
        let mut diags = Diagnostics::default();
        let (begun, deadline) = (Instant::now(), Deadline::after(Duration::from_secs(allowed)));
        await_users(&directory, &mut diags, &[ObjectId::from_graph("g")], &deadline).await;
        assert_eq!((begun.elapsed().as_secs(), diags.warnings.len()), (took, warned));
        for warning in &diags.warnings {
            assert_eq!(warning.summary, "The group contains no users yet: g");
            assert!(
                warning.detail.contains("g (\"Kiosks\", a security group)"),
                "{}",
                warning.detail
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_ends_the_waits() {
    let cancel = tokio_util::sync::CancellationToken::new();
    let directory = Directory::new(std::sync::Arc::new(Fake::of([("g", 0, group([0]))])));
    let deadline = Deadline::after(Duration::from_secs(300)).with_cancellation(cancel.clone());
    let mut diags = Diagnostics::default();
    let begun = Instant::now();
    let groups = [ObjectId::from_graph("g")];
    tokio::join!(await_users(&directory, &mut diags, &groups, &deadline), async {
        sleep(Duration::from_secs(5)).await;
        cancel.cancel();
    });
    assert_eq!((begun.elapsed().as_secs(), diags.warnings.len()), (5, 0));
}
