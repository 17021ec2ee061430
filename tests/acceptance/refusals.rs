//! Microsoft says no: the diagnostics, as a person reads them.

use graph_emulator::{Config, Effect, Fault, Listener};

use crate::support::Lab;
use crate::support::redact::redact;
use crate::support::tenant::{POLICY, Tenant};

#[test]
fn a_permission_to_read_only_plans_and_does_not_apply() {
    let lab = Lab::new(Config::hardened().with_roles(["Policy.Read.DeviceConfiguration"]));
    let policy = lab.tenant.policy();
    lab.settings("user_device_quota = 20");
    lab.plan().changes();
    let run = lab.apply();
    run.refused()
        .says("403")
        .says("Policy.ReadWrite.DeviceConfiguration")
        .says("PUT /v1.0/policies/deviceRegistrationPolicy")
        .says("request-id");
    insta::assert_snapshot!("forbidden_write", redact(&lab, &run.errors().join("\n\n")));
    assert_eq!(lab.tenant.policy(), policy);
    assert!(!lab.is_managed());
}

#[test]
fn no_permission_at_all() {
    let lab = Lab::new(Config::hardened().with_roles([]));
    lab.settings("user_device_quota = 20");
    let run = lab.plan();
    run.refused()
        .says("403")
        .says("Policy.Read.DeviceConfiguration")
        .says("request-id");
    insta::assert_snapshot!("forbidden_read", redact(&lab, &run.errors().join("\n\n")));
}

/// A refusal of what was to be written is Graph's own sentence, with the request.
#[test]
fn a_write_that_graph_refuses() {
    let lab = Lab::hardened();
    let policy = lab.tenant.policy();
    lab.settings("user_device_quota = 20");
    lab.tenant.inject(
        Fault::new(Effect::Status {
            status: 400,
            code: Some("invalid_request".into()),
            message: Some("The quota is not to Graph's liking".into()),
            retry_after: None,
        })
        .method("PUT")
        .path(POLICY)
        .on(Listener::Graph),
    );
    lab.apply()
        .refused()
        .says("The quota is not to Graph's liking")
        .says("400 invalid_request")
        .says("PUT /v1.0/policies/deviceRegistrationPolicy");
    assert_eq!(lab.tenant.policy(), policy);
    assert_eq!(lab.tenant.puts(), 1, "what is refused is not repeated");
}

/// A refused update leaves the state as it was.
#[test]
fn a_refused_update_keeps_the_state() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    lab.settings("user_device_quota = 30");
    lab.tenant
        .inject(Fault::new(Effect::status(403)).method("PUT").path(POLICY));
    lab.apply().refused().says("403");
    assert_eq!(lab.attributes()["user_device_quota"], 20);
    lab.plan().changes().says("= 20 -> 30");
}

#[test]
fn a_certificate_that_is_not_trusted() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.without_env(&["SSL_CERT_FILE"])
        .plan()
        .refused()
        .says("certificate")
        .says("SSL_CERT_FILE");
    assert_eq!(lab.tenant.requests(), []);
}

#[test]
fn nobody_listens() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20\ntimeouts = { read = \"2s\" }");
    lab.with_env("AUTOPILOT_GRAPH_ENDPOINT", "https://127.0.0.1:9")
        .plan()
        .refused()
        .says("127.0.0.1:9");
}
