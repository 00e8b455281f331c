//! The items that are open, each with the events that tell of it (W-125, W-128).
//!
//! An item is told whole when it is done, so its text is kept until then.

use domain::{Extra, RawJson};

use super::client_answer::probabilities;
use super::item::{CUSTOM_CALL, unwrapped};
use crate::json::Object;

/// Where events go, each with the next number.
pub(super) struct Events<'o> {
    out: Option<&'o mut Vec<u8>>,
    next: u64,
}

impl<'o> Events<'o> {
    /// Nowhere: only the items count.
    pub(super) fn none() -> Self {
        Self { out: None, next: 0 }
    }

    /// Into `out`, beginning with the number `next`.
    pub(super) fn into(out: &'o mut Vec<u8>, next: u64) -> Self {
        Self { out: Some(out), next }
    }

    /// The number of the next event.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Writes one event, whole (W-61, W-125).
    pub(super) fn write(&mut self, kind: &str, fields: impl FnOnce(&mut Object<'_>)) {
        let Some(out) = self.out.as_deref_mut() else {
            return;
        };
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\ndata: ");
        let mut object = Object::open(out);
        object.string("type", kind);
        object.unsigned("sequence_number", self.next);
        fields(&mut object);
        object.close();
        out.extend_from_slice(b"\n\n");
        self.next += 1;
    }
}

/// A part of a message.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) refusal: bool,
    pub(super) annotations: Vec<String>,
    pub(super) logprobs: Vec<String>,
    pub(super) fields: Extra,
    /// Nothing follows in it.
    pub(super) closed: bool,
}

/// A message that is open.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) at: usize,
    pub(super) id: String,
    pub(super) fields: Extra,
    pub(super) parts: Vec<Said>,
}

/// A block of reasoning that is open.
#[derive(Debug)]
pub(super) struct Thought {
    pub(super) at: usize,
    pub(super) id: String,
    pub(super) text: String,
    /// Its fields, when they are known before its text: then it is told in the form that it came in.
    pub(super) form: Option<Extra>,
}

/// A call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) index: u32,
    pub(super) at: usize,
    pub(super) id: String,
    pub(super) call_id: String,
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) custom: bool,
    pub(super) fields: Extra,
    pub(super) closed: bool,
}

/// A place as a number of JSON.
pub(super) fn place_of(at: usize) -> u64 {
    u64::try_from(at).unwrap_or(u64::MAX)
}

impl Message {
    /// Fields that each event of it has.
    pub(super) fn head(&self, event: &mut Object<'_>) {
        event.string("item_id", &self.id);
        event.unsigned("output_index", place_of(self.at));
        event.unsigned("content_index", place_of(self.parts.len().saturating_sub(1)));
    }

    /// Takes more text.
    pub(super) fn say(
        &mut self,
        text: &str,
        refusal: bool,
        logprobs: Option<&RawJson>,
        events: &mut Events<'_>,
    ) {
        let goes_on = |said: &Said| !said.closed && said.refusal == refusal;
        if !self.parts.last().is_some_and(goes_on) {
            self.close_part(events);
            self.parts.push(Said {
                refusal,
                ..Said::default()
            });
            let message = &*self;
            events.write("response.content_part.added", |event| {
                message.head(event);
                if let Some(said) = message.parts.last() {
                    said.write(event.key("part"));
                }
            });
        }
        let list = logprobs.map(probabilities).unwrap_or_default();
        let message = &*self;
        if refusal {
            events.write("response.refusal.delta", |event| {
                message.head(event);
                event.string("delta", text);
            });
        } else {
            events.write("response.output_text.delta", |event| {
                message.head(event);
                event.string("delta", text);
                event.raw("logprobs", &format!("[{list}]"));
            });
        }
        if let Some(said) = self.parts.last_mut() {
            said.text.push_str(text);
            said.logprobs.extend(Some(list).filter(|list| !list.is_empty()));
        }
    }

