//! Marks that tell a provider what to cache, for agents that want them (W-165).
//!
//! A cache holds a prompt from its beginning to a mark: tools, then instructions, then messages. So one mark at
//! the end of the agent's instructions serves every conversation, and one at the end of what the user said last
//! serves the next turn of this one. The danger is a fifth mark, for which the provider refuses everything: the
//! caller's own count, and where there are four, none is added.

use domain::{Extra, Message, Part, RawJson, Request, Role};

const MARK: &str = "cache_control";
const MOST: usize = 4;

/// Sets the marks that are missing.
pub(super) fn set(request: &mut Request) {
    let tools = request.tools.iter().map(|tool| &tool.extra);
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let mut count = tools.filter(|extra| marked(extra)).count() + parts.map(marks).sum::<usize>();
    // the agent's own come first
    let instructions = request
        .messages
        .iter_mut()
        .find(|message| message.role.instructs());
    match instructions.and_then(end_of) {
        Some(end) => mark(end, &mut count),
        None => {
            if let Some(tool) = request.tools.last_mut() {
                mark(&mut tool.extra, &mut count);
            }
        }
    }
    let said = request
        .messages
        .iter_mut()
        .rev()
        .find(|message| matches!(message.role, Role::User | Role::Tool));
    if let Some(end) = said.and_then(end_of) {
        mark(end, &mut count);
    }
}

fn mark(end: &mut Extra, count: &mut usize) {
    if *count < MOST && !marked(end) {
        end.set(MARK, RawJson::new(r#"{"type":"ephemeral"}"#));
        *count += 1;
    }
}

fn marked(extra: &Extra) -> bool {
    extra.get(MARK).is_some()
}

fn marks(part: &Part) -> usize {
    let inner = match part {
        Part::ToolResult { parts, .. } => parts.iter().map(marks).sum(),
        Part::Text { .. }
        | Part::Image(_)
        | Part::File(_)
        | Part::Audio(_)
        | Part::Reasoning { .. }
        | Part::Refusal { .. }
        | Part::ToolCall { .. }
        | Part::Opaque { .. } => 0,
    };
    inner + usize::from(extra_of(part).is_some_and(marked))
}

/// Where a mark goes: with the last part that can bear one. An empty text cannot.
fn end_of(message: &mut Message) -> Option<&mut Extra> {
    message.parts.iter_mut().rev().find_map(|part| match part {
        Part::Text { text, extra } if !text.trim().is_empty() => Some(extra),
        Part::Image(media) | Part::File(media) => Some(&mut media.extra),
        Part::ToolResult { extra, .. } => Some(extra),
        Part::Text { .. }
        | Part::Audio(_)
        | Part::Reasoning { .. }
        | Part::Refusal { .. }
        | Part::ToolCall { .. }
        | Part::Opaque { .. } => None,
    })
}

fn extra_of(part: &Part) -> Option<&Extra> {
    match part {
        Part::Text { extra, .. } | Part::ToolCall { extra, .. } | Part::ToolResult { extra, .. } => {
            Some(extra)
        }
        Part::Image(media) | Part::File(media) => Some(&media.extra),
        Part::Audio(_) | Part::Reasoning { .. } | Part::Refusal { .. } | Part::Opaque { .. } => None,
    }
}
