//! Content blocks, the same in both directions (W-142).
//!
//! A block of a type that the domain models keeps the fields that it does not, in `extra`; any other block
//! is carried whole. Nothing is refused for being unknown.

use std::borrow::Cow;

use domain::{Extra, Failure, Part, RawJson, Wire};
use serde_json::value::RawValue;

use super::media;
use crate::fields::{boolean, missing, string, wrong_type};
use crate::ids::{fnv, made_id};
use crate::json::{self, Object};

/// In the `extra` of a reasoning part: its signature is a sealed block and no signature.
pub(super) const REDACTED: &str = "redacted";

type Fields<'a> = [(Cow<'a, str>, &'a RawValue)];

/// Reads one block; `path` names it in failures.
pub(super) fn read(path: &str, value: &RawValue) -> Result<Part, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let kind_path = format!("{path}.type");
    let kind = fields.iter().rev().find(|(name, _)| name == "type");
    let (_, kind) = kind.ok_or_else(|| missing(&kind_path))?;
    let kind = string(&kind_path, kind)?;
    let whole = || Part::Opaque {
        wire: Wire::AnthropicMessages,
        value: RawJson::new(value.get()),
    };
    match kind.as_str() {
        "text" => Ok(Part::Text {
            text: text_of(path, "text", &fields)?,
            extra: rest(&fields, &["text"]),
        }),
        "thinking" => Ok(Part::Reasoning {
            text: text_of(path, "thinking", &fields)?,
            signature: find(&fields, "signature")
                .and_then(json::text)
                .filter(|signature| !signature.is_empty())
                .map(Cow::into_owned),
            extra: rest(&fields, &["thinking", "signature"]),
        }),
        "redacted_thinking" => {
            let mut extra = rest(&fields, &["data"]);
            extra.set(REDACTED, RawJson::new("true"));
            Ok(Part::Reasoning {
                text: String::new(),
                signature: Some(text_of(path, "data", &fields)?),
                extra,
            })
        }
        "tool_use" => Ok(Part::ToolCall {
            id: text_of(path, "id", &fields)?,
            name: text_of(path, "name", &fields)?,
            arguments: find(&fields, "input").map_or("{}", RawValue::get).to_owned(),
            extra: rest(&fields, &["id", "name", "input"]),
        }),
        "tool_result" => tool_result(path, &fields),
        "image" | "document" => {
            let others = fields
                .iter()
                .filter(|(name, _)| name != "type")
                .map(|(name, value)| (name.as_ref(), *value));
            Ok(match media::read(path, others)? {
                Some(media) if kind == "image" => Part::Image(media),
                Some(media) => Part::File(media),
                None => whole(),
            })
        }
        _ => Ok(whole()),
    }
}

fn tool_result(path: &str, fields: &Fields<'_>) -> Result<Part, Failure> {
    let parts = match find(fields, "content") {
        Some(content) => list(&format!("{path}.content"), content)?,
        None => Vec::new(),
    };
    let is_error = match find(fields, "is_error") {
        Some(value) => boolean(&format!("{path}.is_error"), value)?.unwrap_or(false),
        None => false,
    };
    Ok(Part::ToolResult {
        call_id: text_of(path, "tool_use_id", fields)?,
        parts,
        is_error,
        extra: rest(fields, &["tool_use_id", "content", "is_error"]),
    })
}

/// Reads content: a text, or an array of blocks.
pub(super) fn list(path: &str, content: &RawValue) -> Result<Vec<Part>, Failure> {
    if let Some(text) = json::text(content) {
        return Ok(vec![Part::text(text)]);
    }
    json::items(content)
        .ok_or_else(|| wrong_type(path, "a string or an array of blocks"))?
        .into_iter()
        .enumerate()
        .map(|(at, value)| read(&format!("{path}[{at}]"), value))
        .collect()
}

fn find<'a>(fields: &Fields<'a>, name: &str) -> Option<&'a RawValue> {
    let (_, value) = fields.iter().rev().find(|(key, _)| key == name)?;
    Some(*value).filter(|value| value.get() != "null")
}

fn text_of(path: &str, name: &str, fields: &Fields<'_>) -> Result<String, Failure> {
    let path = format!("{path}.{name}");
    string(&path, find(fields, name).ok_or_else(|| missing(&path))?)
}

fn rest(fields: &Fields<'_>, known: &[&str]) -> Extra {
    let mut extra = Extra::new();
    for (name, value) in fields {
        if name != "type" && !known.contains(&name.as_ref()) {
            extra.set(name.as_ref(), RawJson::new(value.get()));
        }
    }
    extra
}

