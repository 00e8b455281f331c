//! The borrowed form of what a provider sends: chunks of a stream and whole answers have the same shape,
//! with `delta` in the place of `message`.

use std::borrow::Cow;

use domain::{Extra, Part, RawJson};
use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use super::tool_calls::{Fragment, Function};
use super::{CHOICE, part, reasoning_details};
use crate::json::{self, Content, Field, Item, Items, Key, Object, Text};

/// A chunk, or a whole answer.
#[derive(Default)]
pub(super) struct Chunk<'a> {
    pub(super) id: Text<'a>,
    pub(super) model: Text<'a>,
    pub(super) created: Option<&'a RawValue>,
    pub(super) choices: Items<Choice<'a>>,
    pub(super) usage: Option<&'a RawValue>,
    pub(super) x_groq: Option<&'a RawValue>,
    pub(super) error: Option<&'a RawValue>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Chunk<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "choices" => self.choices = map.next_value()?,
            "id" => self.id = map.next_value()?,
            "model" => self.model = map.next_value()?,
            "created" => self.created = Some(map.next_value()?),
            "usage" => self.usage = filled(map.next_value()?),
            // it repeats the usage, which is told once and elsewhere
            "x_groq" => self.x_groq = filled(map.next_value()?),
            "error" => self.error = filled(map.next_value()?),
            // padding against traffic analysis, and filter verdicts that clients trip over (W-174)
            "object" | "obfuscation" | "p" | "prompt_filter_results" => {
                map.next_value::<IgnoredAny>()?;
            }
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

impl Chunk<'_> {
    /// Puts the fields that the domain does not model, nulls left out, into `told`, and gives those to `new`
    /// that were not told before in the same words.
    pub(super) fn tell(&self, told: &mut Extra, mut new: impl FnMut(&str, RawJson)) {
        let mut tell = |name: &str, value: &str| {
            if !is_blank(value) && told.get(name).is_none_or(|before| before.get() != value) {
                told.set(name, RawJson::new(value));
                new(name, RawJson::new(value));
            }
        };
        for (name, value) in &self.rest {
            tell(name, value.get());
        }
        if let Some(rest) = self.x_groq.and_then(without_usage) {
            tell("x_groq", &rest);
        }
    }

    /// Whether it is a whole answer in Cohere's form.
    pub(super) fn is_cohere(&self) -> bool {
        matches!(self.choices, Items::Absent)
            && self
                .rest
                .iter()
                .any(|(name, value)| name == "message" && value.get().starts_with('{'))
    }

    /// The usage object, wherever it stands.
    pub(super) fn usage(&self) -> Option<&RawValue> {
        self.usage.or_else(|| {
            let fields = json::fields(self.x_groq?)?;
            fields
                .into_iter()
                .find(|(name, _)| name == "usage")
                .map(|(_, usage)| usage)
        })
    }
}

/// One choice.
#[derive(Default)]
pub(super) struct Choice<'a> {
    pub(super) index: Option<u64>,
    /// `delta`, or `message`.
    pub(super) said: Said<'a>,
    has_delta: bool,
    pub(super) finish_reason: Text<'a>,
    pub(super) logprobs: Option<&'a RawValue>,
    /// Legacy servers put the text here.
    pub(super) text: Text<'a>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Choice<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "index" => self.index = map.next_value::<&RawValue>()?.get().parse().ok(),
            "delta" => {
                if let Field::Object(said) = map.next_value()? {
                    self.said = said;
                    self.has_delta = true;
                }
            }
            // one provider repeats the whole text so far beside each delta
            "message" if self.has_delta => {
                map.next_value::<IgnoredAny>()?;
            }
            "message" => {
                if let Field::Object(said) = map.next_value()? {
                    self.said = said;
                }
            }
            "finish_reason" => self.finish_reason = map.next_value()?,
            "logprobs" => self.logprobs = filled(map.next_value()?),
            "text" => self.text = map.next_value()?,
            // verdicts on harmless text (W-174), and the tokens of the text once more
            "content_filter_results" | "content_filter_offsets" | "token_ids" => {
                map.next_value::<IgnoredAny>()?;
            }
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

impl Choice<'_> {
    /// Fields of the choice and of what it says that the domain does not model, without those that say
    /// nothing.
    pub(super) fn extra(&self) -> Extra {
        let mut extra = carried(&self.said.rest);
        for (name, value) in self.rest.iter().filter(|(_, value)| !is_blank(value.get())) {
            extra.set(format!("{CHOICE}{name}"), RawJson::new(value.get()));
        }
        extra
    }
}

