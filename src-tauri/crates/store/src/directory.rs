//! The data directory: where everything of one Inglenook lies, and the lock that makes it one.
//!
//! Two processes on one directory would each believe to be the only writer. The lock is the operating
//! system's on an open file, so it ends with the process however that ends; the process id inside the
//! file is for people. Deliberately not here: the control socket, which is the gateway's.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{Failure, FailureKind};

use crate::failed::io;

/// An open and locked data directory. Clones share the lock; the last one to go releases it.
#[derive(Clone, Debug)]
pub struct DataDirectory {
    path: PathBuf,
    _lock: Arc<File>,
}

impl DataDirectory {
    /// Makes the directory if it is missing (for this user alone, 0700) and locks it.
    ///
    /// # Errors
    /// [`FailureKind::DataDirectoryInUse`] when another process holds it,
    /// [`FailureKind::StorageFailed`] when it cannot be made or written to.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Failure> {
        let path = path.as_ref();
        make_private(path)?;
        let path = path
            .canonicalize()
            .map_err(|e| io("The data directory cannot be opened", &e))?;
        let mut lock = private_file(&path.join("lock"))
            .map_err(|e| io("The data directory cannot be written to", &e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(&mut lock)),
            Err(TryLockError::Error(e)) => return Err(io("The data directory cannot be locked", &e)),
        }
        let pid = std::process::id().to_string();
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| lock.write_all(pid.as_bytes()))
            .map_err(|e| io("The data directory cannot be written to", &e))?;
        Ok(Self {
            path,
            _lock: Arc::new(lock),
        })
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.path.join("inglenook.db")
    }

    /// The database file and those that SQLite keeps beside it while it is open.
    pub fn database_files(&self) -> [PathBuf; 3] {
        ["inglenook.db", "inglenook.db-wal", "inglenook.db-shm"].map(|name| self.path.join(name))
    }

    /// Where backups lie; made when the first one is.
    pub fn backups(&self) -> PathBuf {
        self.path.join("backups")
    }
}

fn in_use(lock: &mut File) -> Failure {
    let mut pid = String::new();
    // on Windows a locked file cannot be read; the hint then goes without a number
    let holder = match lock.read_to_string(&mut pid) {
        Ok(_) if !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit()) => {
            format!(" (process {pid})")
        }
        Ok(_) | Err(_) => String::new(),
    };
    Failure::new(
        FailureKind::DataDirectoryInUse,
        format!("Another Inglenook{holder} works on this data directory."),
    )
    .with_hint("Use that one, quit it first, or name another directory with --data-dir.")
}

/// Makes a directory that only this user can enter.
///
/// # Errors
/// [`FailureKind::StorageFailed`].
pub fn make_private(path: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|e| io("The data directory cannot be made", &e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
            .map_err(|e| io("The data directory cannot be made private", &e))?;
    }
    Ok(())
}

/// Writes a file that only this user can read, whole or not at all: it is on the disk under another name before it
/// takes its own.
///
/// # Errors
/// [`FailureKind::StorageFailed`].
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let partial = path.with_extension("partial");
    let written = private_file(&partial).and_then(|mut file| {
        file.set_len(0)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, path)
    });
    written.map_err(|e| io("A file cannot be written", &e))
}

/// Opens a file for reading and writing, made for this user alone (0600) if it is missing.
pub(crate) fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
