//! The conversation as Converse reads it (W-160, W-161).
//!
//! It wants turns that alternate and begin with the user's, all results of a turn's calls in the one message
//! after it, and no text of blanks anywhere. Instructions stand apart from the conversation.

use domain::{Extra, Message, Part, Quirks, Request, Role, Wire};

use super::media::{cache_point, write_audio, write_document, write_image};
use super::model::Maker;
use super::provider_answer::CITATIONS;
use super::provider_tools::Shape;
use super::provider_turn::{Turn, comma, merged, text};
use crate::ids::{fnv, made_id};
use crate::json::{self, Object};
use crate::notes::Notes;

/// Writes `system` and `messages`.
pub(super) fn write(
    request: &Request,
    maker: Maker,
    quirks: &Quirks,
    shape: &Shape<'_>,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    let mut writer = Writer {
        maker,
        quirks,
        documents: Vec::new(),
        notes,
    };
    let mut system = Vec::new();
    let mut turns: Vec<Turn> = Vec::new();
    for message in &request.messages {
        if message.role.instructs() {
            if !turns.is_empty() {
                writer
                    .notes
                    .add("instructions amid the conversation", "moved before it");
            }
            writer.instructions(message, &mut system);
        } else {
            writer.message(message, &mut turns);
        }
    }
    if let Some(words) = shape.words() {
        text(&words, &mut system);
    }
    let begins = turns.iter().find(|turn| !turn.is_empty());
    if begins.is_none_or(|turn| turn.assistant) {
        writer.notes.add(
            "messages",
            "begun with a user's 'Continue.', the provider wants one",
        );
        let mut turn = Turn::default();
        text("Continue.", &mut turn.others);
        turns.insert(0, turn);
    }
    if !system.is_empty() {
        let list = object.key("system");
        list.push(b'[');
        list.extend_from_slice(&system);
        list.push(b']');
    }
    let list = object.key("messages");
    list.push(b'[');
    for turn in merged(turns) {
        if list.last() != Some(&b'[') {
            list.push(b',');
        }
        turn.write(list, writer.notes);
    }
    list.push(b']');
}

/// An id as the provider takes it; one that it would refuse becomes another, the same for call and result.
fn fit_id(id: &str, notes: &mut Notes) -> String {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if (1..=64).contains(&id.len()) && id.bytes().all(fits) {
        return id.to_owned();
    }
    notes.add(
        "tool-call ids",
        "respelled, the provider takes letters, digits, _ and -",
    );
    made_id(fnv(0, id.as_bytes()), 0)
}

/// A name as the provider takes it.
fn fit_name(name: &str, notes: &mut Notes) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.chars().all(fits) && (1..=64).contains(&name.len()) {
        return name.to_owned();
    }
    notes.add(
        "names of tools called",
        "respelled, the provider takes letters, digits, _ and -",
    );
    let plain: String = name
        .chars()
        .take(64)
        .map(|c| if fits(c) { c } else { '_' })
        .collect();
    if plain.is_empty() { "_".into() } else { plain }
}

struct Writer<'n> {
    maker: Maker,
    quirks: &'n Quirks,
    /// Names of documents so far.
    documents: Vec<String>,
    notes: &'n mut Notes,
}

