//! Sums over the ledger in one pass: by group, by day and group, with speeds and failures.
//!
//! Every figure that people compare comes from the same rows of the same state of the database, so they cannot
//! disagree. SQLite would sort a million rows for each `GROUP BY`; the index `entries_sums` holds all that is
//! asked for, in the order of time, and adding up here takes a pass over it and no sorting. A call that was
//! tried several times is one call, in a group and in the total: attempts after the first look back for it.

mod earlier;
mod speed;

use std::collections::{BTreeMap, HashMap};

use domain::{Failure, FailureKind, Money, Timestamp, Usage};
use rusqlite::{Connection, OptionalExtension, Row};

pub use speed::{Quantiles, Speed};

use super::UsageRow;
use super::usage::GroupBy;
use crate::column::{self, unsigned_or_null};
use crate::failed;
use crate::table::calls::first_id;

use earlier::{Earlier, New};
use speed::Times;

/// Milliseconds of a day, which begins at midnight in UTC.
const DAY: i64 = 86_400_000;

/// Usage of a span of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What each group used, the most expensive first; days, the oldest first.
    pub groups: Vec<Group>,
    /// What each group used on each day, the oldest day first. By day there is nothing to tell apart: each day
    /// has the one cell of its group.
    pub cells: Vec<Cell>,
    /// All together; a call counts once, however many groups it reached.
    pub total: UsageRow,
    /// How fast answers were.
    pub speed: Speed,
    /// Why attempts failed, and calls before their first, the most frequent first.
    pub failures: Vec<(FailureKind, u64)>,
}

/// What one group used, and how fast it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The sums.
    pub row: UsageRow,
    /// The speed.
    pub speed: Speed,
}

/// What one group used on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The day in UTC, written `2026-11-22`.
    pub day: String,
    /// The group's place among the groups.
    pub group: usize,
    /// The sums; its `group` is `None`.
    pub row: UsageRow,
}

/// Usage of the attempts that began in `from <= t < to` and have ended.
///
/// # Errors
/// Storage failures.
pub fn series(conn: &Connection, by: GroupBy, from: Timestamp, to: Timestamp) -> Result<Series, Failure> {
    let mut gathered = Gathered::default();
    walk(conn, by, from, to, &mut gathered).map_err(failed)?;
    refused(conn, from, to, &mut gathered.failures).map_err(failed)?;
    gathered.finish(conn, by).map_err(failed)
}

fn walk(
    conn: &Connection,
    by: GroupBy,
    from: Timestamp,
    to: Timestamp,
    gathered: &mut Gathered,
) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT started_at, outcome, failure, input, cached_input, cache_write, output, reasoning, cost,
                confidence = 'reported', sent_us, first_token_us, last_token_us, total_us,
                call, number, agent, client_key, provider, model
         FROM entries WHERE started_at >= ?1 AND started_at < ?2 AND outcome IS NOT NULL",
    )?;
    let mut rows = statement.query((from.millis(), to.millis()))?;
    let mut earlier = Earlier::new(conn, from, to)?;
    let mut name = String::new();
    while let Some(row) = rows.next()? {
        let new = earlier.look(row, by)?;
        let named = group_of(conn, by, row, &mut name)?;
        let group = gathered.group(named.then_some(name.as_str()));
        gathered.add(row, group, new)?;
    }
    Ok(())
}

/// Puts the name of an attempt's group into `name`; false for the group without a name.
fn group_of(conn: &Connection, by: GroupBy, row: &Row<'_>, name: &mut String) -> rusqlite::Result<bool> {
    name.clear();
    let column = match by {
        GroupBy::Day => return Ok(false),
        GroupBy::Agent => text(row, 16)?,
        GroupBy::Key => text(row, 17)?,
        GroupBy::Provider => text(row, 18)?,
        GroupBy::Model => {
            name.push_str(text(row, 18)?.unwrap_or_default());
            name.push('/');
            text(row, 19)?
        }
        // the one grouping that the ledger does not repeat
        GroupBy::Client => {
            if text(row, 17)?.is_none() {
                return Ok(false);
            }
            let agent: Option<Option<String>> = conn
                .prepare_cached("SELECT user_agent FROM calls WHERE id = ?1")?
                .query_row([text(row, 14)?], |row| row.get(0))
                .optional()?;
            name.push_str(program(agent.flatten().as_deref().unwrap_or_default()));
            return Ok(true);
        }
    };
    name.push_str(column.unwrap_or_default());
    Ok(column.is_some())
}

