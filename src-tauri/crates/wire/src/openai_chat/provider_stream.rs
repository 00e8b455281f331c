//! A provider's stream, from bytes in whatever pieces the network gives to canonical events (A.3, W-178).
//!
//! Two things are held back until the stream has really ended, by its marker or by the end of the
//! connection: the finish of each choice, because some providers finish and then go on, or fail
//! (W-167); and usage, because some report it with every chunk. Text and calls are never held back.

use domain::{Delta, Event, Extra, Failure, FailureKind, RawJson, StopReason, Usage};

use super::provider_chunk::{Choice as Piece, Chunk, Piece as Part, pieces};
use super::reasoning_details::{self, Details};
use super::tool_calls::{Calls, Fragment};
use super::{CHUNK, cohere, provider_answer, stop, usage};
use crate::event_body::EventBody;
use crate::json::{self, Content, Field, Items};
use crate::stop::with_calls;
use crate::{refusal, sse};

/// More choices (`n`) than a request may ask for (W-35).
const MAX_CHOICES: u64 = 128;

#[derive(Debug, Default)]
struct Choice {
    index: u32,
    calls: Calls,
    reason: Option<StopReason>,
    /// Blocks of reasoning that have come since the last that was told to be complete.
    details: Details,
}

impl Choice {
    /// Tells that the reasoning so far is complete, where its provider has blocks.
    fn end_reasoning(&mut self, mut give: impl FnMut(Delta)) {
        let (signature, extra) = std::mem::take(&mut self.details).sealed();
        if !extra.is_empty() {
            give(Delta::ReasoningEnd { signature, extra });
        }
    }
}

