//! Answers that are not what Graph and the token endpoint send: a diagnostic that says what came from where, and a policy
//! that is wholly the old one or wholly the new one.

use graph_emulator::{Effect, Fault, Listener};

use crate::support::Lab;
use crate::support::run::Run;
use crate::support::tenant::{POLICY, Tenant};

const TEN_MEGABYTES: usize = 10 * 1024 * 1024;

fn html() -> Effect {
    Effect::Html { status: 200 }
}

fn oversized() -> Effect {
    Effect::Oversized { bytes: TEN_MEGABYTES }
}

fn raw(body: &str) -> Effect {
    Effect::Raw {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_owned(),
    }
}

/// The diagnostics without the warning of an adoption.
#[track_caller]
fn errors(run: &Run) -> String {
    run.refused();
    run.errors().concat()
}

#[test]
fn reading_garbage() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    for (effect, says) in [
        (html(), "text/html"),
        (Effect::Html { status: 502 }, "502"),
        (Effect::Truncated, "ends too early"),
        (Effect::BrokenBody, "GET /v1.0/policies/deviceRegistrationPolicy"),
        (Effect::ErrorInOk, "error"),
        (oversized(), "larger than"),
        (raw(""), "empty body"),
        (raw("[]"), "array"),
        (raw("{}"), "policy"),
        (raw("{\"userDeviceQuota\": \"many\"}"), "/userDeviceQuota"),
        (raw("\"\\ud800\""), "GET"),
        (raw(&"[".repeat(100_000)), "GET"),
    ] {
        let shown = format!("{effect:?}");
        lab.tenant
            .inject(Fault::new(effect).method("GET").path(POLICY).times(0));
        let run = lab.plan();
        let text = errors(&run);
        run.says("Cannot read the tenant's device settings for the plan");
        assert!(run.has(says), "{says:?} for {shown:.60} in\n{}", run.output);
        assert!(
            text.contains("policies/deviceRegistrationPolicy") || text.contains("The device registration policy"),
            "{text}"
        );
        assert!(text.len() < 3_000, "a page of garbage is not repeated: {text}");
        lab.tenant.clear_faults();
    }
    lab.plan().changes();
    assert_eq!(lab.tenant.puts(), 0);
}

/// What Graph's side knows the request by is in the error, so that it can be looked up.
#[test]
fn garbage_is_named_with_its_request_id() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    for effect in [
        html(),
        Effect::Truncated,
        Effect::ErrorInOk,
        Effect::status(500),
        oversized(),
    ] {
        let shown = format!("{effect:?}");
        lab.tenant.clear_requests();
        lab.tenant
            .inject(Fault::new(effect).method("GET").path(POLICY).times(0));
        let run = lab.plan();
        run.refused();
        let requests = lab.tenant.graph_requests();
        let last = requests.last().expect("a request was made");
        let sent = last.client_request_id.clone().unwrap_or_default();
        assert!(
            run.has(&last.request_id) || run.has(&sent),
            "{shown:.60}: neither request-id {} nor client-request-id {sent} in\n{}",
            last.request_id,
            run.output
        );
        lab.tenant.clear_faults();
    }
}

#[test]
fn garbage_from_the_token_endpoint() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    for effect in [
        html(),
        Effect::Html { status: 404 },
        Effect::Truncated,
        oversized(),
        raw("{}"),
        raw("{\"access_token\": 5, \"expires_in\": \"soon\"}"),
        raw("{\"access_token\": \"x\", \"expires_in\": 9000000000000}"),
        raw("{\"access_token\": \"x\", \"expires_in\": -9000000000000000000, \"expires_on\": \"4102444800\"}"),
        Effect::Aadsts { code: 7_000_215 },
    ] {
        let shown = format!("{effect:?}");
        lab.tenant.inject(Fault::new(effect).on(Listener::Authority).times(0));
        let run = lab.plan();
        run.without_crash();
        let text = errors(&run);
        assert!(
            run.has(lab.tenant.authority_url()) || run.has("token"),
            "{shown:.60} in\n{}",
            run.output
        );
        assert!(text.len() < 3_000, "a page of garbage is not repeated: {text}");
        lab.tenant.clear_faults();
    }
    lab.plan().changes();
}

/// Applies with a fault that hits every PUT; the error says which request it was, and the policy is one or the other.
fn written_into_garbage(effect: Effect, after_effect: bool) {
    let lab = Lab::hardened();
    let old = lab.tenant.policy();
    let mut new = old.clone();
    new["userDeviceQuota"] = serde_json::json!(20);
    // A write that never took effect is tried again until the time is over; one that did is done at once.
    let timeout = if after_effect { "60s" } else { "4s" };
    lab.settings(&format!(
        "user_device_quota = 20\ntimeouts = {{ create = \"{timeout}\" }}"
    ));
    let fault = Fault::new(effect).method("PUT").path(POLICY).times(0);
    lab.tenant
        .inject(if after_effect { fault.after_effect() } else { fault });
    let run = lab.apply();
    if after_effect {
        // The policy was written, whatever was answered: the read-back is the judge.
        run.ok().without_crash();
        assert_eq!(lab.tenant.policy(), new);
    } else {
        run.refused().says("PUT");
        assert_eq!(lab.tenant.policy(), old, "nothing was written");
    }
    lab.tenant.clear_faults();
    lab.apply().ok();
    assert_eq!(lab.tenant.policy(), new);
    lab.plan().empty();
}

#[test]
fn html_for_a_write() {
    written_into_garbage(html(), false);
    written_into_garbage(html(), true);
}

#[test]
fn truncated_json_for_a_write() {
    written_into_garbage(raw("{\"userDeviceQuota\": 2"), false);
    written_into_garbage(Effect::Truncated, true);
}

#[test]
fn an_error_in_a_success_for_a_write() {
    written_into_garbage(Effect::ErrorInOk, false);
    written_into_garbage(Effect::ErrorInOk, true);
}

#[test]
fn ten_megabytes_for_a_write() {
    written_into_garbage(oversized(), false);
    written_into_garbage(oversized(), true);
}

#[test]
fn a_broken_connection_in_the_answer_to_a_write() {
    written_into_garbage(Effect::BrokenBody, true);
}

/// Garbage once is a fault like another: the write is tried again after a look at the policy.
#[test]
fn garbage_once_ends_well() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.tenant.inject(Fault::new(html()).method("PUT").path(POLICY));
    lab.apply().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    lab.plan().empty();
}
