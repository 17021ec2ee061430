//! The listeners: TCP, TLS, HTTP, and the way of a request from its arrival to its answer.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_rustls::TlsAcceptor;
use tower::util::ServiceExt as _;
use uuid::Uuid;

use crate::az;
use crate::effects::{self, Outcome};
use crate::exchange::{Call, Listener};
use crate::faults::Fault;
use crate::socket::Connection;
use crate::world::World;

/// Bytes of a request that are read; the real services take less.
const LONGEST_REQUEST: usize = 64 << 20;

/// The world and what is shared around it.
#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    connections: AtomicU64,
}

impl Shared {
    pub(crate) fn new(world: World) -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::new(world),
            connections: AtomicU64::new(0),
        })
    }

    /// The world. A panic while it was held does not make it unusable: each request changes it in one go.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what tokens depend on, and lets the `az` stand-in know.
    pub(crate) fn change(&self, change: impl FnOnce(&mut World)) {
        let mut world = self.world();
        change(&mut world);
        // A folder that is gone belongs to a test that is over.
        let _ = az::refresh(&mut world);
    }
}

/// A listener that is bound but not served yet.
pub(crate) struct Open {
    pub(crate) listener: std::net::TcpListener,
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) router: Router,
}

/// Binds a port of the loopback interface; 0 is any free one.
pub(crate) fn bind(port: u16) -> std::io::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The routes of a listener that serves one of the emulated services.
pub(crate) fn service(shared: &Arc<Shared>, listener: Listener, scheme: &'static str) -> Router {
    let end = End {
        shared: Arc::clone(shared),
        listener,
        scheme,
    };
    Router::new().fallback(exchange).with_state(end)
}

/// Serves a listener on this runtime until it ends.
pub(crate) fn spawn(open: Open, shared: Arc<Shared>) -> std::io::Result<()> {
    let listener = TcpListener::from_std(open.listener)?;
    let acceptor = open.tls.map(TlsAcceptor::from);
    tokio::spawn(serve(listener, acceptor, open.router, shared));
    Ok(())
}

async fn serve(listener: TcpListener, acceptor: Option<TlsAcceptor>, router: Router, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely; others will be closed.
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let id = shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let (acceptor, router) = (acceptor.clone(), router.clone());
        tokio::spawn(async move {
            // The client's end of a broken connection is where an error shows.
            let _ = accept(stream, acceptor, router, id).await;
        });
    }
}

async fn accept(stream: TcpStream, acceptor: Option<TlsAcceptor>, router: Router, id: u64) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection::new(id);
    let socket = connection.socket(stream);
    let Some(acceptor) = acceptor else {
        connect(socket, connection, router).await;
        return Ok(());
    };
    let stream = acceptor.accept(socket).await?;
    let (_, session) = stream.get_ref();
    let alpn = session.alpn_protocol().unwrap_or_default();
    connection.alpn = String::from_utf8_lossy(alpn).into_owned();
    connection.tls = session
        .protocol_version()
        .map(|version| format!("{version:?}"))
        .unwrap_or_default();
    connect(stream, connection, router).await;
    Ok(())
}

async fn connect(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, connection: Connection, router: Router) {
    let of_requests = connection.clone();
    let service = router.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(of_requests.clone());
        request.map(axum::body::Body::new)
    });
    let builder = Builder::new(TokioExecutor::new());
    let served = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::select! {
        _ = served => {}
        () = connection.killed() => {}
    }
}

/// Where a request came in.
#[derive(Clone)]
struct End {
    shared: Arc<Shared>,
    listener: Listener,
    scheme: &'static str,
}

/// One request: entered in the log, delayed, faulted, answered.
async fn exchange(State(end): State<End>, request: Request) -> Response {
    let protocol = match request.version() {
        Version::HTTP_2 => "h2",
        Version::HTTP_10 => "http/1.0",
        _ => "http/1.1",
    };
    let Some(call) = read(&end, request).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let (number, half, fault) = {
        let mut world = end.shared.world();
        let number = world.log.begin(&call, protocol);
        let fault = world.faults.take(&call);
        if let Some(fault) = &fault {
            world.log.fault(number, fault.effect.name());
        }
        (number, world.config.latency.half(&call), fault)
    };
    let begun = Instant::now();
    wait_until(begun, half).await;
    let outcome = outcome(&end.shared, &call, fault.as_ref());
    wait_until(begun, half * 2).await;
    match &outcome {
        Outcome::Hang(Some(millis)) => sleep(Duration::from_millis(*millis)).await,
        Outcome::Hang(None) => std::future::pending().await,
        _ => {}
    }
    let Some(status) = outcome.status() else {
        call.connection.reset();
        return std::future::pending().await;
    };
    end.shared.world().log.finish(number, status);
    respond(&outcome, &call, status)
}

/// Waits until so much time has passed. Timers round up, so two halves in a row would be more than the whole.
async fn wait_until(begun: Instant, passed: Duration) {
    if !passed.is_zero() {
        sleep_until(begun + passed).await;
    }
}

fn outcome(shared: &Shared, call: &Call, fault: Option<&Fault>) -> Outcome {
    let mut world = shared.world();
    let Some(fault) = fault else {
        return Outcome::Answer(world.handle(call));
    };
    if fault.effect.alters_answer() {
        let reply = world.handle(call);
        return effects::alter(&fault.effect, reply);
    }
    if fault.after_effect {
        world.handle(call);
    }
    effects::substitute(&fault.effect, call, &world.config.clock)
}

async fn read(end: &End, request: Request) -> Option<Call> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LONGEST_REQUEST).await.ok()?;
    let authority = parts
        .uri
        .authority()
        .map(|authority| authority.as_str().to_owned())
        .or_else(|| {
            let host = parts.headers.get(header::HOST)?;
            host.to_str().ok().map(str::to_owned)
        })
        .unwrap_or_default();
    Some(Call {
        listener: end.listener,
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: body.to_vec(),
        origin: format!("{}://{authority}", end.scheme),
        connection: parts
            .extensions
            .get::<Connection>()
            .cloned()
            .unwrap_or_else(|| Connection::new(0)),
        request_id: Uuid::new_v4().to_string(),
    })
}

fn respond(outcome: &Outcome, call: &Call, status: u16) -> Response {
    let mut response = Response::new(effects::body(outcome, call));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Outcome::Answer(reply) | Outcome::Broken(reply) = outcome {
        response.headers_mut().clone_from(&reply.headers);
    }
    response
}
