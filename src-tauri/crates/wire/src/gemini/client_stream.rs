//! A stream of chunks, each a whole response of its own, as Google's libraries read it.
//!
//! This wire has no mark for its end: a client knows that all is said by the reason to finish. So reasons are
//! held back until the stream has really ended, and tokens go out with the last of them. A call goes out
//! whole, for nobody here reads arguments piece by piece.

use domain::{Delta, Event, Extra, Failure, FailureKind, Part, RawJson, StopReason, Usage};

use super::client_answer::{Candidate, Envelope, around, write_part};
use super::{encode_error, logprobs, stop, tool, usage};
use crate::json::Object;

/// How chunks are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events: what `alt=sse` asks for.
    Sse,
    /// One JSON array, an element a chunk: what comes without it.
    Array,
}

#[derive(Debug, Default)]
struct Call {
    id: String,
    name: String,
    arguments: String,
    extra: Extra,
}

#[derive(Debug, Default)]
struct Choice {
    begun: bool,
    reason: Option<StopReason>,
    calls: Vec<Call>,
    /// Fields of the candidate, for its last chunk.
    extra: Extra,
}

/// Turns events into chunks. Each piece of text becomes one; calls, reasons and usage are held back.
#[derive(Debug)]
pub struct StreamEncoder {
    envelope: Envelope,
    framing: Framing,
    first: bool,
    usage: Option<(Usage, RawJson)>,
    choices: Vec<Choice>,
    /// Fields of the answer, which ride on the next chunk.
    riding: Extra,
}

impl StreamEncoder {
    /// What keeps the connection alive during silence: blank lines mean nothing in either framing. Comments
    /// would be right among events, but some of Google's libraries take every line for data.
    pub const HEARTBEAT: &[u8] = b"\n\n";

    /// An encoder at the beginning of a stream.
    pub fn new(envelope: Envelope, framing: Framing) -> Self {
        Self {
            envelope,
            framing,
            first: true,
            usage: None,
            choices: Vec::new(),
            riding: Extra::new(),
        }
    }

