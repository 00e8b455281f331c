//! A request as Cohere reads it.

use domain::{
    Applied, Extra, Message, OutputFormat, Params, Part, RawJson, Request, Role, ToolChoice, ToolSpec, Wire,
};

use super::PLAN;
use crate::ids;
use crate::json::{self, Object};
use crate::notes::Notes;
use crate::openai_chat::client_answer::{joined, write_call};
use crate::openai_chat::{foreign, part, reasoning};

/// Writes the body of a request for `model` and tells what was left out or said otherwise.
pub(in crate::openai_chat) fn encode_request(
    request: &Request,
    model: &str,
    out: &mut Vec<u8>,
) -> Vec<Applied> {
    let mut notes = Notes::default();
    let mut object = Object::open(out);
    object.string("model", model);
    let list = object.key("messages");
    list.push(b'[');
    let mut first = true;
    for message in &request.messages {
        write_message(message, &mut first, list, &mut notes);
    }
    list.push(b']');
    tools(request, &mut object, &mut notes);
    params(&request.params, &mut object, &mut notes);
    format(&request.format, &mut object);
    object.bool("stream", request.stream);
    extra(request, &mut object, &mut notes);
    object.close();
    notes.take()
}

fn item<'o>(first: &mut bool, out: &'o mut Vec<u8>) -> Object<'o> {
    if !std::mem::take(first) {
        out.push(b',');
    }
    Object::open(out)
}

