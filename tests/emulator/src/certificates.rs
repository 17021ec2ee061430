//! Certificates and keys for tests to sign in with.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::StartError;

/// What a key is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA of 2048 bits: PS256 and RS256.
    Rsa,
    /// P-256: ES256.
    EllipticCurve,
}

/// A self-signed certificate with its key.
#[derive(Clone)]
pub struct TestCertificate {
    kind: KeyKind,
    certificate_pem: String,
    key_pem: String,
    key_der: Vec<u8>,
}

impl std::fmt::Debug for TestCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TestCertificate({:?})", self.kind)
    }
}

impl TestCertificate {
    /// Makes a certificate that is valid from an hour ago for so many seconds.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub fn generate(kind: KeyKind, seconds: i64) -> Result<Self, StartError> {
        let key = match kind {
            KeyKind::Rsa => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?,
            KeyKind::EllipticCurve => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
        };
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Terraform");
        params.not_before = OffsetDateTime::now_utc() - time::Duration::hours(1);
        params.not_after = params.not_before + time::Duration::seconds(seconds);
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            kind,
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            key_der: key.serialize_der(),
        })
    }

    /// The certificate, PEM: what is registered for an app.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The private key, PKCS#8 PEM.
    #[must_use]
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// Certificate and key in one PEM file, as the Azure tools take it.
    #[must_use]
    pub fn pem(&self) -> String {
        format!("{}{}", self.key_pem, self.certificate_pem)
    }

    /// The certificate's SHA-256 thumbprint, base64url.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        crate::authority::Certificate::from_pem(&self.certificate_pem)
            .map(|certificate| certificate.sha256)
            .unwrap_or_default()
    }

    /// A token with this header and these claims, signed as `header.alg` says. Empty when the key cannot sign that way.
    #[must_use]
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        self.signature(header["alg"].as_str().unwrap_or_default(), signed.as_bytes())
            .map(|signature| format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
            .unwrap_or_default()
    }

    fn signature(&self, algorithm: &str, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        if algorithm == "ES256" {
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.key_der).ok()?;
            return Some(key.sign(&random, message).ok()?.as_ref().to_vec());
        }
        let key = RsaKeyPair::from_pkcs8(&self.key_der).ok()?;
        let mut signature = vec![0; key.public_modulus_len()];
        match algorithm {
            "PS256" => key.sign(&RSA_PSS_SHA256, &random, message, &mut signature).ok()?,
            "RS256" => key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok()?,
            _ => return None,
        }
        Some(signature)
    }
}
