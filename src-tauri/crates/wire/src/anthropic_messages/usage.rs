//! Tokens, between Anthropic's way of counting and the domain's: here `input_tokens` excludes what the cache
//! served or took, and the three add up (W-148, W-163).

use domain::{Extra, RawJson, Usage};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::{self, Object};

/// The counts that every report has.
const COUNTS: [&str; 4] = [
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
];

/// What is passed on of a provider's report beside the counts, in an answer on the same wire.
const BESIDE: [&str; 6] = [
    "cache_creation",
    "server_tool_use",
    "service_tier",
    "inference_geo",
    "output_tokens_details",
    "iterations",
];

/// The reports of an answer put together: a stream tells its input at the beginning and its output at the
/// end, some tell all of it twice, and some tell zeros first. Counts only grow.
#[derive(Debug, Default)]
pub(super) struct Report(Extra);

/// Reads a usage object by itself.
pub(crate) fn read(raw: &RawValue) -> Option<(Usage, RawJson)> {
    let mut report = Report::default();
    report.take(raw);
    report.read()
}

impl Report {
    /// Takes a usage object.
    pub(super) fn take(&mut self, raw: &RawValue) {
        for (name, value) in json::fields(raw).unwrap_or_default() {
            let name = name.as_ref();
            let more =
                || count(&tree(value.get())) >= self.0.get(name).and_then(|old| count(&tree(old.get())));
            if value.get() != "null" && (!COUNTS.contains(&name) || more()) {
                self.0.set(name, RawJson::new(value.get()));
            }
        }
    }

    /// The usage in the domain's convention with the provider's own object; `None` when nothing was counted.
    pub(super) fn read(&self) -> Option<(Usage, RawJson)> {
        let get = |name: &str| count(&tree(self.0.get(name)?.get()));
        let [input, written, cached, output] = COUNTS.map(get);
        if input.is_none() && output.is_none() {
            return None;
        }
        let [input, written, cached, output] = [input, written, cached, output].map(|n| n.unwrap_or(0));
        let details = self.0.get("output_tokens_details");
        let reasoning = details.and_then(|details| count(&tree(details.get())["thinking_tokens"]));
        let usage = Usage {
            input: input.saturating_add(written).saturating_add(cached),
            cached_input: cached,
            cache_write: written,
            output,
            reasoning: reasoning.unwrap_or(0),
        };
        let mut raw = Vec::new();
        let mut object = Object::open(&mut raw);
        object.extra(&self.0, |_| true);
        object.close();
        let raw = String::from_utf8(raw).unwrap_or_default();
        Some((usage.normalised(), RawJson::new(raw)))
    }
}

fn tree(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// Negative counts are nonsense and count as nothing (REL-29).
fn count(value: &Value) -> Option<u64> {
    value.as_number().map(|number| number.as_u64().unwrap_or(0))
}

/// Writes a usage object: the counts always, the rest when `raw` is a report of this wire.
pub(super) fn write(usage: Usage, raw: Option<&RawJson>, out: &mut Vec<u8>) {
    let usage = usage.normalised();
    let cached = usage.cached_input + usage.cache_write;
    let mut object = Object::open(out);
    object.unsigned("input_tokens", usage.input - cached);
    object.unsigned("cache_creation_input_tokens", usage.cache_write);
    object.unsigned("cache_read_input_tokens", usage.cached_input);
    object.unsigned("output_tokens", usage.output);
    let report = raw.and_then(|raw| serde_json::from_str::<&RawValue>(raw.get()).ok());
    let fields = report.and_then(json::fields).unwrap_or_default();
    let own = fields.iter().any(|(name, _)| name == "cache_read_input_tokens");
    for (name, value) in fields {
        if own && BESIDE.contains(&name.as_ref()) {
            object.raw(&name, value.get());
        }
    }
    if !own && usage.reasoning > 0 {
        let mut details = Object::open(object.key("output_tokens_details"));
        details.unsigned("thinking_tokens", usage.reasoning);
        details.close();
    }
    object.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(of: &[&str]) -> (Usage, String) {
        let mut report = Report::default();
        for text in of {
            report.take(serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}")));
        }
        let (usage, raw) = report.read().unwrap_or_else(|| panic!("a report"));
        (usage, raw.get().to_owned())
    }

    #[test]
    fn reports_of_a_stream_are_put_together() {
        let start = r#"{"input_tokens":4,"cache_creation_input_tokens":426,"cache_read_input_tokens":14210,"output_tokens":1,"service_tier":"standard"}"#;
        let (usage, raw) = report(&[
            start,
            r#"{"input_tokens":0,"output_tokens":290,"output_tokens_details":{"thinking_tokens":15}}"#,
        ]);
        let expected = Usage {
            input: 14_640,
            cached_input: 14_210,
            cache_write: 426,
            output: 290,
            reasoning: 15,
        };
        assert_eq!(usage, expected);
        let mut out = Vec::new();
        write(usage, Some(&RawJson::new(raw)), &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            r#"{"input_tokens":4,"cache_creation_input_tokens":426,"cache_read_input_tokens":14210,"output_tokens":290,"service_tier":"standard","output_tokens_details":{"thinking_tokens":15}}"#
        );
    }

    #[test]
    fn another_wires_report_gives_only_its_counts() {
        let usage = Usage {
            input: 30,
            cached_input: 10,
            cache_write: 0,
            output: 7,
            reasoning: 2,
        };
        let mut out = Vec::new();
        write(
            usage,
            Some(&RawJson::new(r#"{"prompt_tokens":30,"service_tier":"x"}"#)),
            &mut out,
        );
        assert_eq!(
            String::from_utf8_lossy(&out),
            r#"{"input_tokens":20,"cache_creation_input_tokens":0,"cache_read_input_tokens":10,"output_tokens":7,"output_tokens_details":{"thinking_tokens":2}}"#
        );
        assert_eq!(report(&[r#"{"input_tokens":-5,"output_tokens":3}"#]).0.input, 0);
        assert!(Report::default().read().is_none());
    }
}
