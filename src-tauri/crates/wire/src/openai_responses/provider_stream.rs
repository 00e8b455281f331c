//! A provider's stream, from bytes in whatever pieces the network gives to canonical events (W-178).
//!
//! Only `response.completed`, `response.incomplete` and `response.failed` end an answer. Whatever else
//! looks like an end (a closed connection, `[DONE]`, an item that is done) ends nothing (REL-03).

use domain::{Event as Out, Failure, FailureKind, RawJson, Usage};

use super::provider_answer::{self, Response, filled};
use super::provider_event::{Event, object};
use super::provider_output::Outputs;
use super::usage;
use crate::event_body::EventBody;
use crate::json::{self, Field, Text};
use crate::{refusal, sse};

#[derive(Debug, Default)]
struct State {
    started: bool,
    ended: bool,
    outputs: Outputs,
    usage: Option<(Usage, RawJson)>,
}

/// Reads the body of a streamed response.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    body: EventBody,
    state: State,
}

impl StreamDecoder {
    /// A decoder at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and appends what they mean to `events`.
    ///
    /// # Errors
    /// What the provider says when it fails, else [`FailureKind::UpstreamFailed`] when it sends nonsense.
    /// Events appended before the failure are good; usage is among them when it was reported. The decoder
    /// is of no use after an error.
    pub fn push(&mut self, chunk: &[u8], events: &mut Vec<Out>) -> Result<(), Failure> {
        let state = &mut self.state;
        let outcome = self.body.push(chunk, |event| state.event(event, events));
        if outcome.is_err() {
            state.report_usage(events);
        }
        outcome
    }

    /// Ends the stream at the end of the connection.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamDisconnected`] unless the provider has said how the answer ended (W-70).
    pub fn finish(&mut self, events: &mut Vec<Out>) -> Result<(), Failure> {
        if let Some(whole) = self.body.take_whole() {
            let answer = provider_answer::decode_answer(&whole)?;
            self.state.ended = true;
            events.extend(answer.into_events());
            return Ok(());
        }
        let state = &mut self.state;
        let outcome = self.body.finish(|event| state.event(event, events));
        let outcome = outcome.and_then(|_| {
            if state.ended {
                return Ok(());
            }
            Err(Failure::new(
                FailureKind::UpstreamDisconnected,
                "The provider closed the stream before its end.",
            ))
        });
        if outcome.is_err() {
            state.report_usage(events);
        }
        outcome
    }

    /// Whether the provider has said that nothing follows.
    pub fn is_done(&self) -> bool {
        self.state.ended
    }
}

impl State {
    fn event(&mut self, event: sse::Event<'_>, events: &mut Vec<Out>) -> Result<(), Failure> {
        let data = event.data.trim_ascii();
        // the marker of another wire, which some add, and whatever follows the end
        if self.ended || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        let lossy;
        let text = match std::str::from_utf8(data) {
            Ok(text) => text,
            Err(_) => {
                lossy = String::from_utf8_lossy(data).into_owned();
                &lossy
            }
        };
        let name = std::str::from_utf8(event.name).unwrap_or_default();
        match serde_json::from_str(text) {
            Ok(Field::Object(read)) => self.read(&read, name, text, events),
            Ok(Field::Null | Field::Wrong) if name == "error" => Err(refusal::in_stream(text)),
            Ok(Field::Null | Field::Wrong) => Ok(()),
            Err(_) if name == "error" => Err(refusal::in_stream(text)),
            Err(_) => {
                let mended = json::without_lone_surrogates(text);
                match mended.as_deref().map(serde_json::from_str) {
                    Some(Ok(Field::Object(read))) => self.read(&read, name, text, events),
                    Some(Ok(Field::Null | Field::Wrong) | Err(_)) | None => Err(Failure::new(
                        FailureKind::UpstreamFailed,
                        "The provider sent an event that is not JSON.",
                    )),
                }
            }
        }
    }

