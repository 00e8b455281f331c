//! A client's request to `/api/chat` or `/api/generate`, read into the domain (W-193, W-194).
//!
//! Streams are the rule here and must be declined. Calls may come without ids and results without the id of
//! their call, so both are given the same one, derived from what is said and not from chance: a client that
//! resends the conversation gets the same ids again.

use std::borrow::Cow;

use domain::{Failure, Message, OutputFormat, RawJson, Request, Role, Wire};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::client_message::{self, History};
use super::client_options;
use crate::fields::{self, boolean, integer, missing, string, wrong_type};
use crate::json::{self, Item, Key};
use crate::openai_chat::client_tools::Declared;

/// Where a request came in; answers have another shape at each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/api/chat`.
    Chat,
    /// `/api/generate`.
    Generate,
}

/// A request with what is not part of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientRequest {
    /// What the client wrote in `model`; `None` when it is missing, null or empty.
    pub model: Option<String>,
    /// The request itself.
    pub request: Request,
    /// The session that is to be continued.
    pub session_id: Option<String>,
    /// Where it came in.
    pub route: Route,
    /// Nothing is asked: the client only wants the model loaded (W-194). Its answer is
    /// [`super::encode_loaded`].
    pub preload: bool,
}

#[derive(Default)]
struct Body<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Item<'a> for Body<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        self.0.push((key.0, map.next_value()?));
        Ok(())
    }
}

/// Reads the body of `POST /api/chat`.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] with the path of the field at fault.
pub fn decode_request(body: &[u8]) -> Result<ClientRequest, Failure> {
    let Body(body) = fields::body(body)?;
    let mut out = begun(Route::Chat);
    for (name, value) in body {
        match name.as_ref() {
            "messages" if value.get() == "null" => {}
            "messages" => {
                let list =
                    json::items(value).ok_or_else(|| wrong_type("messages", "an array of messages"))?;
                let mut history = History::default();
                for (index, message) in list.into_iter().enumerate() {
                    let message = client_message::read(index, message, &mut history)?;
                    out.request.messages.push(message);
                }
            }
            _ => common(name, value, &mut out)?,
        }
    }
    out.preload = out.request.messages.is_empty();
    Ok(out)
}

/// Reads the body of `POST /api/generate`: one prompt, with instructions and images beside it.
///
/// # Errors
/// As [`decode_request`].
pub fn decode_generate(body: &[u8]) -> Result<ClientRequest, Failure> {
    let Body(body) = fields::body(body)?;
    let mut out = begun(Route::Generate);
    let (mut system, mut prompt, mut images) = (String::new(), String::new(), Vec::new());
    for (name, value) in body {
        let null = value.get() == "null";
        match name.as_ref() {
            "system" | "prompt" | "images" if null => {}
            "system" => system = string("system", value)?,
            "prompt" => prompt = string("prompt", value)?,
            "images" => images = client_message::images("images", value)?,
            _ => common(name, value, &mut out)?,
        }
    }
    out.preload = prompt.is_empty() && images.is_empty();
    if !system.is_empty() && !out.preload {
        out.request.messages.push(Message::text(Role::System, system));
    }
    if !out.preload {
        let mut message = Message::text(Role::User, prompt);
        message.parts.extend(images);
        out.request.messages.push(message);
    }
    Ok(out)
}

/// Reads the body of `POST /api/show`: the name of the model, under either of its names (W-192).
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] when it names none.
pub fn decode_show(body: &[u8]) -> Result<String, Failure> {
    let Body(body) = fields::body(body)?;
    let find = |wanted: &str| body.iter().find(|(name, _)| name == wanted);
    let (name, value) = find("model")
        .or_else(|| find("name"))
        .ok_or_else(|| missing("model"))?;
    let model = string(name, value)?;
    if model.is_empty() {
        return Err(missing("model"));
    }
    Ok(model)
}

/// The name of a model without the tag that stands for having none (W-191).
pub fn without_latest(model: &str) -> &str {
    model.strip_suffix(":latest").unwrap_or(model)
}

fn begun(route: Route) -> ClientRequest {
    ClientRequest {
        model: None,
        request: Request {
            stream: true,
            wire: Wire::Ollama,
            ..Request::default()
        },
        session_id: None,
        route,
        preload: false,
    }
}

fn common(name: Cow<'_, str>, value: &RawValue, out: &mut ClientRequest) -> Result<(), Failure> {
    let request = &mut out.request;
    let null = value.get() == "null";
    match name.as_ref() {
        "model" | "session_id" | "tools" | "format" | "options" | "think" if null => {}
        "model" => out.model = Some(string("model", value)?).filter(|model| !model.is_empty()),
        "session_id" => out.session_id = Some(string("session_id", value)?).filter(|id| !id.is_empty()),
        "stream" => request.stream = boolean("stream", value)?.unwrap_or(true),
        "tools" => {
            let mut declared = Declared::default();
            declared.tools(value)?;
            (request.tools, _) = declared.settle()?;
        }
        "format" => request.format = format(value)?,
        "options" => client_options::read(value, request)?,
        "think" => think(value, request)?,
        "logprobs" => request.params.logprobs = boolean("logprobs", value)?,
        "top_logprobs" => {
            let most = integer("top_logprobs", value, 0, 20)?;
            request.params.top_logprobs = most.and_then(|most| u32::try_from(most).ok());
        }
        _ => request.extra.set(name, RawJson::new(value.get())),
    }
    Ok(())
}

/// `""` and `"json"` are words, everything else is a schema.
fn format(value: &RawValue) -> Result<OutputFormat, Failure> {
    match json::text(value).as_deref() {
        Some("") => Ok(OutputFormat::Text),
        Some("json") => Ok(OutputFormat::JsonObject),
        None if value.get().starts_with('{') => Ok(OutputFormat::JsonSchema {
            name: "response".into(),
            description: None,
            schema: RawJson::new(value.get()),
            strict: None,
        }),
        Some(_) | None => Err(wrong_type("format", "'json' or a JSON Schema object")),
    }
}

/// Whether, or how much, the model shall think.
fn think(value: &RawValue, request: &mut Request) -> Result<(), Failure> {
    let params = &mut request.params;
    match value.get() {
        "false" => params.reasoning_tokens = Some(0),
        "true" => params.reasoning_effort = Some("medium".into()),
        _ => {
            let level = json::text(value).filter(|level| !level.is_empty());
            let level = level.ok_or_else(|| wrong_type("think", "a boolean or a level"))?;
            params.reasoning_effort = Some(level.into_owned());
        }
    }
    Ok(())
}
