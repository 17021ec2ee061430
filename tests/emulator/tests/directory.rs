//! Look-ups over the wire, in a large tenant, and the directory's part of the control API.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod client;

use client::{Session, json};
use graph_emulator::tenants::{group_id, large, user_id};
use graph_emulator::{Config, Emulator, Group, Reason, User, seeds};
use serde_json::{Value, json};

async fn start(config: Config) -> (Emulator, Session) {
    let emulator = Emulator::start(config).await.unwrap();
    let session = Session::new(&emulator).await;
    (emulator, session)
}

#[tokio::test]
async fn counts_a_thousand_groups_in_fifty_batches() {
    let config = Config::default().with_directory(large(10_000, 1_000));
    let (emulator, session) = start(config).await;
    let mut counts = Vec::new();
    for batch in 0..50 {
        let requests: Vec<Value> = (1..=20)
            .map(|step| {
                let group = group_id(batch * 20 + step);
                let url = format!("/groups/{group}/transitiveMembers/microsoft.graph.user/$count");
                json!({"id": step.to_string(), "method": "GET", "url": url, "headers": {"ConsistencyLevel": "eventual"}})
            })
            .collect();
        let body = json!({"requests": requests});
        let answer = json(session.send("POST", "/v1.0/$batch", Some(&body)).await.unwrap()).await;
        counts.extend(
            answer["responses"]
                .as_array()
                .unwrap()
                .iter()
                .map(|response| response["body"].as_u64().unwrap()),
        );
    }
    assert_eq!(counts.len(), 1000);
    assert_eq!(counts.iter().filter(|count| **count == 100).count(), 100);
    assert_eq!(counts.iter().filter(|count| **count == 10).count(), 900);
    let requests = emulator.graph_requests();
    assert_eq!((requests.len(), requests[0].batch.len()), (50, 20));
}

#[tokio::test]
async fn links_lead_to_the_next_page_on_the_same_host() {
    let config = Config::default().with_directory(large(1_500, 1));
    let (_emulator, mut session) = start(config).await;
    let (_, body) = session.get("/v1.0/users?$top=999&$select=id").await;
    let link = body["@odata.nextLink"].as_str().unwrap().to_owned();
    assert!(link.starts_with(&session.graph), "{link}");
    session.graph = String::new();
    let (_, rest) = session.get(&link).await;
    assert_eq!(rest["value"].as_array().unwrap().len(), 501);
    assert!(rest.get("@odata.nextLink").is_none());
}

#[tokio::test]
async fn the_directory_can_be_changed_behind_graphs_back() {
    let (emulator, session) = start(Config::hardened()).await;
    let control = format!("{}/_emulator", emulator.graph_http_url());
    let send = async |method: &str, path: &str, body: Value| {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = session.client.request(method, format!("{control}{path}"));
        let request = request
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    let (user, group) = (user_id(50), group_id(50));
    assert_eq!(
        send(
            "POST",
            "/directory/users",
            json!({"id": user, "user_principal_name": "new@contoso.example"})
        )
        .await
        .0,
        204
    );
    assert_eq!(
        send("POST", "/directory/groups", json!([{"id": group, "members": [user]}]))
            .await
            .0,
        204
    );
    assert_eq!(
        send("POST", "/directory/groups", json!({"id": group, "nope": 1}))
            .await
            .0,
        400
    );
    let now = send("GET", "/clock", Value::Null).await.1["now"].as_i64().unwrap();
    let patch = json!({"id": "other", "created_at": now - 60, "unseen_for": {"lookups": 1}});
    assert_eq!(send("PATCH", &format!("/directory/{group}"), patch).await.0, 204);
    let path = format!("/v1.0/groups/{group}?$select=createdDateTime");
    assert_eq!(session.get(&path).await.0, 404);
    let (status, body) = session.get(&path).await;
    assert_eq!(status, 200);
    assert!(body["createdDateTime"].as_str().unwrap() > "2026", "{body}");
    for (id, patch, status) in [
        (&group, json!({"nope": 1}), 400),
        (&user, json!({"user_type": "Guest"}), 204),
        (&group_id(51), json!({}), 404),
    ] {
        assert_eq!(send("PATCH", &format!("/directory/{id}"), patch).await.0, status);
    }
    assert_eq!(emulator.directory().user(&user).unwrap().user_type, "Guest");
    assert!(emulator.directory().group(&group).unwrap().members.contains(&user));
    let (_, verdict) = send("GET", &format!("/may-join/{user}"), Value::Null).await;
    assert_eq!(verdict["reason"], "not_selected");

    emulator.edit_directory(|directory| {
        directory
            .group_mut(seeds::HARDENED_GROUPS[0])
            .unwrap()
            .members
            .push(group.clone());
    });
    let verdict = emulator.may_join(&user);
    assert_eq!((verdict.may_join, verdict.reason), (true, Reason::InGroup));
    assert_eq!(verdict.matched_groups, [seeds::HARDENED_GROUPS[0]]);
    assert!(verdict.multi_factor_required);

    let (_, all) = send("GET", "/directory", Value::Null).await;
    assert_eq!(serde_json::to_value(emulator.directory()).unwrap(), all);
    assert_eq!(send("DELETE", &format!("/directory/{user}"), Value::Null).await.0, 204);
    assert_eq!(session.get(&format!("/v1.0/users/{user}")).await.0, 404);
    assert_eq!(send("PUT", "/directory", json!({})).await.0, 204);
    assert_eq!(emulator.directory().groups().count(), 0);
}

#[tokio::test]
async fn the_policy_can_be_strict_about_members() {
    let (emulator, session) = start(Config::hardened()).await;
    emulator.configure(|config| {
        config.switches.unknown_members = graph_emulator::switches::Leniency::Refuse;
    });
    let mut policy = seeds::hardened_policy();
    assert_eq!(
        session
            .send("PUT", client::POLICY, Some(&policy))
            .await
            .unwrap()
            .status(),
        200
    );
    let (stranger, friend) = (user_id(77), user_id(78));
    policy["azureADJoin"]["allowedToJoin"]["users"] = json!([stranger]);
    assert_eq!(
        session
            .send("PUT", client::POLICY, Some(&policy))
            .await
            .unwrap()
            .status(),
        400
    );
    emulator.edit_directory(|directory| {
        directory.add_user(User {
            id: friend.clone(),
            ..User::default()
        });
        directory.add_group(Group {
            id: group_id(78),
            ..Group::default()
        });
    });
    policy["azureADJoin"]["allowedToJoin"]["users"] = json!([friend]);
    policy["azureADJoin"]["allowedToJoin"]["groups"] = json!([group_id(78)]);
    assert_eq!(
        session
            .send("PUT", client::POLICY, Some(&policy))
            .await
            .unwrap()
            .status(),
        200
    );
}
