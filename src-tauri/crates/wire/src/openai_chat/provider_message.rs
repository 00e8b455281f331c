//! Messages as a provider of this wire reads them.
//!
//! The domain keeps tool results as parts, this wire as messages of their own, directly after the calls.
//! What a provider wants to see of its earlier turns differs most of all: its reasoning under three names or
//! in a part, its ids in a form of its own, its last word not at the end (W-171 to W-173).

use domain::{Extra, MediaSource, Message, Part, Quirks, RawJson, ReasoningField, Request, Role, Wire};

use super::client_answer::{joined, write_call};
use super::part;
use super::provider_request::{carries, drops, schema_instruction};
use super::reasoning_details;
use crate::ids::{self, NineCharacters};
use crate::json::{self, Object};
use crate::notes::Notes;

/// Writes the array of messages.
pub(super) fn write_all(request: &Request, quirks: &Quirks, out: &mut Vec<u8>, notes: &mut Notes) {
    let calls = |message: &Message| {
        message
            .parts
            .iter()
            .any(|part| matches!(part, Part::ToolCall { .. }))
    };
    let mut history = History {
        quirks,
        ids: quirks
            .nine_character_ids
            .then(|| nine_characters(&request.messages)),
        reasons_always: quirks.reasoning_with_tools
            && (!request.tools.is_empty() || request.messages.iter().any(calls)),
        list: List { out, first: true },
        notes,
        own: request.wire == Wire::OpenAiChat,
        names: Vec::new(),
        pictures: Vec::new(),
    };
    history.list.out.push(b'[');
    let last = request.messages.len().wrapping_sub(1);
    // after the instructions and before all else, where it disturbs no prompt cache
    let instruction = schema_instruction(request, quirks).map(|text| {
        let led = request
            .messages
            .iter()
            .take_while(|message| message.role.instructs());
        (led.count(), text)
    });
    for (at, message) in request.messages.iter().enumerate() {
        history.instruct(instruction.as_ref().filter(|(before, _)| *before == at));
        history.write(message, at == last);
    }
    history.show();
    history.instruct(instruction.as_ref().filter(|(before, _)| *before > last));
    history.list.out.push(b']');
}

fn nine_characters(messages: &[Message]) -> NineCharacters<'_> {
    let mut ids = NineCharacters::default();
    for part in messages.iter().flat_map(|message| &message.parts) {
        match part {
            Part::ToolCall { id, .. } | Part::ToolResult { call_id: id, .. } => ids.add(id),
            Part::Text { .. }
            | Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Reasoning { .. }
            | Part::Refusal { .. }
            | Part::Opaque { .. } => {}
        }
    }
    ids
}

struct List<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl List<'_> {
    fn item(&mut self) -> Object<'_> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        Object::open(self.out)
    }
}

struct History<'o, 'r> {
    quirks: &'r Quirks,
    ids: Option<NineCharacters<'r>>,
    /// Every message of the assistant carries reasoning, an empty one where it is lost.
    reasons_always: bool,
    list: List<'o>,
    notes: &'o mut Notes,
    /// Whether it is a client of this wire that asks.
    own: bool,
    /// Ids of calls and the tools they are of.
    names: Vec<(&'r str, &'r str)>,
    /// Images of the tool messages that were written last, with the tool's name.
    pictures: Vec<(Option<&'r str>, &'r Part)>,
}

