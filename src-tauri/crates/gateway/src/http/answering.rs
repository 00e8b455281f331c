//! Answers of every route that runs a call, whole and streamed, in the form of the client's wire.
//!
//! A stream's body is pulled by the connection and nothing is spawned for it: when the client leaves, the body is
//! dropped, with it the upstream response, and the recorder in between writes down that it was cancelled.
//! Silence is filled with comments, the only heartbeat that every client reads (W-68).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::{CallSource, Event, Failure, FailureKind, Request};
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use store::Record;
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wire::client::{Form, StreamEncoder, Took};

use super::admission::Admission;
use crate::Engine;
use crate::turn::{Ask, Pieces, Place, Reply, Turn};

/// A caller that tries again itself says `false` here, and nothing is asked twice (REL-01).
const RETRY: HeaderName = HeaderName::from_static("x-inglenook-retry");
const SESSION_ID: HeaderName = HeaderName::from_static("x-session-id");
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long the status waits for the provider, so that its refusals keep theirs (W-60).
const GRACE: Duration = Duration::from_secs(12);

type Turning = Pin<Box<dyn Future<Output = Result<Turn, Failure>> + Send>>;

enum Phase {
    /// The provider has not accepted yet.
    Turning(Turning),
    /// It answers.
    Answering(Box<Pieces>),
    /// It answered in one piece although it was asked for a stream.
    Whole(Box<Turn>),
    /// Nothing follows.
    Over,
}

