//! Tests of reading certificates: every form, and every way it can be wrong.

use std::process::Command;
use std::sync::OnceLock;

use aws_lc_rs::encoding::AsDer;
use p12_keystore::{EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain};
use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};

use super::*;

/// A certificate made for these tests; making an RSA key takes a while, so once.
pub(crate) struct Made {
    pub(crate) pem: String,
    pub(crate) certificate: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    key: Vec<u8>,
}

pub(crate) fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let rsa = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let key: Vec<u8> = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der>::as_der(&rsa)
            .unwrap()
            .as_ref()
            .to_vec();
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&key.as_slice().into(), &PKCS_RSA_SHA256).unwrap();
        let params = CertificateParams::new(vec!["test".to_owned()]).unwrap();
        let certificate = params.self_signed(&pair).unwrap();
        Made {
            pem: format!("{}{}", certificate.pem(), pair.serialize_pem()),
            certificate: certificate.der().to_vec(),
            public_key: rsa.public_key().as_ref().to_vec(),
            key,
        }
    })
}

fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

/// An elliptic curve key and its certificate.
fn elliptic() -> (String, String) {
    let pair = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["ec".to_owned()])
        .unwrap()
        .self_signed(&pair)
        .unwrap();
    (certificate.pem(), pair.serialize_pem())
}

fn pkcs12(password: &str, encryption: EncryptionAlgorithm, mac: MacAlgorithm) -> Vec<u8> {
    let made = made();
    let chain = PrivateKeyChain::new(
        "id",
        PrivateKey::from_der(&made.key).unwrap(),
        [p12_keystore::Certificate::from_der(&made.certificate).unwrap()],
    );
    let mut store = KeyStore::new();
    store.add_entry("test", KeyStoreEntry::PrivateKeyChain(chain));
    store
        .writer(password)
        .encryption_algorithm(encryption)
        .encryption_iterations(10)
        .mac_algorithm(mac)
        .mac_iterations(10)
        .write()
        .unwrap()
}

/// The certificate as a PKCS#12 file with a password.
pub(crate) fn archive(password: &str) -> Vec<u8> {
    pkcs12(
        password,
        EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
        MacAlgorithm::HmacSha256,
    )
}

fn thumbprint() -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &made().certificate))
}

#[test]
fn pem_in_any_order_and_among_others() {
    let made = made();
    let (other, _) = elliptic();
    let certificate = pem("CERTIFICATE", &made.certificate);
    let key = pem("PRIVATE KEY", &made.key);
    for text in [
        made.pem.clone(),
        format!("{key}{certificate}"),
        format!(
            "Bag Attributes\n  friendlyName: x\n{other}{key}\n{}{certificate}",
            pem("X509 CRL", b"x")
        ),
        format!("{certificate}{key}").replace('\n', "\r\n"),
    ] {
        let certificate = Certificate::parse(text.as_bytes(), None).unwrap();
        assert_eq!(certificate.thumbprint(), thumbprint());
        let text = Secret::new(STANDARD.encode(&text));
        assert!(Certificate::parse_text(&text, None).is_ok());
    }
    assert!(Certificate::parse_text(&Secret::new(made.pem.clone()), None).is_ok());
}

#[test]
fn pkcs12_old_and_new() {
    for (encryption, mac) in [
        (
            EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
            MacAlgorithm::HmacSha256,
        ),
        (
            EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
            MacAlgorithm::HmacSha1,
        ),
    ] {
        for password in ["p\u{e4}ssword", ""] {
            let bytes = pkcs12(password, encryption, mac);
            let secret = Secret::new(password);
            let certificate = Certificate::parse(&bytes, Some(&secret)).unwrap();
            assert_eq!(certificate.thumbprint(), thumbprint());
            let text = Secret::new(STANDARD.encode(&bytes));
            assert!(Certificate::parse_text(&text, Some(&secret)).is_ok());
        }
    }
}

