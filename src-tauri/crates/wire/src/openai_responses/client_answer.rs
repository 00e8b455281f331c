//! A whole answer, and the response object that stands around every answer (W-123, W-124, W-131).
//!
//! Generated clients refuse an object that lacks one field. So each is always there: what the client asked
//! for is repeated, and where it asked for nothing stands what OpenAI would say.

use domain::{Answer, Extra, Failure, Part, RawJson, StopReason, Usage};

use super::client_error;
use super::client_item::Events;
use super::client_output::Outputs;
use super::client_tools::ToolNames;
use super::{carried, usage};
use crate::json::{self, Object};

/// What stands around an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// `resp_…`.
    pub id: String,
    /// Seconds since the Unix epoch.
    pub created: i64,
    /// When the answer was complete, in seconds since the Unix epoch; `None` before, or when not known.
    pub completed: Option<i64>,
    /// What the client asked for (W-57).
    pub model: String,
    /// The fields of the request that the answer repeats, as the client wrote them.
    pub settings: Extra,
    /// How the client calls its tools.
    pub names: ToolNames,
    /// Whether the client wants sealed reasoning (`include`). Signatures are given as they are: sealing
    /// them is up to whoever hands the answer over.
    pub sealed: bool,
}

/// How far a response has come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Status<'f> {
    InProgress,
    Ended(StopReason),
    Failed(&'f Failure),
    Cancelled,
}

impl Status<'_> {
    /// Its word, as the type of its event ends, too.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Ended(StopReason::Stop | StopReason::ToolCalls) => "completed",
            Self::Ended(StopReason::Length | StopReason::ContentFilter) => "incomplete",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Writes the body of a non-stream response: the first choice, for this wire has only one.
pub fn encode_answer(answer: &Answer, envelope: &Envelope, out: &mut Vec<u8>) {
    let mut outputs = Outputs::new(envelope.clone());
    let mut none = Events::none();
    let mut reason = StopReason::Stop;
    if let Some(choice) = answer.choices.first() {
        reason = choice.reason;
        let mut logprobs = choice.logprobs.as_ref();
        for part in &choice.message.parts {
            outputs.part(part, &mut logprobs, &mut none);
        }
        outputs.extra(&choice.message.extra, &mut none);
        let calls = choice
            .message
            .parts
            .iter()
            .any(|part| matches!(part, Part::ToolCall { .. }));
        if calls && reason == StopReason::Stop {
            reason = StopReason::ToolCalls;
        }
    }
    outputs.close(reason, &mut none);
    let told = Told {
        items: &outputs.items(),
        usage: answer.usage.as_ref().map(|(usage, _)| *usage),
        extra: &answer.extra,
    };
    write_response(envelope, Status::Ended(reason), &told, out);
}

/// What a response tells about the answer itself.
pub(super) struct Told<'a> {
    /// The items so far, joined by commas.
    pub(super) items: &'a [u8],
    /// Tokens, once they are known.
    pub(super) usage: Option<Usage>,
    /// Fields of the provider's answer that the domain does not model.
    pub(super) extra: &'a Extra,
}

