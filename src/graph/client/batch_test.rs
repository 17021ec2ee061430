//! Tests of batches: what a part looks like on the way out and back, and which parts are sent again.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use super::*;
use crate::graph::client::answer::read;
use crate::graph::client::wire_tests::{Numbered, client, options, soon};
use crate::graph::credential::{Asking, Issued, TokenSource};
use crate::graph::error::GivenUp;
use crate::graph::permission::READ_POLICY;
use crate::graph::retry::RetryPolicy;
use crate::graph::testing::{Reply, Server, json as reply};

#[test]
fn a_part_has_a_relative_address_and_its_own_headers() {
    let count = GraphRequest::get(["groups", "g", "$count"], &READ_POLICY)
        .header("consistencylevel", "eventual")
        .expecting(Expect::Text);
    assert_eq!(
        part_json(3, &count).unwrap(),
        json!({"id": "3", "method": "GET", "url": "/groups/g/$count", "headers": {"consistencylevel": "eventual"}})
    );
    let post = GraphRequest::post(
        ["users", "u", "checkMemberGroups"],
        json!({"groupIds": []}),
        &READ_POLICY,
    );
    assert_eq!(
        part_json(0, &post).unwrap(),
        json!({
            "id": "0",
            "method": "POST",
            "url": "/users/u/checkMemberGroups",
            "headers": {"Content-Type": "application/json"},
            "body": {"groupIds": []}
        })
    );
}

#[test]
fn a_count_is_read_in_every_spelling() {
    for (body, text) in [
        (json!(42), "42"),
        (json!("42"), "42"),
        (json!("NDI="), "42"),
        (json!("0"), "0"),
        (json!("MA=="), "0"),
    ] {
        let mut answer = part_answer(json!({"id": "0", "status": 200, "body": body})).unwrap();
        as_text(&mut answer);
        assert_eq!(answer.body.bytes, text.as_bytes(), "{body}");
        assert_eq!(answer.header("content-type"), Some("text/plain"));
    }
    let error = json!({"id": "0", "status": 404, "body": {"error": {"code": "Request_ResourceNotFound"}}});
    let mut answer = part_answer(error).unwrap();
    as_text(&mut answer);
    assert!(answer.body.bytes.starts_with(b"{"), "an error stays what it is");
}

#[test]
fn what_is_no_answer_is_missing() {
    for odd in [
        json!({}),
        json!({"id": "0"}),
        json!({"status": 20}),
        json!({"status": "200"}),
        json!(7),
    ] {
        assert!(part_answer(odd).is_none());
    }
}

fn question() -> GraphRequest {
    GraphRequest::get(["users", "u"], &READ_POLICY)
}

/// The answers of `rounds` to as many questions, and which of them were asked for in each round.
async fn run(
    policy: &RetryPolicy,
    allowed: Duration,
    count: usize,
    rounds: Vec<Vec<Value>>,
) -> (Vec<Answered>, Vec<Vec<usize>>) {
    let deadline = Deadline::after(allowed);
    let request = question();
    let mut asked = Vec::new();
    let mut state = Rounds::new(Tries::new(policy, &deadline));
    for at in 0..count {
        let part = Part {
            at,
            request: &request,
            call: Call::new("GET", "/v1.0/users/u"),
            json: part_json(at, &request).unwrap(),
        };
        state.add(at, Ok(part));
    }
    for responses in rounds {
        let places: Vec<_> = state.pending.iter().map(|part| part.at).collect();
        let answers = responses
            .into_iter()
            .map(|response| part_answer(response).expect("an answer"));
        let found = places.iter().copied().zip(answers).collect();
        asked.push(places);
        let next = state.take(found, |part, exchanged| {
            read(part.request, part.call.clone(), exchanged)
        });
        if let Some(wait) = next.wait {
            state.tries.pause(wait).await.unwrap();
        }
    }
    assert!(state.pending.is_empty());
    (state.answers().collect(), asked)
}

