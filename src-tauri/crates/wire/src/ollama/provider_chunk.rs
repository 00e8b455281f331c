//! The borrowed form of what a server sends: lines of a stream and whole answers have the same shape.

use std::borrow::Cow;

use domain::{Extra, Failure, FailureKind, Media, MediaSource, Part, RawJson, StopReason, Usage};
use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use crate::ids::{fnv, made_id};
use crate::image_type;
use crate::json::{self, Field, Item, Items, Key, Object, Text};

/// A line, or a whole answer. `/api/generate` has `response` and `thinking` where `/api/chat` has `message`.
#[derive(Default)]
pub(super) struct Chunk<'a> {
    pub(super) model: Text<'a>,
    created_at: Text<'a>,
    pub(super) message: Option<Said<'a>>,
    pub(super) done: Option<bool>,
    pub(super) done_reason: Text<'a>,
    pub(super) error: Option<&'a RawValue>,
    logprobs: Option<&'a RawValue>,
    counts: Vec<(Cow<'a, str>, &'a RawValue)>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Chunk<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "message" => {
                if let Field::Object(said) = map.next_value()? {
                    self.message = Some(said);
                }
            }
            "model" => self.model = map.next_value()?,
            "created_at" => self.created_at = map.next_value()?,
            "done" => {
                self.done = match map.next_value::<&RawValue>()?.get() {
                    "true" => Some(true),
                    "false" => Some(false),
                    _ => None,
                };
            }
            "done_reason" => self.done_reason = map.next_value()?,
            "error" => self.error = filled(map.next_value()?),
            "logprobs" => self.logprobs = filled(map.next_value()?),
            "response" => self.message.get_or_insert_default().content = map.next_value()?,
            "thinking" => self.message.get_or_insert_default().thinking = map.next_value()?,
            "prompt_eval_count"
            | "eval_count"
            | "total_duration"
            | "load_duration"
            | "prompt_eval_duration"
            | "eval_duration" => self.counts.push((key.0, map.next_value()?)),
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

impl Chunk<'_> {
    /// Fields that the domain does not model.
    pub(super) fn extra(&self) -> Extra {
        carried(&self.rest)
    }

    /// What made-up ids of an answer are derived from.
    pub(super) fn seed(&self) -> u64 {
        let mut seed = 0;
        for text in [&self.model, &self.created_at] {
            if let Text::Str(text) = text {
                seed = fnv(seed, text.as_bytes());
            }
        }
        seed
    }

    /// Log probabilities in OpenAI's shape, whose items are the same.
    pub(super) fn logprobs(&self) -> Option<RawJson> {
        let list = self.logprobs.filter(|list| list.get().starts_with('['))?;
        Some(RawJson::new(format!(
            r#"{{"content":{},"refusal":null}}"#,
            list.get()
        )))
    }

    /// Tokens, when they are told. A prompt that was cached as a whole is not counted by older servers.
    pub(super) fn usage(&self) -> Option<(Usage, RawJson)> {
        let count = |wanted: &str| {
            let (_, value) = self.counts.iter().find(|(name, _)| name == wanted)?;
            value.get().parse::<u64>().ok()
        };
        let (input, output) = (count("prompt_eval_count"), count("eval_count"));
        if input.is_none() && output.is_none() {
            return None;
        }
        let mut raw = Vec::new();
        let mut object = Object::open(&mut raw);
        for (name, value) in &self.counts {
            object.raw(name, value.get());
        }
        object.close();
        let usage = Usage {
            input: input.unwrap_or(0),
            output: output.unwrap_or(0),
            ..Usage::default()
        };
        Some((usage, RawJson::new(String::from_utf8_lossy(&raw))))
    }

    /// Why it ended, calls not yet taken into account.
    pub(super) fn reason(&self) -> StopReason {
        match &self.done_reason {
            Text::Str(word) if word == "length" => StopReason::Length,
            // `stop`, `load`, `unload`; older servers say nothing
            Text::Str(_) | Text::Absent | Text::Wrong => StopReason::Stop,
        }
    }
}

