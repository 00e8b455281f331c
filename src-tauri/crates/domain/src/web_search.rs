//! Where agents look things up in the web: one engine for all of them, which a person has chosen.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::BaseUrl;

/// The engines whose answers can be read. A closed set: each has its own way of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SearchEngine {
    /// A SearXNG of one's own, at an address that one gives; without a key.
    Searxng,
    /// Brave Search, with a key.
    Brave,
    /// Tavily, with a key.
    Tavily,
}

impl SearchEngine {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Searxng, Self::Brave, Self::Tavily];

    /// What it is called on the command line and in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Searxng => "searxng",
            Self::Brave => "brave",
            Self::Tavily => "tavily",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Searxng => "SearXNG",
            Self::Brave => "Brave Search",
            Self::Tavily => "Tavily",
        }
    }

    /// Where it is; `None` for one that everybody has at another place.
    pub fn home(self) -> Option<&'static str> {
        match self {
            Self::Searxng => None,
            Self::Brave => Some("https://api.search.brave.com"),
            Self::Tavily => Some("https://api.tavily.com"),
        }
    }

    /// Whether it answers nobody without a key.
    pub fn needs_key(self) -> bool {
        match self {
            Self::Searxng => false,
            Self::Brave | Self::Tavily => true,
        }
    }
}

/// The engine that is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WebSearch {
    /// Which one.
    pub engine: SearchEngine,
    /// Where it is. Its key is bound to this origin (SEC-19).
    pub base_url: BaseUrl,
    /// The last characters of its key; absent: it has none.
    pub key_hint: Option<String>,
}
