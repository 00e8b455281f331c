//! The items of an answer as they grow, in the order that clients expect (W-126, W-127, W-129).
//!
//! One message or one block of reasoning is open at a time; calls stay open until their arguments are
//! whole, for some providers send two of them at once.

use domain::{Delta, Extra, Media, MediaSource, Part, RawJson, StopReason, Wire};

use super::carried::Carried;
use super::client_answer::Envelope;
use super::client_item::{Call, Events, Message, Thought, place_of};
use super::provider_input::LOCAL;
use crate::json::{self, Object};

/// More calls in one turn than any model makes.
const MAX_CALLS: u32 = 1024;

/// A call as it begins.
struct Begun<'a> {
    id: &'a str,
    name: &'a str,
    extra: &'a Extra,
    /// All of it is known, also its item's id.
    whole: bool,
}

/// The items of one answer.
#[derive(Debug)]
pub(super) struct Outputs {
    envelope: Envelope,
    /// Each item once it is done, by its place.
    done: Vec<Option<Vec<u8>>>,
    message: Option<Message>,
    thought: Option<Thought>,
    calls: Vec<Call>,
}

impl Outputs {
    /// No items yet.
    pub(super) fn new(envelope: Envelope) -> Self {
        Self {
            envelope,
            done: Vec::new(),
            message: None,
            thought: None,
            calls: Vec::new(),
        }
    }

    /// What stands around the answer.
    pub(super) fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// When the answer was complete.
    pub(super) fn completed(&mut self, seconds: i64) {
        self.envelope.completed = Some(seconds);
    }

    /// The items that are done, joined by commas.
    pub(super) fn items(&self) -> Vec<u8> {
        let done: Vec<&[u8]> = self.done.iter().flatten().map(Vec::as_slice).collect();
        done.join(&b',')
    }

    /// Takes a piece of the answer.
    pub(super) fn delta(&mut self, delta: &Delta, events: &mut Events<'_>) {
        match delta {
            Delta::Text { text, logprobs } => self.text(text, false, logprobs.as_ref(), None, events),
            Delta::TextExtra { extra } => self.text_extra(extra, events),
            Delta::Reasoning { text } => self.think(text, None, events),
            Delta::ReasoningEnd { signature, extra } => {
                self.end_thought(signature.as_deref(), extra, events);
            }
            Delta::Part { part } => {
                if let Part::Reasoning {
                    text,
                    signature,
                    extra,
                } = part.as_ref()
                {
                    self.think(text, None, events);
                    self.end_thought(signature.as_deref(), extra, events);
                } else {
                    self.part(part, &mut None, events);
                }
            }
            Delta::Refusal { text } => self.text(text, true, None, None, events),
            Delta::ToolCallStart {
                index,
                id,
                name,
                extra,
            } => {
                let (id, name) = (id.as_str(), name.as_str());
                self.call(
                    &Begun {
                        id,
                        name,
                        extra,
                        whole: false,
                    },
                    *index,
                    events,
                );
            }
            Delta::ToolCallArguments { index, fragment } => self.arguments(*index, fragment, events),
            Delta::Extra { extra } => self.extra(extra, events),
        }
    }

    /// Takes a part that came as a whole.
    pub(super) fn part(&mut self, part: &Part, logprobs: &mut Option<&RawJson>, events: &mut Events<'_>) {
        match part {
            Part::Text { text, extra } => {
                let carried = Carried::find(extra).item;
                if carried.is_some() {
                    self.close_message("completed", events);
                }
                self.text(text, false, logprobs.take(), carried.as_ref(), events);
                if !extra.is_empty() && !text.is_empty() {
                    self.text_extra(extra, events);
                }
            }
            Part::Refusal { text } => self.text(text, true, None, None, events),
            Part::Reasoning {
                text,
                signature,
                extra,
            } => {
                self.think(text, Some(extra), events);
                self.end_thought(signature.as_deref(), extra, events);
            }
            Part::ToolCall {
                id,
                name,
                arguments,
                extra,
            } => {
                let index = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
                self.call(
                    &Begun {
                        id,
                        name,
                        extra,
                        whole: true,
                    },
                    index,
                    events,
                );
                self.arguments(index, arguments, events);
            }
            Part::Image(media) => self.image(media, events),
            Part::Opaque {
                wire: Wire::OpenAiResponses,
                value,
            } => self.whole(value.get().as_bytes(), events),
            // this wire has no item for them
            Part::File(_) | Part::Audio(_) | Part::ToolResult { .. } | Part::Opaque { .. } => {}
        }
    }