    /// Nothing follows in the part that is open.
    pub(super) fn close_part(&mut self, events: &mut Events<'_>) {
        let Some(said) = self.parts.last_mut().filter(|said| !said.closed) else {
            return;
        };
        said.closed = true;
        let message = &*self;
        let Some(said) = message.parts.last() else { return };
        if said.refusal {
            events.write("response.refusal.done", |event| {
                message.head(event);
                event.string("refusal", &said.text);
            });
        } else {
            events.write("response.output_text.done", |event| {
                message.head(event);
                event.string("text", &said.text);
                event.raw("logprobs", &format!("[{}]", said.logprobs.join(",")));
            });
        }
        events.write("response.content_part.done", |event| {
            message.head(event);
            said.write(event.key("part"));
        });
    }

    /// The item as far as it has come.
    pub(super) fn item(&self, status: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let mut object = Object::open(&mut out);
        object.string("id", &self.id);
        object.literal("type", r#""message""#);
        object.string("status", status);
        object.literal("role", r#""assistant""#);
        let content = object.key("content");
        content.push(b'[');
        for (at, said) in self.parts.iter().enumerate() {
            if at > 0 {
                content.push(b',');
            }
            said.write(content);
        }
        content.push(b']');
        object.extra(&self.fields, |name| {
            !matches!(name, "id" | "type" | "status" | "role" | "content")
        });
        object.close();
        out
    }
}

impl Said {
    /// The part as far as it has come.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        if self.refusal {
            object.literal("type", r#""refusal""#);
            object.string("refusal", &self.text);
        } else {
            object.literal("type", r#""output_text""#);
            object.string("text", &self.text);
            object.raw("annotations", &format!("[{}]", self.annotations.join(",")));
            object.raw("logprobs", &format!("[{}]", self.logprobs.join(",")));
            object.extra(&self.fields, |name| {
                !matches!(name, "type" | "text" | "annotations" | "logprobs")
            });
        }
        object.close();
    }
}

impl Thought {
    /// Fields that each event of it has.
    pub(super) fn head(&self, event: &mut Object<'_>) {
        event.string("item_id", &self.id);
        event.unsigned("output_index", place_of(self.at));
        event.literal("summary_index", "0");
    }

    /// The item as far as it has come.
    pub(super) fn item(&self, signature: Option<&str>, extra: &Extra) -> Vec<u8> {
        let mut out = Vec::new();
        let mut object = Object::open(&mut out);
        object.string("id", &self.id);
        object.literal("type", r#""reasoning""#);
        let theirs = |name: &str| self.form.as_ref()?.get(name);
        let raw = theirs("summary").is_some_and(|summary| summary.get() == "[]");
        match theirs("summary") {
            Some(summary) => object.raw("summary", summary.get()),
            None => self.parts("summary_text", object.key("summary")),
        }
        match theirs("content") {
            Some(content) => object.raw("content", content.get()),
            None if raw => self.parts("reasoning_text", object.key("content")),
            None => {}
        }
        if let Some(signature) = signature {
            object.string("encrypted_content", signature);
        }
        object.extra(extra, |name| {
            !matches!(
                name,
                "id" | "type" | "summary" | "content" | "encrypted_content" | "status" | "redacted"
            )
        });
        object.close();
        out
    }
}

impl Thought {
    fn parts(&self, kind: &str, out: &mut Vec<u8>) {
        out.push(b'[');
        if !self.text.is_empty() {
            let mut part = Object::open(out);
            part.string("type", kind);
            part.string("text", &self.text);
            part.close();
        }
        out.push(b']');
    }
}

impl Call {
    /// Fields that each event of it has.
    pub(super) fn head(&self, event: &mut Object<'_>) {
        event.string("item_id", &self.id);
        event.unsigned("output_index", place_of(self.at));
    }

    /// The free text.
    pub(super) fn input(&self) -> String {
        unwrapped(&self.arguments).into_owned()
    }

    /// The item as far as it has come.
    pub(super) fn item(&self, status: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let mut object = Object::open(&mut out);
        object.string("id", &self.id);
        object.string("type", if self.custom { CUSTOM_CALL } else { "function_call" });
        object.string("status", status);
        object.string("call_id", &self.call_id);
        object.string("name", &self.name);
        if self.custom {
            object.string("input", &self.input());
        } else {
            object.string("arguments", &self.arguments);
        }
        object.extra(&self.fields, |_| true);
        object.close();
        out
    }
}
