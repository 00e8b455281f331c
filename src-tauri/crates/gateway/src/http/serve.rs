//! The serve loop: binds loopback and nothing else, caps connections, times headers.
//!
//! It is our own because the ready-made one gives no header timer: hyper's is silently off without a timer
//! (trust.md 2). HTTP/1.1 alone is served: no client of ours speaks HTTP/2 without TLS, and every protocol
//! less is a parser less.

use std::convert::Infallible;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use domain::{Failure, FailureKind};
use http::{HeaderName, HeaderValue, Request, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use store::Record;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::body::Watched;
use super::guard::{Denied, Entry, Guard};
use super::idempotency::Idempotency;
use super::peer::Peer;
use super::{cors, errors, rate_headers};
use crate::Engine;
use crate::control::{RefusedAttempt, Topic};
use crate::roster::KeyState;

const CONNECTIONS: usize = 2048;
/// Characters of a path that are kept of a request that was refused.
const PATH_KEPT: usize = 120;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;
/// What the system may hold of an answer that is not read yet, per connection. Left to itself it takes up to 4 MiB
/// on loopback, and we as much again, because an answer is read from its provider as fast as it leaves (REL-07).
const SEND_BUFFER: u32 = 32 << 10;
/// Requests that run at the end may take this long to finish (REL-31).
const DRAIN: Duration = Duration::from_secs(3);
/// How long a refused program is looked for.
const LOOK: Duration = Duration::from_millis(200);

/// How long a client is waited for; shorter in tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientPatience {
    /// For a request's head, from its first byte.
    pub header: Duration,
    /// For a client that does not read what it asked for (REL-07).
    pub reader: Duration,
}

impl ClientPatience {
    /// Ten seconds for a head, a minute for a reader.
    pub const USUAL: Self = Self {
        header: Duration::from_secs(10),
        reader: Duration::from_secs(60),
    };
}

/// The sockets of the data plane: 127.0.0.1, and ::1 where this machine has it, on one port.
pub struct Listeners {
    v4: TcpListener,
    v6: Option<TcpListener>,
    port: u16,
    open: DropGuard,
}

impl Listeners {
    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Fires when nothing listens there any more.
    pub(super) fn closed(&self) -> CancellationToken {
        self.open.token().clone()
    }

    fn new(v4: TcpListener, v6: Option<TcpListener>, port: u16) -> Self {
        Self {
            v4,
            v6,
            port,
            open: CancellationToken::new().drop_guard(),
        }
    }
}

/// Binds both loopback addresses; port 0 takes any free one.
///
/// # Errors
/// [`FailureKind::PortTaken`] when either address of the port belongs to another program: half a port would
/// send `localhost` to a stranger.
pub async fn bind(port: u16) -> Result<Listeners, Failure> {
    for _ in 0..16 {
        let v4 = listen((Ipv4Addr::LOCALHOST, port).into()).map_err(|error| taken(port, &error))?;
        let bound = v4.local_addr().map_err(crate::failures::internal)?.port();
        match listen((Ipv6Addr::LOCALHOST, bound).into()) {
            Ok(v6) => {
                return Ok(Listeners::new(v4, Some(v6), bound));
            }
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                if port != 0 {
                    return Err(taken(port, &error));
                }
            }
            // no IPv6 on this machine
            Err(_) => {
                return Ok(Listeners::new(v4, None, bound));
            }
        }
    }
    Err(Failure::new(
        FailureKind::PortTaken,
        "No port is free on both loopback addresses.",
    ))
}

/// As [`TcpListener::bind`] does it, but that connections do not hold megabytes for clients that do not read.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // on Windows it would let another program take the port
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    // what is accepted inherits it
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn taken(port: u16, error: &std::io::Error) -> Failure {
    let message = if error.kind() == std::io::ErrorKind::AddrInUse {
        format!("Port {port} is taken by another program.")
    } else {
        format!("Port {port} cannot be used: {error}.")
    };
    Failure::new(FailureKind::PortTaken, message)
        .with_hint("Choose another with --port, or let --port 0 find one.")
}

struct Door {
    engine: Engine,
    guard: Guard,
    idempotency: Idempotency,
    router: Router,
    patience: ClientPatience,
}

impl Door {
    /// Writes down that a key is in use, and by which program, once a minute and beside the request.
    fn note_use(&self, state: &KeyState, peer: Peer) {
        let now = self.engine.clock().now();
        if !state.is_worth_noting(now) {
            return;
        }
        let (engine, id) = (self.engine.clone(), state.key.id.clone());
        let used = move |by| Record::ClientKeyUsed { id, at: now, by };
        if let Err(failure) = engine.store().record_now(vec![used.clone()(None)]) {
            tracing::warn!(
                kind = failure.kind().as_str(),
                "the use of a key could not be noted"
            );
            return;
        }
        self.engine.spawn(async move {
            let found = tokio::task::spawn_blocking(move || peer.program()).await;
            let Ok(Some(by)) = found else { return };
            if let Err(failure) = engine.store().record(vec![used(Some(by))]).await {
                tracing::warn!(
                    kind = failure.kind().as_str(),
                    "the use of a key could not be noted"
                );
            }
        });
    }

