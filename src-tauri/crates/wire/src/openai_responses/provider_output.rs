//! The items of a stream, each told several times and counted once.
//!
//! Every item remembers how much of it has been handed out, so that whatever is told again adds only what
//! is new. Items may overlap: the one that speaks is the tail, and what a block of reasoning or a text
//! before it has to say at its end is said when another one begins to speak.

use domain::{Delta, Extra, Failure, FailureKind, Part, RawJson, StopReason};
use serde_json::value::RawValue;

use super::carried::Carried;
use super::item::{self, CUSTOM_CALL, Item, PARAGRAPH, UNWRAP, WRAP};
use super::provider_answer::{call, joined};
use super::provider_event::Event;
use crate::json::{self, Content};
use crate::stop;

/// More items than any answer holds.
const MAX_ITEMS: usize = 4096;

/// What has been handed out of one part of a message.
#[derive(Debug, Default)]
struct Said {
    index: u64,
    /// Bytes.
    len: usize,
    annotations: Vec<String>,
    /// Its fields have been given, or it has none.
    closed: bool,
}

#[derive(Debug, Default)]
struct Output {
    index: Option<u64>,
    id: Option<String>,
    kind: String,
    /// Fields of the item as it began.
    fields: Extra,
    /// It is a message directly after another one.
    follows: bool,
    /// Parts of a message.
    parts: Vec<Said>,
    /// Bytes of a block of reasoning, and the part of it that speaks.
    thought: usize,
    thought_part: u64,
    /// The reasoning is the model's own words and not a summary.
    raw: bool,
    /// The block of reasoning has been ended.
    ended: bool,
    /// Index among calls, once it has begun.
    call: Option<u32>,
    arguments: String,
    /// The arguments are complete.
    whole: bool,
    /// The item has been told as a whole.
    done: bool,
    /// The last event has told it too.
    matched: bool,
}

impl Output {
    fn is_call(&self) -> bool {
        self.kind == "function_call" || self.custom()
    }

    fn custom(&self) -> bool {
        self.kind == CUSTOM_CALL
    }
}

/// The items of one answer.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    /// What made-up ids are derived from.
    pub(super) seed: u64,
    list: Vec<Output>,
    tail: Option<usize>,
    calls: u32,
}

impl Outputs {
    /// An item begins.
    pub(super) fn added(
        &mut self,
        event: &Event<'_>,
        raw: &RawValue,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let Some(item) = Item::parse(raw) else {
            return Ok(());
        };
        let at = self.begin(event, &item)?;
        if self.list[at].is_call() && item.call_id_and_name() {
            self.start_call(at, &item, give)?;
        }
        Ok(())
    }

    /// An item is told as a whole.
    pub(super) fn done(
        &mut self,
        event: &Event<'_>,
        raw: &RawValue,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let Some(item) = Item::parse(raw) else {
            return Ok(());
        };
        let found = self.find(event).filter(|at| {
            let output = &self.list[*at];
            output.kind == item.kind() && !output.done
        });
        let at = match found {
            Some(at) => at,
            None => self.begin(event, &item)?,
        };
        self.complete(at, raw, &item, give)
    }

    /// The last event tells all items once more, at some providers with other ids, at others none of them.
    pub(super) fn told_again(
        &mut self,
        items: Vec<&RawValue>,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        for raw in items {
            let Some(item) = Item::parse(raw) else { continue };
            let same = |output: &Output| !output.matched && output.kind == item.kind();
            let id = item.id();
            let found = self
                .list
                .iter()
                .position(|output| {
                    same(output) && output.id.is_some() && output.id.as_deref() == id.as_deref()
                })
                .or_else(|| self.list.iter().position(same));
            let at = match found {
                Some(at) => at,
                None => self.begin(&Event::default(), &item)?,
            };
            self.list[at].matched = true;
            if !self.list[at].done {
                self.complete(at, raw, &item, give)?;
            }
        }
        Ok(())
    }

    /// Everything is told: calls without arguments get `{}`. Returns the reason with calls taken into
    /// account.
    ///
    /// # Errors
    /// When a call never got a name.
    pub(super) fn end(
        &mut self,
        reason: StopReason,
        give: &mut impl FnMut(Delta),
    ) -> Result<StopReason, Failure> {
        self.leave(None, give);
        for output in self.list.iter_mut().filter(|output| output.is_call()) {
            let Some(index) = output.call else {
                return Err(nameless());
            };
            let rest = match (output.whole, output.custom(), output.arguments.is_empty()) {
                (false, true, true) => format!("{WRAP}{UNWRAP}"),
                (false, true, false) if reason == StopReason::Stop => UNWRAP.into(),
                (_, false, true) => "{}".into(),
                (true, _, _) | (false, _, false) => continue,
            };
            output.arguments.push_str(&rest);
            give(Delta::ToolCallArguments {
                index,
                fragment: rest,
            });
        }
        let calls = self.list.iter().filter(|output| output.is_call());
        Ok(stop::with_calls(
            reason,
            calls.map(|output| output.arguments.as_str()),
        ))
    }

