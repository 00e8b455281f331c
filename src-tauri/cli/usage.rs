//! `inglenook usage`

use domain::Failure;
use gateway::control::{SummariseUsage, UsageBy, UsageRow, UsageSummary};

use super::door::Door;
use super::{Resolved, output};

/// Tokens and cost, summed.
#[derive(clap::Args)]
pub(crate) struct Usage {
    /// Grouped by what.
    #[arg(long, value_name = "day|agent|model|key", value_parser = by, default_value = "day")]
    by: UsageBy,
}

fn by(text: &str) -> Result<UsageBy, String> {
    Ok(match text {
        "day" => UsageBy::Day,
        "agent" => UsageBy::Agent,
        "model" => UsageBy::Model,
        "key" => UsageBy::Key,
        _ => return Err("usage is grouped by day, agent, model or key".to_owned()),
    })
}

pub(super) async fn run(args: Usage, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let summary = door
        .run::<UsageSummary>(
            "usage.summary",
            &SummariseUsage {
                by: args.by,
                since: None,
            },
        )
        .await;
    door.close().await;
    output::print(options.json, &summary?, |summary| {
        let row = |row: &UsageRow| {
            let unknown = if row.unknown_cost > 0 {
                format!(" + {} unknown", row.unknown_cost)
            } else {
                String::new()
            };
            vec![
                row.group.clone(),
                row.calls.to_string(),
                row.failed.to_string(),
                row.usage.input.to_string(),
                row.usage.output.to_string(),
                format!("{}{unknown}", row.cost),
            ]
        };
        let rows: Vec<_> = summary.rows.iter().chain([&summary.total]).map(row).collect();
        output::table(&["", "CALLS", "FAILED", "TOKENS IN", "TOKENS OUT", "COST"], &rows)
    })
}
