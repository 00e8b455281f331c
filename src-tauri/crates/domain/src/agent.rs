//! Agents: what clients name in `model`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    AgentFolder, AgentId, Budget, Compaction, Failure, Grant, Icon, MemoryRules, ProviderId, Rates,
    RunLimits, Slug, Timeouts, Timestamp,
};

/// A provider and a model of it, written `provider/model`; the model may itself hold slashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct Target {
    /// The provider.
    pub provider: ProviderId,
    /// The model in the provider's spelling.
    pub model: Box<str>,
}

impl Target {
    /// Reads `provider/model`.
    ///
    /// # Errors
    /// [`crate::FailureKind::InvalidRequest`] when it is not of that form.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || {
            Failure::invalid(
                "model",
                "A target is written PROVIDER/MODEL, for example openai/gpt-4o-mini.",
            )
        };
        let (provider, model) = text.split_once('/').ok_or_else(wrong)?;
        let provider = Slug::new(provider).map_err(|_| wrong())?;
        if model.is_empty() || model.len() > 256 || model.chars().any(char::is_control) {
            return Err(wrong());
        }
        Ok(Self {
            provider,
            model: model.into(),
        })
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

impl TryFrom<String> for Target {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        Self::parse(&text)
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

/// Sampling and length. `None` means "not said": the next one in line decides
/// (caller, then agent, then provider).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Params {
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// Most tokens to write, reasoning included.
    pub max_output_tokens: Option<u64>,
    /// Up to four sequences that end the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// For repeatable sampling where the provider has it.
    pub seed: Option<i64>,
    /// How many answers, 1 to 128.
    pub n: Option<u32>,
    /// -2 to 2.
    pub presence_penalty: Option<f64>,
    /// -2 to 2.
    pub frequency_penalty: Option<f64>,
    /// Whether log probabilities are wanted.
    pub logprobs: Option<bool>,
    /// How many alternatives each, 0 to 20.
    pub top_logprobs: Option<u32>,
    /// Whether the model may ask for several tools at once.
    pub parallel_tool_calls: Option<bool>,
    /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`.
    pub reasoning_effort: Option<String>,
    /// Most tokens to think, for wires that count them; 0 turns thinking off.
    pub reasoning_tokens: Option<u64>,
    /// Sample among this many likeliest tokens.
    pub top_k: Option<u64>,
}

impl Params {
    /// The names of all parameters.
    pub const NAMES: [&str; 14] = [
        "temperature",
        "top_p",
        "max_output_tokens",
        "stop",
        "seed",
        "n",
        "presence_penalty",
        "frequency_penalty",
        "logprobs",
        "top_logprobs",
        "parallel_tool_calls",
        "reasoning_effort",
        "reasoning_tokens",
        "top_k",
    ];
}

/// What happens to the caller's system and developer messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum InstructionsMerge {
    /// The agent's first, the caller's after.
    #[default]
    Append,
    /// The caller's instead of the agent's, where the caller has any.
    Replace,
    /// The caller's are left out.
    Ignore,
}

/// What happens to the caller's tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ToolsMerge {
    /// Both.
    #[default]
    Merge,
    /// The caller's alone.
    CallerOnly,
    /// The agent's alone.
    AgentOnly,
}

/// Whether marks are set that tell a provider what to cache, for wires that want to be told (W-165).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum CacheMarks {
    /// Those of the caller only.
    #[default]
    Off,
    /// Also at the end of the agent's instructions and of the last thing the user said.
    Automatic,
}

/// What a person writes to make or change an agent; also the content of `agent.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AgentDraft {
    /// The name clients use.
    pub slug: Slug,
    /// The name people read.
    pub name: String,
    /// What it is for, in a sentence or two: programs that offer it as a tool show this to their models. Never told to its
    /// own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[ts(as = "Option<String>", optional)]
    pub description: String,
    /// How it is drawn.
    #[serde(default, skip_serializing_if = "Icon::is_plain")]
    #[ts(as = "Option<Icon>", optional)]
    pub icon: Icon,
    /// What the agent is told before every conversation.
    #[serde(default)]
    pub instructions: String,
    /// Where its answers come from.
    pub target: Target,
    /// Where they come from when the target fails before its first byte.
    #[serde(default)]
    pub fallbacks: Vec<Target>,
    /// The agent's parameters; a caller's own win unless they are locked.
    #[serde(default)]
    pub params: Params,
    /// Names of parameters that a caller cannot change (`temperature`, `max_output_tokens`, ...).
    #[serde(default)]
    pub locked: Vec<String>,
    /// What happens to the caller's instructions.
    #[serde(default)]
    pub instructions_merge: InstructionsMerge,
    /// What happens to the caller's tools.
    #[serde(default)]
    pub tools_merge: ToolsMerge,
    /// What its providers are told to cache.
    #[serde(default)]
    pub cache: CacheMarks,
    /// Spending caps, at most one a span, for everyone who uses it together, the window included.
    #[serde(default, alias = "budget", deserialize_with = "one_or_several")]
    pub budgets: Vec<Budget>,
    /// How often it may be asked, by everyone together.
    #[serde(default)]
    pub limits: Rates,
    /// How long its targets are waited for, whatever their providers say.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// What it may use besides its model.
    #[serde(default)]
    pub tools: Vec<Grant>,
    /// Whether its model has to use a tool before it answers, where the caller says nothing of that. For models that
    /// would rather guess, or cannot decide by themselves.
    #[serde(default)]
    pub tool_first: bool,
    /// How far one call may go with that.
    #[serde(default)]
    pub run: RunLimits,
    /// Where its tools for files may go, and nowhere else.
    #[serde(default)]
    pub folders: Vec<AgentFolder>,
    /// The names of the collections that it looks things up in.
    #[serde(default)]
    pub knowledge: Vec<Slug>,
    /// What it remembers from one conversation to the next.
    #[serde(default)]
    pub memory: MemoryRules,
    /// How its conversations are kept within its model's window.
    #[serde(default, skip_serializing_if = "Compaction::is_default")]
    #[ts(as = "Option<Compaction>", optional)]
    pub compaction: Compaction,
}

/// Files and revisions from before there could be several hold one cap, or none.
fn one_or_several<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Budget>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Budgets {
        Several(Vec<Budget>),
        One(Budget),
        None(()),
    }
    Ok(match Budgets::deserialize(deserializer)? {
        Budgets::Several(several) => several,
        Budgets::One(one) => vec![one],
        Budgets::None(()) => Vec::new(),
    })
}

