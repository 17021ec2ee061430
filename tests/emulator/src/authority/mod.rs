//! Microsoft Entra ID, as far as an application's sign-in needs it.
//!
//! The flow: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>.

mod assertion;
mod certificate;
mod error;
mod issue;
mod token;

use serde_json::json;

use crate::exchange::{Call, Reply};
use crate::world::World;

pub(crate) use certificate::Certificate;
pub(crate) use error::EntraError;
pub(crate) use issue::{for_identity, for_person, lifetime};

/// Answers a request on the authority's listener.
pub(crate) fn answer(world: &mut World, call: &Call) -> Reply {
    let segments = call.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let reply = match segments.as_slice() {
        [tenant, "oauth2", "v2.0", "token"] if call.method == "POST" => match token::token(world, call, tenant) {
            Ok(body) => Reply::json(200, &body),
            Err(error) => error.reply(call, &world.config.clock),
        },
        [_, "oauth2", "v2.0", "token"] => EntraError::of_code(900_561, "").reply(call, &world.config.clock),
        [tenant, "v2.0", ".well-known", "openid-configuration"] if call.method == "GET" => {
            Reply::json(200, &openid(world, tenant))
        }
        _ => Reply::empty(404),
    };
    headers(reply, call)
}

/// Sets what every answer of the token endpoint carries.
pub(crate) fn headers(reply: Reply, call: &Call) -> Reply {
    let reply = reply
        .with("cache-control", "no-store, no-cache")
        .with("pragma", "no-cache")
        .with("x-ms-request-id", &call.request_id);
    match call.header("client-request-id") {
        Some(id) => reply.with("client-request-id", id),
        None => reply,
    }
}

fn openid(world: &World, tenant: &str) -> serde_json::Value {
    let base = format!("{}/{tenant}", world.urls.authority);
    json!({
        "issuer": format!("{base}/v2.0"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
    })
}

#[cfg(test)]
pub(crate) fn app_token(world: &mut World, app: &crate::accounts::App, resource: &str) -> String {
    issue::for_app(world, app, resource, "1")
}
