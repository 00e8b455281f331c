//! One block of a stream, from its first piece to its last.
//!
//! Text and reasoning go out as they come. What only makes sense as a whole (a tool that the provider runs,
//! its result, an image) is kept until the block ends and goes out as one part.

use domain::{Delta, Extra, Failure, FailureKind, RawJson};
use serde_json::value::RawValue;

use super::ANSWER_TOOL;
use super::provider_answer::{CITATIONS, Fields, SERVER_TOOL, block, redacted};
use crate::json::{self, Object};

/// A block that has begun.
#[derive(Debug)]
pub(super) enum Block {
    /// Text, with its citations as a list of JSON values without the brackets.
    Text { citations: Vec<u8> },
    /// Reasoning, with its signature so far, or its sealed form.
    Reasoning { signature: String, sealed: String },
    /// A call of one of our tools; its arguments are kept by the stream.
    Call {
        call: u32,
        id: Option<String>,
        name: String,
    },
    /// The call that stands for structured output: its arguments are the text.
    Answer,
    /// A call of one of the provider's tools.
    ServerCall { start: RawJson, input: String },
    /// What one of the provider's tools gave, its content as a list without the brackets.
    ServerResult { start: RawJson, content: Vec<u8> },
    /// An image.
    Image { start: RawJson, source: Option<RawJson> },
    /// What we do not know; it has no form in which it could be sent back.
    Unknown,
}

impl Block {
    /// Begins a block that is announced; `None` when the announcement says nothing.
    pub(super) fn begin(start: &Fields<'_>) -> Result<Option<Self>, Failure> {
        let raw = |name: &str| start.get(name).map(|value| RawJson::new(value.get()));
        if let Some(call) = start.inside("toolUse") {
            if call.text("type").as_deref() == Some(SERVER_TOOL) {
                return Ok(raw("toolUse").map(|start| Self::ServerCall {
                    start,
                    input: String::new(),
                }));
            }
            let name = call.text("name").filter(|name| !name.is_empty()).ok_or_else(|| {
                Failure::new(
                    FailureKind::UpstreamFailed,
                    "The provider sent a tool call without a name.",
                )
            })?;
            return Ok(Some(if name == ANSWER_TOOL {
                Self::Answer
            } else {
                Self::Call {
                    call: 0,
                    id: call.text("toolUseId").filter(|id| !id.is_empty()),
                    name,
                }
            }));
        }
        let result = raw("toolResult").map(|start| Self::ServerResult {
            start,
            content: Vec::new(),
        });
        Ok(result.or_else(|| raw("image").map(|start| Self::Image { start, source: None })))
    }

    /// The block that a delta without an announcement begins.
    pub(super) fn unannounced(delta: &Fields<'_>) -> Self {
        if delta.get("reasoningContent").is_some() {
            Self::Reasoning {
                signature: String::new(),
                sealed: String::new(),
            }
        } else if delta.get("text").is_some() || delta.get("citation").is_some() {
            Self::Text {
                citations: Vec::new(),
            }
        } else {
            Self::Unknown
        }
    }

