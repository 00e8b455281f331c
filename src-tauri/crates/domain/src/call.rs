//! Calls and the ledger: what was asked, of whom, with what outcome and at what cost.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    AgentId, CallId, ClientKeyId, EntryId, FailureKind, Money, Price, RawJson, SessionId, StopReason, Target,
    Timestamp, Usage, Wire,
};

/// Who called.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum CallSource {
    /// The window.
    Window,
    /// The command line.
    CommandLine,
    /// A program with this client key.
    Client {
        /// The key.
        key: ClientKeyId,
    },
}

/// One decision of the merge contract, in short: `instructions=append`, `temperature=caller`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Applied {
    /// What it is about.
    pub what: String,
    /// What was done.
    pub how: String,
}

/// One request that a client or the window made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Call {
    /// Its id; also the `x-request-id` of the response.
    pub id: CallId,
    /// The conversation it belongs to; `None` where the key's policy keeps none.
    pub session: Option<SessionId>,
    /// Who called.
    pub source: CallSource,
    /// The agent that answered; `None` for a raw model.
    pub agent: Option<AgentId>,
    /// Its revision.
    pub revision: Option<u32>,
    /// What the client wrote in `model`.
    pub requested_model: String,
    /// The route in words: `POST /v1/chat/completions`, `window`, `command line`.
    pub route: String,
    /// The client's protocol; `None` for the window.
    pub wire: Option<Wire>,
    /// Whether the answer was streamed.
    pub stream: bool,
    /// What the merge contract decided.
    pub applied: Vec<Applied>,
    /// What the program calls itself (`OpenAI/Python 2.8.1`); unchecked, and `None` where nothing is kept.
    #[serde(default)]
    pub user_agent: Option<String>,
    /// The call whose request this one sent again.
    #[serde(default)]
    pub replay_of: Option<CallId>,
    /// When it arrived.
    pub started_at: Timestamp,
}

/// What a piece of an answer was, in an answer's timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The provider accepted and began.
    Started,
    /// Text, or fields of text.
    Text,
    /// Reasoning, its seals included.
    Reasoning,
    /// A refusal.
    Refusal,
    /// A tool call, with its arguments.
    ToolCall,
    /// A part that came as a whole, or fields that nobody modelled.
    Part,
    /// A choice was complete.
    Finished,
    /// Tokens.
    Usage,
}

impl StepKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Started,
        Self::Text,
        Self::Reasoning,
        Self::Refusal,
        Self::ToolCall,
        Self::Part,
        Self::Finished,
        Self::Usage,
    ];

    /// The kind as it stands in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Text => "text",
            Self::Reasoning => "reasoning",
            Self::Refusal => "refusal",
            Self::ToolCall => "tool_call",
            Self::Part => "part",
            Self::Finished => "finished",
            Self::Usage => "usage",
        }
    }

    /// Reads [`StepKind::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A step of an answer as it came: when, what and how much, never what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Step {
    /// Microseconds after the call arrived, of its first piece.
    pub at_us: u64,
    /// What it was.
    pub kind: StepKind,
    /// Bytes of what was said.
    pub bytes: u64,
    /// Pieces that came as this step: more than one where they came together, or where a long answer is
    /// told in larger steps.
    pub pieces: u32,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Answered.
    Succeeded,
    /// The caller left or pressed stop.
    Cancelled,
    /// Failed.
    Failed {
        /// How.
        kind: FailureKind,
    },
    /// The process ended first; found at the next start.
    Interrupted,
}

/// Where an entry's cost comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The provider said what it cost.
    Reported,
    /// Computed from reported tokens and a known price.
    Computed,
    /// Computed from our own count of tokens.
    Estimated,
    /// Tokens or price are unknown; the cost counts as unknown, never as zero.
    Unknown,
}

impl Confidence {
    /// The confidence as it stands in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Computed => "computed",
            Self::Estimated => "estimated",
            Self::Unknown => "unknown",
        }
    }

    /// Reads [`Confidence::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Reported, Self::Computed, Self::Estimated, Self::Unknown]
            .into_iter()
            .find(|c| c.as_str() == text)
    }
}

/// Where the time went, in microseconds since the call arrived; `None` where it never got that far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Timings {
    /// The upstream request left: what came before is our own queue.
    pub sent_us: Option<u64>,
    /// How long connecting took, not since the arrival; `None` on a connection that was there.
    #[serde(default)]
    pub connect_us: Option<u64>,
    /// The provider's status line came.
    #[serde(default)]
    pub accepted_us: Option<u64>,
    /// The provider's first byte of an answer.
    pub first_token_us: Option<u64>,
    /// The last piece of the answer.
    #[serde(default)]
    pub last_token_us: Option<u64>,
    /// The end.
    pub total_us: u64,
}

/// What one attempt is about, known before it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Attempt {
    /// Its id.
    pub id: EntryId,
    /// The call it serves.
    pub call: CallId,
    /// Counts from 1 within the call.
    pub number: u32,
    /// Where it went.
    pub target: Target,
}

/// A ledger row: one upstream attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Entry {
    /// What the attempt was.
    #[serde(flatten)]
    pub attempt: Attempt,
    /// How it ended.
    pub outcome: Outcome,
    /// What was said of its failure, without secrets.
    pub failure: Option<String>,
    /// The HTTP status that the provider refused it with, when it got that far.
    #[serde(default)]
    pub upstream_status: Option<u16>,
    /// The provider's id of the request, to quote when asking it.
    #[serde(default)]
    pub upstream_request_id: Option<String>,
    /// Why the first choice ended.
    #[serde(default)]
    pub finish: Option<StopReason>,
    /// Tokens; `None` when nobody could tell.
    pub usage: Option<Usage>,
    /// The provider's own usage object.
    pub raw_usage: Option<RawJson>,
    /// The price that was used.
    pub price: Option<Price>,
    /// What it cost; `None` is unknown.
    pub cost: Option<Money>,
    /// What budgets count while `cost` is unknown.
    #[serde(default)]
    pub reserved: Option<Money>,
    /// Where the cost comes from.
    pub confidence: Confidence,
    /// Where the time went.
    pub timings: Timings,
    /// When it ended.
    pub ended_at: Timestamp,
}
