//! The conversation as items.
//!
//! Instructions are items of the role they came with, and the field `instructions` is never used: it holds
//! one text at the beginning, while system and developer messages may be several, stand anywhere and have
//! parts with fields (W-24); as items all of them keep their place, their role and their bytes, which the
//! provider's cache goes by.
//!
//! Ids name items in the provider's store, where nothing of ours is. A wrong one is refused, so an id goes
//! back only when it came from a provider and the item behind it has one as well.

use domain::{Extra, Media, MediaSource, Message, Part, Quirks, Request, Role, Wire};

use super::carried::{CARRIED, Carried};
use super::item::{CUSTOM_CALL, unwrapped};
use super::provider_request::Notes;
use super::provider_tools::is_custom;
use crate::json::{self, Object};

/// What stands in the ids that we make for items; they mean nothing to a provider.
pub(super) const LOCAL: &str = "_local_";

/// The longest id that providers take.
const MAX_ID: usize = 64;

/// Writes the array of items.
pub(super) fn write(request: &Request, quirks: &Quirks, out: &mut Vec<u8>, notes: &mut Notes) {
    let mut input = Input {
        quirks,
        notes,
        first: true,
        custom: request
            .tools
            .iter()
            .filter(|tool| is_custom(tool))
            .map(|tool| tool.name.as_str())
            .collect(),
        custom_calls: Vec::new(),
        out,
    };
    input.out.push(b'[');
    for message in &request.messages {
        match message.role {
            Role::Assistant => input.assistant(&message.parts),
            Role::Tool => input.results(message),
            Role::System | Role::Developer | Role::User => input.message(message),
        }
    }
    input.out.push(b']');
}

/// The conversation as far as it has been written.
pub(super) struct Input<'a, 'o> {
    pub(super) quirks: &'a Quirks,
    pub(super) notes: &'a mut Notes,
    first: bool,
    /// Names of tools that take free text.
    custom: Vec<&'a str>,
    /// Ids of calls of such tools.
    custom_calls: Vec<&'a str>,
    out: &'o mut Vec<u8>,
}

