//! Puts a backup in the database's place, which only works where no app is running.

use std::path::{Path, PathBuf};

use domain::Failure;
use store::{Backup, DataDirectory};

/// The backups of a data directory, the newest first.
///
/// # Errors
/// [`domain::FailureKind::DataDirectoryInUse`] while an app runs on the directory, or storage failures.
pub fn backups(data_dir: &Path) -> Result<Vec<Backup>, Failure> {
    Backup::list(&DataDirectory::open(data_dir)?)
}

/// Restores a backup into a data directory, and tells where the database that was there lies now. Nothing is
/// deleted.
///
/// # Errors
/// [`domain::FailureKind::DataDirectoryInUse`] while an app runs on the directory,
/// [`domain::FailureKind::StorageFailed`] when the backup is damaged or a file cannot be moved.
pub fn restore(data_dir: &Path, backup: &Path) -> Result<PathBuf, Failure> {
    let directory = DataDirectory::open(data_dir)?;
    Backup::restore(&directory, backup)
}
