//! A stream of an answer, canonical whatever the provider did (W-149 to W-152).
//!
//! Blocks are open one at a time here, while other wires let several calls grow side by side. A call that is
//! open may only be closed when its arguments are whole; until then, what comes of other blocks waits. The
//! danger is the silent end: `message_stop` is written only when the answer has ended, and a failure is an
//! event of its own with nothing behind it.

use std::collections::VecDeque;

use super::block;
use super::client_answer::{Envelope, OURS, refusal, write_stop};
use super::client_block::{Block, citations, frame, piece};
use super::client_error::encode_error;
use crate::json::Object;
use crate::stop::with_calls;
use domain::{Delta, Event, Extra, Failure, FailureKind, RawJson, StopReason, Usage};

/// More calls in one turn than any model makes.
const MAX_CALLS: usize = 1024;

/// Turns events into events of this wire. Each is written whole, with its blank line.
#[derive(Debug)]
pub struct StreamEncoder {
    envelope: Envelope,
    begun: bool,
    /// Nothing may follow: the stream has ended or failed.
    ended: bool,
    index: u64,
    open: Option<Block>,
    waiting: VecDeque<Block>,
    /// Arguments of each call so far.
    calls: Vec<String>,
    refused: bool,
    reason: Option<StopReason>,
    usage: Option<(Usage, RawJson)>,
    extra: Extra,
}

impl StreamEncoder {
    /// An event that keeps the connection alive during silence (W-151).
    pub const HEARTBEAT: &[u8] = b"event: ping\ndata: {\"type\": \"ping\"}\n\n";

    /// An encoder at the beginning of a stream.
    pub fn new(envelope: Envelope) -> Self {
        Self {
            envelope,
            begun: false,
            ended: false,
            index: 0,
            open: None,
            waiting: VecDeque::new(),
            calls: Vec::new(),
            refused: false,
            reason: None,
            usage: None,
            extra: Extra::new(),
        }
    }

    /// Tells about how many tokens the request is, before the first event.
    pub fn set_input_tokens(&mut self, tokens: u64) {
        self.envelope.input_tokens = tokens;
    }

