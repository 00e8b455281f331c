//! Tools and tool choice of a client's request (W-30 to W-32, W-122).
//!
//! Clients declare kinds of tools that few providers know. A namespace is taken apart, and its tools get
//! names that lead back; a tool of free text becomes an ordinary one with one text, `input`; a tool that
//! the provider itself would run is carried whole, for those that know it. None of them is refused, or
//! Codex could not begin.

use std::borrow::Cow;

use domain::{Extra, Failure, RawJson, ToolChoice, ToolSpec};
use serde_json::value::RawValue;

use super::carried::Carried;
use crate::fields::{boolean, missing, string, wrong_type};
use crate::ids::fnv;
use crate::json::{self, Object};

/// What a tool gets that declares no parameters (W-30).
const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

/// The longest name of a tool.
const MAX_NAME: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    flat: String,
    name: String,
    namespace: Option<String>,
    custom: bool,
}

/// How the client calls the tools whose names or kinds were changed on their way to the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolNames(Vec<Named>);

impl ToolNames {
    fn find(&self, flat: &str) -> Option<&Named> {
        self.0.iter().find(|named| named.flat == flat)
    }

    /// The namespace and the name that the client declared the tool with.
    pub fn original(&self, flat: &str) -> Option<(&str, &str)> {
        let named = self.find(flat)?;
        Some((named.namespace.as_deref()?, named.name.as_str()))
    }

    /// Whether the client declared the tool as one of free text.
    pub fn is_custom(&self, flat: &str) -> bool {
        self.find(flat).is_some_and(|named| named.custom)
    }

    /// The name under which the model knows a tool.
    pub(super) fn flat<'n>(&'n self, namespace: Option<&str>, name: &'n str) -> Cow<'n, str> {
        let Some(namespace) = namespace else {
            return Cow::Borrowed(name);
        };
        let declared = |named: &&Named| named.namespace.as_deref() == Some(namespace) && named.name == name;
        match self.0.iter().find(declared) {
            Some(named) => Cow::Borrowed(&named.flat),
            // it was taken back meanwhile
            None => Cow::Owned(flat_name(namespace, name, |_| false)),
        }
    }
}

/// `namespace__name`, and where that does not fit or is taken, the beginning of it with digits of its hash:
/// the same in each turn.
fn flat_name(namespace: &str, name: &str, taken: impl Fn(&str) -> bool) -> String {
    let joint = if namespace.ends_with("__") { "" } else { "__" };
    let whole = format!("{namespace}{joint}{name}");
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let flat: String = whole.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if flat == whole && flat.len() <= MAX_NAME && !taken(&flat) {
        return flat;
    }
    let hash = fnv(fnv(0, namespace.as_bytes()), name.as_bytes());
    let digits = format!("_{:08x}", hash >> 32);
    let kept: String = flat.chars().take(MAX_NAME - digits.len()).collect();
    kept + &digits
}

/// Tools as far as they have been read.
#[derive(Default)]
pub(super) struct Declared {
    tools: Vec<ToolSpec>,
    names: ToolNames,
    choice: Option<ToolChoice>,
    namespaces: Vec<(String, Vec<Tool>)>,
}

/// A tool whose fields have been told apart.
#[derive(Default)]
struct Tool {
    kind: String,
    name: Option<String>,
    description: Option<String>,
    parameters: Option<RawJson>,
    strict: Option<bool>,
    rest: Extra,
}

