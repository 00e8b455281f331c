//! The pieces of a streamed answer, with the timers that keep it from hanging.
//!
//! Bytes are pulled from the connection when the reader asks, a chunk at a time: a reader that is slow makes
//! the provider wait, not our memory grow. The danger is a stream that lives without going on: pings keep
//! bytes flowing while the answer stands still (REL-04). So what resets a timer is a piece of the answer.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use domain::{Event, Failure};
use futures_util::FutureExt;
use tokio::time::{Instant, Sleep, sleep_until};
use wire::provider::StreamDecoder;

use super::Patience;
use super::setback::{Setback, Stage, cut_off, timed_out};

/// Pieces that are handed on together when they came together.
const TOGETHER: usize = 64;

/// A stream that a provider has begun. Dropping it closes the connection.
pub(crate) struct HttpEvents {
    response: reqwest::Response,
    decoder: StreamDecoder,
    patience: Patience,
    /// When the attempt left.
    sent: Instant,
    /// The end of all waiting.
    end: Instant,
    /// When bytes last came, and when a piece of the answer did.
    last_bytes: Instant,
    last_piece: Instant,
    answered: bool,
    timer: Pin<Box<Sleep>>,
    /// What came while the answer's beginning was waited for, and how it ended if it did.
    ahead: Vec<Event>,
    over: Option<Result<(), Failure>>,
}

impl HttpEvents {
    pub fn new(
        response: reqwest::Response,
        decoder: StreamDecoder,
        patience: Patience,
        sent: Instant,
        end: Instant,
    ) -> Self {
        Self {
            response,
            decoder,
            patience,
            sent,
            end,
            last_bytes: sent,
            last_piece: sent,
            answered: false,
            timer: Box::pin(sleep_until(end.min(sent + patience.first_token))),
            ahead: Vec::new(),
            over: None,
        }
    }

    /// Waits until the answer has really begun, so that a failure before that can be told as one and the
    /// request tried again.
    pub async fn begin(&mut self) -> Result<(), Setback> {
        let mut events = Vec::new();
        let outcome = loop {
            match self.read_on(&mut events).await {
                Ok(true) if !self.answered => {}
                other => break other,
            }
        };
        if self.answered {
            self.ahead = events;
            self.over = match outcome {
                Ok(true) => None,
                Ok(false) => Some(Ok(())),
                Err((_, failure)) => Some(Err(failure)),
            };
            return Ok(());
        }
        let (stage, failure) = match outcome {
            Err(failed) => failed,
            Ok(_) => (Stage::BrokenOff, cut_off()),
        };
        Err(Setback {
            events,
            ..Setback::at(stage, failure)
        })
    }

    /// Waits for the next pieces; `false` at the orderly end.
    pub async fn next(&mut self, events: &mut Vec<Event>) -> Result<bool, Failure> {
        if !self.ahead.is_empty() || self.over.is_some() {
            if events.is_empty() {
                std::mem::swap(events, &mut self.ahead);
            } else {
                events.append(&mut self.ahead);
            }
            return match self.over.take() {
                None => Ok(true),
                Some(outcome) => outcome.map(|()| false),
            };
        }
        self.read_on(events).await.map_err(|(_, failure)| failure)
    }

    async fn read_on(&mut self, events: &mut Vec<Event>) -> Result<bool, (Stage, Failure)> {
        let before = events.len();
        loop {
            if self.decoder.is_done() {
                self.finish(events)?;
                return Ok(false);
            }
            let came = events.len() > before;
            let chunk = if came {
                // what has come meanwhile goes along: a wake-up, a write and a timer for all of it
                if events.len() - before >= TOGETHER {
                    return Ok(true);
                }
                let Some(chunk) = self.response.chunk().now_or_never() else {
                    return Ok(true);
                };
                chunk.map_err(|_| (Stage::BrokenOff, cut_off()))?
            } else {
                self.chunk().await?
            };
            let Some(chunk) = chunk else {
                self.finish(events)?;
                return Ok(false);
            };
            let from = events.len();
            let pushed = self.decoder.push(&chunk, events);
            self.note(&events[from..], came);
            pushed.map_err(|failure| (Stage::Answered, failure))?;
        }
    }

    fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), (Stage, Failure)> {
        let from = events.len();
        let finished = self.decoder.finish(events);
        self.note(&events[from..], false);
        finished.map_err(|failure| {
            let cut = failure.kind() == domain::FailureKind::UpstreamDisconnected;
            (if cut { Stage::BrokenOff } else { Stage::Answered }, failure)
        })
    }

    /// Remembers that something came. One look at the clock serves all that came together.
    fn note(&mut self, new: &[Event], together: bool) {
        // the announcement of an answer is no piece of it, and a count of tokens neither
        let piece = |event: &Event| matches!(event, Event::Delta { .. } | Event::Finished { .. });
        let answers = new.iter().any(piece);
        if together {
            self.answered |= answers;
            return;
        }
        let now = Instant::now();
        self.last_bytes = now;
        if !answers {
            return;
        }
        self.last_piece = now;
        if !self.answered {
            self.answered = true;
            let due = self.due().0;
            self.timer.as_mut().reset(due);
        }
    }

    /// When the waiting ends, and how long it will have lasted.
    fn due(&self) -> (Instant, Duration) {
        let waits = if self.answered {
            let silent = (self.last_bytes + self.patience.idle, self.patience.idle);
            let pinged = (self.last_piece + self.patience.pinged, self.patience.pinged);
            silent.min(pinged)
        } else {
            (self.sent + self.patience.first_token, self.patience.first_token)
        };
        waits.min((self.end, self.patience.overall))
    }

    /// The next bytes. One timer serves the whole stream: when it fires, it is set to what is due by then.
    async fn chunk(&mut self) -> Result<Option<Bytes>, (Stage, Failure)> {
        // a provider that never pauses would never let the timer have its turn
        if self.last_bytes >= self.end {
            return Err((Stage::Waited, self.out_of_patience(self.patience.overall)));
        }
        loop {
            tokio::select! {
                biased;
                chunk = self.response.chunk() => {
                    return chunk.map_err(|_| (Stage::BrokenOff, cut_off()));
                }
                () = &mut self.timer => {
                    let (due, wait) = self.due();
                    if due <= Instant::now() {
                        return Err((Stage::Waited, self.out_of_patience(wait)));
                    }
                    self.timer.as_mut().reset(due);
                }
            }
        }
    }

    fn out_of_patience(&self, wait: Duration) -> Failure {
        if wait == self.patience.overall {
            timed_out("did not finish its answer", wait)
        } else if self.answered {
            timed_out("sent nothing more", wait)
        } else {
            timed_out("did not begin to answer", wait)
        }
    }
}
