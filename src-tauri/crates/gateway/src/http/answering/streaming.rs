//! A streamed answer on its way to its client.
//!
//! A stream's body is pulled by the connection and nothing is spawned for it: when the client leaves, the body is
//! dropped, with it the upstream response, and the recorder in between writes down that it was cancelled.
//! Silence is filled with what the client's wire takes for silence (W-68, W-151).

use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::{Event, Failure, Usage};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use tokio::time::{Instant, Sleep, sleep};
use wire::client::Form;

use super::pen::Pen;
use super::series::Series;
use super::{Asked, Besides, ask, describe, lapse};
use crate::Engine;
use crate::http::admission::Admission;
use crate::http::warrant::Lapse;
use crate::turn::{self, Ask, Pieces, Place, Reply, Turn};

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

impl Phase {
    fn turning(engine: &Engine, ask: Ask) -> Self {
        let engine = engine.clone();
        Self::Turning(Box::pin(async move { engine.turn(ask).await }))
    }

    fn is_over(&self) -> bool {
        matches!(self, Self::Over)
    }
}

/// A streamed answer on its way out.
pub(in crate::http) struct Streaming {
    engine: Engine,
    phase: Phase,
    pen: Pen,
    events: Vec<Event>,
    /// When the next heartbeat is due, and how often one is. It is put off with every piece, the timer only
    /// when it fires.
    beat: Instant,
    heartbeat: Duration,
    timer: Pin<Box<Sleep>>,
    lapse: Lapse,
}

/// Answers with a stream; refusals that come soon enough are ordinary errors.
pub(super) async fn respond(
    engine: Engine,
    ask: Ask,
    mut form: Form,
    besides: Besides,
    series: Series,
) -> Result<Response, Failure> {
    let mut lapse = lapse(&engine, &ask);
    let name = ask.model.clone();
    let arrived = ask.arrived;
    let meanwhile = engine.upstreams().policy.meanwhile;
    let asked = engine.clone();
    let mut turning: Turning = Box::pin(async move { asked.turn(ask).await });
    let turned = tokio::select! {
        biased;
        turned = &mut turning => Some(turned?),
        failure = &mut lapse => return Err(failure),
        () = sleep(meanwhile.grace) => None,
    };
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.reserve(super::super::serve::HEADERS);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.stream_type()));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store"),
    );
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    match &turned {
        Some(turn) => {
            describe(turn, headers);
            form.set_model(turn.model.clone());
            form.set_input_tokens(turn.input_tokens);
        }
        None => form.set_model(name.unwrap_or_default()),
    }
    let mut pen = Pen::new(engine.clone(), arrived, form, besides, series);
    response.extensions_mut().insert(pen.ended());
    let phase = match turned {
        Some(turn) => {
            pen.turned(&turn);
            phase_of(turn)
        }
        None => Phase::Turning(turning),
    };
    let streaming = Streaming::new(engine, phase, pen, lapse);
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
            reply: Reply::Whole(_) | Reply::Vectors(_),
            ..
        } => Phase::Whole(Box::new(turn)),
    }
}

impl Streaming {
    fn new(engine: Engine, phase: Phase, pen: Pen, lapse: Lapse) -> Self {
        let heartbeat = engine.upstreams().policy.meanwhile.heartbeat;
        Self {
            engine,
            phase,
            pen,
            events: Vec::with_capacity(4),
            beat: Instant::now() + heartbeat,
            heartbeat,
            timer: Box::pin(sleep(heartbeat)),
            lapse,
        }
    }

    /// A stream for nobody's connection: it runs while [`Streaming::next`] is waited for.
    ///
    /// # Errors
    /// What can be said before a provider is asked: there is no such model, or the key may not use it.
    pub fn apart(
        engine: Engine,
        admission: &Admission,
        headers: &HeaderMap,
        asked: Asked,
        (place, besides): (Place, Besides),
    ) -> Result<Self, Failure> {
        let (mut ask, mut form) = ask(admission, headers, asked)?;
        ask.place = place;
        turn::check_model(&engine, &ask)?;
        let lapse = lapse(&engine, &ask);
        form.set_model(ask.model.clone().unwrap_or_default());
        let pen = Pen::new(engine.clone(), ask.arrived, form, besides, Series::default());
        let phase = Phase::turning(&engine, ask);
        Ok(Self::new(engine, phase, pen, lapse))
    }

    /// The response object as far as it has come; empty on other wires.
    pub fn response(&self) -> Vec<u8> {
        self.pen.response()
    }

    /// Ends it because its client wants no more, or for this failure, and gives the last bytes.
    pub fn end(&mut self, failure: Option<&Failure>) -> Vec<u8> {
        let mut out = Vec::new();
        self.phase = Phase::Over;
        match failure {
            Some(failure) => self.pen.fail(failure, &mut out),
            None => self.pen.cancel(&mut out),
        }
        out
    }

    /// The next bytes to send, whole events only; `None` when all is said.
    pub async fn next(&mut self) -> Option<Bytes> {
        let mut out = Vec::with_capacity(512);
        while out.is_empty() {
            tokio::select! {
                biased;
                // first, or a provider that never pauses would outrun it
                failure = &mut self.lapse, if !self.phase.is_over() => {
                    self.phase = Phase::Over;
                    self.pen.fail(&failure, &mut out);
                }
                more = step(&self.engine, &mut self.phase, &mut self.pen, &mut self.events, &mut out) => {
                    if !more && out.is_empty() {
                        return None;
                    }
                }
                () = &mut self.timer => {
                    if self.beat <= Instant::now() {
                        out.extend_from_slice(self.pen.heartbeat());
                        self.beat = Instant::now() + self.heartbeat;
                    }
                    self.timer.as_mut().reset(self.beat);
                }
            }
        }
        self.beat = Instant::now() + self.heartbeat;
        Some(Bytes::from(out))
    }
}

/// Goes on by one step; `false` when nothing follows. Dropping it in the middle loses nothing: what it waits
/// for is in the phase.
async fn step(
    engine: &Engine,
    phase: &mut Phase,
    pen: &mut Pen,
    events: &mut Vec<Event>,
    out: &mut Vec<u8>,
) -> bool {
    match phase {
        Phase::Turning(turning) => {
            *phase = match turning.await {
                Ok(turn) => {
                    pen.turned(&turn);
                    phase_of(turn)
                }
                Err(failure) => {
                    pen.fail(&failure, out);
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
                    let usage = pieces.ending().receipt.usage;
                    // its place on the leash is free before the next one takes it
                    *phase = Phase::Over;
                    go_on(engine, phase, (pen, usage), out);
                }
                Err(failure) => {
                    pen.fail(&failure, out);
                    *phase = Phase::Over;
                }
            }
            true
        }
        Phase::Whole(_) => {
            let mut usage = None;
            if let Phase::Whole(turn) = std::mem::replace(phase, Phase::Over)
                && let Reply::Whole(whole) = turn.reply
            {
                let (answer, ending) = *whole;
                usage = ending.receipt.usage;
                events.extend(answer.into_events());
                pen.events(events, out);
            }
            go_on(engine, phase, (pen, usage), out);
            true
        }
        Phase::Over => false,
    }
}

/// Goes on with the next call of a series, or ends the answer.
fn go_on(engine: &Engine, phase: &mut Phase, (pen, usage): (&mut Pen, Option<Usage>), out: &mut Vec<u8>) {
    if let Some(ask) = pen.finish(usage, out) {
        *phase = Phase::turning(engine, ask);
    }
}
