//! Messages as contents: two roles that take turns, the instructions apart (W-167, W-168).
//!
//! Neighbours of one role become one content, for a turn that calls several tools must be answered by one
//! content that holds as many results. A result needs the name of its tool, which only the call tells.

use std::collections::HashMap;

use domain::{Extra, Message, Part, Quirks, Role};

use super::dialect::Dialect;
use super::{CONTENT, part, tool};
use crate::json::{self, Object};
use crate::notes::Notes;

/// What Google documents for calls that another model made: it stands for their signature.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// What decides how parts are written.
#[derive(Clone, Copy)]
pub(super) struct Manner<'q> {
    pub(super) dialect: Dialect,
    /// The request came on this wire: fields that nobody modelled ride along.
    pub(super) carry: bool,
    pub(super) quirks: &'q Quirks,
}

/// Writes `contents` and `systemInstruction`; `addition` is a last instruction of ours.
pub(super) fn write(
    messages: &[Message],
    manner: Manner<'_>,
    addition: Option<&str>,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    let mut contents = Contents {
        out: object.key("contents"),
        open: None,
        first: true,
        signed: false,
        late: Vec::new(),
        extra: Extra::new(),
        names: HashMap::new(),
        manner,
    };
    contents.out.push(b'[');
    let (mut instructed, mut answered) = (false, false);
    for message in messages {
        if message.role.instructs() {
            instructed = true;
            if answered {
                notes.add(
                    "later system messages",
                    "moved to the front, this wire has one place for them",
                );
            }
            if message.role == Role::Developer {
                notes.add("role developer", "sent as system");
            }
        } else {
            answered = true;
            contents.message(message, notes);
        }
    }
    contents.close();
    let alone = instructed && !answered;
    if alone {
        // there is no answer to nothing
        notes.add("system messages", "sent as the user's, there is no other message");
        instructions(messages, "user", addition, manner, contents.out, notes);
    }
    contents.out.push(b']');
    if !alone && (instructed || addition.is_some()) {
        let out = object.key("systemInstruction");
        instructions(messages, "", addition, manner, out, notes);
    }
}

/// Writes what the system and the developer say as one content.
fn instructions(
    messages: &[Message],
    role: &'static str,
    addition: Option<&str>,
    manner: Manner<'_>,
    out: &mut Vec<u8>,
    notes: &mut Notes,
) {
    let mut object = Object::open(out);
    if !role.is_empty() {
        object.string("role", role);
    }
    let mut extra = Extra::new();
    let list = object.key("parts");
    list.push(b'[');
    let separate = |list: &mut Vec<u8>| {
        if list.last() != Some(&b'[') {
            list.push(b',');
        }
    };
    for message in messages.iter().filter(|message| message.role.instructs()) {
        for part in &message.parts {
            if matches!(part, Part::Text { .. }) || manner.carry {
                separate(list);
                left_behind(part, manner, notes);
                part::write(part, manner.carry, list);
            } else {
                notes.add("parts of system messages that are no text", "left out");
            }
        }
        gather(message, manner, &mut extra, notes);
    }
    if let Some(addition) = addition {
        separate(list);
        let mut text = Object::open(list);
        text.string("text", addition);
        text.close();
    }
    list.push(b']');
    object.prefixed(&extra, CONTENT, |_| true);
    object.close();
}

/// Collects the fields of a message that its content carries.
fn gather(message: &Message, manner: Manner<'_>, extra: &mut Extra, notes: &mut Notes) {
    for (name, value) in message.extra.iter() {
        if name.starts_with(CONTENT) && manner.carry {
            extra.set(name, value.clone());
        } else if !(message.role == Role::Assistant && is_told(name)) {
            notes.add("fields of messages", "left out, this wire has no place for them");
        }
    }
}

/// Notes the fields of a part that do not reach the provider.
fn left_behind(part: &Part, manner: Manner<'_>, notes: &mut Notes) {
    let extra = match part {
        Part::Text { extra, .. }
        | Part::Reasoning { extra, .. }
        | Part::ToolCall { extra, .. }
        | Part::ToolResult { extra, .. } => extra,
        Part::Image(media) | Part::File(media) | Part::Audio(media) => &media.extra,
        Part::Refusal { .. } | Part::Opaque { .. } => return,
    };
    if !manner.carry && part::leaves_behind(extra) {
        notes.add("fields of parts", "left out, this wire does not know them");
    }
}

struct Contents<'o, 'm, 'q> {
    out: &'o mut Vec<u8>,
    /// The role of the content that is open.
    open: Option<&'static str>,
    first: bool,
    /// The open content has a call, and with it a signature.
    signed: bool,
    /// Parts of results for which the result has no place; they follow at the content's end.
    late: Vec<&'m Part>,
    extra: Extra,
    /// The tool of each call.
    names: HashMap<&'m str, &'m str>,
    manner: Manner<'q>,
}

