//! Records of one batch that say the same row twice are written once.
//!
//! A call queues its beginning and, milliseconds later, its end; under load both are in one batch, and the
//! row of the ledger, the session and a short streamed answer would each be written and then changed. The
//! danger is a fold that changes the outcome: only records that nobody waits for are folded, into what they
//! come to when they are applied one after the other, and a test compares both ways row by row.

use std::collections::HashMap;

use domain::{Entry, Extra, MessageId, MessageState, Part, Session, SessionId, StoredMessage, Timestamp};
use rusqlite::{Connection, Result};

use crate::Record;
use crate::queue::Job;
use crate::table::search::Lag;
use crate::table::{entries, messages, sessions};

/// What is left to write of a record.
pub(crate) enum Write<'r> {
    /// The record as it is.
    Record(&'r Record),
    /// Nothing: a later or an earlier one says it too.
    Nothing,
    /// A session with its last change.
    Session { session: &'r Session, touch: Touch<'r> },
    /// The last of several changes of a session.
    Touched { id: &'r SessionId, touch: Touch<'r> },
    /// A message as it ended.
    Message {
        stored: &'r StoredMessage,
        ended: Progress<'r>,
    },
    /// An attempt, begun and ended.
    Attempt { entry: &'r Entry, started_at: Timestamp },
}

/// A change of a session.
#[derive(Clone, Copy)]
pub(crate) struct Touch<'r> {
    leaf: Option<&'r MessageId>,
    updated_at: Timestamp,
}

/// What a message says in the end.
#[derive(Clone, Copy)]
pub(crate) struct Progress<'r> {
    parts: &'r [Part],
    extra: &'r Extra,
    state: MessageState,
}

impl Touch<'_> {
    fn and(self, later: Self) -> Self {
        Self {
            leaf: later.leaf.or(self.leaf),
            updated_at: self.updated_at.max(later.updated_at),
        }
    }
}

impl Write<'_> {
    /// What it is, for logs: never its content.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Record(record) => record.name(),
            Self::Nothing => "nothing",
            Self::Session { .. } => "session_opened",
            Self::Touched { .. } => "session_touched",
            Self::Message { .. } => "message_added",
            Self::Attempt { .. } => "entry_ended",
        }
    }

    /// Writes it. `lag` learns what the search index has to look at.
    pub(crate) fn apply(&self, conn: &Connection, lag: &mut Lag) -> Result<()> {
        match self {
            Self::Record(record) => record.apply(conn, lag),
            Self::Nothing => Ok(()),
            Self::Session { session, touch } => {
                if sessions::open_at(conn, session, touch.leaf, touch.updated_at)? == 0 {
                    sessions::touch(conn, &session.id, touch.leaf, touch.updated_at)?;
                }
                Ok(())
            }
            Self::Touched { id, touch } => sessions::touch(conn, id, touch.leaf, touch.updated_at),
            Self::Message { stored, ended } => {
                lag.newest = messages::add_as(conn, stored, ended.parts, ended.extra, ended.state)?;
                Ok(())
            }
            Self::Attempt { entry, started_at } => entries::whole(conn, entry, *started_at),
        }
    }
}

