//! A client's request body, read into the domain (W-140 to W-146).
//!
//! Clients of this wire send fields that nobody else knows, and a provider of this wire wants them back
//! unchanged. What a field means to others goes into the domain; how it was written stays in `extra`.

use std::borrow::Cow;

use domain::{Failure, Message, OutputFormat, RawJson, Request, Role, Wire};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::client_message::Said;
use super::provider_thinking::{self, Said as Thought};
use super::{block, client_tools};
use crate::fields::{self, boolean, decimal, integer, missing, string, wrong_type};
use crate::json::{self, Field, Item, Items, Key};

/// A request with what is not part of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientRequest {
    /// What the client wrote in `model`; `None` when it is missing, null or empty.
    pub model: Option<String>,
    /// The request itself.
    pub request: Request,
    /// The session that is to be continued: `session_id`, else `metadata.session_id`.
    pub session_id: Option<String>,
}

#[derive(Default)]
struct Body<'a> {
    messages: Items<Said<'a>>,
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

/// Reads the body of `POST /v1/messages`.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] with the path of the field at fault.
pub fn decode_request(body: &[u8]) -> Result<ClientRequest, Failure> {
    let out = decode_count_request(body)?;
    if out.request.params.max_output_tokens.is_none() {
        return Err(missing("max_tokens"));
    }
    Ok(out)
}

/// Reads the body of `POST /v1/messages/count_tokens`, which sets no limit to an answer.
///
/// # Errors
/// As [`decode_request`].
pub fn decode_count_request(body: &[u8]) -> Result<ClientRequest, Failure> {
    read(fields::body(body)?)
}

fn read(body: Body<'_>) -> Result<ClientRequest, Failure> {
    let mut out = ClientRequest {
        model: None,
        request: Request {
            wire: Wire::AnthropicMessages,
            ..Request::default()
        },
        session_id: None,
    };
    let mut metadata_session = None;
    for (name, value) in body.rest {
        let request = &mut out.request;
        let name = name.as_ref();
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        match name {
            "model" | "session_id" | "system" | "tools" | "stop_sequences" if value.get() == "null" => {}
            "model" => out.model = filled(string(name, value)?),
            "session_id" => out.session_id = filled(string(name, value)?),
            "system" => request.messages.extend(system(value)?),
            "tools" => request.tools = client_tools::tools(value)?,
            "tool_choice" => client_tools::choice(value, request)?,
            "metadata" => {
                metadata_session = session_of(value);
                request.extra.set(name, RawJson::new(value.get()));
            }
            _ if param(name, value, request)? => {}
            _ => request.extra.set(name, RawJson::new(value.get())),
        }
    }
    out.session_id = out.session_id.or(metadata_session);
    messages(body.messages, &mut out.request.messages)?;
    Ok(out)
}

/// Reads a parameter; `false` when it is none.
fn param(name: &str, value: &RawValue, request: &mut Request) -> Result<bool, Failure> {
    let params = &mut request.params;
    match name {
        "max_tokens" => {
            params.max_output_tokens = integer(name, value, 1, i64::MAX)?.map(i64::unsigned_abs);
        }
        "temperature" => params.temperature = decimal(name, value, 0.0, 1.0)?,
        "top_p" => params.top_p = decimal(name, value, 0.0, 1.0)?,
        "top_k" => params.top_k = integer(name, value, 0, i64::MAX)?.map(i64::unsigned_abs),
        "stream" => request.stream = boolean(name, value)?.unwrap_or(false),
        "stop_sequences" => {
            let list = json::items(value).ok_or_else(|| wrong_type(name, "an array of strings"))?;
            let read = |(at, text): (usize, &RawValue)| string(&format!("{name}[{at}]"), text);
            params.stop = list.into_iter().enumerate().map(read).collect::<Result<_, _>>()?;
        }
        "thinking" => {
            if value.get() == "null" {
                return Ok(true);
            }
            json::fields(value).ok_or_else(|| wrong_type(name, "an object"))?;
            params.reasoning_tokens = match provider_thinking::said(value.get()) {
                Thought::Enabled(tokens) => Some(tokens),
                Thought::Disabled => Some(0),
                Thought::On | Thought::Adaptive | Thought::Other => None,
            };
            request.extra.set(name, RawJson::new(value.get()));
        }
        "output_config" => {
            if value.get() == "null" {
                return Ok(true);
            }
            for (key, inner) in json::fields(value).ok_or_else(|| wrong_type(name, "an object"))? {
                match key.as_ref() {
                    "effort" => params.reasoning_effort = json::text(inner).map(Cow::into_owned),
                    "format" => request.format = format(inner),
                    _ => {}
                }
            }
            request.extra.set(name, RawJson::new(value.get()));
        }
        // the first name of `output_config.format`
        "output_format" if value.get() != "null" => request.format = format(value),
        _ => return Ok(false),
    }
    Ok(true)
}

/// The form of the answer; one that is not known is carried and means text to others.
fn format(value: &RawValue) -> OutputFormat {
    let fields = json::fields(value).unwrap_or_default();
    let find = |wanted: &str| {
        fields
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| *value)
    };
    let kind = find("type").and_then(json::text);
    match (kind.as_deref(), find("schema")) {
        (Some("json_schema"), Some(schema)) => OutputFormat::JsonSchema {
            name: "answer".into(),
            description: None,
            schema: RawJson::new(schema.get()),
            strict: Some(true),
        },
        (_, _) => OutputFormat::Text,
    }
}

fn system(value: &RawValue) -> Result<Option<Message>, Failure> {
    let parts = block::list("system", value)?;
    let said = parts
        .iter()
        .any(|part| !matches!(part, domain::Part::Text { text, .. } if text.is_empty()));
    Ok(said.then(|| Message {
        role: Role::System,
        parts,
        extra: domain::Extra::new(),
    }))
}

fn messages(list: Items<Said<'_>>, out: &mut Vec<Message>) -> Result<(), Failure> {
    let list = match list {
        Items::Absent => return Err(missing("messages")),
        Items::Wrong => return Err(wrong_type("messages", "an array of messages")),
        Items::List(list) if list.is_empty() => {
            return Err(
                Failure::invalid("messages", "'messages' must hold at least one message.")
                    .with_code("empty_array"),
            );
        }
        Items::List(list) => list,
    };
    for (index, message) in list.into_iter().enumerate() {
        match message {
            Field::Object(message) => message.read(index, out)?,
            Field::Null | Field::Wrong => return Err(wrong_type(&format!("messages[{index}]"), "an object")),
        }
    }
    Ok(())
}

fn session_of(metadata: &RawValue) -> Option<String> {
    let fields = json::fields(metadata)?;
    let (_, value) = fields.into_iter().rev().find(|(name, _)| name == "session_id")?;
    json::text(value).filter(|id| !id.is_empty()).map(Cow::into_owned)
}
