//! Tokens and cost, summed.

use domain::{Money, Timestamp, Usage};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How usage is grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UsageBy {
    /// A row a day, in UTC.
    Day,
    /// A row an agent.
    Agent,
    /// A row a target.
    Model,
    /// A row a client key; the window is one row.
    Key,
    /// A row a provider.
    Provider,
}

/// Asks for usage.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct SummariseUsage {
    /// Grouped by what.
    pub by: UsageBy,
    /// From when; absent: ever.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Until before when; absent: now.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// Usage, summed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct UsageSummary {
    /// A row a group, the largest or the newest first.
    pub rows: Vec<UsageRow>,
    /// All together.
    pub total: UsageRow,
}

/// One group's usage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct UsageRow {
    /// `2026-11-22`, a slug, a target, or a key's name.
    pub group: String,
    /// Calls.
    pub calls: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Tokens.
    pub usage: Usage,
    /// Known cost.
    pub cost: Money,
    /// The part of `cost` that providers said themselves; the rest comes of tokens and prices.
    pub reported_cost: Money,
    /// Attempts whose cost is unknown and not in `cost`.
    pub unknown_cost: u64,
}
