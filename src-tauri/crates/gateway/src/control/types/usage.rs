//! Tokens and cost, summed.

use domain::{AgentId, ClientKeyId, FailureKind, Money, Timestamp, Usage};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::BudgetStanding;

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
    /// A row a program, by what it calls itself; the window and the command line are one row.
    Client,
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
    /// `2026-11-22`, a slug, a target, a key's name, or a program's.
    pub group: String,
    /// What names the group for good: an agent's id or a key's, else as `group`; absent for calls without an
    /// agent, a key or a program, and for the total.
    #[serde(default)]
    pub id: Option<String>,
    /// Calls.
    pub calls: u64,
    /// Attempts that failed; more than calls may, where a fallback answered. One that was stopped is none.
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

/// The middle value, and the one that one in twenty exceeds; each was really there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct QuantilesView {
    /// Half are at most this.
    pub p50: f64,
    /// Nineteen of twenty are at most this.
    pub p95: f64,
}

/// How fast answers were that succeeded; absent where nobody could tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct SpeedView {
    /// Milliseconds from the call's arrival to the first token.
    pub first_token_ms: Option<QuantilesView>,
    /// Milliseconds from the call's arrival to the end.
    pub total_ms: Option<QuantilesView>,
    /// Tokens written a second; half were at least as fast as `p50` says.
    pub tokens_per_second: Option<QuantilesView>,
}

/// One group's usage and speed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct UsageGroup {
    /// The sums.
    #[serde(flatten)]
    pub row: UsageRow,
    /// The speed.
    pub speed: SpeedView,
}

/// What one group used on one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct UsageCell {
    /// The day in UTC: `2026-11-22`.
    pub day: String,
    /// The group's place in the list of groups.
    pub group: usize,
    /// Tokens.
    pub usage: Usage,
    /// Known cost.
    pub cost: Money,
    /// Attempts whose cost is unknown and not in `cost`.
    pub unknown_cost: u64,
    /// Calls.
    pub calls: u64,
}

/// How often attempts, or calls before their first, failed in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FailureCount {
    /// The way.
    pub kind: FailureKind,
    /// How often.
    pub count: u64,
}

/// Usage of a span of time, all from one state of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct UsageReport {
    /// By group, the most expensive first.
    pub groups: Vec<UsageGroup>,
    /// By day and group, the oldest day first; days without usage are not there.
    pub cells: Vec<UsageCell>,
    /// All together; a call counts once, however many groups it reached.
    pub total: UsageRow,
    /// The speed of all.
    pub speed: SpeedView,
    /// The failures, the most frequent first.
    pub failures: Vec<FailureCount>,
}

/// Asks for comma-separated values.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct ExportUsage {
    /// Sums by this; absent: the ledger, row by row.
    #[serde(default)]
    pub by: Option<UsageBy>,
    /// From when; absent: ever.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Until before when; absent: now.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Go on where the part before ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// A part of a file of comma-separated values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UsageExport {
    /// Its lines, each with its end; the first part begins with the names of the columns.
    pub csv: String,
    /// Rows in it.
    pub rows: u64,
    /// Where the next part begins; `None` at the end.
    pub next: Option<String>,
}

/// Whose budget it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum BudgetOwner {
    /// Everything together.
    Everything,
    /// A client key's.
    Key {
        /// Its id.
        id: ClientKeyId,
        /// Its name.
        name: String,
    },
    /// An agent's.
    Agent {
        /// Its id.
        id: AgentId,
        /// Its slug.
        slug: String,
    },
}

/// A budget and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BudgetView {
    /// Whose it is.
    #[serde(flatten)]
    pub owner: BudgetOwner,
    /// How it stands.
    pub standing: BudgetStanding,
}
