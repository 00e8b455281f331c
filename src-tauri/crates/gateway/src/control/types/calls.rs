//! Calls in lists and in full.

use domain::{Call, CallId, Confidence, Entry, Money, Outcome, SessionId, Target, Usage};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for calls.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct ListCalls {
    /// Go on where the page before ended.
    pub cursor: Option<String>,
    /// At most so many; absent: 50.
    pub limit: Option<u32>,
    /// Only those of this session.
    pub session: Option<SessionId>,
}

/// A page of calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CallPage {
    /// Newest first.
    pub calls: Vec<CallRow>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// A call in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CallRow {
    /// The call.
    #[serde(flatten)]
    pub call: Call,
    /// The agent's slug.
    pub agent_slug: Option<String>,
    /// The client key's name.
    pub client: Option<String>,
    /// How its last attempt ended; `None` while it runs.
    pub outcome: Option<Outcome>,
    /// What was said of its failure.
    pub failure: Option<String>,
    /// Where the answer came from.
    pub target: Option<Target>,
    /// Tokens of all attempts.
    pub usage: Option<Usage>,
    /// Cost of all attempts; `None` is unknown.
    pub cost: Option<Money>,
    /// Milliseconds to the first token of the last attempt.
    pub first_token_ms: Option<u64>,
    /// Milliseconds in all.
    pub total_ms: Option<u64>,
    /// Where the cost comes from.
    pub confidence: Confidence,
}

/// Names a call.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CallName {
    /// `ca_…`.
    pub call: CallId,
}

/// A call in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CallView {
    /// The call.
    #[serde(flatten)]
    pub row: CallRow,
    /// Its ledger entries.
    pub entries: Vec<Entry>,
    /// The request that went to the provider, as JSON text, without secrets.
    pub upstream_request: Option<String>,
}
