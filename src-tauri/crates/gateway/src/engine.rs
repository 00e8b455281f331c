//! What every room of the gateway shares. Cheap to clone; holds no logic of its own.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::Failure;
use store::Store;
use store::vault::Vault;
use tokio::sync::{Notify, broadcast};
use tokio_util::task::TaskTracker;

use crate::approvals::Approvals;
use crate::attempts::Attempts;
use crate::background::Background;
use crate::clock::Clock;
use crate::connect::Folders;
use crate::control::{EndpointStatus, LanStatus, Links, Notice, OllamaPortStatus, Topic, VaultStatus};
use crate::denials::Denials;
use crate::fetch::Fetcher;
use crate::http::ports::Ports;
use crate::ids::Ids;
use crate::knowledge::Knowledge;
use crate::limits::Accounts;
use crate::live::Live;
use crate::mcp::{McpPolicy, McpServers};
use crate::models::Models;
use crate::prices::Prices;
use crate::questions::Questions;
use crate::refusals::Refusals;
use crate::roster::Roster;
use crate::turn::{Calibration, Envelopes, ReasoningMemory, Recent, Steps};
use crate::upstream::{HttpClients, Upstreams};

/// Notices kept for a reader that lags; one that lags further is told that it missed some.
const NOTICES: usize = 4096;
/// Lists are announced as changed at most this often, because a busy endpoint changes them all the time.
const ANNOUNCE_EVERY: Duration = Duration::from_millis(100);

/// The engine: everything a call or a command needs.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

/// What an engine is made of.
pub(crate) struct Parts {
    pub data_dir: PathBuf,
    pub store: Store,
    pub vault: Vault,
    pub folders: Folders,
    pub clock: Arc<dyn Clock>,
    pub ids: Ids,
    pub roster: Roster,
    pub upstreams: Upstreams,
    pub fetcher: Fetcher,
    pub knowledge: Knowledge,
    pub mcp: McpPolicy,
    #[cfg(feature = "starter")]
    pub starter: crate::starter::StarterModel,
}

struct Shared {
    parts: Parts,
    prices: Prices,
    accounts: Accounts,
    attempts: Attempts,
    models: Models,
    recent: Recent,
    reasoning: ReasoningMemory,
    envelopes: Envelopes,
    steps: Steps,
    calibration: Calibration,
    live: Live,
    background: Background,
    approvals: Approvals,
    questions: Questions,
    mcp: McpServers,
    links: Links,
    refusals: Refusals,
    denials: Denials,
    notices: broadcast::Sender<Notice>,
    announced: Mutex<[Option<Instant>; 3]>,
    endpoint: Mutex<EndpointStatus>,
    ollama_port: Mutex<OllamaPortStatus>,
    lan: Mutex<LanStatus>,
    ports: Ports,
    reconfigured: Notify,
    tasks: TaskTracker,
}

