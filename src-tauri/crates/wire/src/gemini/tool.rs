//! Calls of tools and their results.
//!
//! A call's arguments are an object, and so is a result; the domain has the text that the model wrote and
//! the parts that the tool gave. Google's own names for the text of a result are `output` and `error`, and
//! an object without them is the result itself.

use domain::{Extra, Failure, Part, RawJson, Wire};
use serde_json::value::RawValue;

use super::part::{self, Piece};
use crate::fields::{missing, string, wrong_type};
use crate::json::{self, Object};

/// The key of a call.
pub(super) const CALL: &str = "functionCall";
/// The key of a result.
pub(super) const RESPONSE: &str = "functionResponse";

/// A call whose id is not settled.
pub(super) struct Call {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) extra: Extra,
}

/// A result whose call is not settled.
pub(super) struct Outcome {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) parts: Vec<Part>,
    pub(super) is_error: bool,
    pub(super) extra: Extra,
}

/// Reads a call; `None` when it is only a piece of one, which comes when a client asked for arguments as
/// they are written and is carried whole. `extra` holds the fields beside it.
pub(super) fn read_call(path: &str, value: &RawValue, mut extra: Extra) -> Result<Option<Call>, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let (mut id, mut name, mut arguments) = (None, None, None);
    for (field, value) in fields {
        match field.as_ref() {
            _ if value.get() == "null" => {}
            "partialArgs" | "partial_args" | "willContinue" | "will_continue" => return Ok(None),
            "id" => id = Some(string(&format!("{path}.id"), value)?).filter(|id| !id.is_empty()),
            "name" => name = Some(string(&format!("{path}.name"), value)?),
            "args" if value.get().starts_with('{') => arguments = Some(json::compact(value.get())),
            "args" => return Err(wrong_type(&format!("{path}.args"), "an object")),
            _ => extra.set(format!("{CALL}.{field}"), RawJson::new(value.get())),
        }
    }
    let name = name.filter(|name| !name.is_empty());
    Ok(Some(Call {
        id,
        name: name.ok_or_else(|| missing(&format!("{path}.name")))?,
        arguments: arguments.unwrap_or_else(|| "{}".into()),
        extra,
    }))
}

/// Writes the part of a call, with this signature when it has none of its own; `false` when its arguments
/// are no object and had to be wrapped.
pub(super) fn write_call(
    (id, name, arguments): (&str, &str, &str),
    extra: &Extra,
    fallback: Option<&str>,
    carry: bool,
    out: &mut Vec<u8>,
) -> bool {
    let mut object = Object::open(out);
    let mut call = Object::open(object.key(CALL));
    if !id.is_empty() {
        call.string("id", id);
    }
    call.string("name", name);
    let arguments = arguments.trim();
    let is_object = is_object(arguments);
    if is_object || arguments.is_empty() {
        call.raw("args", if is_object { arguments } else { "{}" });
    } else {
        let mut wrapped = Object::open(call.key("args"));
        wrapped.string("arguments", arguments);
        wrapped.close();
    }
    if carry {
        call.prefixed(extra, &format!("{CALL}."), |_| true);
    }
    call.close();
    if let (Some(fallback), None) = (fallback, part::signature(extra)) {
        object.string("thoughtSignature", fallback);
    }
    part::about(extra, Some(CALL), carry, &mut object);
    object.close();
    is_object || arguments.is_empty()
}

fn is_object(text: &str) -> bool {
    text.starts_with('{') && serde_json::from_str::<&RawValue>(text).is_ok()
}