impl Declared {
    /// `tools`.
    pub(super) fn tools(&mut self, value: &RawValue) -> Result<(), Failure> {
        if value.get() == "null" {
            return Ok(());
        }
        let list = json::items(value).ok_or_else(|| wrong_type("tools", "an array of tools"))?;
        for (at, value) in list.into_iter().enumerate() {
            let path = format!("tools[{at}]");
            let kind = kind_of(&path, value)?;
            match kind.as_str() {
                "function" | "custom" => {
                    let tool = read(&path, kind, value)?;
                    let name = tool
                        .name
                        .clone()
                        .ok_or_else(|| missing(&format!("{path}.name")))?;
                    check_name(&format!("{path}.name"), &name)?;
                    if tool.kind == "custom" {
                        self.names.0.push(Named {
                            flat: name.clone(),
                            name: name.clone(),
                            namespace: None,
                            custom: true,
                        });
                    }
                    self.tools.push(tool.spec(name));
                }
                "namespace" => self.namespace(&path, value)?,
                _ => self.tools.push(hosted(kind, value)),
            }
        }
        Ok(())
    }

    /// Tools of a namespace are named when all others are known.
    fn namespace(&mut self, path: &str, value: &RawValue) -> Result<(), Failure> {
        let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
        let find = |wanted: &str| {
            fields
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| *value)
        };
        let name = find("name").ok_or_else(|| missing(&format!("{path}.name")))?;
        let name = string(&format!("{path}.name"), name)?;
        let list = match find("tools") {
            Some(list) => {
                json::items(list).ok_or_else(|| wrong_type(&format!("{path}.tools"), "an array of tools"))?
            }
            None => Vec::new(),
        };
        let mut tools = Vec::new();
        for (at, value) in list.into_iter().enumerate() {
            let path = format!("{path}.tools[{at}]");
            let kind = kind_of(&path, value)?;
            if matches!(kind.as_str(), "function" | "custom") {
                tools.push(read(&path, kind, value)?);
            } else {
                self.tools.push(hosted(kind, value));
            }
        }
        self.namespaces.push((name, tools));
        Ok(())
    }

    /// `tool_choice`.
    pub(super) fn choice(&mut self, value: &RawValue) -> Result<(), Failure> {
        self.choice = read_choice(value)?;
        Ok(())
    }

    /// All tools, their names, and the choice; a tool that is named must be there (W-31).
    pub(super) fn settle(mut self) -> Result<(Vec<ToolSpec>, ToolNames, Option<ToolChoice>), Failure> {
        for (namespace, tools) in std::mem::take(&mut self.namespaces) {
            for tool in tools {
                let name = tool.name.clone().unwrap_or_default();
                let flat = flat_name(&namespace, &name, |flat| {
                    self.tools.iter().any(|other| other.name == flat)
                });
                self.names.0.push(Named {
                    flat: flat.clone(),
                    name,
                    namespace: Some(namespace.clone()),
                    custom: tool.kind == "custom",
                });
                self.tools.push(tool.spec(flat));
            }
        }
        if let Some(ToolChoice::Tool { name }) = &mut self.choice
            && !self.tools.iter().any(|tool| tool.name == *name)
            && let Some(named) = self.names.0.iter().find(|named| named.name == *name)
        {
            name.clone_from(&named.flat);
        }
        if let (true, Some(ToolChoice::Tool { .. } | ToolChoice::Opaque { .. })) =
            (self.tools.is_empty(), &self.choice)
        {
            return Err(Failure::invalid(
                "tool_choice",
                "'tool_choice' names a tool, but there are no 'tools'.",
            )
            .with_code("invalid_value"));
        }
        Ok((self.tools, self.names, self.choice))
    }
}

fn kind_of(path: &str, value: &RawValue) -> Result<String, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    match fields.iter().find(|(name, _)| name == "type") {
        Some((_, kind)) => string(&format!("{path}.type"), kind),
        None => Ok("function".into()),
    }
}

fn read(path: &str, kind: String, value: &RawValue) -> Result<Tool, Failure> {
    let mut tool = Tool {
        kind,
        ..Tool::default()
    };
    tool.fields(path, value)?;
    Ok(tool)
}