    /// Takes a delta and tells how many bytes of it are kept.
    pub(super) fn take(&mut self, delta: &Fields<'_>, give: &mut impl FnMut(Delta)) -> usize {
        match self {
            Self::Text { citations } => {
                if let Some(text) = delta.text("text").filter(|text| !text.is_empty()) {
                    give(Delta::Text { text, logprobs: None });
                }
                delta
                    .get("citation")
                    .map_or(0, |citation| listed(citation, citations))
            }
            Self::Reasoning { signature, sealed } => {
                let Some(piece) = delta.inside("reasoningContent") else {
                    return 0;
                };
                if let Some(text) = piece.text("text").filter(|text| !text.is_empty()) {
                    give(Delta::Reasoning { text });
                }
                let more = piece.text("signature").unwrap_or_default();
                let closed = piece.text("redactedContent").unwrap_or_default();
                signature.push_str(&more);
                sealed.push_str(&closed);
                more.len() + closed.len()
            }
            Self::Answer => {
                let fragment = delta.inside("toolUse").and_then(|call| call.text("input"));
                if let Some(text) = fragment.filter(|text| !text.is_empty()) {
                    give(Delta::Text { text, logprobs: None });
                }
                0
            }
            Self::ServerCall { input, .. } => {
                let fragment = delta.inside("toolUse").and_then(|call| call.text("input"));
                let fragment = fragment.unwrap_or_default();
                input.push_str(&fragment);
                fragment.len()
            }
            Self::ServerResult { content, .. } => {
                let pieces = delta.get("toolResult").and_then(json::items);
                let pieces = pieces.unwrap_or_default().into_iter();
                pieces.map(|piece| listed(piece, content)).sum()
            }
            Self::Image { source, .. } => {
                let found = delta.inside("image").and_then(|image| image.get("source"));
                let length = found.map_or(0, |found| found.get().len());
                *source = found.map(|found| RawJson::new(found.get())).or(source.take());
                length
            }
            // the stream keeps a call's arguments itself
            Self::Call { .. } | Self::Unknown => 0,
        }
    }

    /// Ends the block.
    pub(super) fn end(self, give: &mut impl FnMut(Delta)) -> Result<(), Failure> {
        match self {
            Self::Text { citations } if citations.is_empty() => {}
            Self::Text { citations } => {
                let mut extra = Extra::new();
                extra.set(CITATIONS, list(&citations));
                give(Delta::TextExtra { extra });
            }
            Self::Reasoning { signature, sealed } => {
                if !sealed.is_empty() {
                    let (signature, extra) = redacted(sealed);
                    give(Delta::ReasoningEnd { signature, extra });
                } else {
                    give(Delta::ReasoningEnd {
                        signature: Some(signature).filter(|text| !text.is_empty()),
                        extra: Extra::new(),
                    });
                }
            }
            Self::ServerCall { start, input } => {
                let broken = serde_json::from_str::<serde::de::IgnoredAny>(&input).is_err();
                let input = if broken { "{}" } else { input.as_str() };
                whole("toolUse", &start, "input", input, give)?;
            }
            Self::ServerResult { start, content } => {
                whole("toolResult", &start, "content", list(&content).get(), give)?;
            }
            Self::Image { start, source } => {
                if let Some(source) = source {
                    whole("image", &start, "source", source.get(), give)?;
                }
            }
            Self::Call { .. } | Self::Answer | Self::Unknown => {}
        }
        Ok(())
    }
}

/// Adds a value to a list and tells how long it is.
fn listed(value: &RawValue, list: &mut Vec<u8>) -> usize {
    if !list.is_empty() {
        list.push(b',');
    }
    json::write_raw(value.get(), list);
    value.get().len()
}

fn list(items: &[u8]) -> RawJson {
    RawJson::new(format!("[{}]", String::from_utf8_lossy(items)))
}

/// Puts a block together as it would have stood in a whole answer, and reads it as one.
fn whole(
    kind: &str,
    start: &RawJson,
    field: &str,
    value: &str,
    give: &mut impl FnMut(Delta),
) -> Result<(), Failure> {
    let mut out = Vec::new();
    let mut outer = Object::open(&mut out);
    let mut inner = Object::open(outer.key(kind));
    let start = serde_json::from_str::<&RawValue>(start.get());
    for (name, value) in start.ok().and_then(json::fields).unwrap_or_default() {
        if name != field {
            inner.raw(&name, value.get());
        }
    }
    inner.raw(field, value);
    inner.close();
    outer.close();
    let text = String::from_utf8_lossy(&out);
    let Ok(raw) = serde_json::from_str::<&RawValue>(&text) else {
        return Ok(());
    };
    if let Some(part) = block(raw, String::new)? {
        give(Delta::Part { part: Box::new(part) });
    }
    Ok(())
}
