//! Calls: what was asked of us, with the attempts that served it.
//!
//! The exact upstream request can be ten megabytes, so it lies in a table of its own and never slows a
//! list down. Calls outlive their session and their key: they are the ledger's other half.

use bytes::Bytes;
use domain::{AgentId, Applied, Call, CallId, CallSource, ClientKeyId, Failure, SessionId, Timestamp, Wire};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::entries::{self, AttemptRow};
use super::{Page, not_found, page_limit};
use crate::{column, failed};

// Ids are of UUID version 7, so the primary key is the order of time and is appended to. The one index
// gives a session's calls; lists for an agent or a key walk the newest calls until the page is full.
pub(crate) const CREATE: &str = "
CREATE TABLE calls (
    id TEXT PRIMARY KEY,
    session TEXT,
    source TEXT NOT NULL,
    client_key TEXT,
    agent TEXT,
    revision INTEGER,
    requested_model TEXT NOT NULL,
    route TEXT NOT NULL,
    wire TEXT,
    stream INTEGER NOT NULL,
    applied TEXT,
    started_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX calls_by_session ON calls (session) WHERE session IS NOT NULL;
CREATE TABLE call_details (call TEXT PRIMARY KEY, upstream_request ANY NOT NULL) STRICT;
";

/// A call and its attempts, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CallRow {
    /// The call.
    #[serde(flatten)]
    pub call: Call,
    /// Its attempts; none when it failed before the first.
    pub attempts: Vec<AttemptRow>,
}

/// Which calls are wanted; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Those of this session.
    pub session: Option<SessionId>,
    /// Those that this agent answered.
    pub agent: Option<AgentId>,
    /// Those made with this key.
    pub client_key: Option<ClientKeyId>,
}

