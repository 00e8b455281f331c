//! Images and documents: a `source` of one of several kinds, with fields beside it.

use base64ct::{Base64, Encoding};
use domain::{Extra, Failure, Media, MediaSource, RawJson};
use serde_json::value::RawValue;

use crate::fields::{missing, string, wrong_type};
use crate::json::{self, Object};

/// The type of a document whose source is its text.
const PLAIN: &str = "text/plain";

/// Reads the fields of an image or a document but `type`; `None` when its source is of a kind that the
/// domain does not model, and the block is to be carried whole.
pub(super) fn read<'a>(
    path: &str,
    fields: impl Iterator<Item = (&'a str, &'a RawValue)>,
) -> Result<Option<Media>, Failure> {
    let mut source = None;
    let mut name = None;
    let mut extra = Extra::new();
    for (key, value) in fields {
        match key {
            "source" => source = Some(value),
            "title" if value.get() != "null" => name = Some(string(&format!("{path}.title"), value)?),
            _ => extra.set(key, RawJson::new(value.get())),
        }
    }
    let path = format!("{path}.source");
    let source = source.ok_or_else(|| missing(&path))?;
    let Some((source, media_type)) = read_source(&path, source)? else {
        return Ok(None);
    };
    Ok(Some(Media {
        source,
        media_type,
        name,
        extra,
    }))
}

fn read_source(path: &str, value: &RawValue) -> Result<Option<(MediaSource, Option<String>)>, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    // a field that we would not write again: the whole block is carried instead
    let known = |name: &str| matches!(name, "type" | "media_type" | "data" | "url" | "file_id");
    if !fields.iter().all(|(name, _)| known(name)) {
        return Ok(None);
    }
    let get = |name: &str| {
        let path = format!("{path}.{name}");
        match fields.iter().rev().find(|(key, _)| key == name) {
            Some((_, value)) => string(&path, value),
            None => Err(missing(&path)),
        }
    };
    let media_type = || get("media_type").ok();
    Ok(match get("type")?.as_str() {
        "base64" => Some((MediaSource::Base64 { data: get("data")? }, media_type())),
        "url" => Some((MediaSource::Url { url: get("url")? }, media_type())),
        "file" => Some((MediaSource::FileId { id: get("file_id")? }, media_type())),
        "text" => {
            let data = Base64::encode_string(get("data")?.as_bytes());
            Some((MediaSource::Base64 { data }, Some(PLAIN.to_owned())))
        }
        _ => None,
    })
}

/// Writes the `source` of an image.
pub(super) fn write_image(media: &Media, object: &mut Object<'_>) {
    write(media, "image/png", object);
}

/// Writes `source` and `title` of a document. Text is sent as text: as base64 only PDF is taken.
pub(super) fn write_document(media: &Media, object: &mut Object<'_>) {
    match (&media.source, plain_text(media)) {
        (MediaSource::Base64 { .. }, Some(text)) => {
            let mut source = Object::open(object.key("source"));
            source.literal("type", r#""text""#);
            source.string("media_type", PLAIN);
            source.string("data", &text);
            source.close();
        }
        (MediaSource::Base64 { .. } | MediaSource::Url { .. } | MediaSource::FileId { .. }, _) => {
            write(media, "application/pdf", object);
        }
    }
    if let Some(name) = &media.name {
        object.string("title", name);
    }
}

fn plain_text(media: &Media) -> Option<String> {
    let media_type = media.media_type.as_deref()?;
    let textual = media_type.starts_with("text/") || media_type == "application/json";
    let MediaSource::Base64 { data } = media.source.clone() else {
        return None;
    };
    let bytes = Base64::decode_vec(&data).ok().filter(|_| textual)?;
    String::from_utf8(bytes).ok()
}

fn write(media: &Media, usual: &str, object: &mut Object<'_>) {
    let mut source = Object::open(object.key("source"));
    match &media.source {
        MediaSource::Base64 { data } => {
            source.literal("type", r#""base64""#);
            source.string("media_type", media.media_type.as_deref().unwrap_or(usual));
            source.string("data", data);
        }
        MediaSource::Url { url } => {
            source.literal("type", r#""url""#);
            source.string("url", url);
        }
        MediaSource::FileId { id } => {
            source.literal("type", r#""file""#);
            source.string("file_id", id);
        }
    }
    source.close();
}
