//! Responses: what a client may come back for by the id of an answer (W-132, W-135).
//!
//! The conversation itself lies in its session; here is what the protocol gives back word for word: the
//! items that were asked with, the response object, and the stream of one that ran in the background. The
//! danger is to give it to another client key, so no function finds a row without its owner (SEC-17). A
//! client that resends everything writes everything again with each call, so what is expired goes, and the
//! oldest beyond 256 MiB.

use domain::{ClientKeyId, Failure, MessageId, ResponseId, SessionId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::{column, failed};

// Indexes: responses_by_expiry holds all that eviction looks at; responses_running is all but empty;
// response_items_by_response finds the items that go with a response.
pub(crate) const CREATE: &str = "
CREATE TABLE responses (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    session TEXT,
    leaf TEXT,
    background INTEGER NOT NULL,
    status TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    input TEXT NOT NULL,
    answer TEXT NOT NULL,
    events TEXT
) STRICT;
CREATE INDEX responses_by_expiry ON responses (expires_at, seq, bytes);
CREATE INDEX responses_running ON responses (seq) WHERE status = 'in_progress';
CREATE TABLE response_items (
    owner TEXT NOT NULL,
    item TEXT NOT NULL,
    response INTEGER NOT NULL REFERENCES responses (seq) ON DELETE CASCADE,
    PRIMARY KEY (owner, item)
) WITHOUT ROWID, STRICT;
CREATE INDEX response_items_by_response ON response_items (response);
";

const MOST_BYTES: i64 = 256 << 20;
/// Responses between two looks at age and size.
const EVICT_EVERY: i64 = 64;

/// How far a response has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseStatus {
    /// It is being written.
    InProgress,
    /// It is whole.
    Completed,
    /// A limit cut it short.
    Incomplete,
    /// It failed.
    Failed,
    /// Its client stopped it.
    Cancelled,
}

impl ResponseStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::InProgress,
        Self::Completed,
        Self::Incomplete,
        Self::Failed,
        Self::Cancelled,
    ];

    /// As it stands in SQL and in the response object.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads [`ResponseStatus::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// A response as it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedResponse {
    /// Its id.
    pub id: ResponseId,
    /// The client key that asked, and alone may come back.
    pub owner: ClientKeyId,
    /// Whether it runs without its client.
    pub background: bool,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
    /// When it began.
    pub created_at: Timestamp,
    /// The items it was asked with, a JSON array.
    pub input: String,
    /// The response object, in progress.
    pub answer: String,
    /// The ids of the items in `input`.
    pub items: Vec<String>,
}

/// What became of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedResponse {
    /// Its id.
    pub id: ResponseId,
    /// How it ended.
    pub status: ResponseStatus,
    /// The session it landed in, and its message there.
    pub place: Option<(SessionId, MessageId)>,
    /// The response object.
    pub answer: String,
    /// The ids of the items in `answer`.
    pub items: Vec<String>,
    /// The events of its stream, where a client may ask for them again.
    pub events: Option<String>,
}

/// A response that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptResponse {
    /// How far it came.
    pub status: ResponseStatus,
    /// Whether it ran without its client.
    pub background: bool,
    /// The session it landed in, and its message there.
    pub place: Option<(SessionId, MessageId)>,
    /// The items it was asked with, a JSON array.
    pub input: String,
    /// The response object.
    pub answer: String,
    /// The events of its stream.
    pub events: Option<String>,
}

/// A response of this owner that is not expired, and whose session nobody has deleted.
///
/// # Errors
/// Storage failures.
pub fn find(
    conn: &Connection,
    owner: &ClientKeyId,
    id: &ResponseId,
    now: Timestamp,
) -> Result<Option<KeptResponse>, Failure> {
    conn.prepare_cached(
        "SELECT status, background, session, leaf, input, answer, events
         FROM responses r WHERE id = ?1 AND owner = ?2 AND expires_at > ?3 AND NOT EXISTS (
             SELECT 1 FROM sessions s WHERE s.id = r.session AND s.deleted_at IS NOT NULL)",
    )
    .and_then(|mut s| {
        s.query_row((id.as_str(), owner.as_str(), now.millis()), from_row)
            .optional()
    })
    .map_err(failed)
}

/// The newest response of this owner that holds an item of this id, in its input or in its answer.
///
/// # Errors
/// Storage failures.
pub fn find_by_item(
    conn: &Connection,
    owner: &ClientKeyId,
    item: &str,
    now: Timestamp,
) -> Result<Option<KeptResponse>, Failure> {
    conn.prepare_cached(
        "SELECT r.status, r.background, r.session, r.leaf, r.input, r.answer, r.events
         FROM response_items i JOIN responses r ON r.seq = i.response
         WHERE i.owner = ?1 AND i.item = ?2 AND r.expires_at > ?3 AND NOT EXISTS (
             SELECT 1 FROM sessions s WHERE s.id = r.session AND s.deleted_at IS NOT NULL)",
    )
    .and_then(|mut s| {
        s.query_row((owner.as_str(), item, now.millis()), from_row)
            .optional()
    })
    .map_err(failed)
}