impl Tool {
    fn fields(&mut self, path: &str, value: &RawValue) -> Result<(), Failure> {
        let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
        for (name, value) in fields {
            let null = value.get() == "null";
            match name.as_ref() {
                "type" => {}
                "name" => self.name = Some(string(&format!("{path}.name"), value)?),
                "description" if null => {}
                "description" => self.description = Some(string(&format!("{path}.description"), value)?),
                // the form of chat completions, which some clients mix in (W-21)
                "function" if self.kind == "function" && value.get().starts_with('{') => {
                    self.fields(&format!("{path}.function"), value)?;
                }
                "parameters" if null => {}
                "parameters" if value.get().starts_with('{') => {
                    self.parameters = Some(RawJson::new(value.get()));
                }
                "parameters" => {
                    return Err(wrong_type(&format!("{path}.parameters"), "a JSON Schema object"));
                }
                "strict" => self.strict = boolean(&format!("{path}.strict"), value)?,
                _ if null => {}
                _ => self.rest.set(name, RawJson::new(value.get())),
            }
        }
        Ok(())
    }

    fn spec(self, name: String) -> ToolSpec {
        let mut fields = Extra::new();
        let parameters = if self.kind == "custom" {
            fields.set("type", RawJson::new(r#""custom""#));
            free_text(self.rest.get("format"))
        } else {
            self.parameters.unwrap_or_else(|| RawJson::new(NO_PARAMETERS))
        };
        for (name, value) in self.rest.iter() {
            fields.set(name, value.clone());
        }
        if self.strict.is_none() {
            // here that means what the provider thinks best, elsewhere it means no
            fields.set("strict", RawJson::new("null"));
        }
        let mut extra = Extra::new();
        Carried::item(fields).put(false, &mut extra);
        ToolSpec {
            name,
            description: self.description,
            parameters,
            strict: self.strict,
            extra,
        }
    }
}

/// The schema of free text, with the grammar that it must follow told in words.
fn free_text(format: Option<&RawJson>) -> RawJson {
    let format: serde_json::Value = format.and_then(|format| format.parse().ok()).unwrap_or_default();
    let mut told = "The whole input, as free text.".to_owned();
    if let Some(definition) = format["definition"].as_str() {
        let syntax = format["syntax"].as_str().unwrap_or("given");
        told = format!("{told} It follows this {syntax} grammar:\n{definition}");
    }
    let mut out = br#"{"type":"object","properties":{"input":"#.to_vec();
    let mut input = Object::open(&mut out);
    input.literal("type", r#""string""#);
    input.string("description", &told);
    input.close();
    out.extend_from_slice(br#"},"required":["input"],"additionalProperties":false}"#);
    RawJson::new(String::from_utf8_lossy(&out))
}

fn check_name(param: &str, name: &str) -> Result<(), Failure> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    Err(Failure::invalid(
        param,
        format!("Invalid '{param}': expected 1 to 64 letters, digits, underscores and hyphens."),
    )
    .with_code("invalid_value"))
}

/// A tool of another kind than a function, carried whole: its `type` among the fields marks it.
fn hosted(kind: String, value: &RawValue) -> ToolSpec {
    let mut extra = Extra::new();
    let mut name = None;
    for (key, value) in json::fields(value).unwrap_or_default() {
        if key == "name" {
            name = json::text(value).map(Cow::into_owned);
        }
        extra.set(key, RawJson::new(value.get()));
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
    let kind = string("tool_choice.type", kind)?;
    let nested = find("function").and_then(json::fields).unwrap_or_default();
    let name = find("name").or_else(|| {
        nested
            .iter()
            .find(|(name, _)| name == "name")
            .map(|(_, value)| *value)
    });
    match (kind.as_str(), name) {
        ("function" | "custom", Some(name)) => Ok(Some(ToolChoice::Tool {
            name: string("tool_choice.name", name)?,
        })),
        ("function" | "custom", None) => Err(missing("tool_choice.name")),
        (_, _) => Ok(Some(ToolChoice::Opaque {
            value: RawJson::new(value.get()),
        })),
    }
}
