//! Answers of every route that runs a call, whole and streamed, in the form of the client's wire.
//!
//! A stream's body is pulled by the connection and nothing is spawned for it: when the client leaves, the body is
//! dropped, with it the upstream response, and the recorder in between writes down that it was cancelled.
//! Silence is filled with comments, the only heartbeat that every client reads (W-68).

use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::{Event, Failure, FailureKind, RawJson, Request, SessionId};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use store::Record;
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wire::client::{Form, StreamEncoder, Took};

use super::admission::Admission;
use super::asking::{Calling, Surface};
use crate::Engine;
use crate::turn::{Ask, Ending, Pieces, Reply, Turn};

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
    /// Whether the answer still owes a count of its tokens.
    uncounted: bool,
}

impl Pen {
    fn events(&mut self, events: &mut Vec<Event>, out: &mut Vec<u8>) {
        if !events.is_empty() {
            self.first.get_or_insert_with(std::time::Instant::now);
        }
        for event in events.drain(..) {
            self.uncounted &= !matches!(event, Event::Usage { .. });
            self.encoder.event(&event, out);
        }
    }

    fn finish(&mut self, ending: &Ending, out: &mut Vec<u8>) {
        if let (true, Some(usage)) = (self.uncounted, ending.receipt.usage) {
            let raw = none_reported();
            self.encoder.event(&Event::Usage { usage, raw }, out);
        }
        let took = took(&self.engine, self.arrived, self.first);
        self.encoder.finish(took, out);
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
    respond_on(engine, admission, headers, asked, Surface::default()).await
}

/// The same, on a route with ways of its own.
///
/// # Errors
/// Whatever kept it from being answered before the first byte.
pub(super) async fn respond_on(
    engine: Engine,
    admission: &Admission,
    headers: &HeaderMap,
    asked: Asked,
    surface: Surface,
) -> Result<Response, Failure> {
    let calling = Calling::of(admission)?;
    note_use(&engine, admission).await?;
    let arrived = admission.arrived;
    let (mut ask, mut form) = asked.into_ask(calling, headers);
    ask.applied = surface.applied;
    let revoked = admission.key.leash.revoked().clone();
    if ask.request.stream {
        return streamed(engine, ask, form, revoked, surface.counts).await;
    }
    let mut turn = tokio::select! {
        biased;
        () = revoked.cancelled() => return Err(self::revoked()),
        turn = engine.turn(ask) => turn?,
    };
    let mut headers = HeaderMap::with_capacity(super::serve::HEADERS);
    describe(&turn, &mut headers);
    form.set_session(turn.session.as_ref().map(SessionId::as_str));
    form.set_model(std::mem::take(&mut turn.model));
    form.took(took(&engine, arrived, None));
    let Reply::Whole(whole) = turn.reply else {
        return Err(crate::failures::internal(
            "a stream for a caller who asked for none",
        ));
    };
    let (mut answer, ending) = *whole;
    if surface.counts && answer.usage.is_none() {
        answer.usage = ending.receipt.usage.map(|usage| (usage, none_reported()));
    }
    let mut out = Vec::with_capacity(1024);
    form.whole(&answer, &mut out);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = Response::new(Body::from(out));
    *response.headers_mut() = headers;
    Ok(response)
}

/// What stands for the provider's own count where it gave none.
fn none_reported() -> RawJson {
    RawJson::new("null")
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
    counts: bool,
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
            form.set_session(turn.session.as_ref().map(SessionId::as_str));
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
            uncounted: counts,
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
                Ok(turn) => {
                    let session = turn.session.as_ref().map(SessionId::as_str);
                    pen.encoder.set_session(session);
                    phase_of(turn)
                }
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
                    pen.finish(&pieces.ending(), out);
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
                let (answer, ending) = *whole;
                events.extend(answer.into_events());
                pen.events(events, out);
                pen.finish(&ending, out);
            }
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
