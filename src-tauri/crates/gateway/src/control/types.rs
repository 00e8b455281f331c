//! Arguments and results of the commands. TypeScript types are generated from these.

use domain::{
    AgentDraft, BudgetPeriod, Call, CallId, ClientKey, Confidence, Entry, FailureKind, Message, MessageId,
    MessageState, Model, Money, Outcome, Provider, Role, Session, SessionId, Slug, StorePolicy, Target,
    Timestamp, Usage, Wire,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use store::vault::{VaultKind, VaultState};
use ts_rs::TS;

/// No arguments, or no result.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, TS)]
pub struct Nothing {}

/// A secret on its way in; never serialised, never shown.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct SecretText(pub SecretString);

/// What went wrong, for the window and the command line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct FailureView {
    /// What programs branch on.
    pub kind: FailureKind,
    /// A sentence for people.
    pub message: String,
    /// What they can do about it.
    pub hint: Option<String>,
    /// The argument at fault.
    pub param: Option<String>,
    /// The provider it happened at.
    pub provider: Option<String>,
    /// When to try again, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl From<&domain::Failure> for FailureView {
    fn from(failure: &domain::Failure) -> Self {
        Self {
            kind: failure.kind(),
            message: failure.message().to_owned(),
            hint: failure.hint().map(str::to_owned),
            param: failure.param().map(str::to_owned),
            provider: failure.provider().map(str::to_owned),
            retry_after_ms: failure.retry_after_ms(),
        }
    }
}

impl From<FailureView> for domain::Failure {
    fn from(view: FailureView) -> Self {
        let mut failure = Self::new(view.kind, view.message);
        if let Some(hint) = view.hint {
            failure = failure.with_hint(hint);
        }
        if let Some(param) = view.param {
            failure = failure.with_param(param);
        }
        if let Some(provider) = view.provider {
            failure = failure.with_provider(provider);
        }
        if let Some(millis) = view.retry_after_ms {
            failure = failure.with_retry_after_ms(millis);
        }
        failure
    }
}

/// Where the data plane listens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EndpointStatus {
    /// Not started: the command line works on the directory alone.
    Stopped,
    /// Serving.
    Listening {
        /// `http://127.0.0.1:4645/v1`.
        base_url: String,
        /// The port.
        port: u16,
        /// The port that was wanted, when another program had it.
        instead_of: Option<u16>,
    },
    /// It could not start.
    Failed {
        /// Why.
        failure: FailureView,
    },
}

/// The vault in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VaultStatus {
    /// Which one.
    pub kind: VaultKind,
    /// Whether it can be used now.
    pub state: VaultState,
}

/// The starter model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StarterStatus {
    /// This build has no starter.
    NotBuilt,
    /// Its weights are not on this machine.
    Missing {
        /// Size of the download in bytes.
        bytes: u64,
        /// Bytes that an earlier, stopped download left.
        have: u64,
        /// Where they would come from.
        from: String,
        /// Their licence.
        licence: String,
    },
    /// Its weights are being downloaded.
    Fetching {
        /// Size of the download in bytes.
        bytes: u64,
        /// Bytes that have arrived.
        have: u64,
    },
    /// The download failed.
    Failed {
        /// Why.
        failure: FailureView,
    },
    /// It can answer.
    Ready,
}

/// What the app is and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AppStatus {
    /// The app's version.
    pub version: String,
    /// The data plane.
    pub endpoint: EndpointStatus,
    /// The vault.
    pub vault: VaultStatus,
    /// The starter model.
    pub starter: StarterStatus,
    /// What the starter is and is not good for.
    pub starter_label: String,
    /// Where everything is kept.
    pub data_dir: String,
    /// Whether the database was written by a newer version and cannot be changed.
    pub read_only: bool,
    /// Whether there is no agent yet.
    pub first_run: bool,
    /// How many agents there are.
    pub agents: u32,
    /// How many providers there are.
    pub providers: u32,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// Works, but look at it.
    Warning,
    /// Does not work.
    Failed,
}

/// One check of this installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// How it ended.
    pub state: CheckState,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A provider and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ProviderView {
    /// The provider.
    #[serde(flatten)]
    pub provider: Provider,
    /// Whether it needs a key and has none.
    pub key_missing: bool,
    /// How many agents answer from it.
    pub agents: u32,
}

