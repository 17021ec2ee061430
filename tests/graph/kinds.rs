//! Sign-in in the other ways, end to end: what each sends, and what is said when it fails.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::child::{TENANT, run};
use crate::secure::Secure;
use crate::sign_in::{policy, token};
use crate::testing::{Received, Reply, Server, json as answer};

const POLICY: &str = "GET /v1.0/policies/deviceRegistrationPolicy HTTP/1.1";

/// What the client says, against one server for tokens and Graph.
async fn against(script: Vec<Reply>, environment: &[(&str, &str)]) -> (String, Vec<Received>) {
    let secure = Secure::start(script);
    let mut environment = environment.to_vec();
    environment.extend([("SSL_CERT_FILE", secure.ca()), ("CHILD_ONCE", "1")]);
    let text = run(&secure.server.url, &secure.server.url, &environment).await;
    (text, secure.server.received())
}

fn form(request: &Received, name: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(request.body.as_bytes());
    let value = pairs.find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    value.unwrap_or_default()
}

#[tokio::test]
async fn a_certificate_signs_for_the_token_endpoint() {
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = AsDer::<Pkcs8V1Der>::as_der(&rsa).unwrap().as_ref().to_vec();
    let key = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der.as_slice().into(), &rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("client.pem");
    std::fs::write(&path, format!("{}{}", key.serialize_pem(), certificate.pem())).unwrap();
    let path = path.to_str().unwrap();

    let (text, received) = against(vec![token(TENANT), policy()], &[("ARM_CLIENT_CERTIFICATE_PATH", path)]).await;
    assert!(text.contains("policy: {\"id\""), "{text}");
    assert_eq!(
        form(&received[0], "client_assertion_type"),
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert_eq!(form(&received[0], "client_secret"), "");
    let assertion = form(&received[0], "client_assertion");
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, rsa.public_key().as_ref());
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public.verify(signed.as_bytes(), &signature).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    // Signed for the very address that it was sent to.
    let host = received[0].header("host").unwrap();
    assert_eq!(claims["aud"], format!("https://{host}/{TENANT}/oauth2/v2.0/token"));
}

#[tokio::test]
async fn an_expired_federated_token_is_fetched_again() {
    let assertion = |text: &str| answer(200, "", &json!({"value": text}).to_string());
    let oidc = Server::start(vec![assertion("first"), assertion("second")]);
    let expired = answer(
        401,
        "",
        r#"{"error":{"code":"InvalidAuthenticationToken","message":"expired"}}"#,
    );
    let script = vec![token(TENANT), expired, token(TENANT), policy()];
    let environment = [
        ("ARM_USE_OIDC", "true"),
        ("ARM_OIDC_REQUEST_URL", oidc.url.as_str()),
        ("ARM_OIDC_REQUEST_TOKEN", "the-jobs-own-token"),
    ];
    let (text, received) = against(script, &environment).await;
    assert!(text.contains("policy: {\"id\""), "{text}");
    assert!(!text.contains("the-jobs-own-token"), "{text}");
    assert_eq!(form(&received[0], "client_assertion"), "first");
    assert_eq!(received[1].line, POLICY);
    assert_eq!(form(&received[2], "client_assertion"), "second");
    assert_eq!(received[3].line, POLICY);
}

#[tokio::test]
async fn a_managed_identity_passes_proxies_by() {
    let claims = json!({"tid": TENANT, "appid": "client-1", "idtyp": "app", "roles": []});
    let jwt = ["{}", &claims.to_string(), "s"]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".");
    let body = json!({
        "access_token": jwt, "expires_on": "4102444800", "resource": "https://graph.microsoft.com", "token_type": "Bearer",
    });
    let metadata = Server::start(vec![answer(200, "", &body.to_string())]);
    let environment = [
        ("ARM_USE_MSI", "true"),
        ("ARM_MSI_ENDPOINT", metadata.url.as_str()),
        // Nobody listens there.
        ("HTTP_PROXY", "http://127.0.0.1:1"),
    ];
    let (text, received) = against(vec![policy()], &environment).await;
    assert!(text.contains("policy: {\"id\""), "{text}");
    assert_eq!(received.len(), 1);
    assert_eq!(metadata.received()[0].header("metadata"), Some("true"));
}

#[cfg(unix)]
mod azure_cli {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A directory with an `az` of our own, first on PATH.
    fn path_with_az(script: &str) -> (tempfile::TempDir, String) {
        let directory = tempfile::tempdir().unwrap();
        let az = directory.path().join("az");
        std::fs::write(&az, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", directory.path().display());
        (directory, path)
    }

    #[tokio::test]
    async fn its_tokens_lack_permissions_and_that_is_said() {
        let claims = json!({
            "tid": TENANT, "appid": "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "idtyp": "user", "scp": "User.Read",
        });
        let jwt = ["{}", &claims.to_string(), "s"]
            .map(|part| URL_SAFE_NO_PAD.encode(part))
            .join(".");
        let output = json!({"accessToken": jwt, "expires_on": 4_102_444_800_i64, "tokenType": "Bearer"});
        let (_directory, path) = path_with_az(&format!("echo '{output}'"));
        let denied = r#"{"error":{"code":"AccessDenied","message":"required scopes are missing in the token."}}"#;
        let (text, received) = against(vec![answer(403, "", denied)], &[("PATH", &path)]).await;
        assert!(text.contains("403 AccessDenied: required scopes"), "{text}");
        assert!(text.contains("a user's, from the Azure CLI, with User.Read"), "{text}");
        assert_eq!(received.len(), 1);
    }

    #[tokio::test]
    async fn its_own_words_are_told() {
        let (_directory, path) = path_with_az("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
        let (text, received) = against(vec![policy()], &[("PATH", &path)]).await;
        assert!(
            text.contains(
                "error: Signing in with the Azure CLI failed: ERROR: Please run 'az login' to setup account."
            ),
            "{text}"
        );
        assert!(
            text.contains(&format!("advice: Run `az login --tenant {TENANT}`")),
            "{text}"
        );
        assert!(
            text.contains("a client secret: neither client_secret (ARM_CLIENT_SECRET) nor"),
            "{text}"
        );
        assert!(received.is_empty());
    }
}
