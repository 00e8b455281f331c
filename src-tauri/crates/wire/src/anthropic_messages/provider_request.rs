//! A request as a provider of this wire reads it.
//!
//! What the wire has no form for is left out or translated, and each time that is told to the caller.

use std::borrow::Cow;

use domain::{Applied, MediaSource, OutputFormat, Part, Quirks, Request, Wire};
use serde_json::Value;
use serde_json::value::RawValue;

use super::provider_message::{Conversation, Marks};
use super::provider_thinking::{Thinking, Wanted};
use super::{
    ANSWER_TOOL, VERSION, VERSION_HEADER, generation, provider_params, provider_thinking, provider_tools,
    schema,
};
use crate::json::{self, Object};
use crate::notes::Notes;

/// What is asked of a model where the wire has no form for "some JSON".
const JSON_PLEASE: &str =
    "Answer with one JSON object and nothing else: no words around it and no code fence.";
/// The beta under which a file is named by its id.
const FILES: &str = "files-api-2025-04-14";

/// Headers of a request beside the key: the version, and the betas that the client or its content asks for
/// (W-146). A client's header `anthropic-beta` is expected in `extra` as the list `betas`, its version under
/// the header's name.
pub fn headers(request: &Request) -> Vec<(&'static str, Cow<'static, str>)> {
    let mut betas: Vec<String> = Vec::new();
    let mut version = Cow::Borrowed(VERSION);
    if request.wire == Wire::AnthropicMessages {
        let extra = |name: &str| request.extra.get(name);
        betas = extra("betas")
            .and_then(|list| list.parse().ok())
            .unwrap_or_default();
        // a list may stand in the body too, where anything can be written
        betas.retain(|beta| is_token(beta));
        let said = extra(VERSION_HEADER).and_then(|said| said.parse::<String>().ok());
        if let Some(said) = said.filter(|said| is_token(said)) {
            version = Cow::Owned(said);
        }
    }
    let by_id = |part: &Part| match part {
        Part::Image(media) | Part::File(media) => matches!(media.source, MediaSource::FileId { .. }),
        Part::Text { .. }
        | Part::Audio(_)
        | Part::Reasoning { .. }
        | Part::Refusal { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Opaque { .. } => false,
    };
    let files = request
        .messages
        .iter()
        .flat_map(|message| &message.parts)
        .any(by_id);
    if files && !betas.iter().any(|beta| beta.starts_with("files-api-")) {
        betas.push(FILES.to_owned());
    }
    let mut out = vec![(VERSION_HEADER, version)];
    if !betas.is_empty() {
        out.push(("anthropic-beta", Cow::Owned(betas.join(","))));
    }
    out
}

/// Whether it may stand in a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

/// Writes the body of a request for `model`, in the provider's spelling, and tells what was dropped or
/// translated.
pub fn encode_request(request: &Request, model: &str, quirks: &Quirks, out: &mut Vec<u8>) -> Vec<Applied> {
    let mut notes = Notes::default();
    let mut marks = Marks::of(request);
    let conversation = Conversation::of(request, model, &mut notes);
    let answer = answer_tool(request, model, quirks, &mut notes);
    let mut wanted = provider_thinking::wanted(request, model, &mut notes);
    if wanted.thinking.budget().is_some() {
        if answer.is_some() || provider_tools::forced(request) {
            notes.add("reasoning", "left out, it is refused where a tool must be called");
            wanted.thinking = Thinking::Unsaid;
        } else if conversation.lost_signature() {
            notes.add(
                "reasoning",
                "left out, the signed block of an earlier call is lost",
            );
            wanted.thinking = Thinking::Unsaid;
        }
    }
    let params = &request.params;
    if params.max_output_tokens.is_none() {
        notes.add("max_tokens", "set, the wire wants a number");
    }
    let usual = generation::default_max_tokens(model);
    let most = provider_thinking::fit(&mut wanted.thinking, params.max_output_tokens, usual, &mut notes);

    let mut object = Object::open(out);
    object.string("model", model);
    object.unsigned("max_tokens", most);
    let please = (request.format == OutputFormat::JsonObject).then(|| {
        notes.add("response_format", "asked for in the instructions");
        JSON_PLEASE
    });
    conversation.write_system(please, &mut object, &mut notes);
    provider_tools::write(request, answer, quirks, &mut object, (&mut notes, &mut marks));
    conversation.write(object.key("messages"), &mut notes, &mut marks);
    wanted.thinking.write(&mut object);
    output_config(request, &wanted, answer.is_some(), &mut object, &mut notes);
    provider_params::write(params, model, &wanted.thinking, &mut object, &mut notes);
    if request.stream {
        object.bool("stream", true);
    }
    if request.wire == Wire::AnthropicMessages {
        own_extra(request, quirks, &mut object, &mut notes);
    } else {
        foreign_extra(request, &mut object, &mut notes);
    }
    object.close();
    notes.take()
}

/// The name and schema of the tool that is forced in the place of an answer by schema.
fn answer_tool<'r>(
    request: &'r Request,
    model: &str,
    quirks: &Quirks,
    notes: &mut Notes,
) -> Option<(&'static str, &'r str)> {
    let OutputFormat::JsonSchema { schema, .. } = &request.format else {
        return None;
    };
    if !quirks.no_json_schema && !generation::before(model, generation::SCHEMAS) {
        return None;
    }
    notes.add("response_format", "asked for as the arguments of a tool");
    Some((ANSWER_TOOL, schema.get()))
}

