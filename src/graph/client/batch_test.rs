//! Tests of batches: what a part looks like on the way out and back, and which parts are sent again.

use super::*;
use crate::graph::permission::READ_POLICY;
use crate::graph::retry::RetryPolicy;

fn answered(response: Value) -> Part {
    Part::of(response)
}

fn status(part: &Part) -> Option<u16> {
    match part {
        Part::Missing => None,
        Part::Answer(answer) => Some(answer.status.as_u16()),
    }
}

#[test]
fn a_part_has_a_relative_address_and_its_own_headers() {
    let count = GraphRequest::get(["groups", "g", "$count"], &READ_POLICY)
        .header("consistencylevel", "eventual")
        .expecting(Expect::Text);
    assert_eq!(
        part_of(3, &count).unwrap(),
        json!({"id": "3", "method": "GET", "url": "/groups/g/$count", "headers": {"consistencylevel": "eventual"}})
    );
    let post = GraphRequest::post(
        ["users", "u", "checkMemberGroups"],
        json!({"groupIds": []}),
        &READ_POLICY,
    );
    assert_eq!(
        part_of(0, &post).unwrap(),
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
        let Part::Answer(mut answer) = answered(json!({"id": "0", "status": 200, "body": body})) else {
            panic!("it has an answer")
        };
        as_text(&mut answer);
        assert_eq!(answer.body.bytes, text.as_bytes(), "{body}");
        assert_eq!(answer.header("content-type"), Some("text/plain"));
    }
    let error = json!({"id": "0", "status": 404, "body": {"error": {"code": "Request_ResourceNotFound"}}});
    let Part::Answer(mut answer) = answered(error) else {
        panic!("it has an answer")
    };
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
        assert_eq!(status(&answered(odd)), None);
    }
}

/// Answers in the order given, one round after the other, and notes which parts were asked for.
async fn run(
    policy: &RetryPolicy,
    allowed: Duration,
    count: usize,
    rounds: Vec<Vec<Value>>,
) -> (Vec<(Option<u16>, Option<Refused>)>, Vec<Vec<usize>>) {
    let deadline = Deadline::after(allowed);
    let mut tries = Tries::new(policy, &deadline);
    let mut asked = Vec::new();
    let mut state = Rounds::of(count);
    for responses in rounds {
        asked.push(state.pending.clone());
        let mut found: Vec<_> = (0..count).map(|_| Part::Missing).collect();
        for (at, response) in state.pending.iter().zip(responses) {
            found[*at] = answered(response);
        }
        match state.take(found, &tries) {
            None => break,
            Some(wait) => tries.pause(wait).await.unwrap(),
        }
    }
    let settled = state.settled.iter().map(|(part, refused)| (status(part), *refused));
    (settled.collect(), asked)
}

fn good() -> Value {
    json!({"status": 200, "body": {}})
}

fn throttled(seconds: &str) -> Value {
    json!({"status": 429, "headers": {"Retry-After": seconds}})
}

#[tokio::test(start_paused = true)]
async fn throttled_parts_alone_are_sent_again_after_the_longest_wait_asked_for() {
    let begun = tokio::time::Instant::now();
    let rounds = vec![
        vec![throttled("2"), good(), throttled("5.5"), json!({"status": 404})],
        vec![good(), good()],
    ];
    let (settled, asked) = run(&RetryPolicy::default(), Duration::from_secs(60), 4, rounds).await;
    let statuses: Vec<_> = settled.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [Some(200), Some(200), Some(200), Some(404)]);
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
    assert_eq!(settled[0].0, Some(429));
    assert_eq!(
        settled[0].1.and_then(|refused| refused.asked),
        Some(Duration::from_secs(7))
    );
    assert_eq!((settled[1].0, settled[1].1.is_none()), (Some(200), true));
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
    assert_eq!(
        settled[0].1.and_then(|refused| refused.left),
        Some(Duration::from_secs(10))
    );
    assert_eq!(asked.len(), 1);
}
