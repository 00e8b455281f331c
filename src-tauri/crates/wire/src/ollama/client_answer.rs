//! A whole answer as clients of Ollama read it, and what stands at the end of every one (W-193).

use std::borrow::Cow;

use domain::{Answer, Delta, MediaSource, Part, RawJson, StopReason, Usage};
use serde_json::value::RawValue;

use super::client_request::Route;
use crate::json::{self, Object};

/// How long the parts of an answer took, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// From the request to its end.
    pub total: u64,
    /// Until the model was ready.
    pub load: u64,
    /// Until the first token.
    pub prompt_eval: u64,
    /// From the first token to the last.
    pub eval: u64,
}

/// What stands around an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What the client asked for.
    pub model: String,
    /// RFC 3339, in UTC.
    pub created_at: String,
    /// Where the request came in.
    pub route: Route,
    /// How long it took; of a stream told at its end by [`super::StreamEncoder::took`].
    pub durations: Durations,
}

/// Fields of a line that are written here.
pub(super) const OURS: &[&str] = &[
    "model",
    "created_at",
    "message",
    "response",
    "thinking",
    "done",
    "done_reason",
    "error",
    "logprobs",
    "total_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_eval_duration",
    "eval_count",
    "eval_duration",
];
/// Fields of a message that are written here.
pub(super) const OURS_IN_MESSAGE: &[&str] = &["role", "content", "thinking", "images", "tool_calls"];

/// Writes the body of a non-stream response. Of several choices a client of this wire gets the first.
pub fn encode_answer(answer: &Answer, envelope: &Envelope, out: &mut Vec<u8>) {
    let choice = answer.choices.first();
    let parts = choice
        .map(|choice| choice.message.parts.as_slice())
        .unwrap_or_default();
    let reason = choice.map_or(StopReason::Stop, |choice| choice.reason);
    let (mut content, mut thinking) = (String::new(), String::new());
    let (mut images, mut calls) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Text { text, .. } | Part::Refusal { text } => content.push_str(text),
            Part::Reasoning { text, .. } => thinking.push_str(text),
            Part::Image(media) => {
                if let MediaSource::Base64 { data } = &media.source {
                    images.push(data.as_str());
                }
            }
            Part::ToolCall {
                id, name, arguments, ..
            } => calls.push(Call { id, name, arguments }),
            // this wire has no form for them, in answers
            Part::File(_) | Part::Audio(_) | Part::ToolResult { .. } | Part::Opaque { .. } => {}
        }
    }
    let said = Said {
        content: &content,
        thinking: &thinking,
        images: &images,
        calls: &calls,
        extra: choice.map(|choice| &choice.message.extra),
        logprobs: choice.and_then(|choice| choice.logprobs.as_ref()),
    };
    let mut object = Object::open(out);
    head(envelope, &mut object);
    said.write(envelope.route, reason, &mut object);
    let usage = answer.usage.as_ref().map(|(usage, _)| *usage);
    end(envelope, reason, usage, &mut object);
    object.extra(&answer.extra, |name| !OURS.contains(&name));
    object.close();
}

/// Writes the answer to a request that asks nothing, for a stream as well (W-194).
pub fn encode_loaded(envelope: &Envelope, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    head(envelope, &mut object);
    Said::default().write(envelope.route, StopReason::Stop, &mut object);
    object.literal("done_reason", r#""load""#);
    object.bool("done", true);
    object.close();
    out.push(b'\n');
}

/// Writes what stands first in every line.
pub(super) fn head(envelope: &Envelope, object: &mut Object<'_>) {
    object.string("model", &envelope.model);
    object.string("created_at", &envelope.created_at);
}

/// Writes what stands last in the last line. Counts that are not known are not there: nought would be a lie.
pub(super) fn end(envelope: &Envelope, reason: StopReason, usage: Option<Usage>, object: &mut Object<'_>) {
    object.literal(
        "done_reason",
        match reason {
            StopReason::Stop | StopReason::ToolCalls => r#""stop""#,
            StopReason::Length => r#""length""#,
            StopReason::ContentFilter => r#""content_filter""#,
        },
    );
    object.bool("done", true);
    let durations = envelope.durations;
    object.unsigned("total_duration", durations.total);
    object.unsigned("load_duration", durations.load);
    if let Some(usage) = usage {
        object.unsigned("prompt_eval_count", usage.input);
    }
    object.unsigned("prompt_eval_duration", durations.prompt_eval);
    if let Some(usage) = usage {
        object.unsigned("eval_count", usage.output);
    }
    object.unsigned("eval_duration", durations.eval);
}

/// A call, whole.
pub(super) struct Call<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) arguments: &'a str,
}

