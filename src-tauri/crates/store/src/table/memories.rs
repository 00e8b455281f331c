//! What agents remember.
//!
//! The full-text index is kept with each change: memories are few and written one by one, so nothing is gained by being
//! late as messages are. What is forgotten leaves the index at once and the table after thirty days, so that it can be
//! brought back by whoever forgot it by mistake. The danger is one owner's memory at another's: every reading names the
//! scope it is made for, and there is none without.

use domain::{
    AgentId, Failure, FailureKind, Memory, MemoryId, MemoryKind, MemoryScope, SessionId, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::{not_found, terms};
use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE memories (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    scope TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    from_outside TEXT,
    call TEXT,
    session TEXT,
    created_at INTEGER NOT NULL,
    used_at INTEGER,
    uses INTEGER NOT NULL DEFAULT 0,
    forgotten_at INTEGER,
    vector BLOB,
    vector_model TEXT
) STRICT;
CREATE INDEX memories_by_agent ON memories (agent, scope);
CREATE VIRTUAL TABLE memory_words USING fts5(
    text, content = 'memories', content_rowid = 'seq', tokenize = 'porter unicode61 remove_diacritics 2'
);
";

/// More than this of one agent for one owner is not kept: nobody could look through it any more.
const MOST: i64 = 2_000;

/// A memory that fits a text by its words.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitting {
    /// The memory.
    pub memory: Memory,
    /// The words that it shares with the text, as they stand in it.
    pub words: Vec<String>,
}

/// A memory's vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Pictured {
    /// The memory.
    pub memory: Memory,
    /// Little-endian 32-bit floats of length 1.
    pub vector: Vec<u8>,
}

/// Remembers something. What is remembered already by the same agent for the same owner in the same words is not
/// remembered twice: the one that is there is given.
///
/// # Errors
/// [`FailureKind::Conflict`] when there is no room for more, or storage failures.
pub fn add(conn: &Connection, memory: &Memory) -> std::result::Result<Memory, Failure> {
    let owner = (memory.agent.as_str(), memory.scope.as_str());
    let same = conn
        .prepare_cached(
            "SELECT m.id, m.agent, m.scope, m.kind, m.text, m.from_outside, m.call, m.session, m.created_at,
             m.used_at, m.uses, m.forgotten_at
             FROM memories m
             WHERE m.agent = ?1 AND m.scope = ?2 AND m.text = ?3 AND m.forgotten_at IS NULL",
        )
        .and_then(|mut s| s.query_row((owner.0, owner.1, &memory.text), from_row).optional())
        .map_err(failed)?;
    if let Some(same) = same {
        return Ok(same);
    }
    let count: i64 = conn
        .prepare_cached(
            "SELECT count(*) FROM memories WHERE agent = ?1 AND scope = ?2 AND forgotten_at IS NULL",
        )
        .and_then(|mut s| s.query_row(owner, |row| row.get(0)))
        .map_err(failed)?;
    if count >= MOST {
        return Err(Failure::new(
            FailureKind::Conflict,
            format!("This agent remembers {MOST} things already; something has to be forgotten first."),
        ));
    }
    let insert = || -> Result<()> {
        conn.prepare_cached(
            "INSERT INTO memories (id, agent, scope, kind, text, from_outside, call, session, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute((
            memory.id.as_str(),
            owner.0,
            owner.1,
            memory.kind.as_str(),
            &memory.text,
            &memory.from_outside,
            memory.call.as_ref().map(domain::CallId::as_str),
            memory.session.as_ref().map(SessionId::as_str),
            memory.created_at.millis(),
        ))?;
        into_index(conn, &memory.id)
    };
    insert().map_err(failed)?;
    Ok(memory.clone())
}

/// What an agent remembers, newest first: of everybody, or what the calls of one scope may hear of.
///
/// # Errors
/// Storage failures.
pub fn list(
    conn: &Connection,
    agent: &AgentId,
    scope: Option<&MemoryScope>,
    forgotten: bool,
    limit: usize,
) -> std::result::Result<Vec<Memory>, Failure> {
    conn.prepare_cached(
        "SELECT m.id, m.agent, m.scope, m.kind, m.text, m.from_outside, m.call, m.session, m.created_at,
             m.used_at, m.uses, m.forgotten_at
             FROM memories m
         WHERE m.agent = ?1 AND (?2 IS NULL OR m.scope IN (?2, 'everybody'))
           AND (m.forgotten_at IS NOT NULL) = ?3
         ORDER BY m.seq DESC LIMIT ?4",
    )
    .and_then(|mut s| {
        let scope = scope.map(MemoryScope::as_str);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        s.query_map((agent.as_str(), scope, forgotten, limit), from_row)?
            .collect()
    })
    .map_err(failed)
}

