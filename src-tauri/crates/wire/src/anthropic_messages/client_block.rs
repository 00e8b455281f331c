//! Blocks of a stream that we write: how each begins, and the events that they are written in.

use domain::{Extra, RawJson};
use serde_json::value::RawValue;

use crate::json::{self, Object};

/// A block, open or waiting. Texts hold what has not been written yet.
#[derive(Debug)]
pub(super) enum Block {
    Text {
        text: String,
        extra: Extra,
        closed: bool,
    },
    Thinking {
        text: String,
        /// All of it, for whoever signs it.
        whole: String,
        signature: Option<String>,
        extra: Extra,
        closed: bool,
    },
    Call {
        index: usize,
        id: String,
        name: String,
        extra: Extra,
    },
    /// A block as JSON.
    Whole(String),
}

impl Block {
    /// Writes the beginning of a block, and what it holds already.
    pub(super) fn start(&self, at: u64, calls: &[String], out: &mut Vec<u8>) {
        let begin = |out: &mut Vec<u8>, content: &str| {
            frame("content_block_start", out, |object| {
                object.unsigned("index", at);
                object.raw("content_block", content);
            });
        };
        match self {
            Self::Text { text, extra, .. } => {
                begin(out, r#"{"type":"text","text":""}"#);
                piece(at, "text_delta", "text", text, out);
                citations(at, extra, out);
            }
            Self::Thinking { text, .. } => {
                begin(out, r#"{"type":"thinking","thinking":"","signature":""}"#);
                if !text.is_empty() {
                    piece(at, "thinking_delta", "thinking", text, out);
                }
            }
            Self::Call {
                index,
                id,
                name,
                extra,
            } => {
                frame("content_block_start", out, |object| {
                    object.unsigned("index", at);
                    let mut content = Object::open(object.key("content_block"));
                    content.literal("type", r#""tool_use""#);
                    content.string("id", id);
                    content.string("name", name);
                    content.literal("input", "{}");
                    content.extra(extra, |name| !matches!(name, "type" | "id" | "name" | "input"));
                    content.close();
                });
                if let Some(arguments) = calls.get(*index).filter(|text| !text.is_empty()) {
                    piece(at, "input_json_delta", "partial_json", arguments, out);
                }
            }
            Self::Whole(content) => match split_input(content) {
                Some((content, input)) => {
                    begin(out, &content);
                    piece(at, "input_json_delta", "partial_json", &input, out);
                }
                None => begin(out, content),
            },
        }
    }
}

/// Writes an event: its name, and data of the same type.
pub(super) fn frame(kind: &str, out: &mut Vec<u8>, fields: impl FnOnce(&mut Object<'_>)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    let mut object = Object::open(out);
    object.string("type", kind);
    fields(&mut object);
    object.close();
    out.extend_from_slice(b"\n\n");
}

/// Writes a piece of a block.
pub(super) fn piece(index: u64, kind: &str, name: &str, text: &str, out: &mut Vec<u8>) {
    frame("content_block_delta", out, |object| {
        object.unsigned("index", index);
        let mut delta = Object::open(object.key("delta"));
        delta.string("type", kind);
        delta.string(name, text);
        delta.close();
    });
}

/// Citations are the only field of a text that has a form in a stream.
pub(super) fn citations(index: u64, extra: &Extra, out: &mut Vec<u8>) {
    let list = extra.get("citations").map(RawJson::get);
    let list = list.and_then(|list| serde_json::from_str::<&RawValue>(list).ok());
    for citation in list.and_then(json::items).unwrap_or_default() {
        frame("content_block_delta", out, |object| {
            object.unsigned("index", index);
            let mut delta = Object::open(object.key("delta"));
            delta.literal("type", r#""citations_delta""#);
            delta.raw("citation", citation.get());
            delta.close();
        });
    }
}

/// A call that the provider runs itself: its block with an empty input, and the input, as the provider
/// streams it.
fn split_input(content: &str) -> Option<(String, String)> {
    let raw = serde_json::from_str::<&RawValue>(content).ok()?;
    let fields = json::fields(raw)?;
    let find = |wanted: &str| {
        fields
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| *value)
    };
    let input = find("input")?.get();
    find("type")
        .and_then(json::text)
        .filter(|kind| kind.ends_with("_tool_use"))?;
    if !input.starts_with('{') || input == "{}" {
        return None;
    }
    let mut out = Vec::new();
    let mut object = Object::open(&mut out);
    for (name, value) in &fields {
        object.raw(name, if name == "input" { "{}" } else { value.get() });
    }
    object.close();
    Some((String::from_utf8(out).ok()?, input.to_owned()))
}
