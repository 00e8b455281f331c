//! Sending a message.

use domain::{CallId, MessageId, SessionId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Sends a message.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct SendMessage {
    /// The session to go on with; absent: a new one.
    #[serde(default)]
    pub session: Option<SessionId>,
    /// What answers: an agent's slug or id, also with `@revision`, or `provider/model`.
    /// Absent: the session's agent, else the default agent.
    #[serde(default)]
    pub agent: Option<String>,
    /// What is said; may be empty where something is attached.
    pub text: String,
    /// What goes with it, at most ten.
    #[serde(default)]
    #[ts(as = "Option<Vec<Attachment>>")]
    pub attachments: Vec<Attachment>,
    /// Who wrote of the text what the person did not, as a person is told of it: `files/review`, a server's prompt. From
    /// then on the session holds something from outside.
    #[serde(default)]
    pub outside: Option<String>,
    /// With `instead_of`: which parts of that message stay, from 0.
    #[serde(default)]
    #[ts(as = "Option<Vec<u32>>")]
    pub keep: Vec<u32>,
    /// A second agent or model that answers the same, on a branch beside the first answer.
    #[serde(default)]
    pub also: Option<String>,
    /// The message to follow; absent: the session's leaf. Following an older one makes a branch.
    #[serde(default)]
    pub parent: Option<MessageId>,
    /// The message to stand beside, as its edited form: it has the same parent, also when that is none.
    #[serde(default)]
    pub instead_of: Option<MessageId>,
}

/// A file that goes with a message. What it is, its bytes say: an image (PNG, JPEG, WebP, GIF), a PDF, or text.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its bytes in base64, at most 10 MiB of them.
    pub data: String,
}

/// Asks for another answer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct Regenerate {
    /// The session.
    pub session: SessionId,
    /// What answers; absent: the session's agent, else the default agent.
    #[serde(default)]
    pub agent: Option<String>,
    /// The answer to stand beside; absent: the last one.
    #[serde(default)]
    pub message: Option<MessageId>,
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
    /// The second agent's answer.
    pub beside: Option<MessageId>,
    /// The call.
    pub call: CallId,
}