    /// Fields of the whole answer: of those only chat's annotations have a place here.
    pub(super) fn extra(&mut self, extra: &Extra, events: &mut Events<'_>) {
        if let Some(annotations) = extra.get("annotations") {
            self.annotate(annotations, events);
        }
    }

    /// Nothing follows; `reason` tells whether the last item is whole.
    pub(super) fn close(&mut self, reason: StopReason, events: &mut Events<'_>) {
        let status = match reason {
            StopReason::Stop | StopReason::ToolCalls => "completed",
            StopReason::Length | StopReason::ContentFilter => "incomplete",
        };
        self.close_thought(None, &Extra::new(), events);
        self.close_message(status, events);
        let last = self.calls.len().saturating_sub(1);
        for place in 0..self.calls.len() {
            self.close_call(place, if place == last { status } else { "completed" }, events);
        }
    }

    fn place(&mut self) -> usize {
        self.done.push(None);
        self.done.len() - 1
    }

    /// An id of ours, unless the provider's is known when the item begins.
    fn id(&self, prefix: &str, at: usize, fields: Option<&Extra>) -> String {
        let theirs = fields.and_then(|fields| fields.get("id")?.parse::<String>().ok());
        theirs.unwrap_or_else(|| {
            let stem = self
                .envelope
                .id
                .strip_prefix("resp_")
                .unwrap_or(&self.envelope.id);
            let stem: String = stem.chars().take(40).collect();
            format!("{prefix}{LOCAL}{stem}_{at}")
        })
    }

    fn added(&self, at: usize, item: &[u8], events: &mut Events<'_>) {
        events.write("response.output_item.added", |event| {
            event.unsigned("output_index", place_of(at));
            event.key("item").extend_from_slice(item);
        });
    }

    fn finished(&mut self, at: usize, item: Vec<u8>, events: &mut Events<'_>) {
        events.write("response.output_item.done", |event| {
            event.unsigned("output_index", place_of(at));
            event.key("item").extend_from_slice(&item);
        });
        if let Some(slot) = self.done.get_mut(at) {
            *slot = Some(item);
        }
    }

    /// An item that came as a whole.
    fn whole(&mut self, item: &[u8], events: &mut Events<'_>) {
        self.leave(events);
        let at = self.place();
        let mut line = Vec::new();
        json::write_raw(&String::from_utf8_lossy(item), &mut line);
        self.added(at, &line, events);
        self.finished(at, line, events);
    }

    /// Another item begins.
    fn leave(&mut self, events: &mut Events<'_>) {
        self.close_thought(None, &Extra::new(), events);
        self.close_message("completed", events);
        self.close_whole_calls(events);
    }

    fn text(
        &mut self,
        text: &str,
        refusal: bool,
        logprobs: Option<&RawJson>,
        fields: Option<&Extra>,
        events: &mut Events<'_>,
    ) {
        if text.is_empty() && logprobs.is_none() {
            return;
        }
        self.close_thought(None, &Extra::new(), events);
        if self.message.is_none() {
            self.close_whole_calls(events);
            let at = self.place();
            let message = Message {
                at,
                id: self.id("msg", at, fields),
                fields: fields.cloned().unwrap_or_default(),
                parts: Vec::new(),
            };
            self.added(at, &message.item("in_progress"), events);
            self.message = Some(message);
        }
        let Some(message) = &mut self.message else { return };
        message.say(text, refusal, logprobs, events);
    }

