//! Look-ups in the sample directory: what a client sends, and what it must not.

use std::collections::BTreeSet;

use super::*;
use crate::accounts::POLICY_ROLES;
use crate::authority;
use crate::config::Config;
use crate::directory::Lag;
use crate::directory::tenants::{group_id, large, user_id};
use crate::exchange::{Reply, encode};
use crate::switches::{DeviceReads, Switches};
use crate::testing::{ORIGIN, call, send, signed, with_token, world, world_of};

fn get(world: &mut World, target: &str) -> (u16, Value) {
    let reply = send(world, "GET", target, "");
    (reply.status, reply.value())
}

fn eventual(world: &mut World, target: &str) -> Reply {
    let mut request = signed(world, "GET", target, "");
    request.headers.insert("consistencylevel", "eventual".parse().unwrap());
    world.handle(&request)
}

fn ids(body: &Value) -> Vec<String> {
    let list = body["value"].as_array().unwrap().iter();
    list.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_user_is_found_by_id_and_by_name() {
    let mut world = world();
    for name in [
        user_id(1),
        user_id(1).to_uppercase(),
        "Ada.Lovelace@contoso.example".to_owned(),
    ] {
        let (status, body) = get(
            &mut world,
            &format!("/v1.0/users/{name}?$select=id,accountEnabled,userType"),
        );
        assert_eq!(status, 200, "{name}");
        assert_eq!(body["id"], user_id(1));
        assert_eq!(
            (&body["accountEnabled"], &body["userType"]),
            (&json!(true), &json!("Member"))
        );
        assert!(body.get("displayName").is_none());
    }
    let (_, body) = get(&mut world, &format!("/v1.0/users/{}", user_id(1)));
    assert!(body.get("accountEnabled").is_none() && body["displayName"].is_string());
}

#[test]
fn odd_user_names_need_their_encoding() {
    let mut world = world();
    let guest = "guest_fabrikam.example#EXT#@contoso.example";
    assert_eq!(get(&mut world, &format!("/v1.0/users/{}", encode(guest))).0, 200);
    let dollar = "$odd@contoso.example";
    world.directory.user_mut(&user_id(2)).unwrap().user_principal_name = dollar.to_owned();
    assert_eq!(get(&mut world, &format!("/v1.0/users/{}", encode(dollar))).0, 400);
    assert_eq!(get(&mut world, &format!("/v1.0/users('{}')", encode(dollar))).0, 200);
    world.directory.user_mut(&user_id(2)).unwrap().user_principal_name = "o'brien@contoso.example".to_owned();
    assert_eq!(get(&mut world, "/v1.0/users('o''brien@contoso.example')").0, 200);
}

#[test]
fn what_is_not_there_is_not_found() {
    let mut world = world();
    for path in [
        format!("/v1.0/users/{}", user_id(99)),
        "/v1.0/users/nobody@contoso.example".to_owned(),
        format!("/v1.0/groups/{}", group_id(99)),
        format!("/v1.0/groups/{}", user_id(1)),
        format!("/v1.0/users/{}/ownedDevices", user_id(99)),
    ] {
        let (status, body) = get(&mut world, &path);
        assert_eq!(
            (status, &body["error"]["code"]),
            (404, &json!("Request_ResourceNotFound")),
            "{path}"
        );
    }
    let (status, body) = get(&mut world, "/v1.0/groups/Autopilot");
    assert_eq!((status, &body["error"]["code"]), (400, &json!("Request_BadRequest")));
    assert!(
        body["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("Invalid object identifier")
    );
}

#[test]
fn groups_are_found_by_name_and_names_are_not_unique() {
    let mut world = world();
    let (_, body) = get(
        &mut world,
        "/v1.0/groups?$filter=displayName%20eq%20'Sales'&$select=id,displayName",
    );
    let found: BTreeSet<String> = ids(&body).into_iter().collect();
    assert_eq!(found, BTreeSet::from([group_id(11), group_id(12)]));
    let (_, body) = get(&mut world, "/v1.0/groups?$filter=displayName+eq+'nobody'");
    assert_eq!(body["value"], json!([]));
    world.directory.group_mut(&group_id(1)).unwrap().display_name = "'O''Brien'".to_owned();
    let (_, body) = get(&mut world, "/v1.0/groups?$filter=displayName%20eq%20'''o''''BRIEN'''");
    assert_eq!(ids(&body), [group_id(1)]);
    for filter in [
        "",
        "displayName",
        "displayName eq Sales",
        "displayName eq 'Sales",
        "displayName eq '",
        "displayName eq 'O'Brien'",
        "displayName eq 'a' or displayName eq 'b'",
        "startswith(displayName,'S')",
        "mail eq 'a'",
    ] {
        let (status, body) = get(&mut world, &format!("/v1.0/groups?$filter={}", encode(filter)));
        assert_eq!(status, 400, "{filter}: {body}");
    }
    let (status, _) = get(&mut world, "/v1.0/groups?$select=nope");
    assert_eq!(status, 400);
}

#[test]
fn user_objects_in_a_group_are_counted_with_the_header_only() {
    let mut world = world();
    let path = |group| {
        format!(
            "/v1.0/groups/{}/transitiveMembers/microsoft.graph.user/$count",
            group_id(group)
        )
    };
    let (status, body) = get(&mut world, &path(5));
    assert_eq!(
        (status, &body["error"]["message"]),
        (400, &json!("$count is not currently supported."))
    );
    for (group, expected) in [(1, "2"), (4, "0"), (5, "2"), (6, "1"), (7, "1"), (8, "0"), (10, "0")] {
        let reply = eventual(&mut world, &path(group));
        assert_eq!(
            (reply.status, reply.headers["content-type"].to_str().unwrap()),
            (200, "text/plain")
        );
        assert_eq!(reply.body, expected.as_bytes(), "group {group}");
    }
}

#[test]
fn members_come_with_their_types() {
    let mut world = world();
    let path = format!("/v1.0/groups/{}/transitiveMembers", group_id(5));
    let (_, body) = get(&mut world, &path);
    let kinds: Vec<&Value> = body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["@odata.type"])
        .collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "#microsoft.graph.user").count(), 2);
    assert_eq!(
        kinds.iter().filter(|kind| **kind == "#microsoft.graph.group").count(),
        1
    );
    assert_eq!(get(&mut world, &format!("{path}/microsoft.graph.user")).0, 400);
    let users = eventual(&mut world, &format!("{path}/microsoft.graph.user?$count=true")).value();
    assert_eq!((ids(&users).len(), &users["@odata.count"]), (2, &json!(2)));
    let (_, body) = get(&mut world, &format!("/v1.0/groups/{}/members", group_id(5)));
    assert_eq!(ids(&body), [group_id(1)]);
}

