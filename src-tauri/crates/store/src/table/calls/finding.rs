//! Finds calls, the newest first.
//!
//! Calls are written far more often than they are looked for, so no filter but the session's has an index: a
//! list walks back from the newest in portions until its page is full. The danger is a filter that matches
//! nothing in a million calls. So the walk ends with its time, with what it found and the place to go on: a page
//! that is not full is not the end, only one without `next` is.

use std::time::{Duration, Instant};

use domain::{AgentId, CallId, ClientKeyId, Failure, ProviderId, SessionId, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::super::{Page, page_limit};
use super::{CallRow, first_id, from_row};
use crate::failed;

/// Calls that are looked at in one step.
const PORTION: u32 = 10_000;
/// How long a list goes on looking.
const PATIENCE: Duration = Duration::from_millis(150);

/// How a call ended, as far as lists are filtered by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// It is under way.
    Running,
    /// It was answered.
    Succeeded,
    /// Its caller left or pressed stop.
    Cancelled,
    /// It failed.
    Failed,
    /// The process ended first.
    Interrupted,
}

impl CallOutcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Who called, as far as lists are filtered by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CallFrom {
    /// The window.
    Window,
    /// The command line.
    CommandLine,
    /// A program with a client key.
    Client,
}

impl CallFrom {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::CommandLine => "command_line",
            Self::Client => "client",
        }
    }
}

/// A part of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallText(String);

impl CallText {
    /// Takes what may stand in a call's or a session's id; `None` when no id has such a part.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let part = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        (!text.is_empty() && part(&text)).then_some(Self(text))
    }
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
    /// Those from there.
    pub from: Option<CallFrom>,
    /// Those that tried this provider.
    pub provider: Option<ProviderId>,
    /// Those that tried this model, whichever provider's.
    pub model: Option<String>,
    /// Those by this route.
    pub route: Option<String>,
    /// Those that sent this call's request again.
    pub replay_of: Option<CallId>,
    /// Those whose id or whose session's id has this in it.
    pub text: Option<CallText>,
    /// Those that ended so.
    pub outcome: Option<CallOutcome>,
    /// Those that arrived then or later.
    pub since: Option<Timestamp>,
    /// Those that arrived before then.
    pub until: Option<Timestamp>,
}

// a call ended as its last attempt did, or as it was given up; each statement whole, so that none is formatted
const IN_SESSION: &str =
    "SELECT id, session, source, client_key, agent, revision, requested_model, route, wire,
                    stream, applied, started_at, user_agent, replay_of, failure, failure_text, repeats
             FROM calls INDEXED BY calls_by_session
             WHERE id < ?1 AND id >= ?2
               AND (?3 IS NULL OR agent = ?3) AND (?4 IS NULL OR client_key = ?4)
               AND (?5 IS NULL OR source = ?5) AND (?6 IS NULL OR route = ?6)
               AND (?7 IS NULL OR replay_of = ?7)
               AND (?8 IS NULL OR instr(id, ?8) > 0 OR instr(ifnull(session, ''), ?8) > 0)
               AND (?9 IS NULL AND ?10 IS NULL OR EXISTS (
                   SELECT 1 FROM entries WHERE entries.call = calls.id
                   AND (?9 IS NULL OR provider = ?9) AND (?10 IS NULL OR model = ?10)))
               AND (?11 IS NULL OR ?11 = coalesce(
                   (SELECT 'running' FROM tool_uses WHERE tool_uses.call = calls.id
                    AND tool_uses.state IN ('asked', 'begun') LIMIT 1),
                   (SELECT ifnull(outcome, 'running') FROM entries WHERE entries.call = calls.id
                    ORDER BY number DESC LIMIT 1),
                   CASE WHEN failure IS NULL THEN 'running' ELSE 'failed' END))
               AND (?14 IS NULL OR started_at < ?14) AND session = ?12
             ORDER BY id DESC LIMIT ?13";
