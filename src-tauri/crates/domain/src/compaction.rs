//! What happens when a conversation no longer fits into what its model reads.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{CallId, Failure, MessageId, SessionId, Timestamp};

/// In which conversations the oldest messages are summarised when a model's window fills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CompactionMode {
    /// In none: what does not fit is refused by the provider.
    Off,
    /// Where the history is kept here: in the window, and in sessions whose programs send only what is new.
    #[default]
    Sessions,
    /// Also where a program resends its whole conversation.
    Always,
}

/// How an agent's conversations are kept within its model's window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Compaction {
    /// In which conversations.
    pub mode: CompactionMode,
    /// How full the window is, in percent, when it happens; `None`: 80.
    pub threshold: Option<u32>,
}

impl Compaction {
    const LEAST: u32 = 20;
    const MOST: u32 = 95;

    /// How full the window is, in percent, when it happens.
    #[must_use]
    pub fn threshold(&self) -> u64 {
        u64::from(self.threshold.unwrap_or(80))
    }

    /// Whether nobody has said anything else.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// # Errors
    /// [`crate::FailureKind::InvalidRequest`] when it would happen all the time, or too late.
    pub fn check(&self) -> Result<(), Failure> {
        let (least, most) = (Self::LEAST, Self::MOST);
        if self.threshold.is_none_or(|share| (least..=most).contains(&share)) {
            return Ok(());
        }
        Err(Failure::invalid(
            "compaction.threshold",
            format!("The threshold is a share of the window, from {least} to {most} percent."),
        ))
    }
}

/// What stands for the oldest messages of a session when its model is asked. They stay where they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Summary {
    /// The session.
    pub session: SessionId,
    /// The last message that it stands for; `None` where that message is not kept.
    pub upto: Option<MessageId>,
    /// For how many messages it stands.
    pub messages: u32,
    /// What the model is told in their place; `None` where only what tools had given in them was shortened.
    pub text: Option<String>,
    /// Tokens of the request before, estimated.
    pub before: u64,
    /// Tokens of the request after, estimated.
    pub after: u64,
    /// The call in which it was made; one of its entries is what the summary cost.
    pub call: CallId,
    /// When.
    pub created_at: Timestamp,
}
