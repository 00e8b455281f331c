//! OpenRouter's `reasoning_details` (W-173): blocks of reasoning with their signatures and sealed forms, which
//! a provider wants back unchanged.
//!
//! In a stream they come in pieces that must be put together first; sent back in pieces, a signature no
//! longer fits its text. Other wires know a block by its text and its signature, so these are found here too.

use domain::{Extra, RawJson};
use serde_json::value::RawValue;

use crate::json::{self, Object};

/// The name of the field, in a message and among the fields of a [`domain::Part::Reasoning`].
pub(super) const FIELD: &str = "reasoning_details";

/// Names under which a block keeps what is put together from its pieces.
const TEXTS: [&str; 2] = ["text", "summary"];

#[derive(Debug, Default)]
struct Block {
    /// All fields but those of `TEXTS`, of the pieces so far.
    fields: Extra,
    /// The name of its text and the text.
    text: Option<(&'static str, String)>,
}

/// Blocks as far as they have come.
#[derive(Debug, Default)]
pub(super) struct Details {
    blocks: Vec<Block>,
}

impl Details {
    /// Takes an array of pieces in, anything else being no details, and returns their text.
    pub(super) fn add(&mut self, pieces: &RawValue) -> String {
        let mut said = String::new();
        for piece in json::items(pieces).unwrap_or_default() {
            let mut block = Block::default();
            for (name, value) in json::fields(piece).unwrap_or_default() {
                match TEXTS.iter().copied().find(|known| *known == name) {
                    Some(known) if json::text(value).is_some() => {
                        block.text = json::text(value).map(|text| (known, text.into_owned()));
                    }
                    _ => block.fields.set(name, RawJson::new(value.get())),
                }
            }
            said.extend(block.text.iter().map(|(_, text)| text.as_str()));
            self.append(block);
        }
        said
    }

    /// Puts a piece to the block that it continues, or begins another: one block has one type, one place and
    /// one text, and a sealed one comes whole.
    fn append(&mut self, piece: Block) {
        let same = |name: &str, last: &Block| last.fields.get(name) == piece.fields.get(name);
        match self.blocks.last_mut() {
            Some(last)
                if piece.fields.get("data").is_none()
                    && last.fields.get("data").is_none()
                    && same("type", last)
                    && same("index", last)
                    && !conflict(last, &piece) =>
            {
                for (name, value) in piece.fields.iter() {
                    if !is_blank(value) || last.fields.get(name).is_none() {
                        last.fields.set(name, value.clone());
                    }
                }
                match (&mut last.text, piece.text) {
                    (Some((_, text)), Some((_, more))) => text.push_str(&more),
                    (none @ None, more) => *none = more,
                    (Some(_), None) => {}
                }
            }
            Some(_) | None => self.blocks.push(piece),
        }
    }

    /// The signature of the first block that has one, else the first sealed form.
    fn signature(&self) -> Option<String> {
        let of = |name: &str| {
            let found = self.blocks.iter().filter_map(|block| block.fields.get(name));
            found
                .filter_map(|value| value.parse::<String>().ok())
                .find(|text| !text.is_empty())
        };
        of("signature").or_else(|| of("data"))
    }

    /// The blocks as one array.
    fn to_json(&self) -> RawJson {
        let mut out = vec![b'['];
        for (at, block) in self.blocks.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            let mut object = Object::open(&mut out);
            object.extra(&block.fields, |name| name == "type");
            if let Some((name, text)) = &block.text {
                object.string(name, text);
            }
            object.extra(&block.fields, |name| name != "type");
            object.close();
        }
        out.push(b']');
        RawJson::new(String::from_utf8_lossy(&out).into_owned())
    }

    /// Signature and fields of a reasoning part that these blocks belong to; none when nothing has come.
    pub(super) fn sealed(&self) -> (Option<String>, Extra) {
        let mut extra = Extra::new();
        if !self.blocks.is_empty() {
            extra.set(FIELD, self.to_json());
        }
        (self.signature(), extra)
    }
}

/// Two signatures are of two blocks.
fn conflict(last: &Block, piece: &Block) -> bool {
    let signed = |block: &Block| {
        block
            .fields
            .get("signature")
            .is_some_and(|value| !is_blank(value))
    };
    signed(last) && (signed(piece) || piece.text.as_ref().is_some_and(|(_, text)| !text.is_empty()))
}

fn is_blank(value: &RawJson) -> bool {
    matches!(value.get(), "null" | r#""""#)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(pieces: &[&str]) -> (String, Option<String>) {
        let mut details = Details::default();
        for piece in pieces {
            let raw: &RawValue = serde_json::from_str(piece).unwrap_or_else(|error| panic!("{error}"));
            details.add(raw);
        }
        (details.to_json().get().to_owned(), details.signature())
    }

    #[test]
    fn pieces_become_blocks() {
        let (json, signature) = merged(&[
            r#"[{"type":"reasoning.text","text":"a\n","signature":"","format":"f","index":0}]"#,
            r#"[{"type":"reasoning.text","text":"b","signature":"","index":0}]"#,
            r#"[{"type":"reasoning.text","signature":"S1","index":0}]"#,
            r#"[{"type":"reasoning.text","text":"c","index":0},{"type":"reasoning.encrypted","data":"D","id":"x","index":1}]"#,
            r#"[{"type":"reasoning.encrypted","data":"E","id":"x","index":1}]"#,
            r#"[{"type":"reasoning.summary","summary":"s","index":2},{"type":"reasoning.summary","summary":"t","index":2}]"#,
            "[]",
            "null",
        ]);
        assert_eq!(
            json,
            r#"[{"type":"reasoning.text","text":"a\nb","signature":"S1","format":"f","index":0},{"type":"reasoning.text","text":"c","index":0},{"type":"reasoning.encrypted","data":"D","id":"x","index":1},{"type":"reasoning.encrypted","data":"E","id":"x","index":1},{"type":"reasoning.summary","summary":"st","index":2}]"#
        );
        assert_eq!(signature.as_deref(), Some("S1"));
        let sealed = merged(&[r#"[{"type":"reasoning.encrypted","data":"D"}]"#]);
        assert_eq!(sealed.1.as_deref(), Some("D"));
        assert_eq!(
            merged(&[r#"[{"type":"reasoning.text"}]"#]),
            (r#"[{"type":"reasoning.text"}]"#.into(), None)
        );
    }
}
