//! Agents.

use domain::{AgentDraft, Applied, CallId, MessageId, SessionId, Slug, Target, Timestamp, Wire};
use serde::{Deserialize, Deserializer, Serialize, de};
use ts_rs::TS;

use super::FailureView;

/// Names an agent by slug or id.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct AgentName {
    /// `reviewer` or `ag_…`.
    pub agent: String,
}

/// A new agent.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct NewAgent(#[serde(deserialize_with = "nothing_else")] pub AgentDraft);

/// Changes an agent.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct UpdateAgent {
    /// `reviewer` or `ag_…`.
    pub agent: String,
    /// What it becomes.
    #[serde(deserialize_with = "nothing_else")]
    pub draft: AgentDraft,
    /// The revision that was edited; a newer one meanwhile is a conflict. Absent: do not look.
    #[serde(default)]
    pub revision: Option<u32>,
}

/// Makes an old revision the newest again.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RollbackAgent {
    /// `reviewer` or `ag_…`.
    pub agent: String,
    /// Which revision.
    pub revision: u32,
}

/// Saves a draft beside what clients have of an agent.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct SaveDraft {
    /// `reviewer` or `ag_…`. Absent: an agent that is not there yet, and is not until it is published.
    #[serde(default)]
    pub agent: Option<String>,
    /// What it will be.
    #[serde(deserialize_with = "nothing_else")]
    pub draft: AgentDraft,
    /// The revision that it was begun from. Absent: that of the draft before, or else the newest.
    #[serde(default)]
    pub based_on: Option<u32>,
    /// When the draft was saved that was edited; another one meanwhile is a conflict. Absent: do not look.
    #[serde(default)]
    pub edited: Option<Timestamp>,
}

/// Makes an agent's draft its next revision.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct PublishAgent {
    /// `reviewer` or `ag_…`.
    pub agent: String,
    /// What is published instead of what was saved. Absent: the draft as it was saved.
    #[serde(default)]
    pub draft: Option<NewAgent>,
    /// The revision that was looked at last. Absent: the one that the draft was begun from.
    #[serde(default)]
    pub based_on: Option<u32>,
    /// Also when the agent has another revision than that by now. Absent: that is a conflict.
    #[serde(default)]
    pub overwrite: Option<bool>,
}

/// Asks for an agent's file.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct ExportAgent {
    /// `reviewer` or `ag_…`.
    pub agent: String,
    /// Its saved draft instead of what clients have.
    #[serde(default)]
    pub draft: Option<bool>,
}

/// What an agent says besides its draft. Whoever read one may give all of it back, changed.
const OF_AN_AGENT: [&str; 4] = ["id", "revision", "created_at", "updated_at"];

/// A draft without fields that nobody knows. The type itself reads past them, because drafts are stored and a newer
/// version may have written more into one; what a person wrote just now and nobody reads is a mistake.
fn nothing_else<'de, D: Deserializer<'de>>(reader: D) -> Result<AgentDraft, D::Error> {
    let mut unknown: Option<String> = None;
    let draft = serde_ignored::deserialize(reader, |path| {
        let path = path.to_string();
        if !OF_AN_AGENT.contains(&path.as_str()) {
            unknown.get_or_insert(path);
        }
    })?;
    match unknown {
        Some(name) => Err(de::Error::custom(format_args!("unknown field `{name}`"))),
        None => Ok(draft),
    }
}

/// Asks what both doors would send for one input.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
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

/// An agent as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct AgentFile {
    /// What the file may be called.
    pub name: String,
    /// TOML.
    pub text: String,
}

/// Asks what an agent's file says.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ReadAgentFile {
    /// TOML, or JSON.
    pub text: String,
}

/// Makes agents of several files, or changes those of their slugs.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ImportAgents {
    /// The files.
    pub files: Vec<AgentFile>,
    /// What becomes of agents that are there already and differ.
    #[serde(default)]
    pub existing: Existing,
    /// Nothing is written.
    #[serde(default)]
    pub dry_run: bool,
}

/// What becomes of an agent that is there already when a file says something else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Existing {
    /// Nothing is written at all.
    #[default]
    Fail,
    /// It stays as it is.
    Skip,
    /// The file is its new revision.
    Update,
}

/// What became of several files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AgentsImported {
    /// Whether anything was written: not in a dry run, and not when one file is wrong.
    pub written: bool,
    /// Each file, in the order in which they came.
    pub files: Vec<AgentImported>,
}

/// What became of a file, or would.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AgentImported {
    /// The file's name.
    pub file: String,
    /// The agent's slug, where it could be read.
    pub slug: Option<Slug>,
    /// What becomes of it.
    pub becomes: AgentImport,
    /// The agent's revision afterwards.
    pub revision: Option<u32>,
    /// What is wrong with it.
    pub failure: Option<FailureView>,
}

/// What becomes of an agent's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AgentImport {
    /// A new agent.
    Created,
    /// A new revision of the agent of its slug.
    Updated,
    /// The agent says the same already.
    Unchanged,
    /// The agent stays as it is.
    Skipped,
    /// Nothing: it is no agent, or not one that may be here.
    Failed,
}

/// Says something to an agent that is not saved yet.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct TryAgent {
    /// The agent that the draft would change: its budgets hold. Absent: one that is not there yet.
    #[serde(default)]
    pub agent: Option<String>,
    /// The agent as it is so far.
    #[serde(deserialize_with = "nothing_else")]
    pub draft: AgentDraft,
    /// What was said so far; the last is the user's.
    pub messages: Vec<TryMessage>,
}

/// Something said in a trial.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct TryMessage {
    /// By whom.
    pub by: TrySpeaker,
    /// What.
    pub text: String,
}

/// Who speaks in a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TrySpeaker {
    /// The person.
    User,
    /// The agent.
    Agent,
}

/// A trial's answer has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TryStarted {
    /// What the notices call it, and what stops it; nothing is stored under this name.
    pub session: SessionId,
    /// The answer.
    pub answer: MessageId,
    /// The call.
    pub call: CallId,
}

/// Asks how long a text is.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct EstimateTokens {
    /// The text.
    pub text: String,
}

/// About how long a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TokenEstimate {
    /// Tokens, by our own estimate: each model counts in its own way.
    pub tokens: u64,
}
