//! `Idempotency-Key`: the same request with the same key is answered again instead of being paid for again.
//!
//! It stands around the routes and not in them, so that no route that runs a call can be without it. The
//! dangers are two calls for one key at the same time (so a key is claimed before its request runs, and held
//! until the last byte of its answer is stored), another request's answer (so the request's digest is kept
//! with it, and another request is refused), and a failure that is repeated for a day (so only successes are
//! kept, streams only when they came to their end). An answer is on the disk before its end is sent: whoever
//! has seen the end finds it again, after a crash too.
//!
//! An answer that is given again takes nothing from the key's limits: they are met after the look-up.
//!
//! What is kept obeys the key's policy: keys that keep no content have the claim and nothing more.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use domain::{CallId, ClientKeyId, Failure, FailureKind, StorePolicy, Timestamp, Wire};
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use store::table::calls;
use store::table::idempotency::{self, Bounds, GivenAnswer};

use super::admission::Admission;
use super::answering::Ended;
use super::{body, errors, mcp};
use crate::{Engine, turn};

/// What clients call it.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// What an answer that was given before says.
const REPLAYED: HeaderName = HeaderName::from_static("x-inglenook-replayed");
const LONGEST_KEY: usize = 255;
/// How long an answer is given again, in milliseconds.
pub(crate) const KEPT_FOR: i64 = 24 * 3_600_000;
/// Larger answers are not kept.
const LARGEST: usize = 2 << 20;
const MOST_ANSWERS: u64 = 4_096;
const MOST_BYTES: u64 = 64 << 20;
/// When to come again while the first call still runs.
const COME_AGAIN_MS: u64 = 1_000;

/// A client key and the digest of an idempotency key of it.
type Name = (ClientKeyId, [u8; 32]);

/// The claims of one server.
pub(super) struct Idempotency {
    engine: Engine,
    claims: Arc<Mutex<HashMap<Name, [u8; 32]>>>,
}

/// A key whose request runs; dropping it lets the next one in.
struct Claim {
    claims: Arc<Mutex<HashMap<Name, [u8; 32]>>>,
    engine: Engine,
    name: Name,
    request: [u8; 32],
    call: CallId,
    asked_at: Timestamp,
    keeps: bool,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        claims.remove(&self.name);
    }
}

impl Idempotency {
    /// No claims.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            claims: Arc::default(),
        }
    }

    /// Answers a request by its route, or with the answer that it was given before.
    pub async fn answer<F>(
        &self,
        wire: Wire,
        admission: &Admission,
        request: Request<Body>,
        route: impl FnOnce(Request<Body>) -> F,
    ) -> Response
    where
        F: Future<Output = Response>,
    {
        if !concerns(request.method(), request.uri().path(), request.headers()) {
            return route(request).await;
        }
        match Box::pin(self.once(admission, request, route)).await {
            Ok(response) => response,
            Err(failure) => {
                let mut response = errors::response(wire, &failure);
                if failure.retry_after_ms().is_some() {
                    // the same request will be answered, only not yet
                    response
                        .headers_mut()
                        .insert("x-should-retry", HeaderValue::from_static("true"));
                }
                response
            }
        }
    }

    async fn once<F>(
        &self,
        admission: &Admission,
        request: Request<Body>,
        route: impl FnOnce(Request<Body>) -> F,
    ) -> Result<Response, Failure>
    where
        F: Future<Output = Response>,
    {
        let (parts, body) = request.into_parts();
        let key = name_of(&parts.headers)?;
        let body = body::read(body).await?.bytes;
        let mut said = Sha256::new();
        said.update(parts.uri.path_and_query().map_or("", |path| path.as_str()));
        said.update([0]);
        said.update(&body);
        let claim = self.claim(
            admission,
            (admission.key.key.id.clone(), key),
            said.finalize().into(),
        )?;
        if let Some((given, model)) = claim.given().await? {
            if given.request == claim.request {
                // limits are for what is asked anew, but a key that lost an agent has lost its answers too
                let roster = self.engine.roster().now();
                turn::still_allowed(&roster, &admission.key, model.as_deref())?;
            }
            return again(given, &claim.request);
        }
        admission.enter(&self.engine)?;
        let response = route(Request::from_parts(parts, Body::from(body))).await;
        Ok(claim.watch(response).await)
    }

    fn claim(&self, admission: &Admission, name: Name, request: [u8; 32]) -> Result<Claim, Failure> {
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        match claims.entry(name.clone()) {
            Entry::Occupied(running) if *running.get() == request => Err(Failure::new(
                FailureKind::Conflict,
                "The first request with this Idempotency-Key is still being answered.",
            )
            .with_retry_after_ms(COME_AGAIN_MS)),
            Entry::Occupied(_) => Err(another_request()),
            Entry::Vacant(free) => {
                free.insert(request);
                Ok(Claim {
                    claims: Arc::clone(&self.claims),
                    engine: self.engine.clone(),
                    name,
                    request,
                    call: admission.call.clone(),
                    asked_at: self.engine.clock().now(),
                    keeps: admission.key.key.store == StorePolicy::All,
                })
            }
        }
    }
}

/// Whether a request may have been answered before.
pub(super) fn concerns(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    *method == Method::POST && headers.contains_key(KEY) && !mcp::is_at(path)
}

