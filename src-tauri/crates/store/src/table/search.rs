//! The full-text index over what was said.
//!
//! The danger is the hot path: indexing a message costs ten times what storing it costs. So there are no
//! triggers. The writer indexes in bulk when it has nothing else to do, up to a row number kept in `meta`,
//! and a search first asks it to catch up. The rule that makes this safe: a row is in the index if and
//! only if its `seq` is not above `fts_upto`, it is not being streamed, and it is not in `search_pending`.
//!
//! Results come newest first: ranking a common word would read every hit.

mod query;

use domain::{Failure, MessageId, MessageState, Role, SessionId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result, Row};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Page, meta, page_limit};
use crate::{column, failed};
use query::Query;

// Only the first 256 Ki characters of a message are searched, so that one enormous prompt cannot hold the
// writer for a second; the index reads its content through the same cut.
pub(crate) const CREATE: &str = "
CREATE VIEW searchable AS SELECT seq, state, substr(text, 1, 262144) AS text FROM messages;
CREATE VIRTUAL TABLE search USING fts5(
    text, content = 'searchable', content_rowid = 'seq', prefix = '2 3',
    tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TABLE search_pending (seq INTEGER PRIMARY KEY) STRICT;
";

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Hit {
    /// Its session.
    pub session: SessionId,
    /// The session's title.
    pub title: String,
    /// The message.
    pub message: MessageId,
    /// Who speaks in it.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// The words around the match, in order.
    pub snippet: Vec<Fragment>,
}

/// A stretch of a snippet. Fragments instead of positions: bytes, characters and UTF-16 units differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Fragment {
    /// The text, plain.
    pub text: String,
    /// Whether it is what was searched for.
    pub is_match: bool,
}

/// A session whose title was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TitleHit {
    /// The session.
    pub session: SessionId,
    /// Its title.
    pub title: String,
    /// When it last changed.
    pub updated_at: Timestamp,
}

// Unicode noncharacters: they cannot stand in text that is meant to be exchanged
const OPEN: char = '\u{fdd0}';
const CLOSE: char = '\u{fdd1}';

/// Messages that hold every word of `text`, the last word also as a beginning, in sessions that are not
/// deleted; words in double quotes must follow each other. Newest first. Text that the index has no words
/// for (CJK, emoji, punctuation) is looked for literally in the newest 20,000 messages.
///
/// Reads what is indexed; [`crate::Store::search`] catches up first.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] for a cursor that is none of ours, or storage failures.
pub fn find(
    conn: &Connection,
    text: &str,
    cursor: Option<&str>,
    limit: usize,
) -> std::result::Result<Page<Hit>, Failure> {
    let (limit, fetch) = page_limit(limit);
    let before = match cursor {
        None => i64::MAX,
        Some(seq) => seq
            .parse()
            .map_err(|_| Failure::invalid("cursor", "The cursor is not one that a search has given."))?,
    };
    let found = match Query::parse(text) {
        Query::Empty => Ok(Vec::new()),
        Query::Words(expression) => by_words(conn, &expression, before, fetch),
        Query::Literal(needle) => by_literal(conn, &needle, before, fetch),
    };
    let mut found = found.map_err(failed)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(seq, _)| seq.to_string());
    Ok(Page {
        items: found.into_iter().map(|(_, hit)| hit).collect(),
        next,
    })
}

fn by_words(conn: &Connection, expression: &str, before: i64, limit: i64) -> Result<Vec<(i64, Hit)>> {
    // CROSS JOIN keeps the index outermost: it already gives rows newest first
    conn.prepare_cached(
        "SELECT m.seq, m.session, s.title, m.id, m.role, m.created_at,
                snippet(search, 0, ?1, ?2, '…', 32)
         FROM search CROSS JOIN messages m ON m.seq = search.rowid JOIN sessions s ON s.id = m.session
         WHERE search MATCH ?3 AND search.rowid < ?4 AND s.deleted_at IS NULL
         ORDER BY search.rowid DESC LIMIT ?5",
    )?
    .query_map(
        (OPEN.to_string(), CLOSE.to_string(), expression, before, limit),
        |row| hit(row, |text| marked(&text)),
    )?
    .collect()
}

