//! Puts the app together on a data directory, and takes it apart again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::{Failure, FailureKind};
use secrecy::SecretString;
use store::vault::{OsStore, Vault, VaultKind, VaultOptions};
use store::{DataDirectory, Pending, Store, StoreOptions};
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, SystemClock};
use crate::connect::Folders;
use crate::control::{self, EndpointStatus, FailureView, Notice, SocketAddress};
use crate::engine::{Engine, Parts};
use crate::fetch::{FetchPolicy, Fetcher};
use crate::http::{self, ClientPatience};
use crate::ids::{Ids, Random, SystemRandom};
use crate::knowledge::{self, Knowledge};
use crate::mcp::McpPolicy;
use crate::retention;
use crate::roster::Roster;
use crate::upstream::{UpstreamPolicy, Upstreams};

/// Where the endpoint is when nobody says otherwise.
pub const DEFAULT_PORT: u16 = 4645;
/// How many ports after a taken one are tried, when the port was nobody's explicit wish (REL-15).
const NEIGHBOURS: u16 = 10;

/// What runs has three seconds to finish; the rest is for writing down what was cut, which takes as long as the
/// disk wants it to.
const SETTLE: Duration = Duration::from_secs(13);
/// How long a start waits for the vault.
const VAULT_PATIENCE: Duration = Duration::from_millis(2500);

/// What an app is made from.
pub struct Config {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Where the starter's weights lie.
    pub models_dir: PathBuf,
    /// The port that was explicitly wished for; 0 for any free one.
    pub port: Option<u16>,
    /// The vault that was explicitly wished for; else the setting, else the OS keychain.
    pub vault: Option<VaultKind>,
    /// For the passphrase vault.
    pub passphrase: Option<SecretString>,
    /// The name under which the OS keychain keeps the master key.
    pub keychain_service: String,
    /// Where other programs keep their settings, for those that are written when a person asks for it.
    pub folders: Folders,
    /// Whether to serve the endpoint and the socket; the command line alone does not.
    pub serve: bool,
    /// The port of the web host and the folder of the window's files.
    #[cfg(feature = "web-host")]
    pub web: Option<(u16, PathBuf)>,
    /// How providers are waited for and asked again; shorter in tests.
    pub upstream: UpstreamPolicy,
    /// How images and documents that messages name by their address are fetched; impatient, and on a network of
    /// its own, in tests.
    pub fetch: FetchPolicy,
    /// The program that reads PDF when it is started with [`crate::READ_PDF`]: this one. `None`: PDF is not read.
    pub reader: Option<PathBuf>,
    /// How servers of tools are found and waited for; shorter in tests.
    pub mcp: McpPolicy,
    /// How long clients are waited for; shorter in tests.
    pub clients: ClientPatience,
    /// Instead of the machine's clock, for tests.
    pub clock: Arc<dyn Clock>,
    /// Instead of the machine's randomness, for tests.
    pub random: Arc<dyn Random>,
    /// Instead of the OS keychain, for tests.
    pub os_store: Option<Arc<dyn OsStore>>,
}

impl Config {
    /// The machine's own clock, randomness and keychain; nothing is served.
    pub fn new(data_dir: PathBuf, models_dir: PathBuf) -> Self {
        Self {
            data_dir,
            models_dir,
            port: None,
            vault: None,
            passphrase: None,
            keychain_service: "inglenook".to_owned(),
            folders: Folders::default(),
            serve: false,
            #[cfg(feature = "web-host")]
            web: None,
            upstream: UpstreamPolicy::USUAL,
            fetch: FetchPolicy::usual(),
            reader: None,
            mcp: McpPolicy::usual(),
            clients: ClientPatience::USUAL,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            os_store: None,
        }
    }
}

/// A running app.
pub struct App {
    engine: Engine,
    stop: CancellationToken,
    web_url: Option<String>,
}

