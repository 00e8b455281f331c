//! Images, documents and sounds as Converse takes them: by a format of its own list, as bytes or from S3.
//! Addresses on the web it does not fetch. Cache points are here too, as the other thing that is no text.

use domain::{Media, MediaSource, RawJson};
use serde_json::Value;

use crate::image_type;
use crate::json::Object;

/// MIME types and formats of documents.
const DOCUMENTS: &[(&str, &str)] = &[
    ("application/pdf", "pdf"),
    ("text/csv", "csv"),
    ("application/msword", "doc"),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
    ("application/vnd.ms-excel", "xls"),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
    ),
    ("text/html", "html"),
    ("text/plain", "txt"),
    ("text/markdown", "md"),
];

/// MIME types and formats of images.
const IMAGES: &[(&str, &str)] = &[
    ("image/png", "png"),
    ("image/jpeg", "jpeg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
];

/// The MIME type of an image's format.
pub(super) fn image_type(format: &str) -> Option<&'static str> {
    IMAGES
        .iter()
        .find(|(_, known)| *known == format)
        .map(|(media_type, _)| *media_type)
}

/// Writes an image; `false` when this wire has no form for it and nothing was written.
pub(super) fn write_image(media: &Media, out: &mut Vec<u8>) -> bool {
    let told = media.media_type.as_deref().map(|name| match name {
        "image/jpg" => "image/jpeg",
        other => other,
    });
    let seen = if let MediaSource::Base64 { data } = &media.source {
        image_type::of(data)
    } else {
        None
    };
    let known = |wanted: Option<&str>| IMAGES.iter().find(|(media_type, _)| Some(*media_type) == wanted);
    let Some((_, format)) = known(told).or_else(|| known(seen)) else {
        return false;
    };
    block("image", format, media, None, out)
}

/// Writes a sound; `false` as above.
pub(super) fn write_audio(media: &Media, out: &mut Vec<u8>) -> bool {
    let format = match media.media_type.as_deref().unwrap_or("audio/wav") {
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
        "audio/flac" => "flac",
        "audio/ogg" => "ogg",
        "audio/opus" => "opus",
        "audio/aac" => "aac",
        "audio/mp4" | "audio/m4a" => "m4a",
        "audio/webm" => "webm",
        "audio/pcm" | "audio/pcm16" => "pcm",
        _ => return false,
    };
    block("audio", format, media, None, out)
}

/// Writes a document; `false` as above. Two of the same name are refused, so `names` remembers those that
/// were written.
pub(super) fn write_document(media: &Media, names: &mut Vec<String>, out: &mut Vec<u8>) -> bool {
    let name = media.name.as_deref().unwrap_or_default();
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let by_type = || {
        let told = media.media_type.as_deref()?.split(';').next()?.trim();
        DOCUMENTS.iter().find(|(media_type, _)| *media_type == told)
    };
    let by_ending = || {
        let ending = ending.to_ascii_lowercase();
        DOCUMENTS.iter().find(|(_, format)| *format == ending)
    };
    let Some((_, format)) = by_type().or_else(by_ending) else {
        return false;
    };
    let plain = plain_name(if stem.is_empty() { name } else { stem });
    let mut name = plain.clone();
    let mut copy = 2;
    while names.contains(&name) {
        name = format!("{plain} {copy}");
        copy += 1;
    }
    let written = block("document", format, media, Some(&name), out);
    if written {
        names.push(name);
    }
    written
}

/// A name of letters, digits, single spaces, hyphens and brackets, which is all that is taken.
fn plain_name(name: &str) -> String {
    let mut plain = String::new();
    for c in name.chars().take(180) {
        let c = if c.is_ascii_alphanumeric() || "-()[]".contains(c) {
            c
        } else if c.is_whitespace() {
            ' '
        } else {
            '-'
        };
        if c != ' ' || !(plain.is_empty() || plain.ends_with(' ')) {
            plain.push(c);
        }
    }
    let plain = plain.trim_end();
    if plain.is_empty() {
        "document".into()
    } else {
        plain.to_owned()
    }
}

fn block(kind: &str, format: &str, media: &Media, name: Option<&str>, out: &mut Vec<u8>) -> bool {
    let s3 = |url: &String| url.starts_with("s3://");
    match &media.source {
        MediaSource::Base64 { .. } => {}
        MediaSource::Url { url } if s3(url) => {}
        MediaSource::Url { .. } | MediaSource::FileId { .. } => return false,
    }
    let mut outer = Object::open(out);
    let mut inner = Object::open(outer.key(kind));
    inner.string("format", format);
    if let Some(name) = name {
        inner.string("name", name);
    }
    let mut source = Object::open(inner.key("source"));
    match &media.source {
        MediaSource::Base64 { data } => source.string("bytes", data),
        MediaSource::Url { url: text } | MediaSource::FileId { id: text } => {
            let mut location = Object::open(source.key("s3Location"));
            location.string("uri", text);
            location.close();
        }
    }
    source.close();
    inner.close();
    outer.close();
    true
}

/// Writes a cache point for a mark of Anthropic's shape.
pub(super) fn cache_point(mark: &RawJson, out: &mut Vec<u8>) {
    let mark: Value = mark.parse().unwrap_or_default();
    let mut outer = Object::open(out);
    let mut inner = Object::open(outer.key("cachePoint"));
    inner.literal("type", r#""default""#);
    if let Some(ttl @ ("5m" | "1h")) = mark["ttl"].as_str() {
        inner.string("ttl", ttl);
    }
    inner.close();
    outer.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_plain() {
        for (name, plain) in [
            ("Über  uns", "-ber uns"),
            ("a.b_c", "a-b-c"),
            ("  ", "document"),
            ("report (final) [2]", "report (final) [2]"),
        ] {
            assert_eq!(plain_name(name), plain);
        }
    }
}