/// Writes the response object.
pub(super) fn write_response(envelope: &Envelope, status: Status<'_>, told: &Told<'_>, out: &mut Vec<u8>) {
    let settings = &envelope.settings;
    let mut object = Object::open(out);
    object.string("id", &envelope.id);
    object.literal("object", r#""response""#);
    object.signed("created_at", envelope.created);
    match (status, envelope.completed) {
        (Status::Ended(_), Some(completed)) => object.signed("completed_at", completed),
        (Status::Ended(_) | Status::InProgress | Status::Failed(_) | Status::Cancelled, _) => {
            object.literal("completed_at", "null")
        }
    }
    object.string("status", status.word());
    match status {
        Status::Failed(failure) => client_error::write(failure, object.key("error")),
        Status::InProgress | Status::Ended(_) | Status::Cancelled => object.literal("error", "null"),
    }
    object.literal(
        "incomplete_details",
        match status {
            Status::Ended(StopReason::Length) => r#"{"reason":"max_output_tokens"}"#,
            Status::Ended(StopReason::ContentFilter) => r#"{"reason":"content_filter"}"#,
            Status::Ended(StopReason::Stop | StopReason::ToolCalls)
            | Status::InProgress
            | Status::Failed(_)
            | Status::Cancelled => "null",
        },
    );
    object.string("model", &envelope.model);
    let items = object.key("output");
    items.push(b'[');
    items.extend_from_slice(told.items);
    items.push(b']');
    match told.usage {
        Some(tokens) => usage::write(tokens, object.key("usage")),
        None => object.literal("usage", "null"),
    }
    for (name, absent) in DEFAULTS {
        match settings.get(name) {
            Some(value) => object.raw(name, value.get()),
            None => object.literal(name, absent),
        }
    }
    match told
        .extra
        .get("service_tier")
        .or_else(|| settings.get("service_tier"))
    {
        Some(tier) => object.raw("service_tier", tier.get()),
        None => object.literal("service_tier", r#""default""#),
    }
    tools(settings, object.key("tools"));
    filled(
        settings,
        "text",
        &[("format", r#"{"type":"text"}"#)],
        object.key("text"),
    );
    filled(
        settings,
        "reasoning",
        &[("effort", "null"), ("summary", "null")],
        object.key("reasoning"),
    );
    object.extra(settings, |name| matches!(name, "conversation" | "prompt"));
    object.extra(told.extra, |name| !is_ours(name));
    object.close();
}

/// What stands where the client asked for nothing.
const DEFAULTS: &[(&str, &str)] = &[
    ("background", "false"),
    ("frequency_penalty", "0"),
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("presence_penalty", "0"),
    ("previous_response_id", "null"),
    ("prompt_cache_key", "null"),
    ("prompt_cache_retention", "null"),
    ("safety_identifier", "null"),
    ("store", "true"),
    ("temperature", "1"),
    ("tool_choice", r#""auto""#),
    ("top_logprobs", "0"),
    ("top_p", "1"),
    ("truncation", r#""disabled""#),
    ("user", "null"),
];

fn is_ours(name: &str) -> bool {
    let fixed = [
        "id",
        "object",
        "created",
        "created_at",
        "completed_at",
        "status",
        "error",
        "incomplete_details",
        "model",
        "output",
        "usage",
        "service_tier",
        "tools",
        "text",
        "reasoning",
        "conversation",
        "prompt",
        "choices",
    ];
    fixed.contains(&name) || DEFAULTS.iter().any(|(ours, _)| *ours == name)
}

/// Writes an object that the client gave, with the fields that must be there.
fn filled(settings: &Extra, name: &str, needed: &[(&str, &'static str)], out: &mut Vec<u8>) {
    let fields = settings.get(name).map(carried::parse).unwrap_or_default();
    write_filled(&fields, needed, out);
}

fn write_filled(
    fields: &[(std::borrow::Cow<'_, str>, &serde_json::value::RawValue)],
    needed: &[(&str, &'static str)],
    out: &mut Vec<u8>,
) {
    let mut object = Object::open(out);
    for (key, absent) in needed {
        if !fields.iter().any(|(name, _)| name == key) {
            object.literal(key, absent);
        }
    }
    for (name, value) in fields {
        object.raw(name, value.get());
    }
    object.close();
}

/// The client's tools; a function must have each of its fields.
fn tools(settings: &Extra, out: &mut Vec<u8>) {
    let list = settings.get("tools").and_then(|tools| {
        let value = serde_json::from_str::<&serde_json::value::RawValue>(tools.get()).ok()?;
        json::items(value)
    });
    out.push(b'[');
    for (at, tool) in list.unwrap_or_default().into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let fields = json::fields(tool).unwrap_or_default();
        let kind = fields.iter().find(|(name, _)| name == "type");
        let function = kind.is_none_or(|(_, kind)| kind.get() == r#""function""#);
        let named = fields.iter().any(|(name, _)| name == "name");
        if function && named {
            let needed = [
                ("type", r#""function""#),
                ("description", "null"),
                ("parameters", "null"),
                ("strict", "null"),
            ];
            write_filled(&fields, &needed, out);
        } else {
            json::write_raw(tool.get(), out);
        }
    }
    out.push(b']');
}

/// The list in a `logprobs` value, without its brackets.
pub(super) fn probabilities(logprobs: &RawJson) -> String {
    let fields = carried::parse(logprobs);
    let content = fields.into_iter().find(|(name, _)| name == "content");
    let list = content
        .and_then(|(_, list)| json::items(list))
        .unwrap_or_default();
    let all: Vec<&str> = list.iter().map(|item| item.get()).collect();
    all.join(",")
}
