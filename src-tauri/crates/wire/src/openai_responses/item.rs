//! One item of a conversation or of an answer, read into parts of the domain. Both sides read items here:
//! what a provider gives out comes back from clients in the same form.

use std::borrow::Cow;

use domain::{Extra, Media, MediaSource, Part, RawJson, Wire};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::carried::{Carried, says_nothing};
use crate::json::{self, Content, Field, Key, Object, Text};

/// Separates the parts of a reasoning summary, which are paragraphs with titles.
pub(super) const PARAGRAPH: &str = "\n\n";

/// An item whose fields have been told apart.
#[derive(Default)]
pub(super) struct Item<'a> {
    pub(super) kind: Text<'a>,
    pub(super) role: Text<'a>,
    pub(super) content: Content<'a>,
    pub(super) summary: Option<&'a RawValue>,
    encrypted: Text<'a>,
    pub(super) call_id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) namespace: Text<'a>,
    arguments: Option<&'a RawValue>,
    input: Option<&'a RawValue>,
    pub(super) output: Content<'a>,
    pub(super) rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> json::Item<'a> for Item<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "type" => self.kind = map.next_value()?,
            "role" => self.role = map.next_value()?,
            "content" => self.content = map.next_value()?,
            "summary" => self.summary = Some(map.next_value()?),
            "encrypted_content" => self.encrypted = map.next_value()?,
            "call_id" => self.call_id = map.next_value()?,
            "name" => self.name = map.next_value()?,
            "namespace" => self.namespace = map.next_value()?,
            "arguments" => self.arguments = Some(map.next_value()?),
            "input" => self.input = Some(map.next_value()?),
            "output" => self.output = map.next_value()?,
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

impl<'a> Item<'a> {
    /// Takes an item apart; `None` when the value is no object.
    pub(super) fn parse(raw: &'a RawValue) -> Option<Self> {
        match serde_json::from_str(raw.get()) {
            Ok(Field::Object(item)) => Some(item),
            Ok(Field::Null | Field::Wrong) | Err(_) => None,
        }
    }

    /// Its type; an item with a role and no type is a message (W-120).
    pub(super) fn kind(&self) -> &str {
        match &self.kind {
            Text::Str(kind) => kind,
            Text::Absent if matches!(self.role, Text::Str(_)) => "message",
            Text::Absent | Text::Wrong => "",
        }
    }

    /// Its own name among items.
    pub(super) fn id(&self) -> Option<Cow<'a, str>> {
        let (_, id) = self.rest.iter().find(|(name, _)| name == "id")?;
        json::text(id).filter(|id| !id.is_empty())
    }

    /// Fields that the domain does not model, without those that say nothing. That an item is complete is
    /// what everybody assumes.
    pub(super) fn fields(&self) -> Extra {
        let mut extra = Extra::new();
        for (name, value) in &self.rest {
            let usual = name == "status" && value.get() != r#""incomplete""#;
            if !usual && !says_nothing(value) {
                extra.set(name.as_ref(), RawJson::new(value.get()));
            }
        }
        extra
    }

    /// A call, whatever it lacks; `made` is its id when it has none.
    pub(super) fn call(&self, made: impl FnOnce() -> String) -> Part {
        let custom = self.kind() == CUSTOM_CALL;
        let mut fields = self.fields();
        if custom {
            fields.set("type", RawJson::new(format!("\"{CUSTOM_CALL}\"")));
        }
        if let Text::Str(namespace) = &self.namespace {
            fields.set("namespace", RawJson::of(&namespace.as_ref().into()));
        }
        let mut extra = Extra::new();
        Carried::item(fields).put(false, &mut extra);
        Part::ToolCall {
            id: given(&self.call_id).map(str::to_owned).unwrap_or_else(made),
            name: given(&self.name).unwrap_or_default().to_owned(),
            arguments: if custom {
                wrapped(&self.input.and_then(json::text).unwrap_or_default())
            } else {
                self.arguments()
            },
            extra,
        }
    }

    /// The JSON text of the arguments. An object instead of its text is read as what it is.
    pub(super) fn arguments(&self) -> String {
        match self.arguments {
            None => String::new(),
            Some(raw) if raw.get() == "null" => String::new(),
            Some(raw) => match json::text(raw) {
                Some(text) => text.into_owned(),
                None => raw.get().to_owned(),
            },
        }
    }

    /// The block of reasoning. Its text is the summary, or the raw reasoning of providers that show it; the
    /// other one, and a summary of several parts, is carried beside it.
    pub(super) fn reasoning(&self) -> Part {
        let mut extra = self.fields();
        let listed = self.summary.and_then(json::items).unwrap_or_default();
        let summary: Vec<_> = listed.iter().filter_map(|part| text_of(part)).collect();
        let mut text = summary.join(PARAGRAPH);
        let raw = match &self.content {
            Content::Parts(parts) => parts.as_slice(),
            Content::Absent | Content::Text(_) | Content::Wrong => &[],
        };
        if summary.is_empty() && !raw.is_empty() {
            text = raw.iter().filter_map(|part| text_of(part)).collect();
            extra.set("summary", RawJson::new("[]"));
        }
        if let Some(whole) = self.summary.filter(|_| listed.len() > 1) {
            extra.set("summary", RawJson::new(whole.get()));
        }
        if raw.len() > usize::from(summary.is_empty()) {
            extra.set("content", list(raw));
        }
        Part::Reasoning {
            text,
            signature: given(&self.encrypted).map(str::to_owned),
            extra,
        }
    }
}

