//! What models cost, as the user wrote it down.

use domain::{Money, Price, Target};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A price of the user's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OwnPrice {
    /// Of which model.
    pub target: Target,
    /// What it costs.
    pub price: Price,
}

/// Writes a price down: dollars for a million tokens.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct SetPrice {
    /// Of which model.
    pub target: Target,
    /// For tokens read.
    pub input: Money,
    /// For tokens read from the provider's cache; absent: as `input`.
    #[serde(default)]
    pub cached_input: Option<Money>,
    /// For tokens written to the provider's cache; absent: as `input`.
    #[serde(default)]
    pub cache_write: Option<Money>,
    /// For tokens written.
    pub output: Money,
}

/// Names a model.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct PriceName {
    /// `provider/model`.
    pub target: Target,
}

/// What holds now, and what that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PriceChanged {
    /// Of which model.
    pub target: Target,
    /// What it costs now; `None` when nobody knows.
    pub price: Option<Price>,
    /// Entries of the ledger that cost something else now.
    pub repriced: u64,
}
