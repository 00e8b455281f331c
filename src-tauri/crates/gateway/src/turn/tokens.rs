//! How many tokens an attempt took: as the provider counted them, or estimated and said to be (REL-29).

use domain::{Confidence, Outcome, Part, RawJson, Usage};

/// No answer takes so many. Whoever counts more is not believed, nor is a count of nothing for something.
const ABSURD: u64 = 1_000_000_000;

/// Tokens as reported, with the provider's own object.
pub(super) type Reported = (Usage, RawJson);

/// The count, the provider's own object, and where the count comes from.
pub(super) fn count(
    reported: Option<Reported>,
    parts: &[Part],
    outcome: Outcome,
    estimated_input: u64,
) -> (Option<Usage>, Option<RawJson>, Confidence) {
    let raw = match reported {
        Some((usage, raw)) if (1..=ABSURD).contains(&usage.total()) => {
            return (Some(usage), Some(raw), Confidence::Computed);
        }
        Some((usage, raw)) if usage.total() == 0 && written(parts) == 0 => {
            return (Some(usage), Some(raw), Confidence::Computed);
        }
        unbelievable => unbelievable.map(|(_, raw)| raw),
    };
    let written = written(parts);
    match outcome {
        // refused before it read anything
        Outcome::Failed { .. } if written == 0 => (None, raw, Confidence::Unknown),
        Outcome::Succeeded | Outcome::Cancelled | Outcome::Failed { .. } | Outcome::Interrupted => {
            let usage = Usage {
                input: estimated_input * 3 / 4,
                output: u64::try_from(written.div_ceil(4)).unwrap_or(u64::MAX),
                ..Usage::default()
            };
            (Some(usage), raw, Confidence::Estimated)
        }
    }
}

/// Bytes of what the model wrote.
fn written(parts: &[Part]) -> usize {
    let bytes = |part: &Part| match part {
        Part::Text { text, .. } | Part::Reasoning { text, .. } | Part::Refusal { text } => text.len(),
        Part::ToolCall { arguments, .. } => arguments.len(),
        Part::Image(_) | Part::File(_) | Part::Audio(_) | Part::ToolResult { .. } | Part::Opaque { .. } => 0,
    };
    parts.iter().map(bytes).sum()
}
