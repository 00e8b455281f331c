//! Tokens, between the names of this wire and the domain's convention (W-124).

use domain::{RawJson, Usage};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::Object;

/// Reads a usage object; `None` when it is none or counts nothing. Here `input_tokens` includes what came
/// from the cache and `output_tokens` includes reasoning, at all providers that were recorded.
pub(crate) fn read(raw: &RawValue) -> Option<(Usage, RawJson)> {
    let object: Value = serde_json::from_str(raw.get()).ok()?;
    let count = |path: &str| count(object.pointer(path)?);
    let (input, output) = (count("/input_tokens"), count("/output_tokens"));
    if input.is_none() && output.is_none() {
        return None;
    }
    let usage = Usage {
        input: input.unwrap_or(0),
        cached_input: count("/input_tokens_details/cached_tokens").unwrap_or(0),
        cache_write: count("/input_tokens_details/cache_write_tokens").unwrap_or(0),
        output: output.unwrap_or(0),
        reasoning: count("/output_tokens_details/reasoning_tokens").unwrap_or(0),
    };
    Some((usage.normalised(), RawJson::new(raw.get())))
}

/// A count; negative ones are nonsense and count as nothing (REL-29).
fn count(value: &Value) -> Option<u64> {
    let number = value.as_number()?;
    Some(number.as_u64().unwrap_or_else(|| match number.as_f64() {
        Some(float) if float > 0.0 && float < 9e15 => float as u64,
        Some(_) | None => 0,
    }))
}

/// Writes a usage object, all of its fields.
pub(super) fn write(usage: Usage, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.unsigned("input_tokens", usage.input);
    let mut input = Object::open(object.key("input_tokens_details"));
    input.unsigned("cached_tokens", usage.cached_input);
    if usage.cache_write > 0 {
        input.unsigned("cache_write_tokens", usage.cache_write);
    }
    input.close();
    object.unsigned("output_tokens", usage.output);
    let mut output = Object::open(object.key("output_tokens_details"));
    output.unsigned("reasoning_tokens", usage.reasoning);
    output.close();
    object.unsigned("total_tokens", usage.total());
    object.close();
}
