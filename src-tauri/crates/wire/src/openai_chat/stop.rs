//! Reasons why a choice ended.

use domain::{Failure, FailureKind, StopReason};

/// Reads a provider's word. Unknown words mean that it ended; some words mean that it failed.
pub(crate) fn read(word: &str) -> Result<StopReason, Failure> {
    let failed = |kind, what: &str| {
        Err(Failure::new(
            kind,
            format!("The provider broke its answer off: {what}."),
        ))
    };
    match word {
        "length" | "max_tokens" | "MAX_TOKENS" | "model_length" => Ok(StopReason::Length),
        "tool_calls" | "tool_use" | "function_call" => Ok(StopReason::ToolCalls),
        "content_filter" | "refusal" | "SAFETY" | "RECITATION" | "PROHIBITED_CONTENT" | "BLOCKLIST" => {
            Ok(StopReason::ContentFilter)
        }
        "error" => failed(FailureKind::UpstreamFailed, "it met an error"),
        "abort" => failed(FailureKind::UpstreamFailed, "it was aborted"),
        "network_error" => failed(FailureKind::UpstreamFailed, "it met a network error"),
        "malformed_function_call" | "MALFORMED_FUNCTION_CALL" => failed(
            FailureKind::UpstreamFailed,
            "the model made a malformed tool call",
        ),
        "insufficient_system_resource" => failed(FailureKind::UpstreamOverloaded, "it lacks resources"),
        _ => Ok(StopReason::Stop),
    }
}

/// The word of this wire, in JSON.
pub(crate) const fn write(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Stop => r#""stop""#,
        StopReason::Length => r#""length""#,
        StopReason::ToolCalls => r#""tool_calls""#,
        StopReason::ContentFilter => r#""content_filter""#,
    }
}
