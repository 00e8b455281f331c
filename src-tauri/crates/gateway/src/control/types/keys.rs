//! Client keys.

use domain::{Budget, BudgetPeriod, ClientKey, Money, Rates, StorePolicy, Timestamp, ToolCap};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Names a client key by id, or by name where only one has it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct KeyName {
    /// `ck_…` or a name.
    pub key: String,
}

/// A new client key.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct NewClientKey {
    /// The program it is for.
    pub name: String,
    /// An emoji or a short word.
    pub icon: Option<String>,
    /// Agents it may use, by slug or id; empty: all.
    pub agents: Vec<String>,
    /// Whether it may name `provider/model`.
    pub raw_models: bool,
    /// The agent that answers when a call names no model.
    pub default_agent: Option<String>,
    /// The agent that answers for unknown models.
    pub catch_all: Option<String>,
    /// Model names that stand for agents: name, agent.
    pub aliases: Vec<(String, String)>,
    /// Web origins that may use it.
    pub origins: Vec<String>,
    /// Spending caps in micro-dollars, at most one for each span.
    pub budgets: Vec<Budget>,
    /// The most that one session of it may cost, in micro-dollars.
    pub session_budget: Option<Money>,
    /// How often it may ask.
    #[serde(flatten)]
    pub rates: Rates,
    /// Ends after so many seconds.
    pub expires_in: Option<u64>,
    /// Whether agents use no tool of their own for it.
    pub no_tools: bool,
    /// The most that agents may do with a tool for it; never more than their own rules say.
    pub tool_caps: Vec<ToolCap>,
    /// How much is kept.
    pub store: StorePolicy,
}

/// Changes to a client key; what is absent stays. They hold from the next request on, and close the streams that
/// they do not allow any more.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct UpdateClientKey {
    /// Which: `ck_…` or a name.
    pub key: String,
    /// See [`NewClientKey`].
    pub name: Option<String>,
    /// See [`NewClientKey`]; an empty text means none.
    pub icon: Option<String>,
    /// See [`NewClientKey`]; an empty list means all.
    pub agents: Option<Vec<String>>,
    /// See [`NewClientKey`].
    pub raw_models: Option<bool>,
    /// See [`NewClientKey`]; an empty text means none.
    pub default_agent: Option<String>,
    /// See [`NewClientKey`]; an empty text means none.
    pub catch_all: Option<String>,
    /// See [`NewClientKey`]; replaces all.
    pub aliases: Option<Vec<(String, String)>>,
    /// See [`NewClientKey`]; replaces all.
    pub origins: Option<Vec<String>>,
    /// See [`NewClientKey`]; replaces all.
    pub budgets: Option<Vec<Budget>>,
    /// See [`NewClientKey`]; a negative amount means none.
    pub session_budget: Option<Money>,
    /// See [`NewClientKey`]; 0 means no limit.
    #[serde(flatten)]
    pub rates: Rates,
    /// Ends after so many seconds from now; 0 means never.
    pub expires_in: Option<u64>,
    /// See [`NewClientKey`].
    pub no_tools: Option<bool>,
    /// See [`NewClientKey`]; replaces all.
    pub tool_caps: Option<Vec<ToolCap>>,
    /// See [`NewClientKey`].
    pub store: Option<StorePolicy>,
}

/// A client key that was just made.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CreatedClientKey {
    /// Its id.
    pub id: String,
    /// The secret, shown this once.
    pub secret: String,
    /// What is kept of it.
    pub key: ClientKeyView,
}

/// How a budget stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BudgetStanding {
    /// The most to spend.
    pub cap: Money,
    /// In which span.
    pub per: BudgetPeriod,
    /// Spent in the span, calls of unknown cost by what was set aside for them.
    pub spent: Money,
    /// Set aside for calls that run.
    pub held: Money,
    /// What is left for new calls.
    pub left: Money,
    /// When the span began.
    pub since: Timestamp,
    /// When it ends; absent: never.
    pub until: Option<Timestamp>,
}

/// A client key and what it has used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ClientKeyView {
    /// The key.
    #[serde(flatten)]
    pub key: ClientKey,
    /// Slugs of the agents it may use; empty: all.
    pub agent_slugs: Vec<String>,
    /// Spent ever, as far as costs are known.
    pub spent: Money,
    /// Attempts whose cost is unknown and not in `spent`, those that still run included.
    pub unknown_cost: u64,
    /// How each of its budgets stands, in their order.
    pub standing: Vec<BudgetStanding>,
}
