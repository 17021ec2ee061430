//! Certificates for the tests to sign in with, made once: an RSA key takes a while.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use graph_emulator::{KeyKind, TestCertificate};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};

/// The password of the PKCS#12 file.
pub(super) const PASSWORD: &str = "correct-horse-battery-staple";

const YEAR: i64 = 365 * 86_400;

/// The application's certificate.
pub(super) fn ours() -> &'static TestCertificate {
    static MADE: OnceLock<TestCertificate> = OnceLock::new();
    MADE.get_or_init(|| TestCertificate::generate(KeyKind::Rsa, YEAR).unwrap())
}

/// A certificate that no application has.
pub(super) fn strangers() -> &'static TestCertificate {
    static MADE: OnceLock<TestCertificate> = OnceLock::new();
    MADE.get_or_init(|| TestCertificate::generate(KeyKind::Rsa, YEAR).unwrap())
}

/// A certificate that ended half an hour ago.
pub(super) fn expired() -> &'static TestCertificate {
    static MADE: OnceLock<TestCertificate> = OnceLock::new();
    MADE.get_or_init(|| TestCertificate::generate(KeyKind::Rsa, 1800).unwrap())
}

/// Certificate and key as a PKCS#12 file with [`PASSWORD`].
pub(super) fn pkcs12(certificate: &TestCertificate) -> Vec<u8> {
    let chain = PrivateKeyChain::new(
        "terraform",
        PrivateKey::from_der(&der(certificate.key_pem())).unwrap(),
        [Certificate::from_der(&der(certificate.certificate_pem())).unwrap()],
    );
    let mut store = KeyStore::new();
    store.add_entry("terraform", KeyStoreEntry::PrivateKeyChain(chain));
    store.writer(PASSWORD).write().unwrap()
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of the one section of a PEM text.
fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).unwrap()
}
