//! A TLS server with a CA of its own.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::testing::{Reply, Server};

pub(crate) struct Secure {
    pub(crate) server: Server,
    pub(crate) ca: PathBuf,
    _directory: tempfile::TempDir,
}

impl Secure {
    /// Answers with the script over TLS on loopback.
    pub(crate) fn start(script: Vec<Reply>) -> Self {
        let (config, ca_pem) = certified();
        let directory = tempfile::tempdir().unwrap();
        let ca = directory.path().join("ca.pem");
        std::fs::write(&ca, ca_pem).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server::with("https", listener, script, move |stream| {
            let acceptor = acceptor.clone();
            async move { acceptor.accept(stream).await.ok() }
        });
        Self {
            server,
            ca,
            _directory: directory,
        }
    }

    pub(crate) fn ca(&self) -> &str {
        self.ca.to_str().unwrap()
    }
}

/// A server's configuration with a certificate for 127.0.0.1, and the PEM of the CA that issued it.
fn certified() -> (rustls::ServerConfig, String) {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()])
        .unwrap()
        .signed_by(&key, &ca)
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (config, ca.pem())
}
