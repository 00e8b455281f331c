//! A provider's stream, from bytes in whatever pieces the network gives to canonical events.
//!
//! Converse says that it stops (`messageStop`) before it says what it cost (`metadata`), and may fail in
//! between. So the finish is held back until both have come; a connection that closes before, or inside a
//! frame, has broken off (REL-03). Text and calls are never held back.

use domain::{Delta, Event, Extra, Failure, FailureKind, RawJson, StopReason, Usage};
use serde_json::value::RawValue;

use super::provider_answer::{Fields, carried, decode_answer};
use super::provider_block::Block;
use super::{failure, stop, usage};
use crate::eventstream::{Frame, Parser};
use crate::ids::{fnv, made_id};
use crate::json;
use crate::sse::MAX_EVENT;
use crate::stop::with_calls;

/// More blocks at once, and more calls in one turn, than any model makes.
const MAX_BLOCKS: usize = 1024;

/// Converse gives one answer.
const CHOICE: u32 = 0;

#[derive(Debug, Default)]
struct State {
    started: bool,
    done: bool,
    seed: u64,
    /// Blocks that have begun and not ended, by their index.
    open: Vec<(u64, Block)>,
    /// Arguments of each call so far.
    calls: Vec<String>,
    reason: Option<StopReason>,
    metadata: bool,
    usage: Option<(Usage, RawJson)>,
    extra: Extra,
    /// Bytes that are kept until their block ends.
    kept: usize,
}

/// Reads the body of a streamed response.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    parser: Parser,
    state: State,
    /// Something but blanks has come.
    begun: bool,
    /// A body that is one JSON document instead of a stream.
    whole: Option<Vec<u8>>,
}

impl StreamDecoder {
    /// A decoder at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and appends what they mean to `events`.
    ///
    /// # Errors
    /// What the provider says when it sends an exception, else [`FailureKind::UpstreamFailed`] when it sends
    /// nonsense. Events appended before the failure are good; usage is among them when it was reported.
    /// The decoder is of no use after an error.
    pub fn push(&mut self, mut chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Failure> {
        if !self.begun {
            // no frame that may be believed begins with a blank or a bracket: its length would be absurd
            chunk = chunk.trim_ascii_start();
            let Some(first) = chunk.first() else {
                return Ok(());
            };
            self.begun = true;
            if *first == b'{' {
                self.whole = Some(Vec::new());
            }
        }
        if let Some(whole) = &mut self.whole {
            whole.extend_from_slice(chunk);
            if whole.len() > MAX_EVENT {
                return Err(too_large());
            }
            return Ok(());
        }
        let state = &mut self.state;
        let outcome = self.parser.push(chunk, |frame| state.frame(&frame, events));
        if outcome.is_err() {
            state.report_usage(events);
        }
        outcome
    }

    /// Ends the stream at the end of the connection.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamDisconnected`] unless the answer has stopped and its metadata has come.
    pub fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        if let Some(whole) = self.whole.take() {
            events.extend(decode_answer(&whole)?.into_events());
            self.state.done = true;
            return Ok(());
        }
        if self.state.done {
            return Ok(());
        }
        self.state.report_usage(events);
        Err(Failure::new(
            FailureKind::UpstreamDisconnected,
            "The provider closed the stream before its end.",
        ))
    }

    /// Whether the provider has said that nothing follows.
    pub fn is_done(&self) -> bool {
        self.state.done
    }
}

fn too_large() -> Failure {
    Failure::new(
        FailureKind::UpstreamFailed,
        "The provider sent an answer of more than 8 MiB.",
    )
}

