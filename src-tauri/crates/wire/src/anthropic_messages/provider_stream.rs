//! A provider's stream, from bytes in whatever pieces the network gives to canonical events.
//!
//! The reason to stop comes before the end, and an error may come after it; so the finish and the usage are
//! held back until the stream has really ended. Blocks are never held back.

use std::borrow::Cow;

use domain::{Delta, Event, Extra, Failure, FailureKind, RawJson, StopReason};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::provider_block::{Blocks, piece};
use super::usage::Report;
use super::{provider_answer, stop};
use crate::event_body::EventBody;
use crate::ids::fnv;
use crate::json::{self, Field, Item, Key, Text};
use crate::stop::with_calls;
use crate::{refusal, sse};

/// The data of one event.
#[derive(Default)]
struct Frame<'a> {
    kind: Text<'a>,
    index: Option<u64>,
    message: Option<&'a RawValue>,
    content_block: Option<&'a RawValue>,
    delta: Option<&'a RawValue>,
    usage: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Frame<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "type" => self.kind = map.next_value()?,
            "index" => self.index = map.next_value::<&RawValue>()?.get().parse().ok(),
            "message" => self.message = Some(map.next_value()?),
            "content_block" => self.content_block = Some(map.next_value()?),
            "delta" => self.delta = Some(map.next_value()?),
            "usage" => self.usage = Some(map.next_value()?),
            "error" => {
                self.error = Some(map.next_value::<&RawValue>()?).filter(|error| error.get() != "null")
            }
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct State {
    started: bool,
    done: bool,
    ended: bool,
    id: Option<String>,
    blocks: Blocks,
    reason: Option<StopReason>,
    usage: Report,
    /// What the end of the message said that the domain does not model.
    extra: Extra,
}

/// Reads the body of a streamed response.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    body: EventBody,
    state: State,
}

impl StreamDecoder {
    /// A decoder at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and appends what they mean to `events`.
    ///
    /// # Errors
    /// What the provider says when it sends an error, else [`FailureKind::UpstreamFailed`] when it sends
    /// nonsense. Events appended before the failure are good; usage is among them when it was reported.
    /// The decoder is of no use after an error.
    pub fn push(&mut self, chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Failure> {
        let state = &mut self.state;
        let outcome = self.body.push(chunk, |event| state.event(event, events));
        if outcome.is_err() {
            state.report_usage(events);
        }
        outcome
    }

    /// Ends the stream at the end of the connection.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamDisconnected`] unless the message was ended or has told why it stops (W-70).
    pub fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        if let Some(whole) = self.body.take_whole() {
            let answer = provider_answer::decode_answer(&whole)?;
            self.state.ended = true;
            events.extend(answer.into_events());
            return Ok(());
        }
        let state = &mut self.state;
        let outcome = self.body.finish(|event| state.event(event, events));
        let outcome = outcome.and_then(|torn| state.end(torn, events));
        if outcome.is_err() {
            state.report_usage(events);
        }
        outcome
    }

    /// Whether the provider has said that nothing follows.
    pub fn is_done(&self) -> bool {
        self.state.done
    }
}

