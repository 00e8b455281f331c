//! A client's request body, read into the domain. The model and whether to stream stand in the path.
//!
//! Google's server takes every field in `camelCase` and in `snake_case`, and its own libraries have sent both.

use std::borrow::Cow;

use domain::{Extra, Failure, Message, Part, RawJson, Request, Role, Wire};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::part::{self, Piece};
use super::tool::{Call, Outcome};
use super::{CONTENT, client_params, client_tools};
use crate::fields::{self, missing, string, wrong_type};
use crate::ids::{fnv, made_id};
use crate::json::{self, Content, Item, Key};

/// A request with what is not part of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientRequest {
    /// `model`, where a client repeats it in the body; the path says it otherwise.
    pub model: Option<String>,
    /// The request itself; `stream` is left to whoever knows the path.
    pub request: Request,
    /// The session that is to be continued.
    pub session_id: Option<String>,
}

#[derive(Default)]
struct Body<'a> {
    contents: Content<'a>,
    system: Option<&'a RawValue>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Body<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "contents" => self.contents = map.next_value()?,
            "systemInstruction" | "system_instruction" => self.system = Some(map.next_value()?),
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

/// Reads the body of `POST /v1beta/models/{id}:generateContent` and `:streamGenerateContent`.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] with the path of the field at fault.
pub fn decode_request(body: &[u8]) -> Result<ClientRequest, Failure> {
    let body: Body<'_> = fields::body(body)?;
    let mut out = ClientRequest {
        model: None,
        request: Request {
            wire: Wire::Gemini,
            ..Request::default()
        },
        session_id: None,
    };
    let request = &mut out.request;
    for (name, value) in body.rest {
        match name.as_ref() {
            _ if value.get() == "null" => {}
            "model" => {
                let model = string("model", value)?;
                let bare = model.strip_prefix("models/").unwrap_or(&model);
                out.model = Some(bare.to_owned()).filter(|model| !model.is_empty());
            }
            "session_id" => out.session_id = Some(string("session_id", value)?).filter(|id| !id.is_empty()),
            "tools" => client_tools::tools(value, request)?,
            "toolConfig" | "tool_config" => client_tools::config(value, request)?,
            "generationConfig" | "generation_config" => client_params::read(value, request)?,
            _ => request.extra.set(name, RawJson::new(value.get())),
        }
    }
    if let Some(system) = body.system.filter(|value| value.get() != "null") {
        request.messages.push(instruction(system)?);
    }
    let contents = match body.contents {
        Content::Parts(list) if !list.is_empty() => list,
        Content::Parts(_) => {
            return Err(
                Failure::invalid("contents", "'contents' must hold at least one content.")
                    .with_code("empty_array"),
            );
        }
        Content::Absent => return Err(missing("contents")),
        Content::Text(_) | Content::Wrong => return Err(wrong_type("contents", "an array of contents")),
    };
    let mut history = History::default();
    for (at, content) in contents.into_iter().enumerate() {
        read_content(
            &format!("contents[{at}]"),
            content,
            &mut history,
            &mut request.messages,
        )?;
    }
    Ok(out)
}

/// A content whose parts have been told apart.
struct Spoken {
    role: Option<String>,
    pieces: Vec<Piece>,
    extra: Extra,
}

fn spoken(path: &str, value: &RawValue) -> Result<Spoken, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let mut out = Spoken {
        role: None,
        pieces: Vec::new(),
        extra: Extra::new(),
    };
    for (name, value) in fields {
        match name.as_ref() {
            _ if value.get() == "null" => {}
            "role" => {
                out.role = Some(string(&format!("{path}.role"), value)?).filter(|role| !role.is_empty())
            }
            "parts" => {
                let path = format!("{path}.parts");
                // a lone part instead of a list of one, which Google's server takes
                let list = match json::items(value) {
                    Some(list) => list,
                    None if value.get().starts_with('{') => vec![value],
                    None => return Err(wrong_type(&path, "an array of parts")),
                };
                for (at, value) in list.into_iter().enumerate() {
                    out.pieces.push(part::read(&format!("{path}[{at}]"), value)?);
                }
            }
            _ => out
                .extra
                .set(format!("{CONTENT}{name}"), RawJson::new(value.get())),
        }
    }
    Ok(out)
}

