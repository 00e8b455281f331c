//! One message of a request (W-24 to W-29, W-33).

use std::borrow::Cow;

use domain::{Extra, Failure, Part, RawJson, Role};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::{FUNCTION, part};
use crate::fields::{missing, string, wrong_type};
use crate::json::{self, Content, Item, Key, Text};

/// A message whose fields have been told apart but not judged.
#[derive(Default)]
pub(super) struct Message<'a> {
    role: Text<'a>,
    content: Content<'a>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Message<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "role" => self.role = map.next_value()?,
            "content" => self.content = map.next_value()?,
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

/// What later messages must know of earlier ones: legacy function calls have no ids, so they get one, and
/// the result that follows is found by the function's name.
#[derive(Default)]
pub(super) struct History {
    legacy: Vec<(String, String)>,
}

impl History {
    fn call(&mut self, name: &str) -> String {
        let id = format!("call_function_{}", self.legacy.len());
        self.legacy.push((name.to_owned(), id.clone()));
        id
    }

    fn answer(&self, name: &str) -> String {
        let latest = self.legacy.iter().rev().find(|(called, _)| called == name);
        latest.map_or_else(|| "call_function".to_owned(), |(_, id)| id.clone())
    }
}

impl Message<'_> {
    /// Judges the message; `index` is its place in the request.
    pub(super) fn read(self, index: usize, history: &mut History) -> Result<domain::Message, Failure> {
        let path = |field: &str| format!("messages[{index}].{field}");
        let role = match &self.role {
            Text::Absent => return Err(missing(&path("role"))),
            Text::Wrong => return Err(wrong_type(&path("role"), "a string")),
            Text::Str(role) => role.as_ref(),
        };
        let legacy = role == "function";
        let role = match Role::parse(role) {
            Some(role) => role,
            None if legacy => Role::Tool,
            None => {
                return Err(Failure::invalid(
                    &path("role"),
                    "A role is 'system', 'developer', 'user', 'assistant', 'tool' or 'function'.",
                )
                .with_code("invalid_value"));
            }
        };
        let mut parts = content(self.content, role, index)?;
        let mut extra = Extra::new();
        let (mut call_id, mut reasoning) = (None, None);
        for (name, value) in self.rest {
            let null = value.get() == "null";
            match (role, name.as_ref()) {
                (Role::Assistant, "tool_calls") if !null => tool_calls(value, index, &mut parts)?,
                (Role::Assistant, "function_call") if !null => {
                    parts.push(legacy_call(value, &path("function_call"), history)?);
                }
                (Role::Assistant, "refusal") if !null => parts.push(Part::Refusal {
                    text: string(&path("refusal"), value)?,
                }),
                (Role::Assistant, "reasoning_content") if !null => {
                    reasoning = Some(string(&path("reasoning_content"), value)?);
                }
                (Role::Tool, "tool_call_id") if !legacy => {
                    call_id = Some(string(&path("tool_call_id"), value)?)
                }
                (Role::Tool, "name") if legacy => {
                    call_id = Some(history.answer(&string(&path("name"), value)?))
                }
                // some clients write every field of their own type
                _ if null => {}
                _ => extra.set(name, RawJson::new(value.get())),
            }
        }
        if role == Role::Assistant {
            // two names for one text (A.4); the one that was used alone is kept, for providers we do not know
            let other = extra.get("reasoning").and_then(|text| text.parse().ok());
            match &reasoning {
                Some(_) => drop(other.and_then(|_: String| extra.take("reasoning"))),
                None => reasoning = other,
            }
            parts.splice(0..0, reasoning.map(Part::reasoning));
        }
        if role == Role::Tool {
            let needed = if legacy { "name" } else { "tool_call_id" };
            parts = vec![Part::ToolResult {
                call_id: call_id.ok_or_else(|| missing(&path(needed)))?,
                parts,
                is_error: false,
                extra: Extra::new(),
            }];
        }
        Ok(domain::Message { role, parts, extra })
    }
}

fn content(content: Content<'_>, role: Role, index: usize) -> Result<Vec<Part>, Failure> {
    let path = format!("messages[{index}].content");
    match content {
        Content::Text(text) => Ok(vec![Part::text(text)]),
        Content::Parts(list) => list
            .into_iter()
            .enumerate()
            .map(|(at, value)| part::read(&format!("{path}[{at}]"), value))
            .collect(),
        Content::Absent if matches!(role, Role::Assistant | Role::Tool) => Ok(Vec::new()),
        Content::Absent => Err(missing(&path)),
        Content::Wrong => Err(wrong_type(&path, "a string or an array of parts")),
    }
}

