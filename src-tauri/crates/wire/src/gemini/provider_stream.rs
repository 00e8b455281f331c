//! A provider's stream, from bytes in whatever pieces the network gives to canonical events (W-167, W-178).
//!
//! This wire has no mark for its end. What comes nearest is a reason to finish, which some versions send with
//! every chunk; so the last one counts, it is held back until the connection has closed, and a connection
//! that closes without one has been cut (W-70). Text and calls are never held back.

use domain::{Delta, Event, Extra, Failure, FailureKind, Part, RawJson, StopReason};
use serde_json::value::RawValue;

use super::chunk::{Candidate, Chunk};
use super::part::Piece;
use super::provider_answer::{Ids, documents, pieces};
use super::{logprobs, stop, usage};
use crate::event_body::{EventBody, is_json};
use crate::json::{self, Field, Items};
use crate::{refusal, sse};

/// More candidates than a request may ask for (W-35).
const MAX_CHOICES: u64 = 128;

#[derive(Debug)]
struct Choice {
    index: u32,
    ids: Ids,
    reason: Option<StopReason>,
    /// Fields of the candidate; many come with each chunk, so they are told once, at the end.
    extra: Extra,
}

#[derive(Debug, Default)]
struct State {
    started: bool,
    done: bool,
    ended: bool,
    seed: u64,
    choices: Vec<Choice>,
    /// The last report of tokens that counts any, as it came. Every chunk has one, and only the last is true.
    usage: String,
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
    /// What the provider says when it sends an error, [`FailureKind::ContentRefused`] when it refuses the
    /// prompt, else [`FailureKind::UpstreamFailed`] when it sends nonsense or breaks off. Events appended
    /// before the failure are good; usage is among them when it was reported. The decoder is of no use after
    /// an error.
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
    /// [`FailureKind::UpstreamDisconnected`] unless every candidate that began has finished (W-70).
    pub fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        let state = &mut self.state;
        let outcome = match self.body.take_whole() {
            Some(whole) if !is_json(&whole) => Ok(true),
            Some(whole) => state
                .document(&String::from_utf8_lossy(&whole), events)
                .map(|()| false),
            None => self.body.finish(|event| state.event(event, events)),
        };
        let outcome = outcome.and_then(|torn| state.end(torn, events));
        if outcome.is_err() {
            state.report_usage(events);
        }
        outcome
    }

    /// Whether the provider has said that nothing follows. Google does not; gateways before it do.
    pub fn is_done(&self) -> bool {
        self.state.done
    }
}

impl State {
    fn event(&mut self, event: sse::Event<'_>, events: &mut Vec<Event>) -> Result<(), Failure> {
        let data = event.data.trim_ascii();
        if self.done || data.is_empty() {
            return Ok(());
        }
        if data == b"[DONE]" {
            self.done = true;
            return self.end(false, events);
        }
        let text = String::from_utf8_lossy(data);
        if event.name == b"error" {
            return Err(refusal::in_stream(&text));
        }
        self.document(&text, events)
    }