/// The type of a call whose input is free text.
pub(super) const CUSTOM_CALL: &str = "custom_tool_call";

/// Free text as the arguments of an ordinary tool with one text, `input`.
pub(super) fn wrapped(input: &str) -> String {
    let mut out = WRAP.as_bytes().to_vec();
    json::write_escaped(input, &mut out);
    out.extend_from_slice(UNWRAP.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

/// What stands before and after free text in such arguments.
pub(super) const WRAP: &str = r#"{"input":""#;
/// See [`WRAP`].
pub(super) const UNWRAP: &str = r#""}"#;

/// The free text in such arguments; arguments of another form are taken as they are.
pub(super) fn unwrapped(arguments: &str) -> Cow<'_, str> {
    let raw = serde_json::from_str::<&RawValue>(arguments).ok();
    let input = raw.and_then(json::fields).and_then(|fields| {
        let (_, input) = fields.into_iter().find(|(name, _)| name == "input")?;
        json::text(input)
    });
    input.unwrap_or(Cow::Borrowed(arguments))
}

fn given<'t>(text: &'t Text<'_>) -> Option<&'t str> {
    match text {
        Text::Str(text) if !text.is_empty() => Some(text),
        Text::Str(_) | Text::Absent | Text::Wrong => None,
    }
}

fn text_of(part: &RawValue) -> Option<Cow<'_, str>> {
    let fields = json::fields(part)?;
    let (_, text) = fields.into_iter().find(|(name, _)| name == "text")?;
    json::text(text)
}

fn list(parts: &[&RawValue]) -> RawJson {
    let all: Vec<&str> = parts.iter().map(|part| part.get()).collect();
    RawJson::new(format!("[{}]", all.join(",")))
}

/// The item as a part that nobody interprets.
pub(super) fn opaque(raw: &RawValue) -> Part {
    Part::Opaque {
        wire: Wire::OpenAiResponses,
        value: RawJson::new(raw.get()),
    }
}

/// The image that a provider's tool has made; `None` when there is none in the item.
pub(super) fn image(raw: &RawValue) -> Option<Part> {
    let mut fields = Extra::new();
    let (mut data, mut format) = (None, "png".to_owned());
    for (name, value) in json::fields(raw)? {
        match name.as_ref() {
            "result" => data = json::text(value).filter(|data| !data.is_empty()),
            "output_format" => {
                format = json::text(value).unwrap_or_default().into_owned();
                fields.set(name, RawJson::new(value.get()));
            }
            _ if says_nothing(value) => {}
            _ => fields.set(name, RawJson::new(value.get())),
        }
    }
    let mut extra = Extra::new();
    Carried::item(fields).put(false, &mut extra);
    Some(Part::Image(Media {
        source: MediaSource::Base64 {
            data: data?.into_owned(),
        },
        media_type: Some(format!("image/{format}")),
        name: None,
        extra,
    }))
}

/// One part of an assistant's message, with its log probabilities.
pub(super) fn said(raw: &RawValue, item: Option<Extra>, begins: bool) -> (Part, Option<&RawValue>) {
    let mut text = None;
    let mut refusal = None;
    let mut logprobs = None;
    let mut extra = Extra::new();
    let mut carried = Carried {
        item,
        part: Extra::new(),
    };
    let mut kind = None;
    for (name, value) in json::fields(raw).unwrap_or_default() {
        match name.as_ref() {
            "type" => kind = json::text(value),
            "text" => text = json::text(value),
            "refusal" => refusal = json::text(value),
            _ if says_nothing(value) => {}
            "logprobs" => logprobs = Some(value),
            "annotations" => extra.set(name, RawJson::new(value.get())),
            _ => carried.part.set(name, RawJson::new(value.get())),
        }
    }
    let part = match (kind.as_deref(), text, refusal) {
        (Some("refusal"), _, Some(refusal)) => Part::Refusal {
            text: refusal.into_owned(),
        },
        (Some("output_text" | "text" | "input_text") | None, Some(text), _) => {
            carried.put(begins, &mut extra);
            Part::Text {
                text: text.into_owned(),
                extra,
            }
        }
        // an item of its own, so that it can come out again
        _ => {
            let mut out = Vec::new();
            let mut object = Object::open(&mut out);
            object.literal("type", r#""message""#);
            object.literal("role", r#""assistant""#);
            object.extra(&carried.item.unwrap_or_default(), |_| true);
            let content = object.key("content");
            content.push(b'[');
            json::write_raw(raw.get(), content);
            content.push(b']');
            object.close();
            Part::Opaque {
                wire: Wire::OpenAiResponses,
                value: RawJson::new(String::from_utf8_lossy(&out)),
            }
        }
    };
    (part, logprobs)
}

/// The parts of an assistant's message. `follows` tells that the part before them is of another message.
pub(super) fn message<'a>(item: &Item<'a>, follows: bool, logprobs: &mut Vec<&'a RawValue>) -> Vec<Part> {
    match &item.content {
        Content::Text(text) => {
            let mut extra = Extra::new();
            Carried::item(item.fields()).put(follows, &mut extra);
            vec![Part::Text {
                text: text.as_ref().into(),
                extra,
            }]
        }
        Content::Parts(list) => {
            let mut fields = Some(item.fields());
            list.iter()
                .map(|raw| {
                    let (part, probabilities) = said(raw, fields.take(), follows);
                    logprobs.extend(probabilities);
                    part
                })
                .collect()
        }
        Content::Absent | Content::Wrong => Vec::new(),
    }
}