fn tool_calls(value: &RawValue, index: usize, parts: &mut Vec<Part>) -> Result<(), Failure> {
    let path = format!("messages[{index}].tool_calls");
    let list = json::items(value).ok_or_else(|| wrong_type(&path, "an array of tool calls"))?;
    for (at, call) in list.into_iter().enumerate() {
        parts.push(tool_call(call, &format!("{path}[{at}]"))?);
    }
    Ok(())
}

fn tool_call(value: &RawValue, path: &str) -> Result<Part, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let mut id = None;
    let mut function = None;
    let mut extra = Extra::new();
    for (name, value) in fields {
        match name.as_ref() {
            "id" => id = Some(string(&format!("{path}.id"), value)?),
            "type" if value.get() == r#""function""# || value.get() == "null" => {}
            "function" => function = Some(value),
            _ => extra.set(name, RawJson::new(value.get())),
        }
    }
    let id = id.ok_or_else(|| missing(&format!("{path}.id")))?;
    // a call of another kind than a function is carried whole, and `type` marks it
    if let (None, Some(kind)) = (function, extra.get("type")) {
        let name = kind.parse::<String>().unwrap_or_default();
        return Ok(Part::ToolCall {
            id,
            name,
            arguments: "{}".into(),
            extra,
        });
    }
    let path = format!("{path}.function");
    let (name, arguments) = function_call(function.ok_or_else(|| missing(&path))?, &path, &mut extra)?;
    Ok(Part::ToolCall {
        id,
        name,
        arguments,
        extra,
    })
}

fn legacy_call(value: &RawValue, path: &str, history: &mut History) -> Result<Part, Failure> {
    let mut extra = Extra::new();
    let (name, arguments) = function_call(value, path, &mut extra)?;
    Ok(Part::ToolCall {
        id: history.call(&name),
        name,
        arguments,
        extra,
    })
}

fn function_call(value: &RawValue, path: &str, extra: &mut Extra) -> Result<(String, String), Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let mut name = None;
    let mut arguments = String::new();
    for (key, value) in fields {
        match key.as_ref() {
            "name" => name = Some(string(&format!("{path}.name"), value)?),
            "arguments" if value.get() == "null" => {}
            // an object instead of its text is a common slip that can be read without a doubt
            "arguments" if value.get().starts_with('{') => arguments = value.get().to_owned(),
            "arguments" => arguments = string(&format!("{path}.arguments"), value)?,
            _ => extra.set(format!("{FUNCTION}{key}"), RawJson::new(value.get())),
        }
    }
    Ok((name.ok_or_else(|| missing(&format!("{path}.name")))?, arguments))
}

/// Checks that each tool result answers a call before it and that each call is answered before somebody
/// else speaks (W-29). It is apart from [`super::decode_request`] because a request that continues a
/// session holds only the new messages; the calls then stand in the stored ones.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] naming the message.
pub fn check_tool_results(messages: &[domain::Message]) -> Result<(), Failure> {
    let mut open: Vec<&str> = Vec::new();
    let mut asked_at = 0;
    for (index, message) in messages.iter().enumerate() {
        let own = message.own_calls();
        let results = |part: &Part| matches!(part, Part::ToolResult { .. }) && own.is_empty();
        for part in &message.parts {
            if let Part::ToolResult { call_id, .. } = part
                && own.is_empty()
            {
                let Some(at) = open.iter().position(|id| id == call_id) else {
                    return Err(Failure::invalid(
                        &format!("messages[{index}].tool_call_id"),
                        "Invalid parameter: messages with role 'tool' must be a response to a preceeding \
                         message with 'tool_calls'.",
                    ));
                };
                open.swap_remove(at);
            }
        }
        if !message.parts.iter().any(results) && !open.is_empty() {
            return Err(unanswered(asked_at));
        }
        for part in &message.parts {
            if let Part::ToolCall { id, .. } = part
                && !own.contains(&id.as_str())
            {
                open.push(id);
                asked_at = index;
            }
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(unanswered(asked_at))
    }
}

fn unanswered(index: usize) -> Failure {
    Failure::invalid(
        &format!("messages[{index}].tool_calls"),
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
         'tool_call_id'.",
    )
}
