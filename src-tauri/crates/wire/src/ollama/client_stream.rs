//! A stream of lines, canonical whatever the provider did (W-193, W-195).
//!
//! Clients parse each line as JSON and take a closed connection for the end. So the line with `done: true`
//! is written only when the answer has ended, and a failure is a line of its own.

use domain::{Delta, Event, Extra, Failure, FailureKind, MediaSource, Part, StopReason, Usage};

use super::client_answer::{Call, Durations, Envelope, OURS, Said, end, head};
use super::client_request::Route;
use crate::json::Object;

#[derive(Debug)]
struct Pending {
    id: String,
    name: String,
    arguments: String,
}

/// Turns events into lines. Calls are kept until they are whole, usage and the end until the stream ends;
/// text and reasoning never. Of several choices a client of this wire gets the first.
#[derive(Debug)]
pub struct StreamEncoder {
    envelope: Envelope,
    calls: Vec<Pending>,
    reason: Option<StopReason>,
    usage: Option<Usage>,
    /// Fields of the answer, which ride on the last line.
    extra: Extra,
}

impl StreamEncoder {
    /// Keeps the connection alive during silence: a blank before the next line, which JSON ignores. An empty
    /// line would not do, for clients parse it.
    pub const HEARTBEAT: &[u8] = b" ";

    /// An encoder at the beginning of a stream.
    pub fn new(envelope: Envelope) -> Self {
        Self {
            envelope,
            calls: Vec::new(),
            reason: None,
            usage: None,
            extra: Extra::new(),
        }
    }

    /// Appends the lines of an event to `out`.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Started { extra, .. } => self.extra = extra.clone(),
            Event::Delta { choice: 0, delta } if self.reason.is_none() => self.delta(delta, out),
            Event::Finished { choice: 0, reason } if self.reason.is_none() => {
                self.reason = Some(*reason);
                self.calls(*reason, out);
            }
            Event::Usage { usage, .. } => self.usage = Some(*usage),
            Event::Delta { .. } | Event::Finished { .. } => {}
        }
    }

    /// Says how long the answer took, before [`StreamEncoder::finish`].
    pub fn took(&mut self, durations: Durations) {
        self.envelope.durations = durations;
    }

    /// Ends the stream with its last line.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamDisconnected`] when the answer has not ended; nothing is written then, and the
    /// caller goes on with [`StreamEncoder::fail`].
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let reason = self.reason.ok_or_else(|| {
            Failure::new(
                FailureKind::UpstreamDisconnected,
                "The answer ended before it was complete.",
            )
        })?;
        let mut object = Object::open(out);
        head(&self.envelope, &mut object);
        Said::default().write(self.envelope.route, reason, &mut object);
        end(&self.envelope, reason, self.usage, &mut object);
        object.extra(&self.extra, |name| !OURS.contains(&name));
        object.close();
        out.push(b'\n');
        Ok(())
    }

    /// Ends the stream with a failure: one line that holds the body of [`super::encode_error`].
    pub fn fail(&mut self, error_body: &[u8], out: &mut Vec<u8>) {
        crate::json::write_raw(&String::from_utf8_lossy(error_body), out);
        out.push(b'\n');
    }

    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::ToolCallStart { index, id, name, .. } => {
                // indexes are dense
                if usize::try_from(*index) == Ok(self.calls.len()) {
                    self.calls.push(Pending {
                        id: id.clone(),
                        name: name.clone(),
                        arguments: String::new(),
                    });
                }
            }
            Delta::ToolCallArguments { index, fragment } => {
                let place = usize::try_from(*index).unwrap_or(usize::MAX);
                if let Some(call) = self.calls.get_mut(place) {
                    call.arguments.push_str(fragment);
                }
            }
            Delta::Part { part } => {
                if let Part::Image(media) = &**part
                    && let MediaSource::Base64 { data } = &media.source
                {
                    let images = [data.as_str()];
                    let said = Said {
                        images: &images,
                        ..Said::default()
                    };
                    self.line(&said, out);
                }
            }
            Delta::Text { .. }
            | Delta::TextExtra { .. }
            | Delta::Reasoning { .. }
            | Delta::ReasoningEnd { .. }
            | Delta::Refusal { .. }
            | Delta::Extra { .. } => {
                if let Some(said) = Said::of(delta) {
                    self.line(&said, out);
                }
            }
        }
    }

    fn calls(&mut self, reason: StopReason, out: &mut Vec<u8>) {
        if self.calls.is_empty() || self.envelope.route == Route::Generate {
            return;
        }
        let pending = std::mem::take(&mut self.calls);
        let calls: Vec<Call<'_>> = pending
            .iter()
            .map(|call| Call {
                id: &call.id,
                name: &call.name,
                arguments: &call.arguments,
            })
            .collect();
        let said = Said {
            calls: &calls,
            ..Said::default()
        };
        self.write(&said, reason, out);
    }

    fn line(&self, said: &Said<'_>, out: &mut Vec<u8>) {
        self.write(said, StopReason::Stop, out);
    }

    fn write(&self, said: &Said<'_>, reason: StopReason, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        head(&self.envelope, &mut object);
        said.write(self.envelope.route, reason, &mut object);
        object.bool("done", false);
        object.close();
        out.push(b'\n');
    }
}
