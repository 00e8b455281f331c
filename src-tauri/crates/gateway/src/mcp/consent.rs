//! What stands behind a server's name right now, and whether that is what a person has approved (SEC-30).
//!
//! The danger is a name in `PATH` that becomes another program overnight: what is run is found first, looked at byte by
//! byte, and then started by the path it was found at. What an interpreter reads is not looked at: the bytes of
//! `python3` say nothing about a script, so the arguments that name it are what is approved.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use domain::{Failure, FailureKind, McpSeen, McpServer, McpServerId, McpTransport};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::table;

use crate::Engine;
use crate::control::Topic;
use crate::failures::{internal, not_found};

const BLOCK: usize = 64 << 10;

/// A program and its bytes' SHA-256, in hexadecimal.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub path: PathBuf,
    pub digest: String,
}

/// Digests of files that have not changed since.
#[derive(Default)]
pub(super) struct Digests {
    known: Mutex<HashMap<PathBuf, (Stamp, String)>>,
}

/// A file with another one is read again. Its time of change and its number are the file system's own: whoever puts other
/// bytes in its place cannot set them back as they can set back when it was written.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    #[cfg(unix)]
    inode: (u64, u64),
    #[cfg(unix)]
    changed: (i64, i64),
}

impl Stamp {
    fn of(about: &std::fs::Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Self {
            length: about.len(),
            modified: about.modified().ok(),
            #[cfg(unix)]
            inode: (about.dev(), about.ino()),
            #[cfg(unix)]
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }
}

impl Digests {
    fn of(&self, path: &Path) -> std::io::Result<String> {
        let stamp = Stamp::of(&std::fs::metadata(path)?);
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((then, digest)) = lock().get(path)
            && *then == stamp
        {
            return Ok(digest.clone());
        }
        let mut file = std::fs::File::open(path)?;
        let mut hasher = Sha256::new();
        let mut block = vec![0; BLOCK];
        while let read @ 1.. = file.read(&mut block)? {
            hasher.update(block.get(..read).unwrap_or_default());
        }
        let digest = hexadecimal(&hasher.finalize());
        lock().insert(path.to_owned(), (stamp, digest.clone()));
        Ok(digest)
    }
}

/// SHA-256 over all that is approved, in hexadecimal.
pub(crate) fn digest(transport: &McpTransport, seen: &McpSeen) -> Result<String, Failure> {
    #[derive(Serialize)]
    struct All<'a> {
        what: &'static str,
        transport: &'a McpTransport,
        seen: &'a McpSeen,
    }
    let all = All {
        what: "inglenook mcp approval 1",
        transport,
        seen,
    };
    let bytes = serde_json::to_vec(&all).map_err(internal)?;
    Ok(hexadecimal(&Sha256::digest(bytes)))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a server's command is on this machine; `None` for a server that is elsewhere.
///
/// # Errors
/// [`FailureKind::NotFound`] when there is no such program, or it cannot be read.
pub(crate) async fn program(engine: &Engine, transport: &McpTransport) -> Result<Option<Program>, Failure> {
    let McpTransport::Stdio { command, cwd, .. } = transport else {
        return Ok(None);
    };
    let path = engine.mcp().policy().find(command, cwd.as_deref());
    let path =
        path.ok_or_else(|| not_found("program", command).with_hint("Give its whole path, or install it."))?;
    let looking = engine.clone();
    let looked = path.clone();
    let digest = tokio::task::spawn_blocking(move || looking.mcp().digests().of(&looked)).await;
    let digest = digest.map_err(internal)?.map_err(|error| {
        let why = format!("{} cannot be read: {error}.", path.display());
        Failure::new(FailureKind::NotFound, why)
    })?;
    Ok(Some(Program { path, digest }))
}

/// Changes what is known of a server, if that is different from what was.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub(crate) async fn note(
    engine: &Engine,
    id: &McpServerId,
    change: impl FnOnce(&mut McpServer) -> Result<(), Failure> + Send + 'static,
) -> Result<McpServer, Failure> {
    let wanted = id.clone();
    let (server, changed) = engine
        .store()
        .write(move |tx| {
            let before = table::mcp_servers::get(tx, &wanted)?;
            let mut server = before.clone();
            change(&mut server)?;
            if server != before {
                table::mcp_servers::update(tx, &server)?;
            }
            let changed = server != before;
            Ok((server, changed))
        })
        .await?;
    if changed {
        engine.reload(Topic::McpServers, Some(id.to_string())).await?;
    }
    Ok(server)
}

/// Looks at the program behind a server's command.
///
/// # Errors
/// When there is none, and storage failures.
pub(crate) async fn look(
    engine: &Engine,
    server: &McpServer,
) -> Result<(McpServer, Option<Program>), Failure> {
    let found = program(engine, &server.transport).await?;
    let digest = found.as_ref().map(|found| found.digest.clone());
    let transport = server.transport.clone();
    let noted = note(engine, &server.id, move |server| {
        if server.transport == transport {
            server.seen.program = digest;
        }
        Ok(())
    });
    Ok((noted.await?, found))
}