    fn text_extra(&mut self, extra: &Extra, events: &mut Events<'_>) {
        if let Some(annotations) = extra.get("annotations") {
            self.annotate(annotations, events);
        }
        let carried = Carried::find(extra);
        let Some(message) = &mut self.message else { return };
        if let Some(said) = message.parts.last_mut() {
            said.fields = carried.part;
        }
        message.close_part(events);
        if let Some(item) = carried.item {
            for (name, value) in item.iter().filter(|(name, _)| *name != "id") {
                message.fields.set(name, value.clone());
            }
        }
    }

    fn annotate(&mut self, annotations: &RawJson, events: &mut Events<'_>) {
        let Some(message) = &mut self.message else { return };
        let list: Vec<serde_json::Value> = annotations.parse().unwrap_or_default();
        let index = message.parts.len().saturating_sub(1);
        let (at, id) = (message.at, message.id.clone());
        let Some(said) = message
            .parts
            .last_mut()
            .filter(|said| !said.refusal && !said.closed)
        else {
            return;
        };
        for annotation in list {
            let flat = flat_annotation(annotation);
            events.write("response.output_text.annotation.added", |event| {
                event.string("item_id", &id);
                event.unsigned("output_index", place_of(at));
                event.unsigned("content_index", place_of(index));
                event.unsigned("annotation_index", place_of(said.annotations.len()));
                event.raw("annotation", &flat);
            });
            said.annotations.push(flat);
        }
    }

    fn close_message(&mut self, status: &str, events: &mut Events<'_>) {
        if let Some(mut message) = self.message.take() {
            message.close_part(events);
            let item = message.item(status);
            self.finished(message.at, item, events);
        }
    }

