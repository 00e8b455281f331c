//! Content parts, the same in both directions (W-26, W-27).
//!
//! An image has two levels of fields, `{"type":"image_url","image_url":{…},"cache_control":{…}}`, and the
//! domain one `extra`: fields of the outer level keep their name, those of the inner one are prefixed
//! with its key, except `detail`, which other wires look for.

use domain::{Extra, Failure, Media, MediaSource, Part, RawJson, Wire};
use serde_json::value::RawValue;

use crate::fields::{missing, string, wrong_type};
use crate::json::{self, Object};

/// Types that are known to exist and that the domain does not model; they are carried whole.
const CARRIED: &[&str] = &[
    "thinking",
    "redacted_thinking",
    "video_url",
    "input_video",
    "document",
    "document_url",
    "reference",
];

/// Reads one part; `path` names it in failures.
pub(super) fn read(path: &str, value: &RawValue) -> Result<Part, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let kind = fields.iter().rev().find(|(name, _)| name == "type");
    let kind_path = format!("{path}.type");
    let (_, kind) = kind.ok_or_else(|| missing(&kind_path))?;
    let kind = string(&kind_path, kind)?;
    if CARRIED.contains(&kind.as_str()) {
        return Ok(Part::Opaque {
            wire: Wire::OpenAiChat,
            value: RawJson::new(value.get()),
        });
    }
    let wanted = match kind.as_str() {
        "text" | "image_url" | "input_audio" | "file" | "refusal" => kind.as_str(),
        _ => {
            return Err(Failure::invalid(
                &kind_path,
                format!("Invalid value for '{kind_path}': this type of content part is not known."),
            )
            .with_code("invalid_value"));
        }
    };
    let mut inner = None;
    let mut extra = Extra::new();
    for (name, value) in &fields {
        match name.as_ref() {
            "type" => {}
            name if name == wanted => inner = Some(*value),
            name => extra.set(name, RawJson::new(value.get())),
        }
    }
    let path = format!("{path}.{wanted}");
    let inner = inner.ok_or_else(|| missing(&path))?;
    match wanted {
        "text" => Ok(Part::Text {
            text: string(&path, inner)?,
            extra,
        }),
        "refusal" => Ok(Part::Refusal {
            text: string(&path, inner)?,
        }),
        "image_url" => image(&path, inner, extra),
        "input_audio" => audio(&path, inner, extra),
        _ => file(&path, inner, extra),
    }
}

fn image(path: &str, value: &RawValue, mut extra: Extra) -> Result<Part, Failure> {
    let mut url = json::text(value).map(std::borrow::Cow::into_owned);
    if url.is_none() {
        let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object or a string"))?;
        for (name, value) in fields {
            match name.as_ref() {
                "url" => url = Some(string(&format!("{path}.url"), value)?),
                "detail" => extra.set("detail", RawJson::new(value.get())),
                _ => extra.set(format!("image_url.{name}"), RawJson::new(value.get())),
            }
        }
    }
    let path = format!("{path}.url");
    let (source, media_type) = source(url.ok_or_else(|| missing(&path))?);
    if let MediaSource::Url { url } = &source {
        let scheme = url
            .split_once(':')
            .map_or("", |(scheme, _)| scheme)
            .to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https" | "data") {
            return Err(
                Failure::invalid(&path, "An image is given as an http, https or base64 data URL.")
                    .with_code("invalid_image_url"),
            );
        }
    }
    Ok(Part::Image(Media {
        source,
        media_type,
        name: None,
        extra,
    }))
}

fn audio(path: &str, value: &RawValue, mut extra: Extra) -> Result<Part, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let (mut data, mut format) = (None, None);
    for (name, value) in fields {
        match name.as_ref() {
            "data" => data = Some(string(&format!("{path}.data"), value)?),
            "format" => format = Some(string(&format!("{path}.format"), value)?),
            _ => extra.set(format!("input_audio.{name}"), RawJson::new(value.get())),
        }
    }
    Ok(Part::Audio(Media {
        source: MediaSource::Base64 {
            data: data.ok_or_else(|| missing(&format!("{path}.data")))?,
        },
        media_type: format.map(|format| match format.as_str() {
            "mp3" => "audio/mpeg".into(),
            other => format!("audio/{other}"),
        }),
        name: None,
        extra,
    }))
}

