//! A client's request body, read into the domain (W-120 to W-122, W-134).
//!
//! What belongs to the conversation goes into the request. What belongs to the store of responses
//! (`previous_response_id`, `store`, `background`, `conversation`) is the gateway's to act on, and what
//! the answer must repeat is kept as it was written.

use std::borrow::Cow;

use domain::{Extra, Failure, Message, OutputFormat, RawJson, Request, Role, Wire};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::client_answer::Envelope;
use super::client_input;
use super::client_tools::{Declared, ToolNames};
use crate::fields::{self, boolean, decimal, integer, missing, string, wrong_type};
use crate::json::{self, Item, Key};
use crate::openai_chat;

/// A request with what is not part of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientRequest {
    /// What the client wrote in `model`; `None` when it is missing, null or empty.
    pub model: Option<String>,
    /// The request itself.
    pub request: Request,
    /// How many of its first messages are `instructions`: they are for this answer alone, and no part of the
    /// conversation.
    pub instructions: usize,
    /// The session that is to be continued: `session_id`, else `metadata.session_id`.
    pub session_id: Option<String>,
    /// The response that this one continues.
    pub previous_response_id: Option<String>,
    /// The conversation that this response is to be added to.
    pub conversation: Option<String>,
    /// Whether the response shall be kept; so it is unless the client says no (W-132).
    pub store: bool,
    /// Whether the client wants to come back for the answer.
    pub background: bool,
    /// What the answer shall hold besides (`reasoning.encrypted_content`).
    pub include: Vec<String>,
    /// The client's own notes on the response.
    pub metadata: Option<RawJson>,
    /// The fields that the answer repeats, as the client wrote them (W-123).
    pub settings: Extra,
    /// How the client calls its tools.
    pub names: ToolNames,
}

impl ClientRequest {
    /// What stands around the answer to this request; `id` begins with `resp_`, `created` is in seconds
    /// since the Unix epoch, `model` is what the client asked for.
    pub fn envelope(&self, id: impl Into<String>, created: i64, model: impl Into<String>) -> Envelope {
        Envelope {
            id: id.into(),
            created,
            completed: None,
            model: model.into(),
            settings: self.settings.clone(),
            names: self.names.clone(),
            sealed: self
                .include
                .iter()
                .any(|name| name == "reasoning.encrypted_content"),
        }
    }
}

/// Fields that the answer repeats.
pub(super) const REPEATED: &[&str] = &[
    "background",
    "conversation",
    "frequency_penalty",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

#[derive(Default)]
struct Body<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Item<'a> for Body<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        self.0.push((key.0, map.next_value()?));
        Ok(())
    }
}

/// Reads the body of `POST /v1/responses`.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] with the path of the field at fault and, where OpenAI has one,
/// its code.
pub fn decode_request(body: &[u8]) -> Result<ClientRequest, Failure> {
    let Body(list) = fields::body(body)?;
    let mut out = ClientRequest {
        model: None,
        request: Request {
            wire: Wire::OpenAiResponses,
            ..Request::default()
        },
        instructions: 0,
        session_id: None,
        previous_response_id: None,
        conversation: None,
        store: true,
        background: false,
        include: Vec::new(),
        metadata: None,
        settings: Extra::new(),
        names: ToolNames::default(),
    };
    let mut tools = Declared::default();
    let (mut instructions, mut input) = (None, None);
    let mut metadata_session = None;
    for (name, value) in list {
        if value.get() == "null" {
            continue;
        }
        if REPEATED.contains(&name.as_ref()) {
            out.settings.set(name.as_ref(), RawJson::new(value.get()));
        }
        match name.as_ref() {
            "model" => out.model = Some(string("model", value)?).filter(|model| !model.is_empty()),
            "input" => input = Some(value),
            "instructions" => instructions = Some(value),
            "tools" => tools.tools(value)?,
            "tool_choice" => tools.choice(value)?,
            "session_id" => out.session_id = Some(string("session_id", value)?).filter(|id| !id.is_empty()),
            "previous_response_id" => out.previous_response_id = Some(string("previous_response_id", value)?),
            "conversation" => out.conversation = Some(conversation(value)?),
            "store" => out.store = boolean("store", value)?.unwrap_or(true),
            "background" => out.background = boolean("background", value)?.unwrap_or(false),
            "include" => include(value, &mut out)?,
            "metadata" => {
                metadata_session = text_at(value, "session_id");
                out.metadata = Some(RawJson::new(value.get()));
                out.request.extra.set(name, RawJson::new(value.get()));
            }
            _ => setting(&name, value, &mut out.request)?,
        }
    }
    if out.request.params.top_logprobs.is_some_and(|n| n > 0) {
        out.request.params.logprobs = Some(true);
    }
    if !out.request.stream {
        out.request.extra.take("stream_options");
    }
    out.session_id = out.session_id.or(metadata_session);
    (out.request.tools, out.names, out.request.tool_choice) = tools.settle()?;
    let mut messages = Vec::new();
    if let Some(value) = instructions {
        said_before(value, &out.names, &mut messages)?;
        out.instructions = messages.len();
    }
    if let Some(value) = input {
        client_input::read(value, &out.names, &mut messages)?;
    }
    // what is to be answered may also stand in a response that is kept, or in a prompt at the provider
    let elsewhere = out.previous_response_id.is_some()
        || out.conversation.is_some()
        || out.request.extra.get("prompt").is_some();
    let nothing = input.is_none_or(|input| input.get() == "[]");
    if nothing && !elsewhere {
        return Err(missing("input"));
    }
    out.request.messages = messages;
    Ok(out)
}

