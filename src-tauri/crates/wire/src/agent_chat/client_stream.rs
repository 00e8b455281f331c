//! A streamed answer in this form: events told apart by `type`.
//!
//! The end is `done` and nothing else: an answer that broke off ends with `error`, so that no client can take
//! half of it for the whole.

use domain::{Delta, Event, Failure, FailureKind, StopReason, Usage};

use super::client_answer::{Envelope, write_session, write_tokens};
use crate::json::{self, Object};

/// Turns events into `data: {"type":"content",…}` and the last `data: {"type":"done",…}`.
#[derive(Debug)]
pub struct StreamEncoder {
    envelope: Envelope,
    usage: Option<Usage>,
    finished: Option<StopReason>,
}

impl StreamEncoder {
    /// A comment that keeps the connection alive during silence (W-68).
    pub const HEARTBEAT: &[u8] = crate::openai_chat::StreamEncoder::HEARTBEAT;

    /// An encoder at the beginning of a stream.
    pub fn new(envelope: Envelope) -> Self {
        Self {
            envelope,
            usage: None,
            finished: None,
        }
    }

    /// Tells the session, where it was not known at the beginning.
    pub fn set_session(&mut self, session: Option<&str>) {
        self.envelope.set_session(session);
    }

    /// Appends what an event says to `out`. Only the first choice has a place.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Delta {
                choice: 0,
                delta: Delta::Text { text, .. } | Delta::Refusal { text },
            } if !text.is_empty() && self.finished.is_none() => {
                out.extend_from_slice(b"data: ");
                let mut object = Object::open(out);
                object.literal("type", r#""content""#);
                object.string("data", text);
                object.close();
                out.extend_from_slice(b"\n\n");
            }
            Event::Finished { choice: 0, reason } => {
                self.finished.get_or_insert(*reason);
            }
            Event::Usage { usage, .. } => self.usage = Some(*usage),
            Event::Started { .. } | Event::Delta { .. } | Event::Finished { .. } => {}
        }
    }

    /// Ends the stream. Times are milliseconds since the request arrived.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamDisconnected`] when the answer has not ended; nothing is written then, and the
    /// caller goes on with [`StreamEncoder::fail`].
    pub fn finish(&mut self, total_ms: u64, first_token_ms: u64, out: &mut Vec<u8>) -> Result<(), Failure> {
        let Some(reason) = self.finished else {
            return Err(Failure::new(
                FailureKind::UpstreamDisconnected,
                "The answer ended before it was complete.",
            ));
        };
        out.extend_from_slice(b"data: ");
        let mut object = Object::open(out);
        object.literal("type", r#""done""#);
        write_session(&self.envelope, &mut object);
        let mut metrics = Object::open(object.key("metrics"));
        if let Some(usage) = self.usage {
            write_tokens(usage, &mut metrics);
        }
        metrics.unsigned("total_ms", total_ms);
        metrics.unsigned("first_token_ms", first_token_ms);
        metrics.string("finish_reason", reason.as_str());
        metrics.close();
        object.close();
        out.extend_from_slice(b"\n\n");
        Ok(())
    }

    /// Ends the stream with a failure: one event that holds what [`crate::openai_chat::encode_error`] wrote.
    pub fn fail(&mut self, error_body: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(br#"data: {"type":"error","#);
        // the body is an object with the one field `error`
        let body = String::from_utf8_lossy(error_body);
        json::write_raw(body.strip_prefix('{').unwrap_or(r#""error":null}"#), out);
        out.extend_from_slice(b"\n\n");
    }
}
