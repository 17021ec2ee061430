//! Other writers, and reads that show a state that has passed.

use tokio::task::JoinSet;

use super::*;

/// Not within the freshness of the read before, and while what was written is held.
async fn later() {
    tokio::time::sleep(Duration::from_secs(3)).await;
}

fn show_passed(fake: &Fake, state: usize, times: u32) {
    fake.tenant().show(state, times);
}

#[tokio::test(start_paused = true)]
async fn what_another_writer_wrote_before_our_read_is_kept() {
    let (fake, store) = new();
    store.edit(&minutes(1), add(1)).await.unwrap();
    fake.outside(outside_add(7));
    fake.outside(|json| json["futureSetting"] = json!("changed"));
    later().await;
    store.edit(&minutes(1), add(2)).await.unwrap();
    assert_eq!(fake.policy().membership(JOIN), Some(&members([1, 2, 7])));
    assert_eq!(fake.now()["futureSetting"], json!("changed"));
}

#[tokio::test(start_paused = true)]
async fn an_edit_is_not_based_on_a_state_that_has_passed() {
    let (fake, store) = new();
    store.edit(&minutes(1), add(1)).await.unwrap();
    fake.outside(outside_add(7));
    later().await;
    store.edit(&minutes(1), add(2)).await.unwrap();
    later().await;
    // The tenant answers twice as if nothing had happened yet, then as if only the first edit had.
    for state in [0, 1] {
        show_passed(&fake, state, 2);
        store.edit(&minutes(1), add(10 + state)).await.unwrap();
        later().await;
    }
    assert_eq!(fake.policy().membership(JOIN), Some(&members([1, 2, 7, 10, 11])));
}

