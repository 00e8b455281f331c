//! Whether an attempt's call was counted before: in the total, in a group, on a group's day.
//!
//! Almost every attempt is its call's first and needs no looking back. Of the others, the earlier attempts of the
//! span are read; a call that went from one provider to another is one call in each of both.

use domain::Timestamp;
use rusqlite::{CachedStatement, Connection, Row};

use super::{DAY, text};
use crate::table::entries::usage::GroupBy;

/// Where a call counts for the first time.
#[derive(Clone, Copy)]
pub(super) struct New {
    pub in_total: bool,
    pub in_group: bool,
    pub in_cell: bool,
}

/// Looks back within a span of time.
pub(super) struct Earlier<'a> {
    statement: CachedStatement<'a>,
    from: i64,
    to: i64,
}

impl<'a> Earlier<'a> {
    pub(super) fn new(conn: &'a Connection, from: Timestamp, to: Timestamp) -> rusqlite::Result<Self> {
        let statement = conn.prepare_cached(
            "SELECT started_at, provider, model FROM entries
             WHERE call = ?1 AND number < ?2 AND outcome IS NOT NULL AND started_at >= ?3 AND started_at < ?4",
        )?;
        Ok(Self {
            statement,
            from: from.millis(),
            to: to.millis(),
        })
    }

    /// Where the call of this attempt is new.
    pub(super) fn look(&mut self, row: &Row<'_>, by: GroupBy) -> rusqlite::Result<New> {
        let mut new = New {
            in_total: true,
            in_group: true,
            in_cell: true,
        };
        let number: i64 = row.get(15)?;
        if number == 1 {
            return Ok(new);
        }
        let day = row.get::<_, i64>(0)?.div_euclid(DAY);
        let (provider, model) = (text(row, 18)?, text(row, 19)?);
        let mut rows = self
            .statement
            .query((text(row, 14)?, number, self.from, self.to))?;
        while let Some(other) = rows.next()? {
            let alike = match by {
                GroupBy::Day | GroupBy::Agent | GroupBy::Key | GroupBy::Client => true,
                GroupBy::Provider => text(other, 1)? == provider,
                GroupBy::Model => text(other, 1)? == provider && text(other, 2)? == model,
            };
            new.in_total = false;
            new.in_group &= !alike;
            new.in_cell &= !(alike && other.get::<_, i64>(0)?.div_euclid(DAY) == day);
        }
        Ok(new)
    }
}