struct Streaming {
    phase: Phase,
    pen: Pen,
    events: Vec<Event>,
    /// When the next heartbeat is due. It is put off with every piece, the timer only when it fires.
    beat: Instant,
    timer: Pin<Box<Sleep>>,
    revoked: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// Writes the answer down, and knows how long it took: some wires say so at the end.
struct Pen {
    encoder: StreamEncoder,
    engine: Engine,
    arrived: std::time::Instant,
    first: Option<std::time::Instant>,
    ended: Ended,
}

/// Whether a stream came to its orderly end: it says so in the extensions of its response.
#[derive(Clone, Default)]
pub(super) struct Ended(Arc<AtomicBool>);

impl Ended {
    /// Whether it did.
    pub fn is_so(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Pen {
    fn events(&mut self, events: &mut Vec<Event>, out: &mut Vec<u8>) {
        if !events.is_empty() {
            self.first.get_or_insert_with(std::time::Instant::now);
        }
        for event in events.drain(..) {
            self.encoder.event(&event, out);
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let took = took(&self.engine, self.arrived, self.first);
        self.encoder.finish(took, out);
        self.ended.0.store(true, Ordering::Release);
    }
}

fn took(engine: &Engine, arrived: std::time::Instant, first: Option<std::time::Instant>) -> Took {
    let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    Took {
        total: nanos(arrived.elapsed()),
        first: first.map_or(0, |first| nanos(first.duration_since(arrived))),
        ended: engine.clock().now().seconds(),
    }
}

/// What a route read from a client's request.
pub(super) struct Asked {
    /// The door: `POST /v1/chat/completions`.
    pub route: &'static str,
    /// What was written in `model`.
    pub model: Option<String>,
    /// What was asked.
    pub request: Request,
    /// The session that is to be continued.
    pub session: Option<String>,
    /// The form of the answer.
    pub form: Form,
}

/// Runs a call for a client and answers it.
///
/// # Errors
/// Whatever kept it from being answered before the first byte.
pub(super) async fn respond(
    engine: Engine,
    admission: &Admission,
    headers: &HeaderMap,
    asked: Asked,
) -> Result<Response, Failure> {
    let running = admission.take_place()?;
    note_use(&engine, admission).await?;
    let Asked {
        route,
        model,
        request,
        session,
        mut form,
    } = asked;
    let stream = request.stream;
    let arrived = admission.arrived;
    let named = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let ask = Ask {
        source: CallSource::Client {
            key: admission.key.key.id.clone(),
        },
        key: Some((Arc::clone(&admission.key), running)),
        model,
        request,
        route,
        wire: Some(form.wire()),
        heard: admission.heard.clone(),
        replay_of: None,
        place: Place::Client {
            session: session.or_else(|| headers.get(SESSION_ID).and_then(named)),
        },
        call: admission.call.clone(),
        arrived: admission.arrived,
        retries: headers.get(RETRY).is_none_or(|value| value != "false"),
    };
    let revoked = admission.key.leash.revoked().clone();
    if stream {
        return streamed(engine, ask, form, revoked).await;
    }
    let turn = tokio::select! {
        biased;
        () = revoked.cancelled() => return Err(self::revoked()),
        turn = engine.turn(ask) => turn?,
    };
    let Reply::Whole(whole) = &turn.reply else {
        return Err(crate::failures::internal(
            "a stream for a caller who asked for none",
        ));
    };
    let mut out = Vec::with_capacity(1024);
    form.set_model(turn.model.clone());
    form.took(took(&engine, arrived, None));
    form.whole(&whole.0, &mut out);
    let mut response = Response::new(Body::from(out));
    response.headers_mut().reserve(super::serve::HEADERS);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    describe(&turn, response.headers_mut());
    Ok(response)
}

/// Writes down that the key is in use, once a minute and not with every call.
async fn note_use(engine: &Engine, admission: &Admission) -> Result<(), Failure> {
    let now = engine.clock().now();
    if !admission.key.leash.is_worth_noting(now) {
        return Ok(());
    }
    let id = admission.key.key.id.clone();
    engine
        .store()
        .record(vec![Record::ClientKeyUsed { id, at: now }])
        .await
}

/// Answers with a stream; refusals that come soon enough are ordinary errors.
async fn streamed(
    engine: Engine,
    ask: Ask,
    mut form: Form,
    revoked: CancellationToken,
) -> Result<Response, Failure> {
    let name = ask.model.clone();
    let arrived = ask.arrived;
    let asked = engine.clone();
    let mut turning: Turning = Box::pin(async move { asked.turn(ask).await });
    let turned = tokio::select! {
        biased;
        turned = &mut turning => Some(turned?),
        () = revoked.cancelled() => return Err(self::revoked()),
        () = sleep(GRACE) => None,
    };
    let mut response = Response::new(Body::empty());
    let ended = Ended::default();
    response.extensions_mut().insert(ended.clone());
    let headers = response.headers_mut();
    headers.reserve(super::serve::HEADERS);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.stream_type()));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store"),
    );
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    let phase = match turned {
        Some(turn) => {
            describe(&turn, headers);
            form.set_model(turn.model.clone());
            phase_of(turn)
        }
        None => {
            form.set_model(name.unwrap_or_default());
            Phase::Turning(turning)
        }
    };
    let streaming = Streaming {
        phase,
        pen: Pen {
            encoder: form.stream(),
            engine,
            arrived,
            first: None,
            ended,
        },
        events: Vec::with_capacity(4),
        beat: Instant::now() + HEARTBEAT,
        timer: Box::pin(sleep(HEARTBEAT)),
        revoked: Box::pin(revoked.cancelled_owned()),
    };
    *response.body_mut() = Body::from_stream(stream::unfold(streaming, |mut streaming| async move {
        let bytes = streaming.next().await?;
        Some((Ok::<_, std::convert::Infallible>(bytes), streaming))
    }));
    Ok(response)
}

fn phase_of(turn: Turn) -> Phase {
    match turn {
        Turn {
            reply: Reply::Pieces(pieces),
            ..
        } => Phase::Answering(pieces),
        Turn {
            reply: Reply::Whole(_),
            ..
        } => Phase::Whole(Box::new(turn)),
    }
}

impl Streaming {
    /// The next bytes to send, whole events only; `None` when all is said.
    async fn next(&mut self) -> Option<Bytes> {
        let mut out = Vec::with_capacity(512);
        while out.is_empty() {
            tokio::select! {
                biased;
                more = step(&mut self.phase, &mut self.pen, &mut self.events, &mut out) => {
                    if !more && out.is_empty() {
                        return None;
                    }
                }
                () = &mut self.revoked => {
                    self.phase = Phase::Over;
                    self.pen.encoder.fail(&revoked(), &mut out);
                }
                () = &mut self.timer => {
                    if self.beat <= Instant::now() {
                        out.extend_from_slice(self.pen.encoder.heartbeat());
                        self.beat = Instant::now() + HEARTBEAT;
                    }
                    self.timer.as_mut().reset(self.beat);
                }
            }
        }
        self.beat = Instant::now() + HEARTBEAT;
        Some(Bytes::from(out))
    }
}

/// Goes on by one step; `false` when nothing follows. Dropping it in the middle loses nothing: what it waits
/// for is in the phase.
async fn step(phase: &mut Phase, pen: &mut Pen, events: &mut Vec<Event>, out: &mut Vec<u8>) -> bool {
    match phase {
        Phase::Turning(turning) => {
            *phase = match turning.await {
                Ok(turn) => phase_of(turn),
                Err(failure) => {
                    pen.encoder.fail(&failure, out);
                    Phase::Over
                }
            };
            true
        }
        Phase::Answering(pieces) => {
            let more = pieces.next(events).await;
            pen.events(events, out);
            match more {
                Ok(true) => {}
                Ok(false) => {
                    pen.finish(out);
                    *phase = Phase::Over;
                }
                Err(failure) => {
                    pen.encoder.fail(&failure, out);
                    *phase = Phase::Over;
                }
            }
            true
        }
        Phase::Whole(_) => {
            if let Phase::Whole(turn) = std::mem::replace(phase, Phase::Over)
                && let Reply::Whole(whole) = turn.reply
            {
                events.extend(whole.0.into_events());
                pen.events(events, out);
            }
            pen.finish(out);
            true
        }
        Phase::Over => false,
    }
}

/// The failure of a call whose key was revoked while it ran.
fn revoked() -> Failure {
    Failure::new(FailureKind::ClientKeyInvalid, "This API key was revoked.")
}

/// Tells in headers what became of the call.
fn describe(turn: &Turn, headers: &mut HeaderMap) {
    let mut set = |name: &'static str, text: &str| {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    };
    set("x-upstream-model", &turn.target.to_string());
    if let Some(session) = &turn.session {
        set("x-session-id", session.as_str());
    }
    if !turn.applied.is_empty() {
        let mut text = String::new();
        for applied in &turn.applied {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(&applied.what);
            text.push('=');
            text.push_str(&applied.how);
        }
        // clients have header limits too; the call's record has everything
        text.truncate(text.char_indices().nth(1000).map_or(text.len(), |(at, _)| at));
        set("x-inglenook-applied", &text);
    }
}
