//! A whole answer, as the strictest client reads it (W-50 to W-56).

use domain::{Answer, Choice, Extra, Part, StopReason};

use super::{FUNCTION, stop, usage};
use crate::json::{self, Object};
use crate::stop::with_calls;

/// What stands around an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// `chatcmpl-…`.
    pub id: String,
    /// Seconds since the Unix epoch.
    pub created: i64,
    /// What the client asked for (W-57).
    pub model: String,
}

/// Fields of an answer that we write ourselves.
const OURS: &[&str] = &["id", "object", "created", "model", "choices", "usage", "error"];
/// Fields of a message that we write ourselves.
const OURS_IN_MESSAGE: &[&str] = &[
    "role",
    "content",
    "refusal",
    "tool_calls",
    "function_call",
    "reasoning_content",
];

/// Writes the body of a non-stream response.
pub fn encode_answer(answer: &Answer, envelope: &Envelope, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.string("id", &envelope.id);
    object.literal("object", r#""chat.completion""#);
    object.signed("created", envelope.created);
    object.string("model", &envelope.model);
    let list = object.key("choices");
    list.push(b'[');
    for (index, choice) in answer.choices.iter().enumerate() {
        if index > 0 {
            list.push(b',');
        }
        write_choice(index, choice, list);
    }
    if answer.choices.is_empty() {
        // decoders refuse such answers; should one be made elsewhere, clients still find `choices[0]` (W-56)
        write_choice(0, &nothing(), list);
    }
    list.push(b']');
    if let Some((usage, _)) = &answer.usage {
        usage::write(*usage, object.key("usage"));
    }
    object.extra(&answer.extra, |name| !OURS.contains(&name));
    object.close();
}

fn nothing() -> Choice {
    Choice {
        message: domain::Message {
            role: domain::Role::Assistant,
            parts: Vec::new(),
            extra: Extra::new(),
        },
        reason: StopReason::Stop,
        logprobs: None,
    }
}

fn write_choice(index: usize, choice: &Choice, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.unsigned("index", u64::try_from(index).unwrap_or(u64::MAX));
    write_message(choice, object.key("message"));
    match &choice.logprobs {
        Some(logprobs) => object.raw("logprobs", &both_keys(logprobs.get())),
        None => object.literal("logprobs", "null"),
    }
    let arguments = choice.message.parts.iter().filter_map(|part| {
        if let Part::ToolCall { arguments, .. } = part {
            Some(arguments.as_str())
        } else {
            None
        }
    });
    object.literal("finish_reason", stop::write(with_calls(choice.reason, arguments)));
    object.close();
}

fn write_message(choice: &Choice, out: &mut Vec<u8>) {
    let parts = &choice.message.parts;
    let mut object = Object::open(out);
    object.literal("role", r#""assistant""#);
    let texts = || {
        parts.iter().filter_map(|part| {
            if let Part::Text { text, .. } = part {
                Some(text.as_str())
            } else {
                None
            }
        })
    };
    let refusals = || {
        parts.iter().filter_map(|part| {
            if let Part::Refusal { text } = part {
                Some(text.as_str())
            } else {
                None
            }
        })
    };
    let reasoning = || {
        parts.iter().filter_map(|part| {
            if let Part::Reasoning { text, .. } = part {
                Some(text.as_str()).filter(|text| !text.is_empty())
            } else {
                None
            }
        })
    };
    let mut calls = parts
        .iter()
        .filter(|part| matches!(part, Part::ToolCall { .. }))
        .peekable();
    let silent = texts().all(str::is_empty) && (refusals().next().is_some() || calls.peek().is_some());
    if silent {
        object.literal("content", "null");
    } else {
        joined(texts(), object.key("content"));
    }
    if refusals().next().is_some() {
        joined(refusals(), object.key("refusal"));
    } else {
        object.literal("refusal", "null");
    }
    if reasoning().next().is_some() {
        joined(reasoning(), object.key("reasoning_content"));
    }
    if calls.peek().is_some() {
        let list = object.key("tool_calls");
        list.push(b'[');
        for (at, call) in calls.enumerate() {
            if at > 0 {
                list.push(b',');
            }
            write_call(call, |_| true, list);
        }
        list.push(b']');
    }
    object.extra(&choice.message.extra, |name| !OURS_IN_MESSAGE.contains(&name));
    object.close();
}

/// Writes several texts as one string.
pub(super) fn joined<'a>(texts: impl Iterator<Item = &'a str>, out: &mut Vec<u8>) {
    out.push(b'"');
    for text in texts {
        json::write_escaped(text, out);
    }
    out.push(b'"');
}

/// Writes a tool call, with those of the fields it carries that `keep` wants (W-53).
pub(super) fn write_call(part: &Part, keep: impl Fn(&str) -> bool, out: &mut Vec<u8>) {
    let Part::ToolCall {
        id,
        name,
        arguments,
        extra,
    } = part
    else {
        return;
    };
    let mut object = Object::open(out);
    object.string("id", id);
    // a call of another kind than a function was carried whole
    if extra.get("type").is_some() {
        object.extra(extra, |_| true);
        object.close();
        return;
    }
    object.literal("type", r#""function""#);
    let mut function = Object::open(object.key("function"));
    function.string("name", name);
    function.string(
        "arguments",
        if arguments.trim().is_empty() {
            "{}"
        } else {
            arguments
        },
    );
    function.prefixed(extra, FUNCTION, &keep);
    function.close();
    object.extra(extra, |name| {
        keep(name) && !name.starts_with(FUNCTION) && name != "index"
    });
    object.close();
}

/// A `logprobs` object with both of its keys (W-77); what is none of ours stays as it is.
pub(super) fn both_keys(logprobs: &str) -> std::borrow::Cow<'_, str> {
    let Some(inner) = logprobs.trim().strip_prefix('{') else {
        return logprobs.into();
    };
    let raw = serde_json::from_str::<&serde_json::value::RawValue>(logprobs);
    let Some(fields) = raw.ok().and_then(json::fields) else {
        return logprobs.into();
    };
    let mut out = String::from("{");
    for (key, absent) in [
        ("content", r#""content":null,"#),
        ("refusal", r#""refusal":null,"#),
    ] {
        if !fields.iter().any(|(name, _)| name == key) {
            out.push_str(absent);
        }
    }
    if fields.is_empty() {
        out.pop();
    }
    out.push_str(inner);
    out.into()
}
