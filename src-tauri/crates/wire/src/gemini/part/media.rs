//! Images, sounds and files: in the message as base64, or by the address of a file.

use domain::{Extra, Failure, Media, MediaSource, Part, RawJson};
use serde_json::value::RawValue;

use crate::fields::{missing, string, wrong_type};
use crate::json::{self, Object};

/// The key of data in the message.
pub(super) const INLINE: &str = "inlineData";
/// The key of a file elsewhere.
pub(super) const FILE: &str = "fileData";

/// Reads the object under `key`; `extra` holds the fields beside it.
pub(super) fn read(path: &str, key: &str, value: &RawValue, mut extra: Extra) -> Result<Part, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let (mut media_type, mut data, mut uri, mut name) = (None, None, None, None);
    for (field, value) in fields {
        let of = |field: &str| format!("{path}.{field}");
        match field.as_ref() {
            _ if value.get() == "null" => {}
            "mimeType" | "mime_type" => media_type = Some(string(&of("mimeType"), value)?),
            "data" if key == INLINE => data = Some(string(&of("data"), value)?),
            "fileUri" | "file_uri" if key == FILE => uri = Some(string(&of("fileUri"), value)?),
            "displayName" | "display_name" => name = Some(string(&of("displayName"), value)?),
            _ => extra.set(format!("{key}.{field}"), RawJson::new(value.get())),
        }
    }
    let source = match (data, uri) {
        (Some(data), _) => MediaSource::Base64 { data: standard(data) },
        (None, Some(uri)) => source(uri),
        (None, None) if key == INLINE => return Err(missing(&format!("{path}.data"))),
        (None, None) => return Err(missing(&format!("{path}.fileUri"))),
    };
    let media = Media {
        source,
        media_type,
        name,
        extra,
    };
    let kind = media
        .media_type
        .as_deref()
        .and_then(|text| text.split('/').next());
    Ok(match kind {
        Some("image") => Part::Image(media),
        Some("audio") => Part::Audio(media),
        Some(_) | None => Part::File(media),
    })
}

/// Files that were uploaded to Google have addresses that nobody else can fetch.
fn source(uri: String) -> MediaSource {
    let uploaded = uri.contains("generativelanguage.googleapis.com/") && uri.contains("/files/");
    let fetched = uri.starts_with("https://") || uri.starts_with("http://");
    if fetched && !uploaded {
        MediaSource::Url { url: uri }
    } else {
        MediaSource::FileId { id: uri }
    }
}

/// Google's own libraries write the alphabet that is safe in URLs.
fn standard(data: String) -> String {
    if data.contains(['-', '_', '\n', '\r']) {
        let mut data = data.replace('-', "+").replace('_', "/").replace(['\n', '\r'], "");
        while !data.len().is_multiple_of(4) {
            data.push('=');
        }
        return data;
    }
    data
}

/// Writes the field that says what the part is, and gives its key.
pub(super) fn write(part: &Part, media: &Media, carry: bool, object: &mut Object<'_>) -> &'static str {
    let (key, field, value) = match &media.source {
        MediaSource::Base64 { data } => (INLINE, "data", data),
        MediaSource::Url { url } => (FILE, "fileUri", url),
        MediaSource::FileId { id } => (FILE, "fileUri", id),
    };
    let mut inner = Object::open(object.key(key));
    if let Some(media_type) = media_type(part, media) {
        inner.string("mimeType", media_type);
    }
    inner.string(field, value);
    if carry {
        // only Vertex knows the field
        if let Some(name) = &media.name {
            inner.string("displayName", name);
        }
        inner.prefixed(&media.extra, &format!("{key}."), |_| true);
    }
    inner.close();
    key
}

/// The type that data must name; clients of other wires leave it out.
fn media_type<'m>(part: &Part, media: &'m Media) -> Option<&'m str> {
    if let Some(known) = &media.media_type {
        return Some(known);
    }
    match &media.source {
        MediaSource::Url { url } => by_name(url),
        MediaSource::FileId { .. } => None,
        MediaSource::Base64 { data } => Some(
            by_content(data)
                .or_else(|| by_name(media.name.as_deref()?))
                .unwrap_or(match part {
                    Part::Image(_) => "image/jpeg",
                    Part::Audio(_) => "audio/wav",
                    Part::File(_)
                    | Part::Text { .. }
                    | Part::Reasoning { .. }
                    | Part::Refusal { .. }
                    | Part::ToolCall { .. }
                    | Part::ToolResult { .. }
                    | Part::Opaque { .. } => "application/pdf",
                }),
        ),
    }
}

/// By the first bytes, as they look in base64.
fn by_content(data: &str) -> Option<&'static str> {
    [
        ("iVBORw", "image/png"),
        ("/9j/", "image/jpeg"),
        ("R0lGOD", "image/gif"),
        ("JVBERi", "application/pdf"),
        ("SUQz", "audio/mpeg"),
    ]
    .into_iter()
    .find(|(first, _)| data.starts_with(first))
    .map(|(_, media_type)| media_type)
}

/// By the ending of a name or address.
fn by_name(name: &str) -> Option<&'static str> {
    let name = name.split(['?', '#']).next().unwrap_or(name);
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "html" => "text/html",
        "json" => "application/json",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "ogg" => "audio/ogg",
        "flac" => "audio/flac",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        _ => return None,
    })
}