fn name_of(headers: &HeaderMap) -> Result<[u8; 32], Failure> {
    let mut values = headers.get_all(KEY).iter();
    match (values.next().map(HeaderValue::as_bytes), values.next()) {
        (Some(key), None) if (1..=LONGEST_KEY).contains(&key.len()) => Ok(Sha256::digest(key).into()),
        _ => Err(Failure::invalid(
            "Idempotency-Key",
            format!("Send one Idempotency-Key of 1 to {LONGEST_KEY} characters."),
        )),
    }
}

fn another_request() -> Failure {
    Failure::new(
        FailureKind::Conflict,
        "This Idempotency-Key was used with another request.",
    )
    .with_hint("Use a new key for every request, and the same one only to repeat it.")
}

/// The answer as it was given.
fn again(given: GivenAnswer, request: &[u8; 32]) -> Result<Response, Failure> {
    if given.request != *request {
        return Err(another_request());
    }
    let mut response = Response::new(Body::from(given.body));
    *response.status_mut() = StatusCode::from_u16(given.status).map_err(crate::failures::internal)?;
    let headers = response.headers_mut();
    for (name, value) in given.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    if let Ok(call) = HeaderValue::try_from(given.call.as_str()) {
        headers.insert("x-request-id", call);
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

impl Claim {
    /// The answer that was given before, and what its call named in `model`.
    async fn given(&self) -> Result<Option<(GivenAnswer, Option<String>)>, Failure> {
        let (key, digest) = self.name.clone();
        let since = Timestamp(self.asked_at.millis() - KEPT_FOR);
        self.engine
            .store()
            .read(move |conn| {
                let Some(given) = idempotency::get(conn, &key, &digest, since)? else {
                    return Ok(None);
                };
                let model = match calls::get(conn, &given.call) {
                    Ok(row) => Some(row.call.requested_model),
                    // nobody was called, or the history was cut meanwhile
                    Err(failure) if failure.kind() == FailureKind::NotFound => None,
                    Err(failure) => return Err(failure),
                };
                Ok(Some((given, model)))
            })
            .await
    }

    /// Keeps the claim until the answer has ended, and the answer if it is one to give again.
    async fn watch(self, response: Response) -> Response {
        let whole = response.body().size_hint().exact().is_some();
        let ended = response.extensions().get::<Ended>().cloned();
        let (parts, body) = response.into_parts();
        let kept = parts.status.is_success() && self.keeps && (whole || ended.is_some());
        let headers = if kept { told(&parts.headers) } else { Vec::new() };
        let mut watched = Watched {
            claim: self,
            body,
            status: parts.status.as_u16(),
            headers,
            said: kept.then(BytesMut::new),
            ended,
        };
        if whole {
            let body = match watched.whole().await {
                Some(bytes) => Body::from(bytes),
                None => Body::empty(),
            };
            return Response::from_parts(parts, body);
        }
        let body = stream::unfold(watched, |mut watched| async move {
            let bytes = watched.next().await?;
            Some((Ok::<_, std::convert::Infallible>(bytes), watched))
        });
        Response::from_parts(parts, Body::from_stream(body))
    }
}

/// The headers that a route set and that hold for the answer whenever it is given.
fn told(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| {
            [header::CONTENT_TYPE, header::CACHE_CONTROL].contains(name) || name.as_str().starts_with("x-")
        })
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

/// An answer on its way to the client, under a claim.
struct Watched {
    claim: Claim,
    body: Body,
    status: u16,
    headers: Vec<(String, String)>,
    /// What was said so far, while it may be kept.
    said: Option<BytesMut>,
    /// Whether a stream came to its orderly end.
    ended: Option<Ended>,
}

impl Watched {
    async fn next(&mut self) -> Option<Bytes> {
        while let Some(Ok(frame)) = self.body.frame().await {
            let Ok(data) = frame.into_data() else { continue };
            match &mut self.said {
                Some(said) if said.len() + data.len() <= LARGEST => said.extend_from_slice(&data),
                Some(_) => self.said = None,
                None => {}
            }
            return Some(data);
        }
        if self.ended.as_ref().is_none_or(Ended::is_so) {
            self.keep().await;
        }
        None
    }

    /// All of an answer that is there already.
    async fn whole(&mut self) -> Option<Bytes> {
        let mut all: Option<BytesMut> = None;
        let mut only: Option<Bytes> = None;
        while let Some(data) = self.next().await {
            match (only.take(), &mut all) {
                (None, None) => only = Some(data),
                (Some(first), _) => {
                    let mut joined = BytesMut::from(first);
                    joined.extend_from_slice(&data);
                    all = Some(joined);
                }
                (None, Some(all)) => all.extend_from_slice(&data),
            }
        }
        only.or_else(|| all.map(BytesMut::freeze))
    }

    /// Puts the answer on the disk. A disk that fails costs the repetition, not the answer.
    async fn keep(&mut self) {
        let Some(said) = self.said.take() else { return };
        let claim = &self.claim;
        let (key, digest) = claim.name.clone();
        let answer = GivenAnswer {
            request: claim.request,
            call: claim.call.clone(),
            status: self.status,
            headers: std::mem::take(&mut self.headers),
            body: said.freeze(),
            created_at: claim.asked_at,
        };
        let bounds = Bounds {
            since: Timestamp(claim.asked_at.millis() - KEPT_FOR),
            answers: MOST_ANSWERS,
            bytes: MOST_BYTES,
        };
        let kept = claim
            .engine
            .store()
            .write(move |tx| idempotency::keep(tx, &key, &digest, &answer, bounds))
            .await;
        if let Err(failure) = kept {
            tracing::warn!(
                kind = failure.kind().as_str(),
                "an answer could not be kept for its idempotency key"
            );
        }
    }
}
