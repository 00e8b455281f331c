//! Tools and tool choice as a provider of this wire reads them (W-144, W-145, W-162).

use domain::{Quirks, Request, ToolChoice, ToolSpec, Wire};

use super::provider_message::Marks;
use crate::json::Object;
use crate::notes::Notes;

/// Whether the tool reaches this wire: tools that a provider runs itself have a `type`, and only its own
/// wire knows what they are.
fn reaches(request: &Request, tool: &ToolSpec) -> bool {
    tool.extra.get("type").is_none() || request.wire == Wire::AnthropicMessages
}

/// Writes `tools` and `tool_choice`. `answer` is the schema of an answer that is asked for as the arguments
/// of a tool.
pub(super) fn write(
    request: &Request,
    answer: Option<(&str, &str)>,
    quirks: &Quirks,
    object: &mut Object<'_>,
    (notes, marks): (&mut Notes, &mut Marks),
) {
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
    let any = tools.peek().is_some();
    if any || answer.is_some() {
        let list = object.key("tools");
        list.push(b'[');
        let start = list.len();
        for tool in tools {
            if list.len() > start {
                list.push(b',');
            }
            write_tool(request, tool, quirks, list, notes, marks);
        }
        if let Some((name, schema)) = answer {
            if list.len() > start {
                list.push(b',');
            }
            let mut tool = Object::open(list);
            tool.string("name", name);
            tool.literal(
                "description",
                r#""Gives the final answer. Call it exactly once, when everything else is done.""#,
            );
            tool.raw("input_schema", schema);
            tool.close();
        }
        list.push(b']');
    }
    write_choice(request, any, answer.map(|(name, _)| name), object, notes);
}

fn write_tool(
    request: &Request,
    tool: &ToolSpec,
    quirks: &Quirks,
    out: &mut Vec<u8>,
    notes: &mut Notes,
    marks: &mut Marks,
) {
    let own = request.wire == Wire::AnthropicMessages;
    let mut object = Object::open(out);
    if tool.extra.get("type").is_some() {
        object.extra(&tool.extra, |_| true);
        return object.close();
    }
    object.string("name", &tool.name);
    if let Some(description) = &tool.description {
        object.string("description", description);
    }
    let schema = tool.parameters.get();
    // a schema that names no type is refused
    if schema.trim() == "{}" {
        object.literal("input_schema", r#"{"type":"object","properties":{}}"#);
    } else {
        object.raw("input_schema", schema);
    }
    if let Some(strict) = tool.strict {
        if quirks.no_nested_extra_fields {
            notes.add("strict", "left out, the provider refuses it");
        } else if own || strict {
            object.bool("strict", strict);
        }
    }
    let mut dropped = false;
    object.extra(&tool.extra, |name| {
        let keep = match name {
            "name" | "description" | "input_schema" | "strict" => false,
            "cache_control" => marks.keep_in_tool(),
            _ => own,
        };
        dropped |= !keep;
        keep
    });
    if dropped {
        notes.add("fields of tools", "left out, the provider does not know them");
    }
    object.close();
}

/// Whether some tool must be called: with a budget of thinking that is a 400.
pub(super) fn forced(request: &Request) -> bool {
    let must = matches!(
        request.tool_choice,
        Some(ToolChoice::Required | ToolChoice::Tool { .. })
    );
    must && request.tools.iter().any(|tool| reaches(request, tool))
}

fn write_choice(
    request: &Request,
    any: bool,
    answer: Option<&str>,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    let parallel = request.params.parallel_tool_calls;
    let one = parallel.map(|parallel| !parallel);
    let (kind, name) = match (&request.tool_choice, answer) {
        // the other tools stay within reach: one of them all must be called
        (None | Some(ToolChoice::Auto | ToolChoice::Required), Some(_)) if any => ("any", None),
        (None | Some(ToolChoice::Auto | ToolChoice::Required | ToolChoice::None), Some(name)) => {
            ("tool", Some(name))
        }
        (None, None) if any && parallel == Some(false) => ("auto", None),
        (None, None) => return,
        (Some(_), None) if !any => {
            if matches!(
                request.tool_choice,
                Some(ToolChoice::Tool { .. } | ToolChoice::Required)
            ) {
                notes.add("tool_choice", "left out, there are no tools");
            }
            return;
        }
        (Some(ToolChoice::Auto), None) => ("auto", None),
        (Some(ToolChoice::None), None) => ("none", None),
        (Some(ToolChoice::Required), None) => ("any", None),
        (Some(ToolChoice::Tool { name }), _) => ("tool", Some(name.as_str())),
        (Some(ToolChoice::Opaque { value }), _) => {
            if request.wire == Wire::AnthropicMessages {
                object.raw("tool_choice", value.get());
            } else {
                notes.add("tool_choice", "left out, its form is another wire's");
            }
            return;
        }
    };
    let mut choice = Object::open(object.key("tool_choice"));
    choice.string("type", kind);
    if let Some(name) = name {
        choice.string("name", name);
    }
    if let (Some(one), true) = (one, kind != "none") {
        choice.bool("disable_parallel_tool_use", one);
    }
    choice.close();
}
