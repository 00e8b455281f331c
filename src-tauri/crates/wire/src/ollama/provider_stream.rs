//! A server's stream, from bytes in whatever pieces the network gives to canonical events.
//!
//! Only the line with `done: true` ends it; a connection that closes before has broken off (REL-03).

use domain::{Delta, Event, Failure, FailureKind, RawJson};

use super::lines::Lines;
use super::provider_chunk::{Chunk, Said};
use crate::json::{self, Field};
use crate::refusal;
use crate::stop::with_calls;

/// Ollama gives one answer.
const CHOICE: u32 = 0;

#[derive(Debug, Default)]
struct State {
    started: bool,
    done: bool,
    seed: u64,
    /// Arguments of each call so far.
    calls: Vec<String>,
}

/// Reads the body of a streamed response of `/api/chat`, and of `/api/generate`.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    lines: Lines,
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
    /// What the server says when it sends an error, else [`FailureKind::UpstreamFailed`] when it sends
    /// nonsense. Events appended before the failure are good. The decoder is of no use after an error.
    pub fn push(&mut self, chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Failure> {
        let state = &mut self.state;
        self.lines.push(chunk, |line| state.line(line, events))
    }

    /// Ends the stream at the end of the connection.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamDisconnected`] unless the server has said that it is done.
    pub fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        let rest = self.lines.rest();
        let rest = rest.trim_ascii();
        // the last line may lack its end, or have been cut in the middle of its JSON
        if !rest.is_empty() && serde_json::from_slice::<serde::de::IgnoredAny>(rest).is_ok() {
            self.state.line(rest, events)?;
        }
        if self.state.done {
            return Ok(());
        }
        Err(Failure::new(
            FailureKind::UpstreamDisconnected,
            "The provider closed the stream before its end.",
        ))
    }

    /// Whether the server has said that nothing follows.
    pub fn is_done(&self) -> bool {
        self.state.done
    }
}

impl State {
    fn line(&mut self, line: &[u8], events: &mut Vec<Event>) -> Result<(), Failure> {
        // whatever follows the end means nothing
        if self.done {
            return Ok(());
        }
        let text = String::from_utf8_lossy(line);
        let text = text.trim_start_matches('\u{FEFF}');
        let mended = json::without_lone_surrogates(text);
        match serde_json::from_str(mended.as_deref().unwrap_or(text)) {
            Ok(Field::Object(chunk)) => self.chunk(chunk, events),
            Ok(Field::Null | Field::Wrong) | Err(_) => Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent a line that is not a JSON object.",
            )),
        }
    }

    fn chunk(&mut self, mut chunk: Chunk<'_>, events: &mut Vec<Event>) -> Result<(), Failure> {
        if let Some(error) = chunk.error {
            return Err(refusal::inside(error));
        }
        let said = chunk.message.take();
        let mut extra = chunk.extra();
        let logprobs = chunk.logprobs();
        let done = chunk.done == Some(true);
        let (usage, reason) = (chunk.usage(), chunk.reason());
        if !self.started && (said.is_some() || done) {
            self.started = true;
            self.seed = chunk.seed();
            events.push(Event::Started {
                id: None,
                model: chunk.model.filled().map(Into::into),
                extra: std::mem::take(&mut extra),
            });
        }
        let mut give = |delta| {
            events.push(Event::Delta {
                choice: CHOICE,
                delta,
            });
        };
        if let Some(said) = said {
            self.say(said, logprobs, &mut give)?;
        }
        if !extra.is_empty() {
            give(Delta::Extra { extra });
        }
        if done {
            self.done = true;
            events.push(Event::Finished {
                choice: CHOICE,
                reason: with_calls(reason, self.calls.iter().map(String::as_str)),
            });
            if let Some((usage, raw)) = usage {
                events.push(Event::Usage { usage, raw });
            }
        }
        Ok(())
    }

    fn say(
        &mut self,
        said: Said<'_>,
        mut logprobs: Option<RawJson>,
        give: &mut impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let calls = said.calls(self.seed, self.calls.len())?;
        let (extra, images) = (said.extra(), said.images());
        if let Some(text) = said.thinking.filled() {
            give(Delta::Reasoning { text: text.into() });
        }
        if let Some(text) = said.content.filled() {
            give(Delta::Text {
                text: text.into(),
                logprobs: logprobs.take(),
            });
        }
        if logprobs.is_some() {
            // of tokens that make no text
            let text = String::new();
            give(Delta::Text { text, logprobs });
        }
        for part in images {
            give(Delta::Part { part: Box::new(part) });
        }
        for call in calls {
            let index = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
            give(Delta::ToolCallStart {
                index,
                id: call.id,
                name: call.name,
                extra: call.extra,
            });
            self.calls.push(call.arguments.clone());
            give(Delta::ToolCallArguments {
                index,
                fragment: call.arguments,
            });
        }
        if !extra.is_empty() {
            give(Delta::Extra { extra });
        }
        Ok(())
    }
}
