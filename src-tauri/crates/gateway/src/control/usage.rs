//! Tokens and cost, summed.

use domain::{Failure, Timestamp};
use store::table;
use store::table::entries::{self, GroupBy, Quantiles, Series, Speed};

use super::{
    Caller, FailureCount, QuantilesView, SpeedView, SummariseUsage, UsageBy, UsageCell, UsageGroup,
    UsageReport, UsageRow, UsageSummary,
};
use crate::Engine;

mod names;

pub(super) use names::Names;

pub(super) async fn summary(
    engine: &Engine,
    _: Caller,
    args: SummariseUsage,
) -> Result<UsageSummary, Failure> {
    let by = args.by;
    let (series, names) = read(engine, by, span(args.since, args.until)).await?;
    let mut rows: Vec<UsageRow> = series
        .groups
        .into_iter()
        .map(|group| row(&names, by, group.row))
        .collect();
    if by == UsageBy::Day {
        rows.reverse();
    }
    let total = total(series.total);
    Ok(UsageSummary { rows, total })
}

pub(super) async fn report(engine: &Engine, _: Caller, args: SummariseUsage) -> Result<UsageReport, Failure> {
    let (series, names) = read(engine, args.by, span(args.since, args.until)).await?;
    let group = |group: entries::Group| UsageGroup {
        row: row(&names, args.by, group.row),
        speed: speed(group.speed),
    };
    let cell = |cell: entries::Cell| UsageCell {
        day: cell.day,
        group: cell.group,
        usage: cell.row.usage,
        cost: cell.row.cost,
        unknown_cost: cell.row.unknown_cost,
        calls: cell.row.calls,
    };
    Ok(UsageReport {
        groups: series.groups.into_iter().map(group).collect(),
        cells: series.cells.into_iter().map(cell).collect(),
        total: total(series.total),
        speed: speed(series.speed),
        failures: series
            .failures
            .into_iter()
            .map(|(kind, count)| FailureCount { kind, count })
            .collect(),
    })
}

/// The span that is asked about.
pub(super) fn span(since: Option<Timestamp>, until: Option<Timestamp>) -> (Timestamp, Timestamp) {
    (
        since.unwrap_or(Timestamp(0)),
        until.unwrap_or(Timestamp(i64::MAX)),
    )
}

/// The sums, and what the groups are called.
pub(super) async fn read(
    engine: &Engine,
    by: UsageBy,
    (since, until): (Timestamp, Timestamp),
) -> Result<(Series, Names), Failure> {
    engine.store().flush().await?;
    let by = match by {
        UsageBy::Day => GroupBy::Day,
        UsageBy::Agent => GroupBy::Agent,
        UsageBy::Model => GroupBy::Model,
        UsageBy::Key => GroupBy::Key,
        UsageBy::Provider => GroupBy::Provider,
        UsageBy::Client => GroupBy::Client,
    };
    engine
        .store()
        .read(move |conn| {
            Ok((
                table::entries::series(conn, by, since, until)?,
                Names::read(conn)?,
            ))
        })
        .await
}

/// A group's sums under its name.
pub(super) fn row(names: &Names, by: UsageBy, row: entries::UsageRow) -> UsageRow {
    UsageRow {
        group: names.group(by, row.group.as_deref()),
        id: row.group,
        calls: row.calls,
        failed: row.failed,
        usage: row.usage,
        cost: row.cost,
        reported_cost: row.reported_cost,
        unknown_cost: row.unknown_cost,
    }
}

fn total(row: entries::UsageRow) -> UsageRow {
    UsageRow {
        group: "total".to_owned(),
        id: None,
        calls: row.calls,
        failed: row.failed,
        usage: row.usage,
        cost: row.cost,
        reported_cost: row.reported_cost,
        unknown_cost: row.unknown_cost,
    }
}

fn speed(speed: Speed) -> SpeedView {
    let thousandths = |found: Quantiles| QuantilesView {
        p50: thousandth(found.p50),
        p95: thousandth(found.p95),
    };
    SpeedView {
        first_token_ms: speed.first_token_us.map(thousandths),
        total_ms: speed.total_us.map(thousandths),
        tokens_per_second: speed.tokens.map(thousandths),
    }
}

/// Beyond 49 days in microseconds nothing is told apart any more.
fn thousandth(value: u64) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX)) / 1000.0
}
