//! Reasons why an answer ended (W-147, W-166).
//!
//! This wire has more words than the domain. Those that mean more than the domain's reason ride along under
//! the wire's own names, so that they come out again on this wire, and so that whoever runs the call sees
//! that it was only paused.

use domain::{Extra, RawJson, StopReason};
use serde_json::value::RawValue;

use crate::json;

/// Fields that say why an answer ended.
pub(super) const FIELDS: [&str; 3] = ["stop_reason", "stop_sequence", "stop_details"];

/// Reads a provider's word. Unknown words mean that it ended.
pub(super) fn read(word: &str) -> StopReason {
    match word {
        "max_tokens" | "model_context_window_exceeded" | "length" => StopReason::Length,
        "tool_use" | "tool_calls" => StopReason::ToolCalls,
        "refusal" | "content_filter" | "sensitive" => StopReason::ContentFilter,
        _ => StopReason::Stop,
    }
}

/// Keeps one of [`FIELDS`] when it says more than the domain's reason does.
pub(super) fn keep(name: &str, value: &RawValue, extra: &mut Extra) {
    let plain = name == "stop_reason"
        && matches!(
            json::text(value).as_deref(),
            Some("end_turn" | "max_tokens" | "tool_use" | "refusal")
        );
    if !plain && value.get() != "null" {
        extra.set(name, RawJson::new(value.get()));
    }
}

/// The word of this wire, in JSON: the provider's own when it was kept and still fits.
pub(super) fn write(reason: StopReason, extra: &Extra) -> &str {
    let own = extra.get("stop_reason").map(RawJson::get);
    let usual = match reason {
        StopReason::Stop => r#""end_turn""#,
        StopReason::Length => r#""max_tokens""#,
        StopReason::ToolCalls => r#""tool_use""#,
        StopReason::ContentFilter => r#""refusal""#,
    };
    own.filter(|own| own.len() > 2 && own.starts_with('"') && read(own.trim_matches('"')) == reason)
        .unwrap_or(usual)
}
