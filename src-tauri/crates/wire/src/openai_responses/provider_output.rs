//! The items of a stream, each told several times and counted once.
//!
//! Every item remembers how much of it has been handed out, so that whatever is told again adds only what
//! is new. Items may overlap: the one that speaks is the tail, and what a block of reasoning or a text
//! before it has to say at its end is said when another one begins to speak.

use domain::{Delta, Extra, Failure, FailureKind, Part, RawJson, StopReason};
use serde_json::value::RawValue;

use super::carried::Carried;
use super::item::{self, CUSTOM_CALL, Item, PARAGRAPH, UNWRAP, WRAP};
use super::provider_answer::call;
use super::provider_event::Event;
use crate::json;
use crate::stop;

/// More items than any answer holds.
const MAX_ITEMS: usize = 4096;

/// What has been handed out of one part of a message.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) index: u64,
    /// Bytes.
    pub(super) len: usize,
    pub(super) annotations: Vec<String>,
    /// Its fields have been given, or it has none.
    pub(super) closed: bool,
}

#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) index: Option<u64>,
    pub(super) id: Option<String>,
    pub(super) kind: String,
    /// Fields of the item as it began.
    pub(super) fields: Extra,
    /// It is a message directly after another one.
    pub(super) follows: bool,
    /// Parts of a message.
    pub(super) parts: Vec<Said>,
    /// Bytes of a block of reasoning, and the part of it that speaks.
    pub(super) thought: usize,
    pub(super) thought_part: u64,
    /// The reasoning is the model's own words and not a summary.
    pub(super) raw: bool,
    /// The block of reasoning has been ended.
    pub(super) ended: bool,
    /// Index among calls, once it has begun.
    pub(super) call: Option<u32>,
    pub(super) arguments: String,
    /// The arguments are complete.
    pub(super) whole: bool,
    /// The item has been told as a whole.
    pub(super) done: bool,
    /// The last event has told it too.
    pub(super) matched: bool,
}

impl Output {
    pub(super) fn is_call(&self) -> bool {
        self.kind == "function_call" || self.custom()
    }

    pub(super) fn custom(&self) -> bool {
        self.kind == CUSTOM_CALL
    }
}

/// The items of one answer.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    /// What made-up ids are derived from.
    pub(super) seed: u64,
    pub(super) list: Vec<Output>,
    pub(super) tail: Option<usize>,
    pub(super) calls: u32,
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
        if refusal {
            self.refuse(at, index, text, give);
        } else {
            self.say(at, index, text, event.logprobs(), give);
        }
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
        let rest = text.get(len..).unwrap_or_default();
        if refusal {
            self.refuse(at, index, rest, give);
        } else {
            let logprobs = if len == 0 { event.logprobs() } else { None };
            self.say(at, index, rest, logprobs, give);
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

    pub(super) fn find(&self, event: &Event<'_>) -> Option<usize> {
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

    pub(super) fn find_or_begin(&mut self, event: &Event<'_>, kind: &str) -> Result<usize, Failure> {
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

    pub(super) fn begin(&mut self, event: &Event<'_>, item: &Item<'_>) -> Result<usize, Failure> {
        self.push(Output {
            index: event.output_index,
            id: item.id().map(Into::into),
            kind: item.kind().into(),
            fields: item.fields(),
            ..Output::default()
        })
    }

    pub(super) fn push(&mut self, output: Output) -> Result<usize, Failure> {
        if self.list.len() >= MAX_ITEMS {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent more items than can be meant.",
            ));
        }
        self.list.push(output);
        Ok(self.list.len() - 1)
    }

    pub(super) fn said(&mut self, at: usize, index: u64) -> &mut Said {
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
    pub(super) fn leave(&mut self, next: Option<(usize, u64)>, give: &mut impl FnMut(Delta)) {
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

    pub(super) fn say(
        &mut self,
        at: usize,
        index: u64,
        text: &str,
        logprobs: Option<RawJson>,
        give: &mut impl FnMut(Delta),
    ) {
        if text.is_empty() && logprobs.is_none() {
            return;
        }
        self.leave(Some((at, index)), give);
        self.said(at, index).len += text.len();
        let text = text.to_owned();
        give(Delta::Text { text, logprobs });
    }

    pub(super) fn refuse(&mut self, at: usize, index: u64, text: &str, give: &mut impl FnMut(Delta)) {
        if text.is_empty() {
            return;
        }
        self.leave(Some((at, index)), give);
        let said = self.said(at, index);
        said.len += text.len();
        said.closed = true;
        give(Delta::Refusal {
            text: text.to_owned(),
        });
    }

    pub(super) fn think(&mut self, at: usize, before: &str, text: &str, give: &mut impl FnMut(Delta)) {
        self.leave(Some((at, 0)), give);
        self.list[at].thought += before.len() + text.len();
        give(Delta::Reasoning {
            text: format!("{before}{text}"),
        });
    }

    pub(super) fn start_call(
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

    pub(super) fn argue(&mut self, at: usize, fragment: String, give: &mut impl FnMut(Delta)) {
        let output = &mut self.list[at];
        output.arguments.push_str(&fragment);
        if let Some(index) = output.call.filter(|_| !fragment.is_empty()) {
            give(Delta::ToolCallArguments { index, fragment });
        }
    }
}

pub(super) fn close(said: &Said, mut extra: Extra, give: &mut impl FnMut(Delta)) {
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
    pub(super) fn call_id_and_name(&self) -> bool {
        let there = |text: &json::Text<'_>| matches!(text, json::Text::Str(text) if !text.is_empty());
        there(&self.call_id) && there(&self.name)
    }
}
