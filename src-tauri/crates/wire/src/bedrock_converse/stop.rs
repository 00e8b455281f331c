//! Reasons why Converse ended.

use domain::{Failure, FailureKind, StopReason};

/// Reads `stopReason`. Unknown words mean that it ended; two say that the model wrote nonsense.
pub(super) fn read(word: &str) -> Result<StopReason, Failure> {
    let failed = |what: &str| {
        Err(Failure::new(
            FailureKind::UpstreamFailed,
            format!("The provider broke its answer off: {what}."),
        ))
    };
    match word {
        "max_tokens" | "model_context_window_exceeded" => Ok(StopReason::Length),
        "tool_use" => Ok(StopReason::ToolCalls),
        "guardrail_intervened" | "content_filtered" | "refusal" => Ok(StopReason::ContentFilter),
        "malformed_tool_use" => failed("the model made a malformed tool call"),
        "malformed_model_output" => failed("the model's output is malformed"),
        // `end_turn`, `stop_sequence`
        _ => Ok(StopReason::Stop),
    }
}
