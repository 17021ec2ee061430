//! Edits and reads that arrive together share requests.

use tokio::task::JoinSet;

use super::*;

#[tokio::test(start_paused = true)]
async fn one_edit_costs_three_requests_and_is_read_back() {
    let (fake, store) = new();
    let edited = store.edit(&minutes(1), set(quota(20))).await.unwrap();
    assert_eq!(fake.log(), "GET PUT GET");
    assert!(edited.written);
    let twenty = Some(SettingValue::Quota(Quota::Limit(20)));
    assert_eq!(edited.after.value(Setting::UserDeviceQuota), twenty);
    let mut expected = body();
    expected["userDeviceQuota"] = json!(20);
    assert_eq!(fake.now(), expected);
}

#[tokio::test(start_paused = true)]
async fn an_edit_without_a_change_costs_one_read() {
    let (fake, store) = new();
    let edited = store.edit(&minutes(1), set(quota(50))).await.unwrap();
    assert_eq!(fake.log(), "GET");
    assert!(!edited.written);
    assert_eq!(*edited.after, fake.policy());
}

#[tokio::test(start_paused = true)]
async fn every_edit_reads_afresh() {
    let (fake, store) = new();
    store.read(&minutes(1)).await.unwrap();
    store.edit(&minutes(1), set(quota(20))).await.unwrap();
    store.edit(&minutes(1), set(quota(30))).await.unwrap();
    assert_eq!(fake.log(), "GET GET PUT GET GET PUT GET");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_edits_at_once_share_one_write() {
    let (fake, store) = new();
    let mut edits = JoinSet::new();
    for group in 0..100 {
        let store = store.clone();
        edits.spawn(async move { store.edit(&minutes(1), add(group)).await });
    }
    for edited in edits.join_all().await {
        assert!(edited.unwrap().written);
    }
    assert_eq!(fake.log(), "GET PUT GET");
    assert_eq!(fake.policy().membership(JOIN), Some(&members(0..100)));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_edits_ten_at_a_time_cost_ten_writes() {
    let (fake, store) = new();
    let begun = tokio::time::Instant::now();
    let permits = Arc::new(tokio::sync::Semaphore::new(10));
    let mut edits = JoinSet::new();
    for group in 0..100 {
        let (store, permits) = (store.clone(), Arc::clone(&permits));
        edits.spawn(async move {
            let _permit = permits.acquire().await.unwrap();
            store.edit(&minutes(1), add(group)).await.map(|_| ())
        });
    }
    for edited in edits.join_all().await {
        edited.unwrap();
    }
    assert_eq!(fake.count("PUT"), 10, "{}", fake.log());
    assert_eq!(fake.count("GET"), 20, "{}", fake.log());
    assert!(begun.elapsed() <= Duration::from_millis(600), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn callers_who_fell_out_of_step_fall_into_it_again() {
    let (fake, store) = new();
    let mut callers = JoinSet::new();
    for caller in 0..10 {
        let store = store.clone();
        callers.spawn(async move {
            // One of them comes while the others' first write is on its way.
            tokio::time::sleep(Duration::from_millis(if caller == 0 { 45 } else { caller % 5 })).await;
            for edit in 0..10 {
                store.edit(&minutes(1), add(10 * edit + caller as usize)).await.unwrap();
                tokio::time::sleep(Duration::from_millis(20 + caller)).await;
            }
        });
    }
    callers.join_all().await;
    assert!(fake.count("PUT") <= 12, "{}", fake.log());
    assert_eq!(fake.policy().membership(JOIN), Some(&members(0..100)));
}

#[tokio::test(start_paused = true)]
async fn an_edit_alone_waits_for_the_window_only() {
    let (fake, store) = new();
    let callers = (0..10).map(|group| {
        let store = store.clone();
        async move { store.edit(&minutes(1), add(group)).await.map(|_| ()) }
    });
    callers.collect::<JoinSet<_>>().join_all().await;
    let mut waited = Vec::new();
    for group in 10..13 {
        let begun = tokio::time::Instant::now();
        store.edit(&minutes(1), add(group)).await.unwrap();
        waited.push(begun.elapsed().as_millis());
    }
    assert_eq!(fake.count("PUT"), 4);
    // The window, a read, a write and a read.
    assert_eq!(waited, [85, 85, 85]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_refuses_fails_alone() {
    let (fake, store) = new();
    let deadline = minutes(1);
    let refuse = |policy: &mut Policy| {
        change(policy, quota(0));
        Err::<(), _>("no".to_owned())
    };
    let (one, refused, two) = tokio::join!(
        store.edit(&deadline, add(1)),
        store.edit(&deadline, refuse),
        store.edit(&deadline, add(2)),
    );
    assert!(one.is_ok() && two.is_ok());
    assert!(matches!(refused, Err(EditError::Rejected(reason)) if reason == "no"));
    assert_eq!(fake.policy().membership(JOIN), Some(&members([1, 2])));
    assert_eq!(fake.now()["userDeviceQuota"], json!(50));
    assert_eq!(fake.count("PUT"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_graph_refuses_fails_alone() {
    let (fake, store) = new();
    fake.tenant().poison = Some(id(13).to_string());
    let mut edits = JoinSet::new();
    for group in 0..20 {
        let store = store.clone();
        edits.spawn(async move { (group, store.edit(&minutes(1), add(group)).await) });
    }
    for (group, edited) in edits.join_all().await {
        match edited {
            Ok(_) => assert_ne!(group, 13),
            Err(EditError::Graph(error)) => {
                assert_eq!((group, error.status()), (13, Some(400)));
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    let others = (0..20).filter(|group| *group != 13);
    assert_eq!(fake.policy().membership(JOIN), Some(&members(others)));
    assert!(fake.count("PUT") < 12, "{}", fake.log());
}

#[tokio::test(start_paused = true)]
async fn edits_that_undo_each_other_are_all_done() {
    let (fake, store) = new();
    let deadline = minutes(1);
    let (one, two, three) = tokio::join!(
        store.edit(&deadline, add(1)),
        store.edit(&deadline, remove(1)),
        store.edit(&deadline, add(2)),
    );
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(fake.policy().membership(JOIN), Some(&members([2])));
    assert_eq!(fake.log(), "GET PUT GET");
}

#[tokio::test(start_paused = true)]
async fn settings_and_members_go_together() {
    let (fake, store) = new();
    let deadline = minutes(1);
    let mfa = switch(Setting::MultiFactorAuthRequired, true);
    let (settings, member, gone) = tokio::join!(
        store.edit(&deadline, set(mfa)),
        store.edit(&deadline, add(1)),
        store.edit(&deadline, remove(9)),
    );
    assert!(settings.is_ok() && member.is_ok() && gone.is_ok_and(|gone| !gone.written));
    assert_eq!(fake.log(), "GET PUT GET");
    assert_eq!(fake.now()["multiFactorAuthConfiguration"], json!("required"));
    assert_eq!(fake.now()["futureSetting"], json!({"kept": true}));
    assert_eq!(fake.policy().membership(JOIN), Some(&members([1])));
}

#[tokio::test(start_paused = true)]
async fn reads_at_once_and_shortly_after_share_a_request() {
    let (fake, store) = new();
    let mut reads = JoinSet::new();
    for _ in 0..100 {
        let store = store.clone();
        reads.spawn(async move { store.read(&minutes(1)).await });
    }
    for policy in reads.join_all().await {
        assert_eq!(policy.unwrap().json(), body());
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    store.read(&minutes(1)).await.unwrap();
    assert_eq!(fake.log(), "GET");
    tokio::time::sleep(Duration::from_millis(200)).await;
    store.read(&minutes(1)).await.unwrap();
    assert_eq!(fake.log(), "GET GET");
}

#[tokio::test(start_paused = true)]
async fn a_read_after_an_edit_shows_it() {
    let (fake, store) = new();
    store.read(&minutes(1)).await.unwrap();
    let early = tokio::spawn({
        let store = store.clone();
        async move { store.read(&minutes(1)).await }
    });
    store.edit(&minutes(1), set(quota(20))).await.unwrap();
    let read = store.read(&minutes(1)).await.unwrap();
    assert_eq!(
        read.value(Setting::UserDeviceQuota),
        Some(SettingValue::Quota(Quota::Limit(20)))
    );
    early.await.unwrap().unwrap();
    assert_eq!(fake.log(), "GET GET PUT GET");
}

#[tokio::test(start_paused = true)]
async fn edits_that_arrive_within_milliseconds_share_a_write() {
    let (fake, store) = new();
    let mut edits = JoinSet::new();
    for group in 0..5 {
        let store = store.clone();
        edits.spawn(async move {
            tokio::time::sleep(Duration::from_millis(group)).await;
            store.edit(&minutes(1), add(group as usize)).await.map(|_| ())
        });
    }
    for edited in edits.join_all().await {
        edited.unwrap();
    }
    assert_eq!(fake.log(), "GET PUT GET");
}

#[tokio::test(start_paused = true)]
async fn a_read_during_a_write_shows_what_was_written() {
    let (fake, store) = new();
    // The base is read; the write is on its way, then done; it is being read back.
    for millis in [47, 57, 67, 75] {
        let number = 100 + i32::try_from(millis).unwrap();
        store.read(&minutes(1)).await.unwrap();
        let edit = tokio::spawn({
            let store = store.clone();
            async move { store.edit(&minutes(1), set(quota(number))).await }
        });
        tokio::time::sleep(Duration::from_millis(millis)).await;
        let read = store.read(&minutes(1)).await.unwrap();
        let shown = read.value(Setting::UserDeviceQuota);
        assert_eq!(
            shown,
            Some(SettingValue::Quota(Quota::Limit(number))),
            "after {millis} ms"
        );
        edit.await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    assert_eq!(fake.count("PUT"), 4);
}

#[tokio::test(start_paused = true)]
async fn a_recent_read_is_shared_across_a_write() {
    let (fake, store) = new();
    let before = store.read_recent(&minutes(1)).await.unwrap();
    let edit = tokio::spawn({
        let store = store.clone();
        async move { store.edit(&minutes(1), set(quota(20))).await }
    });
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(fake.log(), "GET GET PUT");
    assert_eq!(store.read_recent(&minutes(1)).await.unwrap(), before);
    let edited = edit.await.unwrap().unwrap();
    assert_eq!(store.read_recent(&minutes(1)).await.unwrap(), edited.after);
    assert_eq!(fake.log(), "GET GET PUT GET");
    tokio::time::sleep(Duration::from_millis(600)).await;
    fake.outside(|json| json["userDeviceQuota"] = json!(20.0));
    assert_ne!(store.read_recent(&minutes(1)).await.unwrap(), edited.after);
    assert_eq!(fake.log(), "GET GET PUT GET GET");
}

#[tokio::test(start_paused = true)]
async fn reads_at_once_share_a_failure() {
    let (fake, store) = new();
    fake.tenant().get_faults.push_back(Some(Fault::Forbidden));
    let mut reads = JoinSet::new();
    for _ in 0..100 {
        let store = store.clone();
        reads.spawn(async move { store.read(&minutes(1)).await });
    }
    for read in reads.join_all().await {
        assert_eq!(read.unwrap_err().status(), Some(403));
    }
    assert_eq!(fake.log(), "GET");
    store.read(&minutes(1)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_read_that_began_before_a_write_is_not_shared_after_it() {
    let (fake, store) = new();
    fake.tenant().late.push_back(Duration::from_secs(5));
    let slow = tokio::spawn({
        let store = store.clone();
        async move { store.read(&minutes(1)).await }
    });
    tokio::time::sleep(Duration::from_millis(15)).await;
    store.edit(&minutes(1), set(quota(20))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let begun = tokio::time::Instant::now();
    let read = store.read(&minutes(1)).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
    let twenty = Some(SettingValue::Quota(Quota::Limit(20)));
    assert_eq!(read.value(Setting::UserDeviceQuota), twenty);
    slow.await.unwrap().unwrap();
    let read = store.read(&minutes(1)).await.unwrap();
    assert_eq!(read.value(Setting::UserDeviceQuota), twenty, "nor remembered");
}

#[test]
fn a_batch_of_hundred_on_a_thousand_members_computes_quickly() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let (fake, store) = new();
    fake.outside(|json| {
        let mut policy = parse(json);
        change(&mut policy, select((1000..2000).map(id).collect()));
        *json = policy.json();
    });
    let begun = std::time::Instant::now();
    runtime.block_on(async {
        let mut edits = JoinSet::new();
        for group in 0..100 {
            let store = store.clone();
            edits.spawn(async move { store.edit(&minutes(1), add(group)).await.map(|_| ()) });
        }
        for edited in edits.join_all().await {
            edited.unwrap();
        }
    });
    // Without optimisation, on a busy machine. To copy the members for each look at them takes many times longer.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    eprintln!("a batch of 100 on 1000 members: {:?}", begun.elapsed());
}
