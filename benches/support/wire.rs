//! A provider process and the connection to it, of this provider or of another, as Terraform would have them.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rmpv::Value as Tree;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::Command;
use tokio_rustls::TlsConnector;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;

use super::Result;
use super::harness::{Caller, Plugin, channel_over};

/// Answers of large providers have tens of megabytes.
const MAX_MESSAGE: usize = 256 * 1024 * 1024;

/// A provider that has said where it listens. It ends with this value.
pub(crate) struct Started {
    plugin: Plugin,
    /// Before the process was there.
    begun: Instant,
    /// From then to its handshake line.
    pub(crate) handshake: Duration,
}

impl Started {
    pub(crate) async fn new(program: &Path) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let caller = Caller::new();
        let begun = Instant::now();
        let plugin = Plugin::start_with(command, caller, true).await;
        let handshake = begun.elapsed();
        Self {
            plugin,
            begun,
            handshake,
        }
    }

    /// Connects with Terraform's certificate, over a Unix socket or TCP, as the provider says.
    pub(crate) async fn connect(self) -> Result<Connected> {
        let address = self.plugin.parts()[3].to_owned();
        let channel = match self.plugin.parts()[2] {
            "unix" => self.channel(UnixStream::connect(address).await?).await?,
            "tcp" => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                self.channel(stream).await?
            }
            other => return Err(format!("the provider listens on a network of kind {other}").into()),
        };
        let names = match self.plugin.parts()[1] {
            "5" => &VERSION_5,
            "6" => &VERSION_6,
            other => return Err(format!("the provider speaks version {other} of the plugin protocol").into()),
        };
        Ok(Connected {
            client: Grpc::new(channel).max_decoding_message_size(MAX_MESSAGE),
            names,
            process: self,
        })
    }

    async fn channel(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Channel> {
        let localhost = ServerName::try_from("localhost")?;
        let stream = TlsConnector::from(Arc::new(self.tls()?))
            .connect(localhost, stream)
            .await?;
        Ok(channel_over(stream).await?)
    }

    fn tls(&self) -> Result<ClientConfig> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let announced = Announced {
            certificate: self.plugin.certificate(),
            provider: Arc::clone(&provider),
        };
        let Caller { certificate, key, .. } = &self.plugin.caller;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(announced))
            .with_client_auth_cert(vec![certificate.clone()], PrivateKeyDer::from(key.clone_key()))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(config)
    }
}

/// A provider that can be asked.
pub(crate) struct Connected {
    process: Started,
    client: Grpc<Channel>,
    names: &'static Names,
}

/// The paths of what is asked for. The messages are the same in both versions of the protocol, as far as it goes here.
struct Names {
    schema: &'static str,
    validate_provider: &'static str,
    validate_resource: &'static str,
}

const VERSION_5: Names = Names {
    schema: "/tfplugin5.Provider/GetSchema",
    validate_provider: "/tfplugin5.Provider/PrepareProviderConfig",
    validate_resource: "/tfplugin5.Provider/ValidateResourceTypeConfig",
};

const VERSION_6: Names = Names {
    schema: "/tfplugin6.Provider/GetProviderSchema",
    validate_provider: "/tfplugin6.Provider/ValidateProviderConfig",
    validate_resource: "/tfplugin6.Provider/ValidateResourceConfig",
};

impl Connected {
    /// Asks for the schemas.
    pub(crate) async fn schema(&mut self) -> Result<tf::get_provider_schema::Response> {
        self.ask(self.names.schema, tf::get_provider_schema::Request {}).await
    }

    /// Has an empty provider block validated.
    pub(crate) async fn validate_provider(&mut self, schema: &tf::get_provider_schema::Response) -> Result<()> {
        let block = schema.provider.as_ref().and_then(|schema| schema.block.as_ref());
        let config = block.map_or(Tree::Nil, empty);
        let request = tf::validate_provider_config::Request {
            config: Some(dynamic(&config)?),
        };
        let _: tf::validate_provider_config::Response = self.ask(self.names.validate_provider, request).await?;
        Ok(())
    }

    /// Has a resource's configuration validated, which must be valid.
    pub(crate) async fn validate_resource(&mut self, request: tf::validate_resource_config::Request) -> Result<()> {
        let response: tf::validate_resource_config::Response = self.ask(self.names.validate_resource, request).await?;
        match response.diagnostics.first() {
            None => Ok(()),
            Some(diagnostic) => Err(format!("{}: {}", diagnostic.summary, diagnostic.detail).into()),
        }
    }

    /// Since the process was asked for.
    pub(crate) fn age(&self) -> Duration {
        self.process.begun.elapsed()
    }

    /// None when it has ended.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.plugin.child.id()
    }

    async fn ask<Q, A>(&mut self, path: &'static str, request: Q) -> Result<A>
    where
        Q: prost::Message + 'static,
        A: prost::Message + Default + 'static,
    {
        self.client.ready().await?;
        let path = PathAndQuery::from_static(path);
        let codec = tonic_prost::ProstCodec::default();
        let answer = self.client.unary(tonic::Request::new(request), path, codec).await?;
        Ok(answer.into_inner())
    }
}

/// What Terraform sends for a block in which nothing is configured.
pub(crate) fn empty(block: &tf::schema::Block) -> Tree {
    use tf::schema::nested_block::NestingMode;
    let attributes = block
        .attributes
        .iter()
        .map(|attribute| (attribute.name.as_str(), Tree::Nil));
    let blocks = block.block_types.iter().map(|nested| {
        let nothing = match nested.nesting() {
            NestingMode::List | NestingMode::Set => Tree::Array(Vec::new()),
            NestingMode::Map => Tree::Map(Vec::new()),
            NestingMode::Group => nested.block.as_ref().map_or(Tree::Nil, empty),
            NestingMode::Single | NestingMode::Invalid => Tree::Nil,
        };
        (nested.type_name.as_str(), nothing)
    });
    Tree::Map(
        attributes
            .chain(blocks)
            .map(|(name, value)| (Tree::from(name), value))
            .collect(),
    )
}

/// A value on its way.
pub(crate) fn dynamic(value: &Tree) -> Result<tf::DynamicValue> {
    let mut msgpack = Vec::new();
    rmpv::encode::write_value(&mut msgpack, value)?;
    Ok(tf::DynamicValue {
        msgpack,
        json: Vec::new(),
    })
}

/// Accepts the certificate that the provider announced, and nothing else. Providers in Go announce one that is marked
/// as a certificate authority, which a verifier of chains refuses.
#[derive(Debug)]
struct Announced {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Announced {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