impl Writer<'_> {
    fn instructions(&mut self, message: &Message, list: &mut Vec<u8>) {
        for part in &message.parts {
            match part {
                Part::Text { text: words, extra } => {
                    if !self.blank(words) {
                        text(words, list);
                        self.mark(extra, list);
                    }
                }
                Part::Opaque {
                    wire: Wire::BedrockConverse,
                    value,
                } => {
                    comma(list);
                    json::write_raw(value.get(), list);
                }
                Part::Image(_)
                | Part::File(_)
                | Part::Audio(_)
                | Part::Reasoning { .. }
                | Part::Refusal { .. }
                | Part::ToolCall { .. }
                | Part::ToolResult { .. }
                | Part::Opaque { .. } => self
                    .notes
                    .add("parts of instructions that are no text", "left out"),
            }
        }
        if !list.is_empty() {
            self.mark(&message.extra, list);
        }
    }

    fn message(&mut self, message: &Message, turns: &mut Vec<Turn>) {
        let assistant = message.role == Role::Assistant;
        if turns.last().is_none_or(|turn| turn.assistant != assistant) {
            turns.push(Turn {
                assistant,
                ..Turn::default()
            });
        }
        let Some(turn) = turns.last_mut() else { return };
        let mut last_was_result = false;
        for part in &message.parts {
            last_was_result = matches!(part, Part::ToolResult { .. });
            self.part(part, turn);
        }
        let list = if last_was_result {
            &mut turn.results
        } else {
            &mut turn.others
        };
        if !list.is_empty() {
            self.mark(&message.extra, list);
        }
        if message.extra.iter().any(|(name, _)| name != "cache_control") {
            self.notes
                .add("fields of messages", "left out, this wire has no place for them");
        }
    }

    fn part(&mut self, part: &Part, turn: &mut Turn) {
        match part {
            Part::Text { text, extra } => {
                if !self.blank(text) {
                    turn.has_text = true;
                    self.text(text, extra, turn.assistant, &mut turn.others);
                }
            }
            Part::Refusal { text } => {
                if !self.blank(text) {
                    turn.has_text = true;
                    self.text(text, &Extra::new(), false, &mut turn.others);
                }
            }
            Part::Reasoning {
                text,
                signature,
                extra,
            } => self.reasoning(text, signature.as_deref(), extra, &mut turn.others),
            Part::ToolCall {
                id,
                name,
                arguments,
                extra,
            } => {
                comma(&mut turn.others);
                let mut outer = Object::open(&mut turn.others);
                let mut inner = Object::open(outer.key("toolUse"));
                inner.string("toolUseId", &fit_id(id, self.notes));
                inner.string("name", &fit_name(name, self.notes));
                let input = json::object_of(arguments, "arguments");
                if matches!(input, std::borrow::Cow::Owned(_)) {
                    self.notes.add(
                        "arguments that are no object",
                        "wrapped in one, the provider wants it",
                    );
                }
                inner.raw("input", &input);
                inner.close();
                outer.close();
                if let Some(mark) = extra.get("cache_control") {
                    self.point(mark, &mut turn.others);
                }
            }
            Part::ToolResult {
                call_id,
                parts,
                is_error,
                extra,
            } => {
                self.result(call_id, parts, *is_error, &mut turn.results);
                if let Some(mark) = extra.get("cache_control") {
                    self.point(mark, &mut turn.results);
                }
            }
            Part::Image(_) | Part::File(_) | Part::Audio(_) | Part::Opaque { .. } => {
                let written = self.whole(part, &mut turn.others);
                turn.has_document |= written && matches!(part, Part::File(_));
            }
        }
    }

    fn text(&mut self, words: &str, extra: &Extra, assistant: bool, list: &mut Vec<u8>) {
        match extra.get(CITATIONS).filter(|_| assistant) {
            Some(citations) => {
                comma(list);
                let mut outer = Object::open(list);
                let mut inner = Object::open(outer.key("citationsContent"));
                let content = inner.key("content");
                content.push(b'[');
                let mut object = Object::open(content);
                object.string("text", words);
                object.close();
                content.push(b']');
                inner.raw("citations", citations.get());
                inner.close();
                outer.close();
            }
            None => text(words, list),
        }
        if extra
            .iter()
            .any(|(name, _)| !matches!(name, "cache_control" | CITATIONS))
        {
            self.notes
                .add("fields of parts", "left out, this wire has no place for them");
        }
        self.mark(extra, list);
    }

    fn reasoning(&mut self, text: &str, signature: Option<&str>, extra: &Extra, list: &mut Vec<u8>) {
        if self.quirks.no_reasoning_history {
            self.notes.add("reasoning", "left out, the provider refuses it");
            return;
        }
        // models refuse what they have not signed themselves (W-164)
        let Some(signature) = signature else {
            if !text.is_empty() {
                self.notes.add(
                    "reasoning without a signature",
                    "left out, the provider refuses it",
                );
            }
            return;
        };
        comma(list);
        let mut outer = Object::open(list);
        let mut inner = Object::open(outer.key("reasoningContent"));
        if extra.get("redacted").is_some_and(|flag| flag.get() == "true") {
            inner.string("redactedContent", signature);
        } else {
            let mut plain = Object::open(inner.key("reasoningText"));
            plain.string("text", text);
            plain.string("signature", signature);
            plain.close();
        }
        inner.close();
        outer.close();
    }

    fn result(&mut self, call_id: &str, parts: &[Part], is_error: bool, list: &mut Vec<u8>) {
        comma(list);
        let mut outer = Object::open(list);
        let mut inner = Object::open(outer.key("toolResult"));
        inner.string("toolUseId", &fit_id(call_id, self.notes));
        let mut content = Vec::new();
        for part in parts {
            match part {
                Part::Text { text: words, .. } | Part::Refusal { text: words } => {
                    if !self.blank(words) {
                        text(words, &mut content);
                    }
                }
                Part::Image(_) | Part::File(_) | Part::Audio(_) | Part::Opaque { .. } => {
                    self.whole(part, &mut content);
                }
                Part::Reasoning { .. } | Part::ToolCall { .. } | Part::ToolResult { .. } => {
                    self.notes
                        .add("parts of tool results that are no content", "left out");
                }
            }
        }
        if content.is_empty() {
            // a result without content, or with an empty text, is refused
            text("(empty)", &mut content);
            self.notes.add(
                "empty tool results",
                "sent as '(empty)', the provider wants a text",
            );
        }
        let out = inner.key("content");
        out.push(b'[');
        out.extend_from_slice(&content);
        out.push(b']');
        if is_error && matches!(self.maker, Maker::Claude(..) | Maker::Nova { .. }) {
            inner.literal("status", r#""error""#);
        }
        inner.close();
        outer.close();
    }

    /// Writes a part that is one block; tells whether it did.
    fn whole(&mut self, part: &Part, list: &mut Vec<u8>) -> bool {
        let before = list.len();
        comma(list);
        let written = match part {
            Part::Image(media) => write_image(media, list),
            Part::File(media) => write_document(media, &mut self.documents, list),
            Part::Audio(media) => write_audio(media, list),
            Part::Opaque {
                wire: Wire::BedrockConverse,
                value,
            } => {
                json::write_raw(value.get(), list);
                true
            }
            Part::Text { .. }
            | Part::Reasoning { .. }
            | Part::Refusal { .. }
            | Part::ToolCall { .. }
            | Part::ToolResult { .. }
            | Part::Opaque { .. } => false,
        };
        if !written {
            list.truncate(before);
            let (what, how) = match part {
                Part::Image(_) => (
                    "images",
                    "left out where they are not of a known format, in base64 or on S3",
                ),
                Part::File(_) => (
                    "files",
                    "left out where they are not of a known format, in base64 or on S3",
                ),
                Part::Audio(_) => (
                    "sounds",
                    "left out where they are not of a known format, in base64 or on S3",
                ),
                Part::Text { .. }
                | Part::Reasoning { .. }
                | Part::Refusal { .. }
                | Part::ToolCall { .. }
                | Part::ToolResult { .. }
                | Part::Opaque { .. } => ("a part that this wire has no form for", "left out"),
            };
            self.notes.add(what, how);
            return false;
        }
        if let Part::Image(media) | Part::File(media) | Part::Audio(media) = part {
            self.mark(&media.extra, list);
        }
        true
    }

    /// Writes a cache point after what was marked.
    fn mark(&mut self, extra: &Extra, list: &mut Vec<u8>) {
        if let Some(mark) = extra.get("cache_control") {
            self.point(mark, list);
        }
    }

    fn point(&mut self, mark: &domain::RawJson, list: &mut Vec<u8>) {
        if self.maker.caches() {
            comma(list);
            cache_point(mark, list);
        } else {
            self.notes.add("cache_control", "left out, the model refuses it");
        }
    }

    /// Whether a text says nothing; such texts are refused.
    fn blank(&mut self, text: &str) -> bool {
        let blank = text.trim().is_empty();
        if blank && !text.is_empty() {
            self.notes
                .add("texts of blanks", "left out, the provider refuses them");
        }
        blank
    }
}
