//! Reasoning: what a provider wants back in the next turn and a client's protocol may drop on the way.
//!
//! The danger is to give it to somebody else: a signature of another upstream or model is an error there,
//! and another client key's reasoning is nobody's business (SEC-17). So whoever made it stands beside it,
//! and it is found only by digests that its reader has to be able to make (W-176). Each answer is one row;
//! several keys lead to it. What nobody asked for in 30 days goes, and the longest unused beyond 64 MiB.

use domain::{Extra, Failure, Part, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::record::{extra_bytes, parts_bytes};
use crate::{column, failed};

// Indexes: reasoning_by_maker answers without a row which upstreams there are; reasoning_by_use holds all
// that eviction looks at; reasoning_keys_by_answer finds the keys that go with an answer.
pub(crate) const CREATE: &str = "
CREATE TABLE reasoning (
    id INTEGER PRIMARY KEY,
    answer BLOB NOT NULL UNIQUE,
    upstream TEXT NOT NULL,
    model TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    parts TEXT NOT NULL,
    extra TEXT
) STRICT;
CREATE INDEX reasoning_by_maker ON reasoning (upstream, model);
CREATE INDEX reasoning_by_use ON reasoning (used_at, bytes);
CREATE TABLE reasoning_keys (
    key BLOB PRIMARY KEY,
    answer INTEGER NOT NULL REFERENCES reasoning (id) ON DELETE CASCADE
) WITHOUT ROWID, STRICT;
CREATE INDEX reasoning_keys_by_answer ON reasoning_keys (answer);
";

const MOST_AGE_MS: i64 = 30 * 24 * 60 * 60 * 1000;
const MOST_BYTES: i64 = 64 << 20;
/// Answers between two looks at age and size.
const EVICT_EVERY: i64 = 64;

/// What an answer held that its provider wants back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reasoning {
    /// Names the answer; a second one of that name takes the place of the first.
    pub answer: [u8; 16],
    /// The provider, its wire and its origin.
    pub upstream: String,
    /// The model, as it was asked for.
    pub model: String,
    /// Reasoning whole and in order; texts and calls as bare marks of where it stood.
    pub parts: Vec<Part>,
    /// Fields of the message.
    pub extra: Extra,
    /// When it was made, or last put back.
    pub used_at: Timestamp,
}

impl Reasoning {
    /// About how many bytes of memory it holds.
    pub fn bytes(&self) -> usize {
        parts_bytes(&self.parts) + extra_bytes(&self.extra)
    }
}

/// The newest answer that this key leads to.
///
/// # Errors
/// Storage failures.
pub fn find(conn: &Connection, key: &[u8; 16]) -> Result<Option<Reasoning>, Failure> {
    conn.prepare_cached(
        "SELECT r.answer, r.upstream, r.model, r.parts, r.extra, r.used_at
         FROM reasoning_keys k JOIN reasoning r ON r.id = k.answer WHERE k.key = ?1",
    )
    .and_then(|mut s| s.query_row([key], from_row).optional())
    .map_err(failed)
}

/// Each upstream and model of which there is any.
///
/// # Errors
/// Storage failures.
pub fn makers(conn: &Connection) -> Result<Vec<(String, String)>, Failure> {
    conn.prepare_cached("SELECT DISTINCT upstream, model FROM reasoning")
        .and_then(|mut s| s.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(failed)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Reasoning> {
    Ok(Reasoning {
        answer: row.get(0)?,
        upstream: row.get(1)?,
        model: row.get(2)?,
        parts: column::json(row, 3)?,
        extra: column::json_or_null(row, 4)?.unwrap_or_default(),
        used_at: Timestamp(row.get(5)?),
    })
}

/// Keeps an answer's reasoning under these keys; a key that led elsewhere leads here now.
pub(crate) fn keep(conn: &Connection, reasoning: &Reasoning, keys: &[[u8; 16]]) -> rusqlite::Result<()> {
    let parts = column::to_json(&reasoning.parts)?;
    let extra = match reasoning.extra.is_empty() {
        true => None,
        false => Some(column::to_json(&reasoning.extra)?),
    };
    let bytes = parts.len() + extra.as_ref().map_or(0, String::len);
    let id: i64 = conn
        .prepare_cached(
            "INSERT INTO reasoning (answer, upstream, model, bytes, used_at, parts, extra)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (answer) DO UPDATE SET upstream = excluded.upstream, model = excluded.model,
                 bytes = excluded.bytes, used_at = excluded.used_at, parts = excluded.parts,
                 extra = excluded.extra
             RETURNING id",
        )?
        .query_row(
            (
                reasoning.answer,
                &reasoning.upstream,
                &reasoning.model,
                column::capped(u64::try_from(bytes).unwrap_or(u64::MAX)),
                reasoning.used_at.millis(),
                parts,
                extra,
            ),
            |row| row.get(0),
        )?;
    let mut lead = conn.prepare_cached(
        "INSERT INTO reasoning_keys (key, answer) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET answer = excluded.answer",
    )?;
    for key in keys {
        lead.execute((key, id))?;
    }
    if id % EVICT_EVERY == 0 {
        evict(conn, reasoning.used_at)?;
    }
    Ok(())
}

/// Notes that an answer's reasoning was put back; never moves backwards.
pub(crate) fn used(conn: &Connection, answer: &[u8; 16], at: Timestamp) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE reasoning SET used_at = max(used_at, ?2) WHERE answer = ?1")?
        .execute((answer, at.millis()))?;
    Ok(())
}

fn evict(conn: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM reasoning WHERE used_at < ?1")?
        .execute([now.millis() - MOST_AGE_MS])?;
    conn.prepare_cached(
        "DELETE FROM reasoning WHERE id IN (
             SELECT id FROM (
                 SELECT id, sum(bytes) OVER (ORDER BY used_at DESC ROWS UNBOUNDED PRECEDING) AS so_far
                 FROM reasoning
             ) WHERE so_far > ?1
         )",
    )?
    .execute([MOST_BYTES])?;
    Ok(())
}
