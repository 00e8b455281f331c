//! Tokens, between Google's names and the domain's convention (W-170).

use domain::{RawJson, Usage};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::Object;

/// Whether `usageMetadata` counts anything; on the first chunks at Vertex it does not.
pub(super) fn counts(raw: &RawValue) -> bool {
    raw.get().contains("TokenCount\"")
}

/// Reads `usageMetadata`; `None` when it is none or counts nothing, as on the first chunks at Vertex.
///
/// Thinking stands beside the candidates' tokens and what provider-run tools read beside the prompt's. Some
/// models report what they thought only in the total.
pub(crate) fn read(raw: &RawValue) -> Option<(Usage, RawJson)> {
    let object: Value = serde_json::from_str(raw.get()).ok()?;
    let count = |name: &str| object[name].as_u64();
    let named = ["promptTokenCount", "candidatesTokenCount", "totalTokenCount"];
    if named.iter().all(|name| count(name).is_none()) {
        return None;
    }
    let or_none = |name: &str| count(name).unwrap_or(0);
    let input = or_none("promptTokenCount").saturating_add(or_none("toolUsePromptTokenCount"));
    let mut reasoning = or_none("thoughtsTokenCount");
    let mut output = or_none("candidatesTokenCount").saturating_add(reasoning);
    let beyond = or_none("totalTokenCount").saturating_sub(input.saturating_add(output));
    if reasoning == 0 && count("promptTokenCount").is_some() {
        output = output.saturating_add(beyond);
        reasoning = beyond;
    }
    let usage = Usage {
        input,
        cached_input: or_none("cachedContentTokenCount"),
        cache_write: 0,
        output,
        reasoning,
    };
    Some((usage.normalised(), RawJson::new(raw.get())))
}

/// Writes `usageMetadata`: the provider's own object where it is one of this wire and says the same, for it
/// says more.
pub(super) fn write(usage: Usage, raw: &RawJson, out: &mut Vec<u8>) {
    let theirs = serde_json::from_str(raw.get()).ok().and_then(read);
    if theirs.is_some_and(|(theirs, _)| theirs == usage) {
        return crate::json::write_raw(raw.get(), out);
    }
    let mut object = Object::open(out);
    object.unsigned("promptTokenCount", usage.input);
    if usage.cached_input > 0 {
        object.unsigned("cachedContentTokenCount", usage.cached_input);
    }
    object.unsigned(
        "candidatesTokenCount",
        usage.output - usage.reasoning.min(usage.output),
    );
    if usage.reasoning > 0 {
        object.unsigned("thoughtsTokenCount", usage.reasoning);
    }
    object.unsigned("totalTokenCount", usage.total());
    object.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(json: &str) -> Option<Usage> {
        read(serde_json::from_str(json).ok()?).map(|(usage, _)| usage)
    }

    #[test]
    fn counts_are_brought_into_the_convention() {
        let all = r#"{"promptTokenCount":147,"candidatesTokenCount":108,"totalTokenCount":783,
            "cachedContentTokenCount":100,"toolUsePromptTokenCount":360,"thoughtsTokenCount":168}"#;
        let expected = Usage {
            input: 507,
            cached_input: 100,
            cache_write: 0,
            output: 276,
            reasoning: 168,
        };
        assert_eq!(usage(all), Some(expected));
        // thoughts that only the total counts
        let hidden = usage(r#"{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":17}"#);
        assert_eq!(
            hidden.map(|usage| (usage.output, usage.reasoning)),
            Some((12, 10))
        );
        assert_eq!(usage(r#"{"trafficType":"ON_DEMAND"}"#), None);
        assert_eq!(usage(r#"{"promptTokenCount":-1}"#), None);
        assert_eq!(usage("[]"), None);
    }

    #[test]
    fn the_parts_add_up_to_what_was_read() {
        let expected = Usage {
            input: 10,
            cached_input: 4,
            cache_write: 0,
            output: 7,
            reasoning: 5,
        };
        let mut out = Vec::new();
        write(expected, &RawJson::new(r#"{"prompt_tokens":10}"#), &mut out);
        let text = String::from_utf8_lossy(&out);
        assert_eq!(
            text,
            r#"{"promptTokenCount":10,"cachedContentTokenCount":4,"candidatesTokenCount":2,"thoughtsTokenCount":5,"totalTokenCount":17}"#
        );
        assert_eq!(usage(&text), Some(expected));
    }
}
