//! Access tokens: what is in them.
//!
//! Claims: <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::accounts::{App, ManagedIdentity, Person};
use crate::world::World;

/// The application id of the Azure CLI, which its tokens carry.
pub(crate) const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// An application's token for a resource. `proof` is the claim `appidacr`: 1 for a secret, 2 for an assertion.
pub(crate) fn for_app(world: &mut World, app: &App, resource: &str, proof: &str) -> String {
    let mut claims = common(world, resource);
    claims["appid"] = json!(app.client_id);
    claims["app_displayname"] = json!(app.display_name);
    claims["appidacr"] = json!(proof);
    claims["idp"] = claims["iss"].clone();
    claims["idtyp"] = json!("app");
    claims["oid"] = json!(app.object_id);
    claims["sub"] = json!(app.object_id);
    if !app.roles.is_empty() {
        claims["roles"] = json!(app.roles);
    }
    world.key.sign(&claims)
}

/// A managed identity's token for a resource.
pub(crate) fn for_identity(world: &mut World, identity: &ManagedIdentity, resource: &str) -> String {
    let app = App {
        client_id: identity.client_id.clone(),
        object_id: identity.object_id.clone(),
        display_name: "devices".to_owned(),
        roles: identity.roles.clone(),
        ..App::default()
    };
    for_app(world, &app, resource, "2")
}

/// A person's token for a resource, got through the Azure CLI.
pub(crate) fn for_person(world: &mut World, person: &Person, resource: &str) -> String {
    let mut claims = common(world, resource);
    claims["appid"] = json!(AZURE_CLI);
    claims["app_displayname"] = json!("Microsoft Azure CLI");
    claims["appidacr"] = json!("0");
    claims["idtyp"] = json!("user");
    claims["oid"] = json!(person.object_id);
    claims["sub"] = json!(person.object_id);
    claims["upn"] = json!(person.user_principal_name);
    claims["unique_name"] = claims["upn"].clone();
    claims["scp"] = json!(person.scopes.join(" "));
    world.key.sign(&claims)
}

/// When a token issued now ends, in seconds from now.
pub(crate) fn lifetime(world: &World) -> i64 {
    world.config.token_lifetime
}

fn common(world: &mut World, resource: &str) -> Value {
    world.tokens_issued += 1;
    let now = world.config.clock.now();
    let tenant = &world.config.tenant_id;
    json!({
        "aud": resource,
        "iss": format!("https://sts.windows.net/{tenant}/"),
        "iat": now,
        "nbf": now,
        "exp": now + lifetime(world),
        "tid": tenant,
        "uti": Uuid::new_v4().simple().to_string(),
        "n": world.tokens_issued,
        "ver": "1.0",
    })
}