    /// Appends what an event says to `out`. This wire has one choice; others are left out.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        if self.ended {
            return;
        }
        match event {
            Event::Started { extra, .. } => self.begin(extra, out),
            Event::Delta { choice: 0, delta } if self.reason.is_none() => {
                self.begin(&Extra::new(), out);
                self.delta(delta, out);
            }
            Event::Finished { choice: 0, reason } if self.reason.is_none() => {
                self.begin(&Extra::new(), out);
                self.advance(true, out);
                self.close(out);
                self.reason = Some(*reason);
            }
            Event::Delta { .. } | Event::Finished { .. } => {}
            Event::Usage { usage, raw } => self.usage = Some((*usage, raw.clone())),
        }
    }

    /// Ends the stream: the reason to stop, usage, and the last event.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamDisconnected`] when the answer has not ended; nothing is written then, and the
    /// caller goes on with [`StreamEncoder::fail`].
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let Some(reason) = self.reason.filter(|_| !self.ended) else {
            return Err(Failure::new(
                FailureKind::UpstreamDisconnected,
                "The answer ended before it was complete.",
            ));
        };
        self.ended = true;
        let reason = with_calls(
            refusal(reason, self.refused),
            self.calls.iter().map(String::as_str),
        );
        let of_delta = |name: &str| matches!(name, "stop_details" | "container");
        frame("message_delta", out, |object| {
            let mut delta = Object::open(object.key("delta"));
            write_stop(reason, &self.extra, &mut delta);
            delta.extra(&self.extra, of_delta);
            delta.close();
            self.envelope
                .write_usage(self.usage.as_ref(), object.key("usage"));
            object.extra(&self.extra, |name| {
                !of_delta(name) && name != "delta" && !OURS.contains(&name)
            });
        });
        frame("message_stop", out, |_| {});
        Ok(())
    }

    /// Ends the stream with a failure: one event that holds the body of [`super::encode_error`].
    pub fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        self.ended = true;
        out.extend_from_slice(b"event: error\ndata: ");
        encode_error(failure, self.envelope.request_id.as_deref(), out);
        out.extend_from_slice(b"\n\n");
    }

    fn begin(&mut self, extra: &Extra, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        frame("message_start", out, |object| {
            let mut message = Object::open(object.key("message"));
            message.string("id", &self.envelope.id);
            message.literal("type", r#""message""#);
            message.literal("role", r#""assistant""#);
            message.string("model", &self.envelope.model);
            message.literal("content", "[]");
            message.literal("stop_reason", "null");
            message.literal("stop_sequence", "null");
            self.envelope.write_usage(None, message.key("usage"));
            message.extra(extra, |name| !OURS.contains(&name));
            message.close();
        });
    }

    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::Text { text, .. } => self.text(text, out),
            Delta::Refusal { text } => {
                self.refused = true;
                self.text(text, out);
            }
            Delta::TextExtra { extra } => self.text_extra(extra, out),
            Delta::Reasoning { text } => self.thinking(text, out),
            Delta::ReasoningEnd { signature, extra } => self.thinking_end(signature.as_ref(), extra, out),
            Delta::ToolCallStart { id, name, extra, .. } => {
                if self.calls.len() < MAX_CALLS {
                    let index = self.calls.len();
                    self.calls.push(String::new());
                    let call = Block::Call {
                        index,
                        id: id.clone(),
                        name: name.clone(),
                        extra: extra.clone(),
                    };
                    self.place(call, out);
                }
            }
            Delta::ToolCallArguments { index, fragment } => self.arguments(*index, fragment, out),
            Delta::Part { part } => {
                let mut whole = Vec::new();
                if block::write(part, &mut |_| true, &mut whole) {
                    let whole = String::from_utf8(whole).unwrap_or_default();
                    self.place(Block::Whole(whole), out);
                }
            }
            Delta::Extra { extra } => {
                for (name, value) in extra.iter() {
                    self.extra.set(name, value.clone());
                }
            }
        }
    }

    fn text(&mut self, more: &str, out: &mut Vec<u8>) {
        if more.is_empty() {
            return;
        }
        let (open, index) = (self.waiting.is_empty(), self.index);
        match self.latest() {
            Some(Block::Text { closed: false, .. }) if open => piece(index, "text_delta", "text", more, out),
            Some(Block::Text {
                text, closed: false, ..
            }) => text.push_str(more),
            _ => self.place(
                Block::Text {
                    text: more.to_owned(),
                    extra: Extra::new(),
                    closed: false,
                },
                out,
            ),
        }
    }

    fn text_extra(&mut self, fields: &Extra, out: &mut Vec<u8>) {
        let (open, index) = (self.waiting.is_empty(), self.index);
        if let Some(Block::Text { extra, closed, .. }) = self.latest()
            && !*closed
        {
            *closed = true;
            if open {
                citations(index, fields, out);
            } else {
                *extra = fields.clone();
            }
        }
    }

    fn thinking(&mut self, more: &str, out: &mut Vec<u8>) {
        if more.is_empty() {
            return;
        }
        let (open, index) = (self.waiting.is_empty(), self.index);
        match self.latest() {
            Some(Block::Thinking {
                text,
                whole,
                closed: false,
                ..
            }) => {
                whole.push_str(more);
                if open {
                    piece(index, "thinking_delta", "thinking", more, out);
                } else {
                    text.push_str(more);
                }
            }
            _ => self.place(
                Block::Thinking {
                    text: more.to_owned(),
                    whole: more.to_owned(),
                    signature: None,
                    extra: Extra::new(),
                    closed: false,
                },
                out,
            ),
        }
    }

    fn thinking_end(&mut self, sealed: Option<&String>, fields: &Extra, out: &mut Vec<u8>) {
        if let Some(Block::Thinking {
            signature,
            extra,
            closed,
            ..
        }) = self.latest()
            && !*closed
        {
            // the signature goes out when the block is closed
            (*signature, *extra, *closed) = (sealed.cloned(), fields.clone(), true);
            return;
        }
        let Some(sealed) = sealed else { return };
        let block = if block::redacted(fields) {
            let mut whole = Vec::new();
            block::write_thinking("", sealed, fields, &mut |_| true, &mut whole);
            Block::Whole(String::from_utf8(whole).unwrap_or_default())
        } else {
            Block::Thinking {
                text: String::new(),
                whole: String::new(),
                signature: Some(sealed.clone()),
                extra: fields.clone(),
                closed: true,
            }
        };
        self.place(block, out);
    }

    fn arguments(&mut self, index: u32, fragment: &str, out: &mut Vec<u8>) {
        let Some(index) = usize::try_from(index).ok().filter(|_| !fragment.is_empty()) else {
            return;
        };
        let Some(call) = self.calls.get_mut(index) else {
            return;
        };
        call.push_str(fragment);
        if matches!(self.open, Some(Block::Call { index: open, .. }) if open == index) {
            piece(self.index, "input_json_delta", "partial_json", fragment, out);
            self.advance(false, out);
        }
    }

    /// The block that came last: what goes on, goes on there.
    fn latest(&mut self) -> Option<&mut Block> {
        match self.waiting.back_mut() {
            Some(block) => Some(block),
            None => self.open.as_mut(),
        }
    }

    /// Opens a block, behind all that wait.
    fn place(&mut self, block: Block, out: &mut Vec<u8>) {
        self.waiting.push_back(block);
        self.advance(false, out);
    }

    /// Opens the blocks that wait, as far as the one before may be closed.
    fn advance(&mut self, force: bool, out: &mut Vec<u8>) {
        while !self.waiting.is_empty() && (force || self.closable()) {
            self.close(out);
            if let Some(next) = self.waiting.pop_front() {
                next.start(self.index, &self.calls, out);
                self.open = Some(next);
            }
        }
    }

    fn closable(&self) -> bool {
        match &self.open {
            Some(Block::Call { index, .. }) => self
                .calls
                .get(*index)
                .is_none_or(|arguments| serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_ok()),
            Some(Block::Text { .. } | Block::Thinking { .. } | Block::Whole(_)) | None => true,
        }
    }

    /// Ends the open block.
    fn close(&mut self, out: &mut Vec<u8>) {
        let Some(block) = self.open.take() else { return };
        match &block {
            Block::Thinking { whole, signature, .. } => {
                let made = || Some(self.envelope.signer.as_ref()?.sign(whole));
                if let Some(signature) = signature.clone().or_else(made) {
                    piece(self.index, "signature_delta", "signature", &signature, out);
                }
            }
            Block::Call { index, .. } => {
                if let Some(arguments) = self.calls.get_mut(*index).filter(|text| text.trim().is_empty()) {
                    arguments.push_str("{}");
                    piece(self.index, "input_json_delta", "partial_json", "{}", out);
                }
            }
            Block::Text { .. } | Block::Whole(_) => {}
        }
        frame("content_block_stop", out, |object| {
            object.unsigned("index", self.index)
        });
        self.index += 1;
    }
}
