//! Questions to a person about what an agent is about to do, their answers, and what became of it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{CallId, Timestamp};

/// A person's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Yes, this once.
    Once,
    /// Yes, and for the same tool in the same session; of a tool whose arguments are all it is, for the same ones.
    Session,
    /// Yes, and whenever the same agent, asked by the same client, uses the same tool with the same arguments.
    Always,
    /// No.
    Deny,
}

/// Why a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AskReason {
    /// The agent's rule for the tool.
    Asks,
    /// Something from outside is in the conversation, which may have made the model want it.
    Tainted,
}

/// By what a tool was run, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Permit {
    /// The agent's rule.
    Rule,
    /// A person said yes.
    Once,
    /// A person had said yes for the session.
    Session,
    /// A person had said yes for always.
    Always,
    /// A person said no.
    Denied,
    /// Nobody answered in time.
    Unanswered,
}

impl Permit {
    const ALL: [Self; 6] = [
        Self::Rule,
        Self::Once,
        Self::Session,
        Self::Always,
        Self::Denied,
        Self::Unanswered,
    ];

    /// As it stands in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Once => "once",
            Self::Session => "session",
            Self::Always => "always",
            Self::Denied => "denied",
            Self::Unanswered => "unanswered",
        }
    }

    /// Reads [`Permit::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permit| permit.as_str() == text)
    }
}

/// How far a use of a tool got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UseState {
    /// It waits for leave.
    Asked,
    /// It runs.
    Begun,
    /// It gave something.
    Done,
    /// It gave the reason why there is nothing else.
    Failed,
    /// It was not run.
    Refused,
    /// The app ended while it ran: it may have happened or not, and is never done again by itself.
    Unknown,
}

impl UseState {
    const ALL: [Self; 6] = [
        Self::Asked,
        Self::Begun,
        Self::Done,
        Self::Failed,
        Self::Refused,
        Self::Unknown,
    ];

    /// As it stands in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    /// Reads [`UseState::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// One use of an agent's tool in a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolUse {
    /// The call.
    pub call: CallId,
    /// Counts from 1 within the call.
    pub number: u32,
    /// The model's name for it, as in [`crate::Part::ToolCall`].
    pub tool_call: String,
    /// The tool's name, as in grants.
    pub tool: String,
    /// JSON text of the model; empty where the client key keeps no content.
    pub arguments: String,
    /// By what it was run, or not.
    pub permit: Permit,
    /// How far it got.
    pub state: UseState,
    /// When the model had asked for it.
    pub asked_at: Timestamp,
    /// When it began; later than asked where a person was waited for.
    pub begun_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl ToolUse {
    /// Milliseconds from its beginning to its end; `None` before its end, and where it was not run.
    pub fn took_ms(&self) -> Option<u64> {
        let span = self.ended_at?.millis().saturating_sub(self.begun_at?.millis());
        Some(span.max(0).unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for permit in Permit::ALL {
            assert_eq!(Permit::parse(permit.as_str()), Some(permit));
        }
        for state in UseState::ALL {
            assert_eq!(UseState::parse(state.as_str()), Some(state));
        }
    }
}