    /// Remembers that a request without a known key was refused, and by whom. The program is looked for before it
    /// has its answer, because it may hang up with that.
    async fn note_attempt(&self, failure: &Failure, route: String, peer: Peer) {
        let attempts = self.engine.attempts();
        let mut attempt = RefusedAttempt {
            at: self.engine.clock().now(),
            kind: failure.kind(),
            route,
            program: None,
        };
        if attempts.may_look() {
            let looking = tokio::task::spawn_blocking(move || peer.program());
            if let Ok(Ok(found)) = tokio::time::timeout(LOOK, looking).await {
                attempt.program = found;
            }
        }
        attempts.add(attempt);
        self.engine.changed(Topic::Attempts, None);
    }
}

/// Serves until `stop`, then lets what runs finish for a while.
pub(crate) async fn serve(
    engine: Engine,
    listeners: Listeners,
    patience: ClientPatience,
    stop: CancellationToken,
) {
    let door = Arc::new(Door {
        engine: engine.clone(),
        guard: Guard::new(engine.clone(), listeners.port),
        idempotency: Idempotency::new(engine.clone()),
        router: super::router(engine),
        patience,
    });
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listeners.v4.accept() => accepted,
            accepted = accept(listeners.v6.as_ref()) => accepted,
        };
        let stream = match accepted {
            Ok((stream, peer)) if is_loopback(peer) => stream,
            Ok(_) => continue,
            Err(error) => {
                // out of descriptors: wait for some to come back instead of spinning
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            continue;
        };
        let (door, stop, cut) = (Arc::clone(&door), stop.clone(), cut.clone());
        connections.spawn(async move {
            tokio::select! {
                () = connection(door, stream, stop) => {}
                () = cut.cancelled() => {}
            }
            drop(place);
        });
    }
    drop(listeners);
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        // dropping a connection drops its answer, whose recorder writes down that it was cut
        cut.cancel();
        connections.wait().await;
    }
}

async fn accept(listener: Option<&TcpListener>) -> std::io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

fn is_loopback(peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}

async fn connection(door: Arc<Door>, stream: TcpStream, stop: CancellationToken) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let (Ok(client), Ok(server)) = (stream.peer_addr(), stream.local_addr()) else {
        return;
    };
    let peer = Peer { client, server };
    let patience = door.patience;
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience.reader));
    let service = service_fn(move |request| {
        let door = Arc::clone(&door);
        async move { Ok::<_, Infallible>(answer(&door, peer, request).await) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(patience.header)
        .max_buf_size(64 << 10);
    let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service);
    let mut connection = std::pin::pin!(connection);
    // how a connection ended is the client's business; a call that was cut off is recorded by its recorder
    let _ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
}

async fn answer(door: &Door, peer: Peer, request: Request<Incoming>) -> Response {
    let arrived = Instant::now();
    let (mut parts, body) = request.into_parts();
    let body = Watched::new(body);
    let unread = body.unread();
    let wire = errors::wire_of(&parts);
    let again = errors::asks_again(&parts.headers);
    let mut origin = None;
    let mut admitted = None;
    let path: String = parts.uri.path().chars().take(PATH_KEPT).collect();
    let call = door.guard.call_id();
    let entry = match &call {
        Ok(call) => door.guard.admit(&parts, arrived, call.clone()),
        Err(failure) => Err(failure.clone().into()),
    };
    let mut named = true;
    let mut response = match entry {
        Ok(Entry::Public) => {
            named = false;
            route(door, Request::from_parts(parts, Body::new(body))).await
        }
        Ok(Entry::Preflight(response)) => {
            named = false;
            origin = parts.headers.get(header::ORIGIN).cloned();
            response
        }
        Ok(Entry::Admitted(mut admission)) => {
            origin = parts.headers.get(header::ORIGIN).cloned();
            door.note_use(&admission.key, peer);
            let body = admission.listen(&parts.headers, body);
            parts.extensions.insert(admission.clone());
            let request = Request::from_parts(parts, body);
            let route = |request| route(door, request);
            let response = door.idempotency.answer(wire, &admission, request, route).await;
            admitted = Some(admission);
            response
        }
        Err(Denied {
            failure,
            delay,
            admission,
        }) => {
            admitted = admission.map(|admission| admission.with_head(&parts.headers));
            if admitted.is_none() {
                let route = format!("{} {path}", parts.method);
                door.note_attempt(&failure, route, peer).await;
            }
            door.guard.note(&failure);
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            named = failure.kind() != FailureKind::HostDenied;
            errors::response(wire, &failure)
        }
    };
    if let Some(origin) = &origin {
        cors::allow(origin, &mut response);
    }
    if again {
        errors::enough(&mut response);
    }
    harden(&mut response);
    if unread.is_left() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    if let Some(admission) = &admitted {
        rate_headers::tell(&admission.standing(), response.headers_mut());
        if let Some(failure) = errors::failure_of(&response).filter(|_| admission.is_no_call()) {
            door.engine
                .refused(admission.refusal(wire, &path, door.engine.clock().now()), failure);
        }
    }
    if let (true, Ok(call)) = (named, &call) {
        errors::name(wire, call.as_str(), &mut response);
    }
    response
}

async fn route(door: &Door, request: Request<Body>) -> Response {
    match door.router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Headers that every response carries, whatever it is.
const HARD: [(HeaderName, HeaderValue); 4] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Room for all headers of an answer at once, so that their map does not grow twice on the way out.
pub(super) const HEADERS: usize = 12;

fn harden(response: &mut Response) {
    let headers = response.headers_mut();
    headers.reserve(HARD.len() + 2);
    for (name, value) in HARD {
        headers.insert(name, value);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}
