//! What stands behind an id, over the wire.

use graph_emulator::{Config, Emulator, Fault, tenants};
use serde_json::json;

use crate::child::Client;

fn sample() -> (Emulator, tempfile::TempDir) {
    let tenant = Emulator::start_blocking(Config::default()).unwrap();
    tenant.edit_directory(|now| *now = tenants::sample());
    (tenant, tempfile::tempdir().unwrap())
}

fn batches(tenant: &Emulator) -> usize {
    tenant.graph_requests().len()
}

#[test]
fn every_kind_of_member_is_told_from_the_others_in_every_spelling_of_a_count() {
    let (tenant, folder) = sample();
    let mut client = Client::of(&tenant, folder.path());
    let ids: Vec<_> = (1..=10).map(tenants::group_id).collect();
    for text in ["number", "text", "base64"] {
        let switches = json!({"batch_text": text, "shuffle_batch": true});
        tenant.set_switches(serde_json::from_value(switches).unwrap());
        assert_eq!(
            client.verify(Some("group"), &ids),
            [
                json!(2),
                json!(1),
                json!(1),
                json!("a security group with a dynamic membership rule"),
                json!(2),
                json!(1),
                json!(1),
                json!("a security group"),
                json!(1),
                json!("a security group"),
            ],
            "{text}"
        );
    }
    let user = [tenants::user_id(1)];
    assert_eq!(client.verify(Some("user"), &user), ["user"]);
    assert_eq!(client.verify(Some("group"), &user), ["user"]);
    assert_eq!(client.verify(None, &user), ["user"]);
    assert_eq!(client.verify(None, &[tenants::group_id(1)]), [json!(2)]);
    assert_eq!(client.verify(None, &[tenants::group_id(999)]), ["missing"]);
    assert_eq!(client.verify(Some("user"), &[tenants::group_id(999)]), ["missing"]);
}

#[test]
fn many_ids_take_few_requests() {
    let (tenant, folder) = sample();
    tenant.edit_directory(|now| *now = tenants::large(1500, 100));
    let mut client = Client::of(&tenant, folder.path());
    let users: Vec<_> = (1..=1000).map(tenants::user_id).collect();
    assert!(client.verify(Some("user"), &users).iter().all(|found| *found == "user"));
    assert_eq!(batches(&tenant), 1, "getByIds");
    tenant.clear_requests();
    let groups: Vec<_> = (1..=100).map(tenants::group_id).collect();
    assert!(
        client
            .verify(Some("group"), &groups)
            .iter()
            .all(|found| found.as_u64() > Some(0))
    );
    assert!(batches(&tenant) <= 6, "{}", batches(&tenant));
}

#[test]
fn the_least_permission_is_enough_and_none_is_an_answer() {
    let (tenant, folder) = sample();
    let roles = |roles: &[&str]| {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        tenant.configure(|config| config.apps[0].roles = roles);
        tenant.revoke_tokens();
    };
    tenant.edit_directory(|now| *now = tenants::large(100, 10));
    let users: Vec<_> = (1..=30).map(tenants::user_id).collect();
    roles(&["User.Read.All", "GroupMember.Read.All"]);
    let mut client = Client::of(&tenant, folder.path());
    assert!(client.verify(Some("user"), &users).iter().all(|found| *found == "user"));
    assert_eq!(client.verify(Some("group"), &[tenants::group_id(1)]), [json!(10)]);
    roles(&["Policy.Read.DeviceConfiguration"]);
    let denied = client.verify(Some("group"), &[tenants::group_id(1)]);
    let denied = denied[0].as_str().unwrap();
    assert!(
        denied.contains("denied: look up groups") && denied.contains("GroupMember.Read.All"),
        "{denied}"
    );
}

#[test]
fn a_throttled_part_is_asked_for_again_and_the_others_are_not() {
    let (tenant, folder) = sample();
    let mut client = Client::of(&tenant, folder.path());
    let fault: Fault = serde_json::from_value(json!({
        "match": {"path": format!("*/groups/{}/transitiveMembers*", tenants::group_id(2))},
        "effect": {"kind": "status", "status": 429, "retry_after": "0"},
    }))
    .unwrap();
    tenant.inject(fault);
    let ids: Vec<_> = (1..=3).map(tenants::group_id).collect();
    assert_eq!(client.verify(Some("group"), &ids), [json!(2), json!(1), json!(1)]);
    let requests = tenant.graph_requests();
    let parts: Vec<_> = requests.iter().map(|request| request.batch.len()).collect();
    assert_eq!(parts, [3, 1]);
}
