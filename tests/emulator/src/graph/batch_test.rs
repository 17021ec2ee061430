//! Batches: the documented form, answers in any order, and each request on its own.

use super::*;
use crate::directory::tenants::{group_id, user_id};
use crate::exchange::Reply;
use crate::faults::Fault;
use crate::testing::{send, signed, world};

fn post(world: &mut World, requests: &Value) -> Reply {
    send(
        world,
        "POST",
        "/v1.0/$batch",
        &json!({"requests": requests}).to_string(),
    )
}

fn of_id<'a>(body: &'a Value, id: &str) -> &'a Value {
    let mut responses = body["responses"].as_array().unwrap().iter();
    responses.find(|response| response["id"] == id).unwrap()
}

fn count(id: &str, group: usize) -> Value {
    json!({"id": id, "method": "GET", "headers": {"ConsistencyLevel": "eventual"},
        "url": format!("/groups/{}/transitiveMembers/microsoft.graph.user/$count", group_id(group))})
}

#[test]
fn each_request_has_its_own_answer_in_any_order() {
    let mut world = world();
    let requests = json!([
        count("1", 1),
        count("2", 8),
        {"id": "3", "method": "GET", "url": format!("groups/{}?$select=id", group_id(99))},
        {"id": "4", "method": "POST", "url": format!("/users/{}/checkMemberGroups", user_id(1)),
         "headers": {"Content-Type": "application/json"}, "body": {"groupIds": [group_id(1)]}},
        {"id": "5", "method": "GET", "url": format!("/groups/{}/transitiveMembers/microsoft.graph.user/$count", group_id(1))},
    ]);
    let reply = post(&mut world, &requests);
    assert_eq!(reply.status, 200);
    let body = reply.value();
    let order: Vec<&Value> = body["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|response| &response["id"])
        .collect();
    assert_eq!(order, ["5", "4", "3", "2", "1"]);
    assert_eq!(
        (&of_id(&body, "1")["status"], &of_id(&body, "1")["body"]),
        (&json!(200), &json!(2))
    );
    assert_eq!(of_id(&body, "2")["body"], 0);
    assert_eq!(of_id(&body, "3")["status"], 404);
    assert_eq!(of_id(&body, "3")["body"]["error"]["code"], "Request_ResourceNotFound");
    assert_eq!(of_id(&body, "4")["body"]["value"], json!([group_id(1)]));
    assert_eq!(of_id(&body, "5")["status"], 400);
    world.config.switches.shuffle_batch = false;
    assert_eq!(post(&mut world, &requests).value()["responses"][0]["id"], "1");
}

#[test]
fn a_count_in_a_batch_comes_in_the_form_of_the_switch() {
    let mut world = world();
    let requests = json!([count("1", 1)]);
    for (form, expected) in [
        (BatchText::Number, json!(2)),
        (BatchText::Text, json!("2")),
        (BatchText::Base64, json!("Mg==")),
    ] {
        world.config.switches.batch_text = form;
        assert_eq!(post(&mut world, &requests).value()["responses"][0]["body"], expected);
    }
}

#[test]
fn is_refused_whole_when_it_is_not_of_the_form() {
    let mut world = world();
    let many = |count: usize| {
        json!(
            (0..count)
                .map(|id| json!({"id": id.to_string(), "method": "GET", "url": "/users"}))
                .collect::<Vec<_>>()
        )
    };
    assert_eq!(post(&mut world, &many(20)).status, 200);
    let cases = [
        many(21),
        json!([]),
        json!({}),
        json!([{"method": "GET", "url": "/users"}]),
        json!([{"id": "1", "url": "/users"}]),
        json!([{"id": "1", "method": "GET"}]),
        json!([{"id": "a", "method": "GET", "url": "/users"}, {"id": "A", "method": "GET", "url": "/users"}]),
        json!([{"id": "1", "method": "GET", "url": "https://graph.test/v1.0/users"}]),
        json!([{"id": "1", "method": "POST", "url": "/users", "body": {}}]),
        json!([{"id": "1", "method": "GET", "url": "/users", "headers": {"no header": "x"}}]),
    ];
    for requests in cases {
        assert_eq!(post(&mut world, &requests).status, 400, "{requests}");
    }
    assert_eq!(send(&mut world, "GET", "/v1.0/$batch", "").status, 405);
    let nested = json!([{"id": "1", "method": "POST", "url": "/$batch", "headers": {"Content-Type": "application/json"}, "body": {"requests": []}}]);
    assert_eq!(post(&mut world, &nested).value()["responses"][0]["status"], 400);
}

#[test]
fn one_request_can_be_throttled() {
    let mut world = world();
    world
        .faults
        .add(Fault::new(Effect::throttled("3")).path("*/$count").skip(1));
    let body = post(&mut world, &json!([count("1", 1), count("2", 1), count("3", 1)])).value();
    assert_eq!(of_id(&body, "1")["status"], 200);
    assert_eq!(of_id(&body, "2")["status"], 429);
    assert_eq!(of_id(&body, "2")["headers"]["Retry-After"], "3");
    assert_eq!(of_id(&body, "3")["status"], 200);
}

#[test]
fn its_requests_are_in_the_log() {
    let mut world = world();
    let body = json!({"requests": [count("1", 1)]}).to_string();
    let request = signed(&mut world, "POST", "/v1.0/$batch", &body);
    world.log.begin(&request, "h2");
    world.handle(&request);
    let inner = &world.log.requests()[0].batch;
    assert_eq!(inner.len(), 1);
    assert_eq!((inner[0].method.as_str(), inner[0].status), ("GET", 200));
    assert!(inner[0].url.starts_with("/groups/"), "{}", inner[0].url);
}

#[test]
fn needs_the_permission_of_each() {
    let mut world = world();
    world.config.apps[0].roles = vec!["User.Read.All".into()];
    let body = post(
        &mut world,
        &json!([count("1", 1), {"id": "2", "method": "GET", "url": "/users"}]),
    )
    .value();
    assert_eq!(of_id(&body, "1")["status"], 403);
    assert_eq!(of_id(&body, "2")["status"], 200);
}
