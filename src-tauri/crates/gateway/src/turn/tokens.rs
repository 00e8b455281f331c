//! How many tokens an attempt took: as the provider counted them, or estimated and said to be (REL-29).

use domain::{Confidence, Delta, Event, Outcome, Part, RawJson, Usage};

/// No answer takes so many. Whoever counts more is not believed, nor is a count of nothing for something.
const ABSURD: u64 = 1_000_000_000;

/// The count, the provider's own object, and where the count comes from. `written` is in bytes.
pub(super) fn count(
    reported: Option<(Usage, RawJson)>,
    written: usize,
    outcome: Outcome,
    estimated_input: u64,
) -> (Option<Usage>, Option<RawJson>, Confidence) {
    let raw = match reported {
        Some((usage, raw)) if (1..=ABSURD).contains(&usage.total()) => {
            return (Some(usage), Some(raw), Confidence::Computed);
        }
        Some((usage, raw)) if usage.total() == 0 && written == 0 => {
            return (Some(usage), Some(raw), Confidence::Computed);
        }
        unbelievable => unbelievable.map(|(_, raw)| raw),
    };
    match outcome {
        // refused before it read anything
        Outcome::Failed { .. } if written == 0 => (None, raw, Confidence::Unknown),
        Outcome::Succeeded | Outcome::Cancelled | Outcome::Failed { .. } | Outcome::Interrupted => (
            Some(estimated(written, estimated_input)),
            raw,
            Confidence::Estimated,
        ),
    }
}

/// What an attempt has likely taken, by our own count.
pub(super) fn estimated(written: usize, estimated_input: u64) -> Usage {
    Usage {
        // the estimate errs on the dear side by about a third
        input: estimated_input * 3 / 4,
        output: u64::try_from(written.div_ceil(4)).unwrap_or(u64::MAX),
        ..Usage::default()
    }
}

/// Bytes of what the model wrote in a whole answer.
pub(super) fn written(parts: &[Part]) -> usize {
    let bytes = |part: &Part| match part {
        Part::Text { text, .. } | Part::Reasoning { text, .. } | Part::Refusal { text } => text.len(),
        Part::ToolCall { arguments, .. } => arguments.len(),
        Part::Image(_) | Part::File(_) | Part::Audio(_) | Part::ToolResult { .. } | Part::Opaque { .. } => 0,
    };
    parts.iter().map(bytes).sum()
}

/// Bytes of what the model wrote in a piece of an answer.
pub(super) fn written_in(event: &Event) -> usize {
    let Event::Delta { delta, .. } = event else {
        return 0;
    };
    match delta {
        Delta::Text { text, .. } | Delta::Reasoning { text } | Delta::Refusal { text } => text.len(),
        Delta::ToolCallArguments { fragment, .. } => fragment.len(),
        Delta::Part { part } => written(std::slice::from_ref(part)),
        Delta::TextExtra { .. }
        | Delta::ReasoningEnd { .. }
        | Delta::ToolCallStart { .. }
        | Delta::Extra { .. } => 0,
    }
}
