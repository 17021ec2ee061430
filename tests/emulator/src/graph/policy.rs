//! `GET` and `PUT /policies/deviceRegistrationPolicy`.
//!
//! <https://learn.microsoft.com/graph/api/deviceregistrationpolicy-get> and
//! <https://learn.microsoft.com/graph/api/deviceregistrationpolicy-update>.

use super::caller::Needs;
use super::{Answer, Caller, GraphError, Result, json_body};
use crate::exchange::Call;
use crate::policy::{Reader, Rules};
use crate::world::World;

const READ: Needs = Needs {
    application: &[
        "Policy.Read.DeviceConfiguration",
        "Policy.ReadWrite.DeviceConfiguration",
    ],
    delegated: &[
        "Policy.Read.DeviceConfiguration",
        "Policy.ReadWrite.DeviceConfiguration",
        "Policy.Read.All",
    ],
    roles: &[
        "Global Reader",
        "Cloud Device Administrator",
        "Intune Administrator",
        "Windows 365 Administrator",
        "Directory Reviewer",
        "Global Administrator",
    ],
};

const WRITE: Needs = Needs {
    application: &["Policy.ReadWrite.DeviceConfiguration"],
    delegated: &["Policy.ReadWrite.DeviceConfiguration"],
    roles: &["Cloud Device Administrator", "Global Administrator"],
};

pub(super) fn policy(world: &mut World, call: &Call, caller: &Caller, version: &str) -> Result<Answer> {
    match call.method.as_str() {
        "GET" => {
            caller.check(&READ)?;
            let (policy, turn) = world.policy.read();
            let reader = Reader {
                switches: &world.config.switches,
                origin: &call.origin,
                version,
                turn,
            };
            Ok(Answer::Json(reader.body(policy)))
        }
        "PUT" => {
            caller.check(&WRITE)?;
            put(world, call, version)
        }
        _ => Err(GraphError::method_not_allowed("GET, PUT")),
    }
}

