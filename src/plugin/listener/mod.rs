//! Where Terraform connects: a socket file, or a port where there are none.

#[cfg(any(windows, test))]
mod tcp;
#[cfg(unix)]
mod unix;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

#[cfg(windows)]
pub(crate) use tcp::Listener;
#[cfg(unix)]
pub(crate) use unix::Listener;

/// Why it is impossible to listen.
#[derive(Debug, Error)]
pub(crate) enum ListenError {
    #[error("cannot listen on a socket file in {}: {source}. Set PLUGIN_UNIX_SOCKET_DIR or TMPDIR to a directory that can be written to, with a short path", directory.display())]
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no socket files"))]
    Socket {
        directory: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("PLUGIN_UNIX_SOCKET_GROUP names the group {0:?}, which this system does not have")]
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no socket files"))]
    Group(String),
    #[error(
        "cannot listen on a port of 127.0.0.1 from {first} to {last}: {source}. Set PLUGIN_MIN_PORT and PLUGIN_MAX_PORT to another range"
    )]
    #[cfg_attr(not(any(windows, test)), expect(dead_code, reason = "there are socket files"))]
    Ports {
        first: u16,
        last: u16,
        #[source]
        source: io::Error,
    },
}

/// The address that Terraform is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no socket files"))]
    Unix(PathBuf),
    #[cfg_attr(not(any(windows, test)), expect(dead_code, reason = "socket files are used"))]
    Tcp(SocketAddr),
}

impl Address {
    /// As go-plugin names networks.
    pub(crate) const fn network(&self) -> &'static str {
        match self {
            Self::Unix(_) => "unix",
            Self::Tcp(_) => "tcp",
        }
    }

    /// Path, or host and port.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Unix(path) => path.to_string_lossy().into_owned(),
            Self::Tcp(address) => address.to_string(),
        }
    }
}

/// A connection of any kind, so that the server is compiled for one.
pub(crate) struct Connection(Pin<Box<dyn Stream>>);

trait Stream: AsyncRead + AsyncWrite + Send {}

impl<S: AsyncRead + AsyncWrite + Send> Stream for S {}

impl Connection {
    pub(crate) fn new(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self(Box::pin(stream))
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_read(context, to)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write(context, from)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write_vectored(context, from)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(context)
    }
}