    fn read(
        &mut self,
        event: &Event<'_>,
        name: &str,
        text: &str,
        events: &mut Vec<Out>,
    ) -> Result<(), Failure> {
        let kind = match &event.kind {
            Text::Str(kind) => kind.as_ref(),
            Text::Absent | Text::Wrong => name,
        };
        if kind == "error" || (name == "error" && !kind.starts_with("response.")) {
            return Err(refusal::in_stream(text));
        }
        if let (Some(error), false) = (event.error, kind.starts_with("response.")) {
            return Err(refusal::inside(error));
        }
        let response = event.response.and_then(object::<Response<'_>>);
        if let Some(response) = &response {
            self.response(response, events);
        }
        let Some(kind) = kind.strip_prefix("response.") else {
            return Ok(());
        };
        match kind {
            "completed" | "done" | "incomplete" | "failed" | "cancelled" => {
                self.end(kind, &response.unwrap_or_default(), events)
            }
            _ => self.piece(kind, event, events),
        }
    }

    fn response(&mut self, response: &Response<'_>, events: &mut Vec<Out>) {
        if let Some(reported) = response.usage.and_then(usage::read) {
            self.usage = Some(reported);
        }
        if !self.started {
            self.started = true;
            self.outputs.seed = response.seed();
            events.push(Out::Started {
                id: filled(&response.id),
                model: filled(&response.model),
                extra: response.extra(),
            });
        }
    }

    fn piece(&mut self, kind: &str, event: &Event<'_>, events: &mut Vec<Out>) -> Result<(), Failure> {
        if !self.started {
            self.response(&Response::default(), events);
        }
        let outputs = &mut self.outputs;
        let give = &mut |delta| events.push(Out::Delta { choice: 0, delta });
        let delta = match &event.delta {
            Text::Str(text) => text.as_ref(),
            Text::Absent | Text::Wrong => "",
        };
        let whole = match &event.whole {
            Text::Str(text) => text.as_ref(),
            Text::Absent | Text::Wrong => "",
        };
        match kind {
            "output_item.added" => match event.item {
                Some(item) => outputs.added(event, item, give),
                None => Ok(()),
            },
            "output_item.done" => match event.item {
                Some(item) => outputs.done(event, item, give),
                None => Ok(()),
            },
            "output_text.delta" => outputs.text(event, delta, false, give),
            "output_text.done" => outputs.whole_text(event, whole, false, give),
            "output_text.annotation.added" => outputs.annotation(event),
            "refusal.delta" => outputs.text(event, delta, true, give),
            "refusal.done" => outputs.whole_text(event, whole, true, give),
            "reasoning_summary_text.delta" | "reasoning_summary.delta" => {
                outputs.thought(event, delta, false, give)
            }
            "reasoning_text.delta" | "reasoning.delta" => outputs.thought(event, delta, true, give),
            "function_call_arguments.delta" => outputs.arguments(event, "function_call", delta, give),
            "function_call_arguments.done" => outputs.whole_arguments(event, "function_call", whole, give),
            "custom_tool_call_input.delta" => outputs.arguments(event, super::item::CUSTOM_CALL, delta, give),
            "custom_tool_call_input.done" => {
                outputs.whole_arguments(event, super::item::CUSTOM_CALL, whole, give)
            }
            // parts are told by their pieces, provider-run tools by their items; whoever adds a kind of
            // event means that it can be skipped
            _ => Ok(()),
        }
    }

    fn end(&mut self, kind: &str, response: &Response<'_>, events: &mut Vec<Out>) -> Result<(), Failure> {
        let mut reason = response.reason()?;
        match kind {
            "failed" | "cancelled" => {
                return Err(Failure::new(
                    FailureKind::UpstreamFailed,
                    "The provider broke its answer off without saying why.",
                ));
            }
            "incomplete" if reason == domain::StopReason::Stop => reason = domain::StopReason::Length,
            _ => {}
        }
        if !self.started {
            self.response(response, events);
        }
        let give = &mut |delta| events.push(Out::Delta { choice: 0, delta });
        self.outputs.told_again(response.items(), give)?;
        let reason = self.outputs.end(reason, give)?;
        self.ended = true;
        events.push(Out::Finished { choice: 0, reason });
        self.report_usage(events);
        Ok(())
    }

    fn report_usage(&mut self, events: &mut Vec<Out>) {
        if let Some((usage, raw)) = self.usage.take() {
            events.push(Out::Usage { usage, raw });
        }
    }
}
