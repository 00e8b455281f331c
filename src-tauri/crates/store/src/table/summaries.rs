//! What stands for the oldest messages of a session when its model is asked.
//!
//! Beside the messages and not among them: the tree is what was said, and a summary is what a model was told instead. It
//! is found by the digest of what was said up to its last message, so that an edited history never meets a summary of
//! the other one. It says what the messages say, so it goes where they go.

use domain::{Failure, SessionId, Summary, Timestamp};
use rusqlite::{Connection, Row};

use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE summaries (
    session TEXT NOT NULL,
    digest BLOB NOT NULL,
    upto TEXT,
    messages INTEGER NOT NULL,
    text TEXT,
    before INTEGER NOT NULL,
    after INTEGER NOT NULL,
    call TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (session, digest)
) WITHOUT ROWID, STRICT;
";

/// Keeps a summary; of the same messages the newest stays.
pub(crate) fn keep(conn: &Connection, digest: &[u8; 16], summary: &Summary) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO summaries (session, digest, upto, messages, text, before, after, call, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (session, digest) DO UPDATE SET
             upto = excluded.upto, messages = excluded.messages, text = excluded.text, before = excluded.before,
             after = excluded.after, call = excluded.call, created_at = excluded.created_at",
    )?
    .execute((
        summary.session.as_str(),
        digest,
        summary.upto.as_ref().map(domain::MessageId::as_str),
        summary.messages,
        &summary.text,
        i64::try_from(summary.before).unwrap_or(i64::MAX),
        i64::try_from(summary.after).unwrap_or(i64::MAX),
        summary.call.as_str(),
        summary.created_at.millis(),
    ))?;
    Ok(())
}

/// The summaries of a session with their digests, the one that stands for most messages last.
///
/// # Errors
/// Storage failures.
pub fn of_session(conn: &Connection, session: &SessionId) -> Result<Vec<([u8; 16], Summary)>, Failure> {
    conn.prepare_cached(
        "SELECT digest, session, upto, messages, text, before, after, call, created_at
         FROM summaries WHERE session = ?1 ORDER BY messages, created_at",
    )
    .and_then(|mut s| s.query_map([session.as_str()], from_row)?.collect())
    .map_err(failed)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<([u8; 16], Summary)> {
    let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
    let summary = Summary {
        session: column::word(row, 1)?,
        upto: column::word_or_null(row, 2)?,
        messages: row.get(3)?,
        text: row.get(4)?,
        before: count(5)?,
        after: count(6)?,
        call: column::word(row, 7)?,
        created_at: Timestamp(row.get(8)?),
    };
    Ok((row.get(0)?, summary))
}
