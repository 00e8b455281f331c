//! A request as a provider of this wire reads it.
//!
//! Nothing is kept at the provider (`store:false`): conversations are ours, so reasoning must come to us
//! sealed and go back with the next turn. What the wire has no form for is left out, and told.

use domain::{Applied, Extra, OutputFormat, Quirks, Request, Wire};

use super::carried::parse;
use super::{provider_input, provider_tools};
use crate::json::{self, Object};

/// Fewer tokens than this are refused.
const LEAST_OUTPUT: u64 = 16;

/// Notes what was left out or renamed.
#[derive(Default)]
pub(super) struct Notes(Vec<Applied>);

impl Notes {
    /// Adds a note, once.
    pub(super) fn add(&mut self, what: &str, how: &str) {
        if !self.0.iter().any(|note| note.what == what && note.how == how) {
            self.0.push(Applied {
                what: what.into(),
                how: how.into(),
            });
        }
    }
}

/// Writes the body of a request for `model`, in the provider's spelling, and tells what was left out,
/// renamed or raised.
pub fn encode_request(request: &Request, model: &str, quirks: &Quirks, out: &mut Vec<u8>) -> Vec<Applied> {
    let mut notes = Notes::default();
    let mut object = Object::open(out);
    object.string("model", model);
    provider_input::write(request, quirks, object.key("input"), &mut notes);
    provider_tools::write(request, quirks, &mut object, &mut notes);
    params(request, &mut object, &mut notes);
    reasoning(request, model, &mut object, &mut notes);
    text(request, &mut object);
    object.literal("store", "false");
    include(request, model, &mut object);
    if request.stream {
        object.literal("stream", "true");
    }
    extra(request, quirks, &mut object, &mut notes);
    object.close();
    notes.0
}

fn params(request: &Request, object: &mut Object<'_>, notes: &mut Notes) {
    let params = &request.params;
    if let Some(most) = params.max_output_tokens {
        if most < LEAST_OUTPUT {
            notes.add(
                "max_output_tokens",
                "raised to 16, the least that this wire takes",
            );
        }
        object.unsigned("max_output_tokens", most.max(LEAST_OUTPUT));
    }
    for (name, value) in [("temperature", params.temperature), ("top_p", params.top_p)] {
        if let Some(value) = value {
            object.float(name, value);
        }
    }
    if let Some(top) = params.top_logprobs {
        object.unsigned("top_logprobs", top.into());
    }
    let given = [
        ("stop", !params.stop.is_empty()),
        ("seed", params.seed.is_some()),
        ("n", params.n.is_some_and(|n| n > 1)),
        ("presence_penalty", params.presence_penalty.is_some()),
        ("frequency_penalty", params.frequency_penalty.is_some()),
        ("top_k", params.top_k.is_some()),
    ];
    for (name, _) in given.iter().filter(|(_, given)| *given) {
        notes.add(name, "left out, this wire has no field for it");
    }
}

