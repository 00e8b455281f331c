//! What became of the latest attempts, to tell how providers stand.

use domain::{Failure, FailureKind, Outcome, Target, Timestamp};
use rusqlite::{Connection, Row};

use crate::column::{self, unsigned_or_null};
use crate::failed;

/// An attempt that ended, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// Where it went.
    pub target: Target,
    /// When it began.
    pub started_at: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it failed.
    pub failure: Option<String>,
    /// Microseconds to its first token.
    pub first_token_us: Option<u64>,
}

/// The newest attempts that ended, the newest first: `entries_by_start` is walked from its end.
///
/// # Errors
/// Storage failures.
pub fn recent(conn: &Connection, most: usize) -> Result<Vec<Recent>, Failure> {
    conn.prepare_cached(
        "SELECT provider, model, started_at, outcome, failure, failure_text, first_token_us
         FROM entries WHERE outcome IS NOT NULL ORDER BY started_at DESC LIMIT ?1",
    )
    .and_then(|mut s| {
        s.query_map([i64::try_from(most).unwrap_or(i64::MAX)], from_row)?
            .collect()
    })
    .map_err(failed)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Recent> {
    let kind = column::parsed_or_null(row, 4, FailureKind::parse)?;
    Ok(Recent {
        target: Target {
            provider: column::word(row, 0)?,
            model: row.get(1)?,
        },
        started_at: Timestamp(row.get(2)?),
        outcome: column::parsed(row, 3, |text| super::outcome(text, kind))?,
        failure: row.get(5)?,
        first_token_us: unsigned_or_null(row, 6)?,
    })
}
