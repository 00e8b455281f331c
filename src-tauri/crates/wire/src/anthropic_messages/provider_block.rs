//! The blocks of a streamed answer while they are open.
//!
//! Blocks are told apart by the provider's index and become deltas as they come, except those that the
//! domain does not model: they are put together here and handed on whole.

use std::borrow::Cow;

use domain::{Delta, Extra, Failure, FailureKind, Part, RawJson, Wire};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::ANSWER_TOOL;
use super::block::REDACTED;
use crate::ids::made_id;
use crate::json::{self, Field, Item, Key, Object, Text};

/// More blocks in one answer than any model makes.
const MAX_BLOCKS: usize = 4096;

/// The `delta` of a block, or of the message.
#[derive(Default)]
pub(super) struct Piece<'a> {
    kind: Text<'a>,
    text: Text<'a>,
    thinking: Text<'a>,
    signature: Text<'a>,
    partial_json: Text<'a>,
    citation: Option<&'a RawValue>,
    pub(super) rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Piece<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "type" => self.kind = map.next_value()?,
            "text" => self.text = map.next_value()?,
            "thinking" => self.thinking = map.next_value()?,
            "signature" => self.signature = map.next_value()?,
            "partial_json" => self.partial_json = map.next_value()?,
            "citation" => self.citation = Some(map.next_value()?),
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

#[derive(Debug)]
enum Kind {
    Text {
        citations: Vec<String>,
        extra: Extra,
    },
    /// The signature as far as it came.
    Thinking {
        signature: String,
        extra: Extra,
    },
    /// What was handed on whole when it began.
    Given,
    Call {
        index: u32,
        /// The input that stood in the block itself, for those who send it whole.
        input: String,
        /// Whether any argument has been handed on.
        written: bool,
    },
    /// The forced tool whose arguments are the answer's text.
    Answer {
        input: String,
        written: bool,
    },
    /// A block that the domain does not model, and the JSON of its input as far as it came.
    Other {
        fields: Extra,
        input: String,
    },
}

#[derive(Debug)]
struct Open {
    index: u64,
    kind: Kind,
}

/// All blocks of an answer.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: Vec<Open>,
    begun: usize,
    /// Arguments of each call so far.
    calls: Vec<String>,
    /// The last block was text: text that follows is another part.
    after_text: bool,
}