#[test]
fn what_openssl_writes_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("in.pem"), &made().pem).unwrap();
    let openssl = |arguments: &[&str]| Command::new("openssl").args(arguments).output();
    if let Err(error) = openssl(&["version"]) {
        panic!("this test needs the openssl command ({error}): install it (Debian: openssl) or run `make setup`");
    }
    let (input, p12, encrypted) = (path("in.pem"), path("out.p12"), path("key.pem"));
    let export = [
        "pkcs12",
        "-export",
        "-in",
        &input,
        "-out",
        &p12,
        "-passout",
        "pass:hunter2",
    ];
    assert!(openssl(&export).unwrap().status.success());
    let topk8 = [
        "pkcs8",
        "-topk8",
        "-in",
        &input,
        "-out",
        &encrypted,
        "-passout",
        "pass:hunter2",
    ];
    assert!(openssl(&topk8).unwrap().status.success());
    let mut text = std::fs::read_to_string(&encrypted).unwrap();
    text.push_str(&pem("CERTIFICATE", &made().certificate));
    let password = Secret::new("hunter2");
    for bytes in [std::fs::read(&p12).unwrap(), text.into_bytes()] {
        let certificate = Certificate::parse(&bytes, Some(&password)).unwrap();
        assert_eq!(certificate.thumbprint(), thumbprint());
        for other in [None, Some(&Secret::new("hunter3"))] {
            let error = Certificate::parse(&bytes, other).unwrap_err().to_string();
            assert!(error.contains("password") && !error.contains("hunter"), "{error}");
        }
    }
}

#[test]
fn what_is_wrong_is_said() {
    let made = made();
    let (ec_certificate, ec_key) = elliptic();
    let certificate = pem("CERTIFICATE", &made.certificate);
    let key = pem("PRIVATE KEY", &made.key);
    let archive = archive("hunter2");
    let legacy = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    for (bytes, problem) in [
        (certificate.clone().into_bytes(), "it holds no private key"),
        (key.clone().into_bytes(), "it holds no certificate"),
        (format!("{ec_certificate}{ec_key}").into_bytes(), ONLY_RSA),
        (
            format!("{ec_certificate}{key}").into_bytes(),
            "its private key belongs to none of its certificates",
        ),
        (
            format!("{}{key}", pem("CERTIFICATE", b"x")).into_bytes(),
            "its certificate cannot be read",
        ),
        (certificate.as_bytes()[..300].to_vec(), "its PEM breaks off"),
        (
            b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----".to_vec(),
            "a section of its PEM is no base64",
        ),
        (legacy.as_bytes().to_vec(), "old form"),
        (b"nonsense".to_vec(), "it is neither PEM nor PKCS#12"),
        (Vec::new(), "it is neither PEM nor PKCS#12"),
        (archive.clone(), "it is protected by a password"),
        (archive[..archive.len() / 2].to_vec(), "it is neither PEM nor PKCS#12"),
    ] {
        let error = Certificate::parse(&bytes, None).unwrap_err().to_string();
        assert!(error.contains(problem), "{problem}: {error}");
    }
    let error = Certificate::parse(&archive, Some(&Secret::new("x")))
        .unwrap_err()
        .to_string();
    assert_eq!(error, "its password is not the given one");
    let error = Certificate::parse_text(&Secret::new("not base64!"), None)
        .unwrap_err()
        .to_string();
    assert_eq!(error, "it is neither PEM nor base64");
}

#[test]
fn debug_shows_no_key() {
    let certificate = Certificate::parse(made().pem.as_bytes(), None).unwrap();
    assert_eq!(
        format!("{certificate:?}"),
        format!("Certificate {{ thumbprint: {:?}, .. }}", thumbprint())
    );
}

proptest! {
    #[test]
    fn no_bytes_are_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "-----BEGIN [-A-Z \n]{0,80}") {
        let _ = Certificate::parse(&bytes, None);
        let _ = Certificate::parse(text.as_bytes(), None);
    }
}
