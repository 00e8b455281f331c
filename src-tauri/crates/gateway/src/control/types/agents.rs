//! Agents.

use domain::AgentDraft;
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
