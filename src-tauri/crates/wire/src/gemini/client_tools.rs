//! Tools and the choice among them, as a client of this wire declares them.

use domain::{Extra, Failure, RawJson, Request, ToolChoice, ToolSpec};
use serde_json::value::RawValue;

use super::provider_request::{TOOL_CONFIG, TOOLS};
use super::schema;
use crate::fields::{missing, string, wrong_type};
use crate::json::{self, Object};

/// What a tool gets that declares no parameters (W-30).
const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

/// Reads `tools`. An entry holds declarations of functions, tools that Google runs, or both; the latter ride
/// along as they are.
pub(super) fn tools(value: &RawValue, request: &mut Request) -> Result<(), Failure> {
    let list = json::items(value).ok_or_else(|| wrong_type("tools", "an array of tools"))?;
    let mut others = Vec::new();
    for (at, entry) in list.into_iter().enumerate() {
        let path = format!("tools[{at}]");
        let fields = json::fields(entry).ok_or_else(|| wrong_type(&path, "an object"))?;
        let mut rest = Vec::new();
        for (name, value) in fields {
            match name.as_ref() {
                _ if value.get() == "null" => {}
                "functionDeclarations" | "function_declarations" => {
                    let path = format!("{path}.functionDeclarations");
                    let list = json::items(value).ok_or_else(|| wrong_type(&path, "an array"))?;
                    for (at, function) in list.into_iter().enumerate() {
                        request
                            .tools
                            .push(declaration(&format!("{path}[{at}]"), function)?);
                    }
                }
                _ => rest.push((name, value)),
            }
        }
        if !rest.is_empty() {
            let separator: &[u8] = if others.is_empty() { b"[" } else { b"," };
            others.extend_from_slice(separator);
            let mut object = Object::open(&mut others);
            for (name, value) in rest {
                object.raw(&name, value.get());
            }
            object.close();
        }
    }
    if !others.is_empty() {
        others.push(b']');
        let text = String::from_utf8_lossy(&others);
        request.extra.set(TOOLS, RawJson::new(text));
    }
    Ok(())
}

fn declaration(path: &str, value: &RawValue) -> Result<ToolSpec, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let (mut name, mut description, mut parameters) = (None, None, None);
    let mut extra = Extra::new();
    for (field, value) in fields {
        let of = |field: &str| format!("{path}.{field}");
        let object = value.get().starts_with('{');
        match field.as_ref() {
            _ if value.get() == "null" => {}
            "name" => name = Some(string(&of("name"), value)?),
            "description" => description = Some(string(&of("description"), value)?),
            "parameters" if object => parameters = Some(schema::read(value)),
            "parametersJsonSchema" | "parameters_json_schema" if object => {
                parameters = Some(RawJson::new(value.get()));
            }
            "parameters" | "parametersJsonSchema" | "parameters_json_schema" => {
                return Err(wrong_type(&of(&field), "a schema object"));
            }
            _ => extra.set(field, RawJson::new(value.get())),
        }
    }
    let param = format!("{path}.name");
    let name = name.ok_or_else(|| missing(&param))?;
    // Google allows dots and colons as well
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
    if !(1..=64).contains(&name.len()) || !name.bytes().all(fits) {
        return Err(Failure::invalid(
            &param,
            format!("Invalid '{param}': expected 1 to 64 letters, digits, underscores, dots and hyphens."),
        )
        .with_code("invalid_value"));
    }
    Ok(ToolSpec {
        name,
        description,
        parameters: parameters.unwrap_or_else(|| RawJson::new(NO_PARAMETERS)),
        strict: None,
        extra,
    })
}

/// Reads `toolConfig`.
pub(super) fn config(value: &RawValue, request: &mut Request) -> Result<(), Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type("toolConfig", "an object"))?;
    let mut out = Vec::new();
    let mut rest = Object::open(&mut out);
    for (name, value) in fields {
        match name.as_ref() {
            _ if value.get() == "null" => {}
            "functionCallingConfig" | "function_calling_config" => request.tool_choice = choice(value)?,
            _ => rest.raw(&name, value.get()),
        }
    }
    rest.close();
    if out.len() > 2 {
        let text = String::from_utf8_lossy(&out);
        request.extra.set(TOOL_CONFIG, RawJson::new(text));
    }
    Ok(())
}

fn choice(value: &RawValue) -> Result<Option<ToolChoice>, Failure> {
    let path = "toolConfig.functionCallingConfig";
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let mut mode = None;
    let mut names = Vec::new();
    let mut whole = true;
    for (name, value) in fields {
        match name.as_ref() {
            _ if value.get() == "null" => {}
            "mode" => mode = Some(string(&format!("{path}.mode"), value)?),
            "allowedFunctionNames" | "allowed_function_names" => {
                let path = format!("{path}.allowedFunctionNames");
                let list = json::items(value).ok_or_else(|| wrong_type(&path, "an array of strings"))?;
                for (at, name) in list.into_iter().enumerate() {
                    names.push(string(&format!("{path}[{at}]"), name)?);
                }
            }
            _ => whole = false,
        }
    }
    let mode = mode.map(|mode| mode.to_ascii_uppercase());
    let one = names.pop().filter(|_| names.is_empty());
    Ok(match (mode.as_deref(), one) {
        (None | Some("AUTO" | "MODE_UNSPECIFIED"), None) if whole && names.is_empty() => {
            Some(ToolChoice::Auto)
        }
        (Some("NONE"), None) if whole && names.is_empty() => Some(ToolChoice::None),
        (Some("ANY"), None) if whole && names.is_empty() => Some(ToolChoice::Required),
        (Some("ANY"), Some(name)) if whole => Some(ToolChoice::Tool { name }),
        _ => Some(ToolChoice::Opaque {
            value: RawJson::new(value.get()),
        }),
    })
}
