//! A whole answer in the old form.

use domain::{Answer, Choice, Part, StopReason};
use serde_json::Value;

use crate::json::{self, Object};
use crate::openai_chat::{Envelope, usage};

/// Writes the body of a non-stream response. What is not text (reasoning, calls) has no place in it.
pub fn encode_answer(answer: &Answer, envelope: &Envelope, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.string("id", &envelope.id);
    object.literal("object", r#""text_completion""#);
    object.signed("created", envelope.created);
    object.string("model", &envelope.model);
    let list = object.key("choices");
    list.push(b'[');
    for (index, choice) in (0_u64..).zip(&answer.choices) {
        if index > 0 {
            list.push(b',');
        }
        write_choice(index, choice, list);
    }
    list.push(b']');
    if let Some((tokens, _)) = &answer.usage {
        usage::write(*tokens, object.key("usage"));
    }
    let short = |name: &str| matches!(name, "system_fingerprint" | "service_tier");
    object.extra(&answer.extra, short);
    object.close();
}

fn write_choice(index: u64, choice: &Choice, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    let text = object.key("text");
    text.push(b'"');
    for part in &choice.message.parts {
        if let Part::Text { text: piece, .. } | Part::Refusal { text: piece } = part {
            json::write_escaped(piece, text);
        }
    }
    text.push(b'"');
    object.unsigned("index", index);
    match &choice.logprobs {
        Some(logprobs) => object.raw("logprobs", &legacy(logprobs.get(), 0)),
        None => object.literal("logprobs", "null"),
    }
    object.literal("finish_reason", reason(choice.reason));
    object.close();
}

/// The old form has no word for calls.
pub(super) const fn reason(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Stop | StopReason::ToolCalls => r#""stop""#,
        StopReason::Length => r#""length""#,
        StopReason::ContentFilter => r#""content_filter""#,
    }
}

/// Log probabilities in the old form, also those that came in chat's; `offset` is where their text begins, in
/// characters.
pub(super) fn legacy(logprobs: &str, offset: usize) -> String {
    let value: Value = serde_json::from_str(logprobs).unwrap_or_default();
    let Some(content) = value["content"].as_array() else {
        return logprobs.to_owned();
    };
    let mut at = offset;
    let mut offsets = Vec::with_capacity(content.len());
    for item in content {
        offsets.push(at);
        at += item["token"].as_str().map_or(0, |token| token.chars().count());
    }
    let each = |name: &str| content.iter().map(|item| item[name].clone()).collect::<Value>();
    let top = |item: &Value| -> Value {
        let alternatives = item["top_logprobs"].as_array().into_iter().flatten();
        alternatives
            .filter_map(|one| Some((one["token"].as_str()?.to_owned(), one["logprob"].clone())))
            .collect()
    };
    serde_json::json!({
        "tokens": each("token"),
        "token_logprobs": each("logprob"),
        "top_logprobs": content.iter().map(top).collect::<Value>(),
        "text_offset": offsets,
    })
    .to_string()
}
