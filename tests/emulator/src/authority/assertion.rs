//! Client assertions: signed by a certificate of the app, or by somebody the app trusts.
//!
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials> and
//! <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use serde_json::Value;

use super::certificate::Certificate;
use super::error::EntraError;
use crate::accounts::{App, Federated};
use crate::jwt::Jwt;
use crate::world::World;

/// The one type of assertion there is.
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The clock skew that is allowed, in seconds.
const SKEW: i64 = 300;

/// The longest time between `nbf` and `exp` of an assertion that a certificate signed, in seconds. Microsoft recommends 5
/// to 10 minutes; the limit is not documented.
const LONGEST_LIFETIME: i64 = 600;

/// Checks an assertion that is to prove the app.
pub(super) fn check(world: &World, app: &App, assertion: &str) -> Result<(), EntraError> {
    let jwt = Jwt::parse(assertion).ok_or_else(|| EntraError::of_code(50027, "It cannot be parsed."))?;
    if jwt.claims["iss"] == app.client_id.as_str() {
        signed_by_certificate(world, app, &jwt)
    } else {
        federated(world, app, &jwt, assertion)
    }
}

fn signed_by_certificate(world: &World, app: &App, jwt: &Jwt) -> Result<(), EntraError> {
    let certificate = registered(app, &jwt.header)?;
    let now = world.config.clock.now();
    if now < certificate.valid.0 || now > certificate.valid.1 {
        return Err(untrusted("Reason - The key used is expired."));
    }
    if jwt.header["typ"]
        .as_str()
        .is_some_and(|kind| !kind.eq_ignore_ascii_case("JWT"))
    {
        return Err(EntraError::of_code(50027, "The header 'typ' must be JWT."));
    }
    verify(jwt, &certificate)?;
    if jwt.claims["sub"] != app.client_id.as_str() {
        return Err(EntraError::of_code(
            50027,
            "The claims 'iss' and 'sub' must both be the client id.",
        ));
    }
    if jwt.claims["jti"].as_str().is_none_or(str::is_empty) {
        return Err(EntraError::of_code(50027, "The claim 'jti' is missing."));
    }
    let audience = jwt.claims["aud"].as_str().unwrap_or_default();
    let tenants = [&world.config.tenant_id, &world.config.tenant_domain];
    let token_url = |tenant: &&String| format!("{}/{tenant}/oauth2/v2.0/token", world.urls.authority);
    if !tenants.iter().any(|tenant| token_url(tenant) == audience) {
        return Err(EntraError::of_code(700_023, &format!("The audience is '{audience}'.")));
    }
    in_time(world, &jwt.claims)?;
    let lifetime = seconds(&jwt.claims, "exp") - seconds(&jwt.claims, "nbf");
    if lifetime > LONGEST_LIFETIME {
        return Err(EntraError::of_code(
            700_024,
            &format!("It is valid for {lifetime} seconds, which is too long."),
        ));
    }
    Ok(())
}

/// The app's certificate with the thumbprint in the header.
fn registered(app: &App, header: &Value) -> Result<Certificate, EntraError> {
    let sha256 = header["x5t#S256"].as_str();
    let sha1 = header["x5t"].as_str();
    if sha256.is_none() && sha1.is_none() {
        return Err(untrusted("Reason - The header has neither 'x5t#S256' nor 'x5t'."));
    }
    app.certificates
        .iter()
        .filter_map(|pem| Certificate::from_pem(pem))
        .find(|known| sha256.is_none_or(|print| print == known.sha256) && sha1.is_none_or(|print| print == known.sha1))
        .ok_or_else(|| untrusted("Reason - The key was not found."))
}

fn verify(jwt: &Jwt, certificate: &Certificate) -> Result<(), EntraError> {
    let algorithm: &dyn VerificationAlgorithm = match jwt.header["alg"].as_str() {
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
        Some("ES256") => &ECDSA_P256_SHA256_FIXED,
        _ => {
            return Err(EntraError::of_code(
                50027,
                "The algorithm is none of PS256, RS256 and ES256.",
            ));
        }
    };
    UnparsedPublicKey::new(algorithm, &certificate.public_key)
        .verify(jwt.signed.as_bytes(), &jwt.signature)
        .map_err(|_| untrusted("Reason - The key used does not verify the signature."))
}

fn federated(world: &World, app: &App, jwt: &Jwt, assertion: &str) -> Result<(), EntraError> {
    let claim = |name: &str| jwt.claims[name].as_str().unwrap_or_default();
    let of_issuer: Vec<&Federated> = app
        .federated
        .iter()
        .filter(|known| known.issuer == claim("iss"))
        .collect();
    if of_issuer.is_empty() {
        return Err(EntraError::of_code(700_211, claim("iss")));
    }
    let of_subject: Vec<&&Federated> = of_issuer.iter().filter(|known| known.subject == claim("sub")).collect();
    if of_subject.is_empty() {
        return Err(EntraError::of_code(700_213, claim("sub")));
    }
    if !of_subject.iter().any(|known| known.audience == claim("aud")) {
        return Err(EntraError::of_code(700_212, claim("aud")));
    }
    if world.issuer_key.verify(assertion).is_none() {
        return Err(EntraError::of_code(50013, "Reason - The key was not found."));
    }
    in_time(world, &jwt.claims)
}

fn in_time(world: &World, claims: &Value) -> Result<(), EntraError> {
    let now = world.config.clock.now();
    if claims["exp"].as_i64().is_none_or(|end| end + SKEW <= now) {
        return Err(EntraError::of_code(700_024, "It has ended, or has no end."));
    }
    if seconds(claims, "nbf") > now + SKEW {
        return Err(EntraError::of_code(700_024, "It is not valid yet."));
    }
    Ok(())
}

fn seconds(claims: &Value, name: &str) -> i64 {
    claims[name].as_i64().unwrap_or_default()
}

fn untrusted(reason: &str) -> EntraError {
    EntraError::of_code(700_027, reason)
}

#[cfg(test)]
#[path = "assertion_test.rs"]
mod tests;