/// A kind of provider that is known by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CatalogueEntry {
    /// What `--kind` names.
    pub id: String,
    /// The name people read.
    pub name: String,
    /// The protocol.
    pub wire: Wire,
    /// Where it is, when that is always the same.
    pub base_url: Option<String>,
    /// Whether it wants a key.
    pub needs_key: bool,
    /// Where keys are made.
    pub key_url: Option<String>,
    /// Whether it runs on this machine.
    pub local: bool,
}

/// A new provider.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct AddProvider {
    /// Its slug.
    pub id: Slug,
    /// A catalogue id or `custom`; absent: the catalogue entry named like the slug, else `custom`.
    #[serde(default)]
    pub kind: Option<String>,
    /// The name people read; absent: the catalogue's, else the slug.
    #[serde(default)]
    pub name: Option<String>,
    /// The protocol; needed for `custom`.
    #[serde(default)]
    pub wire: Option<Wire>,
    /// Instead of the catalogue's; needed for `custom`.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Whether plain HTTP is accepted for a host that is not this machine.
    #[serde(default)]
    pub allow_http: bool,
    /// Its key.
    #[serde(default)]
    pub key: Option<SecretText>,
    /// It needs none.
    #[serde(default)]
    pub no_key: bool,
}

/// Another key for a provider.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct SetProviderKey {
    /// The provider.
    pub id: Slug,
    /// Its new key.
    pub key: SecretText,
}

/// Names a provider.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProviderName {
    /// Its slug.
    pub id: Slug,
}

/// Asks for a provider's models.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProviderModels {
    /// The provider.
    pub id: Slug,
    /// Ask the provider even when an answer is kept.
    #[serde(default)]
    pub refresh: bool,
}

/// A provider's models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ModelList {
    /// The models, in the provider's order.
    pub models: Vec<Model>,
    /// When the provider said so.
    pub fetched_at: Timestamp,
}

/// What works with a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ProviderReport {
    /// Whether all checks passed.
    pub ok: bool,
    /// Reachability, key, models, a call.
    pub checks: Vec<Check>,
}

/// A model server that runs on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DetectedServer {
    /// The catalogue id of what it is.
    pub kind: String,
    /// The name people read.
    pub name: String,
    /// Where it listens.
    pub base_url: String,
    /// The models it offers, as far as it says.
    pub models: Vec<String>,
    /// Whether it wants a key.
    pub needs_key: bool,
}

/// Names an agent by slug or id.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AgentName {
    /// `reviewer` or `ag_…`.
    pub agent: String,
}

/// Changes an agent.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct UpdateAgent {
    /// `reviewer` or `ag_…`.
    pub agent: String,
    /// What it becomes.
    pub draft: AgentDraft,
    /// The revision that was edited; a newer one meanwhile is a conflict. Absent: do not look.
    #[serde(default)]
    pub revision: Option<u32>,
}

/// Makes an old revision the newest again.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RollbackAgent {
    /// `reviewer` or `ag_…`.
    pub agent: String,
    /// Which revision.
    pub revision: u32,
}

/// Names a client key by id, or by name where only one has it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct KeyName {
    /// `ck_…` or a name.
    pub key: String,
}

/// A new client key.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct NewClientKey {
    /// The program it is for.
    pub name: String,
    /// Agents it may use, by slug or id; empty: all.
    #[serde(default)]
    pub agents: Vec<String>,
    /// Whether it may name `provider/model`.
    #[serde(default)]
    pub raw_models: bool,
    /// The agent that answers for unknown models.
    #[serde(default)]
    pub catch_all: Option<String>,
    /// Model names that stand for agents: name, agent.
    #[serde(default)]
    pub aliases: Vec<(String, String)>,
    /// Web origins that may use it.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Spending cap in micro-dollars.
    #[serde(default)]
    pub budget: Option<Money>,
    /// Its span; absent: total.
    #[serde(default)]
    pub per: Option<BudgetPeriod>,
    /// Requests a minute.
    #[serde(default)]
    pub rpm: Option<u32>,
    /// Tokens a minute.
    #[serde(default)]
    pub tpm: Option<u32>,
    /// Calls at once.
    #[serde(default)]
    pub concurrency: Option<u32>,
    /// Ends after so many seconds.
    #[serde(default)]
    pub expires_in: Option<u64>,
    /// How much is kept.
    #[serde(default)]
    pub store: StorePolicy,
}

/// A client key that was just made.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CreatedClientKey {
    /// Its id.
    pub id: String,
    /// The secret, shown this once.
    pub secret: String,
    /// What is kept of it.
    pub key: ClientKeyView,
}