impl<'m> Contents<'_, 'm, '_> {
    fn message(&mut self, message: &'m Message, notes: &mut Notes) {
        let role = if message.role == Role::Assistant {
            "model"
        } else {
            "user"
        };
        // an empty text says nothing beside other parts, and Vertex refuses it
        let alone = message.parts.len() == 1;
        for part in &message.parts {
            let silent = matches!(part, Part::Text { text, extra } if text.is_empty() && extra.is_empty());
            if !silent || self.manner.carry || (alone && message.role != Role::Assistant) {
                self.part(role, part, notes);
            }
        }
        let mut extra = std::mem::take(&mut self.extra);
        gather(message, self.manner, &mut extra, notes);
        self.extra = extra;
    }

    fn part(&mut self, role: &'static str, part: &'m Part, notes: &mut Notes) {
        let manner = self.manner;
        if let Part::Reasoning { extra, .. } = part
            && (manner.quirks.no_reasoning_history || is_foreign(extra))
        {
            return notes.add(
                "reasoning",
                "left out, it is of another provider or refused by this one",
            );
        }
        if matches!(part, Part::Reasoning { signature: Some(text), .. } if !part::is_base64(text)) {
            notes.add("reasoning signature", "left out, Google cannot have made it");
        }
        left_behind(part, manner, notes);
        match part {
            Part::ToolCall {
                id,
                name,
                arguments,
                extra,
            } => {
                self.names.insert(id, name);
                // a call of another kind than a function has no form here
                if extra.get("type").is_some() && !manner.carry {
                    notes.add("a tool call that is no function", "sent as one");
                }
                self.next(role);
                let fallback = (manner.dialect.signatures && !self.signed).then_some(NO_SIGNATURE);
                self.signed = true;
                if !tool::write_call((id, name, arguments), extra, fallback, manner.carry, self.out) {
                    notes.add("arguments that are no JSON object", "sent as text inside one");
                }
            }
            Part::ToolResult {
                call_id,
                parts,
                is_error,
                extra,
            } => {
                let name = self.names.get(call_id.as_str()).copied().unwrap_or_else(|| {
                    notes.add("a tool result without its call", "named after the call's id");
                    call_id
                });
                self.next(role);
                let inside = manner.dialect.media_in_results || manner.carry;
                tool::write_outcome(
                    (call_id, name),
                    (parts, *is_error),
                    extra,
                    (inside, manner.carry),
                    self.out,
                );
                if !manner.carry && parts.iter().any(tool::is_refused) {
                    notes.add(
                        "images of tools",
                        "left out where they are GIFs, the provider refuses them",
                    );
                }
                if !inside {
                    let fits = |part: &&Part| tool::is_media(part) && !tool::is_refused(part);
                    self.late.extend(parts.iter().filter(fits));
                }
            }
            Part::Refusal { .. } => {
                notes.add("refusal", "sent as text");
                self.next(role);
                part::write(part, manner.carry, self.out);
            }
            Part::Text { .. }
            | Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Reasoning { .. }
            | Part::Opaque { .. } => {
                let mut written = Vec::new();
                if part::write(part, manner.carry, &mut written) {
                    self.next(role);
                    self.out.append(&mut written);
                } else {
                    notes.add("a part that this wire has no form for", "left out");
                }
            }
        }
    }

    /// Makes room for a part of this role.
    fn next(&mut self, role: &'static str) {
        if self.open == Some(role) {
            self.out.push(b',');
            return;
        }
        self.close();
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.open = Some(role);
        self.signed = false;
        self.out.extend_from_slice(b"{\"role\":");
        json::write_string(role, self.out);
        self.out.extend_from_slice(b",\"parts\":[");
    }

    fn close(&mut self) {
        if self.open.take().is_none() {
            return;
        }
        for part in std::mem::take(&mut self.late) {
            self.out.push(b',');
            part::write(part, self.manner.carry, self.out);
        }
        self.out.push(b']');
        for (name, value) in std::mem::take(&mut self.extra).iter() {
            if let Some(name) = name.strip_prefix(CONTENT) {
                self.out.push(b',');
                json::write_string(name, self.out);
                self.out.push(b':');
                json::write_raw(value.get(), self.out);
            }
        }
        self.out.push(b'}');
    }
}

/// What a candidate tells about itself and clients echo; a request has no place for it and misses nothing.
fn is_told(name: &str) -> bool {
    matches!(
        name,
        "finishMessage"
            | "safetyRatings"
            | "citationMetadata"
            | "groundingMetadata"
            | "groundingAttributions"
            | "urlContextMetadata"
            | "avgLogprobs"
            | "tokenCount"
    )
}

/// Sealed reasoning of another maker, told by the fields that go with it.
fn is_foreign(extra: &Extra) -> bool {
    extra.get("redacted").is_some() || extra.get("id").is_some()
}