/// An agent: the newest revision of its draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Agent {
    /// Never changes.
    pub id: AgentId,
    /// Counts up from 1 with every change.
    pub revision: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When this revision was made.
    pub updated_at: Timestamp,
    /// What it is.
    #[serde(flatten)]
    pub draft: AgentDraft,
}

/// One state of an agent in its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AgentRevision {
    /// Its number.
    pub revision: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// What the agent was.
    pub draft: AgentDraft,
}

/// A draft that is saved beside what clients have of its agent, or before they have anything of it. Nobody is answered
/// by it until it is published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SavedDraft {
    /// The agent; one that was never published has its id already.
    pub agent: AgentId,
    /// The revision that it was begun from; `None`: the agent was never published.
    pub based_on: Option<u32>,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// What the agent will be.
    pub draft: AgentDraft,
}

/// What a client wrote in `model`, taken apart: `reviewer`, `reviewer@3`, `ag_…`, `ag_…@3` or `provider/model`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentRef {
    /// By id.
    Id(AgentId, Option<u32>),
    /// By slug.
    Slug(Slug, Option<u32>),
    /// A raw model.
    Raw(Target),
}

impl AgentRef {
    /// Takes a `model` apart; `None` when it can be no agent and no target.
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains('/') {
            return Target::parse(text).ok().map(Self::Raw);
        }
        let (name, revision) = match text.split_once('@') {
            Some((name, digits)) => (name, Some(digits.parse().ok()?)),
            None => (text, None),
        };
        match AgentId::parse(name) {
            Some(id) => Some(Self::Id(id, revision)),
            None => Slug::new(name).ok().map(|slug| Self::Slug(slug, revision)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_taken_apart() {
        let slug = |s| Slug::new(s).ok();
        assert_eq!(
            AgentRef::parse("reviewer"),
            slug("reviewer").map(|s| AgentRef::Slug(s, None))
        );
        assert_eq!(
            AgentRef::parse("reviewer@3"),
            slug("reviewer").map(|s| AgentRef::Slug(s, Some(3)))
        );
        assert_eq!(
            AgentRef::parse("ag_1f@2"),
            AgentId::parse("ag_1f").map(|id| AgentRef::Id(id, Some(2)))
        );
        let raw = Target::parse("openrouter/meta/llama:free")
            .ok()
            .map(AgentRef::Raw);
        assert!(raw.is_some());
        assert_eq!(AgentRef::parse("openrouter/meta/llama:free"), raw);
        for bad in ["", "@3", "reviewer@", "reviewer@x", "Re viewer", "/m", "p/"] {
            assert_eq!(AgentRef::parse(bad), None, "{bad}");
        }
    }
}