fn statuses(answered: &[Answered]) -> Vec<u16> {
    let status = |answered: &Answered| match answered {
        Ok(response) => response.status,
        Err(error) => error.status().unwrap_or_default(),
    };
    answered.iter().map(status).collect()
}

fn throttling(answered: &Answered) -> (Option<Duration>, GivenUp) {
    match answered {
        Err(GraphError::Throttled(throttled)) => (throttled.asked, throttled.why),
        other => panic!("{other:?}"),
    }
}

fn good() -> Value {
    json!({"status": 200, "body": {}})
}

fn throttled(seconds: &str) -> Value {
    json!({"status": 429, "headers": {"Retry-After": seconds}})
}

fn expired() -> Value {
    json!({"status": 401, "body": {"error": {"code": "InvalidAuthenticationToken", "message": "It is expired."}}})
}

#[tokio::test(start_paused = true)]
async fn throttled_parts_alone_are_sent_again_after_the_longest_wait_asked_for() {
    let begun = tokio::time::Instant::now();
    let rounds = vec![
        vec![throttled("2"), good(), throttled("5.5"), json!({"status": 404})],
        vec![good(), good()],
    ];
    let (settled, asked) = run(&RetryPolicy::default(), Duration::from_secs(60), 4, rounds).await;
    assert_eq!(statuses(&settled), [200, 200, 200, 404]);
    assert_eq!(asked, [vec![0, 1, 2, 3], vec![0, 2]]);
    assert_eq!(begun.elapsed(), Duration::from_millis(5500));
}