fn text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<Option<&'a str>> {
    let value = row.get_ref(column)?.as_str_or_null();
    value.map_err(|_| rusqlite::Error::InvalidQuery)
}

/// Calls that failed before their first attempt have no row in the ledger.
fn refused(
    conn: &Connection,
    from: Timestamp,
    to: Timestamp,
    failures: &mut BTreeMap<&'static str, (FailureKind, u64)>,
) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT failure, repeats FROM calls INDEXED BY calls_refused
         WHERE failure IS NOT NULL AND id >= ?1 AND id < ?2",
    )?;
    // an id has room for 48 bits of milliseconds, which end in the year 10889
    let end = Timestamp(to.millis().min(0xffff_ffff_ffff));
    let mut rows = statement.query((first_id(from), first_id(end)))?;
    while let Some(row) = rows.next()? {
        let like_it: u64 = row.get::<_, u32>(1)?.into();
        count(failures, column::parsed(row, 0, FailureKind::parse)?, 1 + like_it);
    }
    Ok(())
}

fn count(failures: &mut BTreeMap<&'static str, (FailureKind, u64)>, kind: FailureKind, times: u64) {
    failures.entry(kind.as_str()).or_insert((kind, 0)).1 += times;
}

/// What a program calls itself, without its version: `OpenAI/Python 2.8.1` is `OpenAI/Python`.
fn program(user_agent: &str) -> &str {
    let end = user_agent
        .char_indices()
        .zip(user_agent.chars().skip(1))
        .find(|((_, c), next)| match c {
            '/' => next.is_ascii_digit() || *next == 'v',
            ' ' => true,
            _ => false,
        })
        .map_or(user_agent.len(), |((at, _), _)| at);
    user_agent.get(..end).unwrap_or(user_agent).trim_end_matches('/')
}

/// Sums while the rows are read.
#[derive(Default)]
struct Gathered {
    places: HashMap<String, usize>,
    nameless: Option<usize>,
    names: Vec<Option<String>>,
    groups: Vec<(UsageRow, Times)>,
    cells: BTreeMap<(i64, usize), UsageRow>,
    total: UsageRow,
    times: Times,
    failures: BTreeMap<&'static str, (FailureKind, u64)>,
}

impl Gathered {
    /// The place of a group.
    fn group(&mut self, name: Option<&str>) -> usize {
        let known = match name {
            Some(name) => self.places.get(name).copied(),
            None => self.nameless,
        };
        if let Some(place) = known {
            return place;
        }
        let place = self.groups.len();
        match name {
            Some(name) => {
                self.places.insert(name.to_owned(), place);
            }
            None => self.nameless = Some(place),
        }
        self.names.push(name.map(str::to_owned));
        self.groups.push(Default::default());
        place
    }

