//! Tools and tool choice of a request, with their legacy names (W-30 to W-33).

use domain::{Extra, Failure, RawJson, ToolChoice, ToolSpec};
use serde_json::value::RawValue;

use super::FUNCTION;
use crate::fields::boolean;
use crate::fields::{missing, string, wrong_type};
use crate::json;

/// What a tool gets that declares no parameters (W-30).
const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

/// Tools as far as they have been read, under both names.
#[derive(Default)]
pub(crate) struct Declared {
    tools: Vec<ToolSpec>,
    functions: Vec<ToolSpec>,
    choice: Option<ToolChoice>,
    function_call: Option<ToolChoice>,
}

impl Declared {
    /// `tools`; the text `no-tools` is one system's word for none.
    pub(crate) fn tools(&mut self, value: &RawValue) -> Result<(), Failure> {
        if value.get() == "null" || json::text(value).is_some_and(|word| word == "no-tools") {
            return Ok(());
        }
        let list = json::items(value).ok_or_else(|| wrong_type("tools", "an array of tools"))?;
        self.tools = list
            .into_iter()
            .enumerate()
            .map(|(at, tool)| read_tool(&format!("tools[{at}]"), tool))
            .collect::<Result<_, _>>()?;
        Ok(())
    }

    /// `functions`, which `tools` replaced.
    pub(crate) fn functions(&mut self, value: &RawValue) -> Result<(), Failure> {
        if value.get() == "null" {
            return Ok(());
        }
        let list = json::items(value).ok_or_else(|| wrong_type("functions", "an array of functions"))?;
        self.functions = list
            .into_iter()
            .enumerate()
            .map(|(at, function)| {
                let path = format!("functions[{at}]");
                let mut spec = Spec::default();
                spec.function(&path, function)?;
                spec.settle(&path)
            })
            .collect::<Result<_, _>>()?;
        Ok(())
    }

    /// `tool_choice`.
    pub(crate) fn choice(&mut self, value: &RawValue) -> Result<(), Failure> {
        self.choice = read_choice(value)?;
        Ok(())
    }

    /// `function_call`, which `tool_choice` replaced: `none`, `auto` or `{"name"}`.
    pub(crate) fn function_call(&mut self, value: &RawValue) -> Result<(), Failure> {
        let param = "function_call";
        self.function_call = match json::text(value).as_deref() {
            _ if value.get() == "null" => None,
            Some("none") => Some(ToolChoice::None),
            Some("auto") => Some(ToolChoice::Auto),
            Some(_) => return Err(wrong_type(param, "'none', 'auto' or an object with a name")),
            None => {
                let fields = json::fields(value).ok_or_else(|| wrong_type(param, "a string or an object"))?;
                let name = fields.into_iter().find(|(key, _)| key == "name");
                let (_, name) = name.ok_or_else(|| missing("function_call.name"))?;
                Some(ToolChoice::Tool {
                    name: string("function_call.name", name)?,
                })
            }
        };
        Ok(())
    }

    /// Tools win over functions (W-33); a tool that is named must be there (W-31).
    pub(crate) fn settle(self) -> Result<(Vec<ToolSpec>, Option<ToolChoice>), Failure> {
        let tools = if self.tools.is_empty() {
            self.functions
        } else {
            self.tools
        };
        let choice = self.choice.or(self.function_call);
        if let (true, Some(ToolChoice::Tool { .. } | ToolChoice::Opaque { .. })) = (tools.is_empty(), &choice)
        {
            return Err(Failure::invalid(
                "tool_choice",
                "'tool_choice' names a tool, but there are no 'tools'.",
            )
            .with_code("invalid_value"));
        }
        Ok((tools, choice))
    }
}

#[derive(Default)]
struct Spec {
    name: Option<String>,
    description: Option<String>,
    parameters: Option<RawJson>,
    strict: Option<bool>,
    extra: Extra,
}

