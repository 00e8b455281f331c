//! The control plane for the command line: a local socket that only this user can open.
//!
//! Requests and answers are lines of JSON: `{"command":…,"args":…}` gives `{"ok":…}` or `{"failure":{…}}`;
//! `{"subscribe":true}` gives one notice a line until the program leaves. The socket lies in the data
//! directory with mode 0600, and the peer must be this user all the same: a copied directory can have other
//! modes. Windows has a named pipe of the same name's digest.

use std::path::Path;

use domain::{Failure, FailureKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::{Caller, Command, FailureView, Notice};
use crate::Engine;
use crate::failures::internal;

/// A command longer than this is a mistake: texts are capped at 8 MiB.
const LINE_CAP: u64 = 32 << 20;

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    subscribe: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Ok(serde_json::Value),
    Failure(FailureView),
}

/// Where the socket of a data directory is.
#[derive(Clone, Debug)]
pub struct SocketAddress(platform::Address);

impl SocketAddress {
    /// The socket of this data directory.
    pub fn of(data_dir: &Path) -> Self {
        Self(platform::address(data_dir))
    }
}

/// Serves commands until `stop`.
///
/// # Errors
/// When the socket cannot be made.
pub async fn listen(engine: Engine, address: SocketAddress, stop: CancellationToken) -> Result<(), Failure> {
    let mut listener = platform::bind(&address.0)?;
    let core = engine.clone();
    core.spawn(async move {
        loop {
            let stream = tokio::select! {
                () = stop.cancelled() => break,
                stream = platform::accept(&mut listener) => stream,
            };
            let Some(stream) = stream else { continue };
            let (engine, stop) = (engine.clone(), stop.clone());
            let served = engine.clone();
            engine.spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    // a program that breaks off is told nothing
                    _ended = serve(&served, stream) => {}
                }
            });
        }
        platform::clean_up(&address.0);
    });
    Ok(())
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(engine: &Engine, stream: S) -> std::io::Result<()> {
    use tokio::io::AsyncReadExt;
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = BufReader::new(read);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut lines).take(LINE_CAP).read_until(b'\n', &mut line).await?;
        if read == 0 || line.last() != Some(&b'\n') {
            return Ok(());
        }
        if serde_json::from_slice::<Line>(&line).is_ok_and(|line| line.subscribe) {
            return notices(engine, &mut write).await;
        }
        let answer = answer(engine, &line).await;
        send(&mut write, &answer).await?;
    }
}

async fn answer(engine: &Engine, line: &[u8]) -> Answer {
    let result = match serde_json::from_slice::<Command>(line) {
        Ok(command) => super::run(engine, Caller::CommandLine, command).await,
        Err(error) => Err(super::unreadable(&error)),
    };
    match result {
        Ok(value) => Answer::Ok(value),
        Err(failure) => Answer::Failure(FailureView::from(&failure)),
    }
}

