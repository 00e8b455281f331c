//! What agents did with their tools.
//!
//! A use that changes something or sends something away is in here, on the disk, before it begins (D3). One that has
//! begun and has no end when the app starts may have happened or not: that is said, and nothing is done again.

use domain::{CallId, Extra, Failure, Part, Permit, Timestamp, ToolUse, UseState};
use rusqlite::{Connection, Row};

use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE tool_uses (
    call TEXT NOT NULL,
    number INTEGER NOT NULL,
    tool_call TEXT NOT NULL,
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,
    permit TEXT NOT NULL,
    state TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    begun_at INTEGER,
    ended_at INTEGER,
    PRIMARY KEY (call, number)
) WITHOUT ROWID, STRICT;
CREATE INDEX tool_uses_open ON tool_uses (call) WHERE state IN ('asked', 'begun');
";

/// For the model, in place of a result that nobody has.
const NOT_DONE: &str = "The app ended before this was allowed. It was not done.";

const UNKNOWN: &str = "The app ended while this was running. It may have taken effect or not. Do not do it again \
     without finding out, or asking the person.";

/// Writes a use down, or how far it got.
pub(crate) fn set(conn: &Connection, one: &ToolUse) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO tool_uses
             (call, number, tool_call, tool, arguments, permit, state, asked_at, begun_at, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (call, number) DO UPDATE SET
             permit = excluded.permit, state = excluded.state, begun_at = excluded.begun_at,
             ended_at = excluded.ended_at",
    )?
    .execute((
        one.call.as_str(),
        one.number,
        &one.tool_call,
        &one.tool,
        &one.arguments,
        one.permit.as_str(),
        one.state.as_str(),
        one.asked_at.millis(),
        one.begun_at.map(Timestamp::millis),
        one.ended_at.map(Timestamp::millis),
    ))?;
    Ok(())
}

/// The uses of a call, in the order in which the model asked.
///
/// # Errors
/// Storage failures.
pub fn of_call(conn: &Connection, call: &CallId) -> Result<Vec<ToolUse>, Failure> {
    conn.prepare_cached(
        "SELECT call, number, tool_call, tool, arguments, permit, state, asked_at, begun_at, ended_at
         FROM tool_uses WHERE call = ?1 ORDER BY number",
    )
    .and_then(|mut s| s.query_map([call.as_str()], from_row)?.collect())
    .map_err(failed)
}

/// Whether one of a call's uses has no end yet.
pub(crate) fn is_open(conn: &Connection, call: &CallId) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM tool_uses WHERE call = ?1 AND state IN ('asked', 'begun'))",
    )?
    .query_row([call.as_str()], |row| row.get(0))
}

/// For each use of a call, in the order in which the model asked, the model's name for it and how many milliseconds it
/// ran; `None` where it did not run to an end.
///
/// # Errors
/// Storage failures.
pub fn times(conn: &Connection, call: &CallId) -> Result<Vec<(String, Option<u64>)>, Failure> {
    conn.prepare_cached(
        "SELECT tool_call, MAX(ended_at - begun_at, 0) FROM tool_uses WHERE call = ?1 ORDER BY number",
    )
    .and_then(|mut s| {
        let took = |row: &Row<'_>| row.get::<_, Option<i64>>(1);
        s.query_map([call.as_str()], |row| {
            Ok((row.get(0)?, took(row)?.map(i64::unsigned_abs)))
        })?
        .collect()
    })
    .map_err(failed)
}

/// For a message's parts, what is said of uses that had no end when the last process ended.
pub(crate) fn left_open(conn: &Connection, call: &CallId) -> rusqlite::Result<Vec<Part>> {
    let open = conn
        .prepare_cached(
            "SELECT tool_call, state = 'begun' FROM tool_uses
             WHERE call = ?1 AND state IN ('asked', 'begun') ORDER BY number",
        )?
        .query_map([call.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, bool)>>>()?;
    let said = open.into_iter().map(|(call_id, begun)| Part::ToolResult {
        call_id,
        parts: vec![Part::text(if begun { UNKNOWN } else { NOT_DONE })],
        is_error: true,
        extra: Extra::new(),
    });
    Ok(said.collect())
}

/// Uses that had begun when the last process ended become unknown; those that waited were not done.
pub(crate) fn recover(conn: &Connection) -> rusqlite::Result<usize> {
    conn.execute(
        "UPDATE tool_uses SET state = CASE state WHEN 'begun' THEN 'unknown' ELSE 'refused' END
         WHERE state IN ('asked', 'begun')",
        [],
    )
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<ToolUse> {
    Ok(ToolUse {
        call: column::word(row, 0)?,
        number: row.get(1)?,
        tool_call: row.get(2)?,
        tool: row.get(3)?,
        arguments: row.get(4)?,
        permit: column::parsed(row, 5, Permit::parse)?,
        state: column::parsed(row, 6, UseState::parse)?,
        asked_at: Timestamp(row.get(7)?),
        begun_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
        ended_at: row.get::<_, Option<i64>>(9)?.map(Timestamp),
    })
}
