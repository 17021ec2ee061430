//! An application and its certificate: an assertion signed with the certificate's key
//! (<https://learn.microsoft.com/entra/identity-platform/certificate-credentials>).

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::assertion::{self, Application};
use super::azure::Session;
use super::certificate::Certificate;
use super::{Asking, Issued, OnCloud, TokenSource};
use crate::graph::error::aadsts;
use crate::graph::{GraphError, Secret};

/// The life of an assertion. It is used at once; the rest is for clocks that differ.
const LIFETIME: Duration = Duration::from_secs(600);

/// Advice on a certificate that is of no use any more.
const EXPIRED: &str = "Make a new certificate, upload its public part under Certificates & secrets of the app registration, and set \
                       `client_certificate` (ARM_CLIENT_CERTIFICATE) or `client_certificate_path` (ARM_CLIENT_CERTIFICATE_PATH) \
                       to it.";

/// Signs in with a client certificate.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// Who signs in.
    pub application: Application,
    /// With what.
    pub certificate: Certificate,
}

impl ClientCertificate {
    /// A signed assertion for the token endpoint `audience`.
    fn assertion(&self, audience: &str, now: SystemTime) -> Result<Secret, GraphError> {
        let certificate = &self.certificate;
        let seconds = |time: SystemTime| {
            time.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs()
        };
        if certificate.ends() <= now {
            return Err(GraphError::credential(
                format!("The client certificate expired on {}", date(certificate.ends())),
                EXPIRED,
            ));
        }
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": certificate.thumbprint()});
        let client_id = &self.application.client_id;
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": uuid::Uuid::new_v4().to_string(),
            "nbf": seconds(now),
            "iat": seconds(now),
            "exp": seconds(now + LIFETIME),
        });
        let signed = [header, claims]
            .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
            .join(".");
        let signature = certificate.sign(signed.as_bytes()).map_err(|error| {
            GraphError::credential(format!("The client certificate cannot be used: {error}"), EXPIRED)
        })?;
        Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

#[async_trait]
impl TokenSource for OnCloud<ClientCertificate> {
    fn kind(&self) -> &'static str {
        aadsts::CLIENT_CERTIFICATE
    }

    async fn acquire(&self, asking: &Asking<'_>) -> Result<Issued, GraphError> {
        let application = &self.credential.application;
        let audience = self.cloud.token_url(&application.tenant_id);
        let assertion = self.credential.assertion(audience.as_str(), SystemTime::now())?;
        let session = Session::new(self.kind(), asking);
        assertion::exchange(session, application, assertion, &self.cloud).await
    }
}

/// The day, as in 2026-07-31.
fn date(time: SystemTime) -> String {
    time::OffsetDateTime::from(time).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::credential::certificate::tests::made;
    use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::Value;

    fn credential() -> ClientCertificate {
        ClientCertificate {
            application: Application {
                tenant_id: "contoso".to_owned(),
                client_id: "client-1".to_owned(),
            },
            certificate: Certificate::parse(made().pem.as_bytes(), None).unwrap(),
        }
    }

    #[test]
    fn the_assertion_is_what_entra_documents() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let assertion = credential()
            .assertion("https://x/contoso/oauth2/v2.0/token", now)
            .unwrap();
        let (signed, signature) = assertion.expose().rsplit_once('.').unwrap();
        let part = |n: usize| -> Value {
            let part = signed.split('.').nth(n).unwrap();
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        let thumbprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &made().certificate);
        assert_eq!(
            part(0),
            json!({"alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(thumbprint)})
        );
        let claims = part(1);
        for (name, expected) in [
            ("aud", json!("https://x/contoso/oauth2/v2.0/token")),
            ("iss", json!("client-1")),
            ("sub", json!("client-1")),
            ("nbf", json!(1_800_000_000)),
            ("iat", json!(1_800_000_000)),
            ("exp", json!(1_800_000_600)),
        ] {
            assert_eq!(claims[name], expected, "{name}");
        }
        assert!(uuid::Uuid::try_parse(claims["jti"].as_str().unwrap()).is_ok());
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &made().public_key);
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        public.verify(signed.as_bytes(), &signature).unwrap();
        assert!(public.verify(b"else", &signature).is_err());
    }

    #[test]
    fn an_expired_certificate_is_told_with_its_day() {
        let credential = credential();
        let later = credential.certificate.ends() + Duration::from_secs(1);
        let error = credential.assertion("x", later).unwrap_err().to_string();
        assert!(error.contains("expired on 4096-01-01"), "{error}");
    }
}
