//! `inglenook usage`

use domain::{Failure, Timestamp};
use gateway::control::{ExportUsage, SummariseUsage, UsageBy, UsageExport, UsageRow, UsageSummary};

use super::door::Door;
use super::{Resolved, output, times};

/// Tokens and cost, summed.
#[derive(clap::Args)]
pub(crate) struct Usage {
    /// Grouped by what; days are UTC's.
    #[arg(long, value_name = "day|agent|model|key|provider|client", value_parser = by, default_value = "day")]
    by: UsageBy,
    /// From when: 2026-11-01, a time, or 7d for the last week.
    #[arg(long, visible_alias = "from", value_name = "WHEN", value_parser = times::moment)]
    since: Option<Timestamp>,
    /// Until before when.
    #[arg(long, visible_alias = "to", value_name = "WHEN", value_parser = times::moment)]
    until: Option<Timestamp>,
    /// As comma-separated values; costs are exact dollars.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// The ledger itself, an attempt a line, instead of sums.
    #[arg(long, requires = "csv", conflicts_with = "by")]
    ledger: bool,
}

fn by(text: &str) -> Result<UsageBy, String> {
    Ok(match text {
        "day" => UsageBy::Day,
        "agent" => UsageBy::Agent,
        "model" => UsageBy::Model,
        "key" => UsageBy::Key,
        "provider" => UsageBy::Provider,
        "client" => UsageBy::Client,
        _ => return Err("usage is grouped by day, agent, model, key, provider or client".to_owned()),
    })
}

pub(super) async fn run(args: Usage, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let told = match args.csv {
        true => export(&mut door, &args).await,
        false => summary(&mut door, &args, options.json).await,
    };
    door.close().await;
    told
}

async fn summary(door: &mut Door, args: &Usage, json: bool) -> Result<(), Failure> {
    let wanted = SummariseUsage {
        by: args.by,
        since: args.since,
        until: args.until,
    };
    let summary: UsageSummary = door.run("usage.summary", &wanted).await?;
    output::print(json, &summary, columns)
}

/// The ledger comes in parts, however long it is.
async fn export(door: &mut Door, args: &Usage) -> Result<(), Failure> {
    let mut wanted = ExportUsage {
        by: (!args.ledger).then_some(args.by),
        since: args.since,
        until: args.until,
        cursor: None,
    };
    loop {
        let part: UsageExport = door.run("usage.export", &wanted).await?;
        output::piece(&part.csv);
        if part.next.is_none() {
            return Ok(());
        }
        wanted.cursor = part.next;
    }
}

fn columns(summary: &UsageSummary) -> String {
    let row = |row: &UsageRow| {
        let cost = output::sum(row.cost, row.unknown_cost);
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
