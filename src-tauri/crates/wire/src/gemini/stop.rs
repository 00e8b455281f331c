//! Reasons why a candidate ended (W-170).

use domain::{Failure, FailureKind, StopReason, UpstreamError};

use crate::upstream_error::mask;

/// Reads a provider's word, with its sentence; `None` when the word says that nothing has ended. Unknown
/// words mean that it ended; some words mean that it failed.
pub(super) fn read(word: &str, sentence: Option<&str>) -> Result<Option<StopReason>, Failure> {
    let failed = |what: &str| {
        let sentence = sentence.map(mask);
        let message = match &sentence {
            Some(sentence) => format!("The provider broke its answer off: {what} ({sentence})."),
            None => format!("The provider broke its answer off: {what}."),
        };
        Err(
            Failure::new(FailureKind::UpstreamFailed, message).with_upstream(UpstreamError {
                status: None,
                code: Some(word.to_owned()),
                message: sentence,
            }),
        )
    };
    match word {
        "" | "FINISH_REASON_UNSPECIFIED" => Ok(None),
        "MAX_TOKENS" => Ok(Some(StopReason::Length)),
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => Ok(Some(StopReason::ContentFilter)),
        "MALFORMED_FUNCTION_CALL" => failed("the model made a malformed tool call"),
        // the client would be asked for a tool that it never offered
        "UNEXPECTED_TOOL_CALL" => failed("the model called a tool that was not offered"),
        "TOO_MANY_TOOL_CALLS" => failed("the model called too many tools in a row"),
        "MISSING_THOUGHT_SIGNATURE" => failed("a thought signature is missing"),
        "MALFORMED_RESPONSE" => failed("the model's answer is malformed"),
        _ => Ok(Some(StopReason::Stop)),
    }
}

/// The reason with the calls taken into account: this wire says `STOP` when it calls (W-167), and its calls
/// are always whole.
pub(super) fn with_calls(reason: StopReason, calls: bool) -> StopReason {
    match reason {
        _ if calls => StopReason::ToolCalls,
        // there is nothing to call
        StopReason::ToolCalls => StopReason::Stop,
        StopReason::Stop | StopReason::Length | StopReason::ContentFilter => reason,
    }
}

/// The word of this wire, in JSON.
pub(super) const fn write(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Stop | StopReason::ToolCalls => r#""STOP""#,
        StopReason::Length => r#""MAX_TOKENS""#,
        StopReason::ContentFilter => r#""SAFETY""#,
    }
}
