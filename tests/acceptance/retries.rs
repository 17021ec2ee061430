//! A busy Graph: waits as it asks, for as long as the operation may take.

use std::time::{Duration, Instant};

use graph_emulator::{Effect, Fault, Latency, Listener, Rule};

use crate::support::Lab;
use crate::support::tenant::{POLICY, Tenant};

fn busy(status: u16, retry_after: Option<&str>) -> Effect {
    Effect::Status {
        status,
        code: None,
        message: None,
        retry_after: retry_after.map(str::to_owned),
    }
}

/// A create that meets these faults ends well. Of two for the same requests the first one added counts first.
fn ends_well(faults: [Fault; 3]) {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    for fault in faults {
        lab.tenant.inject(fault);
    }
    lab.apply().ok();
    assert_eq!(lab.tenant.waiting_faults(), [], "every fault was met");
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    lab.plan().empty();
}

#[test]
fn throttled_with_every_kind_of_retry_after() {
    ends_well([
        Fault::new(busy(429, Some("1"))).method("GET"),
        Fault::new(busy(429, Some("0.7"))).method("PUT"),
        Fault::new(busy(429, Some("0"))).method("GET").skip(1),
    ]);
}

#[test]
fn throttled_without_a_retry_after() {
    ends_well([
        Fault::new(busy(429, None)).method("PUT"),
        Fault::new(busy(503, Some("0"))).method("PUT"),
        Fault::new(busy(504, Some("Wed, 01 Jan 2020 00:00:00 GMT"))).method("GET"),
    ]);
}

#[test]
fn unavailable_before_and_after_the_write_took_effect() {
    ends_well([
        Fault::new(busy(503, Some("0"))).method("PUT"),
        Fault::new(busy(504, Some("0"))).method("PUT").after_effect(),
        Fault::new(busy(429, Some("0"))).on(Listener::Authority),
    ]);
}

#[test]
fn connections_that_break() {
    ends_well([
        Fault::new(Effect::Reset).method("GET"),
        Fault::new(Effect::Reset).method("PUT"),
        Fault::new(Effect::Reset).method("PUT").after_effect(),
    ]);
}

#[test]
fn an_expired_token_is_replaced_once() {
    ends_well([
        Fault::new(Effect::status(401)).method("GET"),
        Fault::new(busy(503, Some("0"))).on(Listener::Authority),
        Fault::new(Effect::status(401)).method("PUT"),
    ]);
}

#[test]
fn a_graph_that_stays_busy_says_how_long_it_waited() {
    let lab = Lab::hardened();
    lab.config(
        "provider \"autopilot\" {\n  max_retries = 1\n}\nresource \"autopilot_device_join_settings\" \"this\" {\n  \
         user_device_quota = 20\n}",
    );
    lab.tenant
        .inject(Fault::new(busy(429, Some("1"))).method("GET").path(POLICY).times(0));
    lab.plan()
        .refused()
        .says("429")
        .says("sent 2 times")
        .says("waited 1 s")
        .says("request-id");
}

#[test]
fn a_wait_longer_than_the_timeout_is_not_begun() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20\ntimeouts = {\n  create = \"3s\"\n  read = \"3s\"\n}");
    let began = Instant::now();
    lab.tenant
        .inject(Fault::new(busy(429, Some("60"))).method("GET").path(POLICY).times(0));
    lab.plan()
        .refused()
        .says("429")
        .says("asked to wait 60 s")
        .says("timeouts");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[test]
fn the_timeout_ends_a_wait_for_an_answer() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20\ntimeouts = { create = \"1s\" }");
    lab.tenant.set_latency(Latency {
        millis: 0,
        rules: vec![Rule {
            pattern: Fault::new(Effect::Reset).method("PUT").pattern,
            millis: 60_000,
        }],
    });
    let began = Instant::now();
    lab.apply()
        .refused()
        .says("policies/deviceRegistrationPolicy")
        .says("not finished within the 1 s allowed")
        .says("may or may not have been written");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn the_request_timeout_ends_a_request_and_the_next_try_succeeds() {
    let lab = Lab::hardened();
    lab.config(
        "provider \"autopilot\" {\n  request_timeout = \"1s\"\n}\nresource \"autopilot_device_join_settings\" \"this\" {\n  \
         user_device_quota = 20\n}",
    );
    lab.tenant
        .inject(Fault::new(Effect::Hang { millis: None }).method("GET").path(POLICY));
    lab.apply().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
}
