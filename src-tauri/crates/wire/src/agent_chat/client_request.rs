//! A client's request body, in both of its forms: a list of messages, and one message alone.

use domain::{Applied, Failure, Message, Part, RawJson, Request, Role};
use serde_json::value::RawValue;

use crate::fields::{self, boolean, missing, string, wrong_type};
use crate::json::Fields;
use crate::notes::Notes;
use crate::openai_chat::{self, client_params, reasoning};

/// A request with what is not part of the conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientRequest {
    /// The agent that the body names; `None` when its path does.
    pub agent: Option<String>,
    /// The request itself.
    pub request: Request,
    /// The session that is to be continued.
    pub session_id: Option<String>,
    /// What of the request has no place in this form.
    pub dropped: Vec<Applied>,
}

/// Reads `{"agent_id", "messages", "session_id", "stream"}`; parameters of chat completions may stand beside
/// them.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] with the path of the field at fault.
pub fn decode_request(body: &[u8]) -> Result<ClientRequest, Failure> {
    let openai_chat::ClientRequest {
        model,
        mut request,
        session_id,
        ..
    } = openai_chat::decode_request(body)?;
    let agent = request
        .extra
        .take("agent_id")
        .filter(|agent| agent.get() != "null")
        .ok_or_else(|| missing("agent_id"))?;
    let agent: String = agent.parse().map_err(|_| wrong_type("agent_id", "a string"))?;
    if agent.is_empty() {
        return Err(missing("agent_id"));
    }
    let mut dropped = Notes::default();
    if let Some(model) = model.filter(|model| *model != agent) {
        dropped.add("model", &format!("dropped {model}: agent_id decides"));
    }
    without_tools(&mut request, &mut dropped);
    Ok(ClientRequest {
        agent: Some(agent),
        request,
        session_id,
        dropped: dropped.take(),
    })
}

/// Reads `{"message", "session_id"}`, where `stream` and parameters of chat completions may stand beside
/// them.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] with the path of the field at fault.
pub fn decode_message(body: &[u8]) -> Result<ClientRequest, Failure> {
    let body: Fields<'_> = fields::body(body)?;
    let mut out = ClientRequest::default();
    let mut limits = client_params::Limits::default();
    let mut message = None;
    for (name, value) in body.0 {
        let request = &mut out.request;
        let null = value.get() == "null";
        match name.as_ref() {
            "message" | "session_id" if null => {}
            "message" => message = Some(read_message(value)?),
            "session_id" => out.session_id = Some(string("session_id", value)?).filter(|id| !id.is_empty()),
            "stream" => request.stream = boolean("stream", value)?.unwrap_or(false),
            known if client_params::read(known, value, &mut request.params, &mut limits)? => {}
            _ => request.extra.set(name, RawJson::new(value.get())),
        }
    }
    limits.settle(&mut out.request.params)?;
    reasoning::read(&mut out.request.extra, &mut out.request.params)?;
    out.request
        .messages
        .push(message.ok_or_else(|| missing("message"))?);
    let mut dropped = Notes::default();
    for tools in ["tools", "tool_choice", "functions", "function_call"] {
        if out.request.extra.take(tools).is_some() {
            dropped.add(tools, DROPPED);
        }
    }
    out.dropped = dropped.take();
    Ok(out)
}

const DROPPED: &str = "dropped: this route's answers have no place for calls";

fn without_tools(request: &mut Request, dropped: &mut Notes) {
    if !request.tools.is_empty() {
        request.tools.clear();
        dropped.add("tools", DROPPED);
    }
    request.tool_choice = None;
}

fn read_message(value: &RawValue) -> Result<Message, Failure> {
    let text = string("message", value)?;
    if text.trim().is_empty() {
        return Err(Failure::invalid("message", "'message' holds no text.").with_code("empty_string"));
    }
    Ok(Message {
        role: Role::User,
        parts: vec![Part::text(text)],
        extra: domain::Extra::new(),
    })
}
