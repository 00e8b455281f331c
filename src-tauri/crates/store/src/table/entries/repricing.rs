//! Corrects the past: what attempts cost at another price.
//!
//! The tokens of an attempt do not change, so its cost is computed anew by the one function that computed it
//! first. What the provider itself said an attempt cost stays. History can be long and the writer is
//! everyone's, so it is walked in portions. Budgets keep sums of this ledger in memory: each portion says by how
//! much they are off now.

use domain::{AgentId, ClientKeyId, Failure, Money, Price, SessionId, Target, Timestamp, Usage};
use rusqlite::Connection;

use crate::column::{self, unsigned};
use crate::failed;

/// Entries that are looked at in one transaction.
const PORTION: i64 = 1_000;

/// How far history is corrected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repriced {
    /// Entries that cost something else now.
    pub changed: u64,
    /// What budgets count differently.
    pub corrections: Vec<Correction>,
    /// Where to go on; `None` when all is done.
    pub next: Option<(String, u32)>,
}

/// An entry that counts differently for the budgets it is under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The client key that paid.
    pub key: Option<ClientKeyId>,
    /// The agent that answered.
    pub agent: Option<AgentId>,
    /// The session it was in.
    pub session: Option<SessionId>,
    /// When the attempt began, which decides its spans.
    pub started_at: Timestamp,
    /// By how much it counts more; negative where it counts less.
    pub by: Money,
}

/// What a target costs from now on.
#[derive(Clone, Copy, Debug)]
pub struct NewPrice<'p> {
    /// What somebody knows.
    pub price: Option<&'p Price>,
    /// What budgets count where nobody does.
    pub fallback: &'p Price,
}

struct Row {
    call: String,
    number: u32,
    usage: Usage,
    reported: bool,
    cost: Option<i64>,
    price: Option<String>,
    reserved: Option<i64>,
    correction: Correction,
}

/// Gives a portion of a target's entries the price, or none, and goes on from `after`.
///
/// # Errors
/// Storage failures.
pub fn reprice(
    conn: &Connection,
    target: &Target,
    new: NewPrice<'_>,
    after: Option<&(String, u32)>,
) -> Result<Repriced, Failure> {
    walk(conn, target, new, after).map_err(failed)
}

fn walk(
    conn: &Connection,
    target: &Target,
    NewPrice { price, fallback }: NewPrice<'_>,
    after: Option<&(String, u32)>,
) -> rusqlite::Result<Repriced> {
    let (call, number) = after.map_or(("", 0), |(call, number)| (call.as_str(), *number));
    let rows: Vec<Row> = conn
        .prepare_cached(
            "SELECT call, number, input, cached_input, cache_write, output, reasoning, raw_usage IS NOT NULL,
                    cost, price, reserved, client_key, agent, started_at,
                    (SELECT session FROM calls WHERE calls.id = entries.call)
             FROM entries WHERE (call, number) > (?1, ?2) AND provider = ?3 AND model = ?4
               AND outcome IS NOT NULL AND input IS NOT NULL AND confidence <> 'reported'
             ORDER BY call, number LIMIT ?5",
        )?
        .query_map(
            (call, number, target.provider.as_str(), &target.model, PORTION),
            |row| {
                Ok(Row {
                    call: row.get(0)?,
                    number: row.get(1)?,
                    usage: Usage {
                        input: unsigned(row, 2)?,
                        cached_input: unsigned(row, 3)?,
                        cache_write: unsigned(row, 4)?,
                        output: unsigned(row, 5)?,
                        reasoning: unsigned(row, 6)?,
                    },
                    reported: row.get(7)?,
                    cost: row.get(8)?,
                    price: row.get(9)?,
                    reserved: row.get(10)?,
                    correction: Correction {
                        key: column::word_or_null(row, 11)?,
                        agent: column::word_or_null(row, 12)?,
                        session: column::word_or_null(row, 14)?,
                        started_at: Timestamp(row.get(13)?),
                        by: Money::ZERO,
                    },
                })
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    let text = price.map(column::to_json).transpose()?;
    let mut changed = 0;
    let mut corrections = Vec::new();
    for row in &rows {
        let cost = price.map(|price| price.cost(row.usage).micros());
        if row.cost == cost && row.price == text {
            continue;
        }
        changed += u64::from(row.cost != cost);
        let reserved = match cost {
            Some(_) => None,
            None => Some(fallback.cost(row.usage).micros()),
        };
        let counts = |cost: Option<i64>, reserved: Option<i64>| cost.or(reserved).unwrap_or(0);
        let by = Money(counts(cost, reserved) - counts(row.cost, row.reserved));
        if by != Money::ZERO {
            corrections.push(Correction {
                by,
                ..row.correction.clone()
            });
        }
        // what was unknown for want of a price is as good as its tokens now
        let counted = if row.reported { "computed" } else { "estimated" };
        conn.prepare_cached(
            "UPDATE entries SET cost = ?3, price = ?4, reserved = ?6,
                 confidence = CASE WHEN ?3 IS NULL THEN 'unknown'
                                   WHEN confidence = 'unknown' THEN ?5 ELSE confidence END
             WHERE call = ?1 AND number = ?2",
        )?
        .execute((&row.call, row.number, cost, &text, counted, reserved))?;
    }
    let full = i64::try_from(rows.len()).is_ok_and(|found| found == PORTION);
    let last = rows.into_iter().next_back().filter(|_| full);
    Ok(Repriced {
        changed,
        corrections,
        next: last.map(|row| (row.call, row.number)),
    })
}
