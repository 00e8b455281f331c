//! Sending a message.

use domain::{CallId, MessageId, SessionId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Sends a message.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SendMessage {
    /// The session to go on with; absent: a new one.
    #[serde(default)]
    pub session: Option<SessionId>,
    /// What answers: an agent's slug or id, also with `@revision`, or `provider/model`.
    /// Absent: the session's agent, else the default agent.
    #[serde(default)]
    pub agent: Option<String>,
    /// What is said.
    pub text: String,
    /// The message to follow; absent: the session's leaf. Following an older one makes a branch.
    #[serde(default)]
    pub parent: Option<MessageId>,
    /// The message to stand beside, as its edited form: it has the same parent, also when that is none.
    #[serde(default)]
    pub instead_of: Option<MessageId>,
}

/// An answer has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChatStarted {
    /// The session.
    pub session: SessionId,
    /// The message that was sent.
    pub message: MessageId,
    /// The answer that is being written.
    pub answer: MessageId,
    /// The call.
    pub call: CallId,
}
