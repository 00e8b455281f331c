//! Fingerprints: which conversation a resent history is, by a digest of its prefix (design, section 7).
//!
//! The newest conversation with a prefix wins. Sixteen bytes of digest are the key, so the table is
//! written at random places; it is kept narrow for that.

use domain::{Failure, MessageId, SessionId};
use rusqlite::{Connection, OptionalExtension};

use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE fingerprints (
    digest BLOB PRIMARY KEY,
    session TEXT NOT NULL,
    leaf TEXT NOT NULL
) WITHOUT ROWID, STRICT;
";

/// The session and the message that a history with this fingerprint ends at, unless the session is deleted.
///
/// # Errors
/// Storage failures.
pub fn find(conn: &Connection, digest: &[u8; 16]) -> Result<Option<(SessionId, MessageId)>, Failure> {
    conn.prepare_cached(
        "SELECT f.session, f.leaf FROM fingerprints f JOIN sessions s ON s.id = f.session
         WHERE f.digest = ?1 AND s.deleted_at IS NULL",
    )
    .and_then(|mut s| {
        s.query_row([digest], |row| Ok((column::word(row, 0)?, column::word(row, 1)?)))
            .optional()
    })
    .map_err(failed)
}

pub(crate) fn set(
    conn: &Connection,
    digest: &[u8; 16],
    session: &SessionId,
    leaf: &MessageId,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO fingerprints (digest, session, leaf) VALUES (?1, ?2, ?3)
         ON CONFLICT (digest) DO UPDATE SET session = excluded.session, leaf = excluded.leaf",
    )?
    .execute((digest, session.as_str(), leaf.as_str()))?;
    Ok(())
}
