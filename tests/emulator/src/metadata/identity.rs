//! Managed identities: the instance metadata service of a machine, and a web app's own endpoint.
//!
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token> and
//! <https://learn.microsoft.com/azure/app-service/overview-managed-identity>.

use serde_json::{Value, json};

use crate::accounts::ManagedIdentity;
use crate::authority::{for_identity, lifetime};
use crate::exchange::{Call, Reply};
use crate::world::World;

/// The first version of the metadata service that has tokens.
const OLDEST: &str = "2018-02-01";

/// What a token request came to, before the two services word it in their own ways.
struct Token {
    value: String,
    client_id: String,
    resource: String,
}

/// A machine's token. Every number of the answer is a string.
pub(super) fn machine(world: &mut World, call: &Call) -> Reply {
    let refusal = |error: &str, why: &str| Reply::json(400, &json!({"error": error, "error_description": why}));
    // Both checks keep a request that was forwarded by accident from getting a token.
    if call.header("x-forwarded-for").is_some() {
        return refusal(
            "invalid_request",
            "Requests with the header X-Forwarded-For are not served",
        );
    }
    if call
        .header("metadata")
        .is_none_or(|value| !value.eq_ignore_ascii_case("true"))
    {
        return refusal("invalid_request", "Required metadata header not specified");
    }
    // "Use API version 2018-02-01 or greater."
    let supported = |version: String| version.len() == OLDEST.len() && version.as_str() >= OLDEST;
    if !call.option("api-version").is_some_and(supported) {
        return refusal(
            "invalid_request",
            "Required query variable 'api-version' is missing or not supported",
        );
    }
    let token = match token(world, call, &["client_id", "object_id", "msi_res_id"]) {
        Ok(token) => token,
        Err((error, why)) => return refusal(error, &why),
    };
    let (now, lifetime) = (world.config.clock.now(), lifetime(world));
    Reply::json(
        200,
        &json!({
            "access_token": token.value,
            "client_id": token.client_id,
            "expires_in": lifetime.to_string(),
            "expires_on": (now + lifetime).to_string(),
            "ext_expires_in": lifetime.to_string(),
            "not_before": now.to_string(),
            "resource": token.resource,
            "token_type": "Bearer",
        }),
    )
}

/// A web app's token.
pub(super) fn web_app(world: &mut World, call: &Call) -> Reply {
    let refusal = |status: u16, why: &str| {
        let body: Value = json!({"statusCode": status, "message": why});
        Reply::json(status, &body)
    };
    if call.header("x-identity-header") != Some(world.config.surroundings.identity_header.as_str()) {
        return refusal(401, "The header X-IDENTITY-HEADER is missing or wrong.");
    }
    if call.option("api-version").as_deref() != Some("2019-08-01") {
        return refusal(400, "The api-version is missing or not supported.");
    }
    let token = match token(world, call, &["client_id", "principal_id", "mi_res_id"]) {
        Ok(token) => token,
        Err((_, why)) => return refusal(400, &why),
    };
    let expires = world.config.clock.now() + lifetime(world);
    Reply::json(
        200,
        &json!({
            "access_token": token.value,
            "client_id": token.client_id,
            "expires_on": expires.to_string(),
            "resource": token.resource,
            "token_type": "Bearer",
        }),
    )
}

fn token(world: &mut World, call: &Call, names: &[&str; 3]) -> Result<Token, (&'static str, String)> {
    let Some(resource) = call.option("resource") else {
        return Err((
            "invalid_request",
            "Required query variable 'resource' is missing".to_owned(),
        ));
    };
    if !world.issues_for(&resource) {
        return Err((
            "invalid_resource",
            format!("AADSTS500011: The resource principal named {resource} was not found in the tenant."),
        ));
    }
    let identity = identity(world, call, names).ok_or_else(|| ("invalid_request", "Identity not found".to_owned()))?;
    Ok(Token {
        value: for_identity(world, &identity, &resource),
        client_id: identity.client_id,
        resource,
    })
}