/// What is left to write of the records of these jobs, in their order.
pub(crate) fn fold(jobs: &[Job]) -> Vec<Write<'_>> {
    let mut folded: Vec<Write<'_>> = Vec::new();
    let mut sessions: HashMap<&SessionId, usize> = HashMap::new();
    let mut messages: HashMap<&MessageId, usize> = HashMap::new();
    let mut attempts: HashMap<&str, usize> = HashMap::new();
    for job in jobs {
        let Job::Record { records, .. } = job else {
            continue;
        };
        for record in records {
            let at = folded.len();
            let write = match record {
                Record::SessionOpened(session) => {
                    sessions.insert(&session.id, at);
                    Write::Record(record)
                }
                Record::SessionTouched { id, leaf, updated_at } => {
                    let touch = Touch {
                        leaf: leaf.as_ref(),
                        updated_at: *updated_at,
                    };
                    match sessions.get(id).and_then(|at| folded.get_mut(*at)) {
                        Some(before) => touched(before, id, touch),
                        None => {
                            sessions.insert(id, at);
                            Write::Touched { id, touch }
                        }
                    }
                }
                Record::MessageAdded(stored) => {
                    messages.insert(&stored.id, at);
                    Write::Record(record)
                }
                Record::MessageProgress {
                    id,
                    parts,
                    extra,
                    state,
                } => {
                    let now = Progress {
                        parts,
                        extra,
                        state: *state,
                    };
                    match messages.get(id).and_then(|at| folded.get_mut(*at)) {
                        Some(before) => progressed(before, record, now),
                        None => {
                            messages.insert(id, at);
                            Write::Record(record)
                        }
                    }
                }
                Record::AttemptStarted { attempt, .. } => {
                    attempts.insert(attempt.id.as_str(), at);
                    Write::Record(record)
                }
                Record::EntryEnded(entry) => {
                    let begun = attempts.remove(entry.attempt.id.as_str());
                    match begun.and_then(|at| folded.get_mut(at)) {
                        Some(before) => ended(before, record, entry),
                        None => Write::Record(record),
                    }
                }
                Record::SessionTitled { .. }
                | Record::MessageGrew { .. }
                | Record::CallStarted(_)
                | Record::CallApplied { .. }
                | Record::CallDetail { .. }
                | Record::LaterRequest { .. }
                | Record::Timeline { .. }
                | Record::ToolUse(_)
                | Record::Summarised { .. }
                | Record::CallFailed { .. }
                | Record::CallRepeated { .. }
                | Record::Fingerprint { .. }
                | Record::Reasoning { .. }
                | Record::ReasoningUsed { .. }
                | Record::ResponseOpened(_)
                | Record::ResponseEnded(_)
                | Record::Recalled { .. }
                | Record::ClientKeyUsed { .. } => Write::Record(record),
            };
            folded.push(write);
        }
    }
    folded
}

/// The change goes into the row where it was first written.
fn touched<'r>(before: &mut Write<'r>, id: &'r SessionId, touch: Touch<'r>) -> Write<'r> {
    match before {
        Write::Record(Record::SessionOpened(session)) => {
            let opened = Touch {
                leaf: session.leaf.as_ref(),
                updated_at: session.updated_at,
            };
            let touch = opened.and(touch);
            *before = Write::Session { session, touch };
        }
        Write::Session { touch: earlier, .. } | Write::Touched { touch: earlier, .. } => {
            *earlier = earlier.and(touch);
        }
        Write::Record(_) | Write::Nothing | Write::Message { .. } | Write::Attempt { .. } => {
            return Write::Touched { id, touch };
        }
    }
    Write::Nothing
}

fn progressed<'r>(before: &mut Write<'r>, record: &'r Record, now: Progress<'r>) -> Write<'r> {
    match before {
        Write::Record(Record::MessageAdded(stored)) => {
            let fields = if now.extra.is_empty() {
                &stored.message.extra
            } else {
                now.extra
            };
            let ended = Progress { extra: fields, ..now };
            *before = Write::Message { stored, ended };
        }
        Write::Message { ended, .. } => {
            let fields = if now.extra.is_empty() {
                ended.extra
            } else {
                now.extra
            };
            *ended = Progress { extra: fields, ..now };
        }
        // none leaves the fields that are there, which would be those of before
        Write::Record(Record::MessageProgress { extra, .. }) if extra.is_empty() || !now.extra.is_empty() => {
            *before = Write::Record(record);
        }
        Write::Record(_)
        | Write::Nothing
        | Write::Session { .. }
        | Write::Touched { .. }
        | Write::Attempt { .. } => return Write::Record(record),
    }
    Write::Nothing
}

/// The row is written at its end, where all of it is known.
fn ended<'r>(before: &mut Write<'r>, record: &'r Record, entry: &'r Entry) -> Write<'r> {
    let Write::Record(Record::AttemptStarted { started_at, .. }) = before else {
        return Write::Record(record);
    };
    let started_at = *started_at;
    *before = Write::Nothing;
    Write::Attempt { entry, started_at }
}
