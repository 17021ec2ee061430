//! Ids to kinds, over the wire.

use graph_emulator::{Config, Emulator, Fault, tenants};
use serde_json::json;

use crate::child::Client;

fn sample() -> (Emulator, tempfile::TempDir) {
    let tenant = Emulator::start_blocking(Config::default()).unwrap();
    tenant.edit_directory(|now| *now = tenants::sample());
    (tenant, tempfile::tempdir().unwrap())
}

#[test]
fn every_kind_of_member_is_told_from_the_others() {
    let (tenant, folder) = sample();
    let mut client = Client::of(&tenant, folder.path());
    let ids: Vec<_> = (1..=10).map(tenants::group_id).collect();
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
        ]
    );
    let user = [tenants::user_id(1)];
    assert_eq!(client.verify(Some("user"), &user), ["user"]);
    assert_eq!(client.verify(Some("user"), &[tenants::user_id(5)]), ["guest"]);
    assert_eq!(client.verify(Some("group"), &user), ["user"]);
    assert_eq!(client.verify(None, &user), ["user"]);
    assert_eq!(client.verify(None, &[tenants::group_id(1)]), [json!(2)]);
    assert_eq!(client.verify(None, &[tenants::group_id(999)]), ["missing"]);
    assert_eq!(client.verify(Some("user"), &[tenants::group_id(999)]), ["missing"]);
}

#[test]
fn a_thousand_users_are_one_request() {
    let (tenant, folder) = sample();
    tenant.edit_directory(|now| *now = tenants::large(1500, 100));
    let mut client = Client::of(&tenant, folder.path());
    let users: Vec<_> = (1..=1000).map(tenants::user_id).collect();
    assert!(client.verify(Some("user"), &users).iter().all(|found| *found == "user"));
    assert_eq!(tenant.graph_requests().len(), 1, "getByIds");
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
fn a_throttled_look_up_is_sent_again_alone() {
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
    assert_eq!(tenant.graph_requests().len(), 4);
}

#[test]
fn look_ups_share_a_connection() {
    let (tenant, folder) = sample();
    tenant.edit_directory(|now| *now = tenants::large(300, 100));
    let mut client = Client::of(&tenant, folder.path());
    let groups: Vec<_> = (1..=100).map(tenants::group_id).collect();
    let found = client.verify(Some("group"), &groups);
    assert!(found.iter().all(|users| users.as_u64() > Some(0)));
    let requests = tenant.graph_requests();
    let connections: std::collections::BTreeSet<_> = requests.iter().map(|one| one.connection).collect();
    assert_eq!((requests.len(), connections.len()), (100, 1));
}
