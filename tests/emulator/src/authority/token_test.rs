//! Sign-ins with a secret: the one that works and every way it can be wrong.

use super::*;
use crate::exchange::{Listener, Reply, encode};
use crate::jwt::Jwt;
use crate::testing::{call, world};

fn sign_in(world: &mut World, tenant: &str, form: &[(&str, &str)]) -> Reply {
    let body: Vec<String> = form
        .iter()
        .map(|(key, value)| format!("{key}={}", encode(value)))
        .collect();
    let mut call = call("POST", &format!("/{tenant}/oauth2/v2.0/token"), &body.join("&"));
    call.listener = Listener::Authority;
    call.headers
        .insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    world.handle(&call)
}

/// The documented request of the first app, with some fields other than they should be; an empty value leaves the field out.
fn attempt(world: &mut World, other: &[(&str, &str)]) -> Reply {
    let app = world.config.apps[0].clone();
    let scope = format!("{}/.default", world.urls.graph);
    let mut form = BTreeMap::from([
        ("grant_type", "client_credentials"),
        ("client_id", app.client_id.as_str()),
        ("client_secret", app.secrets[0].value.as_str()),
        ("scope", scope.as_str()),
    ]);
    form.extend(other.iter().copied());
    let form: Vec<_> = form.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let tenant = world.config.tenant_id.clone();
    sign_in(world, &tenant, &form)
}

#[test]
fn a_secret_gets_a_token_with_the_apps_roles() {
    let mut world = world();
    let reply = attempt(&mut world, &[]);
    assert_eq!(reply.status, 200);
    let body = reply.value();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3599);
    let claims = Jwt::parse(body["access_token"].as_str().unwrap()).unwrap().claims;
    let app = &world.config.apps[0];
    assert_eq!(claims["tid"], world.config.tenant_id.as_str());
    assert_eq!(claims["aud"], world.urls.graph.as_str());
    assert_eq!(claims["appid"], app.client_id.as_str());
    assert_eq!(claims["idtyp"], "app");
    assert_eq!(claims["roles"], json!(app.roles));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3599);
}

#[test]
fn an_app_without_roles_gets_a_token_without_the_claim() {
    let mut world = world();
    world.config.apps[0].roles.clear();
    let body = attempt(&mut world, &[]).value();
    let claims = Jwt::parse(body["access_token"].as_str().unwrap()).unwrap().claims;
    assert!(claims.get("roles").is_none());
}

#[test]
fn the_tenants_domain_stands_for_its_id() {
    let mut world = world();
    let form: Vec<(&str, &str)> = vec![("grant_type", "password")];
    let domain = world.config.tenant_domain.clone();
    assert_eq!(
        sign_in(&mut world, &domain, &form).value()["error_codes"],
        json!([70003])
    );
}

#[test]
fn wrong_requests_get_the_number_that_says_why() {
    type Fields = &'static [(&'static str, &'static str)];
    let cases: [(Fields, u16, &str, u32); 10] = [
        (&[("grant_type", "")], 400, "invalid_request", 900_144),
        (&[("grant_type", "password")], 400, "unsupported_grant_type", 70003),
        (&[("client_id", "")], 400, "invalid_request", 900_144),
        (
            &[("client_id", "00000000-0000-4000-8000-000000000000")],
            400,
            "unauthorized_client",
            700_016,
        ),
        (&[("client_secret", "")], 401, "invalid_client", 7_000_218),
        (&[("client_secret", "wrong")], 401, "invalid_client", 7_000_215),
        (&[("scope", "")], 400, "invalid_request", 900_144),
        (
            &[("scope", "https://nobody.example/.default")],
            400,
            "invalid_resource",
            500_011,
        ),
        (&[("scope", "Policy.Read.All")], 400, "invalid_scope", 1_002_012),
        (
            &[("scope", "https://graph.test//.default")],
            400,
            "invalid_resource",
            500_011,
        ),
    ];
    for (other, status, error, code) in cases {
        let mut world = world();
        let reply = attempt(&mut world, other);
        let body = reply.value();
        assert_eq!(reply.status, status, "{other:?}: {body}");
        assert_eq!(body["error"], error, "{other:?}");
        assert_eq!(body["error_codes"], json!([code]), "{other:?}");
        let description = body["error_description"].as_str().unwrap();
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
        assert!(description.contains("Trace ID: "), "{description}");
        for id in ["trace_id", "correlation_id"] {
            assert!(Uuid::parse_str(body[id].as_str().unwrap()).is_ok());
        }
    }
}

#[test]
fn tenants_that_are_unknown_or_elsewhere_are_refused() {
    let mut world = world();
    world.config.tenants_of_other_clouds = vec!["gov.example".into()];
    for (tenant, code) in [("nobody.example", 90002), ("gov.example", 90038)] {
        let reply = sign_in(&mut world, tenant, &[]);
        assert_eq!((reply.status, &reply.value()["error_codes"]), (400, &json!([code])));
    }
}

#[test]
fn a_secret_ends_by_the_emulators_clock() {
    let mut world = world();
    world.config.apps[0].secrets[0].expires_at = Some(world.config.clock.now() + 100);
    assert_eq!(attempt(&mut world, &[]).status, 200);
    world.config.clock.advance(101);
    assert_eq!(attempt(&mut world, &[]).value()["error_codes"], json!([7_000_222]));
}

#[test]
fn conditional_access_can_block_an_app() {
    let mut world = world();
    world.config.apps[0].refused_with = Some(53003);
    let body = attempt(&mut world, &[]).value();
    assert_eq!(body["error"], "invalid_grant");
    assert_eq!(body["error_codes"], json!([53003]));
}

#[test]
fn the_body_must_be_a_form() {
    let mut world = world();
    let tenant = world.config.tenant_id.clone();
    let mut call = call(
        "POST",
        &format!("/{tenant}/oauth2/v2.0/token"),
        "grant_type=client_credentials",
    );
    call.listener = Listener::Authority;
    call.headers.insert("content-type", "application/json".parse().unwrap());
    let body = world.handle(&call).value();
    assert_eq!(body["error_codes"], json!([900_144]));
}