#[test]
fn devices_belong_to_users() {
    let mut world = world();
    let (_, body) = get(
        &mut world,
        &format!("/v1.0/users/{}/ownedDevices?$select=id,trustType", user_id(1)),
    );
    assert_eq!(ids(&body).len(), 2);
    assert_eq!(body["value"][0]["trustType"], "AzureAd");
    let (_, body) = get(&mut world, &format!("/v1.0/users/{}/registeredDevices", user_id(1)));
    assert!(ids(&body).is_empty());
}

fn all_pages(world: &mut World, first: &str) -> (Vec<String>, usize) {
    let (mut found, mut pages) = (Vec::new(), 0);
    let mut target = first.to_owned();
    loop {
        let (status, body) = get(world, &target);
        assert_eq!(status, 200);
        found.extend(ids(&body));
        pages += 1;
        match body["@odata.nextLink"].as_str() {
            Some(link) => target = link.strip_prefix("https://graph.test").unwrap().to_owned(),
            None => return (found, pages),
        }
    }
}

#[test]
fn long_collections_come_in_pages() {
    let mut world = world_of(Config {
        directory: large(250, 3),
        ..Config::default()
    });
    let (found, pages) = all_pages(&mut world, "/v1.0/users?$select=id");
    let unique: BTreeSet<String> = found.iter().cloned().collect();
    assert_eq!((found.len(), unique.len(), pages), (250, 250, 3));
    assert_eq!(all_pages(&mut world, "/v1.0/users?$top=999").1, 1);
    for top in ["0", "1000", "x"] {
        assert_eq!(get(&mut world, &format!("/v1.0/users?$top={top}")).0, 400);
    }
    assert_eq!(get(&mut world, "/v1.0/users?$skiptoken=nonsense").0, 400);
    world.config.switches = Switches {
        empty_pages: true,
        largest_page: Some(40),
        ..Switches::default()
    };
    let (found, pages) = all_pages(&mut world, "/v1.0/users?$top=999&$select=id");
    assert_eq!((found.len(), pages), (250, 14));
}

