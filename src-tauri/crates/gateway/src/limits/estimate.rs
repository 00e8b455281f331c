//! How many tokens a request is, before anybody has counted them.
//!
//! The answer errs on the dear side for every tokenizer we know, because money is set aside by it. What is
//! certain comes with the provider's own count.

use domain::{Extra, Media, MediaSource, OutputFormat, Part, Request};

/// What a message costs besides its text.
const PER_MESSAGE: usize = 8;
/// The most that providers count for an image: gpt-4o-mini, in high detail.
const IMAGE: usize = 50_000;
/// Bytes of base64 a token: a second of the thinnest sound is some 2.6 kB, and up to 32 tokens.
const SOUND_BYTES: usize = 64;
/// Bytes a token: the least of any language and tokenizer, as a mean over a prompt.
const TEXT_BYTES: usize = 3;

/// Tokens of input of a request, at most.
pub(crate) fn input_tokens(request: &Request) -> u64 {
    let mut text = extra(&request.extra);
    let mut fixed = PER_MESSAGE;
    for message in &request.messages {
        fixed += PER_MESSAGE;
        text += extra(&message.extra);
        parts(&message.parts, &mut text, &mut fixed);
    }
    for tool in &request.tools {
        fixed += PER_MESSAGE;
        text +=
            tool.name.len() + tool.description.as_ref().map_or(0, String::len) + tool.parameters.get().len();
    }
    if let OutputFormat::JsonSchema { schema, .. } = &request.format {
        text += schema.get().len();
    }
    u64::try_from(text.div_ceil(TEXT_BYTES).saturating_add(fixed)).unwrap_or(u64::MAX)
}

fn parts(all: &[Part], text: &mut usize, fixed: &mut usize) {
    for part in all {
        match part {
            Part::Text { text: said, .. } | Part::Refusal { text: said } => *text += said.len(),
            Part::Reasoning {
                text: said,
                signature,
                ..
            } => *text += said.len() + signature.as_ref().map_or(0, String::len),
            Part::ToolCall { name, arguments, .. } => *text += name.len() + arguments.len(),
            Part::ToolResult { parts: inner, .. } => parts(inner, text, fixed),
            Part::Opaque { value, .. } => *text += value.get().len(),
            Part::Image(image) => {
                *fixed += data(image).map_or(IMAGE, |bytes| (bytes / TEXT_BYTES).min(IMAGE))
            }
            Part::Audio(sound) => *fixed += data(sound).map_or(IMAGE, |bytes| bytes / SOUND_BYTES),
            Part::File(file) => *fixed += data(file).map_or(IMAGE, |bytes| bytes / TEXT_BYTES),
        }
    }
}

/// Bytes of what is sent along; `None` for what is only named.
fn data(media: &Media) -> Option<usize> {
    match &media.source {
        MediaSource::Base64 { data } => Some(data.len()),
        MediaSource::Url { .. } | MediaSource::FileId { .. } => None,
    }
}

fn extra(fields: &Extra) -> usize {
    fields.iter().map(|(_, value)| value.get().len()).sum()
}
