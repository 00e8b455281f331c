//! The ledger: one row for each upstream attempt, written when it starts and completed when it ends.
//!
//! The danger is money that is not counted. An unknown cost is null and is counted apart, never as zero;
//! an attempt without an end is found at the next start and says so. Each row repeats its call's agent
//! and key, so that sums need no other table. Sums over them are in `usage`.

mod counted;
mod export;
mod recent;
mod repricing;
mod series;
mod usage;

use domain::{
    Attempt, CallId, Confidence, Entry, FailureKind, Money, Outcome, RawJson, StopReason, Target, Timestamp,
    Timings, Usage,
};
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use counted::{
    Counted, CountedEach, counted, counted_by_agent, counted_by_key, counted_by_session, counted_each,
};
pub use export::{LedgerRow, Mark, ledger};
pub use recent::{Recent, recent};
pub use repricing::{Correction, NewPrice, Repriced, reprice};
pub use series::{Cell, Group, Quantiles, Series, Speed, series};
pub use usage::{
    GroupBy, Spent, UsageRow, of_session, spent_by_agent, spent_by_key, spent_since_by_agent,
    spent_since_by_key,
};

use crate::column::{self, capped, unsigned, unsigned_or_null};

// Calls and attempts arrive in the order of the primary key. entries_by_start, which entries_sums replaced,
// served every sum over a span of time; entries_open holds only what runs right now.
pub(crate) const CREATE: &str = "
CREATE TABLE entries (
    call TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    agent TEXT,
    client_key TEXT,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    outcome TEXT,
    failure TEXT,
    failure_text TEXT,
    input INTEGER,
    cached_input INTEGER,
    cache_write INTEGER,
    output INTEGER,
    reasoning INTEGER,
    raw_usage TEXT,
    price TEXT,
    cost INTEGER,
    confidence TEXT,
    sent_us INTEGER,
    first_token_us INTEGER,
    total_us INTEGER,
    PRIMARY KEY (call, number)
) WITHOUT ROWID, STRICT;
CREATE INDEX entries_by_start ON entries (started_at);
CREATE INDEX entries_open ON entries (call) WHERE outcome IS NULL;
";

/// The number with which a provider refused.
pub(crate) const ADD_UPSTREAM_STATUS: &str = "ALTER TABLE entries ADD COLUMN upstream_status INTEGER;";

/// What budgets count of an attempt whose cost nobody knows: its reservation while it runs, and after a crash.
pub(crate) const ADD_RESERVED: &str = "ALTER TABLE entries ADD COLUMN reserved INTEGER;";

/// Where the time went in more steps, why the answer ended, and the provider's id of the request.
pub(crate) const ADD_INSPECTION: &str = "
ALTER TABLE entries ADD COLUMN connect_us INTEGER;
ALTER TABLE entries ADD COLUMN accepted_us INTEGER;
ALTER TABLE entries ADD COLUMN last_token_us INTEGER;
ALTER TABLE entries ADD COLUMN finish TEXT;
ALTER TABLE entries ADD COLUMN upstream_request_id TEXT;
";

/// Every sum over a span of time reads this and not the rows, which are three times as large; it is appended to.
pub(crate) const INDEX_SUMS: &str = "
DROP INDEX entries_by_start;
CREATE INDEX entries_sums ON entries (started_at, agent, client_key, provider, model, outcome, failure,
    input, cached_input, cache_write, output, reasoning, cost, confidence, reserved, sent_us,
    first_token_us, last_token_us, total_us);
";

/// An attempt as it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AttemptRow {
    /// It is under way.
    Running {
        /// What it is about.
        attempt: Attempt,
        /// When it began.
        started_at: Timestamp,
    },
    /// It ended.
    Ended {
        /// All about it.
        entry: Box<Entry>,
        /// When it began.
        started_at: Timestamp,
    },
}

