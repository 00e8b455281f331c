//! One message of a request (W-141 to W-143).

use std::borrow::Cow;

use domain::{Extra, Failure, Message, Part, RawJson, Role};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::block;
use crate::fields::{missing, wrong_type};
use crate::json::{Item, Key, Text};

/// A message whose fields have been told apart but not judged.
#[derive(Default)]
pub(super) struct Said<'a> {
    role: Text<'a>,
    content: Option<&'a RawValue>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Said<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "role" => self.role = map.next_value()?,
            "content" => self.content = Some(map.next_value()?),
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

impl Said<'_> {
    /// Judges the message and appends what it says; `index` is its place in the request. The results of
    /// tools in a message of the user become messages of their own, before it.
    pub(super) fn read(self, index: usize, out: &mut Vec<Message>) -> Result<(), Failure> {
        let path = |field: &str| format!("messages[{index}].{field}");
        let role = match &self.role {
            Text::Absent => return Err(missing(&path("role"))),
            Text::Wrong => return Err(wrong_type(&path("role"), "a string")),
            Text::Str(role) => Role::parse(role).filter(|role| *role != Role::Tool),
        };
        let role = role.ok_or_else(|| {
            Failure::invalid(
                &path("role"),
                "A role is 'user' or 'assistant', or 'system' for instructions.",
            )
            .with_code("invalid_value")
        })?;
        let mut extra = Extra::new();
        for (name, value) in self.rest {
            extra.set(name, RawJson::new(value.get()));
        }
        let content = self.content.ok_or_else(|| missing(&path("content")))?;
        let parts = block::list(&path("content"), content)?;
        if role != Role::User {
            out.push(Message { role, parts, extra });
            return Ok(());
        }
        let result = |part: &Part| matches!(part, Part::ToolResult { .. });
        let (results, parts): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(result);
        let alone = !results.is_empty() && parts.is_empty();
        for part in results {
            out.push(Message {
                role: Role::Tool,
                parts: vec![part],
                // it belongs to the whole message, and this is all that is left of it
                extra: if alone {
                    std::mem::take(&mut extra)
                } else {
                    Extra::new()
                },
            });
        }
        if !alone {
            out.push(Message { role, parts, extra });
        }
        Ok(())
    }
}
