//! What happens, as it happens.

use domain::{Budget, CallId, MessageId, MessageState, Money, Part, ProviderId, SessionId, Slug};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    ApprovalView, BudgetOwner, Check, EndpointStatus, LanStatus, Receipt, StarterStatus, VaultStatus,
};

/// What changed, so that lists can be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Agents.
    Agents,
    /// Providers.
    Providers,
    /// Client keys.
    Keys,
    /// Sessions and their messages.
    Sessions,
    /// Calls and usage.
    Calls,
    /// Settings.
    Settings,
    /// Attempts of programs without a known key, which the endpoint refused.
    Attempts,
    /// The link that waits for an answer.
    Links,
    /// What an agent remembers.
    Memories,
    /// Collections of files.
    Knowledge,
    /// What agents want to do and a person is asked about, and what was allowed for always.
    Approvals,
    /// MCP servers, and how they stand.
    McpServers,
}

/// What a piece of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// Text.
    Text,
    /// Reasoning.
    Reasoning,
    /// A refusal.
    Refusal,
}

/// Something happened; the same stream for every window and every program on the socket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// Lists of this kind are out of date.
    Changed {
        /// Which.
        topic: Topic,
        /// The thing that changed, when it is one.
        id: Option<String>,
    },
    /// An answer has begun.
    AnswerStarted {
        /// The session.
        session: SessionId,
        /// The answer.
        message: MessageId,
        /// The call.
        call: CallId,
    },
    /// An answer grew.
    AnswerPiece {
        /// The session.
        session: SessionId,
        /// The answer.
        message: MessageId,
        /// Counts from 1 within the answer.
        seq: u64,
        /// What the piece is.
        kind: PieceKind,
        /// The piece.
        text: String,
    },
    /// In an answer a tool of the agent was called, or gave something.
    AnswerStep {
        /// The session.
        session: SessionId,
        /// The answer.
        message: MessageId,
        /// Counts from 1 within the answer, together with its pieces.
        seq: u64,
        /// The call, or what came of it.
        step: Box<Part>,
        /// Milliseconds it ran, with what came of it; `None` where it was not run.
        took_ms: Option<u64>,
    },
    /// An answer ended.
    AnswerEnded {
        /// The session.
        session: SessionId,
        /// The answer.
        message: MessageId,
        /// How.
        state: MessageState,
        /// What it took.
        receipt: Receipt,
    },
    /// The endpoint started, moved or stopped.
    Endpoint {
        /// How it stands now.
        status: EndpointStatus,
    },
    /// The endpoint was opened to the local network, or closed to it.
    Lan {
        /// How it stands now.
        status: LanStatus,
    },
    /// The vault opened or closed.
    Vault {
        /// How it stands now.
        status: VaultStatus,
    },
    /// Provider keys are being moved to another vault.
    VaultMoving {
        /// How many are sealed anew.
        moved: u32,
        /// Of how many.
        of: u32,
    },
    /// The starter's download went on.
    Starter {
        /// How it stands now.
        status: StarterStatus,
    },
    /// A step of a provider's test is done; a later step may correct an earlier one of the same name.
    ProviderCheck {
        /// The provider.
        provider: ProviderId,
        /// What was found.
        check: Check,
    },
    /// A budget is nearly or wholly spent; told once for each span of it.
    BudgetNear {
        /// Whose it is.
        owner: BudgetOwner,
        /// Which.
        budget: Budget,
        /// What is spent of it.
        spent: Money,
        /// How much of a hundred that is at least: 80 or 100.
        percent: u8,
    },
    /// Files of a collection were read.
    Indexing {
        /// The collection.
        collection: Slug,
        /// New files that are read.
        done: u32,
        /// Of how many.
        of: u32,
    },
    /// A person is asked whether an agent may do something.
    ApprovalWanted {
        /// The question.
        approval: Box<ApprovalView>,
    },
    /// Notices were lost because the reader was too slow; read everything again.
    Missed {},
}