#[test]
fn new_objects_can_be_missed_for_a_while() {
    let mut world = world();
    world.directory.group_mut(&group_id(1)).unwrap().unseen_for = Lag::lookups(1);
    world.directory.user_mut(&user_id(1)).unwrap().unseen_for = Lag::millis(60);
    let (group, user) = (
        format!("/v1.0/groups/{}", group_id(1)),
        format!("/v1.0/users/{}", user_id(1)),
    );
    assert_eq!((get(&mut world, &group).0, get(&mut world, &group).0), (404, 200));
    assert_eq!((get(&mut world, &user).0, get(&mut world, &user).0), (404, 404));
    std::thread::sleep(std::time::Duration::from_millis(70));
    assert_eq!(get(&mut world, &user).0, 200);
}

#[test]
fn new_members_can_be_missed_for_a_while() {
    let mut world = world();
    world.directory.group_mut(&group_id(1)).unwrap().members_unseen_for = Lag::lookups(2);
    let path = format!("/v1.0/groups/{}", group_id(1));
    assert_eq!(get(&mut world, &path).0, 200, "the group itself is there");
    let count = format!("{path}/transitiveMembers/microsoft.graph.user/$count");
    assert_eq!(eventual(&mut world, &count).body, b"0");
    assert_eq!(get(&mut world, &format!("{path}/members")).1["value"], json!([]));
    assert_eq!(eventual(&mut world, &count).body, b"2");
}

#[test]
fn hidden_members_need_their_permission() {
    for (roles, expected) in [
        (vec!["GroupMember.Read.All"], "0"),
        (vec!["Directory.Read.All"], "0"),
        (vec!["GroupMember.Read.All", "Member.Read.Hidden"], "2"),
    ] {
        let mut world = world_of(Config::default().with_roles(roles.clone()));
        world.directory.group_mut(&group_id(1)).unwrap().visibility = Some(Visibility::HiddenMembership);
        let path = format!("/v1.0/groups/{}", group_id(1));
        let count = format!("{path}/transitiveMembers/microsoft.graph.user/$count");
        assert_eq!(eventual(&mut world, &count).body, expected.as_bytes(), "{roles:?}");
        let (_, members) = get(&mut world, &format!("{path}/members"));
        assert_eq!(ids(&members).is_empty(), expected == "0", "{roles:?}");
        let (_, group) = get(&mut world, &format!("{path}?$select=visibility,createdDateTime"));
        assert_eq!(group["visibility"], "HiddenMembership");
        assert_eq!(group["createdDateTime"], "2024-01-01T00:00:00Z");
    }
}

#[test]
fn guests_show_their_type_when_selected() {
    let mut world = world();
    let path = format!("/v1.0/users/{}", user_id(5));
    assert_eq!(
        get(&mut world, &format!("{path}?$select=userType")).1["userType"],
        "Guest"
    );
    assert!(get(&mut world, &path).1.get("userType").is_none());
}

