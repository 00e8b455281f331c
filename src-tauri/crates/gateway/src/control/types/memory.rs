//! What agents remember, for the people whose agents they are.

use domain::{Memory, MemoryId, MemoryKind, MemoryScope};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks what an agent remembers.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct ListMemories {
    /// The agent: its slug or its id.
    pub agent: String,
    /// Only what the calls of this one may hear of; absent: of everybody.
    #[serde(default)]
    pub scope: Option<MemoryScope>,
    /// What was forgotten and can be brought back, instead.
    #[serde(default)]
    pub forgotten: Option<bool>,
    /// At most so many; absent: 500.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// A memory as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MemoryView {
    /// The memory.
    #[serde(flatten)]
    pub memory: Memory,
    /// The name of the client key whose it is.
    pub client: Option<String>,
}

/// Something for an agent to remember.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct AddMemory {
    /// The agent: its slug or its id.
    pub agent: String,
    /// What.
    pub text: String,
    /// What kind of thing it is; absent: a fact.
    #[serde(default)]
    pub kind: Option<MemoryKind>,
    /// Whose calls may hear of it; absent: those of the window and of the command line.
    #[serde(default)]
    pub scope: Option<MemoryScope>,
}

/// Changes a memory; what is absent stays.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct EditMemory {
    /// Which.
    pub memory: MemoryId,
    /// What it says from now on.
    #[serde(default)]
    pub text: Option<String>,
    /// Whose calls may hear of it from now on.
    #[serde(default)]
    pub scope: Option<MemoryScope>,
}

/// What is to be forgotten: one memory, or all of an agent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct ForgetMemory {
    /// This one.
    pub memory: Option<MemoryId>,
    /// All of this agent: its slug or its id.
    pub agent: Option<String>,
}

/// Names a memory.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct MemoryName {
    /// `me_…`.
    pub memory: MemoryId,
}
