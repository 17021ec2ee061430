//! Requests that fail, writes that Graph ignores, and reads that lag behind.

use super::*;

fn quota_now(fake: &Fake) -> Value {
    fake.now()["userDeviceQuota"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_by_reading() {
    for fault in [Fault::UnavailableAfter, Fault::Reset, Fault::Garbage] {
        let (fake, store) = new();
        fake.tenant().put_faults.push_back(Some(fault));
        let edited = store.edit(&minutes(1), set(quota(20))).await;
        assert!(edited.is_ok_and(|edited| edited.written), "{fault:?}");
        assert_eq!(fake.log(), "GET PUT GET", "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_failed_is_sent_again_after_a_new_read() {
    let (fake, store) = new();
    fake.tenant().put_faults.push_back(Some(Fault::UnavailableBefore));
    fake.tenant().put_faults.push_back(Some(Fault::Throttled));
    let begun = tokio::time::Instant::now();
    let edit = tokio::spawn({
        let store = store.clone();
        async move { store.edit(&minutes(1), add(1)).await }
    });
    // While the store waits for its turn, another writer has its own.
    tokio::time::sleep(Duration::from_secs(5)).await;
    fake.outside(outside_add(7));
    edit.await.unwrap().unwrap();
    assert!(begun.elapsed() > Duration::from_secs(7));
    assert_eq!(fake.count("PUT"), 3, "{}", fake.log());
    assert!(!fake.log().contains("PUT PUT"), "{}", fake.log());
    assert_eq!(fake.policy().membership(JOIN), Some(&members([1, 7])));
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_token_was_refused_is_sent_once_more_after_a_new_read() {
    let (fake, store) = new();
    fake.tenant().put_faults.push_back(Some(Fault::Unauthorized));
    // Another writer, while another token is on its way.
    fake.tenant().before_get.push_back(None);
    fake.tenant().before_get.push_back(Some(Box::new(outside_add(7))));
    store.edit(&minutes(1), add(1)).await.unwrap();
    assert!(fake.log().starts_with("GET PUT GET PUT GET"), "{}", fake.log());
    assert_eq!(fake.count("PUT"), 2);
    assert_eq!(fake.policy().membership(JOIN), Some(&members([1, 7])));

    fake.tenant().put_faults.extend([Some(Fault::Unauthorized); 2]);
    let error = store.edit(&minutes(1), add(2)).await.unwrap_err();
    assert!(
        matches!(&error, EditError::Graph(error) if error.status() == Some(401)),
        "{error:?}"
    );
    assert_eq!(fake.count("PUT"), 4, "{}", fake.log());
}

#[tokio::test(start_paused = true)]
async fn attempts_end() {
    let (fake, store) = new();
    fake.tenant().put_faults.extend([Some(Fault::UnavailableBefore); 10]);
    let error = store.edit(&minutes(5), set(quota(20))).await.unwrap_err();
    assert!(
        matches!(&error, EditError::Unconfirmed(error) if error.status() == Some(503)),
        "{error:?}"
    );
    assert_eq!(fake.count("PUT"), 4);

    let (fake, store) = new();
    fake.tenant().put_faults.extend([Some(Fault::Throttled); 10]);
    let error = store.edit(&minutes(5), set(quota(20))).await.unwrap_err();
    assert!(
        matches!(&error, EditError::Graph(error) if error.status() == Some(429)),
        "{error:?}"
    );
    assert!(error.to_string().contains("sent 4 times, waited 21 s"), "{error}");
    assert_eq!((fake.count("PUT"), quota_now(&fake)), (4, json!(50)));

    let retry = RetryPolicy {
        max_retries: 0,
        ..RetryPolicy::default()
    };
    let (fake, store) = with(retry);
    fake.tenant().put_faults.push_back(Some(Fault::Throttled));
    let error = store.edit(&minutes(5), set(quota(20))).await.unwrap_err();
    assert!(error.to_string().contains("sent 1 time, waited 0 s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_longer_than_the_time_left_is_not_begun() {
    let (fake, store) = new();
    fake.tenant().put_faults.push_back(Some(Fault::Throttled));
    let begun = tokio::time::Instant::now();
    let deadline = Deadline::after(Duration::from_secs(6));
    let error = store.edit(&deadline, set(quota(20))).await.unwrap_err();
    assert!(
        matches!(&error, EditError::Graph(GraphError::Throttled(_))),
        "{error:?}"
    );
    let told = "sent 1 time, waited 0 s, asked to wait 7 s more, and only 5.";
    assert!(error.to_string().contains(told), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_wait_longer_than_any_is_not_begun() {
    let retry = RetryPolicy {
        cap: Duration::from_secs(6),
        ..RetryPolicy::default()
    };
    let (fake, store) = with(retry);
    fake.tenant().put_faults.push_back(Some(Fault::Throttled));
    let begun = tokio::time::Instant::now();
    let error = store.edit(&minutes(5), set(quota(20))).await.unwrap_err();
    let told = "sent 1 time, waited 0 s, asked to wait 7 s more, and the provider waits 6 s at most";
    assert!(error.to_string().contains(told), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(1));
}

/// A status of the token service is none of Graph's: nothing is said about what was to be written.
#[tokio::test(start_paused = true)]
async fn a_sign_in_that_fails_is_not_repeated_for_each_part_of_a_batch() {
    for status in [400, 401, 429] {
        let (fake, store) = new();
        fake.tenant().put_faults.extend([Some(Fault::NoToken(status)); 64]);
        let deadline = minutes(5);
        let edits = (0..16).map(|n| {
            let (store, deadline) = (store.clone(), deadline.clone());
            tokio::spawn(async move { store.edit(&deadline, add(n)).await })
        });
        for edit in edits.collect::<Vec<_>>() {
            let error = edit.await.unwrap().unwrap_err();
            assert!(matches!(error, EditError::Graph(GraphError::Token(_))), "{error:?}");
        }
        assert_eq!(fake.count("PUT"), 1, "{status}: {}", fake.log());
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_time_runs_out_the_fault_before_is_named() {
    let (fake, store) = new();
    fake.tenant().put_faults.extend([Some(Fault::UnavailableBefore); 10]);
    let deadline = Deadline::after(Duration::from_secs(2));
    let error = store.edit(&deadline, set(quota(20))).await.unwrap_err();
    assert!(error.to_string().contains("503"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_is_not_repeated() {
    let (fake, store) = new();
    fake.tenant().put_faults.push_back(Some(Fault::Forbidden));
    let deadline = minutes(1);
    let (one, two, nothing) = tokio::join!(
        store.edit(&deadline, add(1)),
        store.edit(&deadline, add(2)),
        store.edit(&deadline, remove(3)),
    );
    for refused in [one, two] {
        let error = refused.unwrap_err();
        assert!(
            matches!(&error, EditError::Graph(error) if error.status() == Some(403)),
            "{error:?}"
        );
    }
    assert!(
        nothing.is_ok_and(|nothing| !nothing.written),
        "an edit without a change needs no write"
    );
    assert_eq!(fake.count("PUT"), 1);
    assert_eq!(fake.now(), body());
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_cannot_be_read_is_not_written() {
    for fault in [Fault::Garbage, Fault::Forbidden] {
        let (fake, store) = new();
        fake.tenant().get_faults.push_back(Some(fault));
        let error = store.edit(&minutes(1), set(quota(20))).await.unwrap_err();
        assert!(matches!(&error, EditError::Graph(_)), "{error:?}");
        fake.tenant().get_faults.push_back(Some(fault));
        assert!(store.read(&minutes(1)).await.is_err());
        assert_eq!(fake.log(), "GET GET");
        store.edit(&minutes(1), set(quota(20))).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_without_a_required_property_is_not_written() {
    let mut incomplete = body();
    incomplete["localAdminPassword"] = Value::Null;
    let fake = Fake::new(incomplete);
    let store = PolicyStore::new(Arc::new(fake.clone()), RetryPolicy::default());
    let error = store.edit(&minutes(1), set(quota(20))).await.unwrap_err();
    assert!(error.to_string().contains("localAdminPassword"), "{error}");
    assert!(matches!(error, EditError::Incomplete(_)));
    assert_eq!(fake.log(), "GET");
    let laps = switch(Setting::LocalAdminPasswordEnabled, true);
    store.edit(&minutes(1), set(laps)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_write_that_cannot_be_read_back_is_unconfirmed() {
    let (fake, store) = new();
    fake.tenant().get_faults.extend([None, Some(Fault::Garbage)]);
    let error = store.edit(&minutes(1), set(quota(20))).await.unwrap_err();
    assert!(
        matches!(&error, EditError::Unconfirmed(GraphError::InvalidPolicy(_))),
        "{error:?}"
    );
    assert!(error.to_string().contains("may have been written"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_graph_ignores_is_an_error_that_names_it() {
    let (fake, store) = new();
    fake.tenant().ignored.push("/azureADRegistration/allowedToRegister");
    let deadline = minutes(5);
    let begun = tokio::time::Instant::now();
    let register = membership(Setting::AllowedToRegister, Membership::None);
    // Beside an edit that is applied, and alone.
    let (ignored, applied, nothing) = tokio::join!(
        store.edit(&deadline, set(register.clone())),
        store.edit(&deadline, add(1)),
        store.edit(&deadline, remove(2)),
    );
    assert!(applied.is_ok() && nothing.is_ok());
    let alone = store.edit(&deadline, set(register)).await;
    for error in [ignored.unwrap_err(), alone.unwrap_err()] {
        let EditError::Ignored { settings, found } = &error else {
            panic!("{error:?}");
        };
        let expected = Mismatch {
            setting: Setting::AllowedToRegister,
            asked: Some(SettingValue::Membership(Membership::None)),
            found: Some(SettingValue::Membership(Membership::All)),
        };
        assert_eq!(settings, &[expected]);
        assert_eq!(found.membership(Setting::AllowedToRegister), Some(&Membership::All));
        assert!(
            error
                .to_string()
                .contains("azureADRegistration.allowedToRegister: asked none, found all"),
            "{error}"
        );
    }
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "Graph's own answer said so: {:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_that_graph_alters_is_ignored_and_not_fought_over() {
    let (fake, store) = new();
    fake.tenant()
        .after_put
        .push_back(Box::new(|json| json["userDeviceQuota"] = json!(100)));
    fake.tenant().ignored.push("/userDeviceQuota");
    fake.outside(|json| json["userDeviceQuota"] = json!(100));
    let error = store.edit(&minutes(5), set(quota(150))).await.unwrap_err();
    assert!(error.to_string().contains("asked 150, found 100"), "{error}");
    assert!(matches!(error, EditError::Ignored { .. }));
    assert_eq!(fake.count("PUT"), 1);
}

#[tokio::test(start_paused = true)]
async fn reads_that_lag_behind_a_write_are_waited_for() {
    let (fake, store) = new();
    fake.tenant().stale_after_write = 5;
    let edited = store.edit(&minutes(1), set(quota(20))).await.unwrap();
    assert_eq!(
        edited.after.value(Setting::UserDeviceQuota),
        Some(SettingValue::Quota(Quota::Limit(20)))
    );
    assert_eq!(fake.log(), "GET PUT GET GET GET GET GET GET");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_never_shows_is_given_up_in_time() {
    let (fake, store) = new();
    fake.tenant().stale_after_write = 1000;
    let begun = tokio::time::Instant::now();
    let error = store.edit(&minutes(5), set(quota(20))).await.unwrap_err();
    assert!(matches!(error, EditError::Ignored { .. }), "{error:?}");
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_secs(30) && took < Duration::from_secs(33),
        "{took:?}"
    );
    assert!(fake.count("GET") < 30, "{}", fake.log());
    assert_eq!(fake.count("PUT"), 1);
}
