//! A stream of pieces of text in the old form. It ends as a stream of chat does: never silently.

use domain::{Delta, Event, Failure, FailureKind, RawJson, Usage};

use super::client_answer::{legacy, reason};
use crate::json::{self, Object};
use crate::openai_chat::{Envelope, usage};

#[derive(Debug, Default)]
struct Choice {
    finished: bool,
    /// Characters of text so far.
    said: usize,
}

/// Turns events into chunks of the object `text_completion`.
#[derive(Debug)]
pub struct StreamEncoder {
    envelope: Envelope,
    include_usage: bool,
    usage: Option<Usage>,
    choices: Vec<Option<Choice>>,
}

/// More choices than a request may ask for, over all its prompts.
const MAX_CHOICES: usize = 128 * 128;

impl StreamEncoder {
    /// A comment that keeps the connection alive during silence (W-68).
    pub const HEARTBEAT: &[u8] = crate::openai_chat::StreamEncoder::HEARTBEAT;

    /// An encoder at the beginning of a stream.
    pub fn new(envelope: Envelope, include_usage: bool) -> Self {
        Self {
            envelope,
            include_usage,
            usage: None,
            choices: Vec::new(),
        }
    }

    /// Appends the chunks of an event to `out`.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Started { .. } => {}
            Event::Delta { choice, delta } => match delta {
                Delta::Text { text, logprobs } => self.text(*choice, text, logprobs.as_ref(), out),
                Delta::Refusal { text } => self.text(*choice, text, None, out),
                // a text has no place for these
                Delta::TextExtra { .. }
                | Delta::Reasoning { .. }
                | Delta::ReasoningEnd { .. }
                | Delta::Part { .. }
                | Delta::ToolCallStart { .. }
                | Delta::ToolCallArguments { .. }
                | Delta::Extra { .. } => {
                    self.choice(*choice);
                }
            },
            Event::Finished { choice, reason: why } => {
                if !std::mem::replace(&mut self.choice(*choice).finished, true) {
                    self.chunk(*choice, "", None, reason(*why), out);
                }
            }
            Event::Usage { usage, .. } => self.usage = Some(*usage),
        }
    }

    /// Ends the stream: usage when it was asked for and is known, then the last marker.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamDisconnected`] when a choice has not ended, or none has begun; nothing is
    /// written then, and the caller goes on with [`StreamEncoder::fail`].
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let begun = || self.choices.iter().flatten();
        if begun().next().is_none() || !begun().all(|choice| choice.finished) {
            return Err(Failure::new(
                FailureKind::UpstreamDisconnected,
                "The answer ended before it was complete.",
            ));
        }
        if let (true, Some(tokens)) = (self.include_usage, self.usage) {
            out.extend_from_slice(b"data: ");
            let mut object = self.head(out);
            object.literal("choices", "[]");
            usage::write(tokens, object.key("usage"));
            object.close();
            out.extend_from_slice(b"\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
        Ok(())
    }

    /// Ends the stream with a failure: one event that holds the body of
    /// [`crate::openai_chat::encode_error`] and no marker (W-69).
    pub fn fail(&mut self, error_body: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(b"data: ");
        json::write_raw(&String::from_utf8_lossy(error_body), out);
        out.extend_from_slice(b"\n\n");
    }

    fn choice(&mut self, index: u32) -> &mut Choice {
        let at = usize::try_from(index).unwrap_or(usize::MAX).min(MAX_CHOICES - 1);
        if self.choices.len() <= at {
            self.choices.resize_with(at + 1, || None);
        }
        self.choices[at].get_or_insert_default()
    }

    fn text(&mut self, choice: u32, text: &str, logprobs: Option<&RawJson>, out: &mut Vec<u8>) {
        let state = self.choice(choice);
        if state.finished || (text.is_empty() && logprobs.is_none()) {
            return;
        }
        let offset = state.said;
        state.said += text.chars().count();
        let logprobs = logprobs.map(|raw| legacy(raw.get(), offset));
        self.chunk(choice, text, logprobs.as_deref(), "null", out);
    }

    fn head<'o>(&self, out: &'o mut Vec<u8>) -> Object<'o> {
        let mut object = Object::open(out);
        object.string("id", &self.envelope.id);
        object.literal("object", r#""text_completion""#);
        object.signed("created", self.envelope.created);
        object.string("model", &self.envelope.model);
        object
    }

    fn chunk(
        &self,
        choice: u32,
        text: &str,
        logprobs: Option<&str>,
        reason: &'static str,
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(b"data: ");
        let mut object = self.head(out);
        let list = object.key("choices");
        list.push(b'[');
        let mut one = Object::open(list);
        one.string("text", text);
        one.unsigned("index", choice.into());
        one.raw("logprobs", logprobs.unwrap_or("null"));
        one.literal("finish_reason", reason);
        one.close();
        list.push(b']');
        if self.include_usage {
            object.literal("usage", "null");
        }
        object.close();
        out.extend_from_slice(b"\n\n");
    }
}