#[test]
fn device_reads_follow_their_switch() {
    let path = format!("/v1.0/users/{}/ownedDevices?$select=id,trustType", user_id(1));
    let (whole, ids_only, refused) = ((200, json!("AzureAd")), (200, Value::Null), (403, Value::Null));
    for (reads, role, expected) in [
        (DeviceReads::Refuse, "Directory.Read.All", &refused),
        (DeviceReads::NullProperties, "User.Read.All", &ids_only),
        (DeviceReads::NullProperties, "Device.Read.All", &whole),
        (DeviceReads::NullProperties, "GroupMember.Read.All", &refused),
        (DeviceReads::Full, "User.Read.All", &refused),
        (DeviceReads::Full, "Device.Read.All", &whole),
        (DeviceReads::Full, "Directory.Read.All", &whole),
    ] {
        let mut world = world_of(Config::default().with_roles([role]));
        world.config.switches.device_reads = reads;
        let (status, body) = get(&mut world, &path);
        assert_eq!(
            (status, body["value"][0]["trustType"].clone()),
            *expected,
            "{reads:?} {role}"
        );
        if status == 200 {
            assert_eq!(ids(&body).len(), 2);
        }
    }
    let mut world = world();
    world.config.switches.device_reads = DeviceReads::Refuse;
    world.config.person.scopes = vec!["User.Read.All".into()];
    let person = world.config.person.clone();
    let token = authority::for_person(&mut world, &person, ORIGIN);
    let request = with_token(call("GET", &path, ""), &token);
    assert_eq!(world.handle(&request).value()["value"][0]["trustType"], "AzureAd");
}

#[test]
fn each_look_up_needs_its_permission() {
    let user = user_id(1);
    let group = group_id(1);
    let check = (
        format!("/v1.0/users/{user}/checkMemberGroups"),
        format!(r#"{{"groupIds":["{group}"]}}"#),
    );
    let by_ids = (
        "/v1.0/directoryObjects/getByIds".to_owned(),
        format!(r#"{{"ids":["{user}"]}}"#),
    );
    let cases: [(&str, &[&str], &str, &str); 6] = [
        (
            "User.Read.All",
            &["Directory.Read.All"],
            &format!("/v1.0/users/{user}"),
            "",
        ),
        ("User.Read.All", &[], "/v1.0/users", ""),
        (
            "GroupMember.Read.All",
            &["Directory.Read.All"],
            &format!("/v1.0/groups/{group}"),
            "",
        ),
        (
            "Directory.Read.All",
            &[],
            &format!("/v1.0/users/{user}/ownedDevices"),
            "",
        ),
        ("Directory.Read.All", &[], &by_ids.0, &by_ids.1),
        (
            "User.Read.All,GroupMember.Read.All",
            &["Directory.Read.All"],
            &check.0,
            &check.1,
        ),
    ];
    for (least, more, path, body) in cases {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let status = |roles: Vec<&str>| {
            let mut world = world_of(Config::default().with_roles(roles));
            let reply = send(&mut world, method, path, body);
            (reply.status, reply.value()["error"]["code"].clone())
        };
        assert_eq!(status(least.split(',').collect()).0, 200, "{path} with {least}");
        for role in more {
            assert_eq!(status(vec![role]).0, 200, "{path} with {role}");
        }
        assert_eq!(
            status(POLICY_ROLES.to_vec()),
            (403, json!("Authorization_RequestDenied")),
            "{path}"
        );
    }
    let mut world = world_of(Config::default().with_roles(["User.Read.All"]));
    assert_eq!(send(&mut world, "POST", &check.0, &check.1).status, 403);
}

#[test]
fn the_directory_can_only_be_read() {
    let mut world = world();
    for path in [
        "/v1.0/users".to_owned(),
        format!("/v1.0/users/{}", user_id(1)),
        "/v1.0/groups".to_owned(),
    ] {
        assert_eq!(send(&mut world, "DELETE", &path, "").status, 405);
    }
    assert_eq!(get(&mut world, "/v1.0/directoryObjects/getByIds").0, 405);
    assert_eq!(get(&mut world, &format!("/v1.0/users/{}/manager", user_id(1))).0, 400);
}