#[tokio::test(start_paused = true)]
async fn a_read_does_not_show_a_state_that_has_passed() {
    let (fake, store) = new();
    store.edit(&minutes(1), add(1)).await.unwrap();
    later().await;
    show_passed(&fake, 0, 3);
    let deadline = minutes(1);
    let (one, two) = tokio::join!(store.read(&deadline), store.read(&deadline));
    for read in [one, two] {
        assert_eq!(read.unwrap().membership(JOIN), Some(&members([1])));
    }
    assert_eq!(fake.count("PUT"), 1, "a read that lags is no reason to write");
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_was_overwritten_between_write_and_read_is_made_again() {
    let (fake, store) = new();
    // Another writer read before our write, and wrote its own after it: ours is lost, its group is there.
    let mut theirs = body();
    outside_add(7)(&mut theirs);
    fake.tenant().after_put.push_back(Box::new(move |json| *json = theirs));
    store.edit(&minutes(1), add(1)).await.unwrap();
    assert_eq!(fake.policy().membership(JOIN), Some(&members([1, 7])));
}

#[tokio::test(start_paused = true)]
async fn an_edit_without_a_change_is_checked_after_the_write() {
    let (fake, store) = new();
    fake.outside(outside_add(1));
    // What the first edit found as it wants is gone when the second one's write is read back.
    let hook: fake::Hook = Box::new(|json| {
        let mut policy = parse(json);
        remove(1)(&mut policy).unwrap();
        *json = policy.json();
    });
    fake.tenant().before_get = [None, Some(hook)].into();
    let deadline = minutes(1);
    let (one, two) = tokio::join!(store.edit(&deadline, add(1)), store.edit(&deadline, set(quota(20))));
    for edited in [one.unwrap(), two.unwrap()] {
        assert!(edited.written);
        assert_eq!(edited.after.membership(JOIN), Some(&members([1])));
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_refuses_its_own_result_is_done_all_the_same() {
    let (fake, store) = new();
    let hook: fake::Hook = Box::new(outside_add(7));
    // Another writer is noticed when our write is read back, so the closure runs again.
    fake.tenant().before_get = [None, Some(hook)].into();
    let strict = |policy: &mut Policy| {
        if policy.value(Setting::UserDeviceQuota) != Some(SettingValue::Quota(Quota::Limit(50))) {
            return Err("not as it was planned");
        }
        change(policy, quota(20));
        Ok("done")
    };
    let edited = store.edit(&minutes(1), strict).await.unwrap();
    assert_eq!((edited.value, edited.written), ("done", true));
    assert_eq!(fake.now()["userDeviceQuota"], json!(20));
    // On another writer's value it refuses.
    let refused = store.edit(&minutes(1), strict).await.unwrap_err();
    assert!(
        matches!(refused, EditError::Rejected("not as it was planned")),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_was_overwritten_later_is_made_again_by_the_next_one() {
    let (fake, store) = new();
    store.edit(&minutes(1), add(1)).await.unwrap();
    store.edit(&minutes(1), set(quota(20))).await.unwrap();
    let mut theirs = body();
    outside_add(7)(&mut theirs);
    fake.outside(move |json| *json = theirs);
    later().await;
    store.edit(&minutes(1), add(2)).await.unwrap();
    assert_eq!(fake.policy().membership(JOIN), Some(&members([1, 2, 7])));
    assert_eq!(fake.now()["userDeviceQuota"], json!(20));
    assert_eq!(fake.count("PUT"), 3, "one write for both: {}", fake.log());
}

#[tokio::test(start_paused = true)]
async fn a_read_believes_another_writer_in_the_end() {
    let (fake, store) = new();
    store.edit(&minutes(1), add(1)).await.unwrap();
    let mut theirs = body();
    outside_add(7)(&mut theirs);
    fake.outside(move |json| *json = theirs);
    later().await;
    let begun = tokio::time::Instant::now();
    let read = store.read(&minutes(1)).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(read.membership(JOIN), Some(&members([7])));
    assert_eq!(fake.count("PUT"), 1, "a read writes nothing: {}", fake.log());
}

#[tokio::test(start_paused = true)]
async fn a_state_that_another_writer_put_back_exactly_is_believed_in_the_end() {
    let (fake, store) = new();
    store.edit(&minutes(1), add(1)).await.unwrap();
    fake.outside(|json| *json = body());
    later().await;
    let begun = tokio::time::Instant::now();
    store.edit(&minutes(1), add(2)).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(fake.policy().membership(JOIN), Some(&members([1, 2])));
}

#[tokio::test(start_paused = true)]
async fn an_edit_whose_caller_was_not_told_is_not_made_again() {
    let (fake, store) = new();
    let leaving = tokio::spawn({
        let store = store.clone();
        async move { store.edit(&minutes(1), add(1)).await }
    });
    tokio::time::sleep(Duration::from_millis(60)).await;
    leaving.abort();
    assert!(leaving.await.is_err());
    later().await;
    assert_eq!(fake.policy().membership(JOIN), Some(&members([1])));
    fake.outside(|json| *json = body());
    store.edit(&minutes(1), add(2)).await.unwrap();
    assert_eq!(fake.policy().membership(JOIN), Some(&members([2])));
}

#[tokio::test(start_paused = true)]
async fn a_later_edit_replaces_what_is_held() {
    let (fake, store) = new();
    store.edit(&minutes(1), add(1)).await.unwrap();
    store.edit(&minutes(1), add(2)).await.unwrap();
    store.edit(&minutes(1), remove(1)).await.unwrap();
    let mut theirs = body();
    outside_add(1)(&mut theirs);
    fake.outside(move |json| *json = theirs);
    later().await;
    store.edit(&minutes(1), touch).await.unwrap();
    assert_eq!(fake.policy().membership(JOIN), Some(&members([2])));
}

#[tokio::test(start_paused = true)]
async fn edits_are_held_for_ten_seconds_after_the_last_write() {
    for (seconds, expected) in [(8, 20), (11, 30)] {
        let (fake, store) = new();
        store.edit(&minutes(1), set(quota(20))).await.unwrap();
        store.edit(&minutes(1), add(1)).await.unwrap();
        fake.outside(|json| json["userDeviceQuota"] = json!(30));
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        store.edit(&minutes(1), touch).await.unwrap();
        assert_eq!(fake.now()["userDeviceQuota"], json!(expected), "after {seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_is_overwritten_each_time_is_an_error() {
    let (fake, store) = new();
    for number in 0..20 {
        let overwrite = move |json: &mut Value| json["userDeviceQuota"] = json!(60 + number);
        fake.tenant().after_put.push_back(Box::new(overwrite));
    }
    let error = store.edit(&minutes(5), set(quota(20))).await.unwrap_err();
    let EditError::Overwritten { found, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(**found, fake.policy());
    assert!(
        error.to_string().contains("userDeviceQuota: asked 20, found 6"),
        "{error}"
    );
    assert_eq!(fake.count("PUT"), 8);
}

#[tokio::test(start_paused = true)]
async fn doing_it_again_that_fails_fails_no_edit() {
    let (fake, store) = new();
    store.edit(&minutes(1), add(1)).await.unwrap();
    let mut theirs = body();
    outside_add(7)(&mut theirs);
    fake.outside(move |json| *json = theirs);
    later().await;
    fake.tenant().poison = Some(id(1).to_string());
    store.edit(&minutes(1), add(2)).await.unwrap();
    assert_eq!(fake.policy().membership(JOIN), Some(&members([2, 7])));
    later().await;
    store.edit(&minutes(1), touch).await.unwrap();
    assert_eq!(fake.policy().membership(JOIN), Some(&members([2, 7])));
}

/// Two processes add fifty groups each, at once, ten at a time: in step, a little out of it, as Terraform calls, and at any
/// time. A write that is based on a read of before the other's last one, and that arrives after the other's last read, cannot
/// be noticed by either.
#[tokio::test(start_paused = true)]
async fn two_processes_at_once_lose_nothing_but_perhaps_the_last_write() {
    let mut missing = Vec::new();
    for (think, spread) in [(0, 1), (1, 3), (20, 1), (10, 20), (40, 60)] {
        for run in 0..20_u64 {
            let fake = Fake::new(body());
            let mut edits = JoinSet::new();
            for process in 0..2 {
                let store = PolicyStore::new(Arc::new(fake.clone()), RetryPolicy::default());
                let permits = Arc::new(tokio::sync::Semaphore::new(10));
                for number in 0..50 {
                    let (store, permits) = (store.clone(), Arc::clone(&permits));
                    edits.spawn(async move {
                        tokio::time::sleep(Duration::from_millis(run * process as u64)).await;
                        let _permit = permits.acquire().await.unwrap();
                        let random = uuid::Uuid::new_v4().as_u64_pair().0 % spread;
                        tokio::time::sleep(Duration::from_millis(think + random)).await;
                        store.edit(&minutes(5), add(process * 100 + number)).await.map(|_| ())
                    });
                }
            }
            for edited in edits.join_all().await {
                edited.unwrap();
            }
            missing.push(100 - groups(&fake.policy()).len());
        }
    }
    eprintln!("missing in runs of two processes: {missing:?}");
    assert!(missing.iter().all(|missing| *missing <= 10), "{missing:?}");
    assert!(missing.iter().sum::<usize>() <= 20, "{missing:?}");
}