fn put(world: &mut World, call: &Call, version: &str) -> Result<Answer> {
    let body = json_body(call)?;
    let switches = &world.config.switches;
    let directory = &world.directory;
    let exists = |id: &str| directory.object(id).is_some();
    let rules = Rules::new(switches, &exists);
    let policy = world.policy.replace(&body, &rules, &call.request_id)?;
    let reader = Reader {
        switches,
        origin: &call.origin,
        version,
        turn: 0,
    };
    let answer = reader.body(policy);
    world.save();
    Ok(Answer::Json(answer))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::seeds::{UNKNOWN_PROPERTY, default_policy, hardened_policy};
    use crate::testing::{send, signed, world};

    const POLICY: &str = "/v1.0/policies/deviceRegistrationPolicy";

    #[test]
    fn reads_the_same_in_both_versions() {
        let mut world = world();
        for version in ["v1.0", "beta"] {
            let reply = send(
                &mut world,
                "GET",
                &format!("/{version}/policies/deviceRegistrationPolicy"),
                "",
            );
            assert_eq!(reply.status, 200);
            let mut expected = default_policy();
            expected["@odata.context"] = json!(format!(
                "https://graph.test/{version}/$metadata#policies/deviceRegistrationPolicy/$entity"
            ));
            assert_eq!(reply.value(), expected);
        }
    }

    #[test]
    fn a_put_answers_the_object_and_a_get_sees_it() {
        let mut world = world();
        let mut body = default_policy();
        body["userDeviceQuota"] = json!(20);
        let put = send(&mut world, "PUT", POLICY, &body.to_string());
        assert_eq!(put.status, 200);
        assert_eq!(put.value()["userDeviceQuota"], 20);
        let get = send(&mut world, "GET", POLICY, "");
        assert_eq!(get.value(), put.value());
        assert_eq!(world.policy.writes().len(), 1);
    }

    #[test]
    fn a_refused_put_changes_nothing() {
        let mut world = world();
        let reply = send(&mut world, "PUT", POLICY, r#"{"userDeviceQuota":20}"#);
        assert_eq!(reply.status, 400);
        assert_eq!(world.policy.current(), &default_policy());
        assert!(world.policy.writes().is_empty());
    }

    #[test]
    fn other_methods_are_not_allowed() {
        let mut world = world();
        for method in ["POST", "PATCH", "DELETE"] {
            let reply = send(&mut world, method, POLICY, "{}");
            assert_eq!(reply.status, 405);
            let error = reply.value()["error"].clone();
            assert_eq!(error["code"], "Request_BadRequest");
            assert_eq!(
                error["message"],
                "Specified HTTP method is not allowed for the request target."
            );
        }
    }

    #[test]
    fn the_body_must_be_json_and_say_so() {
        let mut world = world();
        let good = hardened_policy().to_string();
        for (body, media, expected) in [
            ("", "application/json", "Empty Payload"),
            ("{", "application/json", "Unable to read JSON"),
            (good.as_str(), "text/plain", "Unable to read JSON"),
            (good.as_str(), "", "Unable to read JSON"),
        ] {
            let mut request = signed(&mut world, "PUT", POLICY, body);
            request.headers.remove("content-type");
            if !media.is_empty() {
                request.headers.insert("content-type", media.parse().unwrap());
            }
            let reply = world.handle(&request);
            assert_eq!(reply.status, 400);
            assert!(reply.value()["error"]["message"].as_str().unwrap().contains(expected));
        }
        let mut request = signed(&mut world, "PUT", POLICY, &good);
        request
            .headers
            .insert("content-type", "Application/JSON; charset=utf-8".parse().unwrap());
        // The default tenant does not have the hardened one's property: the body was read.
        let message = world.handle(&request).value()["error"]["message"].to_string();
        assert!(message.contains(UNKNOWN_PROPERTY), "{message}");
    }

    #[test]
    fn answers_carry_graphs_headers() {
        let mut world = world();
        let mut request = signed(&mut world, "GET", POLICY, "");
        request.headers.insert(
            "client-request-id",
            "0f8fad5b-d9cb-469f-a165-70867728950e".parse().unwrap(),
        );
        let reply = world.handle(&request);
        assert_eq!(reply.headers["request-id"], request.request_id.as_str());
        assert_eq!(
            reply.headers["client-request-id"],
            "0f8fad5b-d9cb-469f-a165-70867728950e"
        );
        assert_eq!(reply.headers["odata-version"], "4.0");
        assert_eq!(reply.headers["content-type"], super::super::JSON);
        assert!(reply.headers.contains_key("x-ms-ags-diagnostic"));
    }

    #[test]
    fn errors_carry_both_request_ids_and_a_date_without_a_zone() {
        let mut world = world();
        let mut request = signed(&mut world, "DELETE", POLICY, "");
        request.headers.insert("client-request-id", "mine".parse().unwrap());
        let inner = world.handle(&request).value()["error"]["innerError"].clone();
        assert_eq!(inner["request-id"], request.request_id.as_str());
        assert_eq!(inner["client-request-id"], "mine");
        assert_eq!(inner["date"].as_str().unwrap().len(), "2026-03-01T10:00:00".len());
    }

    #[test]
    fn asking_for_no_metadata_loses_the_types_of_memberships() {
        let mut world = world();
        let mut request = signed(&mut world, "GET", POLICY, "");
        request
            .headers
            .insert("accept", "application/json;odata.metadata=none".parse().unwrap());
        let body = world.handle(&request).value();
        assert_eq!(body["azureADJoin"]["allowedToJoin"], json!({}));
        assert!(body.get("@odata.context").is_none());
    }

    #[test]
    fn unknown_paths_and_versions_are_refused() {
        let mut world = world();
        for path in [
            "/v1.0/policies/other",
            "/v1.0",
            "/v2.0/policies/deviceRegistrationPolicy",
            "/",
        ] {
            assert_eq!(send(&mut world, "GET", path, "").status, 400, "{path}");
        }
    }
}
