//! Tokens and cost, summed.

use domain::{AgentId, ClientKeyId, Failure, Money, Timestamp, Usage};
use store::table;
use store::table::entries::GroupBy;

use super::{Caller, SummariseUsage, UsageBy, UsageRow, UsageSummary};
use crate::Engine;

pub(super) async fn summary(
    engine: &Engine,
    _: Caller,
    args: SummariseUsage,
) -> Result<UsageSummary, Failure> {
    engine.store().flush().await?;
    let since = args.since.unwrap_or(Timestamp(0));
    let until = args.until.unwrap_or(Timestamp(i64::MAX));
    let by = match args.by {
        UsageBy::Day => GroupBy::Day,
        UsageBy::Agent => GroupBy::Agent,
        UsageBy::Model => GroupBy::Model,
        UsageBy::Key => GroupBy::Key,
        UsageBy::Provider => GroupBy::Provider,
    };
    let (found, agents, keys) = engine
        .store()
        .read(move |conn| {
            let found = table::entries::totals(conn, by, since, until)?;
            let mut agents = table::agents::list(conn)?;
            agents.extend(table::agents::list_deleted(conn)?);
            Ok((found, agents, table::client_keys::list(conn)?))
        })
        .await?;
    let name = |group: Option<String>| match (args.by, group) {
        (UsageBy::Agent, Some(id)) => AgentId::parse(&id)
            .and_then(|id| agents.iter().find(|agent| agent.id == id))
            .map_or(id, |agent| agent.draft.slug.to_string()),
        (UsageBy::Agent, None) => "raw models".to_owned(),
        (UsageBy::Key, Some(id)) => ClientKeyId::parse(&id)
            .and_then(|id| keys.iter().find(|key| key.id == id))
            .map_or(id, |key| key.name.clone()),
        (UsageBy::Key, None) => "Inglenook".to_owned(),
        (UsageBy::Day | UsageBy::Model | UsageBy::Provider, group) => group.unwrap_or_default(),
    };
    let mut rows: Vec<UsageRow> = found
        .into_iter()
        .map(|row| UsageRow {
            group: name(row.group),
            calls: row.calls,
            failed: row.failed,
            usage: row.usage,
            cost: row.cost,
            reported_cost: row.reported_cost,
            unknown_cost: row.unknown_cost,
        })
        .collect();
    if args.by == UsageBy::Day {
        rows.reverse();
    }
    let zero = UsageRow {
        group: "total".to_owned(),
        calls: 0,
        failed: 0,
        usage: Usage::default(),
        cost: Money::ZERO,
        reported_cost: Money::ZERO,
        unknown_cost: 0,
    };
    let total = rows.iter().fold(zero, |sum, row| UsageRow {
        group: sum.group,
        calls: sum.calls + row.calls,
        failed: sum.failed + row.failed,
        usage: sum.usage + row.usage,
        cost: sum.cost + row.cost,
        reported_cost: sum.reported_cost + row.reported_cost,
        unknown_cost: sum.unknown_cost + row.unknown_cost,
    });
    Ok(UsageSummary { rows, total })
}
