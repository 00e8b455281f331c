//! Tools, the choice among them, and the form of the answer, which some models are only held to by a tool.

use domain::{OutputFormat, Part, Request, ToolChoice};

use super::ANSWER_TOOL;
use super::media::cache_point;
use super::model::Maker;
use crate::json::{self, Object};
use crate::notes::Notes;

/// A schema that the answer is held to.
pub(super) struct Schema<'r> {
    name: &'r str,
    description: Option<&'r str>,
    schema: &'r str,
}

/// How the answer is held to its form.
pub(super) enum Shape<'r> {
    /// It is free.
    Free,
    /// By the provider.
    Native(Schema<'r>),
    /// By a tool whose arguments become the text.
    Tool(Schema<'r>),
    /// By words alone: any JSON object, or one of this schema.
    Words(Option<Schema<'r>>),
}

/// Decides how the answer is held to the form that the request wants.
pub(super) fn shape<'r>(request: &'r Request, maker: Maker, thinks: bool, notes: &mut Notes) -> Shape<'r> {
    let (schema, strict) = match &request.format {
        OutputFormat::Text => return Shape::Free,
        OutputFormat::JsonObject => {
            notes.add(
                "response_format",
                "asked for in words, this wire has no field for it",
            );
            return Shape::Words(None);
        }
        OutputFormat::JsonSchema {
            name,
            description,
            schema,
            strict,
        } => {
            let schema = Schema {
                name,
                description: description.as_deref(),
                schema: schema.get(),
            };
            (schema, *strict == Some(true))
        }
    };
    let named = matches!(request.tool_choice, Some(ToolChoice::Tool { .. }));
    if maker.keeps_schemas(strict) {
        Shape::Native(schema)
    } else if maker.can_be_forced() && !thinks && !named {
        notes.add("response_format", "kept by a tool whose arguments are the answer");
        Shape::Tool(schema)
    } else {
        notes.add(
            "response_format",
            "asked for in words, the model has no field for it",
        );
        Shape::Words(Some(schema))
    }
}

impl Schema<'_> {
    /// Writes the value of `outputConfig`; the schema itself travels as text.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut config = Object::open(out);
        let mut format = Object::open(config.key("textFormat"));
        format.literal("type", r#""json_schema""#);
        let mut structure = Object::open(format.key("structure"));
        let mut inner = Object::open(structure.key("jsonSchema"));
        inner.string("schema", self.schema);
        inner.string("name", self.name);
        if let Some(description) = self.description {
            inner.string("description", description);
        }
        inner.close();
        structure.close();
        format.close();
        config.close();
    }
}

impl Shape<'_> {
    /// What is said to a model that is held to its form by words.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::Free | Self::Native(_) | Self::Tool(_) => None,
            Self::Words(None) => Some("Answer with one JSON object and nothing else.".into()),
            Self::Words(Some(schema)) => Some(format!(
                "Answer with one JSON value and nothing else. It must be valid against this JSON Schema: {}",
                schema.schema
            )),
        }
    }
}

/// Names of tools that the conversation so far calls, each once.
fn called(request: &Request) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for part in request.messages.iter().flat_map(|message| &message.parts) {
        if let Part::ToolCall { name, .. } = part
            && !names.contains(&name.as_str())
        {
            names.push(name);
        }
    }
    names
}