/// One memory, forgotten or not.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn get(conn: &Connection, id: &MemoryId) -> std::result::Result<Memory, Failure> {
    conn.prepare_cached(
        "SELECT m.id, m.agent, m.scope, m.kind, m.text, m.from_outside, m.call, m.session, m.created_at,
             m.used_at, m.uses, m.forgotten_at
             FROM memories m WHERE m.id = ?1",
    )
    .and_then(|mut s| s.query_row([id.as_str()], from_row).optional())
    .map_err(failed)?
    .ok_or_else(|| not_found("memory"))
}

/// Those of an agent, for the calls of one scope, that share words with a text: the best first.
///
/// # Errors
/// Storage failures.
pub fn fitting(
    conn: &Connection,
    agent: &AgentId,
    scope: &MemoryScope,
    text: &str,
    limit: usize,
) -> std::result::Result<Vec<Fitting>, Failure> {
    let Some(expression) = terms::any_of(text) else {
        return Ok(Vec::new());
    };
    let read = |row: &Row<'_>| {
        Ok(Fitting {
            memory: from_row(row)?,
            words: terms::marked(&row.get::<_, String>(12)?),
        })
    };
    conn.prepare_cached(
        "SELECT m.id, m.agent, m.scope, m.kind, m.text, m.from_outside, m.call, m.session, m.created_at,
             m.used_at, m.uses, m.forgotten_at, highlight(memory_words, 0, ?1, ?2)
         FROM memory_words JOIN memories m ON m.seq = memory_words.rowid
         WHERE memory_words MATCH ?3 AND m.agent = ?4 AND m.scope IN (?5, 'everybody')
         ORDER BY bm25(memory_words), m.seq DESC LIMIT ?6",
    )
    .and_then(|mut s| {
        let marks = (terms::OPEN.to_string(), terms::CLOSE.to_string());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        s.query_map(
            (
                marks.0,
                marks.1,
                expression,
                agent.as_str(),
                scope.as_str(),
                limit,
            ),
            read,
        )?
        .collect()
    })
    .map_err(failed)
}

/// The vectors of an embedding model, of what the calls of one scope may hear of.
///
/// # Errors
/// Storage failures.
pub fn pictured(
    conn: &Connection,
    agent: &AgentId,
    scope: &MemoryScope,
    model: &str,
) -> std::result::Result<Vec<Pictured>, Failure> {
    let read = |row: &Row<'_>| {
        Ok(Pictured {
            memory: from_row(row)?,
            vector: row.get(12)?,
        })
    };
    conn.prepare_cached(
        "SELECT m.id, m.agent, m.scope, m.kind, m.text, m.from_outside, m.call, m.session, m.created_at,
             m.used_at, m.uses, m.forgotten_at, m.vector
             FROM memories m
         WHERE m.agent = ?1 AND m.scope IN (?2, 'everybody') AND m.vector_model = ?3
           AND m.forgotten_at IS NULL",
    )
    .and_then(|mut s| {
        s.query_map((agent.as_str(), scope.as_str(), model), read)?
            .collect()
    })
    .map_err(failed)
}

/// Memories that have no vector of an embedding model yet, oldest first.
///
/// # Errors
/// Storage failures.
pub fn without_vector(
    conn: &Connection,
    agent: &AgentId,
    model: &str,
    limit: usize,
) -> std::result::Result<Vec<(MemoryId, String)>, Failure> {
    conn.prepare_cached(
        "SELECT id, text FROM memories
         WHERE agent = ?1 AND forgotten_at IS NULL AND vector_model IS NOT ?2 ORDER BY seq LIMIT ?3",
    )
    .and_then(|mut s| {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        s.query_map((agent.as_str(), model, limit), |row| {
            Ok((column::word(row, 0)?, row.get(1)?))
        })?
        .collect()
    })
    .map_err(failed)
}

