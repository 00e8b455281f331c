//! Sessions: the list beside every conversation.

use domain::{
    AgentId, ClientKeyId, Failure, FailureKind, MessageId, Session, SessionId, SessionSource, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Page, not_found, page_limit};
use crate::{column, failed};

// `client_key` is null for the window. Indexes:
// sessions_by_update is the list as it is shown, and moves with every call;
// sessions_by_external finds a client's session and holds only sessions that have such a name. It is not
// unique: two first calls at the same moment must both be kept, the older one is then continued.
pub(crate) const CREATE: &str = "
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    agent TEXT,
    title TEXT NOT NULL,
    client_key TEXT,
    external_id TEXT,
    leaf TEXT,
    pinned INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) WITHOUT ROWID, STRICT;
CREATE INDEX sessions_by_update ON sessions (pinned, updated_at) WHERE deleted_at IS NULL;
CREATE INDEX sessions_by_external ON sessions (external_id) WHERE external_id IS NOT NULL;
";

// A folder is a word on its sessions and nothing of its own: it is there while something lies in it.
pub(crate) const ADD_FOLDER: &str = "
ALTER TABLE sessions ADD COLUMN folder TEXT;
CREATE INDEX sessions_by_folder ON sessions (folder) WHERE folder IS NOT NULL;
";

// A title is looked for in fifty thousand rows with every keystroke: the index holds all that this reads, the condition on
// deleted rows included, so that no row is fetched for it.
pub(crate) const INDEX_TITLES: &str = "
DROP INDEX sessions_by_update;
CREATE INDEX sessions_by_update ON sessions (pinned, updated_at, id, title, deleted_at) WHERE deleted_at IS NULL;
";

/// Which sessions are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Only those with this agent.
    pub agent: Option<AgentId>,
    /// Only those from this source.
    pub source: Option<SourceFilter>,
    /// Only those in this folder.
    pub folder: Option<String>,
    /// The deleted ones instead of the others.
    pub deleted: bool,
}

/// Whose sessions are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceFilter {
    /// People's, from the window and the command line.
    App,
    /// Every program's.
    Clients,
    /// One program's.
    Client(ClientKeyId),
}

/// Sessions, pinned ones first, then the newest.
///
/// # Errors
/// [`FailureKind::InvalidRequest`] for a cursor that is none of ours, or storage failures.
pub fn list(
    conn: &Connection,
    filter: &SessionFilter,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page<Session>, Failure> {
    let (limit, fetch) = page_limit(limit);
    let after = cursor.map(Cursor::parse).transpose()?.unwrap_or(Cursor::START);
    let (source, key) = match &filter.source {
        None => (None, None),
        Some(SourceFilter::App) => (Some("app"), None),
        Some(SourceFilter::Clients) => (Some("clients"), None),
        Some(SourceFilter::Client(key)) => (Some("client"), Some(key.as_str())),
    };
    let sql = if filter.deleted {
        "SELECT id, agent, title, client_key, external_id, leaf, pinned, created_at, updated_at, folder FROM sessions
         WHERE deleted_at IS NOT NULL AND (pinned, updated_at, id) < (?1, ?2, ?3)
           AND (?4 IS NULL OR agent = ?4)
           AND (?5 IS NULL OR iif(client_key IS NULL, ?5 = 'app', ?5 = 'clients' OR client_key = ?6))
           AND (?8 IS NULL OR folder = ?8)
         ORDER BY pinned DESC, updated_at DESC, id DESC LIMIT ?7"
    } else {
        "SELECT id, agent, title, client_key, external_id, leaf, pinned, created_at, updated_at, folder FROM sessions
         WHERE deleted_at IS NULL AND (pinned, updated_at, id) < (?1, ?2, ?3)
           AND (?4 IS NULL OR agent = ?4)
           AND (?5 IS NULL OR iif(client_key IS NULL, ?5 = 'app', ?5 = 'clients' OR client_key = ?6))
           AND (?8 IS NULL OR folder = ?8)
         ORDER BY pinned DESC, updated_at DESC, id DESC LIMIT ?7"
    };
    let agent = filter.agent.as_ref().map(AgentId::as_str);
    let mut items: Vec<Session> = conn
        .prepare_cached(sql)
        .and_then(|mut s| {
            s.query_map(
                (
                    after.pinned,
                    after.updated_at,
                    &after.id,
                    agent,
                    source,
                    key,
                    fetch,
                    &filter.folder,
                ),
                from_row,
            )?
            .collect()
        })
        .map_err(failed)?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more {
        items.last().map(Cursor::after)
    } else {
        None
    };
    Ok(Page { items, next })
}

struct Cursor {
    pinned: bool,
    updated_at: i64,
    id: String,
}

impl Cursor {
    /// Before every row: no session was changed that late.
    const START: Self = Self {
        pinned: true,
        updated_at: i64::MAX,
        id: String::new(),
    };

    fn after(session: &Session) -> String {
        let pinned = u8::from(session.pinned);
        format!("{pinned}.{}.{}", session.updated_at.millis(), session.id)
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let read = || {
            let (pinned, rest) = text.split_once('.')?;
            let (updated_at, id) = rest.split_once('.')?;
            Some(Self {
                pinned: pinned == "1",
                updated_at: updated_at.parse().ok()?,
                id: SessionId::parse(id)?.as_str().to_owned(),
            })
        };
        read().ok_or_else(|| Failure::invalid("cursor", "The cursor is not one that a list has given."))
    }
}

/// A session, deleted or not.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn get(conn: &Connection, id: &SessionId) -> Result<Session, Failure> {
    find(conn, id)?.ok_or_else(|| not_found("session"))
}