    /// More text of a message.
    pub(super) fn text(
        &mut self,
        event: &Event<'_>,
        text: &str,
        refusal: bool,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let at = self.find_or_begin(event, "message")?;
        let index = event.part_index.unwrap_or(0);
        self.say(at, index, text, refusal, event.logprobs(), give);
        Ok(())
    }

    /// The text of a message, told as a whole: only what is new is handed out.
    pub(super) fn whole_text(
        &mut self,
        event: &Event<'_>,
        text: &str,
        refusal: bool,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let at = self.find_or_begin(event, "message")?;
        let index = event.part_index.unwrap_or(0);
        let len = self.said(at, index).len;
        if let Some(rest) = text.get(len..) {
            let logprobs = if len == 0 { event.logprobs() } else { None };
            self.say(at, index, rest, refusal, logprobs, give);
        }
        Ok(())
    }

    /// An annotation of a text.
    pub(super) fn annotation(&mut self, event: &Event<'_>) -> Result<(), Failure> {
        let Some(annotation) = event.annotation else {
            return Ok(());
        };
        let at = self.find_or_begin(event, "message")?;
        let said = self.said(at, event.part_index.unwrap_or(0));
        said.annotations.push(annotation.get().to_owned());
        Ok(())
    }

    /// More reasoning; `raw` when it is no summary. Who shows both shows one of them to us.
    pub(super) fn thought(
        &mut self,
        event: &Event<'_>,
        text: &str,
        raw: bool,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let at = self.find_or_begin(event, "reasoning")?;
        let output = &mut self.list[at];
        if output.ended || (output.thought > 0 && output.raw != raw) || text.is_empty() {
            return Ok(());
        }
        output.raw = raw;
        let part = event.part_index.unwrap_or(0);
        let next = !raw && output.thought > 0 && output.thought_part != part;
        output.thought_part = part;
        self.think(at, if next { PARAGRAPH } else { "" }, text, give);
        Ok(())
    }

    /// More of a call's arguments or input.
    pub(super) fn arguments(
        &mut self,
        event: &Event<'_>,
        kind: &str,
        fragment: &str,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let at = self.find_or_begin(event, kind)?;
        let output = &mut self.list[at];
        if fragment.is_empty() || output.whole {
            return Ok(());
        }
        let mut piece = Vec::new();
        if output.custom() {
            if output.arguments.is_empty() {
                piece.extend_from_slice(WRAP.as_bytes());
            }
            json::write_escaped(fragment, &mut piece);
        } else {
            piece.extend_from_slice(fragment.as_bytes());
        }
        let piece = String::from_utf8_lossy(&piece).into_owned();
        self.argue(at, piece, give);
        Ok(())
    }

    /// The arguments or the input of a call, told as a whole.
    pub(super) fn whole_arguments(
        &mut self,
        event: &Event<'_>,
        kind: &str,
        text: &str,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let at = self.find_or_begin(event, kind)?;
        let whole = if self.list[at].custom() {
            item::wrapped(text)
        } else {
            text.to_owned()
        };
        self.complete_arguments(at, &whole, give);
        Ok(())
    }

    fn find(&self, event: &Event<'_>) -> Option<usize> {
        let id = match &event.item_id {
            json::Text::Str(id) => Some(id.as_ref()),
            json::Text::Absent | json::Text::Wrong => None,
        };
        let by_index = event
            .output_index
            .and_then(|index| self.list.iter().rposition(|output| output.index == Some(index)));
        by_index.or_else(|| {
            self.list
                .iter()
                .rposition(|output| id.is_some() && output.id.as_deref() == id)
        })
    }

    fn find_or_begin(&mut self, event: &Event<'_>, kind: &str) -> Result<usize, Failure> {
        let latest = || {
            let nothing = event.output_index.is_none() && matches!(event.item_id, json::Text::Absent);
            self.list.len().checked_sub(1).filter(|_| nothing)
        };
        match self.find(event).or_else(latest) {
            Some(at) if self.list[at].kind == kind => Ok(at),
            Some(_) | None => self.push(Output {
                index: event.output_index,
                id: super::provider_answer::filled(&event.item_id),
                kind: kind.into(),
                ..Output::default()
            }),
        }
    }

