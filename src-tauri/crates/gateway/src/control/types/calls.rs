//! Calls in lists and in full, and calls that are made again.

use domain::{
    Call, CallId, Confidence, Entry, MemoryId, Message, MessageId, Money, Outcome, SessionId, Step,
    StopReason, Target, Timestamp, ToolUse, Usage,
};
use serde::{Deserialize, Serialize};
use store::table::calls::{CallFrom, CallOutcome};
use ts_rs::TS;

use super::{FailureView, MemoryView, RecordedUse};

/// Asks for calls; what is absent does not matter.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct ListCalls {
    /// Go on where the page before ended.
    pub cursor: Option<String>,
    /// At most so many; absent: 50.
    pub limit: Option<u32>,
    /// Only those of this session.
    pub session: Option<SessionId>,
    /// Only those that this agent answered: its slug or its id.
    pub agent: Option<String>,
    /// Only those made with this client key: its name or its id.
    pub key: Option<String>,
    /// Only those from the window, from the command line, or from programs.
    pub from: Option<CallFrom>,
    /// Only those that tried this provider, or this `provider/model`.
    pub target: Option<String>,
    /// Only those by this route, as lists show it: `POST /v1/chat/completions`.
    pub route: Option<String>,
    /// Only those that sent this call's request again.
    pub replay_of: Option<CallId>,
    /// Only those whose id, or whose session's id, has this in it.
    pub text: Option<String>,
    /// Only those that ended so.
    pub outcome: Option<CallOutcome>,
    /// Only those that arrived then or later.
    pub since: Option<Timestamp>,
    /// Only those that arrived before then.
    pub until: Option<Timestamp>,
}

/// A page of calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CallPage {
    /// Newest first. Filters that few calls match give short pages, even empty ones, that go on.
    pub calls: Vec<CallRow>,
    /// Where the next page begins; `None` at the end, and only there.
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
    /// How its last attempt ended, or how it failed before the first; `None` while it runs.
    pub outcome: Option<Outcome>,
    /// What was said of its failure.
    pub failure: Option<String>,
    /// How many requests like it failed the same way within a minute, before a provider was asked; they have no
    /// row of their own.
    #[serde(default)]
    pub repeats: u32,
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
    /// Tokens written a second by the last attempt, from its first token to its last; of an answer that came
    /// whole, since it was asked for.
    pub tokens_per_second: Option<f64>,
    /// Why the answer ended.
    pub finish: Option<StopReason>,
    /// Where the cost comes from.
    pub confidence: Confidence,
}

/// Names a call.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CallName {
    /// `ca_…`.
    pub call: CallId,
}

/// A body as far as it was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeptBody {
    /// Its text, up to where it was cut.
    pub text: String,
    /// How many bytes the whole has.
    pub size: u64,
    /// Whether there was more than is kept.
    pub cut: bool,
}

/// A client's request as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClientRequestView {
    /// The names of its headers; their values are not kept.
    pub headers: Vec<String>,
    /// Its body.
    pub body: KeptBody,
}

/// A request that went to a provider, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UpstreamRequestView {
    /// The first attempt that sent it; those after it sent the same, up to the next in the list.
    pub number: u32,
    /// Its body.
    pub body: KeptBody,
}

/// When an attempt's answer came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TimelineView {
    /// The attempt.
    pub number: u32,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// A call in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CallView {
    /// The call.
    #[serde(flatten)]
    pub row: CallRow,
    /// Its ledger entries.
    pub entries: Vec<Entry>,
    /// What the client sent; `None` for the window, and where the key's policy keeps no content.
    pub client_request: Option<ClientRequestView>,
    /// The last request that went to a provider, as JSON text, without secrets.
    pub upstream_request: Option<String>,
    /// All of them, in order.
    pub upstream_requests: Vec<UpstreamRequestView>,
    /// When the streamed answers came, by attempt.
    pub timelines: Vec<TimelineView>,
    /// The message that was answered, from its session.
    #[serde(default)]
    pub asked: Option<Message>,
    /// That message's id, with which its session gives what was said before.
    #[serde(default)]
    pub asked_id: Option<MessageId>,
    /// What was answered, from its session; several where several answers were asked for.
    #[serde(default)]
    pub answers: Vec<Message>,
    /// What the tools gave that the answer called.
    #[serde(default)]
    pub tool_results: Vec<Message>,
    /// What the agent did with its own tools.
    #[serde(default)]
    pub tool_uses: Vec<ToolUse>,
    /// What the agent recalled, the best first, and why.
    #[serde(default)]
    pub recalled: Vec<RecalledView>,
}

/// Something that an agent recalled in a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RecalledView {
    /// Which memory.
    pub id: MemoryId,
    /// The memory as it is now; `None` when it is forgotten.
    pub memory: Option<MemoryView>,
    /// The words that it shares with what was asked.
    pub words: Vec<String>,
    /// How alike both are in meaning, from -1 to 1; `None` where no embedding model was asked.
    pub likeness: Option<f32>,
}

/// Sends a call's request again.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct ReplayCall {
    /// Which.
    pub call: CallId,
    /// To an agent or a `provider/model`; absent: to the one that answered before, as it is now.
    #[serde(default)]
    pub model: Option<String>,
    /// With what the agent's tools gave before: none of them is run, and what the record has no answer to ends the run.
    /// A `provider/model` then answers as the agent of the call.
    #[serde(default)]
    pub recorded_tools: bool,
}

/// A call and the one that sent its request again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Replayed {
    /// The call.
    pub original: CallRow,
    /// What was answered then; `None` where it was not kept.
    pub original_answer: Option<String>,
    /// The new call.
    pub replay: CallRow,
    /// What was answered now.
    pub answer: String,
    /// What was asked of the record, where no tool was run.
    #[serde(default)]
    pub recorded: Vec<RecordedUse>,
    /// Why the run ended before it had answered: the record had no answer to the last of them.
    #[serde(default)]
    pub stopped: Option<FailureView>,
}
