//! Parts of a content, the same in requests and answers, in both directions.
//!
//! A part is an object with one field that says what it is, and others about it. Fields that nobody modelled
//! keep their name; those of the inner object are prefixed with its key. The signature hangs on whatever part
//! the model chose and must come back on that one (W-168): it is kept under the name that Google's
//! OpenAI-compatible surface gave it, so that clients of every wire can hand it back.

use domain::{Extra, Failure, Part, RawJson, Wire};
use serde_json::value::RawValue;

use super::tool::{self, Call, Outcome};
use crate::fields::{string, wrong_type};
use crate::json::{self, Object};

mod media;

/// Where a signature is kept in the `extra` of a part.
const EXTRA_CONTENT: &str = "extra_content";

/// What a part may be.
pub(super) enum Piece {
    /// Something that is said.
    Said(Part),
    /// A call of a tool.
    Call(Call),
    /// The result of one.
    Outcome(Outcome),
    /// Nothing at all.
    Nothing,
}

/// Reads a part; `path` names it in failures.
pub(super) fn read(path: &str, value: &RawValue) -> Result<Piece, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let mut kinds: Vec<(&'static str, &RawValue)> = Vec::new();
    let mut thought = false;
    let mut signature = None;
    let mut extra = Extra::new();
    for (name, field) in fields {
        match name.as_ref() {
            _ if field.get() == "null" => {}
            "text" => kinds.push(("text", field)),
            "inlineData" | "inline_data" => kinds.push((media::INLINE, field)),
            "fileData" | "file_data" => kinds.push((media::FILE, field)),
            "functionCall" | "function_call" => kinds.push((tool::CALL, field)),
            "functionResponse" | "function_response" => kinds.push((tool::RESPONSE, field)),
            "thought" => thought = field.get() == "true",
            "thoughtSignature" | "thought_signature" => {
                signature = Some(string(&format!("{path}.thoughtSignature"), field)?);
            }
            _ => extra.set(name, RawJson::new(field.get())),
        }
    }
    let opaque = || Piece::Said(opaque(value));
    let (kind, inner) = match kinds.as_slice() {
        [] if !extra.is_empty() => return Ok(opaque()),
        [] if signature.is_none() => return Ok(Piece::Nothing),
        [] => ("text", None),
        [(kind, inner)] => (*kind, Some(*inner)),
        _ => return Err(wrong_type(path, "a part that is one thing")),
    };
    let inner_path = format!("{path}.{kind}");
    let text = match inner {
        None => String::new(),
        Some(inner) if kind == "text" => string(&inner_path, inner)?,
        // a picture that the model only thought of is none of its answer
        Some(_) if thought => return Ok(opaque()),
        Some(inner) => {
            if let Some(signature) = signature {
                sign(&mut extra, &signature);
            }
            return match kind {
                tool::CALL => {
                    Ok(tool::read_call(&inner_path, inner, extra)?.map_or_else(opaque, Piece::Call))
                }
                tool::RESPONSE => Ok(Piece::Outcome(tool::read_outcome(&inner_path, inner, extra)?)),
                _ => Ok(Piece::Said(media::read(&inner_path, kind, inner, extra)?)),
            };
        }
    };
    Ok(Piece::Said(if thought {
        Part::Reasoning {
            text,
            signature,
            extra,
        }
    } else {
        if let Some(signature) = signature {
            sign(&mut extra, &signature);
        }
        Part::Text { text, extra }
    }))
}

/// A part that is carried whole.
pub(super) fn opaque(value: &RawValue) -> Part {
    Part::Opaque {
        wire: Wire::Gemini,
        value: RawJson::new(value.get()),
    }
}

fn sign(extra: &mut Extra, signature: &str) {
    let value = serde_json::json!({ "google": { "thought_signature": signature } });
    extra.set(EXTRA_CONTENT, RawJson::of(&value));
}

/// The signature that is kept in the `extra` of a part.
pub(super) fn signature(extra: &Extra) -> Option<String> {
    let value: serde_json::Value = extra.get(EXTRA_CONTENT)?.parse().ok()?;
    let signature = value["google"]["thought_signature"].as_str()?;
    is_base64(signature).then(|| signature.to_owned())
}

/// Whether Google could have made this signature: it reads them as bytes, and one of another maker that is
/// not written in base64 would fail the whole request.
pub(super) fn is_base64(signature: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=');
    !signature.is_empty() && signature.bytes().all(fits)
}

/// Writes a part; `false` when this wire has no form for it and nothing was written. Fields that are carried
/// are written when `carry` says so. Calls and results are not for here: they need more than themselves.
pub(super) fn write(part: &Part, carry: bool, out: &mut Vec<u8>) -> bool {
    match part {
        Part::Text { text, extra } => {
            let mut object = Object::open(out);
            object.string("text", text);
            about(extra, None, carry, &mut object);
            object.close();
        }
        Part::Refusal { text } => {
            let mut object = Object::open(out);
            object.string("text", text);
            object.close();
        }
        Part::Reasoning {
            text,
            signature,
            extra,
        } => {
            let mut object = Object::open(out);
            object.string("text", text);
            object.literal("thought", "true");
            if let Some(signature) = signature.as_ref().filter(|text| is_base64(text)) {
                object.string("thoughtSignature", signature);
            }
            about(extra, None, carry, &mut object);
            object.close();
        }
        Part::Image(media) | Part::File(media) | Part::Audio(media) => {
            let mut object = Object::open(out);
            let key = media::write(part, media, carry, &mut object);
            about(&media.extra, Some(key), carry, &mut object);
            object.close();
        }
        Part::Opaque {
            wire: Wire::Gemini,
            value,
        } => json::write_raw(value.get(), out),
        Part::Opaque { .. } | Part::ToolCall { .. } | Part::ToolResult { .. } => return false,
    }
    true
}

/// Writes what stands beside the field that says what a part is: its signature, and the fields that are
/// carried, but for those of the inner object `inner`.
pub(super) fn about(extra: &Extra, inner: Option<&str>, carry: bool, object: &mut Object<'_>) {
    if let Some(signature) = signature(extra) {
        object.string("thoughtSignature", &signature);
    }
    if carry {
        let of_inner = |name: &str| {
            inner.is_some_and(|key| name.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
        };
        object.extra(extra, |name| name != EXTRA_CONTENT && !of_inner(name));
    }
}

/// Whether something of these fields stays behind when unknown fields are not carried.
pub(super) fn leaves_behind(extra: &Extra) -> bool {
    extra.iter().any(|(name, _)| name != EXTRA_CONTENT)
}
