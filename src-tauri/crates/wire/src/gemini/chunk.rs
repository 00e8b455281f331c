//! The borrowed form of what a provider sends: a chunk of a stream and a whole answer are the same object.

use std::borrow::Cow;

use domain::{Extra, Failure, FailureKind, RawJson, UpstreamError};
use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use super::{CONTENT, stop};
use crate::ids::fnv;
use crate::json::{self, Content, Field, Item, Items, Key, Text};
use crate::upstream_error::mask;

/// A chunk, or a whole answer.
#[derive(Default)]
pub(super) struct Chunk<'a> {
    pub(super) candidates: Items<Candidate<'a>>,
    pub(super) usage: Option<&'a RawValue>,
    pub(super) id: Text<'a>,
    pub(super) model: Text<'a>,
    pub(super) error: Option<&'a RawValue>,
    feedback: Option<&'a RawValue>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Chunk<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "candidates" => self.candidates = map.next_value()?,
            "usageMetadata" => self.usage = Some(map.next_value()?),
            "responseId" => self.id = map.next_value()?,
            "modelVersion" => self.model = map.next_value()?,
            "error" => self.error = filled(map.next_value()?),
            "promptFeedback" => {
                let value = map.next_value()?;
                self.feedback = filled(value);
                self.rest.push((key.0, value));
            }
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

impl Chunk<'_> {
    /// Fields that the domain does not model.
    pub(super) fn extra(&self) -> Extra {
        let mut extra = Extra::new();
        carry(&self.rest, "", &mut extra);
        extra
    }

    /// What made-up ids of the answer are derived from.
    pub(super) fn seed(&self) -> u64 {
        match &self.id {
            Text::Str(id) => fnv(0, id.as_bytes()),
            Text::Absent | Text::Wrong => 0,
        }
    }

    /// The refusal of the prompt, which comes in the place of candidates.
    pub(super) fn refusal(&self) -> Option<Failure> {
        if matches!(&self.candidates, Items::List(list) if !list.is_empty()) {
            return None;
        }
        let fields = json::fields(self.feedback?)?;
        let find = |wanted: &str| {
            let (_, value) = fields.iter().find(|(name, _)| name == wanted)?;
            json::text(value).map(Cow::into_owned)
        };
        let reason = find("blockReason")?;
        let message = find("blockReasonMessage").map(|text| mask(&text));
        let sentence = match &message {
            Some(message) => format!("The provider refused the prompt ({reason}): {message}"),
            None => format!("The provider refused the prompt ({reason})."),
        };
        Some(
            Failure::new(FailureKind::ContentRefused, sentence).with_upstream(UpstreamError {
                status: None,
                code: Some(reason),
                message,
            }),
        )
    }
}

/// One of the answers, or a piece of it.
#[derive(Default)]
pub(super) struct Candidate<'a> {
    pub(super) index: Option<u64>,
    pub(super) content: Said<'a>,
    pub(super) logprobs: Option<&'a RawValue>,
    finish_reason: Text<'a>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Candidate<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "index" => self.index = map.next_value::<&RawValue>()?.get().parse().ok(),
            "content" => {
                if let Field::Object(said) = map.next_value()? {
                    self.content = said;
                }
            }
            "finishReason" => self.finish_reason = map.next_value()?,
            "logprobsResult" => self.logprobs = filled(map.next_value()?),
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

impl Candidate<'_> {
    /// Adds the fields that the domain does not model.
    pub(super) fn carry(&self, extra: &mut Extra) {
        carry(&self.rest, "", extra);
        carry(&self.content.rest, CONTENT, extra);
    }

    /// Why it ended, if it did.
    pub(super) fn reason(&self) -> Result<Option<domain::StopReason>, Failure> {
        let Text::Str(word) = &self.finish_reason else {
            return Ok(None);
        };
        let message = self.rest.iter().find(|(name, _)| name == "finishMessage");
        stop::read(word, message.and_then(|(_, value)| json::text(value)).as_deref())
    }
}

/// The content of a candidate.
#[derive(Default)]
pub(super) struct Said<'a> {
    pub(super) parts: Content<'a>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Said<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "parts" => self.parts = map.next_value()?,
            "role" => {
                map.next_value::<IgnoredAny>()?;
            }
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

fn filled(raw: &RawValue) -> Option<&RawValue> {
    (raw.get() != "null").then_some(raw)
}

fn carry(rest: &[(Cow<'_, str>, &RawValue)], prefix: &str, extra: &mut Extra) {
    for (name, value) in rest {
        if !matches!(value.get(), "null" | "[]" | "{}") {
            extra.set(format!("{prefix}{name}"), RawJson::new(value.get()));
        }
    }
}
