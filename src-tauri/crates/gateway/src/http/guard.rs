//! The guard: one check over everything, in one order, default deny.
//!
//! A page in the user's browser can reach loopback, so loopback is no boundary (trust.md 0). The order is
//! Host and port, Origin and Sec-Fetch-Site, content type, client key, its limits, body size; the connection
//! cap and the header timer come before it, in `serve`. Only a request with an idempotency key meets the limits
//! later, when it is known that it was not answered before, and a message of the Model Context Protocol when it is known to be
//! a call. Host and Origin only ever deny. There is no branch
//! for local callers, but more is asked of those from the local network ([`super::side`]), and no answer before the key that depends on whether a key, an agent or a route exists.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::response::Response;
use domain::{CallId, Failure, FailureKind};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN, UPGRADE};
use http::request::Parts;
use http::{HeaderName, Method};

use super::admission::Admission;
use super::body::BODY_CAP;
use super::peer::Peer;
use super::side::Side;
use super::{cors, idempotency, mcp};
use crate::Engine;
use crate::keys;
use crate::roster::KeyState;

/// Where the key may be, in this order (W-03).
pub(super) const KEY_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
];
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Failed tries that cost nothing; after them each waits twice as long as the one before, to a second.
const FREE_TRIES: u32 = 16;

/// The checks of one server.
pub(super) struct Guard {
    engine: Engine,
    side: Side,
    public: Vec<String>,
    /// Where responses are made, in every spelling.
    responses: Vec<String>,
    failures: AtomicU32,
}

/// Who comes in.
pub(super) enum Entry {
    /// Anyone, to a constant.
    Public,
    /// A listed page's browser that asks first.
    Preflight(Response),
    /// A program with a key.
    Admitted(Admission),
}

/// Who does not.
pub(super) struct Denied {
    /// Why.
    pub failure: Failure,
    /// How long the answer waits, so that guessing keys is slow.
    pub delay: Duration,
    /// What is known of the request when its key is right.
    pub admission: Option<Box<Admission>>,
}

impl From<Failure> for Denied {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            delay: Duration::ZERO,
            admission: None,
        }
    }
}

impl Guard {
    /// The guard of a port.
    pub fn new(engine: Engine, side: Side) -> Self {
        let public = super::routes()
            .into_iter()
            .filter(|route| route.public)
            .map(|route| route.path)
            .collect();
        Self {
            engine,
            side,
            public,
            responses: super::spellings("/v1/responses"),
            failures: AtomicU32::new(0),
        }
    }

    /// From where the port can be reached.
    pub fn side(&self) -> &Side {
        &self.side
    }

    /// An id for a request, which its response carries and, when it becomes one, its call.
    pub fn call_id(&self) -> Result<CallId, Failure> {
        self.engine.ids().call()
    }

    /// Lets a request in, or says why not. The path it judges is the one that the router will match.
    pub fn admit(&self, parts: &Parts, peer: Peer, arrived: Instant, call: CallId) -> Result<Entry, Denied> {
        self.host(parts, peer)?;
        let origin = self.origin(parts)?;
        if origin.is_some()
            && let Some(response) = cors::preflight(parts)
        {
            return Ok(Entry::Preflight(response));
        }
        content_type(parts)?;
        let asks = matches!(parts.method, Method::GET | Method::HEAD);
        if asks && self.side.may_be_keyless() && self.public.iter().any(|path| path == parts.uri.path()) {
            return Ok(Entry::Public);
        }
        let key = self.key_of(parts, peer, arrived)?;
        if let Some(origin) = origin
            && !key.key.origins.iter().any(|one| one == origin)
        {
            return Err(foreign_page().into());
        }
        if self.engine.is_paused() {
            return Err(
                Failure::new(FailureKind::EndpointPaused, "Inglenook's endpoint is paused.")
                    .with_hint("Resume it in the tray's menu, or under Settings.")
                    .into(),
            );
        }
        self.no_websocket(parts)?;
        let runs = !(asks || ends(parts) || only_asks(parts));
        let admission = Admission::new(key, call, arrived, runs);
        // what may have been answered before is counted when it turns out that it was not
        let later = idempotency::concerns(&parts.method, parts.uri.path(), &parts.headers);
        let entered = if later || mcp::is_at(parts.uri.path()) {
            Ok(())
        } else {
            admission.enter(&self.engine)
        };
        match entered.and_then(|()| body_size(parts)) {
            Ok(()) => Ok(Entry::Admitted(admission)),
            Err(failure) => Err(Denied {
                failure,
                delay: Duration::ZERO,
                admission: Some(Box::new(admission)),
            }),
        }
    }

