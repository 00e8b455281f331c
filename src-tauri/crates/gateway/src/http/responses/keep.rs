//! Keeps a response while it is answered, so that its client can come back for it (W-132).
//!
//! It is recorded without waiting, as calls are: its beginning when a stream begins, its end with the last
//! event. A client that leaves in between finds it cancelled.

use std::sync::Arc;

use domain::{ClientKeyId, MessageId, ResponseId, SessionId};
use store::Record;
use store::table::responses::{EndedResponse, OpenedResponse, ResponseStatus};
use wire::client::StreamEncoder;
use wire::openai_responses;

use crate::Engine;
use crate::background::Run;
use crate::turn::Turn;

/// A response that shall be kept.
pub(in crate::http) struct Keep {
    engine: Engine,
    id: ResponseId,
    owner: ClientKeyId,
    /// Its beginning, until that is queued.
    opened: Option<Box<OpenedResponse>>,
    place: Option<(SessionId, MessageId)>,
    run: Option<Arc<Run>>,
}

impl Keep {
    /// Will keep what begins so.
    pub fn new(engine: Engine, opened: OpenedResponse) -> Self {
        Self {
            engine,
            id: opened.id.clone(),
            owner: opened.owner.clone(),
            opened: Some(Box::new(opened)),
            place: None,
            run: None,
        }
    }

    /// It runs in the background: its end is told to the run, which records it with its events.
    pub fn within_a_run(&mut self, streamed: bool) -> (ResponseId, Arc<Run>) {
        let run = self.engine.background().begin(&self.id, &self.owner, streamed);
        self.run = Some(Arc::clone(&run));
        (self.id.clone(), run)
    }

    /// A stream begins.
    pub fn begin(&mut self, encoder: &StreamEncoder) {
        if let Some(mut opened) = self.opened.take() {
            opened.answer = object(encoder).unwrap_or_default();
            self.record(vec![Record::ResponseOpened(opened)]);
        }
    }

    /// A provider has accepted the call.
    pub fn turned(&mut self, turn: &Turn) {
        self.place = turn.session.clone().zip(turn.message.clone());
    }

    /// The stream has ended.
    pub fn end(self, encoder: &StreamEncoder) {
        if let Some(answer) = object(encoder) {
            self.ended(answer);
        }
    }

    /// The whole answer is here.
    pub fn whole(mut self, answer: &[u8]) {
        if let Some(mut opened) = self.opened.take() {
            opened.answer = "{}".to_owned();
            self.record(vec![Record::ResponseOpened(opened)]);
        }
        self.ended(String::from_utf8_lossy(answer).into_owned());
    }

    fn ended(self, answer: String) {
        let status = openai_responses::status(answer.as_bytes());
        let items = openai_responses::output_items(answer.as_bytes());
        let ended = EndedResponse {
            id: self.id.clone(),
            status: status
                .as_deref()
                .and_then(ResponseStatus::parse)
                .unwrap_or(ResponseStatus::Failed),
            place: self.place.clone(),
            items: items.iter().filter_map(openai_responses::item_id).collect(),
            answer,
            events: None,
        };
        match &self.run {
            Some(run) => run.conclude(ended),
            None => self.record(vec![Record::ResponseEnded(Box::new(ended))]),
        }
    }

    fn record(&self, records: Vec<Record>) {
        if let Err(failure) = self.engine.store().record_now(records) {
            tracing::error!(kind = failure.kind().as_str(), "a response could not be kept");
        }
    }
}

fn object(encoder: &StreamEncoder) -> Option<String> {
    let StreamEncoder::OpenAiResponses(encoder) = encoder else {
        return None;
    };
    let mut out = Vec::new();
    encoder.response(&mut out);
    String::from_utf8(out).ok()
}
