//! The ledger row by row, for whoever reckons it up elsewhere.

use domain::{AgentId, Attempt, ClientKeyId, Entry, Failure, Timestamp};
use rusqlite::Connection;

use super::{AttemptRow, from_row};
use crate::column;
use crate::failed;

/// A row of the ledger that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// When it began.
    pub started_at: Timestamp,
    /// The agent that answered; `None` for a raw model.
    pub agent: Option<AgentId>,
    /// The client key; `None` for the window and the command line.
    pub client_key: Option<ClientKeyId>,
    /// All about it.
    pub entry: Entry,
}

/// Where a stretch of the ledger ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When its last row began.
    pub started_at: Timestamp,
    /// The last row's call.
    pub call: domain::CallId,
    /// The last row's number.
    pub number: u32,
}

/// At most `most` rows that began in `from <= t < to` and have ended, the oldest first, after `mark`; and
/// where to go on.
///
/// # Errors
/// Storage failures.
pub fn ledger(
    conn: &Connection,
    (from, to): (Timestamp, Timestamp),
    mark: Option<&Mark>,
    most: u32,
) -> Result<(Vec<LedgerRow>, Option<Mark>), Failure> {
    let begin = mark.map_or(from, |mark| mark.started_at);
    let read = || {
        conn.prepare_cached(
            "SELECT call, number, id, provider, model, started_at, ended_at, outcome, failure, input,
                    cached_input, cache_write, output, reasoning, raw_usage, price, cost, confidence, sent_us,
                    first_token_us, total_us, failure_text, upstream_status, reserved, connect_us, accepted_us,
                    last_token_us, finish, upstream_request_id, agent, client_key
             FROM entries
             WHERE started_at >= ?1 AND started_at < ?2 AND outcome IS NOT NULL
               AND (?3 IS NULL OR (started_at, call, number) > (?1, ?3, ?4))
             ORDER BY started_at, call, number LIMIT ?5",
        )?
        .query_map(
            (
                begin.millis(),
                to.millis(),
                mark.map(|mark| mark.call.as_str()),
                mark.map(|mark| mark.number),
                most,
            ),
            |row| {
                let (agent, client_key) = (column::word_or_null(row, 29)?, column::word_or_null(row, 30)?);
                Ok(match from_row(row)? {
                    AttemptRow::Ended { entry, started_at } => Some(LedgerRow {
                        started_at,
                        agent,
                        client_key,
                        entry: *entry,
                    }),
                    AttemptRow::Running { .. } => None,
                })
            },
        )?
        .collect::<rusqlite::Result<Vec<_>>>()
    };
    let rows: Vec<LedgerRow> = read().map_err(failed)?.into_iter().flatten().collect();
    let full = u32::try_from(rows.len()).is_ok_and(|found| found == most);
    let next = rows.last().filter(|_| full).map(|row| {
        let Attempt { call, number, .. } = &row.entry.attempt;
        Mark {
            started_at: row.started_at,
            call: call.clone(),
            number: *number,
        }
    });
    Ok((rows, next))
}
