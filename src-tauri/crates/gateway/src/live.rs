//! Answers that are being written for the window.
//!
//! They run in the core and not in the page, so that a page that reloads loses nothing: it asks for the text
//! so far with the number of the last piece in it, and ignores pieces up to that number (REL-30).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{MessageId, Part, SessionId};
use tokio_util::sync::CancellationToken;

use crate::control::PieceKind;

/// An answer so far.
#[derive(Clone)]
pub(crate) struct LiveAnswer {
    /// Its message.
    pub message: MessageId,
    /// The message it answers.
    pub parent: MessageId,
    /// Its text so far, a part a kind.
    pub parts: Vec<Part>,
    /// The number of the last piece.
    pub seq: u64,
    stop: CancellationToken,
}

/// All answers that are being written, at most one a session.
#[derive(Default)]
pub(crate) struct Live {
    answers: Mutex<HashMap<SessionId, LiveAnswer>>,
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, LiveAnswer>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an answer; `None` when the session has one already.
    pub fn begin(
        &self,
        session: &SessionId,
        message: &MessageId,
        parent: &MessageId,
    ) -> Option<CancellationToken> {
        let mut answers = self.lock();
        if answers.contains_key(session) {
            return None;
        }
        let stop = CancellationToken::new();
        let answer = LiveAnswer {
            message: message.clone(),
            parent: parent.clone(),
            parts: Vec::new(),
            seq: 0,
            stop: stop.clone(),
        };
        answers.insert(session.clone(), answer);
        Some(stop)
    }

    /// Adds a piece and gives its number.
    pub fn grow(&self, session: &SessionId, kind: PieceKind, piece: &str) -> u64 {
        let mut answers = self.lock();
        let Some(answer) = answers.get_mut(session) else {
            return 0;
        };
        answer.seq += 1;
        let of_kind = |part: &&mut Part| match part {
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
        match answer.parts.iter_mut().find(of_kind) {
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

    /// The session's answer so far.
    pub fn get(&self, session: &SessionId) -> Option<LiveAnswer> {
        self.lock().get(session).cloned()
    }

    /// Whether the session has one.
    pub fn contains(&self, session: &SessionId) -> bool {
        self.lock().contains_key(session)
    }

    /// Asks the session's answer to stop; whether there is one.
    pub fn stop(&self, session: &SessionId) -> bool {
        let answers = self.lock();
        let answer = answers.get(session);
        if let Some(answer) = answer {
            answer.stop.cancel();
        }
        answer.is_some()
    }

    /// Asks all answers to stop.
    pub fn stop_all(&self) {
        for answer in self.lock().values() {
            answer.stop.cancel();
        }
    }

    /// The session's answer is recorded and no longer here.
    pub fn end(&self, session: &SessionId) {
        self.lock().remove(session);
    }
}