    fn document(&mut self, text: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let mended = json::without_lone_surrogates(text);
        let text = mended.as_deref().unwrap_or(text);
        let raw: &RawValue = serde_json::from_str(text).map_err(|_| {
            Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent an event that is not JSON.",
            )
        })?;
        for document in documents(raw) {
            if let Ok(Field::Object(chunk)) = serde_json::from_str(document.get()) {
                self.chunk(chunk, events)?;
            }
        }
        Ok(())
    }

    fn chunk(&mut self, chunk: Chunk<'_>, events: &mut Vec<Event>) -> Result<(), Failure> {
        if let Some(reported) = chunk.usage.filter(|raw| usage::counts(raw)) {
            self.usage.clear();
            self.usage.push_str(reported.get());
        }
        if let Some(error) = chunk.error {
            return Err(refusal::inside(error));
        }
        if let Some(refusal) = chunk.refusal() {
            return Err(refusal);
        }
        let Items::List(list) = &chunk.candidates else {
            return Ok(());
        };
        if !list.is_empty() && !self.started {
            self.started = true;
            self.seed = chunk.seed();
            events.push(Event::Started {
                extra: chunk.extra(),
                id: text(&chunk.id),
                model: text(&chunk.model),
            });
        }
        for candidate in list {
            if let Field::Object(candidate) = candidate {
                self.candidate(candidate, events)?;
            }
        }
        Ok(())
    }

    fn choice(&mut self, index: u64) -> Result<&mut Choice, Failure> {
        if index >= MAX_CHOICES {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent a candidate that nobody asked for.",
            ));
        }
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let at = match self.choices.iter().position(|choice| choice.index == index) {
            Some(at) => at,
            None => {
                self.choices.push(Choice {
                    index,
                    ids: Ids::new(self.seed ^ u64::from(index)),
                    reason: None,
                    extra: Extra::new(),
                });
                self.choices.len() - 1
            }
        };
        Ok(&mut self.choices[at])
    }

    fn candidate(&mut self, candidate: &Candidate<'_>, events: &mut Vec<Event>) -> Result<(), Failure> {
        let state = self.choice(candidate.index.unwrap_or(0))?;
        let choice = state.index;
        let mut give = |delta| events.push(Event::Delta { choice, delta });
        let mut logprobs = candidate.logprobs.and_then(logprobs::read);
        let reason = candidate.reason()?;
        for piece in pieces(&candidate.content.parts) {
            match piece {
                Piece::Said(part) => said(part, &mut logprobs, &mut give),
                Piece::Call(call) => {
                    let index = u32::try_from(state.ids.len()).unwrap_or(u32::MAX);
                    if let Part::ToolCall {
                        id,
                        name,
                        arguments,
                        extra,
                    } = state.ids.settle(call)?
                    {
                        give(Delta::ToolCallStart {
                            index,
                            id,
                            name,
                            extra,
                        });
                        give(Delta::ToolCallArguments {
                            index,
                            fragment: arguments,
                        });
                    }
                }
                Piece::Outcome(_) | Piece::Nothing => {}
            }
        }
        if logprobs.is_some() {
            // of tokens that make no text
            give(Delta::Text {
                text: String::new(),
                logprobs,
            });
        }
        candidate.carry(&mut state.extra);
        state.reason = reason.or(state.reason);
        Ok(())
    }

    fn end(&mut self, torn: bool, events: &mut Vec<Event>) -> Result<(), Failure> {
        if self.ended {
            return Ok(());
        }
        let finished = |choice: &Choice| choice.reason.is_some();
        if torn || self.choices.is_empty() || !self.choices.iter().all(finished) {
            return Err(Failure::new(
                FailureKind::UpstreamDisconnected,
                "The provider closed the stream before its end.",
            ));
        }
        self.ended = true;
        for state in &mut self.choices {
            let choice = state.index;
            if !state.extra.is_empty() {
                let extra = std::mem::take(&mut state.extra);
                let delta = Delta::Extra { extra };
                events.push(Event::Delta { choice, delta });
            }
            let reason = state.reason.unwrap_or(StopReason::Stop);
            events.push(Event::Finished {
                choice,
                reason: stop::with_calls(reason, state.ids.len() > 0),
            });
        }
        self.report_usage(events);
        Ok(())
    }

    fn report_usage(&mut self, events: &mut Vec<Event>) {
        let last = std::mem::take(&mut self.usage);
        if let Some((usage, raw)) = serde_json::from_str(&last).ok().and_then(usage::read) {
            events.push(Event::Usage { usage, raw });
        }
    }
}

fn text(field: &json::Text<'_>) -> Option<String> {
    match field {
        json::Text::Str(text) if !text.is_empty() => Some(text.as_ref().to_owned()),
        json::Text::Str(_) | json::Text::Absent | json::Text::Wrong => None,
    }
}

/// What a part of a chunk adds. Thoughts and texts come in pieces; only a signature ends one.
fn said(part: Part, logprobs: &mut Option<RawJson>, give: &mut impl FnMut(Delta)) {
    match part {
        Part::Text { text, extra } => {
            if !text.is_empty() {
                give(Delta::Text {
                    text,
                    logprobs: logprobs.take(),
                });
            }
            if !extra.is_empty() {
                give(Delta::TextExtra { extra });
            }
        }
        Part::Reasoning {
            text,
            signature,
            extra,
        } => {
            if !text.is_empty() {
                give(Delta::Reasoning { text });
            }
            if signature.is_some() || !extra.is_empty() {
                give(Delta::ReasoningEnd { signature, extra });
            }
        }
        Part::Image(_)
        | Part::File(_)
        | Part::Audio(_)
        | Part::Refusal { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Opaque { .. } => give(Delta::Part { part: Box::new(part) }),
    }
}
