//! Streamed answers.
//!
//! The body is pulled by the connection and nothing is spawned for it: when the client leaves, the body is
//! dropped, with it the upstream response, and the recorder in between writes down that it was cancelled.
//! Silence is filled with comments, the only heartbeat that every client reads (W-68).

use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::{Event, Failure, FailureKind};
use futures_util::stream;
use http::{HeaderValue, header};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wire::openai_chat::{Envelope, StreamEncoder};

use super::chat_completions;
use crate::Engine;
use crate::turn::{Ask, Pieces, Reply, Turn};

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
    encoder: StreamEncoder,
    events: Vec<Event>,
    /// When the next heartbeat is due. It is put off with every piece, the timer only when it fires.
    beat: Instant,
    timer: Pin<Box<Sleep>>,
    revoked: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// Answers with a stream; refusals that come soon enough are ordinary errors.
pub(super) async fn respond(
    engine: Engine,
    ask: Ask,
    envelope: Envelope,
    include_usage: bool,
    revoked: CancellationToken,
) -> Result<Response, Failure> {
    let name = ask.model.clone();
    let mut turning: Turning = Box::pin(async move { engine.turn(ask).await });
    let turned = tokio::select! {
        biased;
        turned = &mut turning => Some(turned?),
        () = revoked.cancelled() => return Err(self::revoked()),
        () = sleep(GRACE) => None,
    };
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.reserve(super::serve::HEADERS);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream; charset=utf-8"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store"),
    );
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    let (phase, model) = match turned {
        Some(turn) => {
            chat_completions::describe(&turn, headers);
            let model = turn.model.clone();
            (phase_of(turn), model)
        }
        None => (Phase::Turning(turning), name.unwrap_or_default()),
    };
    let encoder = StreamEncoder::new(Envelope { model, ..envelope }, include_usage);
    let streaming = Streaming {
        phase,
        encoder,
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
                more = step(&mut self.phase, &mut self.encoder, &mut self.events, &mut out) => {
                    if !more && out.is_empty() {
                        return None;
                    }
                }
                () = &mut self.revoked => {
                    self.phase = Phase::Over;
                    fail(&mut self.encoder, &revoked(), &mut out);
                }
                () = &mut self.timer => {
                    if self.beat <= Instant::now() {
                        out.extend_from_slice(StreamEncoder::HEARTBEAT);
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
async fn step(
    phase: &mut Phase,
    encoder: &mut StreamEncoder,
    events: &mut Vec<Event>,
    out: &mut Vec<u8>,
) -> bool {
    match phase {
        Phase::Turning(turning) => {
            *phase = match turning.await {
                Ok(turn) => phase_of(turn),
                Err(failure) => {
                    fail(encoder, &failure, out);
                    Phase::Over
                }
            };
            true
        }
        Phase::Answering(pieces) => {
            let more = pieces.next(events).await;
            for event in events.drain(..) {
                encoder.event(&event, out);
            }
            match more {
                Ok(true) => {}
                Ok(false) => {
                    finish(encoder, out);
                    *phase = Phase::Over;
                }
                Err(failure) => {
                    fail(encoder, &failure, out);
                    *phase = Phase::Over;
                }
            }
            true
        }
        Phase::Whole(_) => {
            if let Phase::Whole(turn) = std::mem::replace(phase, Phase::Over)
                && let Reply::Whole(whole) = turn.reply
            {
                for event in whole.0.into_events() {
                    encoder.event(&event, out);
                }
            }
            finish(encoder, out);
            true
        }
        Phase::Over => false,
    }
}

fn finish(encoder: &mut StreamEncoder, out: &mut Vec<u8>) {
    if let Err(failure) = encoder.finish(out) {
        fail(encoder, &failure, out);
    }
}

fn fail(encoder: &mut StreamEncoder, failure: &Failure, out: &mut Vec<u8>) {
    let mut body = Vec::new();
    wire::openai_chat::encode_error(failure, &mut body);
    encoder.fail(&body, out);
}

/// The failure of a call whose key was revoked while it ran.
pub(super) fn revoked() -> Failure {
    Failure::new(FailureKind::ClientKeyInvalid, "This API key was revoked.")
}