impl Blocks {
    /// The calls' arguments so far.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.calls.iter().map(String::as_str)
    }

    /// Whether any block has begun.
    pub(super) fn any(&self) -> bool {
        self.begun > 0
    }

    /// Begins a block. One that is still open under the same index has lost its end, and gets it now.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamFailed`] when it is no block.
    pub(super) fn start(
        &mut self,
        index: Option<u64>,
        block: &RawValue,
        seed: u64,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let index = index.unwrap_or_else(|| self.open.last().map_or(0, |open| open.index + 1));
        self.stop(Some(index), give);
        self.stop_said(give);
        self.begun += 1;
        if self.begun > MAX_BLOCKS {
            return Err(broken("more blocks than an answer has"));
        }
        let fields = json::fields(block).ok_or_else(|| broken("a block that is no object"))?;
        let text = |name: &str| {
            let (_, value) = fields.iter().rev().find(|(key, _)| key == name)?;
            json::text(value).filter(|text| !text.is_empty())
        };
        let rest = |known: &[&str]| {
            let mut extra = Extra::new();
            for (name, value) in &fields {
                if name != "type" && value.get() != "null" && !known.contains(&name.as_ref()) {
                    extra.set(name.as_ref(), RawJson::new(value.get()));
                }
            }
            extra
        };
        let kind = text("type").unwrap_or_default();
        if kind == "text" && std::mem::take(&mut self.after_text) {
            give(Delta::TextExtra { extra: Extra::new() });
        }
        self.after_text = false;
        let kind = match kind.as_ref() {
            "text" => {
                let mut extra = rest(&["text"]);
                let citations = extra.take("citations").map_or_else(Vec::new, |list| {
                    let list = serde_json::from_str::<&RawValue>(list.get())
                        .ok()
                        .and_then(json::items);
                    list.unwrap_or_default()
                        .iter()
                        .map(|citation| citation.get().to_owned())
                        .collect()
                });
                if let Some(text) = text("text") {
                    give(plain(text.into_owned()));
                }
                Kind::Text { citations, extra }
            }
            "thinking" => {
                if let Some(text) = text("thinking") {
                    give(Delta::Reasoning { text: text.into() });
                }
                Kind::Thinking {
                    signature: text("signature").map(String::from).unwrap_or_default(),
                    extra: rest(&["thinking", "signature"]),
                }
            }
            "redacted_thinking" => {
                let mut extra = rest(&["data"]);
                extra.set(REDACTED, RawJson::new("true"));
                give(Delta::ReasoningEnd {
                    signature: text("data").map(String::from),
                    extra,
                });
                Kind::Given
            }
            "tool_use" => {
                let name = text("name").ok_or_else(|| broken("a tool call without a name"))?;
                let input = fields.iter().rev().find(|(key, _)| key == "input");
                let input = input.map_or("{}", |(_, input)| input.get());
                let input = if matches!(input, "null" | r#""""#) {
                    "{}"
                } else {
                    input
                }
                .to_owned();
                if name == ANSWER_TOOL {
                    Kind::Answer {
                        input,
                        written: false,
                    }
                } else {
                    let index = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
                    self.calls.push(String::new());
                    give(Delta::ToolCallStart {
                        index,
                        id: text("id").map_or_else(|| made_id(seed, index), String::from),
                        name: name.into_owned(),
                        extra: rest(&["id", "name", "input"]),
                    });
                    Kind::Call {
                        index,
                        input,
                        written: false,
                    }
                }
            }
            _ => {
                let mut all = Extra::new();
                for (name, value) in &fields {
                    all.set(name.as_ref(), RawJson::new(value.get()));
                }
                Kind::Other {
                    fields: all,
                    input: String::new(),
                }
            }
        };
        self.open.push(Open { index, kind });
        Ok(())
    }

    /// Ends text and thinking that are still open: only calls have been seen to grow side by side.
    fn stop_said(&mut self, give: &mut impl FnMut(Delta)) {
        let said =
            |open: &&Open| matches!(open.kind, Kind::Text { .. } | Kind::Thinking { .. } | Kind::Given);
        while let Some(open) = self.open.iter().find(said) {
            let index = open.index;
            self.stop(Some(index), give);
        }
    }

    /// Takes a piece of a block; of one whose beginning was lost too, if the piece tells what it is.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamFailed`] for a piece of a call that never began.
    pub(super) fn piece(
        &mut self,
        index: Option<u64>,
        piece: Piece<'_>,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let at = match index {
            Some(index) => self.open.iter().rposition(|open| open.index == index),
            None => self.open.len().checked_sub(1),
        };
        let at = match at {
            Some(at) => at,
            None => self.unannounced(index.unwrap_or(0), &piece, give)?,
        };
        let Self { open, calls, .. } = self;
        let Some(open) = open.get_mut(at) else {
            return Ok(());
        };
        match &mut open.kind {
            Kind::Text { citations, extra } => {
                if let Some(text) = piece.text.filled() {
                    give(plain(text.into_owned()));
                }
                citations.extend(piece.citation.map(|citation| citation.get().to_owned()));
                keep(&piece.rest, extra);
            }
            Kind::Thinking { signature, extra } => {
                if let Some(text) = piece.thinking.filled() {
                    give(Delta::Reasoning { text: text.into() });
                }
                signature.push_str(&piece.signature.filled().unwrap_or_default());
                keep(&piece.rest, extra);
            }
            Kind::Given => {}
            Kind::Call { index, written, .. } => {
                if let Some(fragment) = piece.partial_json.filled() {
                    *written = true;
                    if let Some(call) = usize::try_from(*index).ok().and_then(|at| calls.get_mut(at)) {
                        call.push_str(&fragment);
                    }
                    give(Delta::ToolCallArguments {
                        index: *index,
                        fragment: fragment.into(),
                    });
                }
            }
            Kind::Answer { written, .. } => {
                if let Some(fragment) = piece.partial_json.filled() {
                    *written = true;
                    give(plain(fragment.into_owned()));
                }
            }
            Kind::Other { fields, input } => {
                input.push_str(&piece.partial_json.filled().unwrap_or_default());
                for (name, text) in [("text", piece.text), ("thinking", piece.thinking)] {
                    if let Some(text) = text.filled() {
                        append(name, &text, fields);
                    }
                }
                for (name, value) in &piece.rest {
                    match json::text(value) {
                        Some(text) => append(name, &text, fields),
                        None => fields.set(name.as_ref(), RawJson::new(value.get())),
                    }
                }
            }
        }
        Ok(())
    }

    fn unannounced(
        &mut self,
        index: u64,
        piece: &Piece<'_>,
        give: &mut impl FnMut(Delta),
    ) -> Result<usize, Failure> {
        let block = match &piece.kind {
            Text::Str(kind) if kind == "text_delta" => r#"{"type":"text"}"#,
            Text::Str(kind) if kind == "thinking_delta" => r#"{"type":"thinking"}"#,
            Text::Str(kind) if kind == "input_json_delta" => {
                return Err(broken("arguments of a tool call that never began"));
            }
            Text::Str(_) | Text::Absent | Text::Wrong => return Ok(usize::MAX),
        };
        let block: &RawValue =
            serde_json::from_str(block).map_err(|_| broken("a block that is no object"))?;
        self.start(Some(index), block, 0, give)?;
        Ok(self.open.len().saturating_sub(1))
    }

    /// Ends a block.
    pub(super) fn stop(&mut self, index: Option<u64>, give: &mut impl FnMut(Delta)) {
        let at = match index {
            Some(index) => self.open.iter().rposition(|open| open.index == index),
            None => self.open.len().checked_sub(1),
        };
        let Some(at) = at else { return };
        match self.open.remove(at).kind {
            Kind::Text { citations, mut extra } => {
                if !citations.is_empty() {
                    extra.set("citations", RawJson::new(format!("[{}]", citations.join(","))));
                }
                self.after_text = extra.is_empty();
                if !extra.is_empty() {
                    give(Delta::TextExtra { extra });
                }
            }
            Kind::Thinking { signature, extra } => give(Delta::ReasoningEnd {
                signature: Some(signature).filter(|signature| !signature.is_empty()),
                extra,
            }),
            Kind::Given => {}
            // arguments that never came, or stood in the block (W-53)
            Kind::Call {
                index,
                input,
                written,
            } => {
                if !written {
                    if let Some(call) = usize::try_from(index).ok().and_then(|at| self.calls.get_mut(at)) {
                        call.push_str(&input);
                    }
                    give(Delta::ToolCallArguments {
                        index,
                        fragment: input,
                    });
                }
            }
            Kind::Answer { input, written } => {
                if !written {
                    give(plain(input));
                }
            }
            Kind::Other { mut fields, input } => {
                if serde_json::from_str::<&RawValue>(&input).is_ok() {
                    fields.set("input", RawJson::new(input));
                }
                give(Delta::Part {
                    part: Box::new(Part::Opaque {
                        wire: Wire::AnthropicMessages,
                        value: RawJson::new(object(&fields)),
                    }),
                });
            }
        }
    }

    /// Ends all blocks, in the order in which they began.
    pub(super) fn finish(&mut self, give: &mut impl FnMut(Delta)) {
        while let Some(first) = self.open.first() {
            let index = first.index;
            self.stop(Some(index), give);
        }
    }
}

