//! The serve loop: caps connections, times headers, ends in order.
//!
//! It is our own because the ready-made one gives no header timer: hyper's is silently off without a timer
//! (trust.md 2). HTTP/1.1 alone is served: no client of ours speaks HTTP/2 without TLS, and every protocol
//! less is a parser less. What comes from another machine speaks TLS before anything of it is read as HTTP.

use std::convert::Infallible;
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
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::body::Watched;
use super::guard::{Denied, Entry, Guard};
use super::idempotency::Idempotency;
use super::listening::Listeners;
use super::peer::Peer;
use super::side::Side;
use super::{cors, errors, rate_headers};
use crate::Engine;
use crate::control::{RefusedAttempt, Topic};
use crate::roster::KeyState;

/// Characters of a path that are kept of a request that was refused.
const PATH_KEPT: usize = 120;
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

/// When a port is not served any more, and what becomes of what runs there.
#[derive(Clone)]
pub(crate) struct Ends {
    /// The app ends: what runs has three seconds.
    stop: CancellationToken,
    /// Nobody is let in any more; what runs goes on until it is finished.
    pub close: CancellationToken,
    /// What runs is cut off.
    pub cut: CancellationToken,
}

impl Ends {
    /// Those of a port that is served until `stop`.
    pub fn with(stop: &CancellationToken) -> Self {
        Self {
            stop: stop.clone(),
            close: stop.child_token(),
            cut: CancellationToken::new(),
        }
    }
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
            let by = match peer.elsewhere() {
                Some(address) => Some(address),
                None => tokio::task::spawn_blocking(move || peer.program())
                    .await
                    .unwrap_or_default(),
            };
            let Some(by) = by else { return };
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
            from: peer.elsewhere(),
        };
        if attempt.from.is_none() && attempts.may_look() {
            let looking = tokio::task::spawn_blocking(move || peer.program());
            if let Ok(Ok(found)) = tokio::time::timeout(LOOK, looking).await {
                attempt.program = found;
            }
        }
        attempts.add(attempt);
        self.engine.changed(Topic::Attempts, None);
    }
}

/// Serves a port until one of its ends.
pub(crate) async fn serve(
    engine: Engine,
    listeners: Listeners,
    side: Side,
    patience: ClientPatience,
    ends: Ends,
) {
    let places = engine.ports().places(&side);
    let door = Arc::new(Door {
        engine: engine.clone(),
        guard: Guard::new(engine.clone(), side),
        idempotency: Idempotency::new(engine.clone()),
        router: super::router(engine, ends.close.clone()),
        patience,
    });
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = ends.close.cancelled() => break,
            accepted = listeners.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, peer)) if door.guard.side().may_knock(peer, &stream) => stream,
            Ok(_) => continue,
            Err(error) => {
                // out of descriptors: wait for some to come back instead of spinning
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let places = places.iter().map(|places| Arc::clone(places).try_acquire_owned());
        let Ok(places) = places.collect::<Result<Vec<_>, _>>() else {
            continue;
        };
        let (door, ends) = (Arc::clone(&door), ends.clone());
        connections.spawn(async move {
            tokio::select! {
                () = connection(door, stream, ends.close) => {}
                () = ends.cut.cancelled() => {}
            }
            drop(places);
        });
    }
    drop(listeners);
    connections.close();
    tokio::select! {
        () = connections.wait() => return,
        () = ends.cut.cancelled() => {}
        () = drained(&ends.stop) => {}
    }
    // dropping a connection drops its answer, whose recorder writes down that it was cut
    ends.cut.cancel();
    connections.wait().await;
}

async fn drained(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(DRAIN).await;
}

async fn connection(door: Arc<Door>, stream: TcpStream, close: CancellationToken) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let (Ok(client), Ok(server)) = (stream.peer_addr(), stream.local_addr()) else {
        return;
    };
    let peer = Peer { client, server };
    match door.guard.side().tls() {
        None => speak(door, stream, peer, close).await,
        Some(tls) => {
            // a handshake is part of the head that is waited for; what is no TLS gets no answer
            let shaken = tokio::time::timeout(door.patience.header, tls.accept(stream)).await;
            if let Ok(Ok(stream)) = shaken {
                speak(door, stream, peer, close).await;
            }
        }
    }
}

async fn speak(
    door: Arc<Door>,
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    peer: Peer,
    close: CancellationToken,
) {
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
        () = close.cancelled() => {
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
        Ok(call) => door.guard.admit(&parts, peer, arrived, call.clone()),
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
