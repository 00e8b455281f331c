//! Sessions that hold something from outside, which may have told the model what to do (SEC-34).
//!
//! Beside the sessions and not read from their messages: what taints is known when it comes, and a conversation that is
//! shortened later stays what it is.

use domain::{Failure, SessionId, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use crate::failed;

pub(crate) const CREATE: &str = "
CREATE TABLE tainted_sessions (
    session TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
";

/// From what a session's first came, if there is any.
///
/// # Errors
/// Storage failures.
pub fn of_session(conn: &Connection, session: &SessionId) -> Result<Option<String>, Failure> {
    conn.prepare_cached("SELECT source FROM tainted_sessions WHERE session = ?1")
        .and_then(|mut s| s.query_row([session.as_str()], |row| row.get(0)).optional())
        .map_err(failed)
}

/// Something came from outside; the first stays the first.
///
/// # Errors
/// Storage failures.
pub fn add(conn: &Connection, session: &SessionId, source: &str, at: Timestamp) -> Result<(), Failure> {
    conn.prepare_cached(
        "INSERT INTO tainted_sessions (session, source, at) VALUES (?1, ?2, ?3)
         ON CONFLICT (session) DO NOTHING",
    )
    .and_then(|mut s| s.execute((session.as_str(), source, at.millis())))
    .map(|_| ())
    .map_err(failed)
}