impl<'a> Piece<'a> {
    /// The reason to stop, in the delta of a message.
    pub(super) fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let at = self.rest.iter().position(|(key, _)| key == name)?;
        Some(self.rest.swap_remove(at).1)
    }
}

/// Reads the `delta` of an event; an empty one when it is none.
pub(super) fn piece(raw: Option<&RawValue>) -> Piece<'_> {
    match raw.map(|raw| serde_json::from_str(raw.get())) {
        Some(Ok(Field::Object(piece))) => piece,
        Some(Ok(Field::Null | Field::Wrong) | Err(_)) | None => Piece::default(),
    }
}

fn plain(text: String) -> Delta {
    Delta::Text { text, logprobs: None }
}

fn keep(rest: &[(Cow<'_, str>, &RawValue)], extra: &mut Extra) {
    for (name, value) in rest {
        if value.get() != "null" {
            extra.set(name.as_ref(), RawJson::new(value.get()));
        }
    }
}

fn append(name: &str, more: &str, fields: &mut Extra) {
    let mut text = fields
        .get(name)
        .and_then(|old| old.parse::<String>().ok())
        .unwrap_or_default();
    text.push_str(more);
    let mut out = Vec::new();
    json::write_string(&text, &mut out);
    fields.set(name, RawJson::new(String::from_utf8(out).unwrap_or_default()));
}

fn object(fields: &Extra) -> String {
    let mut out = Vec::new();
    let mut object = Object::open(&mut out);
    object.extra(fields, |_| true);
    object.close();
    String::from_utf8(out).unwrap_or_default()
}

fn broken(what: &str) -> Failure {
    Failure::new(FailureKind::UpstreamFailed, format!("The provider sent {what}."))
}
