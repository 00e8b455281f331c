//! A client's request body, read into the domain (W-20 to W-43).
//!
//! One pass over the bytes, one allocation for each text. Wrong values are answered with the exact path of
//! the field, because that is all the reader of an editor's log gets to see.

use std::borrow::Cow;

use domain::{Failure, OutputFormat, RawJson, Request};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::client_message::{History, Message};
use super::{client_params, client_tools, reasoning};
use crate::fields::{self, missing, string, wrong_type};
use crate::json::{self, Field, Item, Items, Key};
use crate::openai_responses;

/// A request with what is not part of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientRequest {
    /// What the client wrote in `model`; `None` when it is missing, null or empty.
    pub model: Option<String>,
    /// The request itself.
    pub request: Request,
    /// Whether a stream shall end with a chunk of usage.
    pub include_usage: bool,
    /// The session that is to be continued: `session_id`, else `metadata.session_id`.
    pub session_id: Option<String>,
}

#[derive(Default)]
struct Body<'a> {
    messages: Items<Message<'a>>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Body<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "messages" => self.messages = map.next_value()?,
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

/// Reads the body of `POST /v1/chat/completions`. One client posts the body of a response here (W-21).
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] with the path of the field at fault and, where OpenAI has one,
/// its code.
pub fn decode_request(body: &[u8]) -> Result<ClientRequest, Failure> {
    let read_body: Body<'_> = fields::body(body)?;
    let input = |(name, _): &(Cow<'_, str>, &RawValue)| name == "input";
    if matches!(read_body.messages, Items::Absent) && read_body.rest.iter().any(input) {
        return openai_responses::decode_for_chat(body);
    }
    read(read_body)
}

fn read(body: Body<'_>) -> Result<ClientRequest, Failure> {
    let mut out = ClientRequest {
        model: None,
        request: Request::default(),
        include_usage: false,
        session_id: None,
    };
    let mut tools = client_tools::Declared::default();
    let mut limits = client_params::Limits::default();
    let mut metadata_session = None;
    for (name, value) in body.rest {
        let request = &mut out.request;
        let null = value.get() == "null";
        match name.as_ref() {
            "model" if null => {}
            "model" => out.model = Some(string("model", value)?).filter(|model| !model.is_empty()),
            "session_id" if null => {}
            "session_id" => out.session_id = Some(string("session_id", value)?).filter(|id| !id.is_empty()),
            "metadata" => {
                metadata_session = session_of(value);
                request.extra.set(name, RawJson::new(value.get()));
            }
            "stream" => request.stream = fields::boolean("stream", value)?.unwrap_or(false),
            "stream_options" => out.include_usage = stream_options(value, request)?,
            "response_format" => response_format(value, request)?,
            "tools" => tools.tools(value)?,
            "functions" => tools.functions(value)?,
            "tool_choice" => tools.choice(value)?,
            "function_call" => tools.function_call(value)?,
            known if client_params::read(known, value, &mut request.params, &mut limits)? => {}
            _ => request.extra.set(name, RawJson::new(value.get())),
        }
    }
    limits.settle(&mut out.request.params)?;
    reasoning::read(&mut out.request.extra, &mut out.request.params)?;
    (out.request.tools, out.request.tool_choice) = tools.settle()?;
    if !out.request.stream {
        out.include_usage = false;
        out.request.extra.take("stream_options");
    }
    out.session_id = out.session_id.or(metadata_session);
    out.request.messages = messages(body.messages)?;
    Ok(out)
}

fn messages(list: Items<Message<'_>>) -> Result<Vec<domain::Message>, Failure> {
    let list = match list {
        Items::Absent => {
            return Err(
                Failure::invalid("messages", "Missing required parameter: 'messages'.")
                    .with_code("missing_required_parameter"),
            );
        }
        Items::Wrong => return Err(wrong_type("messages", "an array of messages")),
        Items::List(list) if list.is_empty() => {
            return Err(
                Failure::invalid("messages", "'messages' must hold at least one message.")
                    .with_code("empty_array"),
            );
        }
        Items::List(list) => list,
    };
    let mut history = History::default();
    let mut out = Vec::with_capacity(list.len());
    for (index, message) in list.into_iter().enumerate() {
        match message {
            Field::Object(message) => out.push(message.read(index, &mut history)?),
            Field::Null | Field::Wrong => return Err(wrong_type(&format!("messages[{index}]"), "an object")),
        }
    }
    Ok(out)
}

fn session_of(metadata: &RawValue) -> Option<String> {
    let fields = json::fields(metadata)?;
    let (_, value) = fields.into_iter().rev().find(|(name, _)| name == "session_id")?;
    json::text(value).filter(|id| !id.is_empty()).map(Cow::into_owned)
}

/// `include_usage` is ours to answer; whatever else is in there is for the provider.
fn stream_options(value: &RawValue, request: &mut Request) -> Result<bool, Failure> {
    if value.get() == "null" {
        return Ok(false);
    }
    let fields = json::fields(value).ok_or_else(|| wrong_type("stream_options", "an object"))?;
    let mut include_usage = false;
    let mut others = false;
    for (name, value) in fields {
        match name.as_ref() {
            "include_usage" => {
                include_usage = fields::boolean("stream_options.include_usage", value)?.unwrap_or(false);
            }
            _ => others = true,
        }
    }
    if others {
        request.extra.set("stream_options", RawJson::new(value.get()));
    }
    Ok(include_usage)
}

fn response_format(value: &RawValue, request: &mut Request) -> Result<(), Failure> {
    if value.get() == "null" {
        return Ok(());
    }
    let fields = json::fields(value).ok_or_else(|| wrong_type("response_format", "an object"))?;
    let mut kind = None;
    let mut schema = None;
    let mut unknown = false;
    for (name, value) in fields {
        match name.as_ref() {
            "type" => kind = Some(string("response_format.type", value)?),
            "json_schema" => schema = Some(value),
            _ => unknown = true,
        }
    }
    let (format, odd) = match kind.as_deref() {
        Some("text") => (OutputFormat::Text, schema.is_some()),
        Some("json_object") => (OutputFormat::JsonObject, schema.is_some()),
        Some("json_schema") => json_schema(schema)?,
        Some(_) => {
            return Err(Failure::invalid(
                "response_format.type",
                "'response_format.type' must be 'text', 'json_object' or 'json_schema'.",
            )
            .with_code("invalid_value"));
        }
        None => return Err(missing("response_format.type")),
    };
    request.format = format;
    // what the domain has no place for goes to a provider of this wire as it stands
    if unknown || odd {
        request.extra.set("response_format", RawJson::new(value.get()));
    }
    Ok(())
}

fn json_schema(value: Option<&RawValue>) -> Result<(OutputFormat, bool), Failure> {
    let path = "response_format.json_schema";
    let value = value.ok_or_else(|| missing(path))?;
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let (mut name, mut description, mut schema, mut strict, mut odd) = (None, None, None, None, false);
    for (key, value) in fields {
        let null = value.get() == "null";
        match key.as_ref() {
            "name" => name = Some(string("response_format.json_schema.name", value)?),
            "description" if null => {}
            "description" => description = Some(string("response_format.json_schema.description", value)?),
            "schema" if value.get().starts_with('{') => schema = Some(RawJson::new(value.get())),
            "schema" if !null => return Err(wrong_type("response_format.json_schema.schema", "an object")),
            "strict" => strict = fields::boolean("response_format.json_schema.strict", value)?,
            _ => odd = true,
        }
    }
    odd |= schema.is_none();
    let format = OutputFormat::JsonSchema {
        name: name.ok_or_else(|| missing("response_format.json_schema.name"))?,
        description,
        schema: schema.unwrap_or_else(|| RawJson::new("{}")),
        strict,
    };
    Ok((format, odd))
}