    fn think(&mut self, text: &str, fields: Option<&Extra>, events: &mut Events<'_>) {
        if text.is_empty() {
            return;
        }
        if self.thought.is_none() {
            self.begin_thought(fields, events);
        }
        let Some(thought) = &mut self.thought else { return };
        if thought.text.is_empty() {
            events.write("response.reasoning_summary_part.added", |event| {
                thought.head(event);
                event.literal("part", r#"{"type":"summary_text","text":""}"#);
            });
        }
        thought.text.push_str(text);
        events.write("response.reasoning_summary_text.delta", |event| {
            thought.head(event);
            event.string("delta", text);
        });
    }

    fn begin_thought(&mut self, fields: Option<&Extra>, events: &mut Events<'_>) {
        self.leave(events);
        let at = self.place();
        let thought = Thought {
            at,
            id: self.id("rs", at, fields),
            text: String::new(),
            form: fields.cloned(),
        };
        self.added(at, &thought.item(None, &Extra::new()), events);
        self.thought = Some(thought);
    }

    /// A block of reasoning is complete. One without text is told only to who wants its seal.
    fn end_thought(&mut self, signature: Option<&str>, extra: &Extra, events: &mut Events<'_>) {
        if self.thought.is_none() {
            if signature.is_none() || !self.envelope.sealed {
                return;
            }
            // it has no text whose form would matter, but its id is known
            self.begin_thought(Some(extra), events);
        }
        self.close_thought(signature, extra, events);
    }

    fn close_thought(&mut self, signature: Option<&str>, extra: &Extra, events: &mut Events<'_>) {
        let Some(thought) = self.thought.take() else {
            return;
        };
        if !thought.text.is_empty() {
            events.write("response.reasoning_summary_text.done", |event| {
                thought.head(event);
                event.string("text", &thought.text);
            });
            events.write("response.reasoning_summary_part.done", |event| {
                thought.head(event);
                let mut part = Object::open(event.key("part"));
                part.literal("type", r#""summary_text""#);
                part.string("text", &thought.text);
                part.close();
            });
        }
        let signature = signature.filter(|_| self.envelope.sealed);
        let item = thought.item(signature, extra);
        self.finished(thought.at, item, events);
    }

    fn call(&mut self, begun: &Begun<'_>, index: u32, events: &mut Events<'_>) {
        let name = begun.name;
        if index > MAX_CALLS || self.calls.iter().any(|call| call.index == index) {
            return;
        }
        self.leave(events);
        let at = self.place();
        let carried = Carried::find(begun.extra).item.unwrap_or_default();
        let names = &self.envelope.names;
        let custom = names.is_custom(name) || carried.get("type").is_some();
        let original = names.original(name);
        let mut fields = Extra::new();
        if let Some((namespace, _)) = original {
            fields.set("namespace", RawJson::of(&namespace.into()));
        }
        for (name, value) in carried.iter() {
            if !matches!(name, "id" | "type" | "status" | "namespace") {
                fields.set(name, value.clone());
            }
        }
        let theirs = Some(&carried).filter(|_| begun.whole);
        let call = Call {
            index,
            at,
            id: self.id(if custom { "ctc" } else { "fc" }, at, theirs),
            call_id: begun.id.to_owned(),
            name: original.map_or(name, |(_, name)| name).to_owned(),
            arguments: String::new(),
            custom,
            fields,
            closed: false,
        };
        self.added(at, &call.item("in_progress"), events);
        self.calls.push(call);
    }

    fn arguments(&mut self, index: u32, fragment: &str, events: &mut Events<'_>) {
        let Some(call) = self
            .calls
            .iter_mut()
            .find(|call| call.index == index && !call.closed)
        else {
            return;
        };
        call.arguments.push_str(fragment);
        // free text is wrapped in JSON on its way: it is told when it can be unwrapped
        if !call.custom && !fragment.is_empty() {
            let call = &*call;
            events.write("response.function_call_arguments.delta", |event| {
                call.head(event);
                event.string("delta", fragment);
            });
        }
    }

    fn close_whole_calls(&mut self, events: &mut Events<'_>) {
        for place in 0..self.calls.len() {
            let whole = |call: &Call| serde_json::from_str::<serde::de::IgnoredAny>(&call.arguments).is_ok();
            if self
                .calls
                .get(place)
                .is_some_and(|call| !call.closed && whole(call))
            {
                self.close_call(place, "completed", events);
            }
        }
    }

    fn close_call(&mut self, place: usize, status: &str, events: &mut Events<'_>) {
        let Some(call) = self.calls.get_mut(place).filter(|call| !call.closed) else {
            return;
        };
        call.closed = true;
        if call.arguments.trim().is_empty() && status == "completed" {
            // blanks may have been told already; the whole is what the pieces come to
            call.arguments.push_str("{}");
            let call = &*call;
            if !call.custom {
                events.write("response.function_call_arguments.delta", |event| {
                    call.head(event);
                    event.literal("delta", r#""{}""#);
                });
            }
        }
        let call = &*call;
        if call.custom {
            let input = call.input();
            if !input.is_empty() {
                events.write("response.custom_tool_call_input.delta", |event| {
                    call.head(event);
                    event.string("delta", &input);
                });
            }
            events.write("response.custom_tool_call_input.done", |event| {
                call.head(event);
                event.string("input", &input);
            });
        } else {
            events.write("response.function_call_arguments.done", |event| {
                call.head(event);
                event.string("name", &call.name);
                event.string("arguments", &call.arguments);
            });
        }
        let (at, item) = (call.at, call.item(status));
        self.finished(at, item, events);
    }

    fn image(&mut self, media: &Media, events: &mut Events<'_>) {
        // at an address it has no form here
        let MediaSource::Base64 { data } = &media.source else {
            return;
        };
        let carried = Carried::find(&media.extra).item.unwrap_or_default();
        let mut item = Vec::new();
        let mut object = Object::open(&mut item);
        object.literal("type", r#""image_generation_call""#);
        object.string("id", &self.id("ig", self.done.len(), Some(&carried)));
        object.literal("status", r#""completed""#);
        object.string("result", data);
        object.extra(&carried, |name| {
            !matches!(name, "type" | "id" | "status" | "result")
        });
        object.close();
        self.whole(&item, events);
    }
}

/// Chat completions nest an annotation under its type; here it is flat.
fn flat_annotation(mut annotation: serde_json::Value) -> String {
    let kind = annotation["type"].as_str().map(str::to_owned);
    if let Some(kind) = kind
        && let Some(inner) = annotation
            .get_mut(&kind)
            .and_then(serde_json::Value::as_object_mut)
    {
        let mut flat = std::mem::take(inner);
        flat.insert("type".into(), kind.into());
        return serde_json::Value::Object(flat).to_string();
    }
    annotation.to_string()
}
