//! A stream: blocks of content with a beginning and an end, plans and calls beside them, usage at the end.

use domain::{Delta, Event, Extra, Failure, FailureKind, RawJson, StopReason, Usage};
use serde_json::Value;

use super::{PLAN, answer, stop_reason, usage};
use crate::ids::fnv;
use crate::openai_chat::tool_calls::{Calls, Fragment};
use crate::refusal;
use crate::stop;

/// A stream as far as it has come.
#[derive(Debug, Default)]
pub(in crate::openai_chat) struct Stream {
    seed: u64,
    /// Reasoning that is open: a plan, or a block of thinking.
    open: Option<Open>,
    /// Sources of the text so far; the text that they belong to is told to be complete only at its end.
    citations: Vec<Value>,
    calls: Calls,
    reason: Option<StopReason>,
    usage: Option<(Usage, RawJson)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Plan,
    Thinking,
}

impl Stream {
    /// Takes one event.
    ///
    /// # Errors
    /// What the provider says when it breaks off, else [`FailureKind::UpstreamFailed`] for nonsense.
    pub(in crate::openai_chat) fn event(
        &mut self,
        text: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let value: Value = serde_json::from_str(text).map_err(|_| {
            Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent an event that is not JSON.",
            )
        })?;
        let delta = &value["delta"];
        let message = &delta["message"];
        let mut give = |delta| events.push(Event::Delta { choice: 0, delta });
        match value["type"].as_str().unwrap_or_default() {
            "message-start" => {
                let id = value["id"].as_str().filter(|id| !id.is_empty());
                self.seed = fnv(0, id.unwrap_or_default().as_bytes());
                events.push(Event::Started {
                    id: id.map(str::to_owned),
                    model: None,
                    extra: Extra::new(),
                });
            }
            "content-start" | "content-delta" => self.content(&message["content"], give),
            "content-end" => self.content_end(give),
            "tool-plan-delta" => self.reasoning(&message[PLAN], Open::Plan, &mut give),
            "tool-call-start" | "tool-call-delta" => {
                self.close(&mut give);
                let mut call = message["tool_calls"].clone();
                // its index stands outside
                call["index"] = value["index"].clone();
                self.call(&call, give)?;
            }
            "citation-start" => match &message["citations"] {
                Value::Array(list) => self.citations.extend(list.iter().cloned()),
                Value::Null => {}
                one @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                    self.citations.push(one.clone());
                }
            },
            "message-end" => {
                self.usage = usage(&delta["usage"]).or(self.usage.take());
                let word = delta["finish_reason"].as_str().unwrap_or("COMPLETE");
                self.reason = Some(stop_reason(word, delta["error"].as_str())?);
            }
            "error" => return Err(refusal::in_stream(text)),
            _ => {}
        }
        Ok(())
    }

    fn content(&mut self, content: &Value, mut give: impl FnMut(Delta)) {
        self.reasoning(&content["thinking"], Open::Thinking, &mut give);
        if let Some(text) = content["text"].as_str().filter(|text| !text.is_empty()) {
            self.close(&mut give);
            give(Delta::Text {
                text: text.to_owned(),
                logprobs: None,
            });
        }
    }

    fn reasoning(&mut self, value: &Value, kind: Open, give: &mut impl FnMut(Delta)) {
        let Some(text) = value.as_str().filter(|text| !text.is_empty()) else {
            return;
        };
        if self.open.is_some_and(|open| open != kind) {
            self.close(give);
        }
        self.open = Some(kind);
        give(Delta::Reasoning {
            text: text.to_owned(),
        });
    }

    /// Tells that the reasoning so far is complete.
    fn close(&mut self, give: &mut impl FnMut(Delta)) {
        let extra = match self.open.take() {
            None => return,
            Some(Open::Plan) => answer::plan_mark(),
            Some(Open::Thinking) => Extra::new(),
        };
        give(Delta::ReasoningEnd {
            signature: None,
            extra,
        });
    }

    fn content_end(&mut self, mut give: impl FnMut(Delta)) {
        self.close(&mut give);
        if !self.citations.is_empty() {
            let citations = Value::Array(std::mem::take(&mut self.citations));
            let mut extra = Extra::new();
            extra.set("citations", RawJson::of(&citations));
            give(Delta::TextExtra { extra });
        }
    }

    fn call(&mut self, call: &Value, give: impl FnMut(Delta)) -> Result<(), Failure> {
        let text = call.to_string();
        let fragment: crate::json::Field<Fragment<'_>> = serde_json::from_str(&text).map_err(|_| {
            Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent a broken tool call.",
            )
        })?;
        match fragment {
            crate::json::Field::Object(fragment) => self.calls.take(&fragment, self.seed, give),
            crate::json::Field::Null | crate::json::Field::Wrong => Ok(()),
        }
    }

    /// Ends the answer at the marker or at the end of the connection.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamDisconnected`] when the message has not ended.
    pub(in crate::openai_chat) fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        let Some(reason) = self.reason.take() else {
            return Err(Failure::new(
                FailureKind::UpstreamDisconnected,
                "The provider closed the stream before its end.",
            ));
        };
        let mut give = |delta| events.push(Event::Delta { choice: 0, delta });
        self.content_end(&mut give);
        self.calls.finish(give)?;
        events.push(Event::Finished {
            choice: 0,
            reason: stop::with_calls(reason, self.calls.arguments()),
        });
        Ok(())
    }

    /// Tells the usage, once.
    pub(in crate::openai_chat) fn report_usage(&mut self, events: &mut Vec<Event>) {
        if let Some((usage, raw)) = self.usage.take() {
            events.push(Event::Usage { usage, raw });
        }
    }
}