/// Reads a body of this wire that was posted where chat completions are asked for, and that is answered
/// as they are (W-21). Tools are called by their flat names then.
///
/// # Errors
/// As [`decode_request`].
pub fn decode_for_chat(body: &[u8]) -> Result<openai_chat::ClientRequest, Failure> {
    let mut read = decode_request(body)?;
    let options = read.request.extra.take("stream_options");
    let asks = |options: &RawJson| {
        let fields = super::carried::parse(options);
        fields
            .iter()
            .any(|(name, value)| name == "include_usage" && value.get() == "true")
    };
    Ok(openai_chat::ClientRequest {
        model: read.model,
        include_usage: options.as_ref().is_some_and(asks),
        session_id: read.session_id,
        request: read.request,
    })
}

/// `instructions`: a text, or items, as answers of OpenAI repeat them.
fn said_before(value: &RawValue, names: &ToolNames, out: &mut Vec<Message>) -> Result<(), Failure> {
    match json::text(value) {
        Some(text) => out.push(Message::text(Role::System, text)),
        None if value.get().starts_with('[') => client_input::read(value, names, out)?,
        None => return Err(wrong_type("instructions", "a string")),
    }
    Ok(())
}

fn conversation(value: &RawValue) -> Result<String, Failure> {
    if let Some(id) = json::text(value) {
        return Ok(id.into_owned());
    }
    text_at(value, "id").ok_or_else(|| wrong_type("conversation", "a string or an object with an id"))
}

fn text_at(value: &RawValue, name: &str) -> Option<String> {
    let fields = json::fields(value)?;
    let (_, text) = fields.into_iter().rev().find(|(key, _)| key == name)?;
    json::text(text)
        .filter(|text| !text.is_empty())
        .map(Cow::into_owned)
}

fn include(value: &RawValue, out: &mut ClientRequest) -> Result<(), Failure> {
    let list = json::items(value).ok_or_else(|| wrong_type("include", "an array of strings"))?;
    for (at, name) in list.into_iter().enumerate() {
        out.include.push(string(&format!("include[{at}]"), name)?);
    }
    if out
        .include
        .iter()
        .any(|name| name == "message.output_text.logprobs")
    {
        out.request.params.logprobs = Some(true);
    }
    out.request.extra.set("include", RawJson::new(value.get()));
    Ok(())
}

fn setting(name: &str, value: &RawValue, request: &mut Request) -> Result<(), Failure> {
    let params = &mut request.params;
    match name {
        "stream" => request.stream = boolean(name, value)?.unwrap_or(false),
        "temperature" => params.temperature = decimal(name, value, 0.0, 2.0)?,
        "top_p" => params.top_p = decimal(name, value, 0.0, 1.0)?,
        "presence_penalty" => params.presence_penalty = decimal(name, value, -2.0, 2.0)?,
        "frequency_penalty" => params.frequency_penalty = decimal(name, value, -2.0, 2.0)?,
        "max_output_tokens" => {
            params.max_output_tokens = integer(name, value, 1, i64::MAX)?.map(i64::unsigned_abs);
        }
        "top_logprobs" => {
            params.top_logprobs = integer(name, value, 0, 20)?.and_then(|n| u32::try_from(n).ok());
        }
        "parallel_tool_calls" => params.parallel_tool_calls = boolean(name, value)?,
        "reasoning" => {
            let fields = json::fields(value).ok_or_else(|| wrong_type(name, "an object"))?;
            for (key, effort) in fields.iter().filter(|(key, _)| key == "effort") {
                if effort.get() != "null" {
                    params.reasoning_effort = Some(string(&format!("reasoning.{key}"), effort)?);
                }
            }
            request.extra.set(name, RawJson::new(value.get()));
        }
        "text" => text(value, request)?,
        _ => request.extra.set(name, RawJson::new(value.get())),
    }
    Ok(())
}

/// `text`: its format is the domain's, the rest rides along.
fn text(value: &RawValue, request: &mut Request) -> Result<(), Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type("text", "an object"))?;
    let mut rest = Extra::new();
    for (name, value) in fields {
        if value.get() == "null" {
            continue;
        }
        if name != "format" {
            rest.set(name, RawJson::new(value.get()));
        } else if let Some(format) = format(value)? {
            request.format = format;
        } else {
            rest.set(name, RawJson::new(value.get()));
        }
    }
    if !rest.is_empty() {
        let mut out = Vec::new();
        let mut object = json::Object::open(&mut out);
        object.extra(&rest, |_| true);
        object.close();
        request
            .extra
            .set("text", RawJson::new(String::from_utf8_lossy(&out)));
    }
    Ok(())
}

/// The format of the answer; `None` for one that the domain has no word for.
fn format(value: &RawValue) -> Result<Option<OutputFormat>, Failure> {
    let path = "text.format";
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let find = |wanted: &str| {
        let found = fields.iter().find(|(name, _)| name == wanted);
        found
            .map(|(_, value)| *value)
            .filter(|value| value.get() != "null")
    };
    let kind = find("type").ok_or_else(|| missing("text.format.type"))?;
    Ok(match string("text.format.type", kind)?.as_str() {
        "text" => Some(OutputFormat::Text),
        "json_object" => Some(OutputFormat::JsonObject),
        "json_schema" => {
            let name = find("name").ok_or_else(|| missing("text.format.name"))?;
            let schema = find("schema").ok_or_else(|| missing("text.format.schema"))?;
            if !schema.get().starts_with('{') {
                return Err(wrong_type("text.format.schema", "an object"));
            }
            Some(OutputFormat::JsonSchema {
                name: string("text.format.name", name)?,
                description: find("description")
                    .map(|text| string("text.format.description", text))
                    .transpose()?,
                schema: RawJson::new(schema.get()),
                strict: match find("strict") {
                    Some(strict) => boolean("text.format.strict", strict)?,
                    None => None,
                },
            })
        }
        _ => None,
    })
}