/// Calls, the newest first. The cursor is the id of the last call seen.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] for a cursor that is none of ours, or storage failures.
pub fn list(
    conn: &Connection,
    filter: &CallFilter,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page<CallRow>, Failure> {
    let (limit, fetch) = page_limit(limit);
    if cursor.is_some_and(|id| CallId::parse(id).is_none()) {
        return Err(Failure::invalid(
            "cursor",
            "The cursor is not one that a list has given.",
        ));
    }
    // greater than every id, which begins with `ca_`
    let before = cursor.unwrap_or("cb");
    let agent = filter.agent.as_ref().map(AgentId::as_str);
    let key = filter.client_key.as_ref().map(ClientKeyId::as_str);
    let read = || {
        let mut items: Vec<Call> = match &filter.session {
            Some(session) => conn
                .prepare_cached(
                    "SELECT id, session, source, client_key, agent, revision, requested_model, route, wire,
                            stream, applied, started_at
                     FROM calls WHERE session = ?1 AND id < ?2
                       AND (?3 IS NULL OR agent = ?3) AND (?4 IS NULL OR client_key = ?4)
                     ORDER BY id DESC LIMIT ?5",
                )?
                .query_map((session.as_str(), before, agent, key, fetch), from_row)?
                .collect::<Result<_, _>>()?,
            None => conn
                .prepare_cached(
                    "SELECT id, session, source, client_key, agent, revision, requested_model, route, wire,
                            stream, applied, started_at
                     FROM calls WHERE id < ?1
                       AND (?2 IS NULL OR agent = ?2) AND (?3 IS NULL OR client_key = ?3)
                     ORDER BY id DESC LIMIT ?4",
                )?
                .query_map((before, agent, key, fetch), from_row)?
                .collect::<Result<_, _>>()?,
        };
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items
            .last()
            .filter(|_| more)
            .map(|call| call.id.as_str().to_owned());
        let items = items
            .into_iter()
            .map(|call| {
                let attempts = entries::of_call(conn, &call.id)?;
                Ok(CallRow { call, attempts })
            })
            .collect::<rusqlite::Result<_>>()?;
        Ok(Page { items, next })
    };
    read().map_err(failed)
}

/// A call with its attempts.
///
/// # Errors
/// [`domain::FailureKind::NotFound`], or storage failures.
pub fn get(conn: &Connection, id: &CallId) -> Result<CallRow, Failure> {
    let read = || {
        let call = conn
            .prepare_cached(
                "SELECT id, session, source, client_key, agent, revision, requested_model, route, wire,
                        stream, applied, started_at FROM calls WHERE id = ?1",
            )?
            .query_row([id.as_str()], from_row)
            .optional()?;
        call.map(|call| {
            let attempts = entries::of_call(conn, id)?;
            Ok(CallRow { call, attempts })
        })
        .transpose()
    };
    read().map_err(failed)?.ok_or_else(|| not_found("call"))
}

/// The exact body of the call's last upstream request; `None` when none was kept.
///
/// # Errors
/// Storage failures.
pub fn upstream_request(conn: &Connection, id: &CallId) -> Result<Option<Bytes>, Failure> {
    conn.prepare_cached("SELECT upstream_request FROM call_details WHERE call = ?1")
        .and_then(|mut s| {
            s.query_row([id.as_str()], |row| {
                Ok(Bytes::copy_from_slice(row.get_ref(0)?.as_bytes()?))
            })
            .optional()
        })
        .map_err(failed)
}

/// How many calls there are.
///
/// # Errors
/// Storage failures.
pub fn count(conn: &Connection) -> Result<u64, Failure> {
    conn.prepare_cached("SELECT count(*) FROM calls")
        .and_then(|mut s| s.query_row([], |row| column::unsigned(row, 0)))
        .map_err(failed)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Call> {
    let key: Option<ClientKeyId> = column::word_or_null(row, 3)?;
    Ok(Call {
        id: column::word(row, 0)?,
        session: column::word_or_null(row, 1)?,
        source: column::parsed(row, 2, |text| match (text, key) {
            ("window", _) => Some(CallSource::Window),
            ("command_line", _) => Some(CallSource::CommandLine),
            ("client", Some(key)) => Some(CallSource::Client { key }),
            _ => None,
        })?,
        agent: column::word_or_null(row, 4)?,
        revision: row.get(5)?,
        requested_model: row.get(6)?,
        route: row.get(7)?,
        wire: column::parsed_or_null(row, 8, Wire::parse)?,
        stream: row.get(9)?,
        applied: column::json_or_null(row, 10)?.unwrap_or_default(),
        started_at: Timestamp(row.get(11)?),
    })
}

pub(crate) fn start(conn: &Connection, call: &Call) -> rusqlite::Result<()> {
    let (source, key) = match &call.source {
        CallSource::Window => ("window", None),
        CallSource::CommandLine => ("command_line", None),
        CallSource::Client { key } => ("client", Some(key.as_str())),
    };
    let applied = match call.applied.is_empty() {
        true => None,
        false => Some(column::to_json(&call.applied)?),
    };
    conn.prepare_cached(
        "INSERT INTO calls (id, session, source, client_key, agent, revision, requested_model, route, wire,
                            stream, applied, started_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute((
        call.id.as_str(),
        call.session.as_ref().map(SessionId::as_str),
        source,
        key,
        call.agent.as_ref().map(AgentId::as_str),
        call.revision,
        &call.requested_model,
        &call.route,
        call.wire.map(Wire::as_str),
        call.stream,
        applied,
        call.started_at.millis(),
    ))?;
    Ok(())
}

pub(crate) fn apply(conn: &Connection, id: &CallId, applied: &[Applied]) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE calls SET applied = ?2 WHERE id = ?1")?
        .execute((id.as_str(), column::to_json(applied)?))?;
    Ok(())
}

/// Text where it is text, so that people can read it with any SQLite tool.
struct Body<'a>(&'a [u8]);

impl ToSql for Body<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match std::str::from_utf8(self.0) {
            Ok(_) => ValueRef::Text(self.0),
            Err(_) => ValueRef::Blob(self.0),
        }))
    }
}

pub(crate) fn detail(conn: &Connection, id: &CallId, upstream_request: &[u8]) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO call_details (call, upstream_request) VALUES (?1, ?2)
         ON CONFLICT (call) DO UPDATE SET upstream_request = excluded.upstream_request",
    )?
    .execute((id.as_str(), Body(upstream_request)))?;
    Ok(())
}