pub(super) fn of_call(conn: &Connection, call: &CallId) -> rusqlite::Result<Vec<AttemptRow>> {
    conn.prepare_cached(
        "SELECT call, number, id, provider, model, started_at, ended_at, outcome, failure, input,
                cached_input, cache_write, output, reasoning, raw_usage, price, cost, confidence, sent_us,
                first_token_us, total_us, failure_text, upstream_status, reserved, connect_us, accepted_us,
                last_token_us, finish, upstream_request_id
         FROM entries WHERE call = ?1 ORDER BY number",
    )?
    .query_map([call.as_str()], from_row)?
    .collect()
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<AttemptRow> {
    let attempt = Attempt {
        id: column::word(row, 2)?,
        call: column::word(row, 0)?,
        number: row.get(1)?,
        target: Target {
            provider: column::word(row, 3)?,
            model: row.get(4)?,
        },
    };
    let started_at = Timestamp(row.get(5)?);
    let failure = column::parsed_or_null(row, 8, FailureKind::parse)?;
    let outcome = column::parsed_or_null(row, 7, |text| outcome(text, failure))?;
    let Some(outcome) = outcome else {
        return Ok(AttemptRow::Running { attempt, started_at });
    };
    let usage = match unsigned_or_null(row, 9)? {
        None => None,
        Some(input) => Some(Usage {
            input,
            cached_input: unsigned(row, 10)?,
            cache_write: unsigned(row, 11)?,
            output: unsigned(row, 12)?,
            reasoning: unsigned(row, 13)?,
        }),
    };
    let entry = Entry {
        attempt,
        outcome,
        failure: row.get(21)?,
        upstream_status: row.get(22)?,
        upstream_request_id: row.get(28)?,
        finish: column::parsed_or_null(row, 27, StopReason::parse)?,
        usage,
        raw_usage: row.get::<_, Option<String>>(14)?.map(RawJson::new),
        price: column::json_or_null(row, 15)?,
        cost: row.get::<_, Option<i64>>(16)?.map(Money),
        reserved: row.get::<_, Option<i64>>(23)?.map(Money),
        confidence: column::parsed(row, 17, Confidence::parse)?,
        timings: Timings {
            sent_us: unsigned_or_null(row, 18)?,
            connect_us: unsigned_or_null(row, 24)?,
            accepted_us: unsigned_or_null(row, 25)?,
            first_token_us: unsigned_or_null(row, 19)?,
            last_token_us: unsigned_or_null(row, 26)?,
            total_us: unsigned(row, 20)?,
        },
        ended_at: Timestamp(row.get(6)?),
    };
    Ok(AttemptRow::Ended {
        entry: Box::new(entry),
        started_at,
    })
}

fn outcome(text: &str, failure: Option<FailureKind>) -> Option<Outcome> {
    match (text, failure) {
        ("succeeded", _) => Some(Outcome::Succeeded),
        ("cancelled", _) => Some(Outcome::Cancelled),
        ("failed", Some(kind)) => Some(Outcome::Failed { kind }),
        ("interrupted", _) => Some(Outcome::Interrupted),
        _ => None,
    }
}

/// Notes that an attempt begins. Its call must be there: the row copies agent and key from it.
pub(crate) fn start(
    conn: &Connection,
    attempt: &Attempt,
    started_at: Timestamp,
    reserved: Option<Money>,
) -> rusqlite::Result<()> {
    let added = conn
        .prepare_cached(
            "INSERT INTO entries (call, number, id, agent, client_key, provider, model, started_at,
                                  reserved)
             SELECT id, ?2, ?3, agent, client_key, ?4, ?5, ?6, ?7 FROM calls WHERE id = ?1",
        )?
        .execute((
            attempt.call.as_str(),
            attempt.number,
            attempt.id.as_str(),
            attempt.target.provider.as_str(),
            &attempt.target.model,
            started_at.millis(),
            reserved.map(Money::micros),
        ))?;
    match added {
        0 => Err(rusqlite::Error::QueryReturnedNoRows),
        _ => Ok(()),
    }
}

/// Completes an attempt; one whose beginning was not noted is noted now.
pub(crate) fn end(conn: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    if complete(conn, entry)? == 0 {
        let began = entry.ended_at.millis() - capped(entry.timings.total_us / 1000);
        start(conn, &entry.attempt, Timestamp(began), None)?;
        complete(conn, entry)?;
    }
    Ok(())
}

