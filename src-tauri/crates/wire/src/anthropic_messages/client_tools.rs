//! Tools and tool choice of a request (W-144, W-145).

use domain::{Extra, Failure, RawJson, Request, ToolChoice, ToolSpec};
use serde_json::value::RawValue;

use crate::fields::{boolean, missing, string, wrong_type};
use crate::json;

/// What a tool gets that declares no parameters.
const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

/// Reads `tools`.
pub(super) fn tools(value: &RawValue) -> Result<Vec<ToolSpec>, Failure> {
    if value.get() == "null" {
        return Ok(Vec::new());
    }
    json::items(value)
        .ok_or_else(|| wrong_type("tools", "an array of tools"))?
        .into_iter()
        .enumerate()
        .map(|(at, tool)| read(&format!("tools[{at}]"), tool))
        .collect()
}

/// A tool of the client's has a schema. One that the provider runs has a `type` with a date in it instead:
/// it is carried whole in `extra`, where `type` marks it.
fn read(path: &str, value: &RawValue) -> Result<ToolSpec, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let mut spec = ToolSpec {
        name: String::new(),
        description: None,
        parameters: RawJson::new(NO_PARAMETERS),
        strict: None,
        extra: Extra::new(),
    };
    let kind = fields
        .iter()
        .find(|(name, _)| name == "type")
        .map(|(_, kind)| *kind);
    let theirs = kind.and_then(json::text).filter(|kind| kind != "custom");
    let mut name = None;
    for (key, value) in &fields {
        let null = value.get() == "null";
        match key.as_ref() {
            "name" => name = Some(string(&format!("{path}.name"), value)?),
            _ if theirs.is_some() => {}
            "type" => {}
            "description" if null => {}
            "description" => spec.description = Some(string(&format!("{path}.description"), value)?),
            "input_schema" if null => {}
            "input_schema" if value.get().starts_with('{') => spec.parameters = RawJson::new(value.get()),
            "input_schema" => {
                return Err(wrong_type(
                    &format!("{path}.input_schema"),
                    "a JSON Schema object",
                ));
            }
            "strict" => spec.strict = boolean(&format!("{path}.strict"), value)?,
            _ => spec.extra.set(key.as_ref(), RawJson::new(value.get())),
        }
    }
    if let Some(kind) = theirs {
        spec.name = name.unwrap_or_else(|| kind.into_owned());
        spec.parameters = RawJson::new("{}");
        for (key, value) in &fields {
            spec.extra.set(key.as_ref(), RawJson::new(value.get()));
        }
        return Ok(spec);
    }
    let path = format!("{path}.name");
    spec.name = name.ok_or_else(|| missing(&path))?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if !(1..=128).contains(&spec.name.len()) || !spec.name.bytes().all(fits) {
        return Err(Failure::invalid(
            &path,
            format!("Invalid '{path}': expected 1 to 128 letters, digits, underscores and hyphens."),
        )
        .with_code("invalid_value"));
    }
    Ok(spec)
}

/// Reads `tool_choice` into the request.
pub(super) fn choice(value: &RawValue, request: &mut Request) -> Result<(), Failure> {
    if value.get() == "null" {
        return Ok(());
    }
    let fields = json::fields(value).ok_or_else(|| wrong_type("tool_choice", "an object"))?;
    let find = |wanted: &str| {
        let found = fields.iter().rev().find(|(name, _)| name == wanted);
        found.map(|(_, value)| *value)
    };
    let kind = find("type").ok_or_else(|| missing("tool_choice.type"))?;
    let known = |name: &str| matches!(name, "type" | "name" | "disable_parallel_tool_use");
    let kind = string("tool_choice.type", kind)?;
    let opaque = ToolChoice::Opaque {
        value: RawJson::new(value.get()),
    };
    request.tool_choice = Some(match kind.as_str() {
        _ if !fields.iter().all(|(name, _)| known(name)) => opaque,
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Tool {
            name: string(
                "tool_choice.name",
                find("name").ok_or_else(|| missing("tool_choice.name"))?,
            )?,
        },
        _ => opaque,
    });
    if let Some(one) = find("disable_parallel_tool_use") {
        let one = boolean("tool_choice.disable_parallel_tool_use", one)?;
        request.params.parallel_tool_calls = one.map(|one| !one);
    }
    Ok(())
}
