//! The control plane: one typed command list that manages the app.
//!
//! The window carries it over Tauri's IPC, the command line over a local socket, and builds with the
//! feature `web-host` over loopback HTTP with a one-time token. A carrier moves a [`Command`] and its
//! result and never looks inside, so no carrier can forget one. The danger is the reverse: a command
//! reachable from the data plane. Nothing in `http` may name this module; `tests/architecture` holds that.

mod agent_drafts;
mod agent_file;
mod agent_import;
mod agents;
mod app;
mod approvals;
mod backups;
mod budgets;
mod calls;
mod chat;
mod compare;
mod connect;
mod data;
mod endpoint;
mod export;
mod images;
mod keys;
mod knowledge;
mod lan;
mod links;
mod mcp;
mod mcp_contents;
mod mcp_questions;
mod mcp_sign_in;
mod memory;
mod models;
mod origins;
mod prices;
mod provider_health;
mod providers;
mod replay;
mod run_steps;
mod search;
mod sessions;
mod settings;
mod socket;
mod starter;
mod tools;
mod trial;
mod tryout;
mod types;
mod usage;
mod vault;
#[cfg(feature = "web-host")]
pub mod web_host;

pub use agent_file::{read_agent_file, write_agent_file};
pub use app::KEYLESS;
pub(crate) use links::Links;
pub use links::{LINK_SCHEME, read_link};
pub use socket::{Connection, Notices, SocketAddress, listen};
pub use types::*;

use domain::{
    Agent, AgentDraft, AgentRevision, CallSource, Failure, FailureKind, SavedDraft, Session, WebSearch,
};
use serde::{Deserialize, de};
pub use store::Backup;
pub use store::table::calls::{CallFrom, CallOutcome};

use crate::Engine;