fn complete(conn: &Connection, entry: &Entry) -> rusqlite::Result<usize> {
    let end = End::of(entry)?;
    conn.prepare_cached(
        "UPDATE entries SET ended_at = ?3, outcome = ?4, failure = ?5, input = ?6, cached_input = ?7,
             cache_write = ?8, output = ?9, reasoning = ?10, raw_usage = ?11, price = ?12, cost = ?13,
             confidence = ?14, sent_us = ?15, first_token_us = ?16, total_us = ?17,
             provider = ?18, model = ?19, failure_text = ?20, upstream_status = ?21,
             reserved = ?22, connect_us = ?23, accepted_us = ?24, last_token_us = ?25, finish = ?26,
             upstream_request_id = ?27
         WHERE call = ?1 AND number = ?2",
    )?
    .execute(rusqlite::params![
        entry.attempt.call.as_str(),
        entry.attempt.number,
        entry.ended_at.millis(),
        end.outcome,
        end.failure,
        end.usage(|u| u.input),
        end.usage(|u| u.cached_input),
        end.usage(|u| u.cache_write),
        end.usage(|u| u.output),
        end.usage(|u| u.reasoning),
        entry.raw_usage.as_ref().map(RawJson::get),
        end.price,
        entry.cost.map(Money::micros),
        entry.confidence.as_str(),
        entry.timings.sent_us.map(capped),
        entry.timings.first_token_us.map(capped),
        capped(entry.timings.total_us),
        entry.attempt.target.provider.as_str(),
        &entry.attempt.target.model,
        entry.failure.as_deref(),
        entry.upstream_status,
        entry.reserved.map(Money::micros),
        entry.timings.connect_us.map(capped),
        entry.timings.accepted_us.map(capped),
        entry.timings.last_token_us.map(capped),
        entry.finish.map(StopReason::as_str),
        entry.upstream_request_id.as_deref(),
    ])
}

/// Adds an attempt that has ended already. Its call must be there.
pub(crate) fn whole(conn: &Connection, entry: &Entry, started_at: Timestamp) -> rusqlite::Result<()> {
    let end = End::of(entry)?;
    let added = conn
        .prepare_cached(
            "INSERT INTO entries (call, number, id, agent, client_key, provider, model, started_at, ended_at,
                 outcome, failure, failure_text, input, cached_input, cache_write, output, reasoning,
                 raw_usage, price, cost, confidence, sent_us, first_token_us, total_us, upstream_status,
                 reserved, connect_us, accepted_us, last_token_us, finish, upstream_request_id)
             SELECT id, ?2, ?3, agent, client_key, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                 ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29 FROM calls WHERE id = ?1",
        )?
        .execute(rusqlite::params![
            entry.attempt.call.as_str(),
            entry.attempt.number,
            entry.attempt.id.as_str(),
            entry.attempt.target.provider.as_str(),
            &entry.attempt.target.model,
            started_at.millis(),
            entry.ended_at.millis(),
            end.outcome,
            end.failure,
            entry.failure.as_deref(),
            end.usage(|u| u.input),
            end.usage(|u| u.cached_input),
            end.usage(|u| u.cache_write),
            end.usage(|u| u.output),
            end.usage(|u| u.reasoning),
            entry.raw_usage.as_ref().map(RawJson::get),
            end.price,
            entry.cost.map(Money::micros),
            entry.confidence.as_str(),
            entry.timings.sent_us.map(capped),
            entry.timings.first_token_us.map(capped),
            capped(entry.timings.total_us),
            entry.upstream_status,
            entry.reserved.map(Money::micros),
            entry.timings.connect_us.map(capped),
            entry.timings.accepted_us.map(capped),
            entry.timings.last_token_us.map(capped),
            entry.finish.map(StopReason::as_str),
            entry.upstream_request_id.as_deref(),
        ])?;
    match added {
        0 => Err(rusqlite::Error::QueryReturnedNoRows),
        _ => Ok(()),
    }
}

/// What of an attempt's end has to be put into words for its row.
struct End<'e> {
    outcome: &'static str,
    failure: Option<&'static str>,
    price: Option<String>,
    usage: Option<&'e Usage>,
}

impl<'e> End<'e> {
    fn of(entry: &'e Entry) -> rusqlite::Result<Self> {
        let (outcome, failure) = match entry.outcome {
            Outcome::Succeeded => ("succeeded", None),
            Outcome::Cancelled => ("cancelled", None),
            Outcome::Failed { kind } => ("failed", Some(kind.as_str())),
            Outcome::Interrupted => ("interrupted", None),
        };
        Ok(Self {
            outcome,
            failure,
            price: entry.price.as_ref().map(column::to_json).transpose()?,
            usage: entry.usage.as_ref(),
        })
    }

    fn usage(&self, field: fn(&Usage) -> u64) -> Option<i64> {
        self.usage.map(field).map(capped)
    }
}

/// Attempts without an end were cut off by the end of the last process. Their cost is unknown, and what was
/// reserved for them stays counted until somebody says what they cost (D2: never under-counted).
pub(crate) fn recover(conn: &Connection) -> rusqlite::Result<usize> {
    conn.execute(
        "UPDATE entries SET outcome = 'interrupted', confidence = 'unknown', total_us = 0,
             ended_at = started_at
         WHERE outcome IS NULL",
        [],
    )
}
