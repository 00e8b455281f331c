//! Sessions, their messages and the search over them.

use domain::{
    CallId, Confidence, Message, MessageId, MessageState, Money, Role, Session, SessionId, StopReason,
    Summary, Target, Timestamp, Usage,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::FailureView;

/// Something a client may name in `model`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ModelChoice {
    /// What to write: `reviewer` or `provider/model`.
    pub id: String,
    /// The name people read.
    pub name: String,
    /// Whether it is an agent.
    pub agent: bool,
    /// Where answers come from.
    pub target: Target,
    /// Context window in tokens.
    pub context: Option<u64>,
}

/// Asks for sessions.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct ListSessions {
    /// Go on where the page before ended.
    pub cursor: Option<String>,
    /// At most so many; absent: 50.
    pub limit: Option<u32>,
    /// Only those of this agent (slug or id).
    pub agent: Option<String>,
    /// Only those that people, or that programs, hold.
    pub of: Option<SessionsOf>,
    /// Only those in this folder.
    pub folder: Option<String>,
}

/// Who holds a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SessionsOf {
    /// People, in the window or on the command line.
    People,
    /// Programs with a client key.
    Programs,
}

/// A page of sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SessionPage {
    /// Newest first, pinned ones before all others.
    pub sessions: Vec<SessionRow>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SessionRow {
    /// The session.
    #[serde(flatten)]
    pub session: Session,
    /// The name of who holds it: a client key's name; `None` for the app.
    pub client: Option<String>,
    /// The icon of that client key: an emoji or a short word.
    pub client_icon: Option<String>,
    /// The agent's slug.
    pub agent_slug: Option<String>,
    /// Whether an answer is being written.
    pub streaming: bool,
    /// Calls in it.
    pub calls: u64,
    /// Tokens of all its attempts.
    pub usage: Usage,
    /// What is known to have been spent in it.
    pub cost: Money,
    /// Attempts that cost nobody knows how much; they are not in `cost`.
    pub unknown_cost: u64,
}

/// Names a session.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SessionName {
    /// Its id.
    pub session: SessionId,
}

/// Asks for a session.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct GetSession {
    /// Its id.
    pub session: SessionId,
    /// Leave out the bytes of images, files and sounds; `session.media` gives them one by one.
    #[serde(default)]
    pub without_media: bool,
    /// The branch as far as this message; absent: to its leaf, or to the answer that is being written.
    #[serde(default)]
    pub until: Option<MessageId>,
    /// At most so many messages, the last ones.
    #[serde(default)]
    pub last: Option<u32>,
    /// Messages that the caller holds as they are: what comes up to the deepest of them on the branch is left out.
    #[serde(default)]
    pub known: Vec<MessageId>,
}

impl GetSession {
    /// Asks for all of it.
    #[must_use]
    pub fn whole(session: SessionId) -> GetSession {
        GetSession {
            session,
            without_media: false,
            until: None,
            last: None,
            known: Vec::new(),
        }
    }
}

/// Names a part of a message, or of what a tool gave in it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct MediaName {
    /// The message.
    pub message: MessageId,
    /// Which of its parts, from 0.
    pub part: u32,
    /// The call of a tool, where `part` counts what that gave.
    #[serde(default)]
    pub call: Option<String>,
}

/// What a message carries beside its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MediaData {
    /// MIME type.
    pub media_type: Option<String>,
    /// File name.
    pub name: Option<String>,
    /// Its bytes in base64.
    pub data: String,
}

/// Puts a session into a folder.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct MoveSession {
    /// The session.
    pub session: SessionId,
    /// The folder's name; absent: out of any.
    #[serde(default)]
    pub folder: Option<String>,
}

/// A folder of sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Folder {
    /// Its name.
    pub name: String,
    /// How many sessions lie in it.
    pub sessions: u64,
}