impl State {
    fn frame(&mut self, frame: &Frame<'_>, events: &mut Vec<Event>) -> Result<(), Failure> {
        // whatever follows the end means nothing
        if self.done {
            return Ok(());
        }
        if matches!(frame.message_type, "exception" | "error") {
            return Err(failure::read(frame));
        }
        let text = String::from_utf8_lossy(frame.payload);
        let mended = json::without_lone_surrogates(&text);
        let text = mended.as_deref().unwrap_or(&text);
        let not_json = || {
            Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent an event that is not JSON.",
            )
        };
        let raw: &RawValue = serde_json::from_str(text).map_err(|_| not_json())?;
        let fields = Fields::of(raw).ok_or_else(not_json)?;
        if !self.started && EVENTS.contains(&frame.name) {
            self.started = true;
            // padded by the provider with something else each time
            self.seed = fnv(0, frame.payload);
            events.push(Event::Started {
                id: None,
                model: None,
                extra: Extra::new(),
            });
        }
        let mut give = |delta| {
            events.push(Event::Delta {
                choice: CHOICE,
                delta,
            });
        };
        match frame.name {
            "contentBlockStart" => self.begin(&fields, &mut give)?,
            "contentBlockDelta" => self.delta(&fields, &mut give)?,
            "contentBlockStop" => {
                if let Some(at) = self.place(index(&fields)) {
                    self.end(at, &mut give)?;
                }
            }
            "messageStop" => {
                self.reason = Some(stop::read(&fields.text("stopReason").unwrap_or_default())?);
                self.keep_extra(&fields);
            }
            "metadata" => {
                self.metadata = true;
                if let Some(usage) = fields.get("usage").and_then(usage::read) {
                    self.usage = Some(usage);
                }
                self.keep_extra(&fields);
            }
            // `messageStart`, and events that we do not know yet
            _ => {}
        }
        if self.reason.is_some() && self.metadata {
            self.complete(events)?;
        }
        Ok(())
    }

    fn keep_extra(&mut self, fields: &Fields<'_>) {
        for (name, value) in carried(fields).iter() {
            self.extra.set(name, value.clone());
        }
    }

    fn place(&self, index: u64) -> Option<usize> {
        self.open.iter().position(|(open, _)| *open == index)
    }

    fn open(&mut self, index: u64, block: Block) -> Result<usize, Failure> {
        if self.open.len() >= MAX_BLOCKS {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent more blocks at once than can be meant.",
            ));
        }
        self.open.push((index, block));
        Ok(self.open.len() - 1)
    }

    fn begin(&mut self, fields: &Fields<'_>, give: &mut impl FnMut(Delta)) -> Result<(), Failure> {
        let index = index(fields);
        // an index that begins again has ended
        if let Some(at) = self.place(index) {
            self.end(at, give)?;
        }
        let Some(start) = fields.inside("start") else {
            return Ok(());
        };
        let Some(mut block) = Block::begin(&start)? else {
            return Ok(());
        };
        if let Block::Call { call, id, name } = &mut block {
            *call = self.begin_call(id.take(), std::mem::take(name), give)?;
        }
        self.open(index, block)?;
        Ok(())
    }

    fn begin_call(
        &mut self,
        id: Option<String>,
        name: String,
        give: &mut impl FnMut(Delta),
    ) -> Result<u32, Failure> {
        if self.calls.len() >= MAX_BLOCKS {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent more tool calls than can be meant.",
            ));
        }
        let index = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        self.calls.push(String::new());
        give(Delta::ToolCallStart {
            index,
            id: id.unwrap_or_else(|| made_id(self.seed, index)),
            name,
            extra: Extra::new(),
        });
        Ok(index)
    }

    fn delta(&mut self, fields: &Fields<'_>, give: &mut impl FnMut(Delta)) -> Result<(), Failure> {
        let Some(delta) = fields.inside("delta") else {
            return Ok(());
        };
        let index = index(fields);
        let at = match self.place(index) {
            Some(at) => at,
            // blocks of text and reasoning are not announced
            None => self.open(index, Block::unannounced(&delta))?,
        };
        let Some((_, block)) = self.open.get_mut(at) else {
            return Ok(());
        };
        if let Block::Call { call, .. } = block {
            let fragment = delta.inside("toolUse").and_then(|call| call.text("input"));
            if let Some(fragment) = fragment.filter(|text| !text.is_empty()) {
                self.kept += fragment.len();
                if let Some(arguments) = usize::try_from(*call).ok().and_then(|at| self.calls.get_mut(at)) {
                    arguments.push_str(&fragment);
                }
                give(Delta::ToolCallArguments {
                    index: *call,
                    fragment,
                });
            }
        } else {
            self.kept += block.take(&delta, give);
        }
        if self.kept > MAX_EVENT {
            return Err(too_large());
        }
        Ok(())
    }

    fn end(&mut self, at: usize, give: &mut impl FnMut(Delta)) -> Result<(), Failure> {
        let (_, block) = self.open.remove(at);
        if let Block::Call { call, .. } = block {
            let place = usize::try_from(call).unwrap_or(usize::MAX);
            if let Some(arguments) = self.calls.get_mut(place).filter(|text| text.is_empty()) {
                arguments.push_str("{}");
                give(Delta::ToolCallArguments {
                    index: call,
                    fragment: "{}".into(),
                });
            }
            return Ok(());
        }
        block.end(give)
    }

    fn complete(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        let mut give = |delta| {
            events.push(Event::Delta {
                choice: CHOICE,
                delta,
            });
        };
        while !self.open.is_empty() {
            self.end(0, &mut give)?;
        }
        if !self.extra.is_empty() {
            give(Delta::Extra {
                extra: std::mem::take(&mut self.extra),
            });
        }
        let reason = self.reason.unwrap_or(StopReason::Stop);
        events.push(Event::Finished {
            choice: CHOICE,
            reason: with_calls(reason, self.calls.iter().map(String::as_str)),
        });
        self.done = true;
        self.report_usage(events);
        Ok(())
    }

    fn report_usage(&mut self, events: &mut Vec<Event>) {
        if let Some((usage, raw)) = self.usage.take() {
            events.push(Event::Usage { usage, raw });
        }
    }
}

/// Events that belong to an answer.
const EVENTS: &[&str] = &[
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
];

fn index(fields: &Fields<'_>) -> u64 {
    fields
        .get("contentBlockIndex")
        .and_then(|index| index.get().parse().ok())
        .unwrap_or(0)
}