/// A session, deleted or not, if there is one of that id.
///
/// # Errors
/// Storage failures.
pub fn find(conn: &Connection, id: &SessionId) -> Result<Option<Session>, Failure> {
    conn.prepare_cached(
        "SELECT id, agent, title, client_key, external_id, leaf, pinned, created_at, updated_at, folder
         FROM sessions WHERE id = ?1",
    )
    .and_then(|mut s| s.query_row([id.as_str()], from_row).optional())
    .map_err(failed)
}

/// Whether a session is deleted; `None` when there is none of that id.
///
/// # Errors
/// Storage failures.
pub fn is_deleted(conn: &Connection, id: &SessionId) -> Result<Option<bool>, Failure> {
    conn.prepare_cached("SELECT deleted_at IS NOT NULL FROM sessions WHERE id = ?1")
        .and_then(|mut s| s.query_row([id.as_str()], |row| row.get(0)).optional())
        .map_err(failed)
}

/// The session that this source named so, if there is one that is not deleted.
///
/// # Errors
/// Storage failures.
pub fn by_external_id(
    conn: &Connection,
    source: &SessionSource,
    external_id: &str,
) -> Result<Option<Session>, Failure> {
    conn.prepare_cached(
        "SELECT id, agent, title, client_key, external_id, leaf, pinned, created_at, updated_at, folder
         FROM sessions WHERE external_id = ?1 AND client_key IS ?2 AND deleted_at IS NULL
         ORDER BY created_at, id LIMIT 1",
    )
    .and_then(|mut s| {
        s.query_row((external_id, client_key(source)), from_row)
            .optional()
    })
    .map_err(failed)
}

fn client_key(source: &SessionSource) -> Option<&str> {
    match source {
        SessionSource::App => None,
        SessionSource::Client { key } => Some(key.as_str()),
    }
}

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: column::word(row, 0)?,
        agent: column::word_or_null(row, 1)?,
        title: row.get(2)?,
        source: match column::word_or_null(row, 3)? {
            None => SessionSource::App,
            Some(key) => SessionSource::Client { key },
        },
        external_id: row.get(4)?,
        leaf: column::word_or_null(row, 5)?,
        pinned: row.get(6)?,
        created_at: Timestamp(row.get(7)?),
        updated_at: Timestamp(row.get(8)?),
        folder: row.get(9)?,
    })
}

/// Opens a session; one that is there already stays as it is.
pub(crate) fn open(conn: &Connection, session: &Session) -> rusqlite::Result<()> {
    open_at(conn, session, session.leaf.as_ref(), session.updated_at).map(|_| ())
}

