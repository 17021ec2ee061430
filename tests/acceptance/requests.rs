//! What Terraform's commands cost in requests.

use crate::support::Lab;
use crate::support::tenant::Tenant;

/// Token requests and Graph requests since the last look.
#[track_caller]
fn cost(lab: &Lab) -> (usize, usize) {
    let cost = (lab.tenant.token_requests().len(), lab.tenant.graph_requests().len());
    lab.tenant.clear_requests();
    cost
}

#[test]
fn each_step_of_one_resource() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.save_plan("create.plan").changes();
    assert_eq!(cost(&lab), (1, 1), "the plan of a create");

    lab.apply_plan("create.plan").ok();
    let puts = lab.tenant.puts();
    let (tokens, requests) = cost(&lab);
    // The plan that Terraform makes again to apply, the read before the write, the write, the read after it.
    assert!(
        tokens == 1 && requests <= 4 && puts == 1,
        "a create: {tokens} and {requests}, {puts} of them PUT"
    );

    lab.plan().empty();
    assert_eq!(cost(&lab), (1, 1), "a plan without changes");

    lab.apply().ok();
    assert_eq!(lab.tenant.puts(), 0);
    // Terraform, unlike OpenTofu, configures the provider for the apply although there is nothing to do.
    let (tokens, requests) = cost(&lab);
    assert!(tokens <= 2, "an apply without changes: {tokens}");
    assert_eq!(requests, 1, "an apply without changes");

    lab.settings("user_device_quota = 30");
    lab.save_plan("update.plan").changes();
    assert_eq!(cost(&lab), (1, 1), "the plan of an update");

    lab.apply_plan("update.plan").ok();
    let (tokens, requests) = cost(&lab);
    assert!(tokens == 1 && requests <= 3, "an update: {tokens} and {requests}");

    lab.destroy().ok();
    assert_eq!(lab.tenant.puts(), 0);
}

#[test]
fn many_readers_share_one_request() {
    let lab = Lab::hardened();
    let readers = "data \"autopilot_device_join_settings\" \"now\" {\n  count = 20\n}\n";
    let resource = "resource \"autopilot_device_join_settings\" \"this\" {\n  user_device_quota = 5\n}\n";
    lab.config(&format!("{readers}{resource}"));
    lab.plan().changes();
    assert_eq!(cost(&lab), (1, 1));
    lab.apply().ok();
    lab.tenant.clear_requests();
    lab.plan().empty();
    assert_eq!(cost(&lab), (1, 1));
}

/// Validation, schemas and functions need no tenant.
#[test]
fn nothing_is_asked_where_nothing_is_needed() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.run(&["validate"]).ok();
    lab.run(&["providers", "schema", "-json"]).ok();
    assert_eq!(cost(&lab), (0, 0));
}

#[test]
fn requests_say_who_asks() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    for request in lab.tenant.graph_requests() {
        let agent = request.user_agent.unwrap_or_default();
        assert!(agent.contains("terraform-provider-autopilot/"), "{agent}");
        assert_eq!(request.client_request_id.map(|id| id.len()), Some(36));
    }
}
