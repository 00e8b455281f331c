//! The items of a client's request as messages (W-120, W-121).
//!
//! This wire has a flat list where the domain has turns: whatever the model said between two others' words
//! (its thoughts, texts, calls, and items that nobody knows) is one message of the assistant.

use std::borrow::Cow;

use domain::{Extra, Failure, Media, MediaSource, Message, Part, RawJson, Role};
use serde_json::value::RawValue;

use super::carried::{Carried, says_nothing};
use super::client_tools::ToolNames;
use super::item::{self, CUSTOM_CALL, Item};
use crate::fields::{missing, string, wrong_type};
use crate::json::{self, Content, Text};
use crate::openai_chat::part::source;

/// Reads `input`: one text, or items.
pub(super) fn read(value: &RawValue, names: &ToolNames, out: &mut Vec<Message>) -> Result<(), Failure> {
    if let Some(text) = json::text(value) {
        // an empty one is how a client warms a server up
        out.push(Message::text(Role::User, text));
        return Ok(());
    }
    let list = json::items(value).ok_or_else(|| wrong_type("input", "a string or an array of items"))?;
    for (at, raw) in list.into_iter().enumerate() {
        read_item(&format!("input[{at}]"), raw, names, out)?;
    }
    Ok(())
}

fn read_item(path: &str, raw: &RawValue, names: &ToolNames, out: &mut Vec<Message>) -> Result<(), Failure> {
    let item = Item::parse(raw).ok_or_else(|| wrong_type(path, "an object"))?;
    match item.kind() {
        "message" => message(path, &item, out)?,
        "reasoning" => assistant(out).push(item.reasoning()),
        "function_call" | CUSTOM_CALL => {
            let call = call(path, &item, names)?;
            assistant(out).push(call);
        }
        "function_call_output" | "custom_tool_call_output" => out.push(result(path, item)?),
        "image_generation_call" => {
            assistant(out).push(item::image(raw).unwrap_or_else(|| item::opaque(raw)));
        }
        "" => return Err(missing(&format!("{path}.type"))),
        _ => assistant(out).push(item::opaque(raw)),
    }
    Ok(())
}

/// The parts of the assistant's message that is going on.
fn assistant(out: &mut Vec<Message>) -> &mut Vec<Part> {
    let at = match out.last() {
        Some(last) if last.role == Role::Assistant => out.len() - 1,
        Some(_) | None => {
            out.push(Message {
                role: Role::Assistant,
                parts: Vec::new(),
                extra: Extra::new(),
            });
            out.len() - 1
        }
    };
    &mut out[at].parts
}

fn message(path: &str, item: &Item<'_>, out: &mut Vec<Message>) -> Result<(), Failure> {
    let param = format!("{path}.role");
    let role = match &item.role {
        Text::Absent => return Err(missing(&param)),
        Text::Wrong => return Err(wrong_type(&param, "a string")),
        Text::Str(role) => Role::parse(role).filter(|role| *role != Role::Tool),
    };
    let Some(role) = role else {
        return Err(
            Failure::invalid(&param, "A role is 'system', 'developer', 'user' or 'assistant'.")
                .with_code("invalid_value"),
        );
    };
    let content = format!("{path}.content");
    match &item.content {
        Content::Wrong => return Err(wrong_type(&content, "a string or an array of parts")),
        Content::Absent if role != Role::Assistant => return Err(missing(&content)),
        Content::Absent | Content::Text(_) | Content::Parts(_) => {}
    }
    if role == Role::Assistant {
        let parts = assistant(out);
        let follows = matches!(parts.last(), Some(Part::Text { .. } | Part::Refusal { .. }));
        parts.extend(item::message(item, follows, &mut Vec::new()));
        return Ok(());
    }
    let mut extra = Extra::new();
    Carried::item(item.fields()).put(false, &mut extra);
    let parts = parts(&content, &item.content)?;
    out.push(Message { role, parts, extra });
    Ok(())
}

fn parts(path: &str, content: &Content<'_>) -> Result<Vec<Part>, Failure> {
    match content {
        Content::Text(text) => Ok(vec![Part::text(text.as_ref())]),
        Content::Parts(list) => list
            .iter()
            .enumerate()
            .map(|(at, raw)| part(&format!("{path}[{at}]"), raw))
            .collect(),
        Content::Absent => Ok(Vec::new()),
        Content::Wrong => Err(wrong_type(path, "a string or an array of parts")),
    }
}

