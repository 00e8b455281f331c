//! Answers that are being written for the window.
//!
//! They run in the core and not in the page, so that a page that reloads loses nothing: it asks for the text
//! so far with the number of the last piece in it, and ignores pieces up to that number (REL-30).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{MessageId, Part, SessionId};
use tokio_util::sync::CancellationToken;

use crate::control::{PieceKind, ToolTime};

/// An answer so far.
#[derive(Clone)]
pub(crate) struct LiveAnswer {
    /// Its message.
    pub message: MessageId,
    /// The message it answers.
    pub parent: MessageId,
    /// Who writes it: an agent, or a model.
    pub by: String,
    /// Its text so far, a part a kind between the calls of tools.
    pub parts: Vec<Part>,
    /// How long the tools ran that have given something.
    pub times: Vec<ToolTime>,
    /// The number of the last piece.
    pub seq: u64,
    stop: CancellationToken,
}

/// All answers that are being written. A session has one, or several beside each other to one message.
#[derive(Default)]
pub(crate) struct Live {
    answers: Mutex<HashMap<SessionId, Vec<LiveAnswer>>>,
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Vec<LiveAnswer>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins answers to one message, each by whom it names; `None` when one is being written already.
    pub fn begin(
        &self,
        session: &SessionId,
        parent: &MessageId,
        answers: &[(MessageId, String)],
    ) -> Option<Vec<CancellationToken>> {
        let mut all = self.lock();
        if all.contains_key(session) {
            return None;
        }
        let begun = answers.iter().map(|(message, by)| LiveAnswer {
            message: message.clone(),
            parent: parent.clone(),
            by: by.clone(),
            parts: Vec::new(),
            times: Vec::new(),
            seq: 0,
            stop: CancellationToken::new(),
        });
        let begun: Vec<LiveAnswer> = begun.collect();
        let stops = begun.iter().map(|answer| answer.stop.clone()).collect();
        all.insert(session.clone(), begun);
        Some(stops)
    }

    /// Adds a piece and gives its number.
    pub fn grow(&self, session: &SessionId, message: &MessageId, kind: PieceKind, piece: &str) -> u64 {
        let mut all = self.lock();
        let of_session = all.get_mut(session).map(Vec::as_mut_slice).unwrap_or_default();
        let Some(answer) = of_session.iter_mut().find(|answer| answer.message == *message) else {
            return 0;
        };
        answer.seq += 1;
        let of_kind = |part: &Part| match part {
            Part::Text { .. } => kind == PieceKind::Text,
            Part::Reasoning { .. } => kind == PieceKind::Reasoning,
            Part::Refusal { .. } => kind == PieceKind::Refusal,
            Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::ToolCall { .. }
            | Part::ToolResult { .. }
            | Part::Opaque { .. } => false,
        };
        // what is said after a tool was called is said anew
        let is_step = |part: &Part| matches!(part, Part::ToolCall { .. } | Part::ToolResult { .. });
        let since = answer.parts.iter().rposition(is_step).map_or(0, |at| at + 1);
        match answer.parts.iter_mut().skip(since).find(|part| of_kind(part)) {
            Some(Part::Text { text, .. } | Part::Reasoning { text, .. } | Part::Refusal { text }) => {
                text.push_str(piece);
            }
            Some(_) | None => {
                let text = piece.to_owned();
                answer.parts.push(match kind {
                    PieceKind::Text => Part::text(text),
                    PieceKind::Reasoning => Part::reasoning(text),
                    PieceKind::Refusal => Part::Refusal { text },
                });
            }
        }
        answer.seq
    }

    /// Adds a call of a tool, or what came of it and after how many milliseconds, and gives its number; `None` when no
    /// such answer is written.
    pub fn step(
        &self,
        session: &SessionId,
        message: &MessageId,
        step: &Part,
        took_ms: Option<u64>,
    ) -> Option<u64> {
        let mut all = self.lock();
        let answer = all
            .get_mut(session)?
            .iter_mut()
            .find(|answer| answer.message == *message)?;
        answer.seq += 1;
        answer.parts.push(step.clone());
        if let Part::ToolResult { call_id, .. } = step {
            answer.times.push(ToolTime {
                tool_call: call_id.clone(),
                took_ms,
            });
        }
        Some(answer.seq)
    }

    /// A part of what a tool gave in an answer that is being written.
    pub fn given(&self, message: &MessageId, call: &str, at: usize) -> Option<Part> {
        let all = self.lock();
        let answer = all.values().flatten().find(|answer| answer.message == *message)?;
        Part::given(&answer.parts, call).and_then(|parts| parts.get(at).cloned())
    }

    /// The session's answers so far.
    pub fn get(&self, session: &SessionId) -> Vec<LiveAnswer> {
        self.lock().get(session).cloned().unwrap_or_default()
    }

    /// Whether the session has one.
    pub fn contains(&self, session: &SessionId) -> bool {
        self.lock().contains_key(session)
    }

    /// Asks the session's answers to stop.
    pub fn stop(&self, session: &SessionId) {
        for answer in self.lock().get(session).into_iter().flatten() {
            answer.stop.cancel();
        }
    }

    /// Asks all answers to stop.
    pub fn stop_all(&self) {
        for answer in self.lock().values().flatten() {
            answer.stop.cancel();
        }
    }

    /// An answer of the session is recorded and no longer here.
    pub fn end(&self, session: &SessionId, message: &MessageId) {
        let mut all = self.lock();
        let Some(answers) = all.get_mut(session) else {
            return;
        };
        answers.retain(|answer| answer.message != *message);
        if answers.is_empty() {
            all.remove(session);
        }
    }
}
