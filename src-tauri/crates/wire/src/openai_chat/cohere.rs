//! Cohere's second chat protocol: a dialect of this wire in what is asked, one of its own in what comes back.
//!
//! It is not a wire, for only one provider speaks it: a quirk chooses its path and its request, and its
//! answers tell themselves apart by their first event or field. The danger is its usage, which counts twice:
//! what is billed, without the provider's own instructions, and what was read. Only the latter holds the
//! cached tokens, so that is ours; the bill stays in the raw object.

mod answer;
mod request;
mod stream;

use domain::{Failure, FailureKind, RawJson, StopReason, Usage};
use serde_json::Value;

pub(super) use answer::read_answer;
pub(super) use request::encode_request;
pub(super) use stream::Stream;

/// Where chat is asked for, under the base URL.
pub(super) const PATH: &str = "/v2/chat";
/// The event that begins a stream.
pub(super) const FIRST_EVENT: &[u8] = b"message-start";
/// The field of a reasoning part, and of a message, that is a plan for tool calls.
const PLAN: &str = "tool_plan";

fn stop_reason(word: &str, said: Option<&str>) -> Result<StopReason, Failure> {
    let failed = |kind, what: &str| Err(Failure::new(kind, said.unwrap_or(what)));
    match word {
        "MAX_TOKENS" => Ok(StopReason::Length),
        "TOOL_CALL" => Ok(StopReason::ToolCalls),
        "ERROR_TOXIC" => Ok(StopReason::ContentFilter),
        "ERROR_LIMIT" => failed(
            FailureKind::ContextTooLong,
            "This model's maximum context length is exceeded.",
        ),
        "TIMEOUT" => failed(FailureKind::UpstreamTimeout, "The provider took too long."),
        "ERROR" => failed(
            FailureKind::UpstreamFailed,
            "The provider broke its answer off: it met an error.",
        ),
        _ => Ok(StopReason::Stop),
    }
}

fn usage(value: &Value) -> Option<(Usage, RawJson)> {
    let tokens = [&value["tokens"], &value["billed_units"]]
        .into_iter()
        .find(|counts| counts.is_object())?;
    // some counts are written with a fraction
    let count = |value: &Value| value.as_f64().filter(|n| *n > 0.0).map_or(0, |n| n as u64);
    let usage = Usage {
        input: count(&tokens["input_tokens"]).saturating_add(count(&tokens["image_tokens"])),
        cached_input: count(&value["cached_tokens"]),
        cache_write: 0,
        output: count(&tokens["output_tokens"]),
        reasoning: count(&tokens["reasoning_tokens"]),
    };
    Some((usage.normalised(), RawJson::of(value)))
}
