//! `inglenook usage`

use domain::{Failure, Timestamp};
use gateway::control::{SummariseUsage, UsageBy, UsageRow, UsageSummary};

use super::door::Door;
use super::{Resolved, output, times};

/// Tokens and cost, summed.
#[derive(clap::Args)]
pub(crate) struct Usage {
    /// Grouped by what; days are UTC's.
    #[arg(long, value_name = "day|agent|model|key|provider", value_parser = by, default_value = "day")]
    by: UsageBy,
    /// From when: 2026-11-01, a time, or 7d for the last week.
    #[arg(long, value_name = "WHEN", value_parser = times::moment)]
    since: Option<Timestamp>,
    /// Until before when.
    #[arg(long, value_name = "WHEN", value_parser = times::moment)]
    until: Option<Timestamp>,
    /// As comma-separated values; costs are in micro-dollars.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

fn by(text: &str) -> Result<UsageBy, String> {
    Ok(match text {
        "day" => UsageBy::Day,
        "agent" => UsageBy::Agent,
        "model" => UsageBy::Model,
        "key" => UsageBy::Key,
        "provider" => UsageBy::Provider,
        _ => return Err("usage is grouped by day, agent, model, key or provider".to_owned()),
    })
}

pub(super) async fn run(args: Usage, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let wanted = SummariseUsage {
        by: args.by,
        since: args.since,
        until: args.until,
    };
    let summary = door.run::<UsageSummary>("usage.summary", &wanted).await;
    door.close().await;
    let human = if args.csv { csv } else { columns };
    output::print(options.json, &summary?, human)
}

fn columns(summary: &UsageSummary) -> String {
    let row = |row: &UsageRow| {
        // what nobody knows is not nothing
        let cost = match (row.cost.micros(), row.unknown_cost) {
            (_, 0) => row.cost.to_string(),
            (0, unknown) => format!("{unknown} unknown"),
            (_, unknown) => format!("{} + {unknown} unknown", row.cost),
        };
        vec![
            row.group.clone(),
            row.calls.to_string(),
            row.failed.to_string(),
            row.usage.input.to_string(),
            row.usage.output.to_string(),
            cost,
            row.reported_cost.to_string(),
        ]
    };
    let rows: Vec<_> = summary.rows.iter().chain([&summary.total]).map(row).collect();
    output::table(
        &[
            "",
            "CALLS",
            "FAILED",
            "TOKENS IN",
            "TOKENS OUT",
            "COST",
            "REPORTED",
        ],
        &rows,
    )
}

const CSV_HEAD: &str = "group,calls,failed,input,cached_input,cache_write,output,reasoning,cost_micros,unknown_cost,reported_cost_micros";

/// Without the total, which whoever reads it can add up.
fn csv(summary: &UsageSummary) -> String {
    let mut text = CSV_HEAD.to_owned();
    for row in &summary.rows {
        let usage = row.usage;
        let numbers = [
            row.calls,
            row.failed,
            usage.input,
            usage.cached_input,
            usage.cache_write,
            usage.output,
            usage.reasoning,
        ]
        .map(|number| number.to_string());
        text.push_str(&format!(
            "\n{},{},{},{},{}",
            quoted(&row.group),
            numbers.join(","),
            row.cost.micros(),
            row.unknown_cost,
            row.reported_cost.micros()
        ));
    }
    text
}

/// A field of a comma-separated line, which names of keys may be anything in. A spreadsheet runs what begins
/// like a formula, so that is kept from beginning so.
fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t']);
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
}
