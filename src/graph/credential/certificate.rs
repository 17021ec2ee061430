//! A certificate and its private key, from PEM or PKCS#12, and what is signed with them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::{digest, signature};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p12_keystore::Pkcs12Archive;
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use crate::graph::Secret;

/// The keys that Microsoft Entra takes; neither its documentation nor its libraries know another
/// (<https://learn.microsoft.com/entra/identity-platform/certificate-credentials>).
const ONLY_RSA: &str = "its key is no RSA key, and Microsoft Entra accepts RSA certificates only";

/// A certificate of an application with its private key.
#[derive(Clone)]
pub struct Certificate {
    key: Arc<RsaKeyPair>,
    thumbprint: String,
    ends: SystemTime,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

/// A reason why a certificate cannot be used. Names neither its bytes nor its password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The fault of the certificate or its key.
    #[error("{0}")]
    Unusable(String),
    /// The fault of the password, or that there is none.
    #[error("{0}")]
    Password(&'static str),
}

/// There is no password, and it takes one.
const PROTECTED: CertificateError = CertificateError::Password("it is protected by a password, and none is given");

/// There is a password, and it is another one.
const WRONG_PASSWORD: CertificateError = CertificateError::Password("its password is not the given one");

impl Certificate {
    /// Reads PEM (a certificate and its key, in any order, among others) or PKCS#12.
    ///
    /// # Errors
    /// The fault, in words for an administrator.
    pub fn parse(bytes: &[u8], password: Option<&Secret>) -> Result<Self, CertificateError> {
        let (keys, certificates) = if contains(bytes, b"-----BEGIN ") {
            from_pem(bytes, password)?
        } else {
            from_pkcs12(bytes, password)?
        };
        Self::matched(&keys, &certificates)
    }

    /// The same from base64, as a variable or an attribute holds it. PEM needs no base64 around it, but may have it.
    ///
    /// # Errors
    /// The same as of [`Self::parse`].
    pub fn parse_text(text: &Secret, password: Option<&Secret>) -> Result<Self, CertificateError> {
        if text.expose().contains("-----BEGIN ") {
            return Self::parse(text.expose().as_bytes(), password);
        }
        let compact: Zeroizing<String> = Zeroizing::new(text.expose().split_whitespace().collect());
        let bytes = STANDARD
            .decode(compact.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| wrong("it is neither PEM nor base64"))?;
        Self::parse(&bytes, password)
    }

    /// The first certificate that belongs to one of the keys.
    fn matched(keys: &[Zeroizing<Vec<u8>>], certificates: &[Vec<u8>]) -> Result<Self, CertificateError> {
        if keys.is_empty() {
            return Err(wrong("it holds no private key"));
        }
        if certificates.is_empty() {
            return Err(wrong("it holds no certificate"));
        }
        let keys: Vec<_> = keys.iter().filter_map(|key| rsa_key(key)).collect();
        if keys.is_empty() {
            return Err(wrong(ONLY_RSA));
        }
        for der in certificates {
            let (_, parsed) = X509Certificate::from_der(der).map_err(|_| wrong("its certificate cannot be read"))?;
            let public = &parsed.public_key().subject_public_key.data;
            if let Some(key) = keys.iter().find(|key| key.public_key().as_ref() == public.as_ref()) {
                let ends = u64::try_from(parsed.validity().not_after.timestamp()).unwrap_or(0);
                return Ok(Self {
                    key: Arc::clone(key),
                    thumbprint: URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, der)),
                    ends: SystemTime::UNIX_EPOCH + Duration::from_secs(ends),
                });
            }
        }
        Err(wrong("its private key belongs to none of its certificates"))
    }

    /// The `x5t#S256` of the certificate: SHA-256 of its DER, in base64url.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// When the certificate's validity ends.
    #[must_use]
    pub fn ends(&self) -> SystemTime {
        self.ends
    }

    /// Signs with PS256: RSASSA-PSS with SHA-256 (<https://www.rfc-editor.org/rfc/rfc7518#section-3.5>).
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CertificateError> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &signature::RSA_PSS_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| wrong("its key cannot sign"))?;
        Ok(signature)
    }
}

type Parts = (Vec<Zeroizing<Vec<u8>>>, Vec<Vec<u8>>);

fn from_pkcs12(bytes: &[u8], password: Option<&Secret>) -> Result<Parts, CertificateError> {
    let password = password.map_or("", Secret::expose);
    let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|error| match error {
        p12_keystore::error::Error::MacError(_) if password.is_empty() => PROTECTED,
        p12_keystore::error::Error::MacError(_) => WRONG_PASSWORD,
        p12_keystore::error::Error::DerError(_) => wrong("it is neither PEM nor PKCS#12"),
        other => wrong(&format!("it cannot be read as PKCS#12 ({other})")),
    })?;
    let keys = archive.keys.iter().map(|bag| Zeroizing::new(bag.key.as_der().to_vec()));
    let certificates = archive.certs.iter().map(|bag| bag.cert.as_der().to_vec());
    Ok((keys.collect(), certificates.collect()))
}

fn from_pem(bytes: &[u8], password: Option<&Secret>) -> Result<Parts, CertificateError> {
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is no text, though it looks like PEM"))?;
    let mut parts = Parts::default();
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once("-----BEGIN ") {
        let (label, body) = begun.split_once("-----").ok_or_else(|| wrong("its PEM breaks off"))?;
        let (body, after) = body
            .split_once(&format!("-----END {label}-----"))
            .ok_or_else(|| wrong("its PEM breaks off"))?;
        rest = after;
        match label {
            "CERTIFICATE" => parts.1.push(decoded(body)?.to_vec()),
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => parts.0.push(decoded(body)?),
            "ENCRYPTED PRIVATE KEY" => parts.0.push(decrypted(&decoded(body)?, password)?),
            _ => {}
        }
    }
    Ok(parts)
}

/// The bytes of a PEM section.
fn decoded(body: &str) -> Result<Zeroizing<Vec<u8>>, CertificateError> {
    if body.contains("Proc-Type:") {
        return Err(wrong(
            "its key is encrypted in OpenSSL's old form; convert it with `openssl pkcs8 -topk8`",
        ));
    }
    let compact: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
    STANDARD
        .decode(compact.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| wrong("a section of its PEM is no base64"))
}

/// An encrypted PKCS#8 key in the clear.
fn decrypted(der: &[u8], password: Option<&Secret>) -> Result<Zeroizing<Vec<u8>>, CertificateError> {
    let Some(password) = password else {
        return Err(PROTECTED);
    };
    let encrypted =
        pkcs8::EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| wrong("its encrypted key cannot be read"))?;
    let clear = encrypted.decrypt(password.expose()).map_err(|_| {
        CertificateError::Password(
            "its password is not the given one, or its key is encrypted in a way that is not supported",
        )
    })?;
    Ok(Zeroizing::new(clear.as_bytes().to_vec()))
}

/// The key from PKCS#8 or PKCS#1; nothing when it is of another kind.
fn rsa_key(der: &[u8]) -> Option<Arc<RsaKeyPair>> {
    let key = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der));
    key.ok().map(Arc::new)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn wrong(problem: &str) -> CertificateError {
    CertificateError::Unusable(problem.to_owned())
}

#[cfg(test)]
#[path = "certificate_test.rs"]
pub(crate) mod tests;