/// Reads a result. `extra` holds the fields beside it.
pub(super) fn read_outcome(path: &str, value: &RawValue, mut extra: Extra) -> Result<Outcome, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let (mut id, mut name, mut response) = (None, None, None);
    let mut media = Vec::new();
    for (field, value) in fields {
        match field.as_ref() {
            _ if value.get() == "null" => {}
            "id" => id = Some(string(&format!("{path}.id"), value)?).filter(|id| !id.is_empty()),
            "name" => name = Some(string(&format!("{path}.name"), value)?),
            "response" => response = Some(value),
            "parts" => {
                let path = format!("{path}.parts");
                let list = json::items(value).ok_or_else(|| wrong_type(&path, "an array of parts"))?;
                for (at, value) in list.into_iter().enumerate() {
                    match part::read(&format!("{path}[{at}]"), value)? {
                        Piece::Said(part) => media.push(part),
                        Piece::Call(_) | Piece::Outcome(_) => media.push(part::opaque(value)),
                        Piece::Nothing => {}
                    }
                }
            }
            _ => extra.set(format!("{RESPONSE}.{field}"), RawJson::new(value.get())),
        }
    }
    let (text, is_error) = match response {
        Some(response) => read_response(&format!("{path}.response"), response)?,
        None => (None, false),
    };
    let mut parts: Vec<Part> = text.map(Part::text).into_iter().collect();
    parts.append(&mut media);
    Ok(Outcome {
        id,
        name: name.ok_or_else(|| missing(&format!("{path}.name")))?,
        parts,
        is_error,
        extra,
    })
}

/// The text of a result, and whether it tells of an error. A lone text under Google's own names is that
/// text, unless it would be taken for an object on the way back.
fn read_response(path: &str, value: &RawValue) -> Result<(Option<String>, bool), Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let is_error = fields
        .iter()
        .any(|(name, value)| name == "error" && value.get() != "null");
    if let [(name, lone)] = fields.as_slice()
        && matches!(name.as_ref(), "output" | "error")
        && let Some(text) = json::text(lone)
        && !text.trim_start().starts_with('{')
    {
        return Ok((Some(text.into_owned()), is_error));
    }
    let text = (!fields.is_empty()).then(|| json::compact(value.get()));
    Ok((text, is_error))
}

/// Writes the part of a result. Images and files go into it when `media` says so; whoever calls writes
/// them beside it otherwise.
pub(super) fn write_outcome(
    (id, name): (&str, &str),
    (parts, is_error): (&[Part], bool),
    extra: &Extra,
    (media, carry): (bool, bool),
    out: &mut Vec<u8>,
) {
    let mut object = Object::open(out);
    let mut outer = Object::open(object.key(RESPONSE));
    outer.string("id", id);
    outer.string("name", name);
    write_response(parts, is_error, outer.key("response"));
    let fits = |part: &&Part| is_media(part) && (carry || !is_refused(part));
    if media && parts.iter().any(|part| fits(&part)) {
        let list = outer.key("parts");
        list.push(b'[');
        for part in parts.iter().filter(fits) {
            if list.last() != Some(&b'[') {
                list.push(b',');
            }
            part::write(part, carry, list);
        }
        list.push(b']');
    }
    if carry {
        outer.prefixed(extra, &format!("{RESPONSE}."), |_| true);
    }
    outer.close();
    part::about(extra, Some(RESPONSE), carry, &mut object);
    object.close();
}

/// Whether it is something beside the text of a result.
pub(super) fn is_media(part: &Part) -> bool {
    matches!(
        part,
        Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Opaque {
                wire: Wire::Gemini,
                ..
            }
    )
}

/// Whether it is an image of a kind that Google refuses, and the whole request with it.
pub(super) fn is_refused(part: &Part) -> bool {
    matches!(part, Part::Image(media) if media.media_type.as_deref() == Some("image/gif"))
}

fn write_response(parts: &[Part], is_error: bool, out: &mut Vec<u8>) {
    let texts: Vec<&str> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Text { text, .. } | Part::Refusal { text } => Some(text.as_str()),
            Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Reasoning { .. }
            | Part::ToolCall { .. }
            | Part::ToolResult { .. }
            | Part::Opaque { .. } => None,
        })
        .collect();
    let text = texts.join("\n");
    let whole = text.trim();
    let says_error = || {
        let raw = serde_json::from_str::<&RawValue>(whole);
        let fields = raw.ok().and_then(json::fields).unwrap_or_default();
        fields.iter().any(|(name, _)| name == "error")
    };
    if is_object(whole) && (!is_error || says_error()) {
        return json::write_raw(whole, out);
    }
    let mut object = Object::open(out);
    if !texts.is_empty() {
        object.string(if is_error { "error" } else { "output" }, &text);
    } else if is_error {
        object.literal("error", r#""""#);
    }
    object.close();
}
