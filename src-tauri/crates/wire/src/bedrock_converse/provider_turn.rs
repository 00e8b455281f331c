//! Turns of a conversation, which Converse wants to alternate.

use crate::json::Object;
use crate::notes::Notes;

/// What one side says until the other does: blocks, with commas between them.
#[derive(Default)]
pub(super) struct Turn {
    /// It is the model's and not the user's.
    pub(super) assistant: bool,
    /// Results of tools, which come first.
    pub(super) results: Vec<u8>,
    /// Everything else.
    pub(super) others: Vec<u8>,
    /// There is a text among the others.
    pub(super) has_text: bool,
    /// There is a document among them.
    pub(super) has_document: bool,
}

impl Turn {
    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.results.is_empty() && self.others.is_empty()
    }

    /// Writes it as a message.
    pub(super) fn write(mut self, out: &mut Vec<u8>, notes: &mut Notes) {
        if self.has_document && !self.has_text {
            notes.add("documents", "joined by a text, the provider wants one");
            text("See the document.", &mut self.others);
        }
        let mut object = Object::open(out);
        object.literal(
            "role",
            if self.assistant {
                r#""assistant""#
            } else {
                r#""user""#
            },
        );
        let list = object.key("content");
        list.push(b'[');
        list.extend_from_slice(&self.results);
        if !self.results.is_empty() && !self.others.is_empty() {
            list.push(b',');
        }
        list.extend_from_slice(&self.others);
        list.push(b']');
        object.close();
    }
}

/// Turns without those that say nothing, so that neighbours may have to be joined.
pub(super) fn merged(turns: Vec<Turn>) -> Vec<Turn> {
    let mut out: Vec<Turn> = Vec::with_capacity(turns.len());
    for turn in turns.into_iter().filter(|turn| !turn.is_empty()) {
        match out.last_mut() {
            Some(last) if last.assistant == turn.assistant => {
                join(&mut last.results, &turn.results);
                join(&mut last.others, &turn.others);
                last.has_text |= turn.has_text;
                last.has_document |= turn.has_document;
            }
            Some(_) | None => out.push(turn),
        }
    }
    out
}

fn join(list: &mut Vec<u8>, more: &[u8]) {
    if !more.is_empty() {
        comma(list);
        list.extend_from_slice(more);
    }
}

/// Separates what follows from what stands in the list.
pub(super) fn comma(list: &mut Vec<u8>) {
    if !list.is_empty() {
        list.push(b',');
    }
}

/// Adds a block of text.
pub(super) fn text(text: &str, list: &mut Vec<u8>) {
    comma(list);
    let mut object = Object::open(list);
    object.string("text", text);
    object.close();
}
