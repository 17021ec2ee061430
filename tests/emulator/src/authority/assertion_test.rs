//! Assertions: the documented ones, and each with one thing wrong.

use serde_json::json;

use super::*;
use crate::accounts::{AZURE_TOKEN_EXCHANGE, App};
use crate::certificates::{KeyKind, TestCertificate};
use crate::testing::world;

const DAY: i64 = 86_400;

struct Case {
    world: World,
    certificate: TestCertificate,
    header: Value,
    claims: Value,
}

/// A certificate assertion as the documentation has it.
fn documented(kind: KeyKind, algorithm: &str) -> Case {
    let certificate = TestCertificate::generate(kind, DAY).unwrap();
    let mut world = world();
    world.config.apps[0].certificates = vec![certificate.certificate_pem().to_owned()];
    let client_id = world.config.apps[0].client_id.clone();
    let now = world.config.clock.now();
    Case {
        header: json!({"alg": algorithm, "typ": "JWT", "x5t#S256": certificate.thumbprint()}),
        claims: json!({
            "aud": format!("{}/{}/oauth2/v2.0/token", world.urls.authority, world.config.tenant_id),
            "iss": client_id, "sub": client_id, "jti": "9f1c2d3e-0000-4000-8000-000000000001",
            "nbf": now, "iat": now, "exp": now + 600,
        }),
        world,
        certificate,
    }
}

impl Case {
    fn outcome(&self) -> Result<(), u32> {
        let assertion = self.certificate.sign(&self.header, &self.claims);
        check(&self.world, &self.world.config.apps[0], &assertion).map_err(|error| error.code)
    }
}

#[test]
fn the_documented_assertion_passes_with_each_algorithm() {
    for (kind, algorithm) in [
        (KeyKind::Rsa, "PS256"),
        (KeyKind::Rsa, "RS256"),
        (KeyKind::EllipticCurve, "ES256"),
    ] {
        assert_eq!(documented(kind, algorithm).outcome(), Ok(()), "{algorithm}");
    }
}

#[test]
fn one_wrong_claim_is_enough() {
    let now = world().config.clock.now();
    let cases = [
        ("aud", json!("https://login.test/other/oauth2/v2.0/token"), 700_023),
        ("aud", json!("https://login.test/"), 700_023),
        ("aud", Value::Null, 700_023),
        ("sub", json!("somebody"), 50027),
        ("jti", Value::Null, 50027),
        ("exp", json!(now - 301), 700_024),
        ("exp", Value::Null, 700_024),
        ("exp", json!(now + DAY), 700_024),
        ("nbf", json!(now + 400), 700_024),
        ("iss", json!("https://token.actions.githubusercontent.com"), 700_213),
        ("iss", json!("somebody"), 700_211),
    ];
    let mut case = documented(KeyKind::EllipticCurve, "ES256");
    let claims = case.claims.clone();
    for (name, value, code) in cases {
        case.claims = claims.clone();
        case.claims[name] = value.clone();
        assert_eq!(case.outcome(), Err(code), "{name} = {value}");
    }
}

#[test]
fn the_thumbprint_and_the_signature_are_those_of_a_registered_certificate() {
    let mut case = documented(KeyKind::EllipticCurve, "ES256");
    let header = case.header.clone();
    case.header["x5t#S256"] = json!("AAAA");
    assert_eq!(case.outcome(), Err(700_027));
    case.header = json!({"alg": "ES256", "typ": "JWT"});
    assert_eq!(case.outcome(), Err(700_027));
    case.header = header.clone();
    case.header["typ"] = json!("JWS");
    assert_eq!(case.outcome(), Err(50027));

    case.header = header;
    let other = TestCertificate::generate(KeyKind::EllipticCurve, DAY).unwrap();
    let ours = std::mem::replace(&mut case.certificate, other);
    assert_eq!(case.outcome(), Err(700_027));
    case.certificate = ours;
    assert_eq!(case.outcome(), Ok(()));
    case.world.config.apps[0].certificates.clear();
    assert_eq!(case.outcome(), Err(700_027));
}

#[test]
fn a_certificate_ends_by_the_emulators_clock() {
    let mut case = documented(KeyKind::EllipticCurve, "ES256");
    case.world.config.clock.advance(DAY);
    for claim in ["nbf", "exp"] {
        case.claims[claim] = json!(case.claims[claim].as_i64().unwrap() + DAY);
    }
    assert_eq!(case.outcome(), Err(700_027));
}

#[test]
fn unsigned_and_unreadable_assertions_do_not_pass() {
    let case = documented(KeyKind::EllipticCurve, "ES256");
    let app = &case.world.config.apps[0];
    let code = |assertion: &str| check(&case.world, app, assertion).map_err(|error| error.code);
    assert_eq!(code(""), Err(50027));
    assert_eq!(code("a.b.c"), Err(50027));
    let signed = case.certificate.sign(&case.header, &case.claims);
    let (body, _) = signed.rsplit_once('.').unwrap();
    assert_eq!(code(&format!("{body}.")), Err(700_027));
    let none = json!({"alg": "none", "typ": "JWT", "x5t#S256": case.certificate.thumbprint()});
    let part = |json: &Value| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.to_string())
    };
    assert_eq!(code(&format!("{}.{}.", part(&none), part(&case.claims))), Err(50027));
}

#[test]
fn a_federated_assertion_must_match_in_all_three() {
    let mut world = world();
    let app = App::default();
    let credential = app.federated[0].clone();
    let now = world.config.clock.now();
    world.config.apps = vec![app];
    let claims = json!({
        "iss": credential.issuer, "sub": credential.subject, "aud": AZURE_TOKEN_EXCHANGE,
        "iat": now, "nbf": now, "exp": now + 600,
    });
    let outcome = |claims: &Value| {
        let assertion = world.issuer_key.sign(claims);
        check(&world, &world.config.apps[0], &assertion).map_err(|error| error.code)
    };
    assert_eq!(outcome(&claims), Ok(()));
    let cases = [
        ("iss", json!("https://issuer.example"), 700_211),
        ("sub", json!("repo:contoso/other:ref:refs/heads/main"), 700_213),
        ("aud", json!("https://github.com/contoso"), 700_212),
        ("exp", json!(now - 400), 700_024),
        ("nbf", json!(now + 400), 700_024),
    ];
    for (name, value, code) in cases {
        let mut wrong = claims.clone();
        wrong[name] = value;
        assert_eq!(outcome(&wrong), Err(code), "{name}");
    }
    let stranger = crate::jwt::SigningKey::generate().unwrap().sign(&claims);
    let refused = check(&world, &world.config.apps[0], &stranger).unwrap_err();
    assert_eq!(refused.code, 50013);
}