#[tokio::test(start_paused = true)]
async fn what_stays_throttled_says_so_and_the_rest_has_its_answers() {
    let policy = RetryPolicy {
        max_retries: 1,
        ..RetryPolicy::default()
    };
    let rounds = vec![vec![throttled("1"), good()], vec![throttled("7")]];
    let (settled, _) = run(&policy, Duration::from_secs(60), 2, rounds).await;
    assert_eq!(statuses(&settled), [429, 200]);
    assert_eq!(
        throttling(&settled[0]),
        (Some(Duration::from_secs(7)), GivenUp::Attempts)
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_past_the_deadline_is_not_begun() {
    let (settled, asked) = run(
        &RetryPolicy::default(),
        Duration::from_secs(10),
        1,
        vec![vec![throttled("30")]],
    )
    .await;
    let left = Duration::from_secs(10);
    assert_eq!(throttling(&settled[0]).1, GivenUp::Time { left });
    assert_eq!(asked.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn parts_that_refuse_the_token_are_sent_again_once_beside_those_that_are_throttled() {
    let rounds = vec![
        vec![expired(), throttled("1"), good(), expired()],
        vec![good(), expired(), expired()],
    ];
    let (settled, asked) = run(&RetryPolicy::default(), Duration::from_secs(60), 4, rounds).await;
    assert_eq!(asked, [vec![0, 1, 2, 3], vec![0, 3, 1]]);
    assert_eq!(statuses(&settled), [200, 401, 200, 401]);
}

/// A batch's answer with these parts, whose ids are their places.
fn batch(parts: &[(usize, Value)]) -> Reply {
    let part = |(at, part): &(usize, Value)| {
        let mut part = part.clone();
        part["id"] = json!(at.to_string());
        part
    };
    let responses: Vec<_> = parts.iter().map(part).collect();
    reply(200, "", &json!({ "responses": responses }).to_string())
}

fn ids(body: &str) -> Vec<String> {
    let body: Value = serde_json::from_str(body).unwrap();
    let requests = body["requests"].as_array().unwrap();
    requests
        .iter()
        .map(|part| part["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_token_that_parts_refuse_is_replaced_once_for_these_alone() {
    let again = batch(&[(1, good()), (2, expired())]);
    let server = Server::start(vec![batch(&[(0, good()), (1, expired()), (2, expired())]), again]);
    let (client, source) = client(&server);
    let answers = client.send_batch(&[question(), question(), question()], &soon()).await;
    assert_eq!(statuses(&answers), [200, 200, 401]);
    let advice = answers[2].as_ref().unwrap_err().advice();
    assert!(
        advice.contains("in place of another that Microsoft Graph had refused as well"),
        "{advice}"
    );
    let received = server.received();
    assert_eq!((received.len(), source.0.load(Ordering::SeqCst)), (2, 2));
    assert_ne!(received[0].header("authorization"), received[1].header("authorization"));
    assert_eq!(ids(&received[1].body), ["1", "2"]);
}

/// Gives one token, which ends soon, and no other.
#[derive(Debug, Default)]
struct Short(AtomicU32, Numbered);

const LIFE: Duration = Duration::from_millis(400);

#[async_trait]
impl TokenSource for Short {
    fn kind(&self) -> &'static str {
        "a test"
    }

    async fn acquire(&self, asking: &Asking<'_>) -> Result<Issued, GraphError> {
        if self.0.fetch_add(1, Ordering::SeqCst) > 0 {
            return Err(GraphError::credential("no other token", ""));
        }
        let issued = self.1.acquire(asking).await?;
        Ok(Issued {
            expires_on: SystemTime::now() + LIFE,
            ..issued
        })
    }
}

#[tokio::test]
async fn a_token_that_ends_meanwhile_makes_no_good_answer_a_bad_one() {
    let denied = json!({"status": 403, "body": {"error": {"code": "Authorization_RequestDenied", "message": "No."}}});
    let late = Reply::After(LIFE * 2, Box::new(batch(&[(0, good()), (1, denied)])));
    let server = Server::start(vec![late]);
    let source = Arc::new(Short::default());
    let client = GraphClient::with_source(options(&server), source.clone());
    let answers = client.send_batch(&[question(), question()], &soon()).await;
    assert_eq!(statuses(&answers), [200, 403]);
    let advice = answers[1].as_ref().unwrap_err().advice();
    assert!(advice.contains("The token is an application's"), "{advice}");
    assert_eq!(source.0.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn answers_that_are_there_are_kept_when_the_others_cannot_be_had() {
    // There is no other token.
    let server = Server::start(vec![batch(&[(0, good()), (1, expired())])]);
    let no_other = GraphClient::with_source(options(&server), Arc::new(Short::default()));
    let answers = no_other.send_batch(&[question(), question()], &soon()).await;
    assert!(
        matches!(answers[..], [Ok(_), Err(GraphError::Credential(_))]),
        "{answers:?}"
    );

    // The wait is interrupted.
    let server = Server::start(vec![batch(&[(0, throttled("15")), (1, good())])]);
    let options = options(&server);
    let cancel = options.cancel.clone();
    let interrupted = GraphClient::with_source(options, Arc::new(Numbered::default()));
    let (requests, deadline) = ([question(), question()], soon());
    let (answers, ()) = tokio::join!(interrupted.send_batch(&requests, &deadline), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        cancel.cancel();
    });
    assert!(
        matches!(answers[..], [Err(GraphError::Cancelled(_)), Ok(_)]),
        "{answers:?}"
    );

    // The second batch fails.
    let broken = reply(500, "", r#"{"error":{"code":"c","message":"m"}}"#);
    let server = Server::start(vec![batch(&[(0, throttled("0")), (1, good())]), broken]);
    let answers = client(&server).0.send_batch(&[question(), question()], &soon()).await;
    assert_eq!(statuses(&answers), [500, 200]);
}

#[tokio::test]
async fn a_part_that_cannot_be_sent_fails_alone() {
    let server = Server::start(vec![batch(&[(1, good())])]);
    let bad = GraphRequest::get(["users", ".."], &READ_POLICY);
    let answers = client(&server).0.send_batch(&[bad, question()], &soon()).await;
    assert!(
        matches!(answers[..], [Err(GraphError::Unsendable { .. }), Ok(_)]),
        "{answers:?}"
    );
}