/// Writes effort and format, and what else a client of this wire wrote beside them.
fn output_config(
    request: &Request,
    wanted: &Wanted,
    by_tool: bool,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    let raw = request
        .extra
        .get("output_config")
        .filter(|_| request.wire == Wire::AnthropicMessages)
        .and_then(|raw| serde_json::from_str::<&RawValue>(raw.get()).ok());
    let fields = raw.and_then(json::fields).unwrap_or_default();
    let schema = match &request.format {
        OutputFormat::JsonSchema { schema, .. } if !by_tool => Some(schema.get()),
        OutputFormat::JsonSchema { .. } | OutputFormat::JsonObject | OutputFormat::Text => None,
    };
    let others = fields
        .iter()
        .filter(|(name, _)| name != "effort" && !(name == "format" && (by_tool || schema.is_some())));
    if wanted.effort.is_none() && schema.is_none() && others.clone().next().is_none() {
        return;
    }
    let mut config = Object::open(object.key("output_config"));
    if let Some(effort) = &wanted.effort {
        config.string("effort", effort);
    }
    if let Some(schema) = schema {
        let mut format = Object::open(config.key("format"));
        format.literal("type", r#""json_schema""#);
        if request.wire == Wire::AnthropicMessages {
            format.raw("schema", schema);
        } else {
            let (schema, lossy) = schema::accepted(schema);
            format.raw("schema", &schema);
            if lossy {
                notes.add(
                    "schema",
                    "closed, and without the limits that the provider refuses",
                );
            }
        }
        let own = fields.iter().find(|(name, _)| name == "format");
        for (name, value) in own
            .and_then(|(_, format)| json::fields(format))
            .unwrap_or_default()
        {
            if !matches!(name.as_ref(), "type" | "schema") {
                format.raw(&name, value.get());
            }
        }
        format.close();
    }
    for (name, value) in others {
        config.raw(name, value.get());
    }
    config.close();
}

/// Fields of this wire that the domain does not model, as the client wrote them. Betas are a header; the
/// session is ours.
fn own_extra(request: &Request, quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    for (name, value) in request.extra.iter() {
        match name {
            "betas" | VERSION_HEADER | "session_id" | "thinking" | "output_config" | "model" | "messages"
            | "system" | "tools" | "tool_choice" | "max_tokens" | "stream" => {}
            "metadata" => metadata(value.get(), object),
            "service_tier" => object.raw(name, value.get()),
            _ if quirks.no_extra_fields => {
                notes.add(name, "left out, the provider refuses fields it does not know");
            }
            _ => object.raw(name, value.get()),
        }
    }
}

/// The metadata without the session, which the provider would refuse.
fn metadata(raw: &str, object: &mut Object<'_>) {
    let fields = serde_json::from_str::<&RawValue>(raw).ok().and_then(json::fields);
    let Some(fields) = fields.filter(|fields| fields.iter().any(|(name, _)| name == "session_id")) else {
        return object.raw("metadata", raw);
    };
    let mut others = fields.iter().filter(|(name, _)| name != "session_id").peekable();
    if others.peek().is_some() {
        let mut inner = Object::open(object.key("metadata"));
        others.for_each(|(name, value)| inner.raw(name, value.get()));
        inner.close();
    }
}

/// The few fields of other wires that mean something here; the others are told.
fn foreign_extra(request: &Request, object: &mut Object<'_>, notes: &mut Notes) {
    let text = |name: &str| request.extra.get(name).and_then(|raw| raw.parse::<String>().ok());
    if let Some(user) = text("user").or_else(|| text("safety_identifier")) {
        let mut metadata = Object::open(object.key("metadata"));
        metadata.string("user_id", &user);
        metadata.close();
    }
    for (name, value) in request.extra.iter() {
        let value: Value = value.parse().unwrap_or_default();
        match (name, value.as_str()) {
            ("service_tier", Some("auto")) => object.literal("service_tier", r#""auto""#),
            ("service_tier", Some("default" | "standard_only")) => {
                object.literal("service_tier", r#""standard_only""#);
            }
            ("user" | "safety_identifier", Some(_)) => {}
            // read above, or of no meaning to a provider
            ("thinking" | "reasoning" | "session_id" | "stream_options" | "response_format" | "betas", _) => {
            }
            (_, _) if value.is_null() => {}
            (_, _) => notes.add(name, "left out, this wire has no field for it"),
        }
    }
}
