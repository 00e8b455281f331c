//! Tools and tool choice as a provider of this wire reads them. Tools are flat here, and strict unless
//! they say otherwise: whoever means them in the other wires' sense must say so.

use domain::{Quirks, RawJson, Request, ToolChoice, ToolSpec, Wire};

use super::carried::{Carried, parse};
use super::provider_request::Notes;
use crate::json::Object;

/// Writes `tools`, `tool_choice` and `parallel_tool_calls`.
pub(super) fn write(request: &Request, quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    let mut tools = Vec::new();
    for tool in &request.tools {
        let before = tools.len();
        if before > 0 {
            tools.push(b',');
        }
        if !write_tool(tool, request.wire, quirks, &mut tools, notes) {
            tools.truncate(before);
        }
    }
    if tools.is_empty() {
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
    list.extend_from_slice(&tools);
    list.push(b']');
    choice(request, object, notes);
    if let Some(parallel) = request.params.parallel_tool_calls {
        object.bool("parallel_tool_calls", parallel);
    }
}

fn choice(request: &Request, object: &mut Object<'_>, notes: &mut Notes) {
    match &request.tool_choice {
        None => {}
        Some(ToolChoice::Auto) => object.literal("tool_choice", r#""auto""#),
        Some(ToolChoice::None) => object.literal("tool_choice", r#""none""#),
        Some(ToolChoice::Required) => object.literal("tool_choice", r#""required""#),
        Some(ToolChoice::Tool { name }) => {
            let mut choice = Object::open(object.key("tool_choice"));
            if request
                .tools
                .iter()
                .any(|tool| tool.name == *name && is_custom(tool))
            {
                choice.literal("type", r#""custom""#);
            } else {
                choice.literal("type", r#""function""#);
            }
            choice.string("name", name);
            choice.close();
        }
        Some(ToolChoice::Opaque { value }) if request.wire == Wire::OpenAiResponses => {
            object.raw("tool_choice", value.get());
        }
        Some(ToolChoice::Opaque { value }) => match flat_choice(value) {
            Some(flat) => object.raw("tool_choice", flat.get()),
            None => notes.add("tool_choice", "left out, this wire has no form for it"),
        },
    }
}

/// Chat completions nest what is flat here: `allowed_tools` and `custom`.
fn flat_choice(value: &RawJson) -> Option<RawJson> {
    let mut choice: serde_json::Value = value.parse().ok()?;
    let kind = choice["type"].as_str()?.to_owned();
    let mut inner = choice.get_mut(&kind)?.take();
    for tool in inner["tools"].as_array_mut().into_iter().flatten() {
        let name = tool["function"]["name"].take();
        if name.is_string() {
            *tool = serde_json::json!({ "type": "function", "name": name });
        }
    }
    inner.as_object_mut()?.insert("type".into(), kind.into());
    Some(RawJson::of(&inner))
}

/// Whether a tool takes free text.
pub(super) fn is_custom(tool: &ToolSpec) -> bool {
    let custom = r#""custom""#;
    let says = |value: Option<&RawJson>| value.is_some_and(|kind| kind.get() == custom);
    says(tool.extra.get("type"))
        || Carried::find(&tool.extra)
            .item
            .is_some_and(|item| says(item.get("type")))
}

/// Writes a tool; `false` when this wire has no form for it.
fn write_tool(tool: &ToolSpec, wire: Wire, quirks: &Quirks, out: &mut Vec<u8>, notes: &mut Notes) -> bool {
    // a tool of another kind than a function is carried whole
    if let Some(kind) = tool.extra.get("type") {
        let mut object = Object::open(out);
        match (wire, kind.get()) {
            (Wire::OpenAiResponses, _) => object.extra(&tool.extra, |_| true),
            (Wire::OpenAiChat, r#""custom""#) => {
                object.literal("type", r#""custom""#);
                for (name, value) in tool.extra.get("custom").map(parse).unwrap_or_default() {
                    object.raw(&name, &flat_format(&name, value.get()));
                }
            }
            _ => {
                notes.add(
                    &tool.name,
                    "left out, this wire has no form for a tool of its kind",
                );
                return false;
            }
        }
        object.close();
        return true;
    }
    let carried = Carried::find(&tool.extra).item.unwrap_or_default();
    let custom = carried.get("type").is_some();
    let mut object = Object::open(out);
    if !custom {
        object.literal("type", r#""function""#);
    }
    object.string("name", &tool.name);
    if let Some(description) = &tool.description {
        object.string("description", description);
    }
    if !custom {
        object.raw("parameters", tool.parameters.get());
        match tool.strict {
            Some(strict) => object.bool("strict", strict),
            None if carried.get("strict").is_some() => {}
            None => object.literal("strict", "false"),
        }
    }
    object.extra(&carried, |name| {
        name != "strict" && (!quirks.no_nested_extra_fields || custom)
    });
    object.close();
    if tool.extra.iter().any(|(name, _)| name != super::carried::CARRIED) {
        notes.add("fields of tools", "left out, this wire has no field for them");
    }
    true
}

/// The format of a free text: chat completions nest a grammar, which is flat here.
fn flat_format(name: &str, value: &str) -> String {
    let nested = serde_json::from_str::<serde_json::Value>(value).ok();
    let grammar = nested
        .as_ref()
        .filter(|_| name == "format")
        .and_then(|format| format.get("grammar"));
    match grammar.and_then(serde_json::Value::as_object) {
        Some(grammar) => {
            let mut flat = grammar.clone();
            flat.insert("type".into(), "grammar".into());
            serde_json::Value::Object(flat).to_string()
        }
        None => value.to_owned(),
    }
}
