//! A stream of answer chunks, canonical whatever the provider did (W-60 to W-78).
//!
//! The danger is the silent end: most clients take a closed connection for success. So the last marker is
//! written only when every choice has ended, and a failure is an event of its own.

use domain::{Delta, Event, Extra, Failure, FailureKind, Part, RawJson, StopReason, Usage};

use super::client_answer::{Envelope, OURS_IN_CHOICE, both_keys};
use super::reasoning_details::FIELD as DETAILS;
use super::{CHOICE, CHUNK, FUNCTION, part, stop, usage};
use crate::json::{self, Object};
use crate::openai_responses::CARRIED;
use crate::stop::with_calls;

/// Fields of a chunk and of a delta that we write ourselves.
const OURS: &[&str] = &[
    "id",
    "object",
    "created",
    "model",
    "choices",
    "usage",
    "error",
    "role",
    "content",
    "refusal",
    "tool_calls",
    "function_call",
    "reasoning_content",
    CARRIED,
];

#[derive(Debug, Default)]
struct Choice {
    begun: bool,
    finished: bool,
    /// Arguments of each call so far; the reason to stop depends on whether the last is whole.
    calls: Vec<String>,
    /// Its blocks of reasoning went out as they came.
    detailed: bool,
    /// Fields beside its delta, which ride on its last chunk.
    riding: Extra,
}

/// Turns events into chunks. Each event that has something to say becomes one or more complete
/// `data: …\n\n`; nothing is held back but usage and the end.
#[derive(Debug)]
pub struct StreamEncoder {
    /// `data: {…,"choices":[{"index":`, the same in each chunk.
    prefix: Vec<u8>,
    /// `,"usage":null}` or `}` and the blank line.
    suffix: &'static [u8],
    envelope: Envelope,
    include_usage: bool,
    usage: Option<Usage>,
    choices: Vec<Choice>,
    /// Short fields of the answer, which ride on every chunk as OpenAI's do.
    every: Extra,
    /// Long ones, such as lists of citations, which ride on one chunk only: the first, or one that ends a
    /// choice.
    riding: Extra,
}

impl StreamEncoder {
    /// A comment that keeps the connection alive during silence (W-68).
    pub const HEARTBEAT: &[u8] = b": keep-alive\n\n";

    /// An encoder at the beginning of a stream.
    pub fn new(envelope: Envelope, include_usage: bool) -> Self {
        let mut encoder = Self {
            prefix: Vec::new(),
            suffix: if include_usage {
                b"],\"usage\":null}\n\n"
            } else {
                b"]}\n\n"
            },
            envelope,
            include_usage,
            usage: None,
            choices: Vec::new(),
            every: Extra::new(),
            riding: Extra::new(),
        };
        encoder.prefix = encoder.head(&Extra::new());
        encoder.prefix.extend_from_slice(b"{\"index\":");
        encoder
    }