impl<'a> Input<'a, '_> {
    fn open(&mut self) -> Object<'_> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        Object::open(self.out)
    }

    fn message(&mut self, message: &'a Message) {
        let (results, parts): (Vec<&Part>, Vec<&Part>) = message
            .parts
            .iter()
            .partition(|part| matches!(part, Part::ToolResult { .. }));
        for result in &results {
            self.result(result);
        }
        if parts.is_empty() && !results.is_empty() {
            return;
        }
        let role = match message.role {
            Role::Developer if self.quirks.no_developer_role => {
                self.notes.add("role developer", "sent as system");
                "system"
            }
            Role::System | Role::Developer | Role::User | Role::Assistant | Role::Tool => {
                message.role.as_str()
            }
        };
        let keep = !self.quirks.no_nested_extra_fields;
        let fields = Carried::find(&message.extra).item.unwrap_or_default();
        if message.extra.iter().any(|(name, _)| name != CARRIED) {
            self.notes
                .add("fields of messages", "left out, this wire has no field for them");
        }
        let mut content = Vec::new();
        self.content(&parts, &mut content);
        let mut object = self.open();
        object.literal("type", r#""message""#);
        object.string("role", role);
        object.key("content").extend_from_slice(&content);
        object.extra(&fields, |name| keep && goes(name, &fields, "msg_"));
        object.close();
    }

    fn results(&mut self, message: &'a Message) {
        for part in &message.parts {
            if matches!(part, Part::ToolResult { .. }) {
                self.result(part);
            } else {
                self.notes
                    .add("parts of tool messages that are no results", "left out");
            }
        }
    }

    fn result(&mut self, part: &'a Part) {
        let Part::ToolResult {
            call_id,
            parts,
            is_error,
            extra,
        } = part
        else {
            return;
        };
        if *is_error {
            self.notes
                .add("is_error of tool results", "left out, the text must tell it");
        }
        let fields = Carried::find(extra).item.unwrap_or_default();
        let custom = fields.get("type").is_some() || self.custom_calls.contains(&call_id.as_str());
        let mut output = Vec::new();
        self.content(&parts.iter().collect::<Vec<_>>(), &mut output);
        let keep = !self.quirks.no_nested_extra_fields;
        let mut object = self.open();
        if custom {
            object.literal("type", r#""custom_tool_call_output""#);
        } else {
            object.literal("type", r#""function_call_output""#);
        }
        object.string("call_id", call_id);
        object.key("output").extend_from_slice(&output);
        object.extra(&fields, |name| keep && name != "type" && goes(name, &fields, ""));
        object.close();
    }

    fn assistant(&mut self, parts: &'a [Part]) {
        let mut rest = parts;
        while let Some((part, after)) = rest.split_first() {
            let mut taken = 1;
            match part {
                Part::Text { .. } | Part::Refusal { .. } => taken = self.said(rest),
                Part::Reasoning {
                    text,
                    signature,
                    extra,
                } => {
                    let named = after.first().is_some_and(names_itself);
                    self.reasoning(text, signature.as_deref(), extra, named);
                }
                Part::ToolCall {
                    id,
                    name,
                    arguments,
                    extra,
                } => self.call(id, name, arguments, extra),
                Part::Image(media) => self.made_image(media),
                Part::Opaque {
                    wire: Wire::OpenAiResponses,
                    value,
                } => self.opaque(value.get()),
                Part::ToolResult { .. } => self.result(part),
                Part::File(_) | Part::Audio(_) | Part::Opaque { .. } => {
                    self.notes
                        .add("a part that this wire has no form for", "left out");
                }
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// Writes a message of the texts at the beginning of `parts` that belong together, and tells how many.
    fn said(&mut self, parts: &[Part]) -> usize {
        let continues = |part: &&Part| match part {
            Part::Text { extra, .. } => Carried::find(extra).item.is_none(),
            Part::Refusal { .. } => true,
            Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Reasoning { .. }
            | Part::ToolCall { .. }
            | Part::ToolResult { .. }
            | Part::Opaque { .. } => false,
        };
        let count = 1 + parts.iter().skip(1).take_while(continues).count();
        let parts = parts.get(..count).unwrap_or_default();
        let fields = match parts.first() {
            Some(Part::Text { extra, .. }) => Carried::find(extra).item.unwrap_or_default(),
            _ => Extra::new(),
        };
        let keep = !self.quirks.no_nested_extra_fields;
        let mut content = Vec::new();
        match parts {
            [Part::Text { text, extra }]
                if extra.get("annotations").is_none() && self.keeps(extra).part.is_empty() =>
            {
                self.tell_lost(extra);
                json::write_string(text, &mut content);
            }
            _ => {
                content.push(b'[');
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        content.push(b',');
                    }
                    self.said_part(part, &mut content);
                }
                content.push(b']');
            }
        }
        let mut object = self.open();
        object.literal("type", r#""message""#);
        object.literal("role", r#""assistant""#);
        object.key("content").extend_from_slice(&content);
        object.extra(&fields, |name| keep && goes(name, &fields, "msg_"));
        object.close();
        count
    }

    fn said_part(&mut self, part: &Part, out: &mut Vec<u8>) {
        if let Part::Refusal { text } = part {
            let mut object = Object::open(out);
            object.literal("type", r#""refusal""#);
            object.string("refusal", text);
            object.close();
        } else if let Part::Text { text, extra } = part {
            self.tell_lost(extra);
            let mut object = Object::open(out);
            object.literal("type", r#""output_text""#);
            object.string("text", text);
            object.extra(extra, |name| name == "annotations");
            object.extra(&self.keeps(extra).part, |_| true);
            object.close();
        }
    }

    /// Reasoning goes back when it is sealed, or when the provider shows it raw and wants it so (W-172).
    fn reasoning(&mut self, text: &str, signature: Option<&str>, extra: &Extra, named: bool) {
        let raw = extra.get("summary").is_some_and(|summary| summary.get() == "[]");
        let foreign = extra.get("redacted").is_some();
        if self.quirks.no_reasoning_history {
            return self.notes.add("reasoning", "left out, the provider refuses it");
        }
        if foreign || (signature.is_none() && !raw && extra.get("content").is_none()) {
            return self.notes.add(
                "reasoning without a seal",
                "left out, this wire does not take it back",
            );
        }
        let keep = !self.quirks.no_nested_extra_fields;
        let mut object = self.open();
        object.literal("type", r#""reasoning""#);
        if named && goes("id", extra, "rs_") {
            object.extra(extra, |name| name == "id");
        }
        let part = |kind: &str, out: &mut Vec<u8>| {
            out.push(b'[');
            if !text.is_empty() {
                let mut part = Object::open(out);
                part.string("type", kind);
                part.string("text", text);
                part.close();
            }
            out.push(b']');
        };
        match extra.get("summary") {
            Some(summary) => object.raw("summary", summary.get()),
            None => part("summary_text", object.key("summary")),
        }
        match extra.get("content") {
            Some(content) => object.raw("content", content.get()),
            None if raw => part("reasoning_text", object.key("content")),
            None => {}
        }
        if let Some(signature) = signature {
            object.string("encrypted_content", signature);
        }
        object.extra(extra, |name| {
            keep && !matches!(name, "id" | "summary" | "content" | "encrypted_content" | "type")
        });
        object.close();
    }

    fn call(&mut self, id: &'a str, name: &str, arguments: &str, extra: &Extra) {
        let fields = Carried::find(extra).item.unwrap_or_default();
        let custom = fields.get("type").is_some() || self.custom.contains(&name);
        if custom {
            self.custom_calls.push(id);
        }
        if extra.iter().any(|(name, _)| name != CARRIED) {
            self.notes.add(
                "fields of tool calls",
                "left out, this wire has no field for them",
            );
        }
        let keep = !self.quirks.no_nested_extra_fields;
        let mut object = self.open();
        if custom {
            object.string("type", CUSTOM_CALL);
        } else {
            object.literal("type", r#""function_call""#);
        }
        object.string("call_id", id);
        object.string("name", name);
        if custom {
            object.string("input", &unwrapped(arguments));
        } else if arguments.trim().is_empty() {
            object.literal("arguments", r#""{}""#);
        } else {
            object.string("arguments", arguments);
        }
        object.extra(&fields, |name| {
            keep && !matches!(name, "type" | "namespace") && goes(name, &fields, call_prefix(custom))
        });
        object.close();
    }

    fn made_image(&mut self, media: &Media) {
        let fields = Carried::find(&media.extra).item;
        let (Some(fields), MediaSource::Base64 { data }) = (fields, &media.source) else {
            return self
                .notes
                .add("images in answers", "left out, this wire has no form for them");
        };
        let mut object = self.open();
        object.extra(&fields, |_| true);
        object.string("result", data);
        object.close();
    }

    fn opaque(&mut self, value: &str) {
        let kind = serde_json::from_str::<&serde_json::value::RawValue>(value)
            .ok()
            .and_then(super::item::Item::parse);
        if kind.is_some_and(|item| item.kind() == "item_reference") {
            return self
                .notes
                .add("item_reference", "left out, the provider keeps nothing of ours");
        }
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        json::write_raw(value, self.out);
    }
}

/// Whether the item that begins with this part goes out with an id.
fn names_itself(part: &Part) -> bool {
    let extra = match part {
        Part::Text { extra, .. } | Part::ToolCall { extra, .. } => extra,
        Part::Image(_)
        | Part::File(_)
        | Part::Audio(_)
        | Part::Reasoning { .. }
        | Part::Refusal { .. }
        | Part::ToolResult { .. }
        | Part::Opaque { .. } => return false,
    };
    let fields = Carried::find(extra).item.unwrap_or_default();
    let prefix = if matches!(part, Part::ToolCall { .. }) {
        call_prefix(fields.get("type").is_some())
    } else {
        "msg_"
    };
    goes("id", &fields, prefix)
}

/// What the ids of calls begin with.
fn call_prefix(custom: bool) -> &'static str {
    if custom { "ctc_" } else { "fc_" }
}

/// Whether a field of an item goes back: an id only when a provider may have made it.
fn goes(name: &str, fields: &Extra, prefix: &str) -> bool {
    if name != "id" {
        return true;
    }
    let id = fields.get("id").and_then(|id| id.parse::<String>().ok());
    id.is_some_and(|id| id.starts_with(prefix) && id.len() <= MAX_ID && !id.contains(LOCAL))
}
