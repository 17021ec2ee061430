//! Many members: as `make bench` measures them, without the clock.

use graph_emulator::Latency;
use graph_emulator::tenants::{group_id, large, user_id};
use serde_json::json;

use super::{JOIN, checking, lab_with, member, settings};
use crate::support::Lab;
use crate::support::tenant::{Tenant, nobody};

/// The requests since the last time: those for the policy, the writes among them, and the look-ups.
fn requests(lab: &Lab) -> (usize, usize, usize) {
    let requests = lab.tenant.graph_requests();
    let policy = requests
        .iter()
        .filter(|one| one.path.ends_with("deviceRegistrationPolicy"));
    let policy = policy.count();
    let count = (policy, lab.tenant.puts(), requests.len() - policy);
    lab.tenant.clear_requests();
    count
}

/// The limits leave room for a provider without optimisation on a busy machine, where members come less together; those
/// that it is made for are in `make bench`.
#[test]
fn a_hundred_members_share_their_requests() {
    let lab = lab_with(nobody());
    lab.tenant.edit_directory(|now| *now = large(500, 100));
    lab.tenant.set_latency(Latency {
        millis: 20,
        ..Latency::default()
    });
    let ids: Vec<_> = (1..=100).map(group_id).collect();
    lab.config(&member(
        "all",
        &format!(
            "for_each = toset({})\nobject_id = each.value\ntype = \"group\"",
            json!(ids)
        ),
    ));
    let checked = checking(&lab);
    requests(&lab);
    checked.apply().ok();
    let (apply, writes, look_ups) = requests(&lab);
    assert_eq!(lab.tenant.at(JOIN)["groups"].as_array().unwrap().len(), 100);
    assert!(
        apply <= 150 && writes <= 50,
        "{apply} requests for an apply, {writes} of them writes"
    );
    assert!(
        look_ups <= 200,
        "{look_ups}: one in the plan and one in the apply for each member"
    );
    checked.plan().empty();
    let (refresh, _, look_ups) = requests(&lab);
    assert!(
        refresh <= 3 && look_ups == 0,
        "{refresh} requests for a refresh, {look_ups} look-ups"
    );
    checked.destroy().ok();
    let (destroy, writes, _) = requests(&lab);
    assert_eq!(lab.tenant.at(JOIN), nobody());
    assert!(
        destroy <= 120 && writes <= 50,
        "{destroy} requests for a destroy, {writes} of them writes"
    );
}

#[test]
fn a_thousand_members_of_the_settings_resource_take_few_requests() {
    let lab = lab_with(nobody());
    lab.tenant.edit_directory(|now| *now = large(1000, 10));
    let ids: Vec<_> = (1..=1000).map(user_id).collect();
    lab.config(&settings(&format!("scope = \"selected\"\nusers = {}", json!(ids))));
    let checked = checking(&lab);
    lab.tenant.clear_requests();
    checked.apply().ok();
    assert_eq!(lab.tenant.at(JOIN)["users"].as_array().unwrap().len(), 1000);
    let requests = lab.tenant.graph_requests();
    let (policy, checks): (Vec<_>, Vec<_>) = requests
        .iter()
        .map(|request| request.path.as_str())
        .partition(|path| path.ends_with("deviceRegistrationPolicy"));
    assert!(policy.len() <= 6, "{policy:?}");
    assert!(
        checks.len() <= 2 && checks.iter().all(|path| path.ends_with("getByIds")),
        "one in the plan and one in the apply: {checks:?}"
    );
    checked.plan().empty();
}
