//! Tokens, between Converse's names and the domain's convention.

use domain::{RawJson, Usage};
use serde_json::Value;
use serde_json::value::RawValue;

/// Reads a `usage` object; `None` when it is none or counts nothing. `inputTokens` are those that were
/// neither read from the cache nor written to it. Reasoning is counted as output and not told apart.
pub(crate) fn read(raw: &RawValue) -> Option<(Usage, RawJson)> {
    let object: Value = serde_json::from_str(raw.get()).ok()?;
    let count = |name: &str| match &object[name] {
        // negative counts are nonsense and count as nothing (REL-29)
        Value::Number(number) => Some(number.as_u64().unwrap_or(0)),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let (fresh, output) = (count("inputTokens"), count("outputTokens"));
    if fresh.is_none() && output.is_none() {
        return None;
    }
    let cached = count("cacheReadInputTokens")
        .or_else(|| count("cacheReadInputTokenCount"))
        .unwrap_or(0);
    let written = count("cacheWriteInputTokens")
        .or_else(|| count("cacheWriteInputTokenCount"))
        .unwrap_or(0);
    let usage = Usage {
        input: fresh.unwrap_or(0).saturating_add(cached).saturating_add(written),
        cached_input: cached,
        cache_write: written,
        output: output.unwrap_or(0),
        reasoning: 0,
    };
    Some((usage.normalised(), RawJson::new(raw.get())))
}