/// The `input` of a call: the arguments when they are an object. Models write broken JSON; that is kept as
/// a text inside an object, because the wire takes nothing else.
pub(super) fn input(arguments: &str) -> Cow<'_, str> {
    let arguments = arguments.trim();
    if arguments.is_empty() {
        return "{}".into();
    }
    let object = arguments.starts_with('{') && serde_json::from_str::<&RawValue>(arguments).is_ok();
    if object {
        return arguments.into();
    }
    let mut out = Vec::new();
    let mut object = Object::open(&mut out);
    object.string("raw_arguments", arguments);
    object.close();
    String::from_utf8(out).unwrap_or_default().into()
}

/// The id of a call as this wire takes it, `[A-Za-z0-9_-]+`; the same for the call and its result.
pub(super) fn call_id(id: &str) -> Cow<'_, str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !id.is_empty() && id.chars().all(fits) {
        return id.into();
    }
    let mut out: String = id.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    // two ids may differ only in what was replaced
    out.push('_');
    out.push_str(&made_id(fnv(0, id.as_bytes()), 0));
    out.into()
}

/// Writes the blocks of a part that is no reasoning and no result of a tool, with those of its fields that
/// `keep` wants; `false` when this wire has no form for it and nothing was written.
pub(super) fn write(part: &Part, keep: &mut dyn FnMut(&str) -> bool, out: &mut Vec<u8>) -> bool {
    match part {
        Part::Text { text, extra } => {
            let mut object = Object::open(out);
            object.literal("type", r#""text""#);
            object.string("text", text);
            others(extra, &["text"], keep, object);
        }
        Part::Refusal { text } => {
            let mut object = Object::open(out);
            object.literal("type", r#""text""#);
            object.string("text", text);
            object.close();
        }
        Part::Image(media) => {
            let mut object = Object::open(out);
            object.literal("type", r#""image""#);
            media::write_image(media, &mut object);
            others(&media.extra, &["source"], keep, object);
        }
        Part::File(media) => {
            let mut object = Object::open(out);
            object.literal("type", r#""document""#);
            media::write_document(media, &mut object);
            others(&media.extra, &["source", "title"], keep, object);
        }
        Part::ToolCall {
            id,
            name,
            arguments,
            extra,
        } => {
            let mut object = Object::open(out);
            object.literal("type", r#""tool_use""#);
            object.string("id", id);
            object.string("name", name);
            object.raw("input", &input(arguments));
            others(extra, &["id", "name", "input"], keep, object);
        }
        Part::Opaque {
            wire: Wire::AnthropicMessages,
            value,
        } => json::write_raw(value.get(), out),
        Part::Opaque { .. } | Part::Audio(_) | Part::Reasoning { .. } | Part::ToolResult { .. } => {
            return false;
        }
    }
    true
}

/// Writes a block of thinking, or the sealed form of one.
pub(super) fn write_thinking(
    text: &str,
    signature: &str,
    extra: &Extra,
    keep: &mut dyn FnMut(&str) -> bool,
    out: &mut Vec<u8>,
) {
    let mut object = Object::open(out);
    if redacted(extra) {
        object.literal("type", r#""redacted_thinking""#);
        object.string("data", signature);
        return others(extra, &["data", REDACTED], keep, object);
    }
    object.literal("type", r#""thinking""#);
    object.string("thinking", text);
    object.string("signature", signature);
    others(extra, &["thinking", "signature"], keep, object);
}

/// Whether the reasoning is a sealed block.
pub(super) fn redacted(extra: &Extra) -> bool {
    extra.get(REDACTED).is_some_and(|value| value.get() == "true")
}

fn others(extra: &Extra, ours: &[&str], keep: &mut dyn FnMut(&str) -> bool, mut object: Object<'_>) {
    object.extra(extra, |name| {
        name != "type" && !ours.contains(&name) && keep(name)
    });
    object.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_always_an_object() {
        assert_eq!(input(""), "{}");
        assert_eq!(input(r#" {"a": 1} "#), r#"{"a": 1}"#);
        assert_eq!(input(r#"{"a":"#), r#"{"raw_arguments":"{\"a\":"}"#);
        assert_eq!(input("[1]"), r#"{"raw_arguments":"[1]"}"#);
    }

    #[test]
    fn ids_of_calls_fit_and_stay_apart() {
        assert_eq!(call_id("toolu_01-A"), "toolu_01-A");
        let (one, other) = (call_id("functions.weather:0"), call_id("functions:weather.0"));
        assert!(one.starts_with("functions_weather_0_") && one != other);
        assert_eq!(one, call_id("functions.weather:0"));
        assert!(!call_id("").is_empty());
    }
}
