//! A provider's whole answer, which is also what the first and the last event of a stream hold.

use std::borrow::Cow;

use domain::{Answer, Choice, Extra, Failure, FailureKind, Message, Part, RawJson, Role, StopReason};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::carried::says_nothing;
use super::item::{self, CUSTOM_CALL, Item};
use super::usage;
use crate::ids::{fnv, made_id};
use crate::json::{self, Field, Key, Text};
use crate::refusal;
use crate::stop;

/// A response whose fields have been told apart.
#[derive(Default)]
pub(super) struct Response<'a> {
    pub(super) id: Text<'a>,
    pub(super) model: Text<'a>,
    pub(super) status: Text<'a>,
    created: Option<&'a RawValue>,
    incomplete: Option<&'a RawValue>,
    pub(super) output: Option<&'a RawValue>,
    pub(super) usage: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> json::Item<'a> for Response<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "id" => self.id = map.next_value()?,
            "model" => self.model = map.next_value()?,
            "status" => self.status = map.next_value()?,
            "created_at" => self.created = Some(map.next_value()?),
            "incomplete_details" => self.incomplete = Some(map.next_value()?),
            "output" => self.output = Some(map.next_value()?),
            "usage" => self.usage = Some(map.next_value()?),
            "error" => self.error = Some(map.next_value()?),
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

/// Fields that only repeat what was asked, that say what another field says, or that clients trip over.
const REPEATED: &[&str] = &[
    "object",
    "background",
    "completed_at",
    "content_filters",
    "conversation",
    "frequency_penalty",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "output_text",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

impl<'a> Response<'a> {
    /// Fields that the domain does not model.
    pub(super) fn extra(&self) -> Extra {
        let mut extra = Extra::new();
        for (name, value) in &self.rest {
            if !says_nothing(value) && !REPEATED.contains(&name.as_ref()) {
                extra.set(name.as_ref(), RawJson::new(value.get()));
            }
        }
        extra
    }

    /// What made-up ids of an answer are derived from.
    pub(super) fn seed(&self) -> u64 {
        let mut seed = 0;
        if let Text::Str(id) = &self.id {
            seed = fnv(seed, id.as_bytes());
        }
        if let Some(created) = self.created {
            seed = fnv(seed, created.get().as_bytes());
        }
        seed
    }

    /// The items of the answer.
    pub(super) fn items(&self) -> Vec<&'a RawValue> {
        self.output.and_then(json::items).unwrap_or_default()
    }

    /// Why it ended, calls not yet taken into account.
    ///
    /// # Errors
    /// What the provider says when it has failed.
    pub(super) fn reason(&self) -> Result<StopReason, Failure> {
        if let Some(error) = self.error.filter(|error| !says_nothing(error)) {
            return Err(refusal::inside(error));
        }
        let broken = |how: &str| {
            let text = format!("The provider broke its answer off: it {how}.");
            Err(Failure::new(FailureKind::UpstreamFailed, text))
        };
        let Text::Str(status) = &self.status else {
            return Ok(StopReason::Stop);
        };
        match status.as_ref() {
            "incomplete" => Ok(self.incomplete()),
            "failed" => broken("failed"),
            "cancelled" => broken("was cancelled"),
            _ => Ok(StopReason::Stop),
        }
    }

    /// Whatever else cuts an answer off is read as a limit: it must not look whole.
    fn incomplete(&self) -> StopReason {
        let fields = self.incomplete.and_then(json::fields).unwrap_or_default();
        let reason = fields.into_iter().find(|(name, _)| name == "reason");
        match reason.and_then(|(_, reason)| json::text(reason)).as_deref() {
            Some("content_filter") => StopReason::ContentFilter,
            Some(_) | None => StopReason::Length,
        }
    }
}

/// Reads the body of a successful response.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it is no answer, or one that has not ended; what the provider says
/// when it holds an error.
pub fn decode_answer(body: &[u8]) -> Result<Answer, Failure> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{FEFF}').trim();
    match serde_json::from_str(text) {
        Ok(Field::Object(response)) => read(&response),
        Ok(Field::Null | Field::Wrong) => Err(not_an_answer()),
        Err(_) => {
            let mended = json::without_lone_surrogates(text).ok_or_else(not_an_answer)?;
            match serde_json::from_str(&mended) {
                Ok(Field::Object(response)) => read(&response),
                Ok(Field::Null | Field::Wrong) | Err(_) => Err(not_an_answer()),
            }
        }
    }
}