    /// Appends the chunks of an event to `out`.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Started { extra, .. } => self.riding = extra.clone(),
            Event::Delta { choice, delta } => {
                let index = self.begin(*choice);
                if self.choices[index].reason.is_none() {
                    self.delta(index, delta, out);
                }
            }
            Event::Finished { choice, reason } => {
                let index = self.begin(*choice);
                self.choices[index].reason.get_or_insert(*reason);
            }
            Event::Usage { usage, raw } => self.usage = Some((*usage, raw.clone())),
        }
    }

    /// Ends the stream: a last chunk for each candidate, with its calls and its reason, and tokens with the
    /// last of them when they are known.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamDisconnected`] when a candidate has not ended, or none has begun; nothing is
    /// written then, and the caller goes on with [`StreamEncoder::fail`].
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let ended = |choice: &Choice| choice.reason.is_some() || !choice.begun;
        let last = self.choices.iter().rposition(|choice| choice.reason.is_some());
        let (Some(last), true) = (last, self.choices.iter().all(ended)) else {
            return Err(Failure::new(
                FailureKind::UpstreamDisconnected,
                "The answer ended before it was complete.",
            ));
        };
        for (index, choice) in std::mem::take(&mut self.choices).into_iter().enumerate() {
            let Some(reason) = choice.reason else { continue };
            let mut parts = Vec::new();
            for call in &choice.calls {
                if !parts.is_empty() {
                    parts.push(b',');
                }
                let (id, name, arguments) = (&call.id, &call.name, &call.arguments);
                tool::write_call((id, name, arguments), &call.extra, None, true, &mut parts);
            }
            let candidate = Candidate {
                index: u64::try_from(index).unwrap_or(u64::MAX),
                parts: &parts,
                logprobs: None,
                reason: Some(stop::with_calls(reason, !choice.calls.is_empty())),
                extra: &choice.extra,
            };
            let tokens = self.usage.take_if(|_| index == last);
            self.chunk(&candidate, tokens.as_ref(), out);
        }
        if self.framing == Framing::Array {
            out.push(b']');
        }
        Ok(())
    }

    /// Ends the stream with a failure: a chunk that is an error, and no reason to finish (W-70).
    pub fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        self.open(out);
        encode_error(failure, out);
        self.close(out);
        if self.framing == Framing::Array {
            out.push(b']');
        }
    }

    fn begin(&mut self, choice: u32) -> usize {
        // a provider that counts to four billion gets its choices counted together
        let index = usize::try_from(choice).unwrap_or(usize::MAX).min(MAX_CHOICES - 1);
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, Choice::default);
        }
        self.choices[index].begun = true;
        index
    }

    fn delta(&mut self, index: usize, delta: &Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::Text { text, logprobs } => {
                let logprobs = logprobs.as_ref().and_then(logprobs::write);
                if !text.is_empty() || logprobs.is_some() {
                    self.part(index, &Part::text(text.as_str()), logprobs.as_deref(), out);
                }
            }
            Delta::TextExtra { extra } => {
                let extra = extra.clone();
                let text = String::new();
                self.part(index, &Part::Text { text, extra }, None, out);
            }
            Delta::Reasoning { text } => self.part(index, &Part::reasoning(text.as_str()), None, out),
            Delta::ReasoningEnd { signature, extra } => {
                let end = Part::Reasoning {
                    text: String::new(),
                    signature: signature.clone(),
                    extra: extra.clone(),
                };
                self.part(index, &end, None, out);
            }
            Delta::Part { part } => self.part(index, part, None, out),
            Delta::Refusal { text } => self.part(index, &Part::text(text.as_str()), None, out),
            Delta::ToolCallStart {
                index: call,
                id,
                name,
                extra,
            } => {
                let calls = &mut self.choices[index].calls;
                let place = usize::try_from(*call).unwrap_or(usize::MAX);
                if place > MAX_CALLS {
                    return;
                }
                if calls.len() <= place {
                    calls.resize_with(place + 1, Call::default);
                }
                calls[place] = Call {
                    id: id.clone(),
                    name: name.clone(),
                    arguments: String::new(),
                    extra: extra.clone(),
                };
            }
            Delta::ToolCallArguments {
                index: call,
                fragment,
            } => {
                let place = usize::try_from(*call).unwrap_or(usize::MAX);
                if let Some(call) = self.choices[index].calls.get_mut(place) {
                    call.arguments.push_str(fragment);
                }
            }
            Delta::Extra { extra } => {
                for (name, value) in extra.iter() {
                    self.choices[index].extra.set(name, value.clone());
                }
            }
        }
    }

    fn part(&mut self, index: usize, part: &Part, logprobs: Option<&str>, out: &mut Vec<u8>) {
        let mut parts = Vec::new();
        write_part(part, &mut parts);
        if parts.is_empty() && logprobs.is_none() {
            return;
        }
        let candidate = Candidate {
            index: u64::try_from(index).unwrap_or(u64::MAX),
            parts: &parts,
            logprobs,
            reason: None,
            extra: &Extra::new(),
        };
        self.chunk(&candidate, None, out);
    }

    fn chunk(&mut self, candidate: &Candidate<'_>, tokens: Option<&(Usage, RawJson)>, out: &mut Vec<u8>) {
        self.open(out);
        let mut object = Object::open(out);
        let list = object.key("candidates");
        list.push(b'[');
        candidate.write(list);
        list.push(b']');
        if let Some((tokens, raw)) = tokens {
            usage::write(*tokens, raw, object.key("usageMetadata"));
        }
        around(&std::mem::take(&mut self.riding), &self.envelope, &mut object);
        object.close();
        self.close(out);
    }

    fn open(&mut self, out: &mut Vec<u8>) {
        let first = std::mem::replace(&mut self.first, false);
        out.extend_from_slice(match (self.framing, first) {
            (Framing::Sse, _) => b"data: ",
            (Framing::Array, true) => b"[",
            (Framing::Array, false) => b",\r\n",
        });
    }

    fn close(&self, out: &mut Vec<u8>) {
        if self.framing == Framing::Sse {
            out.extend_from_slice(b"\n\n");
        }
    }
}

/// More candidates (`n`) than any client may ask for (W-35).
const MAX_CHOICES: usize = 128;
/// More calls in one turn than any model makes.
const MAX_CALLS: usize = 1024;
