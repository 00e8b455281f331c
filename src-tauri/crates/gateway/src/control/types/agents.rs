//! Agents.

use domain::{AgentDraft, Applied, Target, Wire};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Names an agent by slug or id.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AgentName {
    /// `reviewer` or `ag_…`.
    pub agent: String,
}

/// Changes an agent.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct UpdateAgent {
    /// `reviewer` or `ag_…`.
    pub agent: String,
    /// What it becomes.
    pub draft: AgentDraft,
    /// The revision that was edited; a newer one meanwhile is a conflict. Absent: do not look.
    #[serde(default)]
    pub revision: Option<u32>,
}

/// Makes an old revision the newest again.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RollbackAgent {
    /// `reviewer` or `ag_…`.
    pub agent: String,
    /// Which revision.
    pub revision: u32,
}

/// Asks what both doors would send for one input.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CompareDoors {
    /// `reviewer`, `reviewer@3` or `ag_…`.
    pub agent: String,
    /// What is said.
    pub text: String,
    /// What a program adds: the body of a chat completion as JSON text. The text goes after its messages.
    #[serde(default)]
    pub request: Option<String>,
    /// The client key that the program uses; absent: one that may use everything.
    #[serde(default)]
    pub key: Option<String>,
}

/// What both doors would send. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct DoorsCompared {
    /// Whether both are the same.
    pub equal: bool,
    /// Where they are not.
    pub differences: Vec<Difference>,
    /// From the window.
    pub window: WouldSend,
    /// From the endpoint.
    pub endpoint: WouldSend,
}

/// A request that would leave for a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct WouldSend {
    /// Where it would go.
    pub target: Target,
    /// The provider's wire.
    pub wire: Wire,
    /// The path under the provider's base URL.
    pub path: String,
    /// The body, JSON.
    pub body: String,
    /// What the merge contract decided.
    pub applied: Vec<Applied>,
}

/// A place where two requests differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Difference {
    /// A JSON pointer to it, through `target`, `wire`, `path` and `body`.
    pub path: String,
    /// What the window has there, as JSON; `None` is nothing.
    pub window: Option<String>,
    /// What the endpoint has there, as JSON; `None` is nothing.
    pub endpoint: Option<String>,
}
