//! Messages as a provider of this wire reads them.
//!
//! The domain keeps tool results as parts, this wire as messages of their own, directly after the calls.

use domain::{Extra, Message, Part, Quirks, Role};

use super::client_answer::{joined, write_call};
use super::part;
use super::provider_request::{carries, drops};
use crate::json::Object;
use crate::notes::Notes;

/// Writes the array of messages.
pub(super) fn write_all(messages: &[Message], quirks: &Quirks, out: &mut Vec<u8>, notes: &mut Notes) {
    out.push(b'[');
    let mut list = List { out, first: true };
    for message in messages {
        write(message, quirks, &mut list, notes);
    }
    out.push(b']');
}

struct List<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl List<'_> {
    fn item(&mut self) -> Object<'_> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        Object::open(self.out)
    }
}

fn write(message: &Message, quirks: &Quirks, list: &mut List<'_>, notes: &mut Notes) {
    let results = message.parts.iter().filter_map(|part| {
        if let Part::ToolResult { call_id, parts, .. } = part {
            Some((call_id, parts))
        } else {
            None
        }
    });
    let of_tool = message.role == Role::Tool;
    for (at, (call_id, parts)) in results.enumerate() {
        let mut object = list.item();
        object.literal("role", r#""tool""#);
        object.string("tool_call_id", call_id);
        content(parts.iter(), r#""""#, quirks, &mut object, notes);
        if of_tool && at == 0 {
            extra(message, quirks, &mut object, notes);
        }
        object.close();
    }
    let others = message
        .parts
        .iter()
        .filter(|part| !matches!(part, Part::ToolResult { .. }));
    let any = others.clone().next().is_some();
    if of_tool && any {
        notes.add("parts of tool messages that are no results", "left out");
    }
    if of_tool || (!any && !message.parts.is_empty()) {
        return;
    }
    let mut object = list.item();
    object.string("role", role(message.role, quirks, notes));
    if message.role == Role::Assistant {
        assistant(message, quirks, &mut object, notes);
    } else {
        content(others, r#""""#, quirks, &mut object, notes);
    }
    extra(message, quirks, &mut object, notes);
    object.close();
}

fn role(role: Role, quirks: &Quirks, notes: &mut Notes) -> &'static str {
    if role == Role::Developer && quirks.no_developer_role {
        notes.add("role developer", "sent as system");
        return "system";
    }
    role.as_str()
}

fn assistant(message: &Message, quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    let parts = &message.parts;
    let said = parts.iter().filter(|part| {
        matches!(
            part,
            Part::Text { .. } | Part::Image(_) | Part::File(_) | Part::Audio(_) | Part::Opaque { .. }
        )
    });
    let refusals = || parts.iter().filter(|part| matches!(part, Part::Refusal { .. }));
    if said.clone().next().is_none() {
        object.literal("content", "null");
        if refusals().next().is_some() {
            let texts = refusals().filter_map(|part| {
                if let Part::Refusal { text } = part {
                    Some(text.as_str())
                } else {
                    None
                }
            });
            joined(texts, object.key("refusal"));
        }
    } else {
        content(said.chain(refusals()), "null", quirks, object, notes);
    }
    reasoning(parts, quirks, object, notes);
    let mut calls = parts
        .iter()
        .filter(|part| matches!(part, Part::ToolCall { .. }))
        .peekable();
    if calls.peek().is_none() {
        return;
    }
    let list = object.key("tool_calls");
    list.push(b'[');
    for (at, call) in calls.enumerate() {
        if at > 0 {
            list.push(b',');
        }
        if let Part::ToolCall { extra, .. } = call
            && drops(quirks, extra)
        {
            notes.add("fields of tool calls", "left out, the provider refuses them");
        }
        write_call(call, |name| carries(quirks, name), list);
    }
    list.push(b']');
}

fn reasoning(parts: &[Part], quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    let texts = || {
        parts.iter().filter_map(|part| {
            if let Part::Reasoning { text, .. } = part {
                Some(text.as_str())
            } else {
                None
            }
        })
    };
    if texts().next().is_none() {
        return;
    }
    if quirks.no_reasoning_history {
        notes.add("reasoning", "left out, the provider refuses it");
        return;
    }
    if parts.iter().any(|part| {
        matches!(
            part,
            Part::Reasoning {
                signature: Some(_),
                ..
            }
        )
    }) {
        notes.add("reasoning signature", "left out, this wire has no field for it");
    }
    joined(texts(), object.key("reasoning_content"));
}

/// Writes `content`: a lone text as a string, anything else as an array, nothing as `empty`.
fn content<'p>(
    parts: impl Iterator<Item = &'p Part> + Clone,
    empty: &'static str,
    quirks: &Quirks,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    for part in parts.clone() {
        if matches!(part, Part::Text { extra, .. } if drops(quirks, extra)) {
            notes.add("fields of parts", "left out, the provider refuses them");
        }
    }
    let bare = |extra: &Extra| extra.iter().all(|(name, _)| !carries(quirks, name));
    let mut ahead = parts.clone();
    match (ahead.next(), ahead.next()) {
        (None, _) => return object.literal("content", empty),
        (Some(Part::Text { text, extra }), None) if bare(extra) => return object.string("content", text),
        _ => {}
    }
    let out = object.key("content");
    out.push(b'[');
    for part in parts {
        let start = out.len();
        if out.last() != Some(&b'[') {
            out.push(b',');
        }
        if !part::write(part, |name| carries(quirks, name), out) {
            out.truncate(start);
            notes.add("a part that this wire has no form for", "left out");
        }
    }
    out.push(b']');
}

fn extra(message: &Message, quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    let mut dropped = false;
    object.extra(&message.extra, |name| {
        let ours = matches!(
            name,
            "role"
                | "content"
                | "tool_calls"
                | "tool_call_id"
                | "refusal"
                | "reasoning_content"
                | "function_call"
        );
        let thought = matches!(name, "reasoning" | "reasoning_details" | "thinking_blocks");
        let keep =
            !ours && (carries(quirks, name) || name == "name") && !(thought && quirks.no_reasoning_history);
        dropped |= !keep && !ours;
        keep
    });
    if dropped {
        notes.add("fields of messages", "left out, the provider refuses them");
    }
}