/// Opens a session as it stands after its first changes; 0 when it is there already.
pub(crate) fn open_at(
    conn: &Connection,
    session: &Session,
    leaf: Option<&MessageId>,
    updated_at: Timestamp,
) -> rusqlite::Result<usize> {
    conn.prepare_cached(
        "INSERT INTO sessions
             (id, agent, title, client_key, external_id, leaf, pinned, created_at, updated_at, folder)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING",
    )?
    .execute((
        session.id.as_str(),
        session.agent.as_ref().map(AgentId::as_str),
        &session.title,
        client_key(&session.source),
        &session.external_id,
        leaf.map(MessageId::as_str),
        session.pinned,
        session.created_at.millis(),
        updated_at.millis(),
        &session.folder,
    ))
}

/// Notes a change: never moves `updated_at` backwards, and keeps the leaf when none is given.
pub(crate) fn touch(
    conn: &Connection,
    id: &SessionId,
    leaf: Option<&MessageId>,
    updated_at: Timestamp,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE sessions SET leaf = ifnull(?2, leaf), updated_at = max(updated_at, ?3) WHERE id = ?1",
    )?
    .execute((id.as_str(), leaf.map(MessageId::as_str), updated_at.millis()))?;
    Ok(())
}

/// Gives a session a title that has none but the time of its first call.
pub(crate) fn entitle(conn: &Connection, id: &SessionId, title: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE sessions SET title = ?2 WHERE id = ?1 AND title = 'api:' || created_at")?
        .execute((id.as_str(), title))?;
    Ok(())
}

pub(crate) fn retitle(conn: &Connection, id: &SessionId, title: &str) -> rusqlite::Result<usize> {
    conn.prepare_cached("UPDATE sessions SET title = ?2 WHERE id = ?1")?
        .execute((id.as_str(), title))
}

/// Gives a session a title.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn rename(conn: &Connection, id: &SessionId, title: &str) -> Result<(), Failure> {
    there(retitle(conn, id, title))
}

/// Shows another branch: the one that ends at this message.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn set_leaf(conn: &Connection, id: &SessionId, leaf: &MessageId) -> Result<(), Failure> {
    there(
        conn.prepare_cached("UPDATE sessions SET leaf = ?2 WHERE id = ?1")
            .and_then(|mut s| s.execute((id.as_str(), leaf.as_str()))),
    )
}

/// Keeps a session on top of the list, or no longer.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn pin(conn: &Connection, id: &SessionId, pinned: bool) -> Result<(), Failure> {
    there(
        conn.prepare_cached("UPDATE sessions SET pinned = ?2 WHERE id = ?1")
            .and_then(|mut s| s.execute((id.as_str(), pinned))),
    )
}

/// Puts a session into a folder, or out of any.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn put(conn: &Connection, id: &SessionId, folder: Option<&str>) -> Result<(), Failure> {
    there(
        conn.prepare_cached("UPDATE sessions SET folder = ?2 WHERE id = ?1")
            .and_then(|mut s| s.execute((id.as_str(), folder))),
    )
}

/// The folders that hold a session which is not deleted, by name, with how many they hold.
///
/// # Errors
/// Storage failures.
pub fn folders(conn: &Connection) -> Result<Vec<(String, u64)>, Failure> {
    conn.prepare_cached(
        "SELECT folder, count(*) FROM sessions WHERE folder IS NOT NULL AND deleted_at IS NULL
         GROUP BY folder ORDER BY folder COLLATE NOCASE, folder",
    )
    .and_then(|mut s| {
        s.query_map([], |row| Ok((row.get(0)?, column::unsigned(row, 1)?)))?
            .collect()
    })
    .map_err(failed)
}

/// Deletes a session so that it can be restored.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn delete(conn: &Connection, id: &SessionId, at: Timestamp) -> Result<(), Failure> {
    there(
        conn.prepare_cached("UPDATE sessions SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL")
            .and_then(|mut s| s.execute((id.as_str(), at.millis()))),
    )
}

/// Brings a deleted session back.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn restore(conn: &Connection, id: &SessionId) -> Result<(), Failure> {
    there(
        conn.prepare_cached("UPDATE sessions SET deleted_at = NULL WHERE id = ?1 AND deleted_at IS NOT NULL")
            .and_then(|mut s| s.execute([id.as_str()])),
    )
}

fn there(changed: rusqlite::Result<usize>) -> Result<(), Failure> {
    match changed {
        Ok(0) => Err(Failure::new(
            FailureKind::NotFound,
            not_found("session").message(),
        )),
        Ok(_) => Ok(()),
        Err(e) => Err(failed(e)),
    }
}
