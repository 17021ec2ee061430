//! A server for tests: it answers on loopback with the bytes it is given, and remembers what it was asked.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Sends these bytes and keeps the connection.
    Bytes(Vec<u8>),
    /// Sends these bytes and closes the connection.
    Close(Vec<u8>),
    /// Never answers.
    Silence,
    /// Waits first.
    After(Duration, Box<Reply>),
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Which connection it came over, from 0.
    pub(crate) connection: usize,
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Answers with the script's replies in turn, over however many connections; the last one over and over.
    pub(crate) fn start(script: Vec<Reply>) -> Self {
        Self::on(std::net::TcpListener::bind("127.0.0.1:0").unwrap(), script)
    }

    /// The same on a listener whose address the script needs.
    pub(crate) fn on(listener: std::net::TcpListener, script: Vec<Reply>) -> Self {
        Self::with("http", listener, script, |stream| async { Some(stream) })
    }

    /// The same behind whatever `accept` makes of a connection; nothing, and the connection is dropped.
    pub(crate) fn with<S, F>(
        scheme: &str,
        listener: std::net::TcpListener,
        script: Vec<Reply>,
        accept: impl Fn(TcpStream) -> F + Send + Sync + 'static,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Future<Output = Option<S>> + Send + 'static,
    {
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (log, script) = (Arc::clone(&received), Arc::new(script));
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let accepting = accept(stream);
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                tokio::spawn(async move {
                    if let Some(stream) = accepting.await {
                        serve(stream, connection, log, script).await;
                    }
                });
            }
        });
        Self { url, received }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    connection: usize,
    log: Arc<Mutex<Vec<Received>>>,
    script: Arc<Vec<Reply>>,
) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream, connection).await {
        let mut reply = {
            let mut log = log.lock().unwrap();
            log.push(request);
            script[(log.len() - 1).min(script.len() - 1)].clone()
        };
        while let Reply::After(delay, then) = reply {
            tokio::time::sleep(delay).await;
            reply = *then;
        }
        match reply {
            Reply::Bytes(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Reply::Close(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Reply::Silence | Reply::After(..) => std::future::pending().await,
        }
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut BufReader<S>, connection: usize) -> Option<Received> {
    let mut line = String::new();
    if stream.read_line(&mut line).await.ok()? == 0 {
        return None;
    }
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Received {
        connection,
        line: line.trim_end().to_owned(),
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}

/// A whole answer with a JSON body.
pub(crate) fn json(status: u16, headers: &str, body: &str) -> Reply {
    Reply::Bytes(
        format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )
}
