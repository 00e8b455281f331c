//! A run step by step, and what one that was gone through again asked of the record.

use domain::{CallId, Confidence, Money, Outcome, Permit, StopReason, Target, Timestamp, Usage, UseState};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A call, step by step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CallSteps {
    /// The call.
    pub call: CallId,
    /// In the order in which they happened.
    pub steps: Vec<RunStep>,
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunStep {
    /// A model was asked.
    Model(ModelStep),
    /// A tool of the agent was asked for.
    Tool(ToolStep),
}

/// A question to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ModelStep {
    /// Which attempt of the call.
    pub number: u32,
    /// Who was asked.
    pub target: Target,
    /// How it ended.
    pub outcome: Outcome,
    /// What was said of its failure.
    pub failure: Option<String>,
    /// Why it ended.
    pub finish: Option<StopReason>,
    /// What it thought, as far as that was said and kept.
    pub reasoning: String,
    /// What it said, as far as that is kept.
    pub text: String,
    /// Tokens.
    pub usage: Option<Usage>,
    /// Cost; `None` is unknown.
    pub cost: Option<Money>,
    /// Where the cost comes from.
    pub confidence: Confidence,
    /// Milliseconds from its sending to its end.
    pub took_ms: u64,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// A use of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ToolStep {
    /// Counts from 1 within the call.
    pub number: u32,
    /// The tool, as in grants.
    pub tool: String,
    /// JSON text of the model; empty where it was not kept.
    pub arguments: String,
    /// By what it was run, or not.
    pub permit: Permit,
    /// What became of it.
    pub state: UseState,
    /// What it gave; `None` where it was not kept.
    pub result: Option<String>,
    /// Milliseconds that a person was waited for; `None` where none was.
    pub waited_ms: Option<u64>,
    /// Milliseconds that it took; `None` where it did not run.
    pub took_ms: Option<u64>,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

/// A tool that was asked for in a run that went through the record again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecordedUse {
    /// The tool, as the model called it.
    pub tool: String,
    /// JSON text of the model.
    pub arguments: String,
    /// Whether the record had an answer; the run ends at the first that has none.
    pub known: bool,
}
