//! Callers who leave, run out of time or are interrupted.

use tokio_util::sync::CancellationToken;

use super::*;

fn quota_now(fake: &Fake) -> Value {
    fake.now()["userDeviceQuota"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_takes_along_only_its_edit() {
    let (fake, store) = new();
    let leaving = tokio::spawn({
        let store = store.clone();
        async move { store.edit(&minutes(1), set(quota(0))).await }
    });
    let staying = tokio::spawn({
        let store = store.clone();
        async move { store.edit(&minutes(1), add(1)).await }
    });
    tokio::time::sleep(Duration::from_millis(5)).await;
    leaving.abort();
    staying.await.unwrap().unwrap();
    assert_eq!(quota_now(&fake), json!(50));
    assert_eq!(fake.policy().membership(JOIN), Some(&members([1])));
}

#[tokio::test(start_paused = true)]
async fn a_write_on_its_way_is_finished_for_the_others() {
    let (fake, store) = new();
    let leaving = tokio::spawn({
        let store = store.clone();
        async move { store.edit(&minutes(1), set(quota(10))).await }
    });
    let staying = tokio::spawn({
        let store = store.clone();
        async move { store.edit(&minutes(1), add(1)).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    leaving.abort();
    staying.await.unwrap().unwrap();
    assert_eq!(quota_now(&fake), json!(10));
    assert_eq!(fake.log(), "GET PUT GET");
}

#[tokio::test(start_paused = true)]
async fn no_requests_follow_when_all_callers_left() {
    let (fake, store) = new();
    for leave_after in [31, 51, 71] {
        let leaving = tokio::spawn({
            let store = store.clone();
            async move { store.edit(&minutes(1), set(quota(leave_after))).await }
        });
        tokio::time::sleep(Duration::from_millis(leave_after.unsigned_abs().into())).await;
        leaving.abort();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(
            !store.shared.state().working,
            "the worker goes on after {leave_after} ms"
        );
        assert!(store.shared.state().queue.is_empty());
    }
    // They left while the read, the write, and the read after a write were on their way; a read is then dropped.
    assert_eq!(fake.log(), "GET PUT GET PUT");
    store.edit(&minutes(1), add(1)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn time_that_runs_out_says_whether_something_was_written() {
    for (millis, sent) in [(0, false), (30, false), (55, true), (80, true)] {
        let (fake, store) = new();
        let deadline = Deadline::after(Duration::from_millis(millis));
        let error = store.edit(&deadline, set(quota(20))).await.unwrap_err();
        match (&error, sent) {
            (EditError::Graph(GraphError::Timeout(_)), false)
            | (EditError::Unconfirmed(GraphError::Timeout(_)), true) => {}
            (error, _) => panic!("after {millis} ms: {error:?}"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let expected = if sent { 20 } else { 50 };
        assert_eq!(quota_now(&fake), json!(expected), "after {millis} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn one_caller_with_little_time_does_not_shorten_the_others() {
    let (fake, store) = new();
    fake.tenant().stale_after_write = 3;
    let (short, long) = (Deadline::after(Duration::from_millis(95)), minutes(1));
    let (short, long) = tokio::join!(store.edit(&short, add(1)), store.edit(&long, add(2)));
    assert!(matches!(short, Err(EditError::Unconfirmed(_))), "{short:?}");
    long.unwrap();
    let (short, long) = (Deadline::after(Duration::from_millis(10)), minutes(1));
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (short, long) = tokio::join!(store.read(&short), store.read(&long));
    assert!(matches!(short, Err(GraphError::Timeout(_))), "{short:?}");
    assert_eq!(long.unwrap().membership(JOIN), Some(&members([1, 2])));
}

#[tokio::test(start_paused = true)]
async fn an_interruption_ends_every_wait() {
    let (fake, store) = new();
    fake.tenant().stale_after_write = 1000;
    let cancel = CancellationToken::new();
    let deadline = minutes(5).with_cancellation(cancel.clone());
    let edit = tokio::spawn({
        let (store, deadline) = (store.clone(), deadline.clone());
        async move { store.edit(&deadline, set(quota(20))).await }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    let queued = tokio::spawn({
        let (store, deadline) = (store.clone(), deadline.clone());
        async move { store.edit(&deadline, set(quota(30))).await }
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    let interrupted = tokio::time::Instant::now();
    cancel.cancel();
    let queued = queued.await.unwrap();
    assert_eq!(interrupted.elapsed(), Duration::ZERO);
    let edit = edit.await.unwrap();
    assert_eq!(interrupted.elapsed(), Duration::from_secs(2), "its write is on its way");
    assert!(
        matches!(edit, Err(EditError::Unconfirmed(GraphError::Cancelled(_)))),
        "{edit:?}"
    );
    assert!(
        matches!(queued, Err(EditError::Graph(GraphError::Cancelled(_)))),
        "{queued:?}"
    );
    let after = store.edit(&deadline, set(quota(40))).await;
    assert!(
        matches!(after, Err(EditError::Graph(GraphError::Cancelled(_)))),
        "{after:?}"
    );
    let requests = fake.log();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(fake.log(), requests, "no caller waits, so nothing is sent");
}

/// The write is sent 45 ms after the start, served 10 ms later, and read back after another 30.
#[tokio::test(start_paused = true)]
async fn an_interrupted_write_is_still_confirmed() {
    for (millis, late, is_done) in [
        (47, 0, true),
        (80, 0, true),
        (47, 1900, true),
        (47, 2100, false),
        (30, 0, false),
    ] {
        let (fake, store) = new();
        fake.tenant().late = [Duration::ZERO, Duration::from_millis(late)].into();
        let cancel = CancellationToken::new();
        let deadline = minutes(5).with_cancellation(cancel.clone());
        let edit = tokio::spawn({
            let store = store.clone();
            async move { store.edit(&deadline, set(quota(20))).await }
        });
        tokio::time::sleep(Duration::from_millis(millis)).await;
        cancel.cancel();
        let interrupted = tokio::time::Instant::now();
        let edited = edit.await.unwrap();
        assert_eq!(edited.is_ok(), is_done, "{millis} {late}: {edited:?}");
        assert!(interrupted.elapsed() <= Duration::from_secs(2));
        if millis == 30 {
            assert_eq!(interrupted.elapsed(), Duration::ZERO, "nothing was sent");
            assert!(matches!(edited, Err(EditError::Graph(_))), "{edited:?}");
        }
    }
}

#[test]
fn another_runtime_goes_on_where_one_ended() {
    let (fake, store) = new();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
    };
    let ended = runtime();
    ended.block_on(async {
        let store = store.clone();
        tokio::spawn(async move { store.edit(&minutes(1), set(quota(20))).await.map(|_| ()) });
        tokio::time::sleep(Duration::from_millis(50)).await;
    });
    drop(ended);
    assert!(!store.shared.state().working);
    let edited = runtime().block_on(store.edit(&minutes(1), set(quota(30))));
    edited.unwrap();
    assert_eq!(quota_now(&fake), json!(30));
}

#[tokio::test(start_paused = true)]
async fn a_closure_that_panics_stops_the_round_and_not_the_store() {
    let (fake, store) = new();
    let deadline = minutes(1);
    let panics = |_: &mut Policy| -> Result<(), String> { panic!("a mistake in an edit") };
    let (panicked, other) = tokio::join!(store.edit(&deadline, panics), store.edit(&deadline, add(1)));
    assert!(panicked.is_err() && other.is_err());
    store.edit(&deadline, add(2)).await.unwrap();
    assert_eq!(fake.policy().membership(JOIN), Some(&members([2])));
}
