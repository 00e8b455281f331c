//! A request as Google reads it.
//!
//! Google refuses a request for one field that it does not know, so nothing rides along that came on another
//! wire; what is left out is told. Schemas go out as `parametersJsonSchema` and `responseJsonSchema`, the two
//! fields that take JSON Schema as it is: the older dialect refuses `$ref`, `const` and a dozen more, and a
//! schema without them is another one (W-169).

use domain::{Applied, Extra, OutputFormat, Quirks, RawJson, Request, ToolChoice, ToolSpec, Wire};
use serde_json::value::RawValue;

use super::dialect::Dialect;
use super::provider_content::{self, Manner};
use super::provider_params;
use crate::json::{self, Object};
use crate::notes::Notes;

/// Where tools that are no functions are kept in a request's `extra`, as one array.
pub(super) const TOOLS: &str = "tools";
/// Where fields of `toolConfig` are kept that the domain does not model.
pub(super) const TOOL_CONFIG: &str = "toolConfig";

/// Writes the body of a request for `model`, in the provider's spelling, and tells what was left out or said
/// otherwise. The model itself and whether to stream stand in the path.
pub fn encode_request(request: &Request, model: &str, quirks: &Quirks, out: &mut Vec<u8>) -> Vec<Applied> {
    let mut notes = Notes::default();
    let dialect = Dialect::of(model);
    let carry = request.wire == Wire::Gemini;
    let declared: Vec<&ToolSpec> = request.tools.iter().filter(|tool| is_function(tool)).collect();
    if declared.len() < request.tools.len() {
        notes.add(
            "tools that are no functions",
            "left out, this wire does not know them",
        );
    }
    let native = declared.is_empty() || dialect.format_with_tools || carry;
    let addition = (!native).then(|| instruction(&request.format)).flatten();
    if addition.is_some() {
        notes.add(
            "response format",
            "sent as an instruction, the model has none beside tools",
        );
    }
    let manner = Manner {
        dialect,
        carry,
        quirks,
    };
    let mut object = Object::open(out);
    provider_content::write(
        &request.messages,
        manner,
        addition.as_deref(),
        &mut object,
        &mut notes,
    );
    tools(request, &declared, carry, &mut object, &mut notes);
    provider_params::write(request, dialect, native, &mut object, &mut notes);
    if carry {
        object.extra(&request.extra, |name| !is_ours(name));
    } else {
        for (name, _) in request.extra.iter().filter(|(name, _)| !is_understood(name)) {
            notes.add(name, "left out, this wire does not know it");
        }
    }
    object.close();
    notes.take()
}

/// Fields that are written elsewhere.
fn is_ours(name: &str) -> bool {
    matches!(
        name,
        "contents" | "systemInstruction" | TOOLS | TOOL_CONFIG | provider_params::REST | "session_id"
    )
}

/// Fields of other wires whose meaning is kept: usage is always reported, and efforts are translated.
fn is_understood(name: &str) -> bool {
    matches!(name, "stream_options" | "reasoning" | "thinking" | "session_id")
}

/// Tools of other kinds are carried whole by their own wires, and `type` marks them.
fn is_function(tool: &ToolSpec) -> bool {
    tool.extra.get("type").is_none()
}

/// The form of the answer in words.
fn instruction(format: &OutputFormat) -> Option<String> {
    match format {
        OutputFormat::Text => None,
        OutputFormat::JsonObject => Some("Answer with one JSON object and nothing else.".into()),
        OutputFormat::JsonSchema { schema, .. } => Some(format!(
            "Answer with one JSON value and nothing else. It follows this JSON Schema:\n{}",
            schema.get()
        )),
    }
}