impl<'r> History<'_, 'r> {
    fn instruct(&mut self, instruction: Option<&(usize, String)>) {
        if let Some((_, text)) = instruction {
            let mut object = self.list.item();
            object.literal("role", r#""system""#);
            object.string("content", text);
            object.close();
        }
    }

    fn id<'i>(&'i self, id: &'i str) -> std::borrow::Cow<'i, str> {
        match self.ids.as_ref().and_then(|ids| ids.get(id)) {
            Some(short) => short.into(),
            None => ids::original(id),
        }
    }

    fn write(&mut self, message: &'r Message, last: bool) {
        let results = message.parts.iter().filter_map(|part| {
            if let Part::ToolResult { call_id, parts, .. } = part {
                Some((call_id, parts))
            } else {
                None
            }
        });
        let of_tool = message.role == Role::Tool;
        if !of_tool && results.clone().next().is_none() {
            self.show();
        }
        for part in &message.parts {
            if let Part::ToolCall { id, name, .. } = part {
                self.names.push((id, name));
            }
        }
        for (at, (call_id, parts)) in results.enumerate() {
            let id = self.id(call_id).into_owned();
            let (pictures, kept): (Vec<&Part>, Vec<&Part>) = parts.iter().partition(|part| self.moves(part));
            // the latest of that id
            let name = self.names.iter().rev().find(|(id, _)| id == call_id);
            let name = name.map(|(_, name)| *name);
            let alone = kept.is_empty() && !pictures.is_empty();
            self.pictures
                .extend(pictures.into_iter().map(|part| (name, part)));
            let mut object = self.list.item();
            object.literal("role", r#""tool""#);
            object.string("tool_call_id", &id);
            if alone {
                // some refuse results without a text
                object.literal("content", r#""[an image, shown below]""#);
            } else {
                content(kept.into_iter(), r#""""#, self.quirks, &mut object, self.notes);
            }
            if of_tool && at == 0 {
                extra(message, self.quirks, &mut object, self.notes);
            }
            object.close();
        }
        let others = message
            .parts
            .iter()
            .filter(|part| !matches!(part, Part::ToolResult { .. }));
        let any = others.clone().next().is_some();
        if of_tool && any {
            self.notes
                .add("parts of tool messages that are no results", "left out");
        }
        if of_tool || (!any && !message.parts.is_empty()) {
            return;
        }
        self.show();
        if message.role == Role::Assistant {
            return self.assistant(message, last);
        }
        let role = self.role(message.role, last);
        let mut object = self.list.item();
        object.string("role", role);
        content(others, r#""""#, self.quirks, &mut object, self.notes);
        extra(message, self.quirks, &mut object, self.notes);
        object.close();
    }

    /// Whether an image of a tool's result goes into a message of its own: what OpenAI refuses in a tool's message, or
    /// takes and does not see. A provider that wants an answer after a tool's message gets it as it is; and what a client
    /// of this wire has put there, which knows its provider, stays. Here only images from elsewhere have names.
    fn moves(&self, part: &Part) -> bool {
        let Part::Image(media) = part else { return false };
        let sendable = matches!(media.source, MediaSource::Base64 { .. } | MediaSource::Url { .. });
        sendable && !self.quirks.ends_with_user && (!self.own || media.name.is_some())
    }

    /// Writes the images of the tool messages before, which must follow their calls without anything between.
    fn show(&mut self) {
        let pictures = std::mem::take(&mut self.pictures);
        if pictures.is_empty() {
            return;
        }
        self.notes.add(
            "images of tools",
            "told in a message of the user's, the provider refuses them in a tool's",
        );
        let told: Vec<Part> = pictures
            .iter()
            .map(|(name, _)| Part::text(format!("The image that {} returned:", name.unwrap_or("a tool"))))
            .collect();
        let parts = told.iter().zip(pictures);
        let parts: Vec<&Part> = parts.flat_map(|(told, (_, image))| [told, image]).collect();
        let mut object = self.list.item();
        object.literal("role", r#""user""#);
        content(parts.into_iter(), r#""""#, self.quirks, &mut object, self.notes);
        object.close();
    }

    fn role(&mut self, role: Role, last: bool) -> &'static str {
        if last && role.instructs() && self.quirks.ends_with_user {
            self.notes
                .add("the last message", "sent as the user's, the provider wants it so");
            return "user";
        }
        if role == Role::Developer && self.quirks.no_developer_role {
            self.notes.add("role developer", "sent as system");
            return "system";
        }
        role.as_str()
    }

    fn assistant(&mut self, message: &Message, last: bool) {
        let parts = &message.parts;
        let calls: Vec<(&Part, String)> = parts
            .iter()
            .filter_map(|part| {
                if let Part::ToolCall { id, .. } = part {
                    Some((part, self.id(id).into_owned()))
                } else {
                    None
                }
            })
            .collect();
        let quirks = self.quirks;
        let mut object = self.list.item();
        object.literal("role", r#""assistant""#);
        said(parts, quirks, &mut object, self.notes);
        reasoning(message, quirks, self.reasons_always, &mut object, self.notes);
        if !calls.is_empty() {
            let list = object.key("tool_calls");
            list.push(b'[');
            for (at, (call, id)) in calls.iter().enumerate() {
                if at > 0 {
                    list.push(b',');
                }
                if let Part::ToolCall { extra, .. } = call
                    && drops(quirks, extra)
                {
                    self.notes
                        .add("fields of tool calls", "left out, the provider refuses them");
                }
                write_call(call, id, |name| carries(quirks, name), list);
            }
            list.push(b']');
        }
        extra(message, quirks, &mut object, self.notes);
        if last && quirks.ends_with_user && calls.is_empty() && message.extra.get("prefix").is_none() {
            self.notes
                .add("the last message", "marked as a prefix, the provider wants it so");
            object.bool("prefix", true);
        }
        object.close();
    }
}

/// Writes what the assistant said, as far as it stands in `content` and `refusal`.
fn said(parts: &[Part], quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    let thought = quirks.reasoning_field == ReasoningField::ThinkingPart && !quirks.no_reasoning_history;
    let spoken = |part: &&Part| match part {
        Part::Text { .. } | Part::Image(_) | Part::File(_) | Part::Audio(_) | Part::Opaque { .. } => true,
        Part::Reasoning { text, .. } => thought && !text.is_empty(),
        Part::Refusal { .. } | Part::ToolCall { .. } | Part::ToolResult { .. } => false,
    };
    let spoken = parts.iter().filter(spoken);
    let refusals = || parts.iter().filter(|part| matches!(part, Part::Refusal { .. }));
    if spoken.clone().next().is_some() {
        return content(spoken.chain(refusals()), "null", quirks, object, notes);
    }
    object.literal("content", "null");
    if refusals().next().is_some() {
        let texts = refusals().filter_map(|part| {
            if let Part::Refusal { text } = part {
                Some(text.as_str())
            } else {
                None
            }
        });
        joined(texts, object.key("refusal"));
    }
}

/// Writes earlier reasoning where the provider wants it.
fn reasoning(message: &Message, quirks: &Quirks, always: bool, object: &mut Object<'_>, notes: &mut Notes) {
    let blocks = || {
        message.parts.iter().filter_map(|part| {
            if let Part::Reasoning {
                text,
                signature,
                extra,
            } = part
            {
                Some((text.as_str(), signature, extra))
            } else {
                None
            }
        })
    };
    let theirs = message.extra.get(reasoning_details::FIELD);
    let told = blocks().any(|(_, _, extra)| extra.get(reasoning_details::FIELD).is_some());
    let any = blocks().next().is_some();
    if quirks.no_reasoning_history {
        if any {
            notes.add("reasoning", "left out, the provider refuses it");
        }
        return;
    }
    let takes_details = carries(quirks, reasoning_details::FIELD)
        && quirks.reasoning_field != ReasoningField::ThinkingPart
        && (theirs.is_some() || told);
    if !takes_details && blocks().any(|(_, signature, _)| signature.is_some()) {
        notes.add("reasoning signature", "left out, this wire has no field for it");
    }
    let key = match quirks.reasoning_field {
        ReasoningField::AsGiven if is_text(message.extra.get("reasoning")) => Some("reasoning"),
        ReasoningField::AsGiven | ReasoningField::ReasoningContent => Some("reasoning_content"),
        ReasoningField::Reasoning | ReasoningField::ReasoningDetails => Some("reasoning"),
        ReasoningField::ThinkingPart => None,
    };
    // a block that is only sealed has no text to tell
    let texts = || blocks().filter(|(text, _, extra)| !text.is_empty() || extra.is_empty());
    if let Some(key) = key {
        if texts().next().is_some() {
            joined(texts().map(|(text, _, _)| text), object.key(key));
        } else if always {
            notes.add("reasoning", "lost, an empty one is sent in its place");
            object.string(key, "");
        }
    }
    if !takes_details {
        return;
    }
    match theirs {
        Some(details) => object.raw(reasoning_details::FIELD, details.get()),
        None => {
            let lists = blocks().filter_map(|(_, _, extra)| extra.get(reasoning_details::FIELD));
            json::write_concatenated(lists, object.key(reasoning_details::FIELD));
        }
    }
}

fn is_text(value: Option<&RawJson>) -> bool {
    value.is_some_and(|value| value.get().starts_with('"'))
}

/// Writes `content`: a lone text as a string, anything else as an array, nothing as `empty`.
fn content<'p>(
    parts: impl Iterator<Item = &'p Part> + Clone,
    empty: &'static str,
    quirks: &Quirks,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    for part in parts.clone() {
        if matches!(part, Part::Text { extra, .. } if drops(quirks, extra)) {
            notes.add("fields of parts", "left out, the provider refuses them");
        }
    }
    // sources of an earlier answer are for its reader, and no provider takes them back
    let keeps = |name: &str| carries(quirks, name) && !matches!(name, "annotations" | "citations");
    let bare = |extra: &Extra| extra.iter().all(|(name, _)| !keeps(name));
    let foreign = |part: &Part| matches!(part, Part::Opaque { wire, .. } if *wire != Wire::OpenAiChat);
    let mut ahead = parts.clone().filter(|part| !foreign(part));
    match (ahead.next(), ahead.next()) {
        (None, _) if parts.clone().next().is_none() => return object.literal("content", empty),
        (Some(Part::Text { text, extra }), None) if bare(extra) => {
            if parts.clone().any(foreign) {
                notes.add("a part that this wire has no form for", "left out");
            }
            return object.string("content", text);
        }
        _ => {}
    }
    let out = object.key("content");
    out.push(b'[');
    for part in parts {
        let start = out.len();
        if out.last() != Some(&b'[') {
            out.push(b',');
        }
        if let Part::Reasoning { text, .. } = part {
            thinking(text, out);
        } else if !part::write(part, keeps, out) {
            out.truncate(start);
            notes.add("a part that this wire has no form for", "left out");
        }
    }
    out.push(b']');
}

/// Mistral's part for reasoning (W-171).
fn thinking(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"type":"thinking","thinking":[{"type":"text","text":"#);
    json::write_string(text, out);
    out.extend_from_slice(b"}]}");
}

fn extra(message: &Message, quirks: &Quirks, object: &mut Object<'_>, notes: &mut Notes) {
    let mut dropped = false;
    object.extra(&message.extra, |name| {
        let ours = matches!(
            name,
            "role"
                | "content"
                | "tool_calls"
                | "tool_call_id"
                | "refusal"
                | "reasoning_content"
                | "reasoning"
                | "function_call"
        ) || name == reasoning_details::FIELD
            || super::stands_elsewhere(name);
        let thought = name == "thinking_blocks";
        let keep = !ours
            && (carries(quirks, name) || name == "name" || name == "prefix")
            && !(thought && quirks.no_reasoning_history);
        dropped |= !keep && !ours;
        keep
    });
    if dropped {
        notes.add("fields of messages", "left out, the provider refuses them");
    }
}
