//! How many tokens an attempt took: as the provider counted them, or estimated and said to be (REL-29).

use domain::{Confidence, Delta, Event, Media, MediaSource, Message, Outcome, Part, RawJson, Request, Usage};

/// No answer takes so many. Whoever counts more is not believed, nor is a count of nothing for something.
const ABSURD: u64 = 1_000_000_000;

/// Tokens as reported, with the provider's own object.
pub(super) type Reported = (Usage, RawJson);

/// The count, the provider's own object, and where the count comes from. `written` is in bytes.
pub(super) fn count(
    reported: Option<Reported>,
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

/// About how many tokens a request is, whoever reads it: instructions, messages and tools. At least 1 (W-154).
pub(super) fn estimate(request: &Request) -> u64 {
    /// What stands around a tool.
    const TOOL: u64 = 12;
    let messages = request.messages.iter().map(of_message);
    let tools = request.tools.iter().map(|tool| {
        let description = tool.description.as_deref().map_or(0, of_text);
        TOOL + of_text(&tool.name) + description + of_text(tool.parameters.get())
    });
    messages.chain(tools).sum::<u64>().max(1)
}

/// About how many tokens a message is.
pub(super) fn of_message(message: &Message) -> u64 {
    /// Roles and marks around a message.
    const MESSAGE: u64 = 4;
    MESSAGE + message.parts.iter().map(of_part).sum::<u64>()
}

fn of_part(part: &Part) -> u64 {
    match part {
        Part::Text { text, .. } | Part::Reasoning { text, .. } | Part::Refusal { text } => of_text(text),
        Part::ToolCall { name, arguments, .. } => of_text(name) + of_text(arguments),
        Part::ToolResult { parts, .. } => parts.iter().map(of_part).sum(),
        Part::Image(_) => IMAGE,
        Part::File(media) | Part::Audio(media) => of_media(media),
        Part::Opaque { value, .. } => of_text(value.get()),
    }
}

/// What a large picture takes, and a page that is read as one.
const IMAGE: u64 = 1500;

fn of_media(media: &Media) -> u64 {
    match &media.source {
        // a page of a document is some fifty kilobytes of base64
        MediaSource::Base64 { data } => IMAGE * u64::try_from(data.len() / 50_000 + 1).unwrap_or(1),
        MediaSource::Url { .. } | MediaSource::FileId { .. } => IMAGE,
    }
}

/// About how many tokens a text is, whoever reads it.
pub(crate) fn estimate_text(text: &str) -> u64 {
    of_text(text)
}

/// Four letters of a Latin script are a token; other scripts have about one for each letter, of three bytes.
fn of_text(text: &str) -> u64 {
    let plain = text.bytes().filter(u8::is_ascii).count();
    let others = text.len() - plain;
    u64::try_from(plain.div_ceil(4) + others.div_ceil(3)).unwrap_or(u64::MAX)
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
