//! Approvals.

use domain::{
    AgentId, ApprovalId, AskReason, CallId, CallSource, Decision, MessageId, Reach, SessionId, Timestamp,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Something that an agent wants to do, for a person to allow or deny.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ApprovalView {
    /// Its id.
    pub id: ApprovalId,
    /// The agent.
    pub agent: AgentId,
    /// Its name.
    pub agent_name: String,
    /// The tool, as in grants.
    pub tool: String,
    /// How far the tool goes.
    pub reach: Reach,
    /// JSON text of the model: all that the tool is told.
    pub arguments: String,
    /// The folder that it works in, where that is part of what is allowed.
    pub directory: Option<String>,
    /// The call.
    pub call: CallId,
    /// Its session, where there is one.
    pub session: Option<SessionId>,
    /// The answer in it.
    pub message: Option<MessageId>,
    /// The model's name for it, as in the answer's parts.
    pub tool_call: String,
    /// Who called the agent.
    pub source: CallSource,
    /// The client key's name.
    pub client: Option<String>,
    /// Why a person is asked.
    pub reasons: Vec<AskReason>,
    /// What from outside is in the conversation: a tool's name, or what a caller attached.
    pub tainted_by: Option<String>,
    /// Whether a yes for the session holds for these arguments alone.
    pub session_exact: bool,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When the answer is no.
    pub expires_at: Timestamp,
}

/// A person's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct AnswerApproval {
    /// To which question.
    pub approval: ApprovalId,
    /// The answer. What is tainted is allowed once, whatever is said here.
    pub decision: Decision,
}

/// What was allowed for always.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StandingApprovalView {
    /// Its id.
    pub id: ApprovalId,
    /// The agent.
    pub agent: AgentId,
    /// Its name; its id where it is gone.
    pub agent_name: String,
    /// The program that asked, by its client key; none when the person did, in the window or at the command line.
    pub client: Option<String>,
    /// The tool, as in grants.
    pub tool: String,
    /// Exactly these arguments.
    pub arguments: String,
    /// When it was allowed.
    pub created_at: Timestamp,
}

/// Names what was allowed for always.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ApprovalName {
    /// Its id.
    pub id: ApprovalId,
}
