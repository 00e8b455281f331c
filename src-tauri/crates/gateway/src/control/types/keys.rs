//! Client keys.

use domain::{BudgetPeriod, ClientKey, Money, StorePolicy};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Names a client key by id, or by name where only one has it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct KeyName {
    /// `ck_…` or a name.
    pub key: String,
}

/// A new client key.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct NewClientKey {
    /// The program it is for.
    pub name: String,
    /// Agents it may use, by slug or id; empty: all.
    #[serde(default)]
    pub agents: Vec<String>,
    /// Whether it may name `provider/model`.
    #[serde(default)]
    pub raw_models: bool,
    /// The agent that answers for unknown models.
    #[serde(default)]
    pub catch_all: Option<String>,
    /// Model names that stand for agents: name, agent.
    #[serde(default)]
    pub aliases: Vec<(String, String)>,
    /// Web origins that may use it.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Spending cap in micro-dollars.
    #[serde(default)]
    pub budget: Option<Money>,
    /// Its span; absent: total.
    #[serde(default)]
    pub per: Option<BudgetPeriod>,
    /// Requests a minute.
    #[serde(default)]
    pub rpm: Option<u32>,
    /// Tokens a minute.
    #[serde(default)]
    pub tpm: Option<u32>,
    /// Calls at once.
    #[serde(default)]
    pub concurrency: Option<u32>,
    /// Ends after so many seconds.
    #[serde(default)]
    pub expires_in: Option<u64>,
    /// How much is kept.
    #[serde(default)]
    pub store: StorePolicy,
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

/// A client key and what it has used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ClientKeyView {
    /// The key.
    #[serde(flatten)]
    pub key: ClientKey,
    /// Slugs of the agents it may use; empty: all.
    pub agent_slugs: Vec<String>,
    /// Spent in its budget's span, or ever.
    pub spent: Money,
}
