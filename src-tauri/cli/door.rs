//! How a command reaches the engine: through the socket of the app that runs, or by opening the directory.

use domain::{Failure, FailureKind};
use gateway::control::{self, Caller, Connection, Notice, SocketAddress};
use gateway::{App, Config};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::broadcast;

use super::Resolved;

/// A way in.
pub(super) enum Door {
    /// An Inglenook runs on the directory.
    Socket {
        connection: Connection,
        address: SocketAddress,
    },
    /// None does: the directory is ours for the time of the command.
    Directory(Box<App>),
}

impl Door {
    /// Finds the way in.
    ///
    /// # Errors
    /// [`FailureKind::DataDirectoryInUse`] when an app holds the directory but does not answer, or whatever
    /// kept the directory from being opened.
    pub async fn open(options: &Resolved) -> Result<Self, Failure> {
        let address = SocketAddress::of(&options.data_dir);
        if let Ok(connection) = Connection::open(&address).await {
            return Ok(Self::Socket { connection, address });
        }
        match App::start(config(options)).await {
            Ok(app) => Ok(Self::Directory(Box::new(app))),
            // it may just be starting
            Err(failure) if failure.kind() == FailureKind::DataDirectoryInUse => {
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                match Connection::open(&address).await {
                    Ok(connection) => Ok(Self::Socket { connection, address }),
                    Err(_) => Err(failure),
                }
            }
            Err(failure) => Err(failure),
        }
    }

    /// Runs a command.
    ///
    /// # Errors
    /// The command's failure.
    pub async fn run<T: DeserializeOwned>(
        &mut self,
        command: &str,
        args: &(impl Serialize + Sync),
    ) -> Result<T, Failure> {
        match self {
            Self::Socket { connection, .. } => connection.run(command, args).await,
            Self::Directory(app) => {
                let line = serde_json::json!({ "command": command, "args": args });
                let parsed = serde_json::from_value(line).map_err(|error| control::unreadable(&error))?;
                let value = control::run(app.engine(), Caller::CommandLine, parsed).await?;
                serde_json::from_value(value).map_err(|error| control::unreadable(&error))
            }
        }
    }

    /// What happens from now on.
    ///
    /// # Errors
    /// When the app that runs is gone.
    pub async fn notices(&self) -> Result<Notices, Failure> {
        match self {
            Self::Socket { address, .. } => Ok(Notices::Socket(Box::new(
                Connection::open(address).await?.subscribe().await?,
            ))),
            Self::Directory(app) => Ok(Notices::Directory(app.engine().notices())),
        }
    }

    /// Leaves in order: what is queued is written.
    pub async fn close(self) {
        match self {
            Self::Socket { .. } => {}
            Self::Directory(app) => app.shutdown().await,
        }
    }
}

/// What happens, as it happens.
pub(super) enum Notices {
    Socket(Box<control::Notices>),
    Directory(broadcast::Receiver<Notice>),
}

impl Notices {
    /// Waits for the next notice.
    ///
    /// # Errors
    /// When the app that runs is gone.
    pub async fn next(&mut self) -> Result<Notice, Failure> {
        match self {
            Self::Socket(notices) => notices.next().await,
            Self::Directory(notices) => match notices.recv().await {
                Ok(notice) => Ok(notice),
                Err(broadcast::error::RecvError::Lagged(_)) => Ok(Notice::Missed {}),
                Err(broadcast::error::RecvError::Closed) => {
                    Err(Failure::new(FailureKind::Internal, "The engine ended."))
                }
            },
        }
    }
}

/// What an app on this directory is made from.
pub(super) fn config(options: &Resolved) -> Config {
    let mut config = Config::new(options.data_dir.clone(), options.models_dir.clone());
    config.vault = options.vault;
    config.keychain_service.clone_from(&options.keychain_service);
    config.folders.clone_from(&options.folders);
    config.mcp.environment.clone_from(&options.inherited);
    config.passphrase = super::vault::passphrase();
    config.reader = std::env::current_exe().ok();
    config
}
