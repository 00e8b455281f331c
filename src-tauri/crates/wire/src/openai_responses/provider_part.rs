//! Parts of messages and of tool results as a provider of this wire reads them.

use domain::{Extra, Media, MediaSource, Part, Wire};

use super::carried::{CARRIED, Carried};
use super::provider_input::Input;
use crate::json::{self, Object};

impl Input<'_, '_> {
    /// Writes content: a lone text as a string, anything else as an array.
    pub(super) fn content(&mut self, parts: &[&Part], out: &mut Vec<u8>) {
        match parts {
            [] => return out.extend_from_slice(br#""""#),
            [Part::Text { text, extra }] if self.keeps(extra).part.is_empty() => {
                self.tell_lost(extra);
                return json::write_string(text, out);
            }
            _ => {}
        }
        out.push(b'[');
        for part in parts {
            let before = out.len();
            if out.last() != Some(&b'[') {
                out.push(b',');
            }
            if !self.part(part, out) {
                out.truncate(before);
                self.notes
                    .add("a part that this wire has no form for", "left out");
            }
        }
        out.push(b']');
    }

    /// The fields of this wire that reach the provider.
    pub(super) fn keeps(&self, extra: &Extra) -> Carried {
        if self.quirks.no_nested_extra_fields {
            return Carried::default();
        }
        Carried::find(extra)
    }

    /// Notes fields that have no place here.
    pub(super) fn tell_lost(&mut self, extra: &Extra) {
        let known = |name: &str| matches!(name, CARRIED | "annotations" | "detail");
        if extra.iter().any(|(name, _)| !known(name)) {
            self.notes
                .add("fields of parts", "left out, this wire has no field for them");
        }
    }

    /// Writes a part of a message that is no answer; `false` when there is no form for it.
    fn part(&mut self, part: &Part, out: &mut Vec<u8>) -> bool {
        match part {
            Part::Text { text, extra } => {
                self.tell_lost(extra);
                let mut object = Object::open(out);
                object.literal("type", r#""input_text""#);
                object.string("text", text);
                object.extra(&self.keeps(extra).part, |_| true);
                object.close();
            }
            Part::Refusal { text } => {
                let mut object = Object::open(out);
                object.literal("type", r#""input_text""#);
                object.string("text", text);
                object.close();
            }
            Part::Image(media) => {
                let mut object = Object::open(out);
                object.literal("type", r#""input_image""#);
                match &media.source {
                    MediaSource::FileId { id } => object.string("file_id", id),
                    MediaSource::Url { .. } | MediaSource::Base64 { .. } => {
                        location(&mut object, "image_url", media, "image/png");
                    }
                }
                object.extra(&media.extra, |name| name == "detail");
                self.close_media(object, media);
            }
            Part::File(media) => {
                let mut object = Object::open(out);
                object.literal("type", r#""input_file""#);
                match &media.source {
                    MediaSource::FileId { id } => object.string("file_id", id),
                    MediaSource::Url { url } if url.starts_with("data:") => object.string("file_data", url),
                    MediaSource::Url { url } => object.string("file_url", url),
                    MediaSource::Base64 { .. } => {
                        // data without a name is refused
                        object.string("filename", media.name.as_deref().unwrap_or("document.pdf"));
                        location(&mut object, "file_data", media, "application/pdf");
                    }
                }
                self.close_media(object, media);
            }
            Part::Audio(media) => {
                let MediaSource::Base64 { data } = &media.source else {
                    return false;
                };
                let mut object = Object::open(out);
                object.literal("type", r#""input_audio""#);
                let mut inner = Object::open(object.key("input_audio"));
                inner.string("data", data);
                inner.string("format", format_of(media));
                inner.close();
                self.close_media(object, media);
            }
            Part::Opaque {
                wire: Wire::OpenAiResponses,
                value,
            } => json::write_raw(value.get(), out),
            Part::Opaque { .. }
            | Part::Reasoning { .. }
            | Part::ToolCall { .. }
            | Part::ToolResult { .. } => return false,
        }
        true
    }

    fn close_media(&mut self, mut object: Object<'_>, media: &Media) {
        object.extra(&self.keeps(&media.extra).part, |_| true);
        object.close();
        self.tell_lost(&media.extra);
    }
}

/// Writes where the bytes are: an address, or a data URL.
fn location(object: &mut Object<'_>, key: &str, media: &Media, assumed: &str) {
    match &media.source {
        MediaSource::Url { url } => object.string(key, url),
        MediaSource::Base64 { data } => {
            let media_type = media.media_type.as_deref().unwrap_or(assumed);
            let out = object.key(key);
            out.reserve(media_type.len() + data.len() + 16);
            out.extend_from_slice(b"\"data:");
            json::write_escaped(media_type, out);
            out.extend_from_slice(b";base64,");
            json::write_escaped(data, out);
            out.push(b'"');
        }
        MediaSource::FileId { .. } => object.literal(key, "null"),
    }
}

fn format_of(media: &Media) -> &str {
    match media.media_type.as_deref().unwrap_or("audio/wav") {
        "audio/mpeg" => "mp3",
        "audio/x-wav" | "audio/wave" => "wav",
        other => other.strip_prefix("audio/").unwrap_or(other),
    }
}
