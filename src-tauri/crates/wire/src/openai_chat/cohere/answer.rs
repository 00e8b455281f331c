//! A whole answer.

use domain::{Answer, Choice, Extra, Failure, FailureKind, Message, Part, RawJson, Role};
use serde_json::Value;

use super::{PLAN, stop_reason, usage};
use crate::ids::fnv;
use crate::openai_chat::tool_calls::fit_id;
use crate::stop;

/// Reads the body of a successful response.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it is no answer, or when the provider broke it off.
pub(in crate::openai_chat) fn read_answer(text: &str) -> Result<Answer, Failure> {
    let broken = || {
        Failure::new(
            FailureKind::UpstreamFailed,
            "The provider's answer cannot be read.",
        )
    };
    let body: Value = serde_json::from_str(text).map_err(|_| broken())?;
    let message = &body["message"];
    let id = body["id"].as_str().filter(|id| !id.is_empty());
    let seed = fnv(0, id.unwrap_or_default().as_bytes());
    let mut parts = Vec::new();
    if let Some(plan) = message[PLAN].as_str().filter(|plan| !plan.is_empty()) {
        parts.push(plan_part(plan));
    }
    for item in message["content"].as_array().into_iter().flatten() {
        if let Some(thought) = item["thinking"].as_str().filter(|text| !text.is_empty()) {
            parts.push(Part::reasoning(thought));
        }
        if let Some(text) = item["text"].as_str().filter(|text| !text.is_empty()) {
            parts.push(Part::text(text));
        }
    }
    if let Some(text) = message["content"].as_str().filter(|text| !text.is_empty()) {
        parts.push(Part::text(text));
    }
    cite(&message["citations"], &mut parts);
    for (index, call) in (0_u32..).zip(message["tool_calls"].as_array().into_iter().flatten()) {
        parts.push(call_part(call, seed, index).ok_or_else(broken)?);
    }
    let arguments = parts.iter().filter_map(|part| {
        if let Part::ToolCall { arguments, .. } = part {
            Some(arguments.as_str())
        } else {
            None
        }
    });
    let reason = stop_reason(body["finish_reason"].as_str().unwrap_or("COMPLETE"), None)?;
    Ok(Answer {
        id: id.map(str::to_owned),
        model: None,
        choices: vec![Choice {
            reason: stop::with_calls(reason, arguments),
            message: Message {
                role: Role::Assistant,
                parts,
                extra: Extra::new(),
            },
            logprobs: None,
        }],
        usage: usage(&body["usage"]),
        extra: Extra::new(),
    })
}

/// A plan for tool calls, marked so that it goes back as one.
fn plan_part(plan: &str) -> Part {
    Part::Reasoning {
        text: plan.to_owned(),
        signature: None,
        extra: plan_mark(),
    }
}

pub(super) fn plan_mark() -> Extra {
    let mut extra = Extra::new();
    extra.set(PLAN, RawJson::new("true"));
    extra
}

/// Citations name their text by its place among the parts, or leave that out: they stand with the last one.
fn cite(citations: &Value, parts: &mut [Part]) {
    if citations.as_array().is_none_or(Vec::is_empty) {
        return;
    }
    let texts = parts.iter_mut().rev().find_map(|part| {
        if let Part::Text { extra, .. } = part {
            Some(extra)
        } else {
            None
        }
    });
    if let Some(extra) = texts {
        extra.set("citations", RawJson::of(citations));
    }
}

fn call_part(call: &Value, seed: u64, index: u32) -> Option<Part> {
    let function = &call["function"];
    let arguments = function["arguments"].as_str().filter(|text| !text.is_empty());
    Some(Part::ToolCall {
        id: fit_id(call["id"].as_str().filter(|id| !id.is_empty()), seed, index),
        name: function["name"]
            .as_str()
            .filter(|name| !name.is_empty())?
            .to_owned(),
        arguments: arguments.unwrap_or("{}").to_owned(),
        extra: Extra::new(),
    })
}
