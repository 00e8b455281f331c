//! A whole answer, as Google's own libraries read it.

use domain::{Answer, Choice, Extra, Message, Part, Role, StopReason};

use super::{CONTENT, logprobs, part, stop, tool, usage};
use crate::json::Object;

/// What stands around an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// `responseId`.
    pub id: String,
    /// What the client asked for; its `modelVersion` (W-57).
    pub model: String,
}

/// Fields of an answer that we write ourselves.
const OURS: &[&str] = &[
    "candidates",
    "usageMetadata",
    "modelVersion",
    "responseId",
    "error",
];
/// Fields of a candidate that we write ourselves.
const OURS_IN_CANDIDATE: &[&str] = &["content", "finishReason", "index", "logprobsResult"];

/// Writes the body of a response that is no stream.
pub fn encode_answer(answer: &Answer, envelope: &Envelope, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    let list = object.key("candidates");
    list.push(b'[');
    for (index, choice) in answer.choices.iter().enumerate() {
        if index > 0 {
            list.push(b',');
        }
        let mut parts = Vec::new();
        for part in &choice.message.parts {
            write_part(part, &mut parts);
        }
        let calls = |part: &Part| matches!(part, Part::ToolCall { .. });
        let logprobs = choice.logprobs.as_ref().and_then(logprobs::write);
        let last = Candidate {
            index: u64::try_from(index).unwrap_or(u64::MAX),
            parts: &parts,
            logprobs: logprobs.as_deref(),
            reason: Some(stop::with_calls(
                choice.reason,
                choice.message.parts.iter().any(calls),
            )),
            extra: &choice.message.extra,
        };
        last.write(list);
    }
    if answer.choices.is_empty() {
        // decoders refuse such answers; should one be made elsewhere, clients still find `candidates[0]`
        let nothing = nothing();
        let last = Candidate {
            index: 0,
            parts: &[],
            logprobs: None,
            reason: Some(nothing.reason),
            extra: &nothing.message.extra,
        };
        last.write(list);
    }
    list.push(b']');
    if let Some((tokens, raw)) = &answer.usage {
        usage::write(*tokens, raw, object.key("usageMetadata"));
    }
    around(&answer.extra, envelope, &mut object);
    object.close();
}

fn nothing() -> Choice {
    Choice {
        message: Message {
            role: Role::Assistant,
            parts: Vec::new(),
            extra: Extra::new(),
        },
        reason: StopReason::Stop,
        logprobs: None,
    }
}

/// The fields that stand beside the candidates.
pub(super) fn around(extra: &Extra, envelope: &Envelope, object: &mut Object<'_>) {
    object.string("modelVersion", &envelope.model);
    object.string("responseId", &envelope.id);
    object.extra(extra, |name| !OURS.contains(&name));
}

/// One candidate of an answer or of a chunk.
pub(super) struct Candidate<'a> {
    pub(super) index: u64,
    /// Its parts in JSON, separated by commas.
    pub(super) parts: &'a [u8],
    pub(super) logprobs: Option<&'a str>,
    pub(super) reason: Option<StopReason>,
    pub(super) extra: &'a Extra,
}

impl Candidate<'_> {
    /// Writes it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        let mut content = Object::open(object.key("content"));
        let list = content.key("parts");
        list.push(b'[');
        if self.parts.is_empty() {
            // libraries look for the first part without asking whether there is one
            list.extend_from_slice(br#"{"text":""}"#);
        } else {
            list.extend_from_slice(self.parts);
        }
        list.push(b']');
        content.literal("role", r#""model""#);
        content.prefixed(self.extra, CONTENT, |name| !matches!(name, "parts" | "role"));
        content.close();
        if let Some(reason) = self.reason {
            object.literal("finishReason", stop::write(reason));
        }
        object.unsigned("index", self.index);
        if let Some(logprobs) = self.logprobs {
            object.raw("logprobsResult", logprobs);
        }
        object.extra(self.extra, |name| {
            !name.starts_with(CONTENT) && !OURS_IN_CANDIDATE.contains(&name)
        });
        object.close();
    }
}

/// Appends a part to others; a part that this wire has no form for, and one that says nothing, is left out.
pub(super) fn write_part(part: &Part, out: &mut Vec<u8>) {
    let start = out.len();
    if start > 0 {
        out.push(b',');
    }
    let silent = |extra: &Extra| extra.is_empty();
    let written = match part {
        Part::Text { text, extra } if text.is_empty() && silent(extra) => false,
        Part::Reasoning {
            text,
            signature,
            extra,
        } if text.is_empty() && silent(extra) && !signature.as_deref().is_some_and(part::is_base64) => false,
        Part::ToolCall {
            id,
            name,
            arguments,
            extra,
        } => {
            tool::write_call((id, name, arguments), extra, None, true, out);
            true
        }
        Part::Text { .. }
        | Part::Image(_)
        | Part::File(_)
        | Part::Audio(_)
        | Part::Reasoning { .. }
        | Part::Refusal { .. }
        | Part::ToolResult { .. }
        | Part::Opaque { .. } => part::write(part, true, out),
    };
    if !written {
        out.truncate(start);
    }
}
