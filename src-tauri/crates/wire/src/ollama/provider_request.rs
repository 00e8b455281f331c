//! A request as an Ollama server reads it.
//!
//! Sampling lies in `options`, where a server also takes what no other wire knows (`num_ctx`, `min_p`);
//! those of a client of this wire ride along. A server ignores what it does not know, silently: so it is told
//! here.

use domain::{Applied, OutputFormat, Params, Quirks, Request, ToolChoice, ToolSpec, Wire};
use serde_json::value::RawValue;

use super::provider_message;
use crate::json::{self, Object};
use crate::notes::Notes;

/// Fields of a request to `/api/chat` that are written here, or have no meaning there because they are ours
/// or of `/api/generate`.
const OURS: &[&str] = &[
    "model",
    "messages",
    "tools",
    "stream",
    "format",
    "options",
    "think",
    "logprobs",
    "top_logprobs",
    "session_id",
    "prompt",
    "images",
];
const GENERATE_ONLY: &[&str] = &["suffix", "template", "context", "raw", "system"];

/// Writes the body of a request for `model`, in the server's spelling, and tells what was dropped or renamed.
pub fn encode_request(request: &Request, model: &str, quirks: &Quirks, out: &mut Vec<u8>) -> Vec<Applied> {
    let mut notes = Notes::default();
    let mut object = Object::open(out);
    object.string("model", model);
    provider_message::write_all(request, quirks, object.key("messages"), &mut notes);
    tools(request, &mut object, &mut notes);
    // it streams unless it is told not to
    object.bool("stream", request.stream);
    match &request.format {
        OutputFormat::Text => {}
        OutputFormat::JsonObject => object.literal("format", r#""json""#),
        OutputFormat::JsonSchema { schema, .. } => object.raw("format", schema.get()),
    }
    options(request, &mut object, &mut notes);
    think(&request.params, model, &mut object, &mut notes);
    if let Some(logprobs) = request.params.logprobs {
        object.bool("logprobs", logprobs);
    }
    if let Some(top) = request.params.top_logprobs {
        object.unsigned("top_logprobs", top.into());
    }
    extra(request, &mut object, &mut notes);
    object.close();
    notes.take()
}

fn tools(request: &Request, object: &mut Object<'_>, notes: &mut Notes) {
    match &request.tool_choice {
        // there is no way to forbid tools but not to offer them
        Some(ToolChoice::None) => return,
        Some(ToolChoice::Required | ToolChoice::Tool { .. } | ToolChoice::Opaque { .. }) => {
            notes.add("tool_choice", "left out, this wire has no field for it");
        }
        Some(ToolChoice::Auto) | None => {}
    }
    let mut tools = Vec::with_capacity(request.tools.len());
    for tool in &request.tools {
        // a tool of another kind than a function is carried whole, and `type` marks it
        if tool.extra.get("type").is_some() {
            notes.add(
                &format!("tool {}", tool.name),
                "left out, it is of another provider's kind",
            );
        } else {
            tools.push(tool);
        }
    }
    if tools.is_empty() {
        return;
    }
    let list = object.key("tools");
    list.push(b'[');
    for (at, tool) in tools.into_iter().enumerate() {
        if at > 0 {
            list.push(b',');
        }
        write_tool(tool, list, notes);
    }
    list.push(b']');
}

fn write_tool(tool: &ToolSpec, out: &mut Vec<u8>, notes: &mut Notes) {
    if tool.strict == Some(true) {
        notes.add(
            "strict tools",
            "sent as plain ones, this wire has no field for it",
        );
    }
    if !tool.extra.is_empty() {
        notes.add("fields of tools", "left out, this wire has no place for them");
    }
    let mut object = Object::open(out);
    object.literal("type", r#""function""#);
    let mut function = Object::open(object.key("function"));
    function.string("name", &tool.name);
    if let Some(description) = &tool.description {
        function.string("description", description);
    }
    function.raw("parameters", tool.parameters.get());
    function.close();
    object.close();
}

fn options(request: &Request, object: &mut Object<'_>, notes: &mut Notes) {
    let params = &request.params;
    let mut out = Vec::new();
    let mut options = Object::open(&mut out);
    for (name, value) in [
        ("temperature", params.temperature),
        ("top_p", params.top_p),
        ("presence_penalty", params.presence_penalty),
        ("frequency_penalty", params.frequency_penalty),
    ] {
        if let Some(value) = value {
            options.float(name, value);
        }
    }
    if let Some(most) = params.top_k {
        options.unsigned("top_k", most);
    }
    if let Some(most) = params.max_output_tokens {
        options.unsigned("num_predict", most);
    }
    if let Some(seed) = params.seed {
        options.signed("seed", seed);
    }
    if !params.stop.is_empty() {
        let list = options.key("stop");
        list.push(b'[');
        for (at, stop) in params.stop.iter().enumerate() {
            if at > 0 {
                list.push(b',');
            }
            json::write_string(stop, list);
        }
        list.push(b']');
    }
    let theirs = request
        .extra
        .get("options")
        .filter(|_| request.wire == Wire::Ollama);
    let theirs = theirs.and_then(|raw| serde_json::from_str::<&RawValue>(raw.get()).ok());
    for (name, value) in theirs.and_then(json::fields).unwrap_or_default() {
        options.raw(&name, value.get());
    }
    options.close();
    if out.len() > 2 {
        object.raw("options", &String::from_utf8_lossy(&out));
    }
    for (given, name) in [
        (params.n.is_some_and(|n| n > 1), "n"),
        (params.parallel_tool_calls.is_some(), "parallel_tool_calls"),
    ] {
        if given {
            notes.add(name, "left out, this wire has no field for it");
        }
    }
}

/// `think` is true, false or, for the one family that tells levels apart, a level.
fn think(params: &Params, model: &str, object: &mut Object<'_>, notes: &mut Notes) {
    match (params.reasoning_effort.as_deref(), params.reasoning_tokens) {
        (_, Some(0)) | (Some("none"), None) => object.bool("think", false),
        (_, Some(_)) => {
            object.bool("think", true);
            notes.add("reasoning budget", "left out, this wire only turns thinking on");
        }
        (Some(effort), None) if model.contains("gpt-oss") => {
            let level = match effort {
                "minimal" | "low" => "low",
                "high" | "xhigh" | "max" => "high",
                _ => "medium",
            };
            object.string("think", level);
            if level != effort {
                notes.add("reasoning effort", &format!("sent as {level}"));
            }
        }
        (Some(effort), None) => {
            object.bool("think", true);
            if effort != "medium" {
                notes.add(
                    "reasoning effort",
                    "left out, thinking of this model is only on or off",
                );
            }
        }
        (None, None) => {}
    }
}

fn extra(request: &Request, object: &mut Object<'_>, notes: &mut Notes) {
    if request.wire == Wire::Ollama {
        object.extra(&request.extra, |name| {
            if GENERATE_ONLY.contains(&name) {
                notes.add(name, "left out, a chat has no such field");
                return false;
            }
            !OURS.contains(&name)
        });
        return;
    }
    for (name, _) in request.extra.iter() {
        if !matches!(name, "session_id" | "stream_options") {
            notes.add(name, "left out, this wire has no field for it");
        }
    }
}
