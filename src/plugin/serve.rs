//! Serving a catalog on a listener until the end.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use super::catalog::Catalog;
use super::listener::{Connection, Listener};
use super::proto::go_plugin::grpc_controller_server::GrpcControllerServer;
use super::proto::go_plugin::grpc_stdio_server::GrpcStdioServer;
use super::proto::tfplugin6::provider_server::ProviderServer;
use super::services::{Controller, ProviderService, Stdio};

/// How long requests may go on after the end was asked for. Terraform kills
/// the process after two seconds.
const GRACE: Duration = Duration::from_secs(1);

/// How long a caller may take to show its certificate.
const TLS_HANDSHAKE: Duration = Duration::from_secs(10);

/// Terraform's own limit for messages.
const MAX_MESSAGE: usize = 256 * 1024 * 1024;

/// Bytes that may be on their way at once, so that no state or schema of
/// usual size waits for permission to be sent.
const WINDOW: u32 = 1024 * 1024;

/// Serves until `end` is cancelled, and then no longer than [`GRACE`].
/// Without `tls` whoever can open the socket is served.
pub(crate) async fn serve(
    catalog: Arc<Catalog>,
    listener: Listener,
    tls: Option<Arc<ServerConfig>>,
    end: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let (sender, connections) = mpsc::channel(1);
    let accepting = tokio::spawn(accept(listener, tls.map(TlsAcceptor::from), sender, end.clone()));
    let (health, health_service) = tonic_health::server::health_reporter();
    health
        .set_service_status("plugin", tonic_health::ServingStatus::Serving)
        .await;
    let provider = ProviderServer::new(ProviderService::new(Arc::clone(&catalog)))
        .max_decoding_message_size(MAX_MESSAGE)
        .max_encoding_message_size(MAX_MESSAGE);
    let server = Server::builder()
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .add_service(provider)
        .add_service(GrpcControllerServer::new(Controller { shutdown: end.clone() }))
        .add_service(GrpcStdioServer::new(Stdio { shutdown: end.clone() }))
        .add_service(health_service)
        .serve_with_incoming_shutdown(ReceiverStream::new(connections), end.clone().cancelled_owned());
    let overtime = async {
        end.cancelled().await;
        catalog.provider.stop();
        tokio::time::sleep(GRACE).await;
    };
    let result = tokio::select! {
        result = server => result,
        () = overtime => Ok(()),
    };
    // The listener goes with its task, and the socket file with it.
    end.cancel();
    let _ = accepting.await;
    result
}

type Accepted = std::io::Result<Connection>;

async fn accept(
    listener: Listener,
    tls: Option<TlsAcceptor>,
    connections: mpsc::Sender<Accepted>,
    end: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = end.cancelled() => return,
        };
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                // Such as too many open files: it may pass.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        match tls.clone() {
            None => drop(connections.send(Ok(Connection::new(stream))).await),
            // Others do not wait for a caller that takes its time.
            Some(tls) => drop(tokio::spawn(admit(tls, stream, connections.clone()))),
        }
    }
}

/// Lets a caller in who shows the right certificate. Everybody else finds
/// the connection closed.
async fn admit<S>(tls: TlsAcceptor, stream: S, connections: mpsc::Sender<Accepted>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    match timeout(TLS_HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => drop(connections.send(Ok(Connection::new(stream))).await),
        Ok(Err(error)) => tracing::warn!(%error, "a caller was turned away"),
        Err(_) => tracing::warn!("a caller was turned away: it never showed a certificate"),
    }
}