fn write_message(message: &Message, first: &mut bool, out: &mut Vec<u8>, notes: &mut Notes) {
    for part in &message.parts {
        if let Part::ToolResult { call_id, parts, .. } = part {
            let mut object = item(first, out);
            object.literal("role", r#""tool""#);
            object.string("tool_call_id", &ids::original(call_id));
            let is_image = |part: &&Part| matches!(part, Part::Image(_));
            if parts.iter().any(|part| is_image(&part)) {
                notes.add("images of tools", "left out, the provider refuses them");
            }
            content(parts.iter().filter(|part| !is_image(part)), &mut object, notes);
            object.close();
        }
    }
    let result = |part: &&Part| !matches!(part, Part::ToolResult { .. });
    let others = || message.parts.iter().filter(result);
    if message.role == Role::Tool || (others().next().is_none() && !message.parts.is_empty()) {
        return;
    }
    let mut object = item(first, out);
    if message.role == Role::Assistant {
        object.literal("role", r#""assistant""#);
        assistant(&message.parts, &mut object, notes);
    } else {
        let role = if message.role.instructs() {
            Role::System
        } else {
            message.role
        };
        object.string("role", role.as_str());
        content(others(), &mut object, notes);
    }
    object.close();
}

fn assistant(parts: &[Part], object: &mut Object<'_>, notes: &mut Notes) {
    let plan = |part: &Part| matches!(part, Part::Reasoning { extra, .. } if extra.get(PLAN).is_some());
    let plans = || {
        parts.iter().filter(|part| plan(part)).filter_map(|part| {
            if let Part::Reasoning { text, .. } = part {
                Some(text.as_str())
            } else {
                None
            }
        })
    };
    let said = || {
        parts
            .iter()
            .filter(|part| !plan(part) && !matches!(part, Part::ToolCall { .. }))
    };
    let calls: Vec<&Part> = parts
        .iter()
        .filter(|part| matches!(part, Part::ToolCall { .. }))
        .collect();
    if said().next().is_some() || calls.is_empty() {
        content(said(), object, notes);
    }
    if plans().next().is_some() {
        joined(plans(), object.key(PLAN));
    }
    if calls.is_empty() {
        return;
    }
    let list = object.key("tool_calls");
    list.push(b'[');
    for (at, call) in calls.into_iter().enumerate() {
        if at > 0 {
            list.push(b',');
        }
        if let Part::ToolCall { id, extra, .. } = call {
            if !extra.is_empty() {
                notes.add(
                    "fields of tool calls",
                    "left out, the provider has no place for them",
                );
            }
            write_call(call, &ids::original(id), |_| false, list);
        }
    }
    list.push(b']');
}

/// Writes `content`: a lone text as a string, anything else as an array.
fn content<'p>(parts: impl Iterator<Item = &'p Part> + Clone, object: &mut Object<'_>, notes: &mut Notes) {
    let mut ahead = parts.clone();
    match (ahead.next(), ahead.next()) {
        (None, _) => return object.literal("content", r#""""#),
        (Some(Part::Text { text, .. }), None) => return object.string("content", text),
        _ => {}
    }
    let out = object.key("content");
    out.push(b'[');
    for one in parts {
        let start = out.len();
        if out.last() != Some(&b'[') {
            out.push(b',');
        }
        if !write_part(one, out) {
            out.truncate(start);
            notes.add("a part that this provider has no form for", "left out");
        }
    }
    out.push(b']');
}

fn write_part(one: &Part, out: &mut Vec<u8>) -> bool {
    match one {
        Part::Text { .. } | Part::Image(_) => part::write(one, |_| false, out),
        Part::Refusal { text } => part::write(&Part::text(text.as_str()), |_| false, out),
        Part::Reasoning { text, .. } if !text.is_empty() => {
            let mut object = Object::open(out);
            object.literal("type", r#""thinking""#);
            object.string("thinking", text);
            object.close();
            true
        }
        Part::Opaque {
            wire: Wire::OpenAiChat,
            value,
        } if is_document(value) => {
            json::write_raw(value.get(), out);
            true
        }
        Part::Reasoning { .. }
        | Part::File(_)
        | Part::Audio(_)
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Opaque { .. } => false,
    }
}

/// Its own part for sources, which clients of this wire may send too.
fn is_document(value: &RawJson) -> bool {
    value
        .parse::<serde_json::Value>()
        .is_ok_and(|part| part["type"] == "document")
}

fn tools(request: &Request, object: &mut Object<'_>, notes: &mut Notes) {
    let named = match &request.tool_choice {
        Some(ToolChoice::Tool { name }) => Some(name),
        Some(ToolChoice::Auto | ToolChoice::None | ToolChoice::Required | ToolChoice::Opaque { .. })
        | None => None,
    };
    // it can be made to call some tool, but not which: so it is shown that one alone
    let offered: Vec<&ToolSpec> = request
        .tools
        .iter()
        .filter(|tool| named.is_none_or(|name| *name == tool.name))
        .filter(|tool| tool.extra.get("type").is_none())
        .collect();
    if offered.len() < request.tools.len() {
        notes.add("tools", "only those that this provider can be asked to call");
    }
    if offered.is_empty() {
        return;
    }
    let list = object.key("tools");
    list.push(b'[');
    for (at, tool) in offered.iter().enumerate() {
        if at > 0 {
            list.push(b',');
        }
        let mut one = Object::open(list);
        one.literal("type", r#""function""#);
        let mut function = Object::open(one.key("function"));
        function.string("name", &tool.name);
        if let Some(description) = &tool.description {
            function.string("description", description);
        }
        function.raw("parameters", tool.parameters.get());
        function.close();
        one.close();
    }
    list.push(b']');
    if offered.iter().any(|tool| tool.strict == Some(true)) {
        object.bool("strict_tools", true);
    }
    match &request.tool_choice {
        None | Some(ToolChoice::Auto) => {}
        Some(ToolChoice::None) => object.literal("tool_choice", r#""NONE""#),
        Some(ToolChoice::Required | ToolChoice::Tool { .. }) => {
            object.literal("tool_choice", r#""REQUIRED""#)
        }
        Some(ToolChoice::Opaque { .. }) => {
            notes.add("tool_choice", "left out, the provider has no form for it")
        }
    }
}

fn params(params: &Params, object: &mut Object<'_>, notes: &mut Notes) {
    for (name, value) in [
        ("temperature", params.temperature),
        ("p", params.top_p),
        ("presence_penalty", params.presence_penalty),
        ("frequency_penalty", params.frequency_penalty),
    ] {
        if let Some(value) = value {
            object.float(name, value);
        }
    }
    for (name, value) in [("k", params.top_k), ("max_tokens", params.max_output_tokens)] {
        if let Some(value) = value {
            object.unsigned(name, value);
        }
    }
    if let Some(seed) = params.seed {
        object.signed("seed", seed);
    }
    if !params.stop.is_empty() {
        let list = object.key("stop_sequences");
        list.push(b'[');
        for (at, stop) in params.stop.iter().enumerate() {
            if at > 0 {
                list.push(b',');
            }
            json::write_string(stop, list);
        }
        list.push(b']');
    }
    for (name, given) in [
        ("n", params.n.is_some_and(|n| n > 1)),
        ("logprobs", params.logprobs == Some(true)),
        ("parallel_tool_calls", params.parallel_tool_calls == Some(false)),
    ] {
        if given {
            notes.add(name, "left out, the provider has none");
        }
    }
    let off = params.reasoning_effort.as_deref() == Some("none") || params.reasoning_tokens == Some(0);
    if off {
        object.literal("thinking", r#"{"type":"disabled"}"#);
    } else if params.reasoning_effort.is_some() || params.reasoning_tokens.is_some() {
        let mut thinking = Object::open(object.key("thinking"));
        thinking.literal("type", r#""enabled""#);
        match params.reasoning_tokens {
            Some(tokens) => thinking.unsigned("token_budget", tokens),
            None => notes.add(
                "reasoning_effort",
                "thinking is only turned on, the provider has no efforts",
            ),
        }
        thinking.close();
    }
}

fn format(format: &OutputFormat, object: &mut Object<'_>) {
    match format {
        OutputFormat::Text => {}
        OutputFormat::JsonObject => object.literal("response_format", r#"{"type":"json_object"}"#),
        OutputFormat::JsonSchema { schema, .. } => {
            let mut inner = Object::open(object.key("response_format"));
            inner.literal("type", r#""json_object""#);
            inner.raw("json_schema", schema.get());
            inner.close();
        }
    }
}

/// Fields of its own that a client of this wire may send; whatever else there is, it refuses.
const OWN: &[&str] = &[
    "citation_options",
    "documents",
    "priority",
    "safety_mode",
    "strict_tools",
];

fn extra(request: &Request, object: &mut Object<'_>, notes: &mut Notes) {
    let translated;
    let theirs: &Extra = if request.wire == Wire::OpenAiChat {
        &request.extra
    } else {
        translated = foreign::translate(request, notes);
        &translated
    };
    for (name, value) in theirs.iter() {
        match name {
            _ if OWN.contains(&name) => object.raw(name, value.get()),
            "session_id" | "stream_options" | "response_format" => {}
            _ if reasoning::is_ours(name) => {}
            _ => notes.add(name, "left out, the provider refuses fields it does not know"),
        }
    }
}