impl Engine {
    pub(crate) fn new(parts: Parts) -> Self {
        let mcp = McpServers::new(parts.mcp.clone());
        let shared = Shared {
            parts,
            mcp,
            prices: Prices::default(),
            accounts: Accounts::default(),
            attempts: Attempts::default(),
            models: Models::default(),
            recent: Recent::default(),
            reasoning: ReasoningMemory::default(),
            envelopes: Envelopes::default(),
            steps: Steps::default(),
            calibration: Calibration::default(),
            live: Live::default(),
            background: Background::default(),
            approvals: Approvals::default(),
            questions: Questions::default(),
            links: Links::default(),
            refusals: Refusals::default(),
            denials: Denials::default(),
            notices: broadcast::channel(NOTICES).0,
            announced: Mutex::new([None; 3]),
            endpoint: Mutex::new(EndpointStatus::Stopped),
            ollama_port: Mutex::default(),
            lan: Mutex::default(),
            ports: Ports::default(),
            reconfigured: Notify::new(),
            tasks: TaskTracker::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Everything that happens from now on.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.shared.notices.subscribe()
    }

    /// Where the data plane listens.
    pub fn endpoint(&self) -> EndpointStatus {
        self.shared
            .endpoint
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_endpoint(&self, status: EndpointStatus) {
        self.shared
            .endpoint
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&status);
        self.notify(Notice::Endpoint { status });
    }

    /// Stops answering programs, or answers them again; what runs goes on. Nothing changes while nothing is served.
    pub(crate) fn pause_endpoint(&self, pause: bool) -> EndpointStatus {
        let mut status = self.endpoint();
        if let EndpointStatus::Listening { paused, .. } = &mut status {
            *paused = pause;
            self.set_endpoint(status.clone());
        }
        status
    }

    /// Whether programs are told that the endpoint is paused.
    pub(crate) fn is_paused(&self) -> bool {
        let endpoint = self.shared.endpoint.lock();
        let endpoint = endpoint.unwrap_or_else(PoisonError::into_inner);
        matches!(&*endpoint, EndpointStatus::Listening { paused: true, .. })
    }

    /// Requests that the guard turned away.
    pub(crate) fn denials(&self) -> &Denials {
        &self.shared.denials
    }

    /// Whether the second port is served, for clients of Ollama.
    pub(crate) fn ollama_port(&self) -> OllamaPortStatus {
        self.shared
            .ollama_port
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_ollama_port(&self, status: OllamaPortStatus) {
        self.shared
            .ollama_port
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&status);
    }

    /// Whether the local network is served.
    pub(crate) fn lan(&self) -> LanStatus {
        let lan = self.shared.lan.lock();
        lan.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_lan(&self, status: LanStatus) {
        let lan = self.shared.lan.lock();
        lan.unwrap_or_else(PoisonError::into_inner).clone_from(&status);
        self.notify(Notice::Lan { status });
    }

    /// The ports that are served.
    pub(crate) fn ports(&self) -> &Ports {
        &self.shared.ports
    }

    /// Waits until settings or providers have changed; a change before the wait counts.
    pub(crate) async fn reconfigured(&self) {
        self.shared.reconfigured.notified().await;
    }

    pub(crate) fn data_dir(&self) -> &std::path::Path {
        &self.shared.parts.data_dir
    }

    pub(crate) fn store(&self) -> &Store {
        &self.shared.parts.store
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.shared.parts.vault
    }

    pub(crate) fn vault_status(&self) -> VaultStatus {
        VaultStatus {
            kind: self.vault().kind(),
            state: self.vault().state(),
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.shared.parts.clock.as_ref()
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.shared.parts.ids
    }

    pub(crate) fn roster(&self) -> &Roster {
        &self.shared.parts.roster
    }

    pub(crate) fn upstreams(&self) -> &Upstreams {
        &self.shared.parts.upstreams
    }

    pub(crate) fn fetcher(&self) -> &Fetcher {
        &self.shared.parts.fetcher
    }

    pub(crate) fn knowledge(&self) -> &Knowledge {
        &self.shared.parts.knowledge
    }

    pub(crate) fn http(&self) -> &HttpClients {
        &self.upstreams().clients
    }

    #[cfg(feature = "starter")]
    pub(crate) fn starter(&self) -> &crate::starter::StarterModel {
        &self.shared.parts.starter
    }

    pub(crate) fn prices(&self) -> &Prices {
        &self.shared.prices
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        &self.shared.accounts
    }

    pub(crate) fn attempts(&self) -> &Attempts {
        &self.shared.attempts
    }

    pub(crate) fn models(&self) -> &Models {
        &self.shared.models
    }

    pub(crate) fn recent(&self) -> &Recent {
        &self.shared.recent
    }

    pub(crate) fn reasoning(&self) -> &ReasoningMemory {
        &self.shared.reasoning
    }

    pub(crate) fn steps(&self) -> &Steps {
        &self.shared.steps
    }

    /// How far our count of tokens is from that of each target.
    pub(crate) fn calibration(&self) -> &Calibration {
        &self.shared.calibration
    }

    pub(crate) fn envelopes(&self) -> &Envelopes {
        &self.shared.envelopes
    }

    pub(crate) fn live(&self) -> &Live {
        &self.shared.live
    }

    pub(crate) fn background(&self) -> &Background {
        &self.shared.background
    }

    /// What a person is asked about.
    pub(crate) fn approvals(&self) -> &Approvals {
        &self.shared.approvals
    }

    /// What servers of tools want to know of the person.
    pub(crate) fn questions(&self) -> &Questions {
        &self.shared.questions
    }

    /// Servers of tools that others wrote.
    pub(crate) fn mcp(&self) -> &McpServers {
        &self.shared.mcp
    }

    /// The link that waits for an answer.
    pub(crate) fn links(&self) -> &Links {
        &self.shared.links
    }

    pub(crate) fn refusals(&self) -> &Refusals {
        &self.shared.refusals
    }

    pub(crate) fn folders(&self) -> &Folders {
        &self.shared.parts.folders
    }

    /// Tells every window and every program on the socket.
    pub(crate) fn notify(&self, notice: Notice) {
        // nobody listening is no failure
        let _listeners = self.shared.notices.send(notice);
    }

    /// Tells that lists are out of date. Calls, sessions and attempts change with every request of every
    /// program: those are told at most ten times a second, the last change always.
    pub(crate) fn changed(&self, topic: Topic, id: Option<String>) {
        let slot = match topic {
            Topic::Sessions => 0,
            Topic::Calls => 1,
            Topic::Attempts => 2,
            Topic::Agents
            | Topic::Providers
            | Topic::Keys
            | Topic::Settings
            | Topic::Links
            | Topic::Memories
            | Topic::Knowledge
            | Topic::Approvals
            | Topic::McpServers => {
                return self.notify(Notice::Changed { topic, id });
            }
        };
        if self.shared.notices.receiver_count() == 0 {
            return;
        }
        let mut announced = self
            .shared
            .announced
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match announced[slot] {
            Some(at) if at > Instant::now() => {}
            Some(_) | None => {
                announced[slot] = Some(Instant::now() + ANNOUNCE_EVERY);
                let engine = self.clone();
                self.spawn(async move {
                    // told after the pause, so that whatever the pause swallowed is included; by then the
                    // writer has committed it
                    tokio::time::sleep(ANNOUNCE_EVERY).await;
                    engine.notify(Notice::Changed { topic, id: None });
                });
            }
        }
    }

    /// Runs something beside the callers; a shutdown waits for it for a while.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.shared.tasks.spawn(task);
    }

    /// Reads agents, providers, keys and settings again, and tells that they changed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn reload(&self, topic: Topic, id: Option<String>) -> Result<(), Failure> {
        self.roster().reload(self.store()).await?;
        if topic == Topic::Providers {
            self.prices().forget();
            self.models().forget();
            self.upstreams().health.forget();
            self.upstreams().clients.forget();
        }
        if matches!(topic, Topic::Providers | Topic::Settings) {
            self.shared.reconfigured.notify_one();
        }
        self.changed(topic, id);
        Ok(())
    }

    /// Waits for what runs beside the callers, at most this long.
    pub(crate) async fn drain(&self, most: Duration) {
        self.live().stop_all();
        self.background().stop_all();
        self.knowledge().stop();
        self.mcp().stop_all();
        self.shared.tasks.close();
        if tokio::time::timeout(most, self.shared.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("some work was still running at the end of the shutdown");
        }
    }
}