impl Spec {
    /// Takes a field that stands in a function, or in a flat tool; `false` when it is none of theirs.
    fn field(&mut self, path: &str, name: &str, value: &RawValue) -> Result<bool, Failure> {
        let null = value.get() == "null";
        match name {
            "name" => self.name = Some(string(&format!("{path}.name"), value)?),
            "description" if null => {}
            "description" => self.description = Some(string(&format!("{path}.description"), value)?),
            "parameters" if null => {}
            "parameters" if value.get().starts_with('{') => self.parameters = Some(RawJson::new(value.get())),
            "parameters" => return Err(wrong_type(&format!("{path}.parameters"), "a JSON Schema object")),
            "strict" => self.strict = boolean(&format!("{path}.strict"), value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn function(&mut self, path: &str, value: &RawValue) -> Result<(), Failure> {
        let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
        for (name, value) in fields {
            if !self.field(path, &name, value)? {
                self.extra
                    .set(format!("{FUNCTION}{name}"), RawJson::new(value.get()));
            }
        }
        Ok(())
    }

    fn settle(self, path: &str) -> Result<ToolSpec, Failure> {
        let param = format!("{path}.name");
        let name = self.name.ok_or_else(|| missing(&param))?;
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if !(1..=64).contains(&name.len()) || !name.bytes().all(fits) {
            return Err(Failure::invalid(
                &param,
                format!("Invalid '{param}': expected 1 to 64 letters, digits, underscores and hyphens."),
            )
            .with_code("invalid_value"));
        }
        Ok(ToolSpec {
            name,
            description: self.description,
            parameters: self.parameters.unwrap_or_else(|| RawJson::new(NO_PARAMETERS)),
            strict: self.strict,
            extra: self.extra,
        })
    }
}

/// A tool: nested, or flat as in Responses (W-21). A tool of another kind than a function is carried whole
/// in `extra`, where `type` marks it.
fn read_tool(path: &str, value: &RawValue) -> Result<ToolSpec, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let kind = fields.iter().find(|(name, _)| name == "type");
    let kind = match kind {
        Some((_, kind)) => string(&format!("{path}.type"), kind)?,
        // several clients leave it out
        None => "function".into(),
    };
    if kind != "function" {
        return Ok(other_tool(kind, &fields));
    }
    let nested = fields.iter().any(|(name, _)| name == "function");
    let mut spec = Spec::default();
    let inner = format!("{path}.function");
    for (name, value) in fields {
        match name.as_ref() {
            "type" => {}
            "function" => spec.function(&inner, value)?,
            flat if !nested && spec.field(path, flat, value)? => {}
            _ => spec.extra.set(name, RawJson::new(value.get())),
        }
    }
    spec.settle(if nested { &inner } else { path })
}

fn other_tool(kind: String, fields: &[(std::borrow::Cow<'_, str>, &RawValue)]) -> ToolSpec {
    let named = |list: &[(std::borrow::Cow<'_, str>, &RawValue)]| {
        let (_, name) = list.iter().find(|(key, _)| key == "name")?;
        json::text(name).map(std::borrow::Cow::into_owned)
    };
    let inner = fields.iter().find(|(key, _)| *key == kind);
    let name = named(fields).or_else(|| named(&json::fields(inner?.1)?));
    let mut extra = Extra::new();
    for (name, value) in fields {
        extra.set(name.as_ref(), RawJson::new(value.get()));
    }
    ToolSpec {
        name: name.unwrap_or(kind),
        description: None,
        parameters: RawJson::new("{}"),
        strict: None,
        extra,
    }
}

fn read_choice(value: &RawValue) -> Result<Option<ToolChoice>, Failure> {
    let param = "tool_choice";
    if value.get() == "null" {
        return Ok(None);
    }
    if let Some(word) = json::text(value) {
        return match word.as_ref() {
            "none" => Ok(Some(ToolChoice::None)),
            "auto" => Ok(Some(ToolChoice::Auto)),
            // Mistral's word for it
            "required" | "any" => Ok(Some(ToolChoice::Required)),
            _ => Err(Failure::invalid(
                param,
                "'tool_choice' must be 'none', 'auto', 'required' or an object that names a tool.",
            )
            .with_code("invalid_value")),
        };
    }
    let fields = json::fields(value).ok_or_else(|| wrong_type(param, "a string or an object"))?;
    let find = |wanted: &str| {
        fields
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| *value)
    };
    let kind = find("type").ok_or_else(|| missing("tool_choice.type"))?;
    if string("tool_choice.type", kind)? != "function" {
        return Ok(Some(ToolChoice::Opaque {
            value: RawJson::new(value.get()),
        }));
    }
    let name = match find("function") {
        Some(function) => json::fields(function)
            .ok_or_else(|| wrong_type("tool_choice.function", "an object"))?
            .into_iter()
            .find(|(name, _)| name == "name")
            .map(|(_, value)| value),
        None => find("name"),
    };
    Ok(Some(ToolChoice::Tool {
        name: string(
            "tool_choice.function.name",
            name.ok_or_else(|| missing("tool_choice.function.name"))?,
        )?,
    }))
}