/// A client key and what it has used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ClientKeyView {
    /// The key.
    #[serde(flatten)]
    pub key: ClientKey,
    /// Slugs of the agents it may use; empty: all.
    pub agent_slugs: Vec<String>,
    /// Spent in its budget's span, or ever.
    pub spent: Money,
}

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
#[serde(default)]
pub struct ListSessions {
    /// Go on where the page before ended.
    pub cursor: Option<String>,
    /// At most so many; absent: 50.
    pub limit: Option<u32>,
    /// Only those of this agent (slug or id).
    pub agent: Option<String>,
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
pub struct SessionName {
    /// Its id.
    pub session: SessionId,
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
    /// For answers: how the call went.
    pub receipt: Option<Receipt>,
    /// The number of the last delta that `message` holds; deltas up to it are to be ignored.
    pub seq: u64,
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
}

/// Shows another branch of a session.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ShowBranch {
    /// The session.
    pub session: SessionId,
    /// A message of the branch; its newest descendant becomes the leaf.
    pub message: MessageId,
}

/// Asks for sessions by what was said.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
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
pub struct RenameSession {
    /// The session.
    pub session: SessionId,
    /// Its new title.
    pub title: String,
}

/// Keeps a session on top, or no longer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
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

/// Sends a message.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
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

/// Asks for calls.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct ListCalls {
    /// Go on where the page before ended.
    pub cursor: Option<String>,
    /// At most so many; absent: 50.
    pub limit: Option<u32>,
    /// Only those of this session.
    pub session: Option<SessionId>,
}

/// A page of calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CallPage {
    /// Newest first.
    pub calls: Vec<CallRow>,
    /// Where the next page begins; `None` at the end.
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
    /// How its last attempt ended; `None` while it runs.
    pub outcome: Option<Outcome>,
    /// What was said of its failure.
    pub failure: Option<String>,
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
    /// Where the cost comes from.
    pub confidence: Confidence,
}

/// Names a call.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CallName {
    /// `ca_…`.
    pub call: CallId,
}

/// A call in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CallView {
    /// The call.
    #[serde(flatten)]
    pub row: CallRow,
    /// Its ledger entries.
    pub entries: Vec<Entry>,
    /// The request that went to the provider, as JSON text, without secrets.
    pub upstream_request: Option<String>,
}

/// How usage is grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UsageBy {
    /// A row a day, in UTC.
    Day,
    /// A row an agent.
    Agent,
    /// A row a target.
    Model,
    /// A row a client key; the window is one row.
    Key,
}

/// Asks for usage.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SummariseUsage {
    /// Grouped by what.
    pub by: UsageBy,
    /// From when; absent: ever.
    #[serde(default)]
    pub since: Option<Timestamp>,
}

/// Usage, summed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct UsageSummary {
    /// A row a group, the largest or the newest first.
    pub rows: Vec<UsageRow>,
    /// All together.
    pub total: UsageRow,
}

/// One group's usage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct UsageRow {
    /// `2026-11-22`, a slug, a target, or a key's name.
    pub group: String,
    /// Calls.
    pub calls: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Tokens.
    pub usage: Usage,
    /// Known cost.
    pub cost: Money,
    /// Attempts whose cost is unknown and not in `cost`.
    pub unknown_cost: u64,
}

/// How the window looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Settings of this data directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Settings {
    /// Answers when a client names no model.
    pub default_agent: Option<String>,
    /// The endpoint's port; absent: 4645.
    pub port: Option<u16>,
    /// Light or dark.
    pub theme: Theme,
    /// Whether the person agreed to download the starter's weights.
    pub starter_consent: bool,
    /// Which vault holds provider keys; absent: the OS keychain.
    pub vault: Option<VaultKind>,
}

/// Settings to change; what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct SettingsPatch {
    /// See [`Settings`]; an empty text means none.
    pub default_agent: Option<String>,
    /// See [`Settings`]; takes effect at the next start.
    pub port: Option<u16>,
    /// See [`Settings`].
    pub theme: Option<Theme>,
    /// See [`Settings`].
    pub starter_consent: Option<bool>,
    /// See [`Settings`]; takes effect at the next start.
    pub vault: Option<VaultKind>,
}

/// Opens a vault.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct UnlockVault {
    /// For the passphrase vault.
    #[serde(default)]
    pub passphrase: Option<SecretText>,
}

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
    /// The vault opened or closed.
    Vault {
        /// How it stands now.
        status: VaultStatus,
    },
    /// The starter's download went on.
    Starter {
        /// How it stands now.
        status: StarterStatus,
    },
    /// Notices were lost because the reader was too slow; read everything again.
    Missed {},
}
