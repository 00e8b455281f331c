//! What Inglenook is about: agents, providers, conversations, calls, money and failures.
//!
//! Every other crate speaks in these words, and so do the database, the window and the documents.
//! The danger here is convenience: a clock, a socket or a field name of some provider's JSON would be
//! quick to add and would tie every test to it. So there is no I/O, no async and no wire format in this
//! crate; identifiers and timestamps are handed in by whoever owns randomness and the clock.
#![warn(missing_docs)]

mod agent;
mod approval;
mod call;
mod compaction;
mod conversation;
mod embedding;
mod event;
mod failure;
mod growth;
mod icon;
mod id;
mod image;
mod key;
mod knowledge;
mod limit;
mod mcp;
mod memory;
mod model;
mod money;
mod provider;
mod raw_json;
mod request;
mod session;
mod time;
mod tool;
mod usage;
mod web_search;

pub use agent::{
    Agent, AgentDraft, AgentRef, AgentRevision, CacheMarks, InstructionsMerge, Params, SavedDraft, Target,
    ToolsMerge,
};
pub use approval::{AskReason, Decision, Permit, ToolUse, UseState};
pub use call::{Applied, Attempt, Call, CallSource, Confidence, Entry, Outcome, Step, StepKind, Timings};
pub use compaction::{Compaction, CompactionMode, Summary};
pub use conversation::{Media, MediaSource, Message, Part, Role};
pub use embedding::{EmbeddingRequest, Embeddings, TextOrTokens};
pub use event::{Answer, Choice, Delta, Event, StopReason};
pub use failure::{Failure, FailureKind, UpstreamError};
pub use growth::Growth;
pub use icon::{Glyph, Icon, IconColour};
pub use id::{
    AgentId, ApprovalId, CallId, ClientKeyId, CollectionId, EntryId, MemoryId, MessageId, ProviderId,
    ResponseId, SessionId, Slug,
};
pub use image::ImageRequest;
pub use key::{ClientKey, ClientKeyDigest, ProviderKey, StorePolicy};
pub use knowledge::{Collection, Place};
pub use limit::{Budget, BudgetPeriod, Rates};
pub use mcp::{
    McpApproval, McpChange, McpChangeKind, McpConsent, McpSeen, McpServer, McpServerId, McpTool,
    McpToolHints, McpTransport, McpVariable,
};
pub use memory::{Memory, MemoryKind, MemoryMode, MemoryRules, MemoryScope};
pub use model::{Abilities, Model};
pub use money::{Money, Price};
pub use provider::{
    AuthScheme, BaseUrl, Origin, Provider, Quirks, ReasoningControl, ReasoningField, Timeouts, Transport,
    Wire,
};
pub use raw_json::{Extra, RawJson};
pub use request::{OutputFormat, Request, ToolChoice, ToolSpec};
pub use session::{MessageState, Session, SessionSource, StoredMessage};
pub use time::Timestamp;
pub use tool::{AgentFolder, Grant, Reach, Rule, RunLimits, RunStop, ToolCap};
pub use usage::Usage;
pub use web_search::{SearchEngine, WebSearch};