fn by_literal(conn: &Connection, needle: &str, before: i64, limit: i64) -> Result<Vec<(i64, Hit)>> {
    conn.prepare_cached(
        "SELECT m.seq, m.session, s.title, m.id, m.role, m.created_at, m.text
         FROM messages m JOIN sessions s ON s.id = m.session
         WHERE m.seq < ?2 AND m.seq > (SELECT max(seq) - 20000 FROM messages)
           AND instr(m.text, ?1) > 0 AND s.deleted_at IS NULL
         ORDER BY m.seq DESC LIMIT ?3",
    )?
    .query_map((needle, before, limit), |row| {
        hit(row, |text| query::around(&text, needle))
    })?
    .collect()
}

fn hit(row: &Row<'_>, snippet: impl FnOnce(String) -> Vec<Fragment>) -> Result<(i64, Hit)> {
    let hit = Hit {
        session: column::word(row, 1)?,
        title: row.get(2)?,
        message: column::word(row, 3)?,
        role: column::parsed(row, 4, Role::parse)?,
        created_at: Timestamp(row.get(5)?),
        snippet: snippet(row.get(6)?),
    };
    Ok((row.get(0)?, hit))
}

/// Takes a snippet apart at its marks.
fn marked(text: &str) -> Vec<Fragment> {
    let mut fragments = Vec::new();
    let mut is_match = false;
    for piece in text.split_inclusive([OPEN, CLOSE]) {
        let words = piece.trim_end_matches([OPEN, CLOSE]);
        if !words.is_empty() {
            fragments.push(Fragment {
                text: words.to_owned(),
                is_match,
            });
        }
        is_match = piece.ends_with(OPEN);
    }
    fragments
}

/// Sessions whose title holds `text`, letters of ASCII in any case; newest first.
///
/// # Errors
/// Storage failures.
pub fn titles(conn: &Connection, text: &str, limit: usize) -> std::result::Result<Vec<TitleHit>, Failure> {
    let needle: String = text.trim().chars().take(query::MAX_CHARS).collect();
    if needle.is_empty() {
        return Ok(Vec::new());
    }
    let (limit, _) = page_limit(limit);
    let mut pattern = String::from("%");
    for letter in needle.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    // newest first among those on top and among the others, each from the index and no further than the limit
    conn.prepare_cached(
        "SELECT id, title, updated_at FROM (
             SELECT id, title, updated_at FROM sessions
             WHERE deleted_at IS NULL AND pinned = 1 AND title LIKE ?1 ESCAPE '\\'
             ORDER BY updated_at DESC, id DESC LIMIT ?2)
         UNION ALL SELECT id, title, updated_at FROM (
             SELECT id, title, updated_at FROM sessions
             WHERE deleted_at IS NULL AND pinned = 0 AND title LIKE ?1 ESCAPE '\\'
             ORDER BY updated_at DESC, id DESC LIMIT ?2)
         ORDER BY updated_at DESC, id DESC LIMIT ?2",
    )
    .and_then(|mut s| {
        s.query_map((pattern, i64::try_from(limit).unwrap_or(i64::MAX)), |row| {
            Ok(TitleHit {
                session: column::word(row, 0)?,
                title: row.get(1)?,
                updated_at: Timestamp(row.get(2)?),
            })
        })?
        .collect()
    })
    .map_err(failed)
}

