//! Sums over the ledger, for the usage screen and for budgets.

use std::collections::HashMap;

use domain::{AgentId, ClientKeyId, Failure, Money, SessionId, Timestamp, Usage};
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::column::{self, unsigned};
use crate::failed;

/// What usage is added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// Days in UTC, written `2026-11-22`.
    Day,
    /// Agent ids.
    Agent,
    /// Targets, written `provider/model`.
    Model,
    /// Client key ids.
    Key,
    /// Provider ids.
    Provider,
    /// What programs call themselves, without their version; empty where that was not kept.
    Client,
}

/// What one day, agent, model or key used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UsageRow {
    /// Which; `None` for raw models by agent, and for the window and the command line by key and by client.
    pub group: Option<String>,
    /// Calls that made at least one attempt.
    pub calls: u64,
    /// Attempts that ended.
    pub attempts: u64,
    /// Attempts that failed; one that was stopped did not.
    pub failed: u64,
    /// Tokens of the attempts that told.
    pub usage: Usage,
    /// What is known to have been spent.
    pub cost: Money,
    /// The part of it that providers said themselves.
    pub reported_cost: Money,
    /// Attempts that cost nobody knows how much; they are not in `cost`.
    pub unknown_cost: u64,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<UsageRow> {
    Ok(UsageRow {
        group: row.get(0)?,
        calls: unsigned(row, 1)?,
        attempts: unsigned(row, 2)?,
        failed: unsigned(row, 3)?,
        usage: Usage {
            input: unsigned(row, 4)?,
            cached_input: unsigned(row, 5)?,
            cache_write: unsigned(row, 6)?,
            output: unsigned(row, 7)?,
            reasoning: unsigned(row, 8)?,
        },
        cost: Money(row.get(9)?),
        unknown_cost: unsigned(row, 10)?,
        reported_cost: Money(row.get(11)?),
    })
}

/// What was spent, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// The known part.
    pub cost: Money,
    /// Attempts of unknown cost, those that still run included.
    pub unknown: u64,
}

fn spent_from_row(row: &Row<'_>, at: usize) -> rusqlite::Result<Spent> {
    Ok(Spent {
        cost: Money(row.get(at)?),
        unknown: unsigned(row, at + 1)?,
    })
}

/// What one client key spent since a moment.
///
/// # Errors
/// Storage failures.
pub fn spent_by_key(conn: &Connection, key: &ClientKeyId, since: Timestamp) -> Result<Spent, Failure> {
    conn.prepare_cached(
        "SELECT ifnull(sum(cost), 0), ifnull(sum(cost IS NULL), 0) FROM entries
         WHERE started_at >= ?1 AND client_key = ?2",
    )
    .and_then(|mut s| s.query_row((since.millis(), key.as_str()), |row| spent_from_row(row, 0)))
    .map_err(failed)
}

/// What one agent spent since a moment.
///
/// # Errors
/// Storage failures.
pub fn spent_by_agent(conn: &Connection, agent: &AgentId, since: Timestamp) -> Result<Spent, Failure> {
    conn.prepare_cached(
        "SELECT ifnull(sum(cost), 0), ifnull(sum(cost IS NULL), 0) FROM entries
         WHERE started_at >= ?1 AND agent = ?2",
    )
    .and_then(|mut s| s.query_row((since.millis(), agent.as_str()), |row| spent_from_row(row, 0)))
    .map_err(failed)
}

/// What each client key spent since a moment, in one pass.
///
/// # Errors
/// Storage failures.
pub fn spent_since_by_key(
    conn: &Connection,
    since: Timestamp,
) -> Result<HashMap<ClientKeyId, Spent>, Failure> {
    conn.prepare_cached(
        "SELECT client_key, ifnull(sum(cost), 0), sum(cost IS NULL) FROM entries
         WHERE started_at >= ?1 AND client_key IS NOT NULL GROUP BY client_key",
    )
    .and_then(|mut s| {
        s.query_map([since.millis()], |row| {
            Ok((column::word(row, 0)?, spent_from_row(row, 1)?))
        })?
        .collect()
    })
    .map_err(failed)
}

/// What each agent spent since a moment, in one pass.
///
/// # Errors
/// Storage failures.
pub fn spent_since_by_agent(conn: &Connection, since: Timestamp) -> Result<HashMap<AgentId, Spent>, Failure> {
    conn.prepare_cached(
        "SELECT agent, ifnull(sum(cost), 0), sum(cost IS NULL) FROM entries
         WHERE started_at >= ?1 AND agent IS NOT NULL GROUP BY agent",
    )
    .and_then(|mut s| {
        s.query_map([since.millis()], |row| {
            Ok((column::word(row, 0)?, spent_from_row(row, 1)?))
        })?
        .collect()
    })
    .map_err(failed)
}

/// What the calls of one session used, all attempts that ended; `group` is `None`.
///
/// # Errors
/// Storage failures.
pub fn of_session(conn: &Connection, session: &SessionId) -> Result<UsageRow, Failure> {
    conn.prepare_cached(
        "SELECT NULL, count(DISTINCT c.id), count(e.outcome), ifnull(sum(e.outcome = 'failed'), 0),
                ifnull(sum(e.input), 0), ifnull(sum(e.cached_input), 0), ifnull(sum(e.cache_write), 0),
                ifnull(sum(e.output), 0), ifnull(sum(e.reasoning), 0), ifnull(sum(e.cost), 0),
                ifnull(sum(e.cost IS NULL AND e.outcome IS NOT NULL), 0),
                ifnull(sum(iif(e.confidence = 'reported', e.cost, 0)), 0)
         FROM calls c LEFT JOIN entries e ON e.call = c.id AND e.outcome IS NOT NULL WHERE c.session = ?1",
    )
    .and_then(|mut s| s.query_row([session.as_str()], from_row))
    .map_err(failed)
}