fn tools(request: &Request, declared: &[&ToolSpec], carry: bool, object: &mut Object<'_>, notes: &mut Notes) {
    let built_in = request.extra.get(TOOLS).filter(|_| carry);
    let parsed = built_in.and_then(|raw| serde_json::from_str::<&RawValue>(raw.get()).ok());
    let others = parsed.and_then(json::items).unwrap_or_default();
    if !declared.is_empty() || !others.is_empty() {
        let list = object.key("tools");
        list.push(b'[');
        if !declared.is_empty() {
            let mut entry = Object::open(list);
            let functions = entry.key("functionDeclarations");
            functions.push(b'[');
            for (at, tool) in declared.iter().enumerate() {
                if at > 0 {
                    functions.push(b',');
                }
                declaration(tool, carry, functions, notes);
            }
            functions.push(b']');
            entry.close();
        }
        for other in others {
            if list.last() != Some(&b'[') {
                list.push(b',');
            }
            json::write_raw(other.get(), list);
        }
        list.push(b']');
    }
    let config = request.extra.get(TOOL_CONFIG).filter(|_| carry);
    let choice = request.tool_choice.as_ref().filter(|_| !declared.is_empty());
    if let (true, Some(ToolChoice::Required | ToolChoice::Tool { .. })) =
        (declared.is_empty(), &request.tool_choice)
    {
        notes.add("tool_choice", "left out, there are no tools");
    }
    tool_config(choice, config, carry, object, notes);
}

fn declaration(tool: &ToolSpec, carry: bool, out: &mut Vec<u8>, notes: &mut Notes) {
    let mut object = Object::open(out);
    object.string("name", &tool.name);
    if let Some(description) = &tool.description {
        object.string("description", description);
    }
    object.raw("parametersJsonSchema", tool.parameters.get());
    if carry {
        object.extra(&tool.extra, |_| true);
    } else if !tool.extra.is_empty() {
        notes.add("fields of tools", "left out, this wire does not know them");
    }
    if tool.strict == Some(true) {
        notes.add("strict", "left out, this wire has no field for it");
    }
    object.close();
}

fn tool_config(
    choice: Option<&ToolChoice>,
    rest: Option<&RawJson>,
    carry: bool,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    let mut out = Vec::new();
    let mut config = Object::open(&mut out);
    let mut mode = |mode: &'static str, name: Option<&str>| {
        let mut calling = Object::open(config.key("functionCallingConfig"));
        calling.string("mode", mode);
        if let Some(name) = name {
            let list = calling.key("allowedFunctionNames");
            list.push(b'[');
            json::write_string(name, list);
            list.push(b']');
        }
        calling.close();
    };
    match choice {
        None => {}
        Some(ToolChoice::Auto) => mode("AUTO", None),
        Some(ToolChoice::None) => mode("NONE", None),
        Some(ToolChoice::Required) => mode("ANY", None),
        Some(ToolChoice::Tool { name }) => mode("ANY", Some(name)),
        Some(ToolChoice::Opaque { value }) if carry => config.raw("functionCallingConfig", value.get()),
        Some(ToolChoice::Opaque { .. }) => {
            notes.add("tool_choice", "left out, this wire has no form for it");
        }
    }
    if let Some(rest) = rest {
        let parsed = serde_json::from_str::<&RawValue>(rest.get());
        for (name, value) in parsed.ok().and_then(json::fields).unwrap_or_default() {
            config.raw(&name, value.get());
        }
    }
    config.close();
    if out.len() > 2 {
        object.raw(TOOL_CONFIG, &String::from_utf8_lossy(&out));
    }
}

/// Effort and tokens in the shapes of OpenRouter (`reasoning`) and Anthropic (`thinking`) (W-40).
pub(super) fn foreign_thinking(request: &Request) -> Option<(Option<String>, Option<u64>)> {
    if request.wire == Wire::Gemini {
        return None;
    }
    let read = |extra: &Extra, name: &str| extra.get(name)?.parse::<serde_json::Value>().ok();
    if let Some(reasoning) = read(&request.extra, "reasoning") {
        let off = reasoning["enabled"] == false;
        let effort = reasoning["effort"].as_str().map(str::to_owned);
        return Some((effort, reasoning["max_tokens"].as_u64().or(off.then_some(0))));
    }
    let thinking = read(&request.extra, "thinking")?;
    let off = thinking["type"] == "disabled";
    Some((None, thinking["budget_tokens"].as_u64().or(off.then_some(0))))
}