/// Keeps the index true while a message changes; call it before the change. `Ok(true)` when the message
/// now waits to be indexed.
pub(super) fn before_change(
    conn: &Connection,
    seq: i64,
    before: MessageState,
    after: MessageState,
) -> Result<bool> {
    let streams = |state| matches!(state, MessageState::Streaming);
    if streams(before) && streams(after) || seq > meta::get(conn, meta::FTS_UPTO)? {
        return Ok(false);
    }
    let waits = conn
        .prepare_cached("DELETE FROM search_pending WHERE seq = ?1")?
        .execute([seq])?
        > 0;
    if !streams(before) && !waits {
        conn.prepare_cached(
            "INSERT INTO search (search, rowid, text) SELECT 'delete', seq, text FROM searchable WHERE seq = ?1",
        )?
        .execute([seq])?;
    }
    if streams(after) {
        return Ok(false);
    }
    conn.prepare_cached("INSERT INTO search_pending (seq) VALUES (?1)")?
        .execute([seq])?;
    Ok(true)
}

/// Messages that stop streaming because the process ended have to be indexed.
pub(super) fn before_recovery(conn: &Connection) -> Result<()> {
    conn.execute(
        "INSERT OR IGNORE INTO search_pending (seq)
         SELECT seq FROM messages WHERE state = 'streaming' AND seq <= ?1",
        [meta::get(conn, meta::FTS_UPTO)?],
    )?;
    Ok(())
}

/// How far the index is behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lag {
    /// The newest row of `messages`.
    pub newest: i64,
    /// The newest row that was looked at.
    pub upto: i64,
    /// Whether rows below that wait to be indexed again.
    pub pending: bool,
}

impl Lag {
    pub(crate) fn rows(self) -> i64 {
        (self.newest - self.upto).max(0) + i64::from(self.pending)
    }
}

pub(crate) fn lag(conn: &Connection) -> Result<Lag> {
    let newest: Option<i64> = conn
        .prepare_cached("SELECT max(seq) FROM messages")?
        .query_row([], |row| row.get(0))?;
    let pending = conn
        .prepare_cached("SELECT 1 FROM search_pending LIMIT 1")?
        .query_row([], |_| Ok(()))
        .optional()?;
    Ok(Lag {
        newest: newest.unwrap_or(0),
        upto: meta::get(conn, meta::FTS_UPTO)?,
        pending: pending.is_some(),
    })
}

/// A step takes this many rows or this many bytes of text, whatever comes first: some ten milliseconds, which
/// is what a commit may have to wait for it.
const STEP_ROWS: i64 = 256;
const STEP_BYTES: i64 = 512 * 1024;

/// Indexes the next rows. Call it in a transaction until nothing is behind.
pub(crate) fn step(conn: &Connection) -> Result<()> {
    let waiting: Vec<i64> = conn
        .prepare_cached("SELECT seq FROM search_pending ORDER BY seq LIMIT ?1")?
        .query_map([STEP_ROWS], |row| row.get(0))?
        .collect::<Result<_>>()?;
    for seq in waiting {
        conn.prepare_cached(
            "INSERT INTO search (rowid, text) SELECT seq, text FROM searchable WHERE seq = ?1",
        )?
        .execute([seq])?;
        conn.prepare_cached("DELETE FROM search_pending WHERE seq = ?1")?
            .execute([seq])?;
    }
    let from = meta::get(conn, meta::FTS_UPTO)?;
    let mut to = from;
    let mut bytes = 0;
    let mut rows = conn.prepare_cached(
        "SELECT seq, octet_length(text) FROM messages WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = rows.query((from, STEP_ROWS))?;
    while let Some(row) = rows.next()? {
        to = row.get(0)?;
        bytes += row.get::<_, i64>(1)?;
        if bytes >= STEP_BYTES {
            break;
        }
    }
    if to > from {
        conn.prepare_cached(
            "INSERT INTO search (rowid, text)
             SELECT seq, text FROM searchable WHERE seq > ?1 AND seq <= ?2 AND state <> 'streaming'",
        )?
        .execute((from, to))?;
        meta::set(conn, meta::FTS_UPTO, to)?;
    }
    Ok(())
}