    /// `data: {"id":…,"choices":[`.
    fn head(&self, riding: &Extra) -> Vec<u8> {
        let mut out = b"data: ".to_vec();
        let mut object = Object::open(&mut out);
        object.string("id", &self.envelope.id);
        object.literal("object", r#""chat.completion.chunk""#);
        object.signed("created", self.envelope.created);
        object.string("model", &self.envelope.model);
        object.extra(&self.every, |name| !OURS.contains(&name));
        object.extra(riding, |name| !OURS.contains(&name));
        object.key("choices").push(b'[');
        out
    }

    /// Appends the chunks of an event to `out`.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Started { extra, .. } => {
                self.ride(extra.iter());
                self.begin(0, out);
            }
            Event::Delta { choice, delta } => {
                let index = self.begin(*choice, out);
                if !self.choices[index].finished {
                    self.delta(*choice, index, delta, out);
                }
            }
            Event::Finished { choice, reason } => {
                let index = self.begin(*choice, out);
                self.finished(*choice, index, *reason, out);
            }
            Event::Usage { usage, .. } => self.usage = Some(*usage),
        }
    }

    /// Ends the stream: usage when it was asked for and is known, then the last marker (W-66, W-67).
    ///
    /// # Errors
    /// [`FailureKind::UpstreamDisconnected`] when a choice has not ended, or none has begun; nothing is
    /// written then, and the caller goes on with [`StreamEncoder::fail`].
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let ended = |choice: &Choice| choice.finished || !choice.begun;
        let any = self.choices.iter().any(|choice| choice.finished);
        if !any || !self.choices.iter().all(ended) {
            return Err(Failure::new(
                FailureKind::UpstreamDisconnected,
                "The answer ended before it was complete.",
            ));
        }
        if let (true, Some(tokens)) = (self.include_usage, self.usage) {
            out.extend_from_slice(&self.head(&Extra::new()));
            out.extend_from_slice(b"],\"usage\":");
            usage::write(tokens, out);
            out.extend_from_slice(b"}\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
        Ok(())
    }

    /// Ends the stream with a failure: one event that holds the body of [`super::encode_error`] and no
    /// marker, for a marker would say that all is well (W-69, W-70).
    pub fn fail(&mut self, error_body: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(b"data: ");
        json::write_raw(&String::from_utf8_lossy(error_body), out);
        out.extend_from_slice(b"\n\n");
    }

    /// Takes fields of the answer that go out with the next chunk, or with every one.
    fn ride<'e>(&mut self, fields: impl Iterator<Item = (&'e str, &'e RawJson)>) {
        let mut changed = false;
        for (name, value) in fields.filter(|(name, _)| !OURS.contains(name)) {
            let short = matches!(name, "system_fingerprint" | "service_tier");
            changed |= short;
            let fields = if short { &mut self.every } else { &mut self.riding };
            fields.set(name, value.clone());
        }
        if !changed {
            return;
        }
        self.prefix = self.head(&Extra::new());
        self.prefix.extend_from_slice(b"{\"index\":");
    }

    /// Sends the role of a choice, once, before anything else of it (W-63).
    fn begin(&mut self, choice: u32, out: &mut Vec<u8>) -> usize {
        // a provider that counts to four billion gets its choices counted together
        let index = usize::try_from(choice).unwrap_or(usize::MAX).min(MAX_CHOICES - 1);
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, Choice::default);
        }
        if !self.choices[index].begun {
            self.choices[index].begun = true;
            if self.riding.is_empty() {
                out.extend_from_slice(&self.prefix);
            } else {
                let riding = std::mem::take(&mut self.riding);
                out.extend_from_slice(&self.head(&riding));
                out.extend_from_slice(b"{\"index\":");
            }
            json::write_unsigned(u64::from(choice), out);
            out.extend_from_slice(
                b",\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}",
            );
            out.extend_from_slice(self.suffix);
        }
        index
    }

    fn delta(&mut self, choice: u32, index: usize, delta: &Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::Text { text, logprobs } => {
                if text.is_empty() && logprobs.is_none() {
                    return;
                }
                self.open(choice, out);
                out.extend_from_slice(b"\"content\":");
                json::write_string(text, out);
                match logprobs {
                    Some(logprobs) => {
                        out.extend_from_slice(b"},\"logprobs\":");
                        json::write_raw(&both_keys(logprobs.get()), out);
                        out.extend_from_slice(b",\"finish_reason\":null}");
                        out.extend_from_slice(self.suffix);
                    }
                    None => self.close(out),
                }
            }
            Delta::Reasoning { text } => self.text(choice, b"\"reasoning_content\":", text, out),
            Delta::Refusal { text } => self.text(choice, b"\"refusal\":", text, out),
            // a signature alone has no field on this wire; the gateway keeps it for the next turn
            Delta::ReasoningEnd { extra, .. } => {
                if let (Some(details), false) = (extra.get(DETAILS), self.choices[index].detailed) {
                    let mut whole = Extra::new();
                    whole.set(DETAILS, details.clone());
                    self.extra(choice, index, &whole, out);
                }
            }
            Delta::TextExtra { extra } => self.extra(choice, index, extra, out),
            Delta::Part { part } => self.part(choice, part, out),
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
                    calls.resize_with(place + 1, String::new);
                }
                self.open(choice, out);
                out.extend_from_slice(b"\"tool_calls\":[");
                let mut object = Object::open(out);
                object.unsigned("index", u64::from(*call));
                object.string("id", id);
                object.literal("type", r#""function""#);
                let mut function = Object::open(object.key("function"));
                function.string("name", name);
                function.literal("arguments", r#""""#);
                function.prefixed(extra, FUNCTION, |_| true);
                function.close();
                object.extra(extra, |name| {
                    let ours = matches!(name, "index" | "id" | "type" | "function" | CARRIED);
                    !name.starts_with(FUNCTION) && !ours
                });
                object.close();
                out.push(b']');
                self.close(out);
            }
            Delta::ToolCallArguments {
                index: call,
                fragment,
            } => {
                if fragment.is_empty() {
                    return;
                }
                let place = usize::try_from(*call).unwrap_or(usize::MAX);
                if let Some(arguments) = self.choices[index].calls.get_mut(place) {
                    arguments.push_str(fragment);
                    self.arguments(choice, *call, fragment, out);
                }
            }
            Delta::Extra { extra } => self.extra(choice, index, extra, out),
        }
    }

    /// Writes fields of a delta at once; those of the choice and of the chunk around it wait for the chunk
    /// that ends the choice, for a chunk that says nothing would stand for them (W-76).
    fn extra(&mut self, choice: u32, index: usize, extra: &Extra, out: &mut Vec<u8>) {
        let prefixed = |prefix: &'static str| {
            extra
                .iter()
                .filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value)))
        };
        self.ride(prefixed(CHUNK));
        let state = &mut self.choices[index];
        for (name, value) in prefixed(CHOICE).filter(|(name, _)| !OURS_IN_CHOICE.contains(name)) {
            state.riding.set(name, value.clone());
        }
        state.detailed |= extra.get(DETAILS).is_some();
        let says = |name: &str| !super::stands_elsewhere(name) && !OURS.contains(&name);
        if !extra.iter().any(|(name, _)| says(name)) {
            return;
        }
        out.extend_from_slice(&self.prefix);
        json::write_unsigned(u64::from(choice), out);
        out.extend_from_slice(b",\"delta\":");
        let mut object = Object::open(out);
        object.extra(extra, says);
        self.close(out);
    }

    /// Images go out as OpenRouter's do, the only form of them on this wire; the rest has none.
    fn part(&self, choice: u32, part: &Part, out: &mut Vec<u8>) {
        if !matches!(part, Part::Image(_)) {
            return;
        }
        self.open(choice, out);
        out.extend_from_slice(b"\"images\":[");
        part::write(part, |_| true, out);
        out.push(b']');
        self.close(out);
    }

    fn finished(&mut self, choice: u32, index: usize, reason: StopReason, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.choices[index].finished, true) {
            return;
        }
        let calls = std::mem::take(&mut self.choices[index].calls);
        for (call, arguments) in (0_u32..).zip(&calls) {
            if arguments.trim().is_empty() {
                self.arguments(choice, call, "{}", out);
            }
        }
        let arguments = calls
            .iter()
            .map(|text| if text.trim().is_empty() { "{}" } else { text });
        let reason = with_calls(reason, arguments);
        let riding = std::mem::take(&mut self.riding);
        out.extend_from_slice(&self.head(&riding));
        let mut object = Object::open(out);
        object.unsigned("index", u64::from(choice));
        object.literal("delta", "{}");
        object.literal("logprobs", "null");
        object.literal("finish_reason", stop::write(reason));
        object.extra(&self.choices[index].riding, |_| true);
        object.close();
        out.extend_from_slice(self.suffix);
    }

    fn arguments(&self, choice: u32, call: u32, fragment: &str, out: &mut Vec<u8>) {
        self.open(choice, out);
        out.extend_from_slice(b"\"tool_calls\":[{\"index\":");
        json::write_unsigned(u64::from(call), out);
        out.extend_from_slice(b",\"function\":{\"arguments\":");
        json::write_string(fragment, out);
        out.extend_from_slice(b"}}]");
        self.close(out);
    }

    fn text(&self, choice: u32, key: &[u8], text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        self.open(choice, out);
        out.extend_from_slice(key);
        json::write_string(text, out);
        self.close(out);
    }

    fn open(&self, choice: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.prefix);
        json::write_unsigned(u64::from(choice), out);
        out.extend_from_slice(b",\"delta\":{");
    }

    fn close(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"},\"logprobs\":null,\"finish_reason\":null}");
        out.extend_from_slice(self.suffix);
    }
}

/// More choices (`n`) than any client may ask for (W-35).
const MAX_CHOICES: usize = 128;
/// More calls in one turn than any model makes.
const MAX_CALLS: usize = 1024;
