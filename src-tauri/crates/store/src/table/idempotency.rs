//! Answers that were given under an idempotency key, to be given again instead of paying twice.
//!
//! The key itself is not kept, only its digest: it is a text of the client's that may say anything. What is
//! kept is bounded three ways, by age, by number and by bytes, and the oldest go first.

use bytes::Bytes;
use domain::{CallId, ClientKeyId, Failure, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use crate::column::{self, capped};
use crate::failed;

pub(crate) const CREATE: &str = "
CREATE TABLE idempotency (
    client_key TEXT NOT NULL,
    digest BLOB NOT NULL,
    request BLOB NOT NULL,
    call TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client_key, digest)
) STRICT;
CREATE INDEX idempotency_by_age ON idempotency (created_at, bytes);
";

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenAnswer {
    /// The digest of the request it answers.
    pub request: [u8; 32],
    /// The call that it was made by.
    pub call: CallId,
    /// Its status.
    pub status: u16,
    /// Those of its headers that are given again.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Bytes,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// How much is kept, of all client keys together.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Answers asked for before this are forgotten.
    pub since: Timestamp,
    /// At most so many answers.
    pub answers: u64,
    /// At most so many bytes of bodies.
    pub bytes: u64,
}

/// The answer that a client key was given under an idempotency key, if it was asked for since then.
///
/// # Errors
/// Storage failures.
pub fn get(
    conn: &Connection,
    key: &ClientKeyId,
    digest: &[u8; 32],
    since: Timestamp,
) -> Result<Option<GivenAnswer>, Failure> {
    conn.prepare_cached(
        "SELECT request, call, status, headers, body, created_at FROM idempotency
         WHERE client_key = ?1 AND digest = ?2 AND created_at >= ?3",
    )
    .and_then(|mut s| {
        s.query_row((key.as_str(), digest, since.millis()), |row| {
            Ok(GivenAnswer {
                request: row.get(0)?,
                call: column::word(row, 1)?,
                status: row.get(2)?,
                headers: column::json(row, 3)?,
                body: Bytes::copy_from_slice(row.get_ref(4)?.as_bytes()?),
                created_at: Timestamp(row.get(5)?),
            })
        })
        .optional()
    })
    .map_err(failed)
}

/// Keeps an answer, and forgets what is beyond the bounds.
///
/// # Errors
/// Storage failures.
pub fn keep(
    conn: &Connection,
    key: &ClientKeyId,
    digest: &[u8; 32],
    answer: &GivenAnswer,
    bounds: Bounds,
) -> Result<(), Failure> {
    let write = || {
        conn.prepare_cached(
            "INSERT INTO idempotency (client_key, digest, request, call, status, headers, body, bytes, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (client_key, digest) DO UPDATE SET request = excluded.request, call = excluded.call,
                 status = excluded.status, headers = excluded.headers, body = excluded.body,
                 bytes = excluded.bytes, created_at = excluded.created_at",
        )?
        .execute((
            key.as_str(),
            digest,
            answer.request,
            answer.call.as_str(),
            answer.status,
            column::to_json(&answer.headers)?,
            &answer.body[..],
            capped(u64::try_from(answer.body.len()).unwrap_or(u64::MAX)),
            answer.created_at.millis(),
        ))?;
        forget(conn, bounds)
    };
    write().map_err(failed)
}

/// Forgets answers that were asked for before `since`.
///
/// # Errors
/// Storage failures.
pub fn forget_old(conn: &Connection, since: Timestamp) -> Result<usize, Failure> {
    conn.prepare_cached("DELETE FROM idempotency WHERE created_at < ?1")
        .and_then(|mut s| s.execute([since.millis()]))
        .map_err(failed)
}

fn forget(conn: &Connection, bounds: Bounds) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM idempotency WHERE created_at < ?1")?
        .execute([bounds.since.millis()])?;
    // the newest that fit stay; the index has all that is looked at
    conn.prepare_cached(
        "DELETE FROM idempotency WHERE rowid IN (
             SELECT rowid FROM (
                 SELECT rowid, row_number() OVER newest AS n, sum(bytes) OVER newest AS held FROM idempotency
                 WINDOW newest AS (ORDER BY created_at DESC, rowid DESC ROWS UNBOUNDED PRECEDING))
             WHERE n > ?1 OR held > ?2)",
    )?
    .execute((capped(bounds.answers), capped(bounds.bytes)))?;
    Ok(())
}