impl State {
    fn event(&mut self, event: sse::Event<'_>, events: &mut Vec<Event>) -> Result<(), Failure> {
        let data = event.data.trim_ascii();
        // whatever follows the end means nothing, and neither does another wire's marker
        if self.done || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        let text = String::from_utf8_lossy(data);
        let mended = json::without_lone_surrogates(&text);
        let text = mended.as_deref().unwrap_or(&text);
        match serde_json::from_str(text) {
            Ok(Field::Object(frame)) => self.frame(frame, event.name, text, events),
            Ok(Field::Null | Field::Wrong) | Err(_) if event.name == b"error" => {
                Err(refusal::in_stream(text))
            }
            Ok(Field::Null | Field::Wrong) => Ok(()),
            Err(_) => Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent an event that is not JSON.",
            )),
        }
    }

    fn frame(
        &mut self,
        frame: Frame<'_>,
        name: &[u8],
        text: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if let Some(error) = frame.error {
            return Err(refusal::inside(error));
        }
        let kind = match &frame.kind {
            Text::Str(kind) => Cow::Borrowed(kind.as_ref()),
            Text::Absent | Text::Wrong => String::from_utf8_lossy(name),
        };
        let kind = kind.as_ref();
        if kind == "message_start" || (kind.starts_with("content_block_") && !self.started) {
            self.start(frame.message, events)?;
        }
        let mut give = |delta| events.push(Event::Delta { choice: 0, delta });
        match kind {
            "content_block_start" => {
                let seed = fnv(0, self.id.as_deref().unwrap_or_default().as_bytes());
                if let Some(block) = frame.content_block {
                    self.blocks.start(frame.index, block, seed, &mut give)?;
                }
            }
            "content_block_delta" => self.blocks.piece(frame.index, piece(frame.delta), &mut give)?,
            "content_block_stop" => self.blocks.stop(frame.index, &mut give),
            "message_delta" => self.message_delta(&frame),
            "message_stop" => {
                self.done = true;
                return self.end(false, events);
            }
            "error" => return Err(refusal::in_stream(text)),
            // `message_start`, `ping`, and what is yet to come
            _ => {}
        }
        Ok(())
    }

    /// Begins the message, once. A second message in the middle of one is what a gateway sends that lost its
    /// provider and asked again: two halves of different answers make none.
    fn start(&mut self, message: Option<&RawValue>, events: &mut Vec<Event>) -> Result<(), Failure> {
        let mut id = None;
        let mut model = None;
        let mut extra = Extra::new();
        for (name, value) in message.and_then(json::fields).unwrap_or_default() {
            let text = || json::text(value).filter(|text| !text.is_empty()).map(Into::into);
            match name.as_ref() {
                "id" => id = text(),
                "model" => model = text(),
                "usage" => self.usage.take(value),
                "type" | "role" | "content" | "stop_reason" | "stop_sequence" | "stop_details" => {}
                _ if value.get() == "null" => {}
                _ => extra.set(name, RawJson::new(value.get())),
            }
        }
        if self.started {
            let again = id != self.id && self.blocks.any();
            return if again {
                Err(Failure::new(
                    FailureKind::UpstreamDisconnected,
                    "The provider began another answer in the middle of this one.",
                ))
            } else {
                Ok(())
            };
        }
        self.started = true;
        self.id.clone_from(&id);
        events.push(Event::Started { id, model, extra });
        Ok(())
    }

    fn message_delta(&mut self, frame: &Frame<'_>) {
        if let Some(usage) = frame.usage {
            self.usage.take(usage);
        }
        let mut delta = piece(frame.delta);
        for name in stop::FIELDS {
            let Some(value) = delta.take(name) else { continue };
            if let ("stop_reason", Some(word)) = (name, json::text(value)) {
                self.reason = Some(stop::read(&word));
            }
            stop::keep(name, value, &mut self.extra);
        }
        for (name, value) in delta.rest.iter().chain(&frame.rest) {
            if value.get() != "null" {
                self.extra.set(name.as_ref(), RawJson::new(value.get()));
            }
        }
    }

    fn end(&mut self, torn: bool, events: &mut Vec<Event>) -> Result<(), Failure> {
        if self.ended {
            return Ok(());
        }
        // clients tolerate that the last event is missing, once the reason is known (A.3)
        if torn || !self.started || !(self.done || self.reason.is_some()) {
            return Err(Failure::new(
                FailureKind::UpstreamDisconnected,
                "The provider closed the stream before its end.",
            ));
        }
        self.ended = true;
        let mut give = |delta| events.push(Event::Delta { choice: 0, delta });
        self.blocks.finish(&mut give);
        let extra = std::mem::take(&mut self.extra);
        if !extra.is_empty() {
            give(Delta::Extra { extra });
        }
        let reason = self.reason.unwrap_or(StopReason::Stop);
        events.push(Event::Finished {
            choice: 0,
            reason: with_calls(reason, self.blocks.arguments()),
        });
        self.report_usage(events);
        Ok(())
    }

    fn report_usage(&mut self, events: &mut Vec<Event>) {
        if let Some((usage, raw)) = std::mem::take(&mut self.usage).read() {
            events.push(Event::Usage { usage, raw });
        }
    }
}