async fn notices<W: AsyncWrite + Unpin>(engine: &Engine, write: &mut W) -> std::io::Result<()> {
    let mut notices = engine.notices();
    send(write, &Answer::Ok(serde_json::Value::Null)).await?;
    loop {
        match notices.recv().await {
            Ok(notice) => send(write, &notice).await?,
            Err(RecvError::Lagged(_)) => send(write, &Notice::Missed {}).await?,
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

async fn send<W: AsyncWrite + Unpin>(write: &mut W, value: &impl Serialize) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    write.write_all(&line).await?;
    write.flush().await
}

/// The other end: a program that talks to a running Inglenook.
pub struct Connection {
    stream: BufReader<platform::Stream>,
}

impl Connection {
    /// Connects to the Inglenook that runs on a data directory.
    ///
    /// # Errors
    /// [`FailureKind::NotRunning`] when none does.
    pub async fn open(address: &SocketAddress) -> Result<Self, Failure> {
        let stream = platform::connect(&address.0).await.map_err(|_| {
            Failure::new(
                FailureKind::NotRunning,
                "No Inglenook runs on this data directory.",
            )
        })?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Gives a command and waits for its result.
    ///
    /// # Errors
    /// The command's failure.
    pub async fn run<T: DeserializeOwned>(
        &mut self,
        command: &str,
        args: &(impl Serialize + Sync),
    ) -> Result<T, Failure> {
        let line = serde_json::json!({ "command": command, "args": args });
        send(self.stream.get_mut(), &line).await.map_err(gone)?;
        match self.line::<Answer>().await? {
            Answer::Ok(value) => serde_json::from_value(value).map_err(internal),
            Answer::Failure(failure) => Err(failure.into()),
        }
    }

    /// Turns the connection into a stream of notices.
    ///
    /// # Errors
    /// When the other end is gone.
    pub async fn subscribe(mut self) -> Result<Notices, Failure> {
        send(self.stream.get_mut(), &serde_json::json!({ "subscribe": true }))
            .await
            .map_err(gone)?;
        self.line::<Answer>().await?;
        Ok(Notices { connection: self })
    }

    async fn line<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).await.map_err(gone)?;
        if line.is_empty() {
            return Err(gone(std::io::ErrorKind::UnexpectedEof.into()));
        }
        serde_json::from_slice(&line).map_err(internal)
    }
}

/// What happens, as it happens.
pub struct Notices {
    connection: Connection,
}

impl Notices {
    /// Waits for the next notice.
    ///
    /// # Errors
    /// When the other end is gone.
    pub async fn next(&mut self) -> Result<Notice, Failure> {
        self.connection.line().await
    }
}

fn gone(_: std::io::Error) -> Failure {
    Failure::new(FailureKind::NotRunning, "Inglenook ended before it answered.")
}

#[cfg(unix)]
mod platform {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    use std::path::{Path, PathBuf};

    use domain::Failure;
    use sha2::{Digest, Sha256};
    use tokio::net::{UnixListener, UnixStream};

    use crate::failures::internal;

    pub(super) type Address = PathBuf;
    pub(super) type Stream = UnixStream;

    /// What a socket's path may be long on every Unix that we know.
    const PATH_CAP: usize = 100;

    pub(super) fn address(data_dir: &Path) -> Address {
        let data_dir = data_dir.canonicalize().unwrap_or_else(|_| data_dir.to_path_buf());
        let direct = data_dir.join("control.sock");
        if direct.as_os_str().len() <= PATH_CAP {
            return direct;
        }
        let digest = Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
        let name: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        std::env::temp_dir()
            .join(format!("inglenook-{name}"))
            .join("control.sock")
    }

    /// The data directory is locked by us, so a socket that lies there is a dead one's.
    pub(super) fn bind(address: &Address) -> Result<UnixListener, Failure> {
        if let Some(folder) = address.parent()
            && !folder.exists()
        {
            std::fs::DirBuilder::new()
                .mode(0o700)
                .create(folder)
                .map_err(internal)?;
        }
        if address.exists() {
            std::fs::remove_file(address).map_err(internal)?;
        }
        let listener = UnixListener::bind(address).map_err(internal)?;
        std::fs::set_permissions(address, std::fs::Permissions::from_mode(0o600)).map_err(internal)?;
        Ok(listener)
    }

    /// The next program of this user; others are closed without a word.
    pub(super) async fn accept(listener: &mut UnixListener) -> Option<UnixStream> {
        let (stream, _) = listener.accept().await.ok()?;
        let peer = stream.peer_cred().ok()?.uid();
        let own = rustix::process::geteuid().as_raw();
        (peer == own || peer == 0).then_some(stream)
    }

    pub(super) async fn connect(address: &Address) -> std::io::Result<UnixStream> {
        UnixStream::connect(address).await
    }

    pub(super) fn clean_up(address: &Address) {
        // the next start removes it if this one cannot
        let _left = std::fs::remove_file(address);
    }
}

#[cfg(windows)]
mod platform {
    use std::path::Path;

    use domain::Failure;
    use sha2::{Digest, Sha256};
    use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};

    use crate::failures::internal;

    pub(super) type Address = String;
    pub(super) type Stream = NamedPipeClient;

    pub(super) struct Listener {
        name: String,
        next: NamedPipeServer,
    }

    pub(super) fn address(data_dir: &Path) -> Address {
        let data_dir = data_dir.canonicalize().unwrap_or_else(|_| data_dir.to_path_buf());
        let digest = Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
        let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!(r"\\.\pipe\inglenook-{name}")
    }

    /// The default access list of a named pipe lets its creator and administrators write, and nobody else.
    pub(super) fn bind(address: &Address) -> Result<Listener, Failure> {
        let next = ServerOptions::new()
            .first_pipe_instance(true)
            .reject_remote_clients(true)
            .create(address)
            .map_err(internal)?;
        Ok(Listener {
            name: address.clone(),
            next,
        })
    }

    pub(super) async fn accept(listener: &mut Listener) -> Option<NamedPipeServer> {
        listener.next.connect().await.ok()?;
        let next = ServerOptions::new()
            .reject_remote_clients(true)
            .create(&listener.name)
            .ok()?;
        Some(std::mem::replace(&mut listener.next, next))
    }

    pub(super) async fn connect(address: &Address) -> std::io::Result<NamedPipeClient> {
        ClientOptions::new().open(address)
    }

    pub(super) fn clean_up(_: &Address) {}
}
