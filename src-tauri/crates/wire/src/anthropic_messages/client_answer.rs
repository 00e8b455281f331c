//! A whole answer, as the strictest client reads it (W-147, W-148, W-155).

use std::fmt;
use std::sync::Arc;

use domain::{Answer, Choice, Extra, Part, RawJson, StopReason, Usage};

use super::{block, stop, usage};
use crate::json::{self, Object};
use crate::stop::with_calls;

/// Makes a signature for reasoning that has none, from its text, so that it is recognised when the client
/// sends it back (W-155).
#[derive(Clone)]
pub struct Signer(Arc<dyn Fn(&str) -> String + Send + Sync>);

impl Signer {
    /// A signer that asks this function.
    pub fn new(sign: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(sign))
    }

    pub(super) fn sign(&self, text: &str) -> String {
        (self.0)(text)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}

/// What stands around an answer.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// `msg_…`.
    pub id: String,
    /// The request's id, for the failure that may end a stream; equal to the header `request-id`.
    pub request_id: Option<String>,
    /// What the client asked for (W-57).
    pub model: String,
    /// Tokens of the request as far as they are known before the provider counted them: what a stream tells
    /// at its beginning. 0 when they are not.
    pub input_tokens: u64,
    /// Signs reasoning that nobody signed; without it such blocks have an empty signature.
    pub signer: Option<Signer>,
}

impl Envelope {
    /// Writes the usage, which clients want always: without a report, what is known before.
    pub(super) fn write_usage(&self, report: Option<&(Usage, RawJson)>, out: &mut Vec<u8>) {
        let known = Usage {
            input: self.input_tokens,
            ..Usage::default()
        };
        match report {
            Some((counted, raw)) => usage::write(*counted, Some(raw), out),
            None => usage::write(known, None, out),
        }
    }
}

/// Fields of an answer that we write ourselves.
pub(super) const OURS: &[&str] = &[
    "id",
    "type",
    "role",
    "model",
    "content",
    "stop_reason",
    "stop_sequence",
    "usage",
    "error",
];

/// Writes the body of a non-stream response. This wire has one choice; it is the first.
pub fn encode_answer(answer: &Answer, envelope: &Envelope, out: &mut Vec<u8>) {
    let (parts, extra, reason) = match answer.choices.first() {
        Some(Choice { message, reason, .. }) => (message.parts.as_slice(), &message.extra, *reason),
        None => (&[][..], &Extra::new(), StopReason::Stop),
    };
    let mut object = Object::open(out);
    object.string("id", &envelope.id);
    object.literal("type", r#""message""#);
    object.literal("role", r#""assistant""#);
    object.string("model", &envelope.model);
    let content = object.key("content");
    content.push(b'[');
    for part in parts {
        let before = content.len();
        if content.last() != Some(&b'[') {
            content.push(b',');
        }
        if !write_part(part, envelope, content) {
            content.truncate(before);
        }
    }
    content.push(b']');
    let arguments = parts.iter().filter_map(|part| {
        if let Part::ToolCall { arguments, .. } = part {
            Some(arguments.as_str())
        } else {
            None
        }
    });
    let refused = parts.iter().any(|part| matches!(part, Part::Refusal { .. }));
    let reason = with_calls(refusal(reason, refused), arguments);
    write_stop(reason, extra, &mut object);
    envelope.write_usage(answer.usage.as_ref(), object.key("usage"));
    object.extra(extra, |name| !OURS.contains(&name));
    object.extra(&answer.extra, |name| {
        !OURS.contains(&name) && extra.get(name).is_none()
    });
    object.close();
}

/// Who refuses does not stop because all is said.
pub(super) fn refusal(reason: StopReason, refused: bool) -> StopReason {
    match reason {
        StopReason::Stop if refused => StopReason::ContentFilter,
        StopReason::Stop | StopReason::Length | StopReason::ToolCalls | StopReason::ContentFilter => reason,
    }
}

/// Writes `stop_reason` and `stop_sequence`.
pub(super) fn write_stop(reason: StopReason, extra: &Extra, object: &mut Object<'_>) {
    let word = stop::write(reason, extra);
    json::write_raw(word, object.key("stop_reason"));
    match extra.get("stop_sequence") {
        Some(sequence) => object.raw("stop_sequence", sequence.get()),
        None => object.literal("stop_sequence", "null"),
    }
}

/// Writes a part as a block; `false` when this wire has no form for it.
fn write_part(part: &Part, envelope: &Envelope, out: &mut Vec<u8>) -> bool {
    let Part::Reasoning {
        text,
        signature,
        extra,
    } = part
    else {
        let empty = matches!(part, Part::Text { text, extra } if text.is_empty() && extra.is_empty());
        return !empty && block::write(part, &mut |_| true, out);
    };
    if text.is_empty() && signature.is_none() {
        return false;
    }
    let made;
    let signature = match (signature, &envelope.signer) {
        (Some(signature), _) => signature,
        (None, Some(signer)) => {
            made = signer.sign(text);
            &made
        }
        (None, None) => "",
    };
    block::write_thinking(text, signature, extra, &mut |_| true, out);
    true
}
