//! One turn of a conversation, block by block (W-161, W-164).

use domain::{Extra, Part, Role, Wire};

use super::block;
use super::provider_message::Marks;
use crate::json::Object;
use crate::notes::Notes;

/// A turn: neighbours of one role, in one message.
pub(super) struct Turn<'r> {
    pub(super) role: Role,
    pub(super) results: Vec<&'r Part>,
    pub(super) parts: Vec<&'r Part>,
    pub(super) extras: Vec<&'r Extra>,
}

/// Appends an item of an array that began at `start`, unless it turns out to be none.
pub(super) fn item(start: usize, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> bool) {
    let before = out.len();
    if before > start {
        out.push(b',');
    }
    if !write(out) {
        out.truncate(before);
    }
}

/// The signature of a reasoning part that this wire takes back; the id is that of another wire's item.
pub(super) fn signature(part: &Part) -> Option<&str> {
    let Part::Reasoning { signature, extra, .. } = part else {
        return None;
    };
    signature
        .as_deref()
        .filter(|signature| !signature.is_empty() && extra.get("id").is_none())
}

/// Whether the part may become a block: empty text is refused, and so is reasoning that nobody signed.
pub(super) fn sendable(part: &Part) -> bool {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => !text.trim().is_empty(),
        Part::Reasoning { .. } => signature(part).is_some(),
        Part::Opaque { wire, .. } => *wire == Wire::AnthropicMessages,
        Part::Audio(_) => false,
        Part::Image(_) | Part::File(_) | Part::ToolCall { .. } | Part::ToolResult { .. } => true,
    }
}

/// Text behind a call would part it from its result, which is refused: calls go last.
pub(super) fn calls_last(parts: &mut Vec<&Part>, notes: &mut Notes) {
    let call = |part: &&Part| matches!(part, Part::ToolCall { .. });
    let first = parts.iter().position(call);
    let behind = first.is_some_and(|first| {
        parts
            .iter()
            .skip(first)
            .any(|part| matches!(part, Part::Text { .. } | Part::Refusal { .. }) && sendable(part))
    });
    if behind {
        notes.add("text behind tool calls", "sent before them");
        let (calls, others): (Vec<&Part>, Vec<&Part>) = parts.iter().partition(|part| call(part));
        *parts = others;
        parts.extend(calls);
    }
}

/// Writes turns, and notes what they lose.
pub(super) struct Writer<'w> {
    /// The request came on this wire.
    pub(super) own: bool,
    pub(super) notes: &'w mut Notes,
    pub(super) marks: &'w mut Marks,
}

impl Writer<'_> {
    /// Writes a turn; `last` when none follows.
    pub(super) fn turn(&mut self, turn: &Turn<'_>, last: bool, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        object.string("role", turn.role.as_str());
        let content = object.key("content");
        content.push(b'[');
        let start = content.len();
        let ended = turn.parts.len();
        for part in &turn.results {
            item(start, content, |out| self.part(part, out));
        }
        for (at, part) in turn.parts.iter().enumerate() {
            let ends = last && turn.role == Role::Assistant && at + 1 == ended;
            item(start, content, |out| self.ending(part, ends, out));
        }
        content.push(b']');
        let mut seen: Vec<&str> = vec!["role", "content"];
        for extra in &turn.extras {
            for (name, value) in extra.iter() {
                if !self.own {
                    self.notes
                        .add("fields of messages", "left out, the provider does not know them");
                } else if !seen.contains(&name) {
                    seen.push(name);
                    object.raw(name, value.get());
                }
            }
        }
        object.close();
    }

    /// White space at the end of an answer that is to be continued is refused.
    fn ending(&mut self, part: &Part, ends: bool, out: &mut Vec<u8>) -> bool {
        if let (Part::Text { text, extra }, true) = (part, ends)
            && text.ends_with(char::is_whitespace)
            && sendable(part)
        {
            self.notes
                .add("white space at the end of the last message", "cut off");
            let part = Part::Text {
                text: text.trim_end().to_owned(),
                extra: extra.clone(),
            };
            return self.part(&part, out);
        }
        self.part(part, out)
    }

    fn part(&mut self, part: &Part, out: &mut Vec<u8>) -> bool {
        if !sendable(part) {
            match part {
                Part::Text { text, .. } | Part::Refusal { text } if text.is_empty() => {}
                Part::Text { .. } | Part::Refusal { .. } => {
                    self.notes.add("texts of white space", "left out")
                }
                Part::Reasoning { .. } => {
                    self.notes
                        .add("reasoning without a signature of this wire", "left out");
                }
                Part::Image(_)
                | Part::File(_)
                | Part::Audio(_)
                | Part::ToolCall { .. }
                | Part::ToolResult { .. }
                | Part::Opaque { .. } => self
                    .notes
                    .add("a part that this wire has no form for", "left out"),
            }
            return false;
        }
        match part {
            Part::Reasoning { text, extra, .. } => {
                let signature = signature(part).unwrap_or_default();
                block::write_thinking(text, signature, extra, &mut |_| self.own, out);
                true
            }
            Part::ToolResult {
                call_id,
                parts,
                is_error,
                extra,
            } => {
                self.result(call_id, parts, *is_error, extra, out);
                true
            }
            Part::ToolCall {
                id,
                name,
                arguments,
                extra,
            } => {
                let call = Part::ToolCall {
                    id: block::call_id(id).into_owned(),
                    name: name.clone(),
                    arguments: arguments.clone(),
                    extra: extra.clone(),
                };
                block::write(&call, &mut |name| self.keep(name), out)
            }
            Part::Text { .. }
            | Part::Refusal { .. }
            | Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Opaque { .. } => block::write(part, &mut |name| self.keep(name), out),
        }
    }

    fn result(&mut self, call_id: &str, parts: &[Part], is_error: bool, extra: &Extra, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        object.literal("type", r#""tool_result""#);
        object.string("tool_use_id", &block::call_id(call_id));
        if parts.iter().any(sendable) {
            let content = object.key("content");
            content.push(b'[');
            let start = content.len();
            for part in parts {
                item(start, content, |out| self.part(part, out));
            }
            content.push(b']');
        }
        if is_error {
            object.bool("is_error", true);
        }
        object.extra(extra, |name| {
            !matches!(name, "type" | "tool_use_id" | "content" | "is_error") && self.keep(name)
        });
        object.close();
    }

    fn keep(&mut self, name: &str) -> bool {
        if name == "cache_control" {
            let keep = self.marks.keep_in_message();
            if !keep {
                self.notes
                    .add("cache marks", "the first ones left out, four are the most");
            }
            return keep;
        }
        if !self.own {
            self.notes
                .add("fields of parts", "left out, the provider does not know them");
        }
        self.own
    }
}
