//! Limits: how much may be spent, and how often and how much at once may be asked.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Money;

/// The span after which a budget starts anew, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BudgetPeriod {
    /// Midnight to midnight.
    Day,
    /// Monday to Monday.
    Week,
    /// The first to the first.
    Month,
    /// Never.
    Total,
}

impl BudgetPeriod {
    /// In words, after an amount: `a day`.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Day => "a day",
            Self::Week => "a week",
            Self::Month => "a month",
            Self::Total => "in total",
        }
    }
}

/// A spending cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Budget {
    /// The most to spend.
    pub cap: Money,
    /// In which span.
    pub per: BudgetPeriod,
}

impl std::fmt::Display for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.cap, self.per.in_words())
    }
}

/// How often, and how much at once; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Rates {
    /// Requests a minute.
    pub rpm: Option<u32>,
    /// Requests an hour.
    pub rph: Option<u32>,
    /// Requests a day.
    pub rpd: Option<u32>,
    /// Tokens a minute, read and written.
    pub tpm: Option<u32>,
    /// Calls at once.
    pub concurrency: Option<u32>,
}

impl Rates {
    /// Each limit with its name.
    pub const fn named(&self) -> [(&'static str, Option<u32>); 5] {
        [
            ("rpm", self.rpm),
            ("rph", self.rph),
            ("rpd", self.rpd),
            ("tpm", self.tpm),
            ("concurrency", self.concurrency),
        ]
    }
}
