//! An HTTP proxy on loopback that remembers what went through it, for tests of `HTTPS_PROXY` and `NO_PROXY`.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Lines of a request's head that are read before it is given up.
const LONGEST_HEAD: u64 = 64 << 10;

/// A running proxy. It opens tunnels (`CONNECT`) and forwards nothing else. It takes no more connections when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: std::net::SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    requests: Mutex<Vec<String>>,
    stopped: AtomicBool,
    refuses: bool,
}

impl Proxy {
    /// Starts a proxy on a free port.
    ///
    /// # Errors
    /// When no port can be bound or no thread started.
    pub fn start_blocking() -> io::Result<Self> {
        Self::start(false)
    }

    /// The same, but it opens no tunnel: nothing that is asked for through it leaves this machine.
    ///
    /// # Errors
    /// As [`Proxy::start_blocking`].
    pub fn refusing() -> io::Result<Self> {
        Self::start(true)
    }

    fn start(refuses: bool) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            refuses,
            ..State::default()
        });
        let of_thread = Arc::clone(&state);
        std::thread::Builder::new()
            .name("test-proxy".to_owned())
            .spawn(move || accept(&listener, &of_thread))?;
        Ok(Self { address, state })
    }

    /// `http://127.0.0.1:<port>`, for `HTTPS_PROXY` and `HTTP_PROXY`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked for, in order: `CONNECT host:port`, or the method and URL of a request it did not forward.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        let requests = self.state.requests.lock();
        requests.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread, which sees that it is to end.
        let _ = TcpStream::connect(self.address);
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    for client in listener.incoming() {
        if state.stopped.load(Ordering::SeqCst) {
            return;
        }
        let state = Arc::clone(state);
        if let Ok(client) = client {
            // A tunnel that breaks shows at both of its ends.
            std::thread::spawn(move || serve(client, &state));
        }
    }
}

fn serve(mut client: TcpStream, state: &State) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?.take(LONGEST_HEAD));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
    }
    let mut words = first.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut requests = state.requests.lock().unwrap_or_else(PoisonError::into_inner);
    requests.push(format!("{method} {target}"));
    drop(requests);
    if method != "CONNECT" {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    if state.refuses {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    let server = TcpStream::connect(target)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    // A client waits for that answer, so nothing of the tunnel is in the reader yet.
    let back = (server.try_clone()?, client.try_clone()?);
    let returning = std::thread::spawn(move || copy(back.0, back.1));
    copy(client, server)?;
    // The way back has ended, or ends with the way there.
    let _ = returning.join();
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
    let copied = io::copy(&mut from, &mut to);
    to.shutdown(Shutdown::Write)?;
    copied.map(drop)
}
