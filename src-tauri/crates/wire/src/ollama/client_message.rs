//! One message of a request (W-193).

use domain::{Extra, Failure, Message, Part, RawJson, Role};
use serde_json::value::RawValue;

use super::provider_chunk::image;
use crate::fields::{missing, string, wrong_type};
use crate::ids::{fnv, made_id};
use crate::json;

/// The calls so far, by which results without an id find theirs.
#[derive(Default)]
pub(super) struct History {
    calls: Vec<Called>,
}

struct Called {
    id: String,
    name: String,
    answered: bool,
}

impl History {
    fn call(&mut self, id: Option<String>, name: &str, arguments: &str) -> String {
        let seed = fnv(fnv(0, name.as_bytes()), arguments.as_bytes());
        let at = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        let id = id.unwrap_or_else(|| made_id(seed, at));
        self.calls.push(Called {
            id: id.clone(),
            name: name.to_owned(),
            answered: false,
        });
        id
    }

    /// The call that a result answers: the one it names, else the first open one of its tool, else the first
    /// open one.
    fn answer(&mut self, id: Option<String>, name: Option<&str>) -> String {
        let open = |called: &Called| !called.answered;
        let at = match (&id, name) {
            (Some(id), _) => self.calls.iter().position(|call| open(call) && call.id == *id),
            (None, Some(name)) => self
                .calls
                .iter()
                .position(|call| open(call) && call.name == name)
                .or_else(|| self.calls.iter().position(open)),
            (None, None) => self.calls.iter().position(open),
        };
        let found = at.and_then(|at| self.calls.get_mut(at));
        if let Some(call) = found {
            call.answered = true;
            return call.id.clone();
        }
        // it answers nothing; whoever checks that will say so
        id.unwrap_or_else(|| made_id(fnv(0, name.unwrap_or_default().as_bytes()), u32::MAX))
    }
}

/// Reads a message; `index` is its place in the request.
pub(super) fn read(index: usize, value: &RawValue, history: &mut History) -> Result<Message, Failure> {
    let path = |field: &str| format!("messages[{index}].{field}");
    let list = json::fields(value).ok_or_else(|| wrong_type(&format!("messages[{index}]"), "an object"))?;
    let (mut role, mut text, mut thinking, mut pictures) = (None, String::new(), None, Vec::new());
    let (mut calls, mut tool_name, mut call_id) = (None, None, None);
    let mut extra = Extra::new();
    for (name, value) in list {
        match name.as_ref() {
            _ if value.get() == "null" => {}
            "role" => role = Some(string(&path("role"), value)?),
            "content" => text = string(&path("content"), value)?,
            "thinking" => thinking = Some(string(&path("thinking"), value)?),
            "images" => pictures = images(&path("images"), value)?,
            "tool_calls" => calls = Some(value),
            // its older name is `name`
            "tool_name" | "name" => tool_name = Some(string(&path(&name), value)?),
            "tool_call_id" => call_id = Some(string(&path("tool_call_id"), value)?),
            _ => extra.set(name, RawJson::new(value.get())),
        }
    }
    let role = role.ok_or_else(|| missing(&path("role")))?;
    let role = Role::parse(&role).ok_or_else(|| {
        Failure::invalid(
            &path("role"),
            "A role is 'system', 'user', 'assistant' or 'tool'.",
        )
        .with_code("invalid_value")
    })?;
    let mut parts = Vec::new();
    if let Some(thinking) = thinking.filter(|text| !text.is_empty()) {
        parts.push(Part::reasoning(thinking));
    }
    // a message of images or calls has an empty text beside them
    if !text.is_empty() || (pictures.is_empty() && calls.is_none()) {
        parts.push(Part::text(text));
    }
    parts.extend(pictures);
    if let Some(calls) = calls {
        tool_calls(calls, &path("tool_calls"), history, &mut parts)?;
    }
    if role == Role::Tool {
        parts = vec![Part::ToolResult {
            call_id: history.answer(call_id.filter(|id| !id.is_empty()), tool_name.as_deref()),
            parts,
            is_error: false,
            extra: Extra::new(),
        }];
    } else if let Some(name) = tool_name {
        extra.set("name", RawJson::of(&name.into()));
    }
    Ok(Message { role, parts, extra })
}

/// Reads a list of images: bare base64, or in a data URL, which some clients send.
pub(super) fn images(path: &str, value: &RawValue) -> Result<Vec<Part>, Failure> {
    let list = json::items(value).ok_or_else(|| wrong_type(path, "an array of strings"))?;
    list.into_iter()
        .enumerate()
        .map(|(at, value)| {
            let data = string(&format!("{path}[{at}]"), value)?;
            Ok(match data.split_once(";base64,") {
                Some((head, data)) if head.starts_with("data:") => image(data.to_owned()),
                Some(_) | None => image(data),
            })
        })
        .collect()
}

fn tool_calls(
    value: &RawValue,
    path: &str,
    history: &mut History,
    parts: &mut Vec<Part>,
) -> Result<(), Failure> {
    let list = json::items(value).ok_or_else(|| wrong_type(path, "an array of tool calls"))?;
    for (at, call) in list.into_iter().enumerate() {
        let path = format!("{path}[{at}]");
        let (mut id, mut function, mut extra) = (None, None, Extra::new());
        for (name, value) in json::fields(call).ok_or_else(|| wrong_type(&path, "an object"))? {
            match name.as_ref() {
                _ if value.get() == "null" => {}
                "id" => id = Some(string(&format!("{path}.id"), value)?).filter(|id| !id.is_empty()),
                "function" => function = Some(value),
                "type" | "index" => {}
                _ => extra.set(name, RawJson::new(value.get())),
            }
        }
        let path = format!("{path}.function");
        let function = function.ok_or_else(|| missing(&path))?;
        let (mut name, mut arguments) = (None, "{}".to_owned());
        for (key, value) in json::fields(function).ok_or_else(|| wrong_type(&path, "an object"))? {
            match key.as_ref() {
                "name" => name = Some(string(&format!("{path}.name"), value)?),
                "arguments" if value.get() == "null" => {}
                // an object, or the text of one as on other wires
                "arguments" if value.get().starts_with('{') => arguments = value.get().to_owned(),
                "arguments" => arguments = string(&format!("{path}.arguments"), value)?,
                _ => {}
            }
        }
        let name = name.ok_or_else(|| missing(&format!("{path}.name")))?;
        parts.push(Part::ToolCall {
            id: history.call(id, &name, &arguments),
            name,
            arguments,
            extra,
        });
    }
    Ok(())
}
