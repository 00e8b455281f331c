//! What the commands of web search take and give.

use domain::{BaseUrl, SearchEngine};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::SecretText;

/// Chooses the engine that agents look things up with.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct SetWebSearch {
    /// Which one.
    pub engine: SearchEngine,
    /// Where it is; absent: where everybody's is.
    #[serde(default)]
    pub base_url: Option<BaseUrl>,
    /// Its key; absent: the one it has, as long as it stays at its origin.
    #[serde(default)]
    pub key: Option<SecretText>,
    /// Whether plain http may go beyond this machine.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub allow_http: bool,
}

/// Looks something up, to see whether it works.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct TryWebSearch {
    /// What to look for.
    pub text: String,
    /// At most so many results, up to 20; absent: 20.
    #[serde(default)]
    pub count: Option<u32>,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SearchResult {
    /// The page's title, on one line.
    pub title: String,
    /// Its address.
    pub url: String,
    /// Some of its text, on one line.
    pub excerpt: String,
}
