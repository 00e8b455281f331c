//! The borrowed form of an event of a stream. All of its kinds share a small set of fields.

use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use crate::json::{self, Item, Key, Text};

/// An event whose fields have been told apart.
#[derive(Default)]
pub(super) struct Event<'a> {
    pub(super) kind: Text<'a>,
    pub(super) output_index: Option<u64>,
    pub(super) item_id: Text<'a>,
    /// `content_index`, or `summary_index`.
    pub(super) part_index: Option<u64>,
    pub(super) delta: Text<'a>,
    /// The whole that a `done` event repeats: `text`, `refusal`, `arguments` or `input`.
    pub(super) whole: Text<'a>,
    pub(super) logprobs: Option<&'a RawValue>,
    pub(super) annotation: Option<&'a RawValue>,
    pub(super) item: Option<&'a RawValue>,
    pub(super) response: Option<&'a RawValue>,
    pub(super) error: Option<&'a RawValue>,
}

impl<'a> Item<'a> for Event<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        let number = |raw: &RawValue| raw.get().parse().ok();
        match key.0.as_ref() {
            "type" => self.kind = map.next_value()?,
            "output_index" => self.output_index = number(map.next_value()?),
            "item_id" => self.item_id = map.next_value()?,
            "content_index" | "summary_index" => self.part_index = number(map.next_value()?),
            "delta" => self.delta = map.next_value()?,
            "text" | "refusal" | "arguments" | "input" => self.whole = map.next_value()?,
            "logprobs" => self.logprobs = Some(map.next_value()?),
            "annotation" => self.annotation = Some(map.next_value()?),
            "item" => self.item = Some(map.next_value()?),
            "response" => self.response = Some(map.next_value()?),
            "error" => self.error = Some(map.next_value::<&RawValue>()?).filter(|raw| raw.get() != "null"),
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl Event<'_> {
    /// The log probabilities of a piece of text.
    pub(super) fn logprobs(&self) -> Option<domain::RawJson> {
        super::provider_answer::joined(&[self.logprobs?])
    }
}

/// The fields of an object that stands in an event.
pub(super) fn object<'a, T: Item<'a>>(raw: &'a RawValue) -> Option<T> {
    match serde_json::from_str(raw.get()) {
        Ok(json::Field::Object(object)) => Some(object),
        Ok(json::Field::Null | json::Field::Wrong) | Err(_) => None,
    }
}
