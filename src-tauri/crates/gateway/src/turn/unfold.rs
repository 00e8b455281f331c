//! An answer for which tools were run, as the model must see it again.
//!
//! For people and callers it is one answer, and so it is stored as one message, with the calls and their results where
//! they came. A provider wants what really happened: the model's words with its calls, the results, its next words.

use std::borrow::Cow;

use domain::{Extra, Message, Part, Request, Role};

/// The request with every such answer taken apart.
pub(super) fn unfold(request: &mut Cow<'_, Request>) {
    if request
        .messages
        .iter()
        .all(|message| message.own_calls().is_empty())
    {
        return;
    }
    let request = request.to_mut();
    let messages = std::mem::take(&mut request.messages);
    request.messages = messages.into_iter().flat_map(apart).collect();
}

/// The model's words and its tools' in turn. The caller's calls end it, whose results follow in the conversation.
pub(super) fn apart(message: Message) -> Vec<Message> {
    let own: Vec<String> = message.own_calls().into_iter().map(str::to_owned).collect();
    if own.is_empty() {
        return vec![message];
    }
    let Message { role, parts, extra } = message;
    let mut messages: Vec<Message> = Vec::new();
    for part in parts {
        let speaker = if matches!(part, Part::ToolResult { .. }) {
            Role::Tool
        } else {
            role
        };
        match messages.last_mut() {
            // each result is a message of its own, as callers send them
            Some(last) if last.role == speaker && speaker != Role::Tool => last.parts.push(part),
            Some(_) | None => messages.push(Message {
                role: speaker,
                parts: vec![part],
                // who made it is known of each
                extra: if speaker == role {
                    extra.clone()
                } else {
                    Extra::new()
                },
            }),
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(id: &str) -> Part {
        Part::ToolCall {
            id: id.into(),
            name: "f".into(),
            arguments: "{}".into(),
            extra: Extra::new(),
        }
    }

    fn result(id: &str) -> Part {
        Part::ToolResult {
            call_id: id.into(),
            parts: vec![Part::text("ok")],
            is_error: false,
            extra: Extra::new(),
        }
    }

    fn said(parts: Vec<Part>) -> Message {
        Message {
            role: Role::Assistant,
            parts,
            extra: Extra::new(),
        }
    }

    #[test]
    fn words_and_results_take_turns() {
        let (text, end) = (Part::text("Let me see."), Part::text("It is noon."));
        let folded = said(vec![
            text.clone(),
            call("a"),
            call("b"),
            result("a"),
            result("b"),
            end.clone(),
        ]);
        let roles: Vec<_> = apart(folded)
            .into_iter()
            .map(|one| (one.role, one.parts))
            .collect();
        assert_eq!(
            roles,
            [
                (Role::Assistant, vec![text, call("a"), call("b")]),
                (Role::Tool, vec![result("a")]),
                (Role::Tool, vec![result("b")]),
                (Role::Assistant, vec![end]),
            ]
        );
    }

    #[test]
    fn an_ordinary_answer_stays_as_it_is() {
        let message = said(vec![Part::text("Hi"), call("caller's")]);
        assert_eq!(apart(message.clone()), [message]);
    }
}