impl App {
    /// Opens the data directory and starts what the configuration asks for.
    ///
    /// # Errors
    /// [`FailureKind::DataDirectoryInUse`], [`FailureKind::PortTaken`], [`FailureKind::StorageFailed`], ...
    pub async fn start(config: Config) -> Result<Self, Failure> {
        let directory = DataDirectory::open(&config.data_dir)?;
        // the command line alone may still be taking it back
        if config.serve {
            Pending::carry_out(&directory)?;
        }
        let store = Store::open(&directory, StoreOptions::default())?;
        let roster = Roster::load(&store).await?;
        let settings = roster.now().settings.clone();
        let kind = config.vault.or(settings.vault).unwrap_or(VaultKind::Os);
        let clock = Arc::clone(&config.clock);
        let mut options = VaultOptions::new(Arc::new(move || clock.now()));
        options.service = config.keychain_service;
        options.passphrase = config.passphrase;
        if let Some(os_store) = config.os_store {
            options.os_store = os_store;
        }
        let vault = Vault::new(kind, store.clone(), options);
        let engine = Engine::new(Parts {
            data_dir: config.data_dir.clone(),
            store,
            vault,
            folders: config.folders,
            ids: Ids::new(Arc::clone(&config.clock), config.random),
            clock: config.clock,
            roster,
            upstreams: Upstreams::new(config.upstream)?,
            fetcher: Fetcher::new(config.fetch),
            knowledge: Knowledge::new(config.reader),
            mcp: config.mcp,
            #[cfg(feature = "starter")]
            starter: crate::starter::StarterModel::new(&config.models_dir),
        });
        let app = Self {
            engine,
            stop: CancellationToken::new(),
            web_url: None,
        };
        app.open_vault().await;
        if config.serve {
            app.engine
                .spawn(retention::daily(app.engine.clone(), app.stop.clone()));
            app.engine.spawn(knowledge::begin(app.engine.clone()));
            app.engine
                .spawn(knowledge::watch(app.engine.clone(), app.stop.clone()));
            let address = SocketAddress::of(&config.data_dir);
            control::listen(app.engine.clone(), address, app.stop.clone()).await?;
            app.serve(config.port, settings.port, config.clients).await?;
        }
        #[cfg(feature = "web-host")]
        let app = {
            let mut app = app;
            if let Some((port, pages)) = config.web {
                let url =
                    control::web_host::listen(app.engine.clone(), port, pages, app.stop.clone()).await?;
                app.web_url = Some(url);
            }
            app
        };
        Ok(app)
    }

    /// The engine, for carriers of the control plane.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The endpoint's port, when it is served.
    pub fn port(&self) -> Option<u16> {
        match self.engine.endpoint() {
            EndpointStatus::Listening { port, .. } => Some(port),
            EndpointStatus::Stopped | EndpointStatus::Failed { .. } => None,
        }
    }

    /// The address of the window in a browser, with its one-time token.
    pub fn web_url(&self) -> Option<&str> {
        self.web_url.as_deref()
    }

    /// The keychain is opened beside everything else. Only where a provider's key lies in it is it waited for,
    /// and not for long: the first call after the start should not fail for being the first.
    async fn open_vault(&self) {
        let engine = self.engine.clone();
        let (opened, waiting) = tokio::sync::oneshot::channel();
        self.engine.spawn(async move {
            engine.vault().open().await;
            engine.notify(Notice::Vault {
                status: engine.vault_status(),
            });
            // nobody waits where no key is kept
            let _waited = opened.send(());
            engine.vault().tidy().await;
        });
        let keeps_keys = self
            .engine
            .roster()
            .now()
            .providers
            .values()
            .any(|one| one.key_hint.is_some());
        if keeps_keys && tokio::time::timeout(VAULT_PATIENCE, waiting).await.is_err() {
            tracing::warn!(
                "the vault is still closed; calls to providers with a key answer 503 until it opens"
            );
        }
    }

    async fn serve(
        &self,
        wished: Option<u16>,
        set: Option<u16>,
        patience: ClientPatience,
    ) -> Result<(), Failure> {
        let first = wished.or(set).unwrap_or(DEFAULT_PORT);
        let mut bound = http::bind(first).await;
        if wished.is_none() {
            for port in (first..first.saturating_add(NEIGHBOURS)).skip(1) {
                if !matches!(&bound, Err(failure) if failure.kind() == FailureKind::PortTaken) {
                    break;
                }
                bound = http::bind(port).await;
            }
        }
        let listeners = match bound {
            Ok(listeners) => listeners,
            Err(failure) => {
                self.engine.set_endpoint(EndpointStatus::Failed {
                    failure: FailureView::from(&failure),
                });
                return Err(failure);
            }
        };
        if self.engine.roster().now().anonymous.is_some() {
            tracing::warn!("{}", control::KEYLESS);
        }
        let port = listeners.port();
        let instead_of = (first != 0 && port != first).then_some(first);
        self.engine
            .set_endpoint(EndpointStatus::listening(port, instead_of, false));
        http::ports::open(&self.engine, listeners, patience, &self.stop).await;
        http::lan::resume(&self.engine).await;
        http::follow_ollama_port(&self.engine, patience, &self.stop).await;
        Ok(())
    }

    /// Stops serving, lets what runs finish for three seconds, and closes the database when all that was cut is
    /// written down.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.engine.drain(SETTLE).await;
        self.engine.store().clone().close().await;
    }
}
