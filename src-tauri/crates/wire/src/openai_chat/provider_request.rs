//! A request as a provider of this wire reads it.
//!
//! What the provider has no form for is left out or renamed, and each time that is told to the caller: a
//! field that vanishes silently is the hardest fault to find from outside.

use domain::{Applied, Extra, OutputFormat, Params, Quirks, Request, ToolChoice, ToolSpec, Wire};

use super::{FUNCTION, cohere, foreign, provider_message, reasoning};
use crate::json::{self, Object};
use crate::notes::Notes;
use crate::openai_responses::CARRIED;

/// Whether a field that is carried inside a message, part or tool reaches this provider. Whoever refuses
/// unknown fields at the top also refuses cache marks, which hardly anybody knows (W-27).
pub(super) fn carries(quirks: &Quirks, name: &str) -> bool {
    name != CARRIED && !quirks.no_nested_extra_fields && (!quirks.no_extra_fields || name != "cache_control")
}

/// Whether some of these fields do not reach this provider.
pub(super) fn drops(quirks: &Quirks, extra: &Extra) -> bool {
    extra
        .iter()
        .any(|(name, _)| name != CARRIED && !carries(quirks, name))
}

/// Writes the body of a request for `model`, in the provider's spelling, and tells what was dropped or
/// renamed. A stream is asked to report its usage.
pub fn encode_request(request: &Request, model: &str, quirks: &Quirks, out: &mut Vec<u8>) -> Vec<Applied> {
    if quirks.cohere_chat {
        return cohere::encode_request(request, model, out);
    }
    let mut notes = Notes::default();
    let mut object = Object::open(out);
    object.string("model", model);
    provider_message::write_all(request, quirks, object.key("messages"), &mut notes);
    tools(request, quirks, &mut object, &mut notes);
    params(&request.params, quirks, &mut object, &mut notes);
    reasoning::write(
        &request.params,
        own_extra(request),
        quirks,
        &mut object,
        &mut notes,
    );
    format(request, quirks, &mut object, &mut notes);
    stream(request, quirks, &mut object, &mut notes);
    extra(request, quirks, &mut object, &mut notes);
    object.close();
    notes.take()
}

/// The top-level fields that the domain does not model, when they are of this wire.
fn own_extra(request: &Request) -> Option<&Extra> {
    (request.wire == Wire::OpenAiChat).then_some(&request.extra)
}

/// A tool that is no function has a `type`, and only the wire it came on knows what that is (W-144).
fn reaches(request: &Request, tool: &ToolSpec) -> bool {
    tool.extra.get("type").is_none() || request.wire == Wire::OpenAiChat
}

