//! What agents recalled in which call, and why.
//!
//! Not the text: it stands with the memory, so that what is forgotten is gone from here too.

use domain::{CallId, Failure, Memory, MemoryId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE recalls (
    call TEXT NOT NULL,
    position INTEGER NOT NULL,
    memory TEXT NOT NULL,
    words TEXT NOT NULL,
    likeness REAL,
    PRIMARY KEY (call, position)
) WITHOUT ROWID, STRICT;
";

/// Something that was recalled.
#[derive(Clone, Debug, PartialEq)]
pub struct Recall {
    /// What.
    pub memory: MemoryId,
    /// The words that it shares with what was asked.
    pub words: Vec<String>,
    /// How alike both are in meaning, from -1 to 1; `None` where no embedding model was asked.
    pub likeness: Option<f32>,
}

/// Writes down what a call recalled.
pub(crate) fn add(conn: &Connection, call: &CallId, recalls: &[Recall], at: Timestamp) -> Result<()> {
    for (position, recall) in (0_i64..).zip(recalls) {
        conn.prepare_cached(
            "INSERT OR IGNORE INTO recalls (call, position, memory, words, likeness) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            call.as_str(),
            position,
            recall.memory.as_str(),
            column::to_json(&recall.words)?,
            recall.likeness,
        ))?;
        conn.prepare_cached("UPDATE memories SET used_at = ?2, uses = uses + 1 WHERE id = ?1")?
            .execute((recall.memory.as_str(), at.millis()))?;
    }
    Ok(())
}

/// What a call recalled, the best first; with the memory while it is not forgotten.
///
/// # Errors
/// Storage failures.
pub fn of_call(
    conn: &Connection,
    call: &CallId,
) -> std::result::Result<Vec<(Recall, Option<Memory>)>, Failure> {
    let recalls: Vec<Recall> = conn
        .prepare_cached("SELECT memory, words, likeness FROM recalls WHERE call = ?1 ORDER BY position")
        .and_then(|mut s| {
            s.query_map([call.as_str()], |row| {
                Ok(Recall {
                    memory: column::word(row, 0)?,
                    words: column::json(row, 1)?,
                    likeness: row.get(2)?,
                })
            })?
            .collect()
        })
        .map_err(failed)?;
    let with_memory = |recall: Recall| {
        let memory = conn
            .prepare_cached(
                "SELECT m.id, m.agent, m.scope, m.kind, m.text, m.from_outside, m.call, m.session, m.created_at,
                        m.used_at, m.uses, m.forgotten_at
                 FROM memories m WHERE m.id = ?1 AND m.forgotten_at IS NULL",
            )?
            .query_row([recall.memory.as_str()], super::memories::from_row)
            .optional()?;
        Ok((recall, memory))
    };
    recalls
        .into_iter()
        .map(with_memory)
        .collect::<Result<_>>()
        .map_err(failed)
}

/// How much was recalled in a call.
///
/// # Errors
/// Storage failures.
pub fn count(conn: &Connection, call: &CallId) -> std::result::Result<u32, Failure> {
    conn.prepare_cached("SELECT count(*) FROM recalls WHERE call = ?1")
        .and_then(|mut s| s.query_row([call.as_str()], |row| row.get(0)))
        .map_err(failed)
}