    /// Notes that a request was turned away, for the person who asks who tried.
    pub fn note(&self, failure: &Failure) {
        self.engine
            .denials()
            .note(failure.kind(), self.engine.clock().now());
    }

    /// Exactly one Host, exactly one of our names with our port, and no target that says otherwise.
    fn host(&self, parts: &Parts, peer: Peer) -> Result<(), Failure> {
        let denied = || {
            Failure::new(
                FailureKind::HostDenied,
                "This server does not answer to that name.",
            )
        };
        let mut hosts = parts.headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(denied());
        };
        if !self.side.is_called(host.as_bytes(), peer.server) {
            return Err(denied());
        }
        match parts.uri.authority() {
            Some(authority) if authority.as_str().as_bytes() != host.as_bytes() => Err(denied()),
            Some(_) | None => Ok(()),
        }
    }

    /// No page, unless its exact origin is listed by a key; then the key is checked to be that one.
    fn origin<'p>(&self, parts: &'p Parts) -> Result<Option<&'p str>, Failure> {
        let listed = |origin: &str| {
            self.engine
                .roster()
                .now()
                .keys
                .values()
                .any(|state| state.key.origins.iter().any(|one| one == origin))
        };
        let mut origins = parts.headers.get_all(ORIGIN).iter();
        let origin = match (origins.next(), origins.next()) {
            (None, _) => None,
            (Some(origin), None) => {
                let origin = origin.to_str().map_err(|_| foreign_page())?;
                if !listed(origin) {
                    return Err(foreign_page());
                }
                Some(origin)
            }
            (Some(_), Some(_)) => return Err(foreign_page()),
        };
        if origin.is_none()
            && let Some(site) = parts.headers.get(SEC_FETCH_SITE)
            && !matches!(site.as_bytes(), b"none" | b"same-origin")
        {
            return Err(foreign_page());
        }
        Ok(origin)
    }

    /// The key, and from the network only while its address has not tried too many wrong ones.
    fn key_of(&self, parts: &Parts, peer: Peer, now: Instant) -> Result<Arc<KeyState>, Denied> {
        let Some(tries) = self.side.tries() else {
            return self.key(parts);
        };
        let address = peer.client.ip().to_canonical();
        tries.check(address, now)?;
        let key = self.key(parts);
        if key.is_err() {
            tries.failed(address, now);
        }
        key
    }

    fn key(&self, parts: &Parts) -> Result<Arc<KeyState>, Denied> {
        let roster = self.engine.roster().now();
        let keyless = self.side.may_be_keyless() && has_no_key(parts);
        if let Some(anonymous) = roster.anonymous.as_ref().filter(|_| keyless) {
            anonymous.check_expiry(self.engine.clock().now())?;
            return Ok(Arc::clone(anonymous));
        }
        let Some(presented) = presented(parts) else {
            let failure = Failure::new(
                FailureKind::ClientKeyMissing,
                "You didn't provide an API key. Send a client key of this Inglenook as `Authorization: Bearer sk-ink-…`.",
            );
            return Err(failure
                .with_hint("Make one under Connect, or with `inglenook key create NAME`.")
                .into());
        };
        let found = keys::digest(presented)
            .and_then(|digest| roster.keys.get(&digest))
            .filter(|state| self.side.may_be_keyless() || !state.key.anonymous);
        let Some(state) = found else {
            return Err(self.wrong_key("Incorrect API key provided."));
        };
        if state.check_expiry(self.engine.clock().now()).is_err() {
            return Err(self.wrong_key("This API key has expired."));
        }
        self.failures.store(0, Ordering::Relaxed);
        Ok(Arc::clone(state))
    }

    fn wrong_key(&self, message: &str) -> Denied {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let steps = failures.saturating_sub(FREE_TRIES).min(10);
        let delay = if steps == 0 { 0 } else { 1_u64 << steps };
        Denied {
            failure: Failure::new(FailureKind::ClientKeyInvalid, message)
                .with_hint("Client keys are made and revoked in Inglenook, under Connect."),
            delay: Duration::from_millis(delay.min(1000)),
            admission: None,
        }
    }

    /// There are no websockets here, and who asks for one is told so with everything else checked (SEC-07). Codex
    /// asks where responses are made, and that route has an answer of its own (W-135). Other upgrades are offers
    /// that a server may leave unanswered.
    fn no_websocket(&self, parts: &Parts) -> Result<(), Failure> {
        let mut upgrades = parts.headers.get_all(UPGRADE).iter();
        let wanted = upgrades.any(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
        if !wanted
            || (parts.method == Method::GET && self.responses.iter().any(|path| path == parts.uri.path()))
        {
            return Ok(());
        }
        Err(Failure::new(
            FailureKind::RouteNotFound,
            "There are no websockets on this server.",
        )
        .with_hint("Ask by HTTP; answers are streamed as server-sent events."))
    }
}