/// Forgets a response of this owner; whether there was one.
///
/// # Errors
/// Storage failures.
pub fn delete(
    conn: &Connection,
    owner: &ClientKeyId,
    id: &ResponseId,
    now: Timestamp,
) -> Result<bool, Failure> {
    conn.prepare_cached("DELETE FROM responses WHERE id = ?1 AND owner = ?2 AND expires_at > ?3")
        .and_then(|mut s| s.execute((id.as_str(), owner.as_str(), now.millis())))
        .map(|deleted| deleted > 0)
        .map_err(failed)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<KeptResponse> {
    let session = column::word_or_null(row, 2)?;
    let leaf = column::word_or_null(row, 3)?;
    Ok(KeptResponse {
        status: column::parsed(row, 0, ResponseStatus::parse)?,
        background: row.get(1)?,
        place: session.zip(leaf),
        input: row.get(4)?,
        answer: row.get(5)?,
        events: row.get(6)?,
    })
}

pub(crate) fn open(conn: &Connection, opened: &OpenedResponse) -> rusqlite::Result<()> {
    let bytes = opened.input.len() + opened.answer.len();
    let seq = conn
        .prepare_cached(
            "INSERT INTO responses (id, owner, background, status, expires_at, bytes, input, answer)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .insert((
            opened.id.as_str(),
            opened.owner.as_str(),
            opened.background,
            ResponseStatus::InProgress.as_str(),
            opened.expires_at.millis(),
            column::capped(u64::try_from(bytes).unwrap_or(u64::MAX)),
            &opened.input,
            &opened.answer,
        ))?;
    lead(conn, seq, &opened.items)?;
    if seq % EVICT_EVERY == 0 {
        evict(conn, opened.created_at)?;
    }
    Ok(())
}

/// One that was deleted meanwhile stays so.
pub(crate) fn end(conn: &Connection, ended: &EndedResponse) -> rusqlite::Result<()> {
    let bytes = ended.answer.len() + ended.events.as_ref().map_or(0, String::len);
    let seq: Option<i64> = conn
        .prepare_cached(
            "UPDATE responses SET status = ?2, session = ?3, leaf = ?4, answer = ?5, events = ?6,
                 bytes = bytes + ?7
             WHERE id = ?1 RETURNING seq",
        )?
        .query_row(
            (
                ended.id.as_str(),
                ended.status.as_str(),
                ended.place.as_ref().map(|(session, _)| session.as_str()),
                ended.place.as_ref().map(|(_, leaf)| leaf.as_str()),
                &ended.answer,
                ended.events.as_deref(),
                column::capped(u64::try_from(bytes).unwrap_or(u64::MAX)),
            ),
            |row| row.get(0),
        )
        .optional()?;
    match seq {
        Some(seq) => lead(conn, seq, &ended.items),
        None => Ok(()),
    }
}

fn lead(conn: &Connection, seq: i64, items: &[String]) -> rusqlite::Result<()> {
    let mut lead = conn.prepare_cached(
        "INSERT INTO response_items (owner, item, response)
         SELECT owner, ?2, seq FROM responses WHERE seq = ?1
         ON CONFLICT (owner, item) DO UPDATE SET response = excluded.response",
    )?;
    for item in items {
        lead.execute((seq, item))?;
    }
    Ok(())
}

fn evict(conn: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM responses WHERE expires_at <= ?1")?
        .execute([now.millis()])?;
    conn.prepare_cached(
        "DELETE FROM responses WHERE seq IN (
             SELECT seq FROM (
                 SELECT seq, sum(bytes) OVER (ORDER BY expires_at DESC, seq DESC ROWS UNBOUNDED PRECEDING)
                     AS so_far
                 FROM responses
             ) WHERE so_far > ?1
         )",
    )?
    .execute([MOST_BYTES])?;
    Ok(())
}

/// Responses that were still being written when the last process ended have failed.
pub(crate) fn recover(conn: &Connection) -> rusqlite::Result<usize> {
    conn.execute(
        r#"UPDATE responses SET status = 'failed', answer = json_set(answer, '$.status', 'failed', '$.error',
               json('{"type":"server_error","code":"server_error","message":"The server stopped before the answer was complete.","param":null}'))
           WHERE status = 'in_progress'"#,
        [],
    )
}
