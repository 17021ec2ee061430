//! The services around a provider that runs in a pipeline or on a machine in Azure: they hand out assertions and tokens.
//!
//! | path | stands for |
//! |---|---|
//! | `/github/idtoken` | `ACTIONS_ID_TOKEN_REQUEST_URL` of a GitHub Actions job |
//! | `/pipelines/oidctoken` | `SYSTEM_OIDCREQUESTURI` of an Azure Pipelines job |
//! | `/metadata/identity/oauth2/token` | the instance metadata service (IMDS) of a machine |
//! | `/msi/token` | `IDENTITY_ENDPOINT` of a web app |

mod identity;
mod issuers;

use serde_json::{Value, json};

use crate::accounts::{Federated, Issuer};
use crate::exchange::{Call, Reply};
use crate::world::World;

/// Answers a request on the metadata listener.
pub(crate) fn answer(world: &mut World, call: &Call) -> Reply {
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/github/idtoken") => issuers::github(world, call),
        ("POST", "/pipelines/oidctoken") => issuers::pipelines(world, call),
        ("GET", "/metadata/identity/oauth2/token") => identity::machine(world, call),
        ("GET", "/msi/token") => identity::web_app(world, call),
        (_, path) => {
            let known = [
                "/github/idtoken",
                "/pipelines/oidctoken",
                "/metadata/identity/oauth2/token",
                "/msi/token",
            ];
            let status = if known.contains(&path) { 405 } else { 404 };
            Reply::json(status, &json!({"error": "not_found"}))
        }
    }
}

/// An assertion that says `says`, from now on for so many seconds.
pub(crate) fn assertion(world: &World, says: &Federated, lifetime: i64) -> String {
    let now = world.config.clock.now();
    world.issuer_key.sign(&json!({
        "iss": says.issuer,
        "sub": says.subject,
        "aud": says.audience,
        "jti": call_id(),
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
    }))
}

fn call_id() -> Value {
    json!(uuid::Uuid::new_v4().to_string())
}

/// Whether the request carries the issuer's bearer token.
fn is_of(call: &Call, issuer: &Issuer) -> bool {
    call.header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "))
        .is_some_and(|token| token == issuer.token)
}