#[derive(Debug, Default)]
struct State {
    started: bool,
    done: bool,
    ended: bool,
    seed: u64,
    choices: Vec<Choice>,
    usage: Option<(Usage, RawJson)>,
    /// Fields of the chunks that the domain does not model, as they were last told.
    told: Extra,
    /// The stream is Cohere's.
    cohere: Option<Box<cohere::Stream>>,
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
    /// [`FailureKind::UpstreamDisconnected`] unless every choice that began has finished, or the marker
    /// came after at least one had (W-70).
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
        // whatever follows the marker means nothing
        if self.done {
            return Ok(());
        }
        let data = event.data.trim_ascii();
        if data == b"[DONE]" {
            self.done = true;
            return self.end(false, events);
        }
        if data.is_empty() {
            return Ok(());
        }
        let lossy;
        let text = match std::str::from_utf8(data) {
            Ok(text) => text,
            Err(_) => {
                lossy = String::from_utf8_lossy(data).into_owned();
                &lossy
            }
        };
        if event.name == cohere::FIRST_EVENT && !self.started {
            self.cohere.get_or_insert_default();
        }
        if let Some(cohere) = &mut self.cohere {
            return cohere.event(text, events);
        }
        match serde_json::from_str(text) {
            Ok(Field::Object(chunk)) => self.chunk(chunk, event.name, text, events),
            Ok(Field::Null | Field::Wrong) if event.name == b"error" => Err(refusal::in_stream(text)),
            Ok(Field::Null | Field::Wrong) => Ok(()),
            Err(_) if event.name == b"error" => Err(refusal::in_stream(text)),
            Err(_) => {
                let mended = json::without_lone_surrogates(text);
                match mended.as_deref().map(serde_json::from_str) {
                    Some(Ok(Field::Object(chunk))) => self.chunk(chunk, event.name, text, events),
                    Some(Ok(Field::Null | Field::Wrong) | Err(_)) | None => Err(Failure::new(
                        FailureKind::UpstreamFailed,
                        "The provider sent an event that is not JSON.",
                    )),
                }
            }
        }
    }

    fn chunk(
        &mut self,
        chunk: Chunk<'_>,
        name: &[u8],
        text: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if let Some(reported) = chunk.usage().and_then(usage::read) {
            self.usage = Some(reported);
        }
        if let Some(error) = chunk.error {
            return Err(refusal::inside(error));
        }
        if name == b"error" {
            return Err(refusal::in_stream(text));
        }
        let any = matches!(&chunk.choices, Items::List(list) if !list.is_empty());
        let mut late = Extra::new();
        chunk.tell(&mut self.told, |name, value| {
            late.set(format!("{CHUNK}{name}"), value)
        });
        if any && !self.started {
            self.started = true;
            self.seed = provider_answer::seed(&chunk);
            events.push(Event::Started {
                extra: self.told.clone(),
                id: chunk.id.filled().map(Into::into),
                model: chunk.model.filled().map(Into::into),
            });
        } else if self.started && !late.is_empty() {
            events.push(Event::Delta {
                choice: 0,
                delta: Delta::Extra { extra: late },
            });
        }
        if let Items::List(list) = chunk.choices {
            for piece in list {
                if let Field::Object(piece) = piece {
                    self.piece(piece, events)?;
                }
            }
        }
        Ok(())
    }

    fn choice(&mut self, index: u64) -> Result<&mut Choice, Failure> {
        if index >= MAX_CHOICES {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent a choice that nobody asked for.",
            ));
        }
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let at = match self.choices.iter().position(|choice| choice.index == index) {
            Some(at) => at,
            None => {
                self.choices.push(Choice {
                    index,
                    ..Choice::default()
                });
                self.choices.len() - 1
            }
        };
        Ok(&mut self.choices[at])
    }

    fn piece(&mut self, mut piece: Piece<'_>, events: &mut Vec<Event>) -> Result<(), Failure> {
        let seed = self.seed;
        let state = self.choice(piece.index.unwrap_or(0))?;
        let choice = state.index;
        let seed = seed ^ u64::from(choice);
        let mut give = |delta| events.push(Event::Delta { choice, delta });
        let images = piece.said.images();
        let extra = piece.extra();
        let mut said = piece.said;
        let mut reasoning = said.reasoning().map(String::from);
        if let Some(pieces) = said.reasoning_details {
            let told = state.details.add(pieces);
            reasoning = reasoning.or_else(|| Some(told).filter(|text| !text.is_empty()));
        }
        if let Some(text) = reasoning {
            give(Delta::Reasoning { text });
        }
        if let Some(pieces) = said.reasoning_details {
            let mut extra = Extra::new();
            extra.set(reasoning_details::FIELD, RawJson::new(pieces.get()));
            give(Delta::Extra { extra });
        }
        if said.says_more() {
            state.end_reasoning(&mut give);
        }
        let mut logprobs = piece.logprobs.map(|raw| RawJson::new(raw.get()));
        match std::mem::take(&mut said.content) {
            Content::Text(text) if text.is_empty() => {}
            Content::Text(text) => give(Delta::Text {
                text: text.into_owned(),
                logprobs: logprobs.take(),
            }),
            Content::Parts(list) => {
                let mut found = Vec::new();
                list.iter().for_each(|part| pieces(part, &mut found));
                for part in found {
                    match part {
                        Part::Text(text) | Part::Reasoning(text) if text.is_empty() => {}
                        Part::Text(text) => give(Delta::Text {
                            text: text.into(),
                            logprobs: logprobs.take(),
                        }),
                        Part::Reasoning(text) => give(Delta::Reasoning { text: text.into() }),
                    }
                }
            }
            Content::Absent | Content::Wrong => {
                if let Some(text) = piece.text.filled() {
                    give(Delta::Text {
                        text: text.into(),
                        logprobs: logprobs.take(),
                    });
                }
            }
        }
        if let Some(text) = std::mem::take(&mut said.refusal).filled() {
            give(Delta::Refusal { text: text.into() });
        }
        if logprobs.is_some() {
            // of refusals and of tokens that make no text
            let text = String::new();
            give(Delta::Text { text, logprobs });
        }
        if let Items::List(list) = &said.tool_calls {
            for call in list {
                if let Field::Object(fragment) = call {
                    state.calls.take(fragment, seed, &mut give)?;
                }
            }
        }
        for part in images {
            give(Delta::Part { part: Box::new(part) });
        }
        if let Some(function) = said.function_call {
            state.calls.take(&Fragment::of(function), seed, &mut give)?;
        }
        if !extra.is_empty() {
            give(Delta::Extra { extra });
        }
        if let Some(word) = piece.finish_reason.filled() {
            let reason = stop::read(&word)?;
            // a reason that says more is not overwritten by a late `stop`
            if reason != StopReason::Stop || state.reason.is_none() {
                state.reason = Some(reason);
            }
        }
        Ok(())
    }

    fn end(&mut self, torn: bool, events: &mut Vec<Event>) -> Result<(), Failure> {
        if self.ended {
            return Ok(());
        }
        if let (Some(cohere), false) = (&mut self.cohere, torn) {
            self.ended = true;
            cohere.end(events)?;
            cohere.report_usage(events);
            return Ok(());
        }
        let finished = |choice: &Choice| choice.reason.is_some();
        let complete = !torn
            && if self.done {
                self.choices.iter().any(finished)
            } else {
                !self.choices.is_empty() && self.choices.iter().all(finished)
            };
        if !complete {
            return Err(Failure::new(
                FailureKind::UpstreamDisconnected,
                "The provider closed the stream before its end.",
            ));
        }
        self.ended = true;
        for choice in &mut self.choices {
            let index = choice.index;
            let mut give = |delta| events.push(Event::Delta { choice: index, delta });
            choice.calls.finish(&mut give)?;
            choice.end_reasoning(give);
            let reason = choice.reason.unwrap_or(StopReason::Stop);
            events.push(Event::Finished {
                choice: index,
                reason: with_calls(reason, choice.calls.arguments()),
            });
        }
        self.report_usage(events);
        Ok(())
    }

    fn report_usage(&mut self, events: &mut Vec<Event>) {
        if let Some(cohere) = &mut self.cohere {
            cohere.report_usage(events);
        }
        if let Some((usage, raw)) = self.usage.take() {
            events.push(Event::Usage { usage, raw });
        }
    }
}
