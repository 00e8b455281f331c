//! Items that are told as a whole: only what their pieces have not told yet is handed out.

use domain::{Delta, Failure, Part};
use serde_json::value::RawValue;

use super::item::{self, CUSTOM_CALL, Item};
use super::provider_answer::{call, joined};
use super::provider_event::Event;
use super::provider_output::{Output, Outputs, close};
use crate::json::Content;

impl Outputs {
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

    /// The arguments of a call are known: what is new of them is handed out.
    pub(super) fn complete_arguments(&mut self, at: usize, whole: &str, give: &mut impl FnMut(Delta)) {
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
                self.say(at, 0, &rest, None, give);
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
                    self.say(at, index, rest, logprobs, give);
                }
                let spoke_last = self.tail == Some(at);
                let said = self.said(at, index);
                if spoke_last && said.len > 0 && !std::mem::replace(&mut said.closed, true) {
                    close(said, extra, give);
                }
            }
            Part::Refusal { text } => {
                if let Some(rest) = text.get(len..) {
                    self.refuse(at, index, rest, give);
                }
            }
            Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Reasoning { .. }
            | Part::ToolCall { .. }
            | Part::ToolResult { .. }
            | Part::Opaque { .. } => {
                self.leave(Some((at, index)), give);
                give(Delta::Part { part: Box::new(part) });
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
