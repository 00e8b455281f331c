//! Usage as comma-separated values: the sums as they are shown, or the ledger row by row.
//!
//! Amounts are exact decimal dollars, and an unknown one is an empty field, never a zero. The danger is a name
//! that a spreadsheet takes for a formula, since programs and keys are called whatever somebody liked.

use domain::{CallId, Entry, Failure, Money, Outcome, Timestamp};
use store::table::entries::{self, LedgerRow, Mark};

use super::usage::{self, Names};
use super::{Caller, ExportUsage, UsageBy, UsageExport, UsageRow};
use crate::Engine;

/// Rows of the ledger in one part.
const PART: u32 = 5_000;

const SUMS: &str = "group,calls,failed,input,cached_input,cache_write,output,reasoning,cost_usd,unknown_cost,reported_cost_usd\n";
const LEDGER: &str = "started_at,call,attempt,agent,key,provider,model,outcome,failure,input,cached_input,\
                      cache_write,output,reasoning,cost_usd,confidence,price_as_of,first_token_ms,total_ms,\
                      upstream_status\n";

pub(super) async fn export(engine: &Engine, _: Caller, args: ExportUsage) -> Result<UsageExport, Failure> {
    let span = usage::span(args.since, args.until);
    match args.by {
        Some(by) => sums(engine, by, span).await,
        None => ledger(engine, span, args.cursor.as_deref()).await,
    }
}

/// Without the total, which whoever reads it can add up.
async fn sums(engine: &Engine, by: UsageBy, span: (Timestamp, Timestamp)) -> Result<UsageExport, Failure> {
    let (series, names) = usage::read(engine, by, span).await?;
    let mut csv = SUMS.to_owned();
    let mut rows = 0;
    for group in series.groups {
        sum(&usage::row(&names, by, group.row), &mut csv);
        rows += 1;
    }
    Ok(UsageExport {
        csv,
        rows,
        next: None,
    })
}

fn sum(row: &UsageRow, csv: &mut String) {
    let tokens = row.usage;
    line(
        csv,
        &[
            quoted(&row.group),
            row.calls.to_string(),
            row.failed.to_string(),
            tokens.input.to_string(),
            tokens.cached_input.to_string(),
            tokens.cache_write.to_string(),
            tokens.output.to_string(),
            tokens.reasoning.to_string(),
            dollars(row.cost),
            row.unknown_cost.to_string(),
            dollars(row.reported_cost),
        ],
    );
}

async fn ledger(
    engine: &Engine,
    span: (Timestamp, Timestamp),
    cursor: Option<&str>,
) -> Result<UsageExport, Failure> {
    let mark = cursor.map(read_mark).transpose()?;
    let mut csv = if mark.is_none() {
        LEDGER.to_owned()
    } else {
        String::new()
    };
    engine.store().flush().await?;
    engine
        .store()
        .read(move |conn| {
            let names = Names::read(conn)?;
            let (rows, next) = entries::ledger(conn, span, mark.as_ref(), PART)?;
            for row in &rows {
                entry(&names, row, &mut csv);
            }
            Ok(UsageExport {
                csv,
                rows: u64::try_from(rows.len()).unwrap_or(u64::MAX),
                next: next.as_ref().map(write_mark),
            })
        })
        .await
}

fn entry(names: &Names, row: &LedgerRow, csv: &mut String) {
    let Entry {
        attempt,
        usage,
        timings,
        ..
    } = &row.entry;
    let (outcome, failure) = match row.entry.outcome {
        Outcome::Succeeded => ("succeeded", ""),
        Outcome::Cancelled => ("cancelled", ""),
        Outcome::Interrupted => ("interrupted", ""),
        Outcome::Failed { kind } => ("failed", kind.as_str()),
    };
    let tokens = |field: fn(&domain::Usage) -> u64| known(usage.as_ref().map(field));
    line(
        csv,
        &[
            time(row.started_at),
            attempt.call.to_string(),
            attempt.number.to_string(),
            row.agent
                .as_ref()
                .map(|id| quoted(&names.agent(id)))
                .unwrap_or_default(),
            row.client_key
                .as_ref()
                .map(|id| quoted(&names.key(id)))
                .unwrap_or_default(),
            quoted(attempt.target.provider.as_str()),
            quoted(&attempt.target.model),
            outcome.to_owned(),
            failure.to_owned(),
            tokens(|usage| usage.input),
            tokens(|usage| usage.cached_input),
            tokens(|usage| usage.cache_write),
            tokens(|usage| usage.output),
            tokens(|usage| usage.reasoning),
            row.entry.cost.map(dollars).unwrap_or_default(),
            row.entry.confidence.as_str().to_owned(),
            row.entry
                .price
                .as_ref()
                .map(|price| time(price.as_of))
                .unwrap_or_default(),
            known(timings.first_token_us.map(|us| us / 1000)),
            (timings.total_us / 1000).to_string(),
            known(row.entry.upstream_status),
        ],
    );
}

fn known(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Where to go on: when, which call, which attempt.
fn write_mark(mark: &Mark) -> String {
    format!("{}.{}.{}", mark.started_at.millis(), mark.call, mark.number)
}

fn read_mark(cursor: &str) -> Result<Mark, Failure> {
    let mut parts = cursor.splitn(3, '.');
    let mut part = || parts.next();
    let read = || {
        Some(Mark {
            started_at: Timestamp(part()?.parse().ok()?),
            call: CallId::parse(part()?)?,
            number: part()?.parse().ok()?,
        })
    };
    read_or_refuse(read)
}

fn read_or_refuse(read: impl FnOnce() -> Option<Mark>) -> Result<Mark, Failure> {
    read().ok_or_else(|| Failure::invalid("cursor", "The cursor is not one that an export has given."))
}

fn line(csv: &mut String, fields: &[String]) {
    csv.push_str(&fields.join(","));
    csv.push('\n');
}

/// `0.000480`: all six decimals, so that a column reads and adds up evenly.
fn dollars(amount: Money) -> String {
    let sign = if amount.micros() < 0 { "-" } else { "" };
    let micros = amount.micros().unsigned_abs();
    format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// In UTC, as ISO 8601 has it.
fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis()).map_or_else(|_| String::new(), |at| format!("{at:.3}"))
}

/// A field that may have anything in it. A spreadsheet runs what begins like a formula, so that is kept from
/// beginning so.
fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if formula {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_a_line_or_run_a_formula() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a,b \"c\""), "\"a,b \"\"c\"\"\"");
        assert_eq!(quoted("=HYPERLINK(1)"), "'=HYPERLINK(1)");
    }

    #[test]
    fn amounts_are_exact() {
        assert_eq!(dollars(Money(0)), "0.000000");
        assert_eq!(dollars(Money(1)), "0.000001");
        assert_eq!(dollars(Money(-12_345_678)), "-12.345678");
        assert_eq!(dollars(Money(i64::MAX)), "9223372036854.775807");
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for bad in ["", "1", "1.x.1", "x.y.z"] {
            assert!(read_mark(bad).is_err(), "{bad}");
        }
    }
}