/// Whether a model is of those that do not reason and refuse whatever has to do with it, also sealed
/// reasoning ("Encrypted content is not supported with this model").
fn never_reasons(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let chat = name.starts_with("gpt-5") && name.contains("-chat");
    chat || ["gpt-4", "gpt-3.5", "chatgpt-"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// The field `reasoning`. Whoever asks for effort is shown the summary of it; a client of this wire asks
/// for the summary itself.
fn reasoning(request: &Request, model: &str, object: &mut Object<'_>, notes: &mut Notes) {
    let params = &request.params;
    let budget = params.reasoning_tokens.map(|tokens| match tokens {
        0 => "none",
        1..=2048 => "low",
        2049..=8192 => "medium",
        _ => "high",
    });
    if let (None, Some(effort)) = (&params.reasoning_effort, budget) {
        notes.add("reasoning_tokens", &format!("sent as effort {effort}"));
    }
    let effort = params.reasoning_effort.as_deref().or(budget);
    let theirs = own(request).and_then(|extra| extra.get("reasoning"));
    let fields = theirs.map(parse).unwrap_or_default();
    if effort.is_none() && fields.is_empty() {
        return;
    }
    let mut inner = Object::open(object.key("reasoning"));
    if let Some(effort) = effort {
        inner.string("effort", effort);
    }
    for (name, value) in &fields {
        if name != "effort" {
            inner.raw(name, value.get());
        }
    }
    let asks = theirs.is_some() || effort == Some("none") || never_reasons(model);
    if !asks {
        inner.literal("summary", r#""auto""#);
    }
    inner.close();
}

/// The field `text`: the form of the answer, and how wordy it shall be (W-134).
fn text(request: &Request, object: &mut Object<'_>) {
    let theirs = own(request).and_then(|extra| extra.get("text"));
    let fields = theirs.map(parse).unwrap_or_default();
    let chat = Some(&request.extra).filter(|_| request.wire == Wire::OpenAiChat);
    let verbosity = chat.and_then(|extra| extra.get("verbosity"));
    if request.format == OutputFormat::Text && fields.is_empty() && verbosity.is_none() {
        return;
    }
    let mut inner = Object::open(object.key("text"));
    match &request.format {
        OutputFormat::Text => {}
        OutputFormat::JsonObject => inner.literal("format", r#"{"type":"json_object"}"#),
        OutputFormat::JsonSchema {
            name,
            description,
            schema,
            strict,
        } => {
            let mut format = Object::open(inner.key("format"));
            format.literal("type", r#""json_schema""#);
            format.string("name", name);
            if let Some(description) = description {
                format.string("description", description);
            }
            format.raw("schema", schema.get());
            if let Some(strict) = strict {
                format.bool("strict", *strict);
            }
            format.close();
        }
    }
    for (name, value) in &fields {
        if name != "format" || request.format == OutputFormat::Text {
            inner.raw(name, value.get());
        }
    }
    if let Some(verbosity) = verbosity {
        inner.raw("verbosity", verbosity.get());
    }
    inner.close();
}

fn include(request: &Request, model: &str, object: &mut Object<'_>) {
    let mut wanted: Vec<String> = Vec::new();
    let theirs = own(request).and_then(|extra| extra.get("include"));
    wanted.extend(
        theirs
            .and_then(|list| list.parse::<Vec<String>>().ok())
            .unwrap_or_default(),
    );
    let mut want = |name: &str| {
        if !wanted.iter().any(|other| other == name) {
            wanted.push(name.into());
        }
    };
    if !never_reasons(model) {
        want("reasoning.encrypted_content");
    }
    if request.params.logprobs == Some(true) {
        want("message.output_text.logprobs");
    }
    if wanted.is_empty() {
        return;
    }
    let list = object.key("include");
    list.push(b'[');
    for (at, name) in wanted.iter().enumerate() {
        if at > 0 {
            list.push(b',');
        }
        json::write_string(name, list);
    }
    list.push(b']');
}

/// The fields of a client that speaks this wire.
pub(super) fn own(request: &Request) -> Option<&Extra> {
    Some(&request.extra).filter(|_| request.wire == Wire::OpenAiResponses)
}

/// Fields that never ride along: written above, or ours to act on.
const WRITTEN: &[&str] = &[
    "session_id",
    "model",
    "input",
    "instructions",
    "messages",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "text",
    "include",
    "store",
    "background",
    "previous_response_id",
    "conversation",
    "stream",
];

/// Fields of chat completions that have the same name and meaning here.
pub(crate) const SHARED: &[&str] = &[
    "metadata",
    "moderation",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "user",
];

/// Fields of chat completions that are written in another place, or that only say how we shall answer.
const ELSEWHERE: &[&str] = &[
    "verbosity",
    "stream_options",
    "store",
    "session_id",
    "response_format",
];

fn extra(request: &Request, quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    let same = request.wire == Wire::OpenAiResponses;
    let chat = request.wire == Wire::OpenAiChat;
    for (name, value) in request.extra.iter() {
        if (same && WRITTEN.contains(&name)) || (chat && ELSEWHERE.contains(&name)) {
            continue;
        }
        if quirks.no_extra_fields {
            notes.add(name, "left out, the provider refuses fields it does not know");
        } else if same || (chat && SHARED.contains(&name)) {
            object.raw(name, value.get());
        } else {
            notes.add(name, "left out, this wire has no field for it");
        }
    }
}