/// Gives a memory its vector, unless it says something else meanwhile.
///
/// # Errors
/// Storage failures.
pub fn set_vector(
    conn: &Connection,
    (id, text): (&MemoryId, &str),
    model: &str,
    vector: &[u8],
) -> std::result::Result<(), Failure> {
    conn.prepare_cached("UPDATE memories SET vector = ?3, vector_model = ?4 WHERE id = ?1 AND text = ?2")
        .and_then(|mut s| s.execute((id.as_str(), text, vector, model)))
        .map(|_| ())
        .map_err(failed)
}

/// Says it differently, or lets others hear of it. What a person has gone through is no more from outside.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn edit(
    conn: &Connection,
    id: &MemoryId,
    text: Option<&str>,
    scope: Option<&MemoryScope>,
) -> std::result::Result<Memory, Failure> {
    let before = get(conn, id)?;
    if before.forgotten_at.is_some() {
        return Err(not_found("memory"));
    }
    let change = || -> Result<()> {
        out_of_index(conn, id)?;
        conn.prepare_cached(
            "UPDATE memories SET text = ?2, scope = ?3, from_outside = NULL,
                    vector_model = CASE WHEN text = ?2 THEN vector_model END WHERE id = ?1",
        )?
        .execute((
            id.as_str(),
            text.unwrap_or(&before.text),
            scope.unwrap_or(&before.scope).as_str(),
        ))?;
        into_index(conn, id)
    };
    change().map_err(failed)?;
    get(conn, id)
}

/// Forgets it; nothing happens when it is forgotten already.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn forget(conn: &Connection, id: &MemoryId, at: Timestamp) -> std::result::Result<Memory, Failure> {
    if get(conn, id)?.forgotten_at.is_none() {
        let change = || -> Result<()> {
            out_of_index(conn, id)?;
            conn.prepare_cached("UPDATE memories SET forgotten_at = ?2 WHERE id = ?1")?
                .execute((id.as_str(), at.millis()))?;
            Ok(())
        };
        change().map_err(failed)?;
    }
    get(conn, id)
}

/// Brings back what was forgotten.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn restore(conn: &Connection, id: &MemoryId) -> std::result::Result<Memory, Failure> {
    if get(conn, id)?.forgotten_at.is_some() {
        let change = || -> Result<()> {
            conn.prepare_cached("UPDATE memories SET forgotten_at = NULL WHERE id = ?1")?
                .execute([id.as_str()])?;
            into_index(conn, id)
        };
        change().map_err(failed)?;
    }
    get(conn, id)
}

/// What was forgotten before then is gone for good. Gives how many.
///
/// # Errors
/// Storage failures.
pub fn purge(conn: &Connection, before: Timestamp) -> std::result::Result<usize, Failure> {
    conn.prepare_cached("DELETE FROM memories WHERE forgotten_at < ?1")
        .and_then(|mut s| s.execute([before.millis()]))
        .map_err(failed)
}

fn into_index(conn: &Connection, id: &MemoryId) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO memory_words (rowid, text) SELECT seq, text FROM memories WHERE id = ?1",
    )?
    .execute([id.as_str()])?;
    Ok(())
}

fn out_of_index(conn: &Connection, id: &MemoryId) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO memory_words (memory_words, rowid, text)
         SELECT 'delete', seq, text FROM memories WHERE id = ?1",
    )?
    .execute([id.as_str()])?;
    Ok(())
}

pub(super) fn from_row(row: &Row<'_>) -> Result<Memory> {
    Ok(Memory {
        id: column::word(row, 0)?,
        agent: column::word(row, 1)?,
        scope: column::parsed(row, 2, MemoryScope::parse)?,
        kind: column::parsed(row, 3, MemoryKind::parse)?,
        text: row.get(4)?,
        from_outside: row.get(5)?,
        call: column::word_or_null(row, 6)?,
        session: column::word_or_null(row, 7)?,
        created_at: Timestamp(row.get(8)?),
        used_at: row.get::<_, Option<i64>>(9)?.map(Timestamp),
        uses: row.get(10)?,
        forgotten_at: row.get::<_, Option<i64>>(11)?.map(Timestamp),
    })
}
