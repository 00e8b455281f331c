//! Files that go with a message: what they are, and how a model gets them.
//!
//! What a file is, its bytes say and not its name. An image and a PDF go to the provider as they are; text goes as
//! text, because a model reads it anywhere and a provider's upload of text files is the exception.

use base64ct::{Base64, Encoding};
use domain::{Extra, Failure, FailureKind, Media, MediaSource, Message, Part};

use super::super::Attachment;

/// A message carries at most so many files.
const MOST: usize = 10;
/// Bytes of one file.
const FILE_CAP: usize = 10 << 20;
/// Bytes of all files of a message: about what the strictest providers take in a request.
const TOTAL_CAP: usize = 20 << 20;
/// Characters of a file's name.
const NAME_CAP: usize = 200;

/// Reads what is attached.
///
/// # Errors
/// [`FailureKind::InvalidRequest`] for what is no file that can be sent, [`FailureKind::BodyTooLarge`].
pub(super) fn read(attachments: Vec<Attachment>) -> Result<Vec<Part>, Failure> {
    if attachments.len() > MOST {
        return Err(Failure::invalid(
            "attachments",
            "A message carries at most 10 files.",
        ));
    }
    let mut total = 0;
    let mut parts = Vec::with_capacity(attachments.len());
    for Attachment { name, data } in attachments {
        let name = plain_name(&name);
        let bytes = Base64::decode_vec(&data)
            .map_err(|_| Failure::invalid("attachments", format!("{name} is not base64.")))?;
        total += bytes.len();
        if bytes.len() > FILE_CAP || total > TOTAL_CAP {
            return Err(Failure::new(
                FailureKind::BodyTooLarge,
                format!("{name} is too large: a file has at most 10 MiB, all of a message 20 MiB."),
            ));
        }
        parts.push(part(name, data, &bytes)?);
    }
    Ok(parts)
}

/// The name of the first file.
pub(super) fn first_name(parts: &[Part]) -> Option<String> {
    parts.iter().find_map(|part| match part {
        Part::Image(media) | Part::File(media) | Part::Audio(media) => media.name.clone(),
        Part::Text { .. }
        | Part::Reasoning { .. }
        | Part::Refusal { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Opaque { .. } => None,
    })
}

/// The message as a model gets it.
pub(super) fn for_models(mut message: Message) -> Message {
    for part in &mut message.parts {
        if let Some(text) = read_text(part) {
            *part = Part::text(text);
        }
    }
    message
}

fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '"' | '<' | '>'))
        .take(NAME_CAP)
        .collect();
    match plain.trim() {
        "" => "file".to_owned(),
        plain => plain.to_owned(),
    }
}

fn part(name: String, data: String, bytes: &[u8]) -> Result<Part, Failure> {
    let Some((image, media_type)) = kind(bytes) else {
        return Err(Failure::invalid(
            "attachments",
            format!(
                "{name} cannot be sent: it is neither an image (PNG, JPEG, WebP, GIF) nor a PDF nor text."
            ),
        ));
    };
    let media = Media {
        source: MediaSource::Base64 { data },
        media_type: Some(media_type.to_owned()),
        name: Some(name),
        extra: Extra::new(),
    };
    Ok(if image {
        Part::Image(media)
    } else {
        Part::File(media)
    })
}

/// Whether it is an image, and its type.
fn kind(bytes: &[u8]) -> Option<(bool, &'static str)> {
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    Some(match bytes {
        [0x89, b'P', b'N', b'G', ..] => (true, "image/png"),
        [0xff, 0xd8, 0xff, ..] => (true, "image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => (true, "image/gif"),
        [b'%', b'P', b'D', b'F', b'-', ..] => (false, "application/pdf"),
        _ if webp => (true, "image/webp"),
        _ if std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0) => (false, TEXT),
        _ => return None,
    })
}

const TEXT: &str = "text/plain";

/// What a text file says, with its name.
fn read_text(part: &Part) -> Option<String> {
    let Part::File(media) = part else { return None };
    let MediaSource::Base64 { data } = &media.source else {
        return None;
    };
    if media.media_type.as_deref() != Some(TEXT) {
        return None;
    }
    let text = String::from_utf8(Base64::decode_vec(data).ok()?).ok()?;
    let name = media.name.as_deref().unwrap_or("file");
    Some(format!("<file name=\"{name}\">\n{text}\n</file>"))
}