    fn begin(&mut self, event: &Event<'_>, item: &Item<'_>) -> Result<usize, Failure> {
        self.push(Output {
            index: event.output_index,
            id: item.id().map(Into::into),
            kind: item.kind().into(),
            fields: item.fields(),
            ..Output::default()
        })
    }

    fn push(&mut self, output: Output) -> Result<usize, Failure> {
        if self.list.len() >= MAX_ITEMS {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent more items than can be meant.",
            ));
        }
        self.list.push(output);
        Ok(self.list.len() - 1)
    }

    fn said(&mut self, at: usize, index: u64) -> &mut Said {
        let parts = &mut self.list[at].parts;
        let place = match parts.iter().rposition(|part| part.index == index) {
            Some(place) => place,
            None => {
                parts.push(Said {
                    index,
                    ..Said::default()
                });
                parts.len() - 1
            }
        };
        &mut parts[place]
    }

    /// Item `at` (part `part`) is going to speak: whoever spoke before says what is left to say.
    fn leave(&mut self, next: Option<(usize, u64)>, give: &mut impl FnMut(Delta)) {
        let Some(tail) = self.tail else {
            self.tail = next.map(|(at, _)| at);
            return;
        };
        let output = &mut self.list[tail];
        let same = next.is_some_and(|(at, _)| at == tail);
        if output.kind == "reasoning" && !output.ended && !same {
            output.ended = true;
            let mut extra = output.fields.clone();
            if output.raw {
                extra.set("summary", RawJson::new("[]"));
            }
            give(Delta::ReasoningEnd {
                signature: None,
                extra,
            });
        }
        if output.kind == "message" {
            let fields = output.fields.clone();
            for (place, said) in output.parts.iter_mut().enumerate() {
                if said.closed || said.len == 0 || next == Some((tail, said.index)) {
                    continue;
                }
                said.closed = true;
                let mut extra = Extra::new();
                let carried = if place == 0 {
                    Carried::item(fields.clone())
                } else {
                    Carried::default()
                };
                carried.put(output.follows, &mut extra);
                close(said, extra, give);
            }
        }
        let follows = output.kind == "message";
        if let Some((at, _)) = next {
            if !same && self.list[at].parts.iter().all(|said| said.len == 0) {
                self.list[at].follows = follows;
            }
            self.tail = Some(at);
        }
    }

    fn say(
        &mut self,
        at: usize,
        index: u64,
        text: &str,
        refusal: bool,
        logprobs: Option<RawJson>,
        give: &mut impl FnMut(Delta),
    ) {
        if text.is_empty() && logprobs.is_none() {
            return;
        }
        self.leave(Some((at, index)), give);
        let said = self.said(at, index);
        said.len += text.len();
        said.closed |= refusal;
        let text = text.to_owned();
        give(if refusal {
            Delta::Refusal { text }
        } else {
            Delta::Text { text, logprobs }
        });
    }

    fn think(&mut self, at: usize, before: &str, text: &str, give: &mut impl FnMut(Delta)) {
        self.leave(Some((at, 0)), give);
        self.list[at].thought += before.len() + text.len();
        give(Delta::Reasoning {
            text: format!("{before}{text}"),
        });
    }

    fn start_call(
        &mut self,
        at: usize,
        item: &Item<'_>,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let Part::ToolCall { id, name, extra, .. } = call(item, self.seed, at)? else {
            return Ok(());
        };
        self.leave(Some((at, 0)), give);
        let index = self.calls;
        self.calls += 1;
        let output = &mut self.list[at];
        output.call = Some(index);
        give(Delta::ToolCallStart {
            index,
            id,
            name,
            extra,
        });
        if !output.arguments.is_empty() {
            // they came before the name
            give(Delta::ToolCallArguments {
                index,
                fragment: output.arguments.clone(),
            });
        }
        Ok(())
    }

    fn argue(&mut self, at: usize, fragment: String, give: &mut impl FnMut(Delta)) {
        let output = &mut self.list[at];
        output.arguments.push_str(&fragment);
        if let Some(index) = output.call.filter(|_| !fragment.is_empty()) {
            give(Delta::ToolCallArguments { index, fragment });
        }
    }

    fn complete_arguments(&mut self, at: usize, whole: &str, give: &mut impl FnMut(Delta)) {
        let rest = whole.strip_prefix(self.list[at].arguments.as_str());
        let rest = rest.map(str::to_owned).filter(|_| !whole.is_empty());
        self.list[at].whole |= !whole.is_empty();
        if let Some(rest) = rest {
            self.argue(at, rest, give);
        }
    }

    fn complete(
        &mut self,
        at: usize,
        raw: &RawValue,
        item: &Item<'_>,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        self.list[at].done = true;
        match item.kind() {
            "message" => self.complete_message(at, item, give),
            "reasoning" => self.complete_reasoning(at, item, give),
            "function_call" | CUSTOM_CALL => {
                if self.list[at].call.is_none() {
                    self.start_call(at, item, give)?;
                }
                if let Part::ToolCall { arguments, .. } = call(item, self.seed, at)? {
                    self.complete_arguments(at, &arguments, give);
                }
            }
            "image_generation_call" => {
                self.leave(Some((at, 0)), give);
                let part = Box::new(item::image(raw).unwrap_or_else(|| item::opaque(raw)));
                give(Delta::Part { part });
            }
            _ => {
                self.leave(Some((at, 0)), give);
                let part = Box::new(item::opaque(raw));
                give(Delta::Part { part });
            }
        }
        Ok(())
    }

    fn complete_message(&mut self, at: usize, item: &Item<'_>, give: &mut impl FnMut(Delta)) {
        let mut fields = item.fields();
        // what only the beginning told
        for (name, value) in self.list[at].fields.iter() {
            if fields.get(name).is_none() {
                fields.set(name, value.clone());
            }
        }
        self.list[at].fields = fields.clone();
        let mut fields = Some(fields);
        match &item.content {
            Content::Text(text) => {
                let rest = text.get(self.said(at, 0).len..).unwrap_or_default().to_owned();
                self.say(at, 0, &rest, false, None, give);
            }
            Content::Parts(list) => {
                for (index, raw) in (0_u64..).zip(list) {
                    let begins = self.list[at].follows || self.begins_behind_text(at);
                    let (part, logprobs) = item::said(raw, fields.take(), begins);
                    self.complete_part(at, index, part, logprobs, give);
                }
            }
            Content::Absent | Content::Wrong => {}
        }
        if self.tail == Some(at) {
            self.leave(None, give);
        }
    }

    /// Whether a message that has said nothing yet would begin directly after another one.
    fn begins_behind_text(&self, at: usize) -> bool {
        self.tail
            .is_some_and(|tail| tail != at && self.list[tail].kind == "message")
    }

    fn complete_part(
        &mut self,
        at: usize,
        index: u64,
        part: Part,
        logprobs: Option<&RawValue>,
        give: &mut impl FnMut(Delta),
    ) {
        let len = self.said(at, index).len;
        match part {
            Part::Text { text, extra } => {
                if let Some(rest) = text.get(len..) {
                    let logprobs = logprobs.filter(|_| len == 0).and_then(|raw| joined(&[raw]));
                    self.say(at, index, rest, false, logprobs, give);
                }
                let spoke_last = self.tail == Some(at);
                let said = self.said(at, index);
                if spoke_last && said.len > 0 && !std::mem::replace(&mut said.closed, true) {
                    close(said, extra, give);
                }
            }
            Part::Refusal { text } => {
                if let Some(rest) = text.get(len..) {
                    self.say(at, index, rest, true, None, give);
                }
            }
            other => {
                self.leave(Some((at, index)), give);
                give(Delta::Part {
                    part: Box::new(other),
                });
            }
        }
    }

    fn complete_reasoning(&mut self, at: usize, item: &Item<'_>, give: &mut impl FnMut(Delta)) {
        let Part::Reasoning {
            text,
            signature,
            extra,
        } = item.reasoning()
        else {
            return;
        };
        let output = &self.list[at];
        if output.ended {
            // somebody else has spoken meanwhile; only a signature is worth a block of its own
            if signature.is_some() {
                self.leave(Some((at, 0)), give);
                give(Delta::ReasoningEnd { signature, extra });
            }
            return;
        }
        if let Some(rest) = text.get(output.thought..).filter(|rest| !rest.is_empty()) {
            self.think(at, "", rest, give);
        }
        self.leave(Some((at, 0)), give);
        self.list[at].ended = true;
        give(Delta::ReasoningEnd { signature, extra });
    }
}

fn close(said: &Said, mut extra: Extra, give: &mut impl FnMut(Delta)) {
    if extra.get("annotations").is_none() && !said.annotations.is_empty() {
        let list = format!("[{}]", said.annotations.join(","));
        extra.set("annotations", RawJson::new(list));
    }
    if !extra.is_empty() {
        give(Delta::TextExtra { extra });
    }
}

fn nameless() -> Failure {
    Failure::new(
        FailureKind::UpstreamFailed,
        "The provider sent a tool call without a name.",
    )
}

impl Item<'_> {
    /// Whether the call can begin: what comes later adds only arguments.
    fn call_id_and_name(&self) -> bool {
        let there = |text: &json::Text<'_>| matches!(text, json::Text::Str(text) if !text.is_empty());
        there(&self.call_id) && there(&self.name)
    }
}