fn part(path: &str, raw: &RawValue) -> Result<Part, Failure> {
    let fields = json::fields(raw).ok_or_else(|| wrong_type(path, "an object"))?;
    let find = |wanted: &str| {
        let found = fields.iter().rev().find(|(name, _)| name == wanted);
        found
            .map(|(_, value)| *value)
            .filter(|value| value.get() != "null")
    };
    let kind = find("type").ok_or_else(|| missing(&format!("{path}.type")))?;
    let kind = string(&format!("{path}.type"), kind)?;
    let text = |name: &str| match find(name) {
        Some(value) => string(&format!("{path}.{name}"), value).map(Some),
        None => Ok(None),
    };
    let need = |name: &str| text(name)?.ok_or_else(|| missing(&format!("{path}.{name}")));
    let rest = |known: &[&str]| {
        let mut carried = Carried::default();
        for (name, value) in &fields {
            if name != "type" && !known.contains(&name.as_ref()) && !says_nothing(value) {
                carried.part.set(name.as_ref(), RawJson::new(value.get()));
            }
        }
        let mut extra = Extra::new();
        carried.put(false, &mut extra);
        extra
    };
    match kind.as_str() {
        "input_text" | "output_text" | "text" | "summary_text" => Ok(Part::Text {
            text: need("text")?,
            extra: rest(&["text"]),
        }),
        "refusal" => Ok(Part::Refusal {
            text: need("refusal")?,
        }),
        "input_image" => {
            let mut extra = rest(&["image_url", "file_id", "detail"]);
            if let Some(detail) = find("detail") {
                extra.set("detail", RawJson::new(detail.get()));
            }
            let url = match find("image_url") {
                // the form of chat completions
                Some(value) if value.get().starts_with('{') => url_of(path, value)?,
                Some(_) | None => text("image_url")?,
            };
            let (source, media_type) = match (url, text("file_id")?) {
                (Some(url), _) => source(url),
                (None, Some(id)) => (MediaSource::FileId { id }, None),
                (None, None) => return Err(missing(&format!("{path}.image_url"))),
            };
            Ok(Part::Image(media(source, media_type, None, extra)))
        }
        "input_file" => {
            let extra = rest(&["file_data", "file_url", "file_id", "filename"]);
            let (source, media_type) = match (text("file_data")?, text("file_url")?, text("file_id")?) {
                (Some(data), _, _) if data.starts_with("data:") => source(data),
                (Some(data), _, _) => (MediaSource::Base64 { data }, None),
                (None, Some(url), _) => (MediaSource::Url { url }, None),
                (None, None, Some(id)) => (MediaSource::FileId { id }, None),
                (None, None, None) => return Err(missing(&format!("{path}.file_data"))),
            };
            Ok(Part::File(media(source, media_type, text("filename")?, extra)))
        }
        "input_audio" => audio(path, find("input_audio"), rest(&["input_audio"])),
        _ => Ok(item::opaque(raw)),
    }
}

fn url_of(path: &str, value: &RawValue) -> Result<Option<String>, Failure> {
    let fields = json::fields(value).unwrap_or_default();
    match fields.into_iter().find(|(name, _)| name == "url") {
        Some((_, url)) => string(&format!("{path}.image_url.url"), url).map(Some),
        None => Err(missing(&format!("{path}.image_url.url"))),
    }
}

fn audio(path: &str, value: Option<&RawValue>, extra: Extra) -> Result<Part, Failure> {
    let path = format!("{path}.input_audio");
    let value = value.ok_or_else(|| missing(&path))?;
    let fields = json::fields(value).ok_or_else(|| wrong_type(&path, "an object"))?;
    let text = |wanted: &str| {
        let found = fields.iter().find(|(name, _)| name == wanted);
        found
            .map(|(_, value)| string(&format!("{path}.{wanted}"), value))
            .transpose()
    };
    let data = text("data")?.ok_or_else(|| missing(&format!("{path}.data")))?;
    let media_type = text("format")?.map(|format| match format.as_str() {
        "mp3" => "audio/mpeg".into(),
        other => format!("audio/{other}"),
    });
    Ok(Part::Audio(media(
        MediaSource::Base64 { data },
        media_type,
        None,
        extra,
    )))
}

fn media(source: MediaSource, media_type: Option<String>, name: Option<String>, extra: Extra) -> Media {
    Media {
        source,
        media_type,
        name,
        extra,
    }
}

fn call(path: &str, item: &Item<'_>, names: &ToolNames) -> Result<Part, Failure> {
    need(path, "call_id", &item.call_id)?;
    let name = need(path, "name", &item.name)?;
    let namespace = match &item.namespace {
        Text::Str(namespace) if !namespace.is_empty() => Some(namespace.as_ref()),
        Text::Str(_) | Text::Absent | Text::Wrong => None,
    };
    let flat = names.flat(namespace, name).into_owned();
    let mut part = item.call(String::new);
    if let Part::ToolCall { name, .. } = &mut part {
        *name = flat;
    }
    Ok(part)
}

fn need<'t>(path: &str, name: &str, text: &'t Text<'_>) -> Result<&'t str, Failure> {
    let param = format!("{path}.{name}");
    match text {
        Text::Str(text) => Ok(text),
        Text::Absent => Err(missing(&param)),
        Text::Wrong => Err(wrong_type(&param, "a string")),
    }
}

fn result(path: &str, item: Item<'_>) -> Result<Message, Failure> {
    let call_id = need(path, "call_id", &item.call_id)?.to_owned();
    let mut fields = item.fields();
    if item.kind() != "function_call_output" {
        fields.set("type", RawJson::of(&Cow::from(item.kind()).into()));
    }
    let mut extra = Extra::new();
    Carried::item(fields).put(false, &mut extra);
    Ok(Message {
        role: Role::Tool,
        parts: vec![Part::ToolResult {
            call_id,
            parts: parts(&format!("{path}.output"), &item.output)?,
            is_error: false,
            extra,
        }],
        extra: Extra::new(),
    })
}
