//! Messages: the tree of every session.
//!
//! A message is written once for reading and once for search. Most messages are one plain text, often a
//! very long one, so that text is stored once: `parts` is null then and `text` is all there is. `seq` is
//! the row number that the search index refers to; it also is the order within a session.

use std::borrow::Cow;
use std::collections::HashSet;

use domain::{
    CallId, Extra, Failure, Message, MessageId, MessageState, Part, Role, SessionId, StoredMessage, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{growth, tool_uses};
use crate::{column, failed};

// Indexes: the unique one of `id`, appended to since ids grow; messages_by_session, which holds `seq` by
// itself and so gives a session in order; messages_streaming, which is all but empty.
pub(crate) const CREATE: &str = "
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    session TEXT NOT NULL REFERENCES sessions (id),
    parent TEXT,
    call TEXT,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    text TEXT NOT NULL,
    parts TEXT,
    extra TEXT
) STRICT;
CREATE INDEX messages_by_session ON messages (session);
CREATE INDEX messages_streaming ON messages (seq) WHERE state = 'streaming';
";

/// All messages of a session, in the order they were made.
///
/// # Errors
/// Storage failures.
pub fn of_session(conn: &Connection, session: &SessionId) -> Result<Vec<StoredMessage>, Failure> {
    conn.prepare_cached(
        "SELECT id, session, parent, call, role, state, created_at, text, parts, extra
         FROM messages WHERE session = ?1 ORDER BY seq",
    )
    .and_then(|mut s| grown(conn, s.query_map([session.as_str()], from_row)?))
    .map_err(failed)
}

/// What follows what in a session: every message with its parent, in the order they were made. Of ten thousand
/// messages this is a hundredth of what they say.
///
/// # Errors
/// Storage failures.
pub fn outline(
    conn: &Connection,
    session: &SessionId,
) -> Result<Vec<(MessageId, Option<MessageId>)>, Failure> {
    conn.prepare_cached("SELECT id, parent FROM messages WHERE session = ?1 ORDER BY seq")
        .and_then(|mut s| {
            s.query_map([session.as_str()], |row| {
                Ok((column::word(row, 0)?, column::word_or_null(row, 1)?))
            })?
            .collect()
        })
        .map_err(failed)
}

/// The messages of a session that a call wrote: its answers.
///
/// # Errors
/// Storage failures.
pub fn of_call(conn: &Connection, session: &SessionId, call: &CallId) -> Result<Vec<StoredMessage>, Failure> {
    conn.prepare_cached(
        "SELECT id, session, parent, call, role, state, created_at, text, parts, extra
         FROM messages WHERE session = ?1 AND call = ?2 ORDER BY seq",
    )
    .and_then(|mut s| {
        let found = s.query_map((session.as_str(), call.as_str()), from_row)?;
        grown(conn, found)
    })
    .map_err(failed)
}

/// The branch that ends at `leaf`, from its first message on. Empty when the session has no such message.
///
/// # Errors
/// Storage failures.
pub fn branch(
    conn: &Connection,
    session: &SessionId,
    leaf: &MessageId,
) -> Result<Vec<StoredMessage>, Failure> {
    let read = || {
        let mut branch = Vec::new();
        let mut seen = HashSet::new();
        let mut next = Some(leaf.clone());
        // `seen` ends a walk in a circle, which only a damaged database can hold
        while let Some(id) = next.take().filter(|id| seen.insert(id.clone())) {
            if let Some(message) = one(conn, &id)?.filter(|m| m.session == *session) {
                next.clone_from(&message.parent);
                branch.push(message);
            }
        }
        branch.reverse();
        growth::join(conn, &mut branch)?;
        Ok(branch)
    };
    read().map_err(failed)
}

/// The messages that follow `parent`, in the order they were made: more than one is a fork. `None` gives
/// the first messages of the session.
///
/// # Errors
/// Storage failures.
pub fn children(
    conn: &Connection,
    session: &SessionId,
    parent: Option<&MessageId>,
) -> Result<Vec<StoredMessage>, Failure> {
    conn.prepare_cached(
        "SELECT id, session, parent, call, role, state, created_at, text, parts, extra
         FROM messages WHERE session = ?1 AND parent IS ?2 ORDER BY seq",
    )
    .and_then(|mut s| {
        let found = s.query_map((session.as_str(), parent.map(MessageId::as_str)), from_row)?;
        grown(conn, found)
    })
    .map_err(failed)
}

/// A message.
///
/// # Errors
/// Storage failures.
pub fn get(conn: &Connection, id: &MessageId) -> Result<Option<StoredMessage>, Failure> {
    let read = || {
        let mut found = one(conn, id)?;
        growth::join(conn, found.as_mut_slice())?;
        Ok(found)
    };
    read().map_err(failed)
}

/// How many messages there are.
///
/// # Errors
/// Storage failures.
pub fn count(conn: &Connection, session: &SessionId) -> Result<u64, Failure> {
    conn.prepare_cached("SELECT count(*) FROM messages WHERE session = ?1")
        .and_then(|mut s| s.query_row([session.as_str()], |row| column::unsigned(row, 0)))
        .map_err(failed)
}

