//! Look-ups of many objects at once, at their limits and beyond.

use super::*;
use crate::directory::tenants::{group_id, user_id};
use crate::testing::{send, world};

fn ids_of(body: &Value) -> Vec<String> {
    let list = body["value"].as_array().unwrap().iter();
    list.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn many_ids_are_looked_up_at_once() {
    let mut world = world();
    let path = "/v1.0/directoryObjects/getByIds";
    let body = json!({"ids": [user_id(1), group_id(1), user_id(99)], "types": ["user", "group"]});
    let found = send(&mut world, "POST", path, &body.to_string()).value();
    let mut kinds: Vec<(String, String)> = found["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            (
                item["@odata.type"].as_str().unwrap().to_owned(),
                item["id"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    kinds.sort();
    assert_eq!(
        kinds,
        [
            ("#microsoft.graph.group".to_owned(), group_id(1)),
            ("#microsoft.graph.user".to_owned(), user_id(1)),
        ]
    );
    let user = found["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["id"] == user_id(1));
    assert!(user.unwrap()["displayName"].is_string() && user.unwrap().get("userType").is_none());
    let users_only = json!({"ids": [user_id(1), group_id(1)], "types": ["user"]});
    assert_eq!(
        ids_of(&send(&mut world, "POST", path, &users_only.to_string()).value()),
        [user_id(1)]
    );
    for (ids, status) in [(1, 200), (1000, 200), (1001, 400), (0, 400)] {
        let body = json!({"ids": (0..ids).map(user_id).collect::<Vec<_>>()});
        assert_eq!(
            send(&mut world, "POST", path, &body.to_string()).status,
            status,
            "{ids} ids"
        );
    }
    for body in [
        json!({}),
        json!({"ids": "x"}),
        json!({"ids": ["ada@contoso.example"]}),
        json!({"ids": [user_id(1)], "types": 1}),
    ] {
        assert_eq!(send(&mut world, "POST", path, &body.to_string()).status, 400, "{body}");
    }
    world.config.switches.unknown_ids = UnknownIds::NotFound;
    let body = json!({"ids": [user_id(99)]});
    assert_eq!(send(&mut world, "POST", path, &body.to_string()).status, 404);
}

#[test]
fn memberships_are_checked_transitively_twenty_at_a_time() {
    let mut world = world();
    let path = format!("/v1.0/users/{}/checkMemberGroups", user_id(1));
    let groups: Vec<String> = (1..=12).map(group_id).chain([group_id(99)]).collect();
    let found = send(&mut world, "POST", &path, &json!({"groupIds": groups}).to_string()).value();
    assert_eq!(
        found["value"],
        json!([group_id(1), group_id(5), group_id(9), group_id(11)])
    );
    for (count, status) in [(20, 200), (21, 400), (0, 400)] {
        let body = json!({"groupIds": (0..count).map(group_id).collect::<Vec<_>>()});
        assert_eq!(
            send(&mut world, "POST", &path, &body.to_string()).status,
            status,
            "{count} groups"
        );
    }
}