fn file(path: &str, value: &RawValue, mut extra: Extra) -> Result<Part, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let (mut data, mut id, mut name) = (None, None, None);
    for (key, value) in fields {
        match key.as_ref() {
            _ if value.get() == "null" => {}
            "file_data" => data = Some(string(&format!("{path}.file_data"), value)?),
            "file_id" => id = Some(string(&format!("{path}.file_id"), value)?),
            "filename" => name = Some(string(&format!("{path}.filename"), value)?),
            _ => extra.set(format!("file.{key}"), RawJson::new(value.get())),
        }
    }
    let (source, media_type) = match (data, id) {
        (Some(data), _) if data.starts_with("data:") || data.starts_with("http") => source(data),
        (Some(data), _) => (MediaSource::Base64 { data }, None),
        (None, Some(id)) => (MediaSource::FileId { id }, None),
        (None, None) => return Err(missing(&format!("{path}.file_data"))),
    };
    Ok(Part::File(Media {
        source,
        media_type,
        name,
        extra,
    }))
}

/// Takes a base64 data URL apart; any other URL stays one.
pub(crate) fn source(mut url: String) -> (MediaSource, Option<String>) {
    let head = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"));
    match head {
        Some((media_type, _)) if !media_type.contains(',') => {
            let media_type = media_type.to_owned();
            // the data may be many megabytes: it stays where it is
            url.drain(..5 + media_type.len() + 8);
            (MediaSource::Base64 { data: url }, Some(media_type))
        }
        Some(_) | None => (MediaSource::Url { url }, None),
    }
}

/// Writes a part; `false` when this wire has no form for it and nothing was written. Of the
/// fields that are carried only those are written that `keep` wants.
pub(super) fn write(part: &Part, keep: impl Fn(&str) -> bool, out: &mut Vec<u8>) -> bool {
    match part {
        Part::Text { text, extra } => {
            let mut object = Object::open(out);
            object.literal("type", r#""text""#);
            object.string("text", text);
            object.extra(extra, keep);
            object.close();
        }
        Part::Refusal { text } => {
            let mut object = Object::open(out);
            object.literal("type", r#""refusal""#);
            object.string("refusal", text);
            object.close();
        }
        Part::Image(media) => {
            let (MediaSource::Url { .. } | MediaSource::Base64 { .. }) = &media.source else {
                return false;
            };
            media_part(media, "image_url", keep, out, |object| url(object, "url", media));
        }
        Part::Audio(media) => {
            let MediaSource::Base64 { data } = &media.source else {
                return false;
            };
            media_part(media, "input_audio", keep, out, |object| {
                object.string("data", data);
                let media_type = media.media_type.as_deref().unwrap_or("audio/wav");
                object.string(
                    "format",
                    match media_type {
                        "audio/mpeg" => "mp3",
                        "audio/x-wav" | "audio/wave" => "wav",
                        other => other.strip_prefix("audio/").unwrap_or(other),
                    },
                );
            });
        }
        Part::File(media) => media_part(media, "file", keep, out, |object| {
            if let Some(name) = &media.name {
                object.string("filename", name);
            }
            match &media.source {
                MediaSource::FileId { id } => object.string("file_id", id),
                MediaSource::Url { .. } | MediaSource::Base64 { .. } => url(object, "file_data", media),
            }
        }),
        Part::Opaque {
            wire: Wire::OpenAiChat,
            value,
        } => json::write_raw(value.get(), out),
        Part::Opaque { .. } | Part::Reasoning { .. } | Part::ToolCall { .. } | Part::ToolResult { .. } => {
            return false;
        }
    }
    true
}

fn media_part(
    media: &Media,
    key: &'static str,
    keep: impl Fn(&str) -> bool,
    out: &mut Vec<u8>,
    fields: impl FnOnce(&mut Object<'_>),
) {
    let mut outer = Object::open(out);
    outer.string("type", key);
    let mut inner = Object::open(outer.key(key));
    fields(&mut inner);
    let image = key == "image_url";
    if image {
        inner.extra(&media.extra, |name| name == "detail");
    }
    let prefix = format!("{key}.");
    inner.prefixed(&media.extra, &prefix, &keep);
    inner.close();
    outer.extra(&media.extra, |name| {
        keep(name) && !name.starts_with(&prefix) && !(image && name == "detail")
    });
    outer.close();
}

fn url(object: &mut Object<'_>, key: &str, media: &Media) {
    match (&media.source, &media.media_type) {
        (MediaSource::Url { url }, _) => object.string(key, url),
        (MediaSource::Base64 { data }, Some(media_type)) => {
            let out = object.key(key);
            out.reserve(media_type.len() + data.len() + 16);
            out.extend_from_slice(b"\"data:");
            json::write_escaped(media_type, out);
            out.extend_from_slice(b";base64,");
            json::write_escaped(data, out);
            out.push(b'"');
        }
        (MediaSource::Base64 { data }, None) => object.string(key, data),
        (MediaSource::FileId { .. }, _) => object.literal(key, "null"),
    }
}