    fn add(&mut self, row: &Row<'_>, group: usize, new: New) -> rusqlite::Result<()> {
        let outcome = row.get_ref(1)?;
        let succeeded = outcome.as_str() == Ok("succeeded");
        let count_of = |at| Ok::<_, rusqlite::Error>(unsigned_or_null(row, at)?.unwrap_or(0));
        let usage = Usage {
            input: count_of(3)?,
            cached_input: count_of(4)?,
            cache_write: count_of(5)?,
            output: count_of(6)?,
            reasoning: count_of(7)?,
        };
        let cost = row.get::<_, Option<i64>>(8)?.map(Money);
        let reported = row.get::<_, Option<bool>>(9)?.unwrap_or_default();
        let one = |new: bool| UsageRow {
            group: None,
            calls: u64::from(new),
            attempts: 1,
            failed: u64::from(outcome.as_str() == Ok("failed")),
            usage,
            cost: cost.unwrap_or_default(),
            reported_cost: cost.filter(|_| reported).unwrap_or_default(),
            unknown_cost: u64::from(cost.is_none()),
        };
        if let Some(kind) = column::parsed_or_null(row, 2, FailureKind::parse)? {
            count(&mut self.failures, kind, 1);
        }
        let day = row.get::<_, i64>(0)?.div_euclid(DAY);
        let cell = one(new.in_cell);
        add(self.cells.entry((day, group)).or_default(), &cell);
        add(&mut self.total, &one(new.in_total));
        if let Some((sum, times)) = self.groups.get_mut(group) {
            add(sum, &one(new.in_group));
            if succeeded {
                let answer = speed::answer(row)?;
                times.add(answer);
                self.times.add(answer);
            }
        }
        Ok(())
    }

    fn finish(self, conn: &Connection, by: GroupBy) -> rusqlite::Result<Series> {
        let mut failures: Vec<_> = self.failures.into_values().collect();
        failures.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut groups: Vec<(usize, Group)> = Vec::with_capacity(self.groups.len());
        for (place, ((mut row, times), name)) in self.groups.into_iter().zip(self.names).enumerate() {
            row.group = name;
            groups.push((
                place,
                Group {
                    row,
                    speed: times.speed(),
                },
            ));
        }
        groups.sort_by(|(_, one), (_, other)| {
            let order = |group: &Group| std::cmp::Reverse((group.row.cost, group.row.attempts));
            order(one)
                .cmp(&order(other))
                .then_with(|| one.row.group.cmp(&other.row.group))
        });
        let mut place_of = vec![0; groups.len()];
        for (now, (before, _)) in groups.iter().enumerate() {
            if let Some(place) = place_of.get_mut(*before) {
                *place = now;
            }
        }
        let mut cells: Vec<Cell> = self
            .cells
            .into_iter()
            .map(|((day, group), row)| {
                Ok(Cell {
                    day: date(conn, day)?,
                    group: place_of.get(group).copied().unwrap_or_default(),
                    row,
                })
            })
            .collect::<rusqlite::Result<_>>()?;
        let mut groups: Vec<Group> = groups.into_iter().map(|(_, group)| group).collect();
        if by == GroupBy::Day {
            groups = cells.iter_mut().enumerate().map(by_day).collect();
        }
        Ok(Series {
            groups,
            cells,
            total: self.total,
            speed: self.times.speed(),
            failures,
        })
    }
}

/// A day is its own group.
fn by_day((place, cell): (usize, &mut Cell)) -> Group {
    cell.group = place;
    Group {
        row: UsageRow {
            group: Some(cell.day.clone()),
            ..cell.row.clone()
        },
        speed: Speed::default(),
    }
}

fn add(sum: &mut UsageRow, one: &UsageRow) {
    sum.calls += one.calls;
    sum.attempts += one.attempts;
    sum.failed += one.failed;
    sum.usage = sum.usage + one.usage;
    sum.cost = sum.cost + one.cost;
    sum.reported_cost = sum.reported_cost + one.reported_cost;
    sum.unknown_cost += one.unknown_cost;
}

/// A day since the epoch as a date.
fn date(conn: &Connection, day: i64) -> rusqlite::Result<String> {
    conn.prepare_cached("SELECT date(?1 * 86400, 'unixepoch')")?
        .query_row([day], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_without_their_versions() {
        for (said, expected) in [
            ("OpenAI/Python 2.8.1", "OpenAI/Python"),
            ("claude-cli/1.0.98 (external, cli)", "claude-cli"),
            ("Zed/0.199.1 (linux; x86_64)", "Zed"),
            ("curl/8.5.0", "curl"),
            ("opencode/v1.2", "opencode"),
            ("x", "x"),
            ("", ""),
        ] {
            assert_eq!(program(said), expected);
        }
    }
}
