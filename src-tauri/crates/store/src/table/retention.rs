//! Forgets what is older than the user wants to keep: first what calls said, then the calls themselves.
//!
//! A call's id holds the time of its making, so both are deleted from the old end of a primary key, in
//! portions, so that the writer is never busy with it for long. The danger is a budget that is refilled by
//! forgetting what was spent: entries of keys whose budget never starts anew are kept, and the caller keeps
//! everything that a month's budget counts.

use domain::{Failure, Timestamp};
use rusqlite::Connection;

use super::calls::first_id;
use crate::failed;

/// Rows that go in one transaction.
const PORTION: i64 = 500;

/// Forgets what calls before `before` said: the bodies, not who called and what it cost. Gives how many rows
/// went; call it again until none do.
///
/// # Errors
/// Storage failures.
pub fn forget_details(conn: &Connection, before: Timestamp) -> Result<usize, Failure> {
    let before = first_id(before);
    let delete = |sql: &str| conn.prepare_cached(sql)?.execute((&before, PORTION));
    let all = || -> rusqlite::Result<usize> {
        Ok(delete(
            "DELETE FROM call_details WHERE call IN (SELECT call FROM call_details WHERE call < ?1 LIMIT ?2)",
        )? + delete(
            "DELETE FROM later_requests WHERE rowid IN (SELECT rowid FROM later_requests WHERE call < ?1 LIMIT ?2)",
        )? + delete(
            "DELETE FROM timelines WHERE call IN (SELECT call FROM timelines WHERE call < ?1 LIMIT ?2)",
        )? + delete(
            "DELETE FROM tool_uses WHERE call IN (SELECT call FROM tool_uses WHERE call < ?1 LIMIT ?2)",
        )?)
    };
    all().map_err(failed)
}

/// Forgets calls before `before` with their entries, except those that a budget without end counts. Budgets
/// stand in the JSON of their key, their agent's revisions or the settings; where one is found, too much is kept
/// and never too little. Gives how many rows went; call it again until none do.
///
/// # Errors
/// Storage failures.
pub fn forget_calls(conn: &Connection, before: Timestamp) -> Result<usize, Failure> {
    let before = first_id(before);
    let delete = |sql: &str| conn.prepare_cached(sql)?.execute((&before, PORTION));
    let all = || -> rusqlite::Result<usize> {
        let entries = delete(
            "DELETE FROM entries WHERE call IN (
                 SELECT id FROM calls WHERE id < ?1
                   AND NOT EXISTS (SELECT 1 FROM settings WHERE value LIKE '%\"per\":\"total\"%')
                   AND (client_key IS NULL OR client_key NOT IN (
                       SELECT id FROM client_keys
                       WHERE revoked_at IS NULL AND client_keys.client_key LIKE '%\"per\":\"total\"%'))
                   AND (agent IS NULL OR agent NOT IN (
                       SELECT agent FROM agent_revisions WHERE draft LIKE '%\"per\":\"total\"%'))
                 LIMIT ?2)",
        )?;
        let calls = delete(
            "DELETE FROM calls WHERE id IN (
                 SELECT id FROM calls WHERE id < ?1
                   AND NOT EXISTS (SELECT 1 FROM settings WHERE value LIKE '%\"per\":\"total\"%')
                   AND (client_key IS NULL OR client_key NOT IN (
                       SELECT id FROM client_keys
                       WHERE revoked_at IS NULL AND client_keys.client_key LIKE '%\"per\":\"total\"%'))
                   AND (agent IS NULL OR agent NOT IN (
                       SELECT agent FROM agent_revisions WHERE draft LIKE '%\"per\":\"total\"%'))
                 LIMIT ?2)",
        )?;
        Ok(entries + calls)
    };
    all().map_err(failed)
}
