//! What budgets count: known costs, and in place of an unknown one what was reserved for it.
//!
//! The danger is spending that nobody counts. So an attempt that runs counts as its reservation, one that a
//! crash cut off goes on counting as it, and one of unknown price counts at the fallback price.

use std::collections::HashMap;

use domain::{AgentId, ClientKeyId, Failure, Money, SessionId, Timestamp};
use rusqlite::{Connection, Row};

use crate::{column, failed};

/// What counts against a budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// By attempts that ended.
    pub spent: Money,
    /// Reserved by attempts that run.
    pub held: Money,
}

impl Counted {
    fn add(&mut self, one: Self) {
        self.spent = self.spent + one.spent;
        self.held = self.held + one.held;
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Counted> {
    Ok(Counted {
        spent: Money(row.get(0)?),
        held: Money(row.get(1)?),
    })
}

/// What everybody's attempts since a moment count.
///
/// # Errors
/// Storage failures.
pub fn counted(conn: &Connection, since: Timestamp) -> Result<Counted, Failure> {
    conn.prepare_cached(
        "SELECT ifnull(sum(iif(outcome IS NULL, 0, coalesce(cost, reserved, 0))), 0),
                ifnull(sum(iif(outcome IS NULL, ifnull(reserved, 0), 0)), 0)
         FROM entries WHERE started_at >= ?1",
    )
    .and_then(|mut s| s.query_row([since.millis()], from_row))
    .map_err(failed)
}

/// What one client key's attempts since a moment count.
///
/// # Errors
/// Storage failures.
pub fn counted_by_key(conn: &Connection, key: &ClientKeyId, since: Timestamp) -> Result<Counted, Failure> {
    conn.prepare_cached(
        "SELECT ifnull(sum(iif(outcome IS NULL, 0, coalesce(cost, reserved, 0))), 0),
                ifnull(sum(iif(outcome IS NULL, ifnull(reserved, 0), 0)), 0)
         FROM entries WHERE started_at >= ?1 AND client_key = ?2",
    )
    .and_then(|mut s| s.query_row((since.millis(), key.as_str()), from_row))
    .map_err(failed)
}

/// What one agent's attempts since a moment count.
///
/// # Errors
/// Storage failures.
pub fn counted_by_agent(conn: &Connection, agent: &AgentId, since: Timestamp) -> Result<Counted, Failure> {
    conn.prepare_cached(
        "SELECT ifnull(sum(iif(outcome IS NULL, 0, coalesce(cost, reserved, 0))), 0),
                ifnull(sum(iif(outcome IS NULL, ifnull(reserved, 0), 0)), 0)
         FROM entries WHERE started_at >= ?1 AND agent = ?2",
    )
    .and_then(|mut s| s.query_row((since.millis(), agent.as_str()), from_row))
    .map_err(failed)
}

/// What one session's attempts count.
///
/// # Errors
/// Storage failures.
pub fn counted_by_session(conn: &Connection, session: &SessionId) -> Result<Counted, Failure> {
    conn.prepare_cached(
        "SELECT ifnull(sum(iif(e.outcome IS NULL, 0, coalesce(e.cost, e.reserved, 0))), 0),
                ifnull(sum(iif(e.outcome IS NULL, ifnull(e.reserved, 0), 0)), 0)
         FROM calls c JOIN entries e ON e.call = c.id WHERE c.session = ?1",
    )
    .and_then(|mut s| s.query_row([session.as_str()], from_row))
    .map_err(failed)
}

/// What everybody's attempts count, and each key's and each agent's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedEach {
    /// All together.
    pub all: Counted,
    /// By client key.
    pub by_key: HashMap<ClientKeyId, Counted>,
    /// By agent.
    pub by_agent: HashMap<AgentId, Counted>,
}

/// What everybody's attempts since a moment count, and each key's and each agent's, in one pass.
///
/// # Errors
/// Storage failures.
pub fn counted_each(conn: &Connection, since: Timestamp) -> Result<CountedEach, Failure> {
    let read = || {
        let mut each = CountedEach::default();
        let mut statement = conn.prepare_cached(
            "SELECT iif(outcome IS NULL, 0, coalesce(cost, reserved, 0)),
                    iif(outcome IS NULL, ifnull(reserved, 0), 0), client_key, agent
             FROM entries WHERE started_at >= ?1",
        )?;
        let mut rows = statement.query([since.millis()])?;
        while let Some(row) = rows.next()? {
            let one = from_row(row)?;
            each.all.add(one);
            if let Some(key) = column::word_or_null(row, 2)? {
                each.by_key.entry(key).or_default().add(one);
            }
            if let Some(agent) = column::word_or_null(row, 3)? {
                each.by_agent.entry(agent).or_default().add(one);
            }
        }
        Ok(each)
    };
    read().map_err(failed)
}
