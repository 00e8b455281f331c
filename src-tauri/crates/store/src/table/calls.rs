//! Calls: what was asked of us, with the attempts that served it.
//!
//! What was said can be ten megabytes, so it lies in tables of its own ([`super::details`]) and never slows a
//! list down. Calls outlive their session and their key: they are the ledger's other half.

mod finding;

use domain::{
    AgentId, Applied, Call, CallId, CallSource, ClientKeyId, Failure, FailureKind, SessionId, Timestamp, Wire,
};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::entries::{self, AttemptRow};
use super::not_found;
use super::tool_uses;
use crate::{column, failed};

pub use finding::{CallFilter, CallFrom, CallOutcome, CallText, list};

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

/// What the program calls itself, the call that one sent again, and why a call had no attempt at all.
pub(crate) const ADD_CLIENT_AND_FAILURE: &str = "
ALTER TABLE calls ADD COLUMN user_agent TEXT;
ALTER TABLE calls ADD COLUMN replay_of TEXT;
ALTER TABLE calls ADD COLUMN failure TEXT;
ALTER TABLE calls ADD COLUMN failure_text TEXT;
";

/// Calls that failed before their first attempt: few, and counted with the failures of attempts.
pub(crate) const INDEX_REFUSED: &str =
    "CREATE INDEX calls_refused ON calls (id, failure, repeats) WHERE failure IS NOT NULL;";

/// How many requests like a refused one were refused the same way, and have no row of their own.
pub(crate) const ADD_REPEATS: &str = "ALTER TABLE calls ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;";

/// A call and its attempts, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CallRow {
    /// The call.
    #[serde(flatten)]
    pub call: Call,
    /// Its attempts; none when it failed before the first.
    pub attempts: Vec<AttemptRow>,
    /// Whether a tool is being used in it, or a person asked about one.
    pub uses_tools: bool,
    /// Why it failed before the first.
    pub failure: Option<(FailureKind, String)>,
    /// How many requests like it failed the same way before their first attempt, soon after.
    pub repeats: u32,
}

/// The id that no call before `at` reaches: 48 bits of milliseconds begin a UUID of version 7.
pub(super) fn first_id(at: Timestamp) -> String {
    let millis = u64::try_from(at.millis()).unwrap_or(0) & 0xffff_ffff_ffff;
    let mut id = CallId::PREFIX.to_owned();
    id.push_str(&format!("{millis:012x}"));
    id
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
                        stream, applied, started_at, user_agent, replay_of, failure, failure_text, repeats
                 FROM calls WHERE id = ?1",
            )?
            .query_row([id.as_str()], from_row)
            .optional()?;
        call.map(|given| given.with_attempts(conn)).transpose()
    };
    read().map_err(failed)?.ok_or_else(|| not_found("call"))
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

/// A row without its attempts.
struct Given {
    call: Call,
    failure: Option<(FailureKind, String)>,
    repeats: u32,
}

impl Given {
    fn with_attempts(self, conn: &Connection) -> rusqlite::Result<CallRow> {
        Ok(CallRow {
            attempts: entries::of_call(conn, &self.call.id)?,
            uses_tools: tool_uses::is_open(conn, &self.call.id)?,
            call: self.call,
            failure: self.failure,
            repeats: self.repeats,
        })
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Given> {
    let key: Option<ClientKeyId> = column::word_or_null(row, 3)?;
    let kind = column::parsed_or_null(row, 14, FailureKind::parse)?;
    let text: Option<String> = row.get(15)?;
    let call = Call {
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
        user_agent: row.get(12)?,
        replay_of: column::word_or_null(row, 13)?,
        started_at: Timestamp(row.get(11)?),
    };
    Ok(Given {
        call,
        failure: kind.map(|kind| (kind, text.unwrap_or_default())),
        repeats: row.get(16)?,
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
                            stream, applied, started_at, user_agent, replay_of)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
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
        call.user_agent.as_deref(),
        call.replay_of.as_ref().map(CallId::as_str),
    ))?;
    Ok(())
}

pub(crate) fn apply(conn: &Connection, id: &CallId, applied: &[Applied]) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE calls SET applied = ?2 WHERE id = ?1")?
        .execute((id.as_str(), column::to_json(applied)?))?;
    Ok(())
}

/// Notes why a call had no attempt.
pub(crate) fn fail(conn: &Connection, id: &CallId, kind: FailureKind, text: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE calls SET failure = ?2, failure_text = ?3 WHERE id = ?1")?
        .execute((id.as_str(), kind.as_str(), text))?;
    Ok(())
}

/// Notes how many requests like it failed the same way.
pub(crate) fn repeat(conn: &Connection, id: &CallId, times: u32) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE calls SET repeats = ?2 WHERE id = ?1")?
        .execute((id.as_str(), times))?;
    Ok(())
}
