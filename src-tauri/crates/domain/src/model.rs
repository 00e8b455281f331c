//! Models as a provider lists them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Price;

/// What a model can do; `None` where the provider does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Abilities {
    /// It calls tools.
    pub tools: Option<bool>,
    /// It reads images.
    pub images: Option<bool>,
    /// It thinks before it answers.
    pub reasoning: Option<bool>,
}

/// A model of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Model {
    /// The provider's name for it.
    pub id: String,
    /// Context window in tokens.
    pub context: Option<u64>,
    /// Most tokens it writes.
    pub max_output: Option<u64>,
    /// What it can do.
    pub abilities: Abilities,
    /// What it costs; `None` is unknown, never free.
    pub price: Option<Price>,
}