/// What a line says.
#[derive(Default)]
pub(super) struct Said<'a> {
    pub(super) content: &'a str,
    pub(super) thinking: &'a str,
    pub(super) images: &'a [&'a str],
    pub(super) calls: &'a [Call<'a>],
    pub(super) extra: Option<&'a domain::Extra>,
    /// OpenAI's object.
    pub(super) logprobs: Option<&'a RawJson>,
}

impl<'a> Said<'a> {
    /// What a delta says by itself; `None` for those that say nothing here.
    pub(super) fn of(delta: &'a Delta) -> Option<Self> {
        let said = match delta {
            Delta::Text { text, logprobs } => Self {
                content: text,
                logprobs: logprobs.as_ref(),
                ..Self::default()
            },
            Delta::Refusal { text } => Self {
                content: text,
                ..Self::default()
            },
            Delta::Reasoning { text } => Self {
                thinking: text,
                ..Self::default()
            },
            Delta::Extra { extra } => Self {
                extra: Some(extra)
                    .filter(|extra| extra.iter().any(|(name, _)| !OURS_IN_MESSAGE.contains(&name))),
                ..Self::default()
            },
            // calls are kept until they are whole; signatures and fields of texts have no place here
            Delta::ToolCallStart { .. }
            | Delta::ToolCallArguments { .. }
            | Delta::ReasoningEnd { .. }
            | Delta::TextExtra { .. }
            | Delta::Part { .. } => return None,
        };
        let silent = said.content.is_empty()
            && said.thinking.is_empty()
            && said.extra.is_none()
            && said.logprobs.is_none();
        (!silent).then_some(said)
    }

    /// Writes `message`, or `response` with `thinking` beside it. A call that was cut off in the middle is
    /// left out, for it must not be run.
    pub(super) fn write(&self, route: Route, reason: StopReason, object: &mut Object<'_>) {
        match route {
            Route::Chat => {
                let mut message = Object::open(object.key("message"));
                message.literal("role", r#""assistant""#);
                message.string("content", self.content);
                if !self.thinking.is_empty() {
                    message.string("thinking", self.thinking);
                }
                self.images(&mut message);
                self.calls(reason, &mut message);
                if let Some(extra) = self.extra {
                    message.extra(extra, |name| !OURS_IN_MESSAGE.contains(&name));
                }
                message.close();
            }
            Route::Generate => {
                object.string("response", self.content);
                if !self.thinking.is_empty() {
                    object.string("thinking", self.thinking);
                }
            }
        }
        if let Some(list) = self.logprobs.and_then(listed) {
            object.raw("logprobs", list.get());
        }
    }

    fn images(&self, message: &mut Object<'_>) {
        if self.images.is_empty() {
            return;
        }
        let list = message.key("images");
        list.push(b'[');
        for (at, image) in self.images.iter().enumerate() {
            if at > 0 {
                list.push(b',');
            }
            json::write_string(image, list);
        }
        list.push(b']');
    }

    fn calls(&self, reason: StopReason, message: &mut Object<'_>) {
        let cut = matches!(reason, StopReason::Length | StopReason::ContentFilter);
        let mut calls = self
            .calls
            .iter()
            .map(|call| (call, json::object_of(call.arguments, "arguments")))
            .filter(|(_, arguments)| !(cut && matches!(arguments, Cow::Owned(_))))
            .peekable();
        if calls.peek().is_none() {
            return;
        }
        let list = message.key("tool_calls");
        list.push(b'[');
        for (at, (call, arguments)) in calls.enumerate() {
            if at > 0 {
                list.push(b',');
            }
            let mut outer = Object::open(list);
            outer.string("id", call.id);
            let mut function = Object::open(outer.key("function"));
            function.unsigned("index", u64::try_from(at).unwrap_or(u64::MAX));
            function.string("name", call.name);
            function.raw("arguments", &arguments);
            function.close();
            outer.close();
        }
        list.push(b']');
    }
}

/// The list inside OpenAI's object of log probabilities, whose items are Ollama's too.
fn listed(logprobs: &RawJson) -> Option<&RawValue> {
    let raw: &RawValue = serde_json::from_str(logprobs.get()).ok()?;
    let fields = json::fields(raw)?;
    let (_, list) = fields.into_iter().find(|(name, _)| name == "content")?;
    list.get().starts_with('[').then_some(list)
}
