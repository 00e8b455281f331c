//! A stream of events, canonical whatever the provider did (W-125 to W-131).
//!
//! The danger is the silent end: only one of the three last events ends a response, and Codex takes a
//! failure from `response.failed` alone. Nothing follows it, not even a marker (W-133).

use domain::{Event, Extra, Failure, FailureKind, StopReason, Usage};

use super::client_answer::{Envelope, Status, Told, write_response};
use super::client_item::Events;
use super::client_output::Outputs;

/// How a stream ended.
#[derive(Debug)]
enum End {
    Answered(StopReason),
    Failed(Failure),
    Cancelled,
}

impl End {
    fn status(&self) -> Status<'_> {
        match self {
            Self::Answered(reason) => Status::Ended(*reason),
            Self::Failed(failure) => Status::Failed(failure),
            Self::Cancelled => Status::Cancelled,
        }
    }
}

/// Turns events into events of this wire. Each that has something to say becomes one or more complete
/// `event: …\ndata: …\n\n`; nothing is held back but usage, the end, and the input of free-text tools.
#[derive(Debug)]
pub struct StreamEncoder {
    outputs: Outputs,
    next: u64,
    begun: bool,
    end: Option<End>,
    reason: Option<StopReason>,
    usage: Option<Usage>,
    extra: Extra,
}

impl StreamEncoder {
    /// A comment that keeps the connection alive during silence (W-68).
    pub const HEARTBEAT: &[u8] = b": keep-alive\n\n";

    /// An encoder at the beginning of a stream.
    pub fn new(envelope: Envelope) -> Self {
        Self {
            outputs: Outputs::new(envelope),
            next: 0,
            begun: false,
            end: None,
            reason: None,
            usage: None,
            extra: Extra::new(),
        }
    }

    /// Tells when the answer was complete, in seconds since the Unix epoch; to be told before
    /// [`StreamEncoder::finish`].
    pub fn completed(&mut self, seconds: i64) {
        self.outputs.completed(seconds);
    }

    /// Appends the events of an event to `out`. This wire has one choice; others are passed over.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        if self.end.is_some() {
            return;
        }
        if let Event::Started { extra, .. } = event {
            self.extra = extra.clone();
        }
        self.begin(out);
        let mut events = Events::into(out, self.next);
        match event {
            Event::Started { .. } => {}
            Event::Delta { choice: 0, delta } if self.reason.is_none() => {
                self.outputs.delta(delta, &mut events);
            }
            Event::Finished { choice: 0, reason } if self.reason.is_none() => {
                self.reason = Some(*reason);
                self.outputs.close(*reason, &mut events);
            }
            Event::Delta { .. } | Event::Finished { .. } => {}
            Event::Usage { usage, .. } => self.usage = Some(*usage),
        }
        self.next = events.next();
    }

    /// Ends the stream with the whole response.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamDisconnected`] when the answer has not ended; nothing is written then, and the
    /// caller goes on with [`StreamEncoder::fail`].
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let Some(reason) = self.reason else {
            return Err(Failure::new(
                FailureKind::UpstreamDisconnected,
                "The answer ended before it was complete.",
            ));
        };
        self.end(End::Answered(reason), out);
        Ok(())
    }

    /// Ends the stream with a failure; nothing follows it (W-130).
    pub fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        self.end(End::Failed(failure.clone()), out);
    }

    /// Ends the stream because its client wants no more.
    pub fn cancel(&mut self, out: &mut Vec<u8>) {
        self.end(End::Cancelled, out);
    }

    /// Writes the response object as far as it has come.
    pub fn response(&self, out: &mut Vec<u8>) {
        let status = self.end.as_ref().map_or(Status::InProgress, End::status);
        self.object(status, out);
    }

    fn end(&mut self, end: End, out: &mut Vec<u8>) {
        if self.end.is_some() {
            return;
        }
        self.begin(out);
        let status = end.status();
        self.write(&format!("response.{}", status.word()), status, out);
        self.end = Some(end);
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        for kind in ["response.created", "response.in_progress"] {
            self.write(kind, Status::InProgress, out);
        }
    }

    fn write(&mut self, kind: &str, status: Status<'_>, out: &mut Vec<u8>) {
        let mut events = Events::into(out, self.next);
        events.write(kind, |event| self.object(status, event.key("response")));
        self.next = events.next();
    }

    fn object(&self, status: Status<'_>, out: &mut Vec<u8>) {
        let items = self.outputs.items();
        let told = Told {
            items: &items,
            usage: self.usage,
            extra: &self.extra,
        };
        write_response(self.outputs.envelope(), status, &told, out);
    }
}
