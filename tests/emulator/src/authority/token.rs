//! The token endpoint: who asks, with what proof, for what.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::error::EntraError;
use super::{assertion, issue};
use crate::accounts::App;
use crate::exchange::{Call, pairs};
use crate::world::World;

type Form = BTreeMap<String, String>;

/// Answers a token request, or says why not.
pub(crate) fn token(world: &mut World, call: &Call, tenant: &str) -> Result<Value, EntraError> {
    check_tenant(world, tenant)?;
    let form = form(call)?;
    let grant = required(&form, "grant_type")?;
    if grant != "client_credentials" {
        return Err(EntraError::of_code(70003, grant));
    }
    let client_id = required(&form, "client_id")?;
    let app = app(world, client_id)?;
    let resource = resource(world, &form)?;
    let proof = proof(world, &form, &app)?;
    if let Some(code) = app.refused_with {
        return Err(EntraError::of_code(code, &app.client_id));
    }
    let lifetime = issue::lifetime(world);
    let token = issue::for_app(world, &app, &resource, proof);
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": token,
    }))
}

fn check_tenant(world: &World, tenant: &str) -> Result<(), EntraError> {
    let config = &world.config;
    let same = |name: &String| name.eq_ignore_ascii_case(tenant);
    if same(&config.tenant_id) || same(&config.tenant_domain) {
        return Ok(());
    }
    if config.tenants_of_other_clouds.iter().any(same) {
        return Err(EntraError::of_code(90038, tenant));
    }
    Err(EntraError::of_code(90002, tenant))
}

fn form(call: &Call) -> Result<Form, EntraError> {
    let media = call.media_type();
    if media.as_deref() != Some("application/x-www-form-urlencoded") {
        // Without a form there is no parameter, and the first that is missed is this one.
        return Err(EntraError::of_code(900_144, "grant_type"));
    }
    Ok(pairs(&String::from_utf8_lossy(&call.body)).into_iter().collect())
}

fn required<'a>(form: &'a Form, name: &str) -> Result<&'a str, EntraError> {
    form.get(name)
        .filter(|value| !value.is_empty())
        .map(String::as_str)
        .ok_or_else(|| EntraError::of_code(900_144, name))
}

fn app(world: &World, client_id: &str) -> Result<App, EntraError> {
    let known = Uuid::parse_str(client_id).is_ok();
    let mut apps = world.config.apps.iter();
    apps.find(|app| known && app.client_id.eq_ignore_ascii_case(client_id))
        .cloned()
        .ok_or_else(|| EntraError::of_code(700_016, client_id))
}

/// The resource in the scope, which must be `<resource>/.default`.
fn resource(world: &World, form: &Form) -> Result<String, EntraError> {
    let scope = required(form, "scope")?;
    let Some(resource) = scope.strip_suffix("/.default") else {
        return Err(EntraError::of_code(1_002_012, scope));
    };
    if !world.issues_for(resource) {
        return Err(EntraError::of_code(500_011, resource));
    }
    Ok(resource.to_owned())
}

/// How the app proved itself, as the claim `appidacr` has it.
fn proof(world: &World, form: &Form, app: &App) -> Result<&'static str, EntraError> {
    if let Some(assertion) = form.get("client_assertion") {
        let kind = required(form, "client_assertion_type")?;
        if kind != assertion::TYPE {
            return Err(EntraError::of_code(50027, "The assertion's type is not supported."));
        }
        return assertion::check(world, app, assertion).map(|()| "2");
    }
    match form.get("client_secret") {
        Some(secret) => check_secret(world, app, secret).map(|()| "1"),
        None => Err(EntraError::of_code(7_000_218, "")),
    }
}

fn check_secret(world: &World, app: &App, secret: &str) -> Result<(), EntraError> {
    let Some(known) = app.secrets.iter().find(|known| known.value == secret) else {
        return Err(EntraError::of_code(7_000_215, &app.client_id));
    };
    let now = world.config.clock.now();
    if known.expires_at.is_some_and(|end| end <= now) {
        return Err(EntraError::of_code(7_000_222, &app.client_id));
    }
    Ok(())
}

#[cfg(test)]
#[path = "token_test.rs"]
mod tests;
