//! A provider's whole answer (W-147).

use domain::{Answer, Choice, Extra, Failure, FailureKind, Message, Part, RawJson, Role, StopReason, Wire};
use serde_json::value::RawValue;

use super::usage::Report;
use super::{ANSWER_TOOL, block, stop};
use crate::ids::{fnv, made_id};
use crate::json;
use crate::refusal;
use crate::stop::with_calls;

/// Reads the body of a successful response. Liberal about everything but the essential: an answer without
/// a list of content is none.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it is no answer; what the provider says when it holds an error.
pub fn decode_answer(body: &[u8]) -> Result<Answer, Failure> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{FEFF}').trim();
    match serde_json::from_str(text) {
        Ok(whole) => read(whole),
        Err(_) => Err(not_an_answer()),
    }
}

fn not_an_answer() -> Failure {
    Failure::new(
        FailureKind::UpstreamFailed,
        "The provider's answer is not a message.",
    )
}

fn read(whole: &RawValue) -> Result<Answer, Failure> {
    let mended;
    let mut whole = whole;
    let mut out = Answer::default();
    let mut message = Message {
        role: Role::Assistant,
        parts: Vec::new(),
        extra: Extra::new(),
    };
    if let Some(text) = json::without_lone_surrogates(whole.get()) {
        mended = RawValue::from_string(text).map_err(|_| not_an_answer())?;
        whole = &mended;
    }
    let fields = json::fields(whole).ok_or_else(not_an_answer)?;
    if let Some((_, error)) = fields
        .iter()
        .find(|(name, value)| name == "error" && value.get() != "null")
    {
        return Err(refusal::inside(error));
    }
    let mut reason = StopReason::Stop;
    let mut usage = Report::default();
    let mut content = None;
    for (name, value) in &fields {
        let text = || json::text(value).filter(|text| !text.is_empty()).map(Into::into);
        match name.as_ref() {
            "type" | "role" => {}
            "id" => out.id = text(),
            "model" => out.model = text(),
            "content" => content = json::items(value),
            "usage" => usage.take(value),
            name if stop::FIELDS.contains(&name) => {
                if let ("stop_reason", Some(word)) = (name, json::text(value)) {
                    reason = stop::read(&word);
                }
                stop::keep(name, value, &mut message.extra);
            }
            _ if value.get() == "null" => {}
            _ => out.extra.set(name.as_ref(), RawJson::new(value.get())),
        }
    }
    let seed = fnv(0, out.id.as_deref().unwrap_or_default().as_bytes());
    for value in content.ok_or_else(not_an_answer)? {
        if let Some(part) = read_part(value, seed, message.parts.len()) {
            message.parts.push(part);
        }
    }
    let arguments = message.parts.iter().filter_map(|part| match part {
        Part::ToolCall { arguments, .. } => Some(arguments.as_str()),
        Part::Text { .. }
        | Part::Image(_)
        | Part::File(_)
        | Part::Audio(_)
        | Part::Reasoning { .. }
        | Part::Refusal { .. }
        | Part::ToolResult { .. }
        | Part::Opaque { .. } => None,
    });
    out.choices = vec![Choice {
        reason: with_calls(reason, arguments),
        message,
        logprobs: None,
    }];
    out.usage = usage.read();
    Ok(out)
}

/// A block that cannot be read is carried whole; one that says nothing is none.
fn read_part(value: &RawValue, seed: u64, at: usize) -> Option<Part> {
    match block::read("content", value) {
        Ok(Part::Text { text, extra }) if text.is_empty() && extra.is_empty() => None,
        Ok(Part::ToolCall { name, arguments, .. }) if name == ANSWER_TOOL => Some(Part::text(arguments)),
        Ok(part) => Some(part),
        Err(_) => call_without_id(value, seed, at).or_else(|| {
            Some(Part::Opaque {
                wire: Wire::AnthropicMessages,
                value: RawJson::new(value.get()),
            })
        }),
    }
}

/// Imitators of the wire leave it out (W-74).
fn call_without_id(value: &RawValue, seed: u64, at: usize) -> Option<Part> {
    let fields = json::fields(value)?;
    let find = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| *value)
    };
    let call = find("type").and_then(json::text)? == "tool_use" && find("id").and_then(json::text).is_none();
    Some(Part::ToolCall {
        id: made_id(seed, u32::try_from(at).unwrap_or(u32::MAX)),
        name: find("name").and_then(json::text).filter(|_| call)?.into_owned(),
        arguments: find("input").map_or("{}", RawValue::get).to_owned(),
        extra: Extra::new(),
    })
}
