//! Starts a plugin as Terraform does and connects to it.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use terraform_provider_autopilot::plugin::proto::tfplugin6::provider_client::ProviderClient;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};

pub(crate) const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Long enough for a loaded machine, short enough to notice a hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The provider's own binary.
pub(crate) fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_terraform-provider-autopilot"))
}

/// A caller's certificate, made the way Terraform makes its own.
pub(crate) struct Caller {
    pub(crate) pem: String,
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivatePkcs8KeyDer<'static>,
}

impl Caller {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
        }
    }

    /// Somebody who shows this certificate and signs with another's key.
    pub(crate) fn with_the_key_of(&self, other: &Self) -> Self {
        Self {
            pem: self.pem.clone(),
            certificate: self.certificate.clone(),
            key: other.key.clone_key(),
        }
    }
}

/// A running plugin, which ends with this value.
pub(crate) struct Plugin {
    pub(crate) child: Child,
    pub(crate) stdout: Lines<BufReader<ChildStdout>>,
    /// The handshake line, without its end.
    pub(crate) line: String,
    pub(crate) caller: Caller,
    /// Holds the socket file, which a plugin that is killed leaves behind.
    pub(crate) directory: TempDir,
}

impl Plugin {
    /// Starts `command` with a cookie and a certificate.
    pub(crate) async fn start(command: Command) -> Self {
        Self::start_with(command, Caller::new(), true).await
    }

    /// Starts `command` as Terraform does under `TF_DISABLE_PLUGIN_TLS`.
    pub(crate) async fn start_in_plaintext(command: Command) -> Self {
        Self::start_with(command, Caller::new(), false).await
    }

    /// Starts `command` for a caller that is there already.
    pub(crate) async fn start_with(mut command: Command, caller: Caller, tls: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        command
            .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
            .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
            .env("PLUGIN_UNIX_SOCKET_DIR", directory.path())
            .env_remove("PLUGIN_CLIENT_CERT")
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if tls {
            command.env("PLUGIN_CLIENT_CERT", &caller.pem);
        }
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, handshake_line(&mut stdout))
            .await
            .unwrap();
        Self {
            child,
            stdout,
            line,
            caller,
            directory,
        }
    }

    /// The parts of the handshake line.
    pub(crate) fn parts(&self) -> Vec<&str> {
        self.line.split('|').collect()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        assert_eq!(self.parts()[2], "unix");
        PathBuf::from(self.parts()[3])
    }

    /// The certificate that the plugin announced.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        let der = base64::engine::general_purpose::STANDARD_NO_PAD.decode(self.parts()[5]);
        CertificateDer::from(der.unwrap())
    }

    /// Connects as `caller`, or without a certificate.
    pub(crate) async fn tls(
        &self,
        caller: Option<&Caller>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> std::io::Result<TlsStream<UnixStream>> {
        let stream = UnixStream::connect(self.socket()).await?;
        let connector = TlsConnector::from(Arc::new(self.client_config(caller, versions)));
        connector
            .connect(ServerName::try_from("localhost").unwrap(), stream)
            .await
    }

    fn client_config(&self, caller: Option<&Caller>, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match caller {
            None => builder.with_no_client_auth(),
            Some(Caller { certificate, key, .. }) => {
                let key = PrivateKeyDer::from(key.clone_key());
                let key = provider.key_provider.load_private_key(key).unwrap();
                // Unlike with_client_auth_cert, this does not mind a key that
                // is another certificate's.
                let certified = CertifiedKey::new(vec![certificate.clone()], key);
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }

    /// A gRPC channel, as the caller that the plugin expects.
    pub(crate) async fn channel(&self) -> Channel {
        if self.parts()[5].is_empty() {
            let stream = UnixStream::connect(self.socket()).await.unwrap();
            return channel_over(stream).await.unwrap();
        }
        let stream = self.tls(Some(&self.caller), rustls::ALL_VERSIONS).await.unwrap();
        channel_over(stream).await.unwrap()
    }

    pub(crate) async fn provider(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel().await)
    }

    /// Sends a signal by its name.
    pub(crate) async fn signal(&self, signal: &str) {
        let pid = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Waits for the end of the process.
    pub(crate) async fn wait(&mut self) -> std::process::ExitStatus {
        tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .expect("the plugin should end")
            .unwrap()
    }
}

/// A gRPC channel over one connection that is open already.
pub(crate) async fn channel_over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<Channel, tonic::transport::Error> {
    let mut stream = Some(TokioIo::new(stream));
    let connector = tower::service_fn(move |_| {
        let stream = stream.take().ok_or(std::io::ErrorKind::NotConnected);
        async move { Ok::<_, std::io::Error>(stream?) }
    });
    Endpoint::from_static("http://localhost")
        .connect_with_connector(connector)
        .await
}

/// The first line that is a handshake: the fixture is a test binary, which
/// talks before it comes to the test.
async fn handshake_line(stdout: &mut Lines<BufReader<ChildStdout>>) -> String {
    while let Some(line) = stdout.next_line().await.unwrap() {
        if line.starts_with("1|") {
            return line;
        }
    }
    panic!("the plugin ended without a handshake");
}

/// What a program prints and how it ends.
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the provider's binary to its end.
pub(crate) async fn outcome<V: AsRef<OsStr>>(arguments: &[&str], variables: &[(&str, V)]) -> Outcome {
    let mut command = binary();
    command
        .args(arguments)
        .env_remove("TF_PLUGIN_MAGIC_COOKIE")
        .kill_on_drop(true);
    for (name, value) in variables {
        command.env(name, value);
    }
    let output = tokio::time::timeout(PATIENCE, command.output())
        .await
        .expect("it should end")
        .unwrap();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Everything that comes until the other side closes, or fails.
pub(crate) async fn read_all(mut stream: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut all = Vec::new();
    let reading = stream.read_to_end(&mut all);
    let _ = tokio::time::timeout(PATIENCE, reading)
        .await
        .expect("the plugin should close the connection");
    all
}