/// Writes `toolConfig`, if there is anything to say.
pub(super) fn write(
    request: &Request,
    maker: Maker,
    shape: &Shape<'_>,
    thinks: bool,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    let called = called(request);
    let mut offered = Vec::with_capacity(request.tools.len());
    for tool in &request.tools {
        // a tool of another kind than a function is carried whole, and `type` marks it
        if tool.extra.get("type").is_some() {
            notes.add(
                &format!("tool {}", tool.name),
                "left out, it is of another provider's kind",
            );
        } else {
            offered.push(tool);
        }
    }
    let none = request.tool_choice == Some(ToolChoice::None);
    if none && called.is_empty() {
        // there is no way to forbid tools but not to offer them
        offered.clear();
    } else if none {
        notes.add("tool_choice", "'none' left out, this wire has no word for it");
    }
    // a conversation that holds calls is refused without tools
    let stand_ins = if offered.is_empty() {
        called.as_slice()
    } else {
        &[]
    };
    if !stand_ins.is_empty() {
        notes.add(
            "tools",
            "those that were called before declared, the provider wants them",
        );
    }
    let answer = if let Shape::Tool(schema) = shape {
        Some(schema)
    } else {
        None
    };
    if offered.is_empty() && stand_ins.is_empty() && answer.is_none() {
        if matches!(
            request.tool_choice,
            Some(ToolChoice::Required | ToolChoice::Tool { .. })
        ) {
            notes.add("tool_choice", "left out, there are no tools");
        }
        return;
    }
    let mut config = Object::open(object.key("toolConfig"));
    let list = config.key("tools");
    list.push(b'[');
    for tool in &offered {
        let strict = tool.strict.filter(|_| maker.keeps_schemas(true));
        spec(
            &tool.name,
            tool.description.as_deref(),
            tool.parameters.get(),
            strict,
            list,
        );
        if let Some(mark) = tool.extra.get("cache_control") {
            if maker.caches_tools() {
                list.push(b',');
                cache_point(mark, list);
            } else {
                notes.add("cache_control", "left out, the model refuses it");
            }
        }
    }
    for name in stand_ins {
        spec(name, None, r#"{"type":"object"}"#, None, list);
    }
    if let Some(schema) = answer {
        let description = schema
            .description
            .unwrap_or("Gives the final answer. Call it once, with the whole answer.");
        spec(ANSWER_TOOL, Some(description), schema.schema, None, list);
    }
    list.push(b']');
    choice(
        request,
        answer.is_some(),
        offered.is_empty(),
        thinks,
        &mut config,
        notes,
    );
    config.close();
}

fn spec(name: &str, description: Option<&str>, schema: &str, strict: Option<bool>, list: &mut Vec<u8>) {
    if list.last() != Some(&b'[') {
        list.push(b',');
    }
    let mut outer = Object::open(list);
    let mut inner = Object::open(outer.key("toolSpec"));
    inner.string("name", name);
    // an empty one is refused
    if let Some(description) = description.filter(|text| !text.is_empty()) {
        inner.string("description", description);
    }
    let mut input = Object::open(inner.key("inputSchema"));
    json::write_raw(schema, input.key("json"));
    input.close();
    if let Some(strict) = strict {
        inner.bool("strict", strict);
    }
    inner.close();
    outer.close();
}

fn choice(
    request: &Request,
    answers: bool,
    alone: bool,
    thinks: bool,
    config: &mut Object<'_>,
    notes: &mut Notes,
) {
    let named = |name: &str, config: &mut Object<'_>| {
        let mut outer = Object::open(config.key("toolChoice"));
        let mut inner = Object::open(outer.key("tool"));
        inner.string("name", name);
        inner.close();
        outer.close();
    };
    match &request.tool_choice {
        _ if answers && alone => named(ANSWER_TOOL, config),
        _ if answers => config.literal("toolChoice", r#"{"any":{}}"#),
        Some(ToolChoice::Required | ToolChoice::Tool { .. }) if thinks => {
            notes.add("tool_choice", "sent as 'auto', a model that thinks refuses more");
            config.literal("toolChoice", r#"{"auto":{}}"#);
        }
        Some(ToolChoice::Auto) => config.literal("toolChoice", r#"{"auto":{}}"#),
        Some(ToolChoice::Required) => config.literal("toolChoice", r#"{"any":{}}"#),
        Some(ToolChoice::Tool { name }) => named(name, config),
        Some(ToolChoice::Opaque { .. }) => {
            notes.add("tool_choice", "left out, it is of another provider's kind");
        }
        Some(ToolChoice::None) | None => {}
    }
}