/// A message as the window shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct MessageView {
    /// Its id.
    pub id: MessageId,
    /// The message it follows.
    pub parent: Option<MessageId>,
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub message: Message,
    /// How far it got.
    pub state: MessageState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Siblings with the same parent, oldest first, this one among them.
    pub branches: Vec<MessageId>,
    /// For answers: the agent that gave it, or the model where none did.
    pub answered_by: Option<String>,
    /// For answers: how the call went.
    pub receipt: Option<Receipt>,
    /// For answers: how many memories were recalled for it; its call tells which and why.
    #[serde(default)]
    pub recalled: u32,
    /// For answers: how long the agent's tools ran, in the order in which they were called.
    #[serde(default)]
    pub tool_times: Vec<ToolTime>,
    /// The number of the last delta that `message` holds; deltas up to it are to be ignored.
    pub seq: u64,
}

/// How long a tool ran that an agent used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolTime {
    /// The model's name for its call; models use one more than once.
    pub tool_call: String,
    /// Milliseconds; `None` where it was not run, and before its end.
    pub took_ms: Option<u64>,
}

/// What an answer took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Receipt {
    /// The call.
    pub call: CallId,
    /// Where the answer came from.
    pub target: Option<Target>,
    /// Tokens.
    pub usage: Option<Usage>,
    /// Cost; `None` is unknown.
    pub cost: Option<Money>,
    /// Where the cost comes from.
    pub confidence: Confidence,
    /// Milliseconds to the first token.
    pub first_token_ms: Option<u64>,
    /// Milliseconds in all.
    pub total_ms: u64,
    /// Milliseconds of thinking before the first word.
    pub reasoning_ms: Option<u64>,
    /// Why the model ended.
    pub finish: Option<StopReason>,
    /// Why it failed.
    pub failure: Option<FailureView>,
}

/// A session with its messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SessionView {
    /// The session.
    #[serde(flatten)]
    pub row: SessionRow,
    /// The branch that ends at its leaf, oldest first.
    pub messages: Vec<MessageView>,
    /// The message of the branch that they follow, when those up to it were left out; `None`: the branch is whole.
    pub after: Option<MessageId>,
    /// What stands for the beginning of the branch when its model is asked, the one for most messages last; the
    /// messages themselves are all there.
    #[serde(default)]
    pub summaries: Vec<Summary>,
    /// How much of its model's window the conversation took last; `None` before the first answer, and where nobody
    /// counted.
    #[serde(default)]
    pub context: Option<ContextUse>,
}

/// How much of a model's window a conversation takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ContextUse {
    /// Which model.
    pub target: Target,
    /// Tokens that it read and wrote in its last answer.
    pub used: u64,
    /// How many it reads; `None` where nobody knows.
    pub window: Option<u64>,
}

/// Shows another branch of a session.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ShowBranch {
    /// The session.
    pub session: SessionId,
    /// A message of the branch; its newest descendant becomes the leaf.
    pub message: MessageId,
}

/// Names a message of a session.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct MessageOf {
    /// The session.
    pub session: SessionId,
    /// The message.
    pub message: MessageId,
}

/// Asks for sessions by what was said.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SearchSessions {
    /// Any text; the last word may be unfinished.
    pub query: String,
    /// At most so many; absent: 30.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// A place where it was said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SearchHit {
    /// The session.
    pub session: SessionRow,
    /// The message; `None` when the title matched.
    pub message: Option<MessageId>,
    /// The text around the match, in pieces.
    pub snippet: Vec<SnippetPiece>,
}

/// A piece of a snippet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SnippetPiece {
    /// The text.
    pub text: String,
    /// Whether it is what was looked for.
    pub hit: bool,
}

/// Gives a session a title.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RenameSession {
    /// The session.
    pub session: SessionId,
    /// Its new title.
    pub title: String,
}

/// Keeps a session on top, or no longer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct PinSession {
    /// The session.
    pub session: SessionId,
    /// On top.
    pub pinned: bool,
}

/// How a session is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// To read.
    Markdown,
    /// To process.
    Json,
}

/// Asks for a session as one text.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ExportSession {
    /// The session.
    pub session: SessionId,
    /// In which form.
    pub format: ExportFormat,
}

/// A text with a name for its file.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Exported {
    /// A fitting file name.
    pub file_name: String,
    /// The content.
    pub text: String,
}