/// A command as its carrier brings it.
#[derive(Deserialize)]
struct Sent {
    command: String,
    args: serde_json::Value,
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: de::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Self::read(Sent::deserialize(reader)?).map_err(de::Error::custom)
    }
}

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident = $name:literal: $args:ty => $result:ty, $handler:path;)*) => {
        /// Everything the app can be told to do: `{"command": NAME, "args": {…}}`.
        pub enum Command { $($(#[$doc])* $variant($args),)* }

        impl Command {
            /// The names of all commands.
            pub const NAMES: &[&str] = &[$($name,)*];

            /// The command's name.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }

            // each of a hundred types is read from one source of values alone; a derived reader would be compiled for
            // every carrier, and once more for what it puts aside until it knows the command
            fn read(Sent { command, args }: Sent) -> serde_json::Result<Self> {
                match command.as_str() {
                    $($name => serde_json::from_value(args).map(Self::$variant),)*
                    other => Err(de::Error::unknown_variant(other, Self::NAMES)),
                }
            }
        }

        /// Runs a command and gives its result as JSON.
        ///
        /// # Errors
        /// The command's failure.
        pub async fn run(engine: &Engine, caller: Caller, command: Command) -> Result<serde_json::Value, Failure> {
            match command {
                $(Command::$variant(args) => {
                    let result: $result = Box::pin($handler(engine, caller, args)).await?;
                    serde_json::to_value(result).map_err(crate::failures::internal)
                })*
            }
        }

        /// Each command with its TypeScript names, for the generator.
        pub fn describe(cfg: &ts_rs::Config, types: &mut impl ts_rs::TypeVisitor) -> Vec<Description> {
            use ts_rs::TS;
            $(
                types.visit::<$args>();
                <$args as TS>::visit_dependencies(types);
                <$args as TS>::visit_generics(types);
                types.visit::<$result>();
                <$result as TS>::visit_dependencies(types);
                <$result as TS>::visit_generics(types);
            )*
            vec![$(Description {
                name: $name,
                args: <$args as TS>::name(cfg),
                result: <$result as TS>::name(cfg),
            },)*]
        }
    };
}

commands! {
    /// What the app is and how it stands: endpoint, vault, starter, first run.
    AppStatus = "app.status": Nothing => AppStatus, app::status;
    /// Checks of this installation, each with what to do about it.
    Doctor = "app.doctor": Nothing => Vec<Check>, app::doctor;

    /// Lets programs wait: they are told that the endpoint is paused. What runs goes on, the window chats on.
    EndpointPause = "endpoint.pause": Nothing => EndpointStatus, endpoint::pause;
    /// Answers programs again.
    EndpointResume = "endpoint.resume": Nothing => EndpointStatus, endpoint::resume;
    /// Who can reach the app, and who tried and was turned away.
    EndpointExposure = "endpoint.exposure": Nothing => Exposure, endpoint::exposure;

    /// Opens the endpoint to the local network for a time, with TLS and client keys alone.
    EndpointLanOpen = "endpoint.lan_open": OpenLan => LanStatus, lan::open;
    /// Closes it at once.
    EndpointLanClose = "endpoint.lan_close": Nothing => LanStatus, lan::close;
    /// The certificate that the local network is shown.
    EndpointLanCertificate = "endpoint.lan_certificate": Nothing => LanCertificate, lan::certificate;

    /// What the data directory holds.
    DataReport = "data.report": Nothing => DataReport, data::report;
    /// Writes everything but secrets into one file in the data directory.
    DataExport = "data.export": Nothing => DataExported, data::export;
    /// Deletes everything at the next start.
    DataErase = "data.erase": EraseData => Staged, data::erase;
    /// Puts a backup in the database's place at the next start.
    DataRestore = "data.restore": BackupName => Staged, data::restore;
    /// Forgets what was to be done at the next start.
    DataKeep = "data.keep": Nothing => Nothing, data::keep;

    /// All providers.
    ProviderList = "provider.list": Nothing => Vec<ProviderView>, providers::list;
    /// The kinds of provider that are known by name.
    ProviderCatalogue = "provider.catalogue": Nothing => Vec<CatalogueEntry>, providers::catalogue;
    /// Adds a provider, with its key when it needs one.
    ProviderAdd = "provider.add": AddProvider => ProviderView, providers::add;
    /// Gives a provider another key.
    ProviderSetKey = "provider.set_key": SetProviderKey => ProviderView, providers::set_key;
    /// Takes a provider's key away; the provider stays.
    ProviderRemoveKey = "provider.remove_key": ProviderName => ProviderView, providers::remove_key;
    /// Removes a provider and its key.
    ProviderRemove = "provider.remove": ProviderName => Nothing, providers::remove;
    /// The provider's models, from the provider or from the last answer.
    ProviderModels = "provider.models": ProviderModels => ModelList, providers::list_models;
    /// What works: reachability, key, model list, a one-token call, streaming, tools.
    ProviderTest = "provider.test": TestProvider => ProviderReport, trial::test;
    /// How the providers stand, by what became of the calls that went to them.
    ProviderHealth = "provider.health": Nothing => Vec<ProviderHealth>, provider_health::health;
    /// Model servers that run on this machine and are not added yet.
    ProviderDetect = "provider.detect": Nothing => Vec<DetectedServer>, providers::detect;

    /// All agents.
    AgentList = "agent.list": Nothing => Vec<Agent>, agents::list;
    /// One agent.
    AgentGet = "agent.get": AgentName => Agent, agents::get;
    /// Makes an agent.
    AgentCreate = "agent.create": NewAgent => Agent, agents::create;
    /// Changes an agent, which makes a revision.
    AgentUpdate = "agent.update": UpdateAgent => Agent, agents::update;
    /// Removes an agent; it can be brought back.
    AgentDelete = "agent.delete": AgentName => Nothing, agents::delete;
    /// Brings a removed agent back.
    AgentRestore = "agent.restore": AgentName => Agent, agents::restore;
    /// All revisions, newest first.
    AgentHistory = "agent.history": AgentName => Vec<AgentRevision>, agents::history;
    /// Makes an old revision the newest again.
    AgentRollback = "agent.rollback": RollbackAgent => Agent, agents::rollback;
    /// The drafts that are saved beside what clients have, also of agents that were never published.
    AgentDraftList = "agent.draft_list": Nothing => Vec<SavedDraft>, agent_drafts::list;
    /// An agent's saved draft.
    AgentDraftGet = "agent.draft_get": AgentName => SavedDraft, agent_drafts::get;
    /// Saves an agent's draft; what clients have stays.
    AgentDraftSave = "agent.draft_save": SaveDraft => SavedDraft, agent_drafts::save;
    /// Throws an agent's draft away, and gives it.
    AgentDraftDiscard = "agent.draft_discard": AgentName => SavedDraft, agent_drafts::discard;
    /// Makes an agent's draft its next revision.
    AgentPublish = "agent.publish": PublishAgent => Agent, agent_drafts::publish;
    /// An agent as a file, without secrets.
    AgentExport = "agent.export": ExportAgent => AgentFile, agent_file::export;
    /// What an agent's file says; nothing is made of it.
    AgentRead = "agent.read": ReadAgentFile => AgentDraft, agent_file::read;
    /// Makes or changes the agents of several files, all or none, or tells what would be made.
    AgentImportAll = "agent.import": ImportAgents => AgentsImported, agent_import::import;
    /// Says something to an agent that is not saved yet; the answer arrives as notices.
    AgentTry = "agent.try": TryAgent => TryStarted, tryout::begin;
    /// About how many tokens a text is.
    AgentEstimate = "agent.estimate": EstimateTokens => TokenEstimate, agents::estimate;
    /// What the window and the endpoint would send for one input; nothing is sent.
    AgentCompare = "agent.compare": CompareDoors => DoorsCompared, compare::compare;

    /// All client keys that are not revoked.
    KeyList = "key.list": Nothing => Vec<ClientKeyView>, keys::list;
    /// One client key.
    KeyGet = "key.get": KeyName => ClientKeyView, keys::get;
    /// Makes a client key; its secret is in this answer and nowhere else.
    KeyCreate = "key.create": NewClientKey => CreatedClientKey, keys::create;
    /// Changes what a client key may do; its secret stays.
    KeyUpdate = "key.update": UpdateClientKey => ClientKeyView, keys::update;
    /// Ends a client key at once.
    KeyRevoke = "key.revoke": KeyName => Nothing, keys::revoke;

    /// What programs have to be told to use an agent here.
    ConnectTools = "connect.tools": AskTools => ToolTexts, connect::tools;
    /// Writes a program's own settings file, after the change was seen.
    ConnectWrite = "connect.write": WriteTool => ToolFile, connect::write;
    /// What the endpoint refused since the app started.
    EndpointRefused = "endpoint.refused": Nothing => RefusedAttempts, connect::refused;
    /// Fails when the endpoint could not have this port.
    EndpointTryPort = "endpoint.try_port": TryPort => Nothing, connect::try_port;

    /// What a client may name in `model`, as far as the app knows: agents, and models of providers.
    ModelList = "model.list": Nothing => Vec<ModelChoice>, models::list;
    /// What an agent may be given to use besides its model.
    ToolList = "tool.list": Nothing => Vec<ToolView>, tools::list;

    /// What an agent remembers, newest first.
    MemoryList = "memory.list": ListMemories => Vec<MemoryView>, memory::list;
    /// Has an agent remember something that a person wrote.
    MemoryAdd = "memory.add": AddMemory => MemoryView, memory::add;
    /// Says a memory differently, or lets other calls hear of it.
    MemoryEdit = "memory.edit": EditMemory => MemoryView, memory::edit;
    /// Forgets one memory, or all of an agent; for thirty days it can be brought back.
    MemoryForget = "memory.forget": ForgetMemory => Vec<MemoryView>, memory::forget;
    /// Brings back what was forgotten.
    MemoryRestore = "memory.restore": MemoryName => MemoryView, memory::restore;
    /// What an agent remembers, as one text.
    MemoryExport = "memory.export": AgentName => Exported, memory::export;

    /// The collections of files that agents look things up in.
    KnowledgeList = "knowledge.list": Nothing => Vec<CollectionView>, knowledge::list;
    /// Makes a collection of folders and files, or adds some to it; they are read beside everything else.
    KnowledgeAdd = "knowledge.add": AddKnowledge => CollectionView, knowledge::add;
    /// Removes a collection, or a folder or file from it; the files themselves stay.
    KnowledgeRemove = "knowledge.remove": RemoveKnowledge => Nothing, knowledge::remove;
    /// How a collection stands, and which files could not be read.
    KnowledgeStatus = "knowledge.status": KnowledgeName => KnowledgeStatus, knowledge::status;
    /// Looks through a collection's files now.
    KnowledgeRescan = "knowledge.rescan": KnowledgeName => CollectionView, knowledge::rescan;
    /// Looks something up, as agents do.
    KnowledgeSearch = "knowledge.search": SearchKnowledge => Vec<PassageView>, knowledge::search;
    /// A file around a place that was cited.
    KnowledgeDocument = "knowledge.document": OpenDocument => DocumentView, knowledge::document;

    /// What agents want to do and a person is asked about, oldest first.
    ApprovalList = "approval.list": Nothing => Vec<ApprovalView>, approvals::list;
    /// Answers such a question.
    ApprovalAnswer = "approval.answer": AnswerApproval => Nothing, approvals::answer;
    /// What was allowed for always, newest first.
    ApprovalStanding = "approval.standing": Nothing => Vec<StandingApprovalView>, approvals::standing;
    /// Allows it no longer.
    ApprovalRevoke = "approval.revoke": ApprovalName => Nothing, approvals::revoke;

    /// All MCP servers: programs of others whose tools agents may use.
    McpList = "mcp.list": Nothing => Vec<McpServerView>, mcp::list;
    /// One MCP server, with all that an approval covers.
    McpGet = "mcp.get": McpServerName => McpServerView, mcp::get;
    /// Adds an MCP server; nothing of it is started before it is approved.
    McpAdd = "mcp.add": AddMcpServer => McpServerView, mcp::add;
    /// Changes an MCP server, which ends its approval where it is another one then.
    McpUpdate = "mcp.update": UpdateMcpServer => McpServerView, mcp::update;
    /// Ends and removes an MCP server with its secrets.
    McpRemove = "mcp.remove": McpServerName => Nothing, mcp::remove;
    /// Approves an MCP server as it was shown, and starts it.
    McpApprove = "mcp.approve": ApproveMcpServer => McpServerView, mcp::approve;
    /// Ends an approved MCP server and starts it again, however often it has failed.
    McpRestart = "mcp.restart": McpServerName => McpServerView, mcp::restart;
    /// Begins a sign-in to an MCP server elsewhere: what the person's browser has to open is in its answer.
    McpSignIn = "mcp.sign_in": SignInToMcp => McpServerView, mcp_sign_in::begin;
    /// Waits until a sign-in has ended.
    McpSignInEnd = "mcp.sign_in_end": McpServerName => McpServerView, mcp_sign_in::end;
    /// Gives a sign-in up that is under way.
    McpSignInCancel = "mcp.sign_in_cancel": McpServerName => McpServerView, mcp_sign_in::cancel;
    /// Forgets the tokens of an MCP server.
    McpSignOut = "mcp.sign_out": McpServerName => McpServerView, mcp_sign_in::sign_out;
    /// The last lines of an MCP server, oldest first.
    McpLog = "mcp.log": McpServerName => Vec<McpLogLine>, mcp::log;
    /// The tools of an MCP server, as far as they are known.
    McpTools = "mcp.tools": McpServerName => Vec<McpToolView>, mcp::tools;
    /// What an MCP server lets be read.
    McpResources = "mcp.resources": McpServerName => Vec<McpResource>, mcp_contents::resources;
    /// What stands in a resource of an MCP server.
    McpResource = "mcp.resource": McpResourceName => McpResourceText, mcp_contents::resource;
    /// The prompts that an MCP server has ready.
    McpPrompts = "mcp.prompts": McpServerName => Vec<McpPrompt>, mcp_contents::prompts;
    /// A prompt of an MCP server, filled in.
    McpPrompt = "mcp.prompt": UseMcpPrompt => McpPromptText, mcp_contents::prompt;

    /// Chooses the engine that agents look things up in the web with.
    SearchSet = "search.set": SetWebSearch => WebSearch, search::set;
    /// Forgets that engine and its key.
    SearchOff = "search.off": Nothing => Nothing, search::off;
    /// Looks something up in the web, to see whether it works.
    SearchTest = "search.test": TryWebSearch => Vec<SearchResult>, search::test;

    /// What MCP servers want to know of the person in the middle of their work, oldest first.
    McpQuestions = "mcp.questions": Nothing => Vec<McpQuestion>, mcp_questions::list;
    /// Answers such a question, or refuses to.
    McpAnswer = "mcp.answer": AnswerMcpQuestion => Nothing, mcp_questions::answer;

    /// Sessions, newest first.
    SessionList = "session.list": ListSessions => SessionPage, sessions::list;
    /// One session with the branch of messages that ends at its leaf.
    SessionGet = "session.get": GetSession => SessionView, sessions::get;
    /// All answers that stand beside one, those that are being written included; without their media.
    SessionBeside = "session.beside": MessageOf => Vec<MessageView>, sessions::beside;
    /// The bytes of an image, file or sound in a message.
    SessionMedia = "session.media": MediaName => MediaData, sessions::media;
    /// The folders that sessions lie in.
    SessionFolders = "session.folders": Nothing => Vec<Folder>, sessions::folders;
    /// Puts a session into a folder, or out of any.
    SessionMove = "session.move": MoveSession => Session, sessions::put;
    /// Shows another branch.
    SessionBranch = "session.branch": ShowBranch => SessionView, sessions::branch;
    /// Full-text search over messages and titles, newest first.
    SessionSearch = "session.search": SearchSessions => Vec<SearchHit>, sessions::search;
    /// Gives a session a title.
    SessionRename = "session.rename": RenameSession => Session, sessions::rename;
    /// Keeps a session on top of the list, or no longer.
    SessionPin = "session.pin": PinSession => Session, sessions::pin;
    /// Removes a session; it can be brought back.
    SessionDelete = "session.delete": SessionName => Nothing, sessions::delete;
    /// Brings a removed session back.
    SessionRestore = "session.restore": SessionName => Session, sessions::restore;
    /// A session as one text.
    SessionExport = "session.export": ExportSession => Exported, sessions::export;

    /// Sends a message and starts the answer, which arrives as notices.
    ChatSend = "chat.send": SendMessage => ChatStarted, chat::send;
    /// Answers a message of a session anew, on a branch beside the old answer.
    ChatRegenerate = "chat.regenerate": Regenerate => ChatStarted, chat::regenerate;
    /// Stops the answer that is being written; what there is is kept.
    ChatStop = "chat.stop": SessionName => Nothing, chat::stop;

    /// An image from elsewhere, as a page shows it without asking the network.
    ImageFetch = "image.fetch": FetchImage => FetchedImage, images::fetch;

    /// Calls, newest first.
    CallList = "call.list": ListCalls => CallPage, calls::list;
    /// One call with its ledger entries, what the client sent, what went upstream, and when the answer came.
    CallGet = "call.get": CallName => CallView, calls::get;
    /// A call step by step: who was asked, what was said, which tools were used and what they gave.
    CallSteps = "call.steps": CallName => CallSteps, run_steps::steps;
    /// Sends a call's request again, as a new call.
    CallReplay = "call.replay": ReplayCall => Replayed, replay::replay;

    /// Tokens and cost, summed.
    UsageSummary = "usage.summary": SummariseUsage => UsageSummary, usage::summary;
    /// The same by day and group, with speeds and failures.
    UsageReport = "usage.report": SummariseUsage => UsageReport, usage::report;
    /// The same, or the ledger itself, as comma-separated values.
    UsageExport = "usage.export": ExportUsage => UsageExport, export::export;
    /// All budgets and how they stand.
    BudgetList = "budget.list": Nothing => Vec<BudgetView>, budgets::list;

    /// The user's own prices.
    PriceList = "price.list": Nothing => Vec<OwnPrice>, prices::list;
    /// Writes down what a model costs, and corrects what it cost before.
    PriceSet = "price.set": SetPrice => PriceChanged, prices::set;
    /// Forgets a price of the user's; the published one holds again, for the past too.
    PriceRemove = "price.remove": PriceName => PriceChanged, prices::remove;

    /// The backups in the data directory, newest first.
    BackupList = "backup.list": Nothing => Vec<Backup>, backups::list;
    /// Copies the database while it is in use.
    BackupCreate = "backup.create": Nothing => Backup, backups::create;
    /// Reads a backup from end to end, and tells what is in it.
    BackupVerify = "backup.verify": BackupName => BackupReport, backups::verify;

    /// All settings.
    SettingsGet = "settings.get": Nothing => Settings, settings::get;
    /// Changes the settings that are given.
    SettingsSet = "settings.set": SettingsPatch => Settings, settings::set;

    /// Reads a link and holds it until the person has answered it; nothing is done.
    LinkOffer = "link.offer": OfferLink => Nothing, links::offer;
    /// The newest link that is not answered.
    LinkOffered = "link.offered": Nothing => Option<OfferedLink>, links::offered;
    /// The person has answered a link, one way or the other.
    LinkAnswered = "link.answered": LinkName => Nothing, links::answered;

    /// Opens a locked vault.
    VaultUnlock = "vault.unlock": UnlockVault => VaultStatus, vault::unlock;
    /// Forgets the opened vault's master key.
    VaultLock = "vault.lock": Nothing => VaultStatus, vault::lock;
    /// Moves every provider key to another kind of vault, which is used from then on.
    VaultChange = "vault.change": ChangeVault => VaultChanged, vault::change;

    /// Downloads the starter model's weights; progress arrives as notices.
    StarterFetch = "starter.fetch": Nothing => StarterStatus, starter::fetch;
    /// Stops the download; what there is is kept for the next try.
    StarterCancel = "starter.cancel": Nothing => StarterStatus, starter::cancel;
}

/// Who gives a command: it decides what a call is recorded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The window.
    Window,
    /// The window that shows nothing but what an agent wants to do.
    Approvals,
    /// The command line.
    CommandLine,
}

impl Caller {
    /// Whether a yes counts that it brings (SEC-24).
    ///
    /// # Errors
    /// [`FailureKind::ScopeDenied`] in the window: a script in its page could say it.
    pub(crate) fn may_allow(self) -> Result<(), Failure> {
        match self {
            Self::Approvals | Self::CommandLine => Ok(()),
            Self::Window => Err(Failure::new(
                FailureKind::ScopeDenied,
                "This window cannot allow what agents and programs want to do.",
            )
            .with_hint("Answer in the window that shows the question, or at the command line.")),
        }
    }

    pub(crate) fn source(self) -> CallSource {
        match self {
            Self::Window | Self::Approvals => CallSource::Window,
            Self::CommandLine => CallSource::CommandLine,
        }
    }
}

/// A command's names in TypeScript.
pub struct Description {
    /// `agent.create`.
    pub name: &'static str,
    /// The type of its arguments.
    pub args: String,
    /// The type of its result.
    pub result: String,
}

/// The failure of a command, or of its arguments, that cannot be read. The parser quotes what it did not
/// expect, and that may be a key: only what it would have expected is told (SEC-18).
pub fn unreadable(error: &serde_json::Error) -> Failure {
    let text = error.to_string();
    let names_only = ["missing field `", "unknown field `", "unknown variant `"];
    let told = if names_only.iter().any(|safe| text.starts_with(safe)) {
        text
    } else {
        match text.rsplit_once(", expected ") {
            Some((_, expected)) => format!("expected {expected}"),
            None => "it is not JSON".to_owned(),
        }
    };
    Failure::new(
        FailureKind::InvalidRequest,
        format!("This is not a command, or its arguments do not fit: {told}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_not_repeated() {
        for line in [
            r#"{"command":"provider.set_key","args":"sk-secret"}"#,
            r#"{"command":"provider.set_key","args":{"id":7,"key":"sk-secret"}}"#,
            r#"{"command":"vault.unlock","args":{"passphrase":["sk-secret, expected nothing"]}}"#,
            r#"{"command":"vault.unlock","args":{"passphrase":"sk-secret"#,
            r#""sk-secret""#,
        ] {
            let error = serde_json::from_str::<Command>(line)
                .err()
                .map(|error| unreadable(&error));
            let message = error
                .map(|failure| failure.message().to_owned())
                .unwrap_or_default();
            assert!(
                !message.is_empty() && !message.contains("secret"),
                "{line}: {message}"
            );
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = serde_json::from_str::<Command>(r#"{"command":"agent.get","args":{}}"#).err();
        let message = error
            .map(|error| unreadable(&error).message().to_owned())
            .unwrap_or_default();
        assert!(message.contains("`agent`"), "{message}");
    }
}
