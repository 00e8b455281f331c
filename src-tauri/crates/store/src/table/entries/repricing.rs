//! Corrects the past: what attempts cost at another price.
//!
//! The tokens of an attempt do not change, so its cost is computed anew by the one function that computed it
//! first. What the provider itself said an attempt cost stays. History can be long and the writer is
//! everyone's, so it is walked in portions.

use domain::{Failure, Price, Target, Usage};
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
    /// Where to go on; `None` when all is done.
    pub next: Option<(String, u32)>,
}

struct Row {
    call: String,
    number: u32,
    usage: Usage,
    reported: bool,
    cost: Option<i64>,
    price: Option<String>,
}

/// Gives a portion of a target's entries the price, or none, and goes on from `after`.
///
/// # Errors
/// Storage failures.
pub fn reprice(
    conn: &Connection,
    target: &Target,
    price: Option<&Price>,
    after: Option<&(String, u32)>,
) -> Result<Repriced, Failure> {
    walk(conn, target, price, after).map_err(failed)
}

fn walk(
    conn: &Connection,
    target: &Target,
    price: Option<&Price>,
    after: Option<&(String, u32)>,
) -> rusqlite::Result<Repriced> {
    let (call, number) = after.map_or(("", 0), |(call, number)| (call.as_str(), *number));
    let rows: Vec<Row> = conn
        .prepare_cached(
            "SELECT call, number, input, cached_input, cache_write, output, reasoning, raw_usage IS NOT NULL,
                    cost, price
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
                })
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    let text = price.map(column::to_json).transpose()?;
    let mut changed = 0;
    for row in &rows {
        let cost = price.map(|price| price.cost(row.usage).micros());
        if row.cost == cost && row.price == text {
            continue;
        }
        changed += u64::from(row.cost != cost);
        // what was unknown for want of a price is as good as its tokens now
        let counted = if row.reported { "computed" } else { "estimated" };
        conn.prepare_cached(
            "UPDATE entries SET cost = ?3, price = ?4,
                 confidence = CASE WHEN ?3 IS NULL THEN 'unknown'
                                   WHEN confidence = 'unknown' THEN ?5 ELSE confidence END
             WHERE call = ?1 AND number = ?2",
        )?
        .execute((&row.call, row.number, cost, &text, counted))?;
    }
    let full = i64::try_from(rows.len()).is_ok_and(|found| found == PORTION);
    let last = rows.into_iter().next_back().filter(|_| full);
    Ok(Repriced {
        changed,
        next: last.map(|row| (row.call, row.number)),
    })
}
