//! Writes a streamed answer down, and whatever else is done with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use domain::{Event, Failure, SessionId, Usage};
use wire::client::{Form, StreamEncoder};

use super::series::Series;
use super::{Besides, none_reported, took};
use crate::Engine;
use crate::turn::{Ask, Sealed, Turn};

/// Writes the answer down, and knows how long it took: some wires say so at the end. Dropping it before the end
/// keeps what there is as cancelled.
pub(super) struct Pen {
    encoder: StreamEncoder,
    series: Series,
    engine: Engine,
    arrived: Instant,
    first: Option<Instant>,
    besides: Besides,
    /// Whether the answer still owes a count of its tokens.
    uncounted: bool,
    /// Whose signatures the answer holds, where they go out in envelopes.
    sealed: Option<Sealed>,
    ended: Ended,
}

/// Whether a stream came to its orderly end: it says so in the extensions of its response.
#[derive(Clone, Default)]
pub(in crate::http) struct Ended(Arc<AtomicBool>);

impl Ended {
    /// Whether it did.
    pub fn is_so(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Pen {
    pub fn new(engine: Engine, arrived: Instant, form: Form, besides: Besides, series: Series) -> Self {
        let mut pen = Self {
            encoder: form.stream(),
            series,
            engine,
            arrived,
            first: None,
            uncounted: besides.counts,
            besides,
            sealed: None,
            ended: Ended::default(),
        };
        if let Some(keep) = &mut pen.besides.keep {
            keep.begin(&pen.encoder);
        }
        pen
    }

    /// Where it will be said that the stream came to its end.
    pub fn ended(&self) -> Ended {
        self.ended.clone()
    }

    pub fn heartbeat(&self) -> &'static [u8] {
        self.encoder.heartbeat()
    }

    /// A provider has accepted.
    pub fn turned(&mut self, turn: &Turn) {
        self.encoder
            .set_session(turn.session.as_ref().map(SessionId::as_str));
        self.encoder.set_input_tokens(turn.input_tokens);
        if self.besides.seals {
            self.sealed.clone_from(&turn.sealed);
        }
        if let Some(keep) = &mut self.besides.keep {
            keep.turned(turn);
        }
    }

    pub fn events(&mut self, events: &mut Vec<Event>, out: &mut Vec<u8>) {
        if !events.is_empty() {
            self.first.get_or_insert_with(Instant::now);
        }
        for mut event in events.drain(..) {
            self.uncounted &= !matches!(event, Event::Usage { .. });
            if let Some(sealed) = &self.sealed {
                let envelopes = self.engine.envelopes();
                envelopes.seal_event(&self.engine, sealed, &mut event);
            }
            if let Some(before) = self.series.place(&mut event) {
                self.encoder.event(&before, out);
            }
            self.encoder.event(&event, out);
        }
    }

    /// Ends the answer, unless the series goes on with the call that this gives. `usage` is what the record
    /// says of its tokens.
    pub fn finish(&mut self, usage: Option<Usage>, out: &mut Vec<u8>) -> Option<Ask> {
        if let (true, Some(usage)) = (self.uncounted, usage) {
            let raw = none_reported();
            self.events(&mut vec![Event::Usage { usage, raw }], out);
        }
        match self.series.next() {
            Ok(Some(ask)) => return Some(ask),
            Ok(None) => {
                let took = took(&self.engine, self.arrived, self.first);
                self.encoder.finish(took, out);
                self.ended.0.store(true, Ordering::Release);
                self.keep();
            }
            Err(failure) => self.fail(&failure, out),
        }
        None
    }

    pub fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        self.encoder.fail(failure, out);
        self.keep();
    }

    /// Ends it because its client wants no more.
    pub fn cancel(&mut self, out: &mut Vec<u8>) {
        if let StreamEncoder::OpenAiResponses(encoder) = &mut self.encoder {
            encoder.cancel(out);
        }
        self.keep();
    }

    /// The response object as far as it has come; empty on other wires.
    pub fn response(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let StreamEncoder::OpenAiResponses(encoder) = &self.encoder {
            encoder.response(&mut out);
        }
        out
    }

    fn keep(&mut self) {
        if let Some(keep) = self.besides.keep.take() {
            keep.end(&self.encoder);
        }
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        if self.besides.keep.is_some() {
            self.cancel(&mut Vec::new());
        }
    }
}