/// What a choice says.
#[derive(Default)]
pub(super) struct Said<'a> {
    pub(super) content: Content<'a>,
    reasoning_content: Text<'a>,
    reasoning: Text<'a>,
    pub(super) reasoning_details: Option<&'a RawValue>,
    pub(super) images: Option<&'a RawValue>,
    pub(super) refusal: Text<'a>,
    pub(super) tool_calls: Items<Fragment<'a>>,
    pub(super) function_call: Option<Function<'a>>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Said<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "content" => self.content = map.next_value()?,
            "role" => {
                map.next_value::<IgnoredAny>()?;
            }
            "reasoning_content" => self.reasoning_content = map.next_value()?,
            "reasoning" => self.reasoning = map.next_value()?,
            reasoning_details::FIELD => self.reasoning_details = list(map.next_value()?),
            "images" => self.images = filled(map.next_value()?),
            "refusal" => self.refusal = map.next_value()?,
            "tool_calls" => self.tool_calls = map.next_value()?,
            "function_call" => {
                if let Field::Object(function) = map.next_value()? {
                    self.function_call = Some(function);
                }
            }
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

impl<'a> Said<'a> {
    /// Images that the model made (OpenRouter's name for them). What is none of ours rides along.
    pub(super) fn images(&mut self) -> Vec<Part> {
        let Some(list) = self.images.take() else {
            return Vec::new();
        };
        let items = json::items(list).unwrap_or_default();
        let parts = items.iter().map(|item| part::read("images", item));
        match parts.collect::<Result<Vec<_>, _>>() {
            Ok(parts) if !parts.is_empty() && parts.iter().all(|part| matches!(part, Part::Image(_))) => {
                parts
            }
            Ok(_) | Err(_) => {
                self.rest.push(("images".into(), list));
                Vec::new()
            }
        }
    }

    /// Whether it says something other than reasoning.
    pub(super) fn says_more(&self) -> bool {
        let content = match &self.content {
            Content::Text(text) => !text.is_empty(),
            Content::Parts(_) => true,
            Content::Absent | Content::Wrong => false,
        };
        content
            || self.function_call.is_some()
            || matches!(&self.tool_calls, Items::List(list) if !list.is_empty())
    }

    /// The reasoning text. It has two names; whoever sends both means one text (A.4).
    pub(super) fn reasoning(&mut self) -> Option<Cow<'a, str>> {
        let first = std::mem::take(&mut self.reasoning_content).filled();
        first.or_else(|| std::mem::take(&mut self.reasoning).filled())
    }
}

/// A piece of content.
pub(super) enum Piece<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// Reasoning.
    Reasoning(Cow<'a, str>),
}

/// Reads one element of a content array (W-171): typed text, thinking with text inside, or a bare string.
pub(super) fn pieces<'a>(value: &'a RawValue, out: &mut Vec<Piece<'a>>) {
    if let Some(text) = json::text(value) {
        out.push(Piece::Text(text));
        return;
    }
    for (name, value) in json::fields(value).unwrap_or_default() {
        match name.as_ref() {
            "text" => out.extend(json::text(value).map(Piece::Text)),
            "thinking" | "reasoning" => match json::text(value) {
                Some(text) => out.push(Piece::Reasoning(text)),
                None => {
                    for inner in json::items(value).unwrap_or_default() {
                        let mut nested = Vec::new();
                        pieces(inner, &mut nested);
                        out.extend(nested.into_iter().map(|piece| match piece {
                            Piece::Text(text) | Piece::Reasoning(text) => Piece::Reasoning(text),
                        }));
                    }
                }
            },
            _ => {}
        }
    }
}

/// An array with something in it.
fn list(raw: &RawValue) -> Option<&RawValue> {
    (raw.get().starts_with('[') && !is_blank(raw.get())).then_some(raw)
}

fn filled(raw: &RawValue) -> Option<&RawValue> {
    (raw.get() != "null").then_some(raw)
}

fn carried(rest: &[(Cow<'_, str>, &RawValue)]) -> Extra {
    let mut extra = Extra::new();
    for (name, value) in rest {
        if !is_blank(value.get()) {
            extra.set(name.as_ref(), RawJson::new(value.get()));
        }
    }
    extra
}

/// Whether a value says nothing.
fn is_blank(value: &str) -> bool {
    matches!(value, "null" | "[]" | "{}")
}

/// An object without its usage; `None` when nothing else is in it.
fn without_usage(object: &RawValue) -> Option<String> {
    let fields = json::fields(object)?;
    let mut out = Vec::new();
    let mut rest = Object::open(&mut out);
    let mut any = false;
    for (name, value) in fields.into_iter().filter(|(name, _)| name != "usage") {
        any = true;
        rest.raw(&name, value.get());
    }
    rest.close();
    any.then(|| String::from_utf8_lossy(&out).into_owned())
}