fn instruction(value: &RawValue) -> Result<Message, Failure> {
    if let Some(text) = json::text(value) {
        return Ok(Message::text(Role::System, text));
    }
    let spoken = spoken("systemInstruction", value)?;
    let mut parts = Vec::new();
    for piece in spoken.pieces {
        match piece {
            Piece::Said(part) => parts.push(part),
            Piece::Call(_) | Piece::Outcome(_) => {
                return Err(wrong_type("systemInstruction.parts", "texts"));
            }
            Piece::Nothing => {}
        }
    }
    Ok(Message {
        role: Role::System,
        parts,
        extra: spoken.extra,
    })
}

/// Calls that wait for their result: ids may be missing on both sides, and then the name and the order tell.
#[derive(Default)]
struct History {
    open: Vec<(String, String)>,
    made: u32,
}

impl History {
    fn call(&mut self, call: Call) -> Part {
        let id = call.id.unwrap_or_else(|| {
            let seed = fnv(fnv(0, call.name.as_bytes()), call.arguments.as_bytes());
            self.made = self.made.wrapping_add(1);
            made_id(seed, self.made)
        });
        self.open.push((call.name.clone(), id.clone()));
        Part::ToolCall {
            id,
            name: call.name,
            arguments: call.arguments,
            extra: call.extra,
        }
    }

    fn outcome(&mut self, outcome: Outcome) -> Part {
        let found = self.open.iter().position(|(name, id)| match &outcome.id {
            Some(wanted) => wanted == id,
            None => outcome.name == *name,
        });
        let id = match (found, outcome.id) {
            (Some(at), _) => self.open.remove(at).1,
            (None, Some(id)) => id,
            // its call is in an earlier part of the session, if anywhere
            (None, None) => made_id(fnv(0, outcome.name.as_bytes()), 0),
        };
        Part::ToolResult {
            call_id: id,
            parts: outcome.parts,
            is_error: outcome.is_error,
            extra: outcome.extra,
        }
    }
}

fn read_content(
    path: &str,
    value: &RawValue,
    history: &mut History,
    messages: &mut Vec<Message>,
) -> Result<(), Failure> {
    let spoken = spoken(path, value)?;
    let calls = |piece: &Piece| matches!(piece, Piece::Call(_));
    let role = match spoken.role.as_deref() {
        Some("model" | "assistant") => Role::Assistant,
        Some("system") => Role::System,
        Some("user" | "function" | "tool") => Role::User,
        None if spoken.pieces.iter().any(calls) => Role::Assistant,
        None => Role::User,
        Some(_) => {
            return Err(
                Failure::invalid(&format!("{path}.role"), "A role is 'user' or 'model'.")
                    .with_code("invalid_value"),
            );
        }
    };
    let (mut results, mut parts) = (Vec::new(), Vec::new());
    for (at, piece) in spoken.pieces.into_iter().enumerate() {
        match piece {
            Piece::Said(part) => parts.push(part),
            Piece::Call(call) if role == Role::Assistant => parts.push(history.call(call)),
            Piece::Outcome(outcome) if role == Role::User => results.push(history.outcome(outcome)),
            Piece::Call(_) | Piece::Outcome(_) => {
                return Err(Failure::invalid(
                    &format!("{path}.parts[{at}]"),
                    "Calls are the model's and their results are the user's.",
                )
                .with_code("invalid_value"));
            }
            Piece::Nothing => {}
        }
    }
    // results stand alone and first, as on every other wire (W-143)
    let extra = spoken.extra;
    let alone = parts.is_empty() && !results.is_empty();
    if !results.is_empty() {
        messages.push(Message {
            role: Role::Tool,
            parts: results,
            extra: if alone { extra.clone() } else { Extra::new() },
        });
    }
    if !alone {
        messages.push(Message { role, parts, extra });
    }
    Ok(())
}