/// What is said.
#[derive(Default)]
pub(super) struct Said<'a> {
    pub(super) content: Text<'a>,
    pub(super) thinking: Text<'a>,
    tool_calls: Items<Call<'a>>,
    images: Option<&'a RawValue>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Said<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "content" => self.content = map.next_value()?,
            "thinking" => self.thinking = map.next_value()?,
            "tool_calls" => self.tool_calls = map.next_value()?,
            "images" => self.images = filled(map.next_value()?),
            "role" => {
                map.next_value::<IgnoredAny>()?;
            }
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

/// A call as it is handed on.
pub(super) struct ToolCall {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) extra: Extra,
}

impl Said<'_> {
    /// Fields that the domain does not model.
    pub(super) fn extra(&self) -> Extra {
        carried(&self.rest)
    }

    /// Images that the model made.
    pub(super) fn images(&self) -> Vec<Part> {
        let list = self.images.and_then(json::items).unwrap_or_default();
        list.into_iter()
            .filter_map(json::text)
            .map(|data| image(data.into_owned()))
            .collect()
    }

    /// The calls, each whole. `begun` is how many came before them in this answer; their own indexes cannot
    /// be relied on (W-72).
    pub(super) fn calls(&self, seed: u64, begun: usize) -> Result<Vec<ToolCall>, Failure> {
        let Items::List(list) = &self.tool_calls else {
            return Ok(Vec::new());
        };
        let mut calls = Vec::with_capacity(list.len());
        for call in list {
            let Field::Object(call) = call else { continue };
            let at = begun + calls.len();
            if at >= MAX_CALLS {
                return Err(broken("more tool calls than can be meant"));
            }
            let Text::Str(name) = &call.name else {
                return Err(broken("a tool call without a name"));
            };
            let arguments = call.arguments.map_or(Cow::Borrowed("{}"), |raw| {
                // an older form: the object's text
                json::text(raw).unwrap_or(Cow::Borrowed(raw.get()))
            });
            let id = match &call.id {
                Text::Str(id) if !id.is_empty() => id.clone().into_owned(),
                Text::Str(_) | Text::Absent | Text::Wrong => {
                    made_id(seed, u32::try_from(at).unwrap_or(u32::MAX))
                }
            };
            calls.push(ToolCall {
                id,
                name: name.clone().into_owned(),
                arguments: if arguments.trim().is_empty() {
                    "{}".into()
                } else {
                    arguments.into_owned()
                },
                extra: carried(&call.rest),
            });
        }
        Ok(calls)
    }
}

/// More calls in one turn than any model makes.
const MAX_CALLS: usize = 1024;

fn broken(what: &str) -> Failure {
    Failure::new(FailureKind::UpstreamFailed, format!("The provider sent {what}."))
}

/// An image of which only the bytes are told. Most servers want to be told its type as well; where the bytes
/// do not show it, it is called the commonest.
pub(super) fn image(data: String) -> Part {
    Part::Image(Media {
        media_type: Some(image_type::of(&data).unwrap_or("image/png").to_owned()),
        source: MediaSource::Base64 { data },
        name: None,
        extra: Extra::new(),
    })
}

/// A call as it is sent: `{"id", "function": {"index", "name", "arguments"}}`.
#[derive(Default)]
struct Call<'a> {
    id: Text<'a>,
    name: Text<'a>,
    arguments: Option<&'a RawValue>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Call<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "id" => self.id = map.next_value()?,
            "function" => {
                if let Field::Object(Function { name, arguments }) = map.next_value()? {
                    self.name = name;
                    self.arguments = arguments;
                }
            }
            "type" | "index" => {
                map.next_value::<IgnoredAny>()?;
            }
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

#[derive(Default)]
struct Function<'a> {
    name: Text<'a>,
    arguments: Option<&'a RawValue>,
}

impl<'a> Item<'a> for Function<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "name" => self.name = map.next_value()?,
            "arguments" => self.arguments = filled(map.next_value()?),
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

fn filled(raw: &RawValue) -> Option<&RawValue> {
    (raw.get() != "null").then_some(raw)
}

fn carried(rest: &[(Cow<'_, str>, &RawValue)]) -> Extra {
    let mut extra = Extra::new();
    for (name, value) in rest {
        if !matches!(value.get(), "null" | "[]" | "{}" | r#""""#) {
            extra.set(name.as_ref(), RawJson::new(value.get()));
        }
    }
    extra
}