fn not_an_answer() -> Failure {
    Failure::new(
        FailureKind::UpstreamFailed,
        "The provider's answer is not a response.",
    )
}

fn read(response: &Response<'_>) -> Result<Answer, Failure> {
    let reason = response.reason()?;
    if matches!(&response.status, Text::Str(status) if matches!(status.as_ref(), "queued" | "in_progress")) {
        return Err(Failure::new(
            FailureKind::UpstreamFailed,
            "The provider answered before its answer was complete.",
        ));
    }
    if response.output.and_then(json::items).is_none() {
        return Err(not_an_answer());
    }
    let seed = response.seed();
    let mut parts = Vec::new();
    let mut logprobs = Vec::new();
    for raw in response.items() {
        read_item(raw, seed, &mut parts, &mut logprobs)?;
    }
    let arguments = parts.iter().filter_map(|part| {
        if let Part::ToolCall { arguments, .. } = part {
            Some(arguments.as_str())
        } else {
            None
        }
    });
    Ok(Answer {
        id: filled(&response.id),
        model: filled(&response.model),
        choices: vec![Choice {
            reason: stop::with_calls(reason, arguments),
            logprobs: joined(&logprobs),
            message: Message {
                role: Role::Assistant,
                parts,
                extra: Extra::new(),
            },
        }],
        usage: response.usage.and_then(usage::read),
        extra: response.extra(),
    })
}

/// The text of a field, when it has one.
pub(super) fn filled(text: &Text<'_>) -> Option<String> {
    match text {
        Text::Str(text) if !text.is_empty() => Some(text.as_ref().into()),
        Text::Str(_) | Text::Absent | Text::Wrong => None,
    }
}

/// Reads an item of an answer into parts.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] for a call without a name.
pub(super) fn read_item<'a>(
    raw: &'a RawValue,
    seed: u64,
    parts: &mut Vec<Part>,
    logprobs: &mut Vec<&'a RawValue>,
) -> Result<(), Failure> {
    let Some(item) = Item::parse(raw) else {
        return Ok(());
    };
    match item.kind() {
        "message" => {
            let follows = matches!(parts.last(), Some(Part::Text { .. } | Part::Refusal { .. }));
            parts.extend(item::message(&item, follows, logprobs));
        }
        "reasoning" => parts.push(item.reasoning()),
        "function_call" | CUSTOM_CALL => parts.push(call(&item, seed, parts.len())?),
        "image_generation_call" => parts.push(item::image(raw).unwrap_or_else(|| item::opaque(raw))),
        _ => parts.push(item::opaque(raw)),
    }
    Ok(())
}

/// A call of a provider: one without arguments gets `{}`.
///
/// # Errors
/// As [`read_item`].
pub(super) fn call(item: &Item<'_>, seed: u64, at: usize) -> Result<Part, Failure> {
    let made = || {
        let own = item.id().map(Cow::into_owned);
        own.unwrap_or_else(|| made_id(seed, u32::try_from(at).unwrap_or(u32::MAX)))
    };
    let mut part = item.call(made);
    if let Part::ToolCall { name, arguments, .. } = &mut part {
        if name.is_empty() {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent a tool call without a name.",
            ));
        }
        if arguments.is_empty() {
            arguments.push_str("{}");
        }
    }
    Ok(part)
}

/// Lists of log probabilities as one value, in the form that all wires share: `{"content":[…]}`.
pub(super) fn joined(lists: &[&RawValue]) -> Option<RawJson> {
    let mut all = Vec::new();
    for list in lists {
        all.extend(
            json::items(list)
                .unwrap_or_default()
                .into_iter()
                .map(RawValue::get),
        );
    }
    (!all.is_empty()).then(|| RawJson::new(format!("{{\"content\":[{}]}}", all.join(","))))
}