const EVERYWHERE: &str =
    "SELECT id, session, source, client_key, agent, revision, requested_model, route, wire,
                    stream, applied, started_at, user_agent, replay_of, failure, failure_text, repeats
             FROM calls
             WHERE id < ?1 AND id >= ?2
               AND (?3 IS NULL OR agent = ?3) AND (?4 IS NULL OR client_key = ?4)
               AND (?5 IS NULL OR source = ?5) AND (?6 IS NULL OR route = ?6)
               AND (?7 IS NULL OR replay_of = ?7)
               AND (?8 IS NULL OR instr(id, ?8) > 0 OR instr(ifnull(session, ''), ?8) > 0)
               AND (?9 IS NULL AND ?10 IS NULL OR EXISTS (
                   SELECT 1 FROM entries WHERE entries.call = calls.id
                   AND (?9 IS NULL OR provider = ?9) AND (?10 IS NULL OR model = ?10)))
               AND (?11 IS NULL OR ?11 = coalesce(
                   (SELECT 'running' FROM tool_uses WHERE tool_uses.call = calls.id
                    AND tool_uses.state IN ('asked', 'begun') LIMIT 1),
                   (SELECT ifnull(outcome, 'running') FROM entries WHERE entries.call = calls.id
                    ORDER BY number DESC LIMIT 1),
                   CASE WHEN failure IS NULL THEN 'running' ELSE 'failed' END))
               AND (?14 IS NULL OR started_at < ?14)
             ORDER BY id DESC LIMIT ?13";

/// Calls, the newest first. The cursor is the id of the last call looked at. A page may have fewer than `limit`
/// calls, or none, and go on all the same.
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
    let mut walk = Walk {
        conn,
        filter,
        // greater than every id, which begins with `ca_`
        before: cursor.unwrap_or("cb").to_owned(),
        from: filter.since.map(first_id).unwrap_or_default(),
        items: Vec::new(),
    };
    if let Some(until) = filter.until.map(first_id).filter(|until| *until < walk.before) {
        walk.before = until;
    }
    let more = walk.run(fetch).map_err(failed)?;
    let Walk {
        before, mut items, ..
    } = walk;
    let full = items.len() > limit;
    items.truncate(limit);
    let next = match items.last() {
        Some(last) if full => Some(last.call.id.as_str().to_owned()),
        Some(_) | None => more.then_some(before),
    };
    Ok(Page { items, next })
}

/// A walk back through the calls.
struct Walk<'a> {
    conn: &'a Connection,
    filter: &'a CallFilter,
    before: String,
    from: String,
    items: Vec<CallRow>,
}

impl Walk<'_> {
    /// Looks until there are `most` calls, no more, or no time; gives whether there may be more.
    fn run(&mut self, most: i64) -> rusqlite::Result<bool> {
        let began = Instant::now();
        loop {
            let found = i64::try_from(self.items.len()).unwrap_or(most);
            if found >= most {
                return Ok(true);
            }
            // a session has few calls and an index
            let end = match self.filter.session {
                Some(_) => None,
                None => self.portion()?,
            };
            self.take(end.as_deref().unwrap_or(&self.from).to_owned(), most - found)?;
            match end {
                None => return Ok(false),
                Some(end) => self.before = end,
            }
            if began.elapsed() > PATIENCE {
                return Ok(true);
            }
        }
    }

    /// The oldest call of the next portion, when there are more behind it.
    fn portion(&self) -> rusqlite::Result<Option<String>> {
        self.conn
            .prepare_cached(
                "SELECT id FROM calls WHERE id < ?1 AND id >= ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3",
            )?
            .query_row((&self.before, &self.from, PORTION), |row| row.get(0))
            .optional()
    }

    /// Takes the calls that match, from `from` on and before what was looked at.
    fn take(&mut self, from: String, most: i64) -> rusqlite::Result<()> {
        let filter = self.filter;
        let sql = match filter.session {
            Some(_) => IN_SESSION,
            None => EVERYWHERE,
        };
        let mut statement = self.conn.prepare_cached(sql)?;
        let found = statement.query_map(
            rusqlite::params![
                self.before,
                from,
                filter.agent.as_ref().map(AgentId::as_str),
                filter.client_key.as_ref().map(ClientKeyId::as_str),
                filter.from.map(CallFrom::as_str),
                filter.route,
                filter.replay_of.as_ref().map(CallId::as_str),
                filter.text.as_ref().map(|text| text.0.as_str()),
                filter.provider.as_ref().map(ProviderId::as_str),
                filter.model,
                filter.outcome.map(CallOutcome::as_str),
                filter.session.as_ref().map(SessionId::as_str),
                most,
                // an id is a moment older than its call
                filter.until.map(Timestamp::millis),
            ],
            from_row,
        )?;
        for row in found {
            self.items.push(row?.with_attempts(self.conn)?);
        }
        Ok(())
    }
}
