//! A TCP socket that can be made to end with a reset instead of a close.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// One accepted connection, as the handlers of its requests see it.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) id: u64,
    /// `h2` or `http/1.1`, as negotiated; empty without TLS.
    pub(crate) alpn: String,
    /// `TLSv1_3` or `TLSv1_2`; empty without TLS.
    pub(crate) tls: String,
    kill: Arc<Kill>,
}

#[derive(Debug, Default)]
struct Kill {
    asked: Notify,
    reset: AtomicBool,
}

impl Connection {
    pub(crate) fn new(id: u64) -> Self {
        Self {
            id,
            alpn: String::new(),
            tls: String::new(),
            kill: Arc::default(),
        }
    }

    /// Ends the connection with a TCP reset, whatever is in flight on it.
    pub(crate) fn reset(&self) {
        self.kill.reset.store(true, Ordering::SeqCst);
        self.kill.asked.notify_one();
    }

    /// Resolves when the connection is to be dropped.
    pub(crate) async fn killed(&self) {
        self.kill.asked.notified().await;
    }

    pub(crate) fn socket(&self, stream: TcpStream) -> Socket {
        Socket {
            stream,
            kill: Arc::clone(&self.kill),
        }
    }
}

/// The stream under TLS and HTTP.
pub(crate) struct Socket {
    stream: TcpStream,
    kill: Arc<Kill>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.kill.reset.load(Ordering::SeqCst) {
            // A linger time of zero makes the close send RST. If the peer is gone already there is nobody to reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
