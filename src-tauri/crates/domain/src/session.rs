//! Sessions: conversations, from the window and from clients alike.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{AgentId, CallId, ClientKeyId, Message, MessageId, SessionId, Timestamp};

/// Who holds the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum SessionSource {
    /// A person in the window, or on the command line.
    App,
    /// A program with this client key.
    Client {
        /// The key.
        key: ClientKeyId,
    },
}

/// One conversation: a tree of messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who answers; `None` when a raw model does.
    pub agent: Option<AgentId>,
    /// The name people read; `api:` and [`Session::created_at`] in milliseconds while there is no better one.
    pub title: String,
    /// Who holds it.
    pub source: SessionSource,
    /// The name an outside program gave it (`session_id`), unique for its source.
    pub external_id: Option<String>,
    /// The newest message of the branch that is shown.
    pub leaf: Option<MessageId>,
    /// Kept on top of the list.
    pub pinned: bool,
    /// The folder that a person put it in.
    #[serde(default)]
    pub folder: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// How far a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// It is still being written.
    Streaming,
    /// All there.
    Complete,
    /// Stopped by the reader; what was written is kept.
    Stopped,
    /// Cut off by a failure, or by the end of the process; what was written is kept.
    Failed,
}

impl MessageState {
    /// The state as it stands in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::Complete => "complete",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    /// Reads [`MessageState::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Streaming, Self::Complete, Self::Stopped, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A message in its place in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StoredMessage {
    /// Its id.
    pub id: MessageId,
    /// The session it is in.
    pub session: SessionId,
    /// The message it follows; `None` for the first.
    pub parent: Option<MessageId>,
    /// The call that made it, for answers.
    pub call: Option<CallId>,
    /// How far it got.
    pub state: MessageState,
    /// When it was made.
    pub created_at: Timestamp,
    /// What is said.
    #[serde(flatten)]
    pub message: Message,
}