fn tools(request: &Request, quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    for tool in request.tools.iter().filter(|tool| !reaches(request, tool)) {
        notes.add(
            &format!("tool {}", tool.name),
            "left out, its kind is another wire's",
        );
    }
    let mut tools = request
        .tools
        .iter()
        .filter(|tool| reaches(request, tool))
        .peekable();
    if tools.peek().is_none() {
        // providers answer a choice among no tools with an error (W-31)
        if matches!(
            request.tool_choice,
            Some(ToolChoice::Required | ToolChoice::Tool { .. })
        ) {
            notes.add("tool_choice", "left out, there are no tools");
        }
        return;
    }
    let list = object.key("tools");
    list.push(b'[');
    for (at, tool) in tools.enumerate() {
        if at > 0 {
            list.push(b',');
        }
        write_tool(tool, quirks, list, notes);
    }
    list.push(b']');
    match &request.tool_choice {
        None => {}
        Some(ToolChoice::Auto) => object.literal("tool_choice", r#""auto""#),
        Some(ToolChoice::None) => object.literal("tool_choice", r#""none""#),
        Some(ToolChoice::Required) if quirks.any_for_required => object.literal("tool_choice", r#""any""#),
        Some(ToolChoice::Required) => object.literal("tool_choice", r#""required""#),
        Some(ToolChoice::Opaque { .. }) if request.wire != Wire::OpenAiChat => {
            notes.add("tool_choice", "left out, this wire has no form for it");
        }
        Some(ToolChoice::Opaque { value }) => object.raw("tool_choice", value.get()),
        Some(ToolChoice::Tool { name }) => {
            let mut choice = Object::open(object.key("tool_choice"));
            choice.literal("type", r#""function""#);
            let mut function = Object::open(choice.key("function"));
            function.string("name", name);
            function.close();
            choice.close();
        }
    }
    if let Some(parallel) = request.params.parallel_tool_calls {
        object.bool("parallel_tool_calls", parallel);
    }
}

fn write_tool(tool: &ToolSpec, quirks: &Quirks, out: &mut Vec<u8>, notes: &mut Notes) {
    let mut object = Object::open(out);
    if tool.extra.get("type").is_some() {
        object.extra(&tool.extra, |_| true);
        object.close();
        return;
    }
    if drops(quirks, &tool.extra) {
        notes.add("fields of tools", "left out, the provider refuses them");
    }
    object.literal("type", r#""function""#);
    let mut function = Object::open(object.key("function"));
    function.string("name", &tool.name);
    if let Some(description) = &tool.description {
        function.string("description", description);
    }
    function.raw("parameters", tool.parameters.get());
    if let Some(strict) = tool.strict {
        function.bool("strict", strict);
    }
    function.prefixed(&tool.extra, FUNCTION, |name| carries(quirks, name));
    function.close();
    object.extra(&tool.extra, |name| {
        carries(quirks, name) && !name.starts_with(FUNCTION) && name != "function"
    });
    object.close();
}

fn params(params: &Params, quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    if let Some(most) = params.max_output_tokens {
        if quirks.max_tokens {
            object.unsigned("max_tokens", most);
            notes.add("max_completion_tokens", "renamed max_tokens");
        } else {
            object.unsigned("max_completion_tokens", most);
        }
    }
    sampling(params, quirks, object, notes);
    if let Some(logprobs) = params.logprobs {
        object.bool("logprobs", logprobs);
    }
    if let Some(top) = params.top_logprobs {
        object.unsigned("top_logprobs", top.into());
    }
}

/// Writes the parameters that legacy completions have as well.
pub(crate) fn sampling(params: &Params, quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    let mut float = |name, value: Option<f64>| {
        if let Some(value) = value {
            object.float(name, value);
        }
    };
    float("temperature", params.temperature);
    float("top_p", params.top_p);
    float("presence_penalty", params.presence_penalty);
    float("frequency_penalty", params.frequency_penalty);
    if !params.stop.is_empty() {
        let list = object.key("stop");
        list.push(b'[');
        for (at, stop) in params.stop.iter().enumerate() {
            if at > 0 {
                list.push(b',');
            }
            json::write_string(stop, list);
        }
        list.push(b']');
    }
    if let Some(seed) = params.seed {
        object.signed(if quirks.random_seed { "random_seed" } else { "seed" }, seed);
    }
    if let Some(n) = params.n {
        object.unsigned("n", n.into());
    }
    match params.top_k {
        Some(_) if quirks.no_top_k || quirks.no_extra_fields => {
            notes.add("top_k", "left out, the provider has none");
        }
        Some(top) => object.unsigned("top_k", top),
        None => {}
    }
}

/// The instruction that stands for a JSON Schema where the provider has none (W-39).
pub(super) fn schema_instruction(request: &Request, quirks: &Quirks) -> Option<String> {
    match &request.format {
        OutputFormat::JsonSchema { schema, .. } if quirks.no_json_schema => Some(format!(
            "Answer with one JSON object and nothing else. It must be valid against this JSON Schema: {}",
            schema.get()
        )),
        OutputFormat::JsonSchema { .. } | OutputFormat::JsonObject | OutputFormat::Text => None,
    }
}

fn format(request: &Request, quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    if schema_instruction(request, quirks).is_some() {
        notes.add(
            "response_format",
            "sent as json_object, the schema as an instruction",
        );
        return object.literal("response_format", r#"{"type":"json_object"}"#);
    }
    if !quirks.no_extra_fields
        && let Some(whole) = own_extra(request).and_then(|extra| extra.get("response_format"))
    {
        object.raw("response_format", whole.get());
        return;
    }
    match &request.format {
        OutputFormat::Text => {}
        OutputFormat::JsonObject => object.literal("response_format", r#"{"type":"json_object"}"#),
        OutputFormat::JsonSchema {
            name,
            description,
            schema,
            strict,
        } => {
            let mut format = Object::open(object.key("response_format"));
            format.literal("type", r#""json_schema""#);
            let mut inner = Object::open(format.key("json_schema"));
            inner.string("name", name);
            if let Some(description) = description {
                inner.string("description", description);
            }
            inner.raw("schema", schema.get());
            if let Some(strict) = strict {
                inner.bool("strict", *strict);
            }
            inner.close();
            format.close();
        }
    }
}

fn stream(request: &Request, quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    if !request.stream {
        return;
    }
    object.bool("stream", true);
    let options = own_extra(request).and_then(|extra| extra.get("stream_options"));
    if quirks.no_stream_options {
        if options.is_some() {
            notes.add("stream_options", "left out, the provider refuses it");
        }
        return;
    }
    let mut inner = Object::open(object.key("stream_options"));
    inner.bool("include_usage", true);
    if let Some(options) = options {
        let parsed = serde_json::from_str::<&serde_json::value::RawValue>(options.get());
        for (name, value) in parsed.ok().and_then(json::fields).unwrap_or_default() {
            if name != "include_usage" {
                inner.raw(&name, value.get());
            }
        }
    }
    inner.close();
}

/// Fields that never ride along: ours, or written above.
fn is_ours(name: &str) -> bool {
    matches!(
        name,
        "session_id"
            | "model"
            | "messages"
            | "tools"
            | "tool_choice"
            | "stream"
            | "stream_options"
            | "response_format"
    ) || reasoning::is_ours(name)
}

fn extra(request: &Request, quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    let translated;
    let theirs = match own_extra(request) {
        Some(own) => own,
        None => {
            translated = foreign::translate(request, notes);
            &translated
        }
    };
    if !quirks.no_extra_fields {
        object.extra(theirs, |name| !is_ours(name));
        return;
    }
    for (name, _) in theirs.iter().filter(|(name, _)| !is_ours(name)) {
        notes.add(name, "left out, the provider refuses fields it does not know");
    }
}
