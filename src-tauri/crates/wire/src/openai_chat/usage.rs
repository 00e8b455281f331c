//! Tokens, between OpenAI's names (and those of its imitators) and the domain's convention.

use domain::{RawJson, Usage};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::Object;

/// Reads a usage object; `None` when it is none or counts nothing.
///
/// `prompt_tokens` includes cached tokens everywhere on this wire. `completion_tokens` includes reasoning,
/// except at xAI and Google, where only `total_tokens` does.
pub(crate) fn read(raw: &RawValue) -> Option<(Usage, RawJson)> {
    let object: Value = serde_json::from_str(raw.get()).ok()?;
    let top = |name: &str| count(&object[name]);
    let input = top("prompt_tokens").or_else(|| top("input_tokens"));
    let output = top("completion_tokens").or_else(|| top("output_tokens"));
    let prompt = &object["prompt_tokens_details"];
    let completion = &object["completion_tokens_details"];
    if input.is_none() && output.is_none() {
        return None;
    }
    let (input, mut output) = (input.unwrap_or(0), output.unwrap_or(0));
    let mut reasoning = count(&completion["reasoning_tokens"])
        .or_else(|| top("reasoning_tokens"))
        .unwrap_or(0);
    let beyond = top("total_tokens")
        .unwrap_or(0)
        .saturating_sub(input.saturating_add(output));
    if beyond > 0 && (reasoning == beyond || reasoning == 0) {
        output = output.saturating_add(beyond);
        reasoning = beyond;
    }
    let usage = Usage {
        input,
        cached_input: count(&prompt["cached_tokens"])
            .or_else(|| top("prompt_cache_hit_tokens"))
            .or_else(|| top("cached_tokens"))
            .or_else(|| top("cache_read_input_tokens"))
            .unwrap_or(0),
        cache_write: count(&prompt["cache_write_tokens"])
            .or_else(|| count(&prompt["cache_creation_tokens"]))
            .or_else(|| top("cache_creation_input_tokens"))
            .unwrap_or(0),
        output,
        reasoning,
    };
    Some((usage.normalised(), RawJson::new(raw.get())))
}

/// A count as providers write it; negative ones are nonsense and count as nothing (REL-29).
fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => Some(number.as_u64().unwrap_or_else(|| match number.as_f64() {
            Some(float) if float > 0.0 && float < 9e15 => float as u64,
            Some(_) | None => 0,
        })),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Writes a usage object (W-55). Cache writes have no name of OpenAI's; clients that count them read
/// Anthropic's at the top level, where both stand as soon as one counts something (W-163).
pub(crate) fn write(usage: Usage, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.unsigned("prompt_tokens", usage.input);
    object.unsigned("completion_tokens", usage.output);
    object.unsigned("total_tokens", usage.total());
    let mut prompt = Object::open(object.key("prompt_tokens_details"));
    prompt.unsigned("cached_tokens", usage.cached_input);
    prompt.close();
    let mut completion = Object::open(object.key("completion_tokens_details"));
    completion.unsigned("reasoning_tokens", usage.reasoning);
    completion.close();
    if usage.cache_write > 0 || usage.cached_input > 0 {
        object.unsigned("cache_creation_input_tokens", usage.cache_write);
        object.unsigned("cache_read_input_tokens", usage.cached_input);
    }
    object.close();
}
