//! What in a message only its maker can read, and what of an answer its maker wants back.
//!
//! Providers invent names for it, and a field that is missing is an error in the next turn, so fields are
//! known by what their names speak of and not by a list (W-164, W-168, W-172, W-173).

use domain::{Extra, Message, Part};
use serde_json::Value;

/// Whether a field of a message, text or call belongs to the model's reasoning.
pub(in crate::turn) fn is_thought(name: &str) -> bool {
    name == "extra_content"
        || ["reasoning", "thinking", "thought", "signature"]
            .iter()
            .any(|word| name.contains(word))
}

/// Those of the fields that belong to the model's reasoning.
pub(in crate::turn) fn thoughts(extra: &Extra) -> Extra {
    let mut kept = Extra::new();
    for (name, value) in extra.iter().filter(|(name, _)| is_thought(name)) {
        kept.set(name, value.clone());
    }
    kept
}

/// What a provider wants back of an answer: its reasoning whole, and bare marks of where texts and calls
/// stood. `None` when it holds no reasoning, as most do.
pub(super) fn outline(message: &Message) -> Option<(Vec<Part>, Extra)> {
    let thinks = |extra: &Extra| extra.iter().any(|(name, _)| is_thought(name));
    let any = thinks(&message.extra)
        || message.parts.iter().any(|part| match part {
            Part::Reasoning {
                text,
                signature,
                extra,
            } => !text.is_empty() || signature.is_some() || !extra.is_empty(),
            Part::Text { extra, .. } | Part::ToolCall { extra, .. } => thinks(extra),
            Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Refusal { .. }
            | Part::ToolResult { .. }
            | Part::Opaque { .. } => false,
        });
    any.then(|| {
        (
            message.parts.iter().filter_map(mark).collect(),
            thoughts(&message.extra),
        )
    })
}

fn mark(part: &Part) -> Option<Part> {
    match part {
        // a search that ran at the provider, say: it stands among the reasoning, and its order counts
        Part::Reasoning { .. } | Part::Opaque { .. } => Some(part.clone()),
        Part::Text { extra, .. } => Some(Part::Text {
            text: String::new(),
            extra: thoughts(extra),
        }),
        Part::ToolCall { id, name, extra, .. } => Some(Part::ToolCall {
            id: id.clone(),
            name: name.clone(),
            arguments: String::new(),
            extra: thoughts(extra),
        }),
        Part::Refusal { .. } => Some(Part::text("")),
        Part::Image(_) | Part::File(_) | Part::Audio(_) | Part::ToolResult { .. } => None,
    }
}

/// Each seal in the message: the signatures and sealed forms, as bare texts, since clients write JSON anew.
pub(super) fn seals(message: &Message) -> Vec<String> {
    let mut found = Vec::new();
    fields(&message.extra, &mut found);
    for part in &message.parts {
        match part {
            Part::Reasoning { signature, extra, .. } => {
                found.extend(signature.clone());
                fields(extra, &mut found);
            }
            Part::Text { extra, .. } | Part::ToolCall { extra, .. } => fields(extra, &mut found),
            Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Refusal { .. }
            | Part::ToolResult { .. }
            | Part::Opaque { .. } => {}
        }
    }
    found
}

fn fields(extra: &Extra, found: &mut Vec<String>) {
    for (name, value) in extra.iter().filter(|(name, _)| is_thought(name)) {
        if let Ok(value) = value.parse() {
            within(name, &value, found);
        }
    }
}

fn within(name: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if is_seal(name) && !text.is_empty() => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| within(name, item, found)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| within(name, value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_seal(name: &str) -> bool {
    name == "data"
        || ["signature", "Signature", "encrypted", "opaque"]
            .iter()
            .any(|word| name.contains(word))
}

/// Takes every seal off. What can be read of the reasoning stays; what is nothing without its seal goes.
pub(super) fn strip(message: &mut Message) {
    bare(&mut message.extra);
    message.parts.retain_mut(|part| match part {
        Part::Reasoning {
            text,
            signature,
            extra,
        } => {
            *signature = None;
            *extra = Extra::new();
            !text.is_empty()
        }
        Part::Text { extra, .. } | Part::ToolCall { extra, .. } => {
            bare(extra);
            true
        }
        Part::Image(_)
        | Part::File(_)
        | Part::Audio(_)
        | Part::Refusal { .. }
        | Part::ToolResult { .. }
        | Part::Opaque { .. } => true,
    });
}

fn bare(extra: &mut Extra) {
    let names: Vec<String> = extra
        .iter()
        .map(|(name, _)| name.to_owned())
        .filter(|name| is_thought(name))
        .collect();
    for name in names {
        extra.take(&name);
    }
}

#[cfg(test)]
mod tests {
    use domain::{RawJson, Role};

    use super::*;

    fn with(fields: &[(&str, &str)]) -> Extra {
        let mut extra = Extra::new();
        for (name, value) in fields {
            extra.set(*name, RawJson::new(*value));
        }
        extra
    }

    fn message() -> Message {
        Message {
            role: Role::Assistant,
            parts: vec![
                Part::Reasoning {
                    text: "hm".into(),
                    signature: Some("sig-1".into()),
                    extra: with(&[("id", r#""rs_1""#)]),
                },
                Part::Reasoning {
                    text: String::new(),
                    signature: Some("sealed".into()),
                    extra: with(&[("redacted", "true")]),
                },
                Part::Text {
                    text: "One.".into(),
                    extra: with(&[("annotations", "[1]")]),
                },
                Part::ToolCall {
                    id: "c".into(),
                    name: "f".into(),
                    arguments: "{}".into(),
                    extra: with(&[(
                        "extra_content",
                        r#"{"google":{"thought":true,"thought_signature":"sig-2"}}"#,
                    )]),
                },
            ],
            extra: with(&[
                (
                    "reasoning_details",
                    r#"[{"type":"reasoning.text","text":"t","signature":"sig-3","index":0},{"data":"enc"}]"#,
                ),
                ("name", r#""bot""#),
            ]),
        }
    }

    #[test]
    fn seals_are_found_wherever_they_are() {
        assert_eq!(seals(&message()), ["sig-3", "enc", "sig-1", "sealed", "sig-2"]);
        assert!(seals(&Message::text(Role::Assistant, "hi")).is_empty());
    }

    #[test]
    fn an_outline_says_nothing_that_was_said() {
        let (parts, extra) = outline(&message()).unwrap_or_default();
        assert_eq!(parts[..2], message().parts[..2]);
        assert_eq!(parts[2], Part::text(""));
        let Part::ToolCall {
            arguments,
            extra: of_call,
            ..
        } = &parts[3]
        else {
            panic!("{:?}", parts[3]);
        };
        assert!(arguments.is_empty() && of_call.get("extra_content").is_some());
        assert!(extra.get("reasoning_details").is_some() && extra.get("name").is_none());
        assert_eq!(outline(&Message::text(Role::Assistant, "hi")), None);
    }

    #[test]
    fn without_its_seals_a_message_keeps_what_can_be_read() {
        let mut message = message();
        strip(&mut message);
        assert!(seals(&message).is_empty());
        assert_eq!(message.parts.len(), 3);
        assert_eq!(message.parts[0], Part::reasoning("hm"));
        assert_eq!(message.plain_text(), "One.");
        assert_eq!(message.extra, with(&[("name", r#""bot""#)]));
    }
}
