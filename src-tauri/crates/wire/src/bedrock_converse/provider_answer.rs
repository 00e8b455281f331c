//! A whole answer, and the blocks that answers are made of.

use domain::{
    Answer, Choice, Extra, Failure, FailureKind, Media, MediaSource, Message, Part, RawJson, Role, Wire,
};
use serde_json::value::RawValue;

use super::{ANSWER_TOOL, media, stop, usage};
use crate::ids::{fnv, made_id};
use crate::json;
use crate::refusal;
use crate::stop::with_calls;

/// Fields beside the answer that the domain does not model. `metrics` is not among them: it holds the
/// provider's latency, which nobody sends back.
const CARRIED: &[&str] = &[
    "additionalModelResponseFields",
    "trace",
    "serviceTier",
    "performanceConfig",
];

/// Reads the body of a successful response.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it is no answer; what the provider says when it holds an error.
pub fn decode_answer(body: &[u8]) -> Result<Answer, Failure> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{FEFF}').trim();
    let mended = json::without_lone_surrogates(text);
    let text = mended.as_deref().unwrap_or(text);
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| not_an_answer())?;
    let fields = Fields::of(raw).ok_or_else(not_an_answer)?;
    let message = fields
        .inside("output")
        .and_then(|output| output.inside("message"));
    let Some(message) = message else {
        return Err(
            if fields.get("message").is_some() || fields.get("error").is_some() {
                refusal::in_stream(text)
            } else {
                not_an_answer()
            },
        );
    };
    let seed = fnv(0, text.as_bytes());
    let blocks = message.get("content").and_then(json::items).unwrap_or_default();
    let mut parts = Vec::with_capacity(blocks.len());
    for (index, value) in (0_u32..).zip(blocks) {
        parts.extend(block(value, || made_id(seed, index))?);
    }
    let word = fields.text("stopReason").unwrap_or_default();
    let arguments = parts.iter().filter_map(|part| {
        if let Part::ToolCall { arguments, .. } = part {
            Some(arguments.as_str())
        } else {
            None
        }
    });
    let choice = Choice {
        reason: with_calls(stop::read(&word)?, arguments),
        logprobs: None,
        message: Message {
            role: Role::Assistant,
            parts,
            extra: carried(&fields),
        },
    };
    Ok(Answer {
        choices: vec![choice],
        usage: fields.get("usage").and_then(usage::read),
        ..Answer::default()
    })
}

fn not_an_answer() -> Failure {
    Failure::new(
        FailureKind::UpstreamFailed,
        "The provider's answer is not one of Converse.",
    )
}

/// The fields of an object, to be looked up by name.
pub(super) struct Fields<'a>(Vec<(std::borrow::Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Takes an object apart; `None` when the value is none.
    pub(super) fn of(raw: &'a RawValue) -> Option<Self> {
        json::fields(raw).map(Self)
    }

    /// The field of that name, unless it is null.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let (_, value) = self.0.iter().rev().find(|(key, _)| key == name)?;
        (value.get() != "null").then_some(*value)
    }

    /// The field of that name as an object.
    pub(super) fn inside(&self, name: &str) -> Option<Self> {
        Self::of(self.get(name)?)
    }

    /// The field of that name as a string.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        json::text(self.get(name)?).map(String::from)
    }
}

/// The fields of the answer, or of an event, that ride along.
pub(super) fn carried(fields: &Fields<'_>) -> Extra {
    let mut extra = Extra::new();
    for name in CARRIED {
        if let Some(value) = fields.get(name) {
            extra.set(*name, RawJson::new(value.get()));
        }
    }
    extra
}

/// Reads a block of content; `None` for one that says nothing. What the domain does not model is carried
/// whole, so that it can be sent back. `id` makes an id for a call that has none.
pub(super) fn block(value: &RawValue, id: impl FnOnce() -> String) -> Result<Option<Part>, Failure> {
    let Some(fields) = Fields::of(value) else {
        return Ok(None);
    };
    if let Some(text) = fields.text("text") {
        return Ok((!text.is_empty()).then(|| Part::text(text)));
    }
    if let Some(call) = fields.inside("toolUse")
        && call.text("type").as_deref() != Some(SERVER_TOOL)
    {
        return tool_call(&call, id).map(Some);
    }
    let known = fields
        .inside("reasoningContent")
        .and_then(|reasoning| reasoning_block(&reasoning))
        .or_else(|| citations_block(&fields.inside("citationsContent")?))
        .or_else(|| image_block(&fields.inside("image")?));
    Ok(known.or_else(|| {
        (!fields.0.is_empty()).then(|| Part::Opaque {
            wire: Wire::BedrockConverse,
            value: RawJson::new(value.get()),
        })
    }))
}

/// The type of a tool use that the provider runs itself.
pub(super) const SERVER_TOOL: &str = "server_tool_use";

fn tool_call(call: &Fields<'_>, id: impl FnOnce() -> String) -> Result<Part, Failure> {
    let name = call.text("name").filter(|name| !name.is_empty()).ok_or_else(|| {
        Failure::new(
            FailureKind::UpstreamFailed,
            "The provider sent a tool call without a name.",
        )
    })?;
    let arguments = match call.get("input") {
        // text where an object should be
        Some(input) => json::text(input).map_or_else(|| input.get().to_owned(), String::from),
        None => String::new(),
    };
    if name == ANSWER_TOOL {
        return Ok(Part::text(arguments));
    }
    Ok(Part::ToolCall {
        id: call
            .text("toolUseId")
            .filter(|id| !id.is_empty())
            .unwrap_or_else(id),
        name,
        arguments: if arguments.is_empty() {
            "{}".into()
        } else {
            arguments
        },
        extra: Extra::new(),
    })
}

fn reasoning_block(reasoning: &Fields<'_>) -> Option<Part> {
    if let Some(text) = reasoning.inside("reasoningText") {
        return Some(Part::Reasoning {
            text: text.text("text").unwrap_or_default(),
            signature: text.text("signature").filter(|signature| !signature.is_empty()),
            extra: Extra::new(),
        });
    }
    let (signature, extra) = redacted(reasoning.text("redactedContent")?);
    Some(Part::Reasoning {
        text: String::new(),
        signature,
        extra,
    })
}

/// Signature and extra of a block of reasoning that only its maker can read.
pub(super) fn redacted(sealed: String) -> (Option<String>, Extra) {
    let mut extra = Extra::new();
    extra.set("redacted", RawJson::new("true"));
    (Some(sealed), extra)
}

/// The name under which citations of Converse's shape ride on the text they belong to. It is not
/// `citations`, under which other wires look for Anthropic's shape.
pub(super) const CITATIONS: &str = "citationsContent";

fn citations_block(block: &Fields<'_>) -> Option<Part> {
    let texts = block.get("content").and_then(json::items).unwrap_or_default();
    let text = texts
        .into_iter()
        .filter_map(|text| Fields::of(text)?.text("text"))
        .collect();
    let mut extra = Extra::new();
    extra.set(CITATIONS, RawJson::new(block.get("citations")?.get()));
    Some(Part::Text { text, extra })
}

fn image_block(image: &Fields<'_>) -> Option<Part> {
    let data = image.inside("source")?.text("bytes")?;
    let media_type = image.text("format").and_then(|format| media::image_type(&format));
    Some(Part::Image(Media {
        source: MediaSource::Base64 { data },
        media_type: media_type.map(str::to_owned),
        name: None,
        extra: Extra::new(),
    }))
}
