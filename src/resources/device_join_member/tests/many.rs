//! A hundred members, ten at a time, as Terraform asks for them.

use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::task::JoinSet;

use super::*;

/// Plans and applies a hundred members. Terraform's own work comes before and after every call, one call at a time.
/// Returns how many requests that took, and how long.
async fn a_hundred(own_work: Duration) -> (usize, Duration) {
    let tenant = Tenant::of(none(), (0..100).map(|n| (n, 1)));
    let begun = tokio::time::Instant::now();
    for applies in [false, true] {
        let (resource, _) = process(&tenant);
        let (at_a_time, core) = (Arc::new(Semaphore::new(10)), Arc::new(AsyncMutex::new(())));
        let mut members = JoinSet::new();
        for n in 0..100 {
            let (resource, at_a_time, core) = (Arc::clone(&resource), Arc::clone(&at_a_time), Arc::clone(&core));
            members.spawn(async move {
                let _permit = at_a_time.acquire_owned().await.unwrap();
                let work = async || {
                    let _core = core.lock().await;
                    tokio::time::sleep(own_work).await;
                };
                work().await;
                let config = group(n);
                let (planned, mut diags) = plan(&resource, &config).await;
                let (planned, private) = planned.unwrap();
                if applies {
                    work().await;
                    let created = resource.create(&mut diags, planned, config, private, Value::Null);
                    assert!(created.await.is_some());
                }
                work().await;
            });
        }
        members.join_all().await;
    }
    assert_eq!(tenant.list.lock().unwrap()["groups"].as_array().unwrap().len(), 100);
    let requests = tenant.log.lock().unwrap().len();
    (requests, begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn members_share_their_requests_however_far_apart_they_come() {
    for (own_work, most, longest) in [(1, 46, 1400), (2, 46, 1800), (3, 46, 2250)] {
        let (requests, took) = a_hundred(Duration::from_millis(own_work)).await;
        let fits = requests <= most && took <= Duration::from_millis(longest);
        assert!(fits, "{own_work} ms apart: {requests} requests, {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_of_a_hundred_is_one_read() {
    let tenant = Tenant::of(selected(&[], &(0..100).collect::<Vec<_>>()), []);
    let (resource, _) = process(&tenant);
    for n in 0..100 {
        let mut state = group(n);
        let member = state.member().unwrap();
        state.set_member(&member);
        let mut diags = Diagnostics::default();
        let read = resource.read(&mut diags, state, None, Value::Null);
        assert!(read.await.is_some());
    }
    assert_eq!(tenant.log.lock().unwrap().as_slice(), ["GET"]);
}