/// The identity that is named by client id, object id or resource id; the system-assigned one when none is named.
fn identity(world: &World, call: &Call, names: &[&str; 3]) -> Option<ManagedIdentity> {
    let [client, object, resource] = names.map(|name| call.option(name));
    let named = client.is_some() || object.is_some() || resource.is_some();
    let same =
        |given: &Option<String>, value: &str| given.as_deref().is_none_or(|given| given.eq_ignore_ascii_case(value));
    let mut identities = world.config.surroundings.identities.iter();
    identities
        .find(|identity| {
            if !named {
                return identity.system_assigned;
            }
            same(&client, &identity.client_id)
                && same(&object, &identity.object_id)
                && same(&resource, &identity.resource_id)
        })
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Listener, encode};
    use crate::jwt::Jwt;
    use crate::testing::{ORIGIN, call, world};

    fn ask(world: &mut World, path: &str, query: &[(&str, &str)], headers: &[(&'static str, &str)]) -> Reply {
        let query: Vec<String> = query
            .iter()
            .map(|(key, value)| format!("{key}={}", encode(value)))
            .collect();
        let mut call = call("GET", &format!("{path}?{}", query.join("&")), "");
        call.listener = Listener::Metadata;
        for (name, value) in headers {
            call.headers.insert(*name, value.parse().unwrap());
        }
        world.handle(&call)
    }

    const IMDS: &str = "/metadata/identity/oauth2/token";
    const VERSION: (&str, &str) = ("api-version", "2018-02-01");
    const RESOURCE: (&str, &str) = ("resource", ORIGIN);
    const METADATA: (&str, &str) = ("metadata", "true");

    fn app_of(reply: &Reply) -> String {
        let body = reply.value();
        let claims = Jwt::parse(body["access_token"].as_str().unwrap()).unwrap().claims;
        claims["appid"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_machine_gets_the_identity_it_names() {
        let mut world = world();
        let [system, user] = world.config.surroundings.identities.clone().try_into().unwrap();
        let reply = ask(&mut world, IMDS, &[VERSION, RESOURCE], &[METADATA]);
        assert_eq!(app_of(&reply), system.client_id);
        assert_eq!(reply.value()["expires_in"], "3599");
        let later = ask(
            &mut world,
            IMDS,
            &[("api-version", "2019-08-01"), RESOURCE],
            &[METADATA],
        );
        assert_eq!(app_of(&later), system.client_id);
        assert!(reply.value()["expires_on"].is_string());
        for (name, value) in [
            ("client_id", &user.client_id),
            ("object_id", &user.object_id),
            ("msi_res_id", &user.resource_id),
        ] {
            let reply = ask(&mut world, IMDS, &[VERSION, RESOURCE, (name, value)], &[METADATA]);
            assert_eq!(app_of(&reply), user.client_id, "{name}");
        }
    }

    #[test]
    fn a_machine_is_refused_what_is_not_documented() {
        let mut world = world();
        let cases = [
            (vec![VERSION, RESOURCE], vec![], "metadata header"),
            (
                vec![VERSION, RESOURCE],
                vec![METADATA, ("x-forwarded-for", "10.0.0.1")],
                "X-Forwarded-For",
            ),
            (vec![RESOURCE], vec![METADATA], "api-version"),
            (
                vec![("api-version", "2017-08-01"), RESOURCE],
                vec![METADATA],
                "api-version",
            ),
            (vec![VERSION], vec![METADATA], "'resource' is missing"),
            (
                vec![VERSION, ("resource", "https://nobody.example")],
                vec![METADATA],
                "AADSTS500011",
            ),
            (
                vec![VERSION, RESOURCE, ("client_id", "nobody")],
                vec![METADATA],
                "Identity not found",
            ),
        ];
        for (query, headers, expected) in cases {
            let reply = ask(&mut world, IMDS, &query, &headers);
            assert_eq!(reply.status, 400);
            let why = reply.value()["error_description"].as_str().unwrap().to_owned();
            assert!(why.contains(expected), "{why}");
        }
        world.config.surroundings.identities.clear();
        assert_eq!(ask(&mut world, IMDS, &[VERSION, RESOURCE], &[METADATA]).status, 400);
    }

    #[test]
    fn a_web_app_sends_its_secret_header() {
        let mut world = world();
        let secret = world.config.surroundings.identity_header.clone();
        let user = world.config.surroundings.identities[1].clone();
        let version = ("api-version", "2019-08-01");
        let header = [("x-identity-header", secret.as_str())];
        let reply = ask(
            &mut world,
            "/msi/token",
            &[version, RESOURCE, ("client_id", &user.client_id)],
            &header,
        );
        assert_eq!(app_of(&reply), user.client_id);
        assert_eq!(ask(&mut world, "/msi/token", &[version, RESOURCE], &[]).status, 401);
        assert_eq!(ask(&mut world, "/msi/token", &[VERSION, RESOURCE], &header).status, 400);
    }
}