/// Messages with what they have grown by.
fn grown(
    conn: &Connection,
    rows: impl Iterator<Item = rusqlite::Result<StoredMessage>>,
) -> rusqlite::Result<Vec<StoredMessage>> {
    let mut messages: Vec<StoredMessage> = rows.collect::<rusqlite::Result<_>>()?;
    growth::join(conn, &mut messages)?;
    Ok(messages)
}

/// A message as its row has it.
fn one(conn: &Connection, id: &MessageId) -> rusqlite::Result<Option<StoredMessage>> {
    conn.prepare_cached(
        "SELECT id, session, parent, call, role, state, created_at, text, parts, extra
         FROM messages WHERE id = ?1",
    )?
    .query_row([id.as_str()], from_row)
    .optional()
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<StoredMessage> {
    let parts = match column::json_or_null(row, 8)? {
        Some(parts) => parts,
        None => vec![Part::text(row.get::<_, String>(7)?)],
    };
    Ok(StoredMessage {
        id: column::word(row, 0)?,
        session: column::word(row, 1)?,
        parent: column::word_or_null(row, 2)?,
        call: column::word_or_null(row, 3)?,
        state: column::parsed(row, 5, MessageState::parse)?,
        created_at: Timestamp(row.get(6)?),
        message: Message {
            role: column::parsed(row, 4, Role::parse)?,
            parts,
            extra: column::json_or_null(row, 9)?.unwrap_or_default(),
        },
    })
}

/// What is stored of the parts: the text for search, and JSON unless the text says it all.
fn columns(parts: &[Part]) -> rusqlite::Result<(Cow<'_, str>, Option<String>)> {
    if let [Part::Text { text, extra }] = parts
        && extra.is_empty()
    {
        return Ok((Cow::Borrowed(text), None));
    }
    Ok((Cow::Owned(Part::plain_text(parts)), Some(column::to_json(parts)?)))
}

/// Adds a message and gives its row number.
pub(crate) fn add(conn: &Connection, stored: &StoredMessage) -> rusqlite::Result<i64> {
    let message = &stored.message;
    add_as(conn, stored, &message.parts, &message.extra, stored.state)
}

/// Adds a message as it stands after its progress, and gives its row number.
pub(crate) fn add_as(
    conn: &Connection,
    stored: &StoredMessage,
    parts: &[Part],
    extra: &Extra,
    state: MessageState,
) -> rusqlite::Result<i64> {
    let message = &stored.message;
    let (text, parts) = columns(parts)?;
    let extra = match extra.is_empty() {
        true => None,
        false => Some(column::to_json(extra)?),
    };
    conn.prepare_cached(
        "INSERT INTO messages (id, session, parent, call, role, state, created_at, text, parts, extra)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .insert((
        stored.id.as_str(),
        stored.session.as_str(),
        stored.parent.as_ref().map(MessageId::as_str),
        stored.call.as_ref().map(CallId::as_str),
        message.role.as_str(),
        state.as_str(),
        stored.created_at.millis(),
        text,
        parts,
        extra,
    ))
}

/// Replaces what a message says. `Ok(true)` when the search index has to look at it again.
pub(crate) fn progress(
    conn: &Connection,
    id: &MessageId,
    parts: &[Part],
    state: MessageState,
) -> rusqlite::Result<bool> {
    let (seq, before) = conn
        .prepare_cached("SELECT seq, state FROM messages WHERE id = ?1")?
        .query_row([id.as_str()], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                column::parsed(row, 1, MessageState::parse)?,
            ))
        })?;
    let (text, parts) = columns(parts)?;
    let stale = super::search::before_change(conn, seq, before, state)?;
    conn.prepare_cached("UPDATE messages SET text = ?2, parts = ?3, state = ?4 WHERE seq = ?1")?
        .execute((seq, text, parts, state.as_str()))?;
    Ok(stale)
}

/// Replaces a message's fields.
pub(crate) fn set_extra(conn: &Connection, id: &MessageId, extra: &Extra) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE messages SET extra = ?2 WHERE id = ?1")?
        .execute((id.as_str(), column::to_json(extra)?))?;
    Ok(())
}

/// Replaces what a complete message says: a person edited it.
///
/// # Errors
/// [`domain::FailureKind::NotFound`], or storage failures.
pub fn edit(conn: &Connection, id: &MessageId, parts: &[Part]) -> Result<(), Failure> {
    progress(conn, id, parts, MessageState::Complete)
        .map(|_| ())
        .map_err(failed)
}

/// Messages that were still being written when the last process ended become failed; what they said stays.
pub(crate) fn recover(conn: &Connection) -> rusqlite::Result<usize> {
    super::search::before_recovery(conn)?;
    let mut streaming = conn
        .prepare(
            "SELECT id, session, parent, call, role, state, created_at, text, parts, extra
             FROM messages WHERE state = 'streaming'",
        )
        .and_then(|mut s| grown(conn, s.query_map([], from_row)?))?;
    let mut write =
        conn.prepare("UPDATE messages SET text = ?2, parts = ?3, state = 'failed' WHERE id = ?1")?;
    for stored in &mut streaming {
        if let Some(call) = &stored.call {
            stored.message.parts.extend(tool_uses::left_open(conn, call)?);
        }
        let (text, parts) = columns(&stored.message.parts)?;
        write.execute((stored.id.as_str(), text, parts))?;
    }
    growth::sweep(conn)?;
    Ok(streaming.len())
}
