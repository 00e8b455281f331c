//! Why an answer ended, as far as all wires agree.

use domain::StopReason;

/// The reason with the calls taken into account: whoever stops at `stop` would never run them (W-54). Only
/// a call that was cut off in the middle keeps the reason why, for it must not be run.
pub(crate) fn with_calls<'a>(reason: StopReason, mut arguments: impl Iterator<Item = &'a str>) -> StopReason {
    let Some(first) = arguments.next() else {
        return match reason {
            // there is nothing to call
            StopReason::ToolCalls => StopReason::Stop,
            StopReason::Stop | StopReason::Length | StopReason::ContentFilter => reason,
        };
    };
    match reason {
        StopReason::Stop | StopReason::ToolCalls => StopReason::ToolCalls,
        StopReason::Length | StopReason::ContentFilter => {
            let last = arguments.last().unwrap_or(first);
            let whole = serde_json::from_str::<serde::de::IgnoredAny>(last).is_ok();
            if whole { StopReason::ToolCalls } else { reason }
        }
    }
}