/// Whether no header carries a key, not even a wrong one.
fn has_no_key(parts: &Parts) -> bool {
    !parts.headers.contains_key(AUTHORIZATION)
        && !KEY_HEADERS.iter().any(|name| parts.headers.contains_key(name))
}

/// Whether the request takes something away: a key at its limits must still be able to.
fn ends(parts: &Parts) -> bool {
    parts.method == Method::DELETE || parts.uri.path().trim_end_matches('/').ends_with("/cancel")
}

fn presented(parts: &Parts) -> Option<&[u8]> {
    if let Some(value) = parts.headers.get(AUTHORIZATION) {
        let (scheme, token) = value.as_bytes().split_at_checked(7)?;
        return scheme
            .eq_ignore_ascii_case(b"bearer ")
            .then(|| token.trim_ascii());
    }
    KEY_HEADERS
        .iter()
        .find_map(|name| parts.headers.get(name))
        .map(|value| value.as_bytes().trim_ascii())
}

fn foreign_page() -> Failure {
    Failure::new(
        FailureKind::OriginDenied,
        "Requests from web pages are not allowed here.",
    )
    .with_hint("A client key can list the exact origins that may use it.")
}

/// Whether a request only wants to know: its tokens counted, or a model shown. That is done here, costs nothing,
/// and clients do it for every tool or model at once (W-154, W-192).
fn only_asks(parts: &Parts) -> bool {
    let path = parts.uri.path().trim_end_matches('/');
    let questions = ["/messages/count_tokens", ":countTokens", "/api/show"];
    questions.iter().any(|question| path.ends_with(question))
}

/// JSON, said exactly: what a page can send without asking first is refused before it is read (SEC-06).
fn content_type(parts: &Parts) -> Result<(), Failure> {
    let wrong = |what: &str| Err(Failure::new(FailureKind::UnsupportedMediaType, what));
    if parts.headers.contains_key(CONTENT_ENCODING) {
        return wrong("Compressed request bodies are not accepted.");
    }
    if matches!(
        parts.method,
        Method::GET | Method::HEAD | Method::DELETE | Method::OPTIONS
    ) {
        return Ok(());
    }
    let mut types = parts.headers.get_all(CONTENT_TYPE).iter();
    let is_json = match (types.next(), types.next()) {
        (Some(value), None) => {
            let value = value.as_bytes();
            let is = |text: &str| value.eq_ignore_ascii_case(text.as_bytes());
            is("application/json")
                || is("application/json; charset=utf-8")
                || is("application/json;charset=utf-8")
        }
        _ => false,
    };
    if is_json {
        Ok(())
    } else {
        wrong("Send the request as `Content-Type: application/json`.")
    }
}

fn body_size(parts: &Parts) -> Result<(), Failure> {
    let declared = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|bytes| bytes > BODY_CAP) {
        return Err(super::body::too_large());
    }
    Ok(())
}
