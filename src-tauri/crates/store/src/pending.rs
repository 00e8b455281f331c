//! What is to be done with the database before it is opened the next time.
//!
//! A file in the data directory says it. It is removed after the deed, so a start that is cut short does it
//! again: both deeds may be done twice.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::Failure;
use serde::{Deserialize, Serialize};

use crate::directory::{DataDirectory, write_private};
use crate::failed::io;
use crate::{Backup, export};

const FILE: &str = "at-next-start.json";

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Pending {
    /// Delete the database, backups, exports, databases that were set aside, and the certificate for the local
    /// network.
    Erase,
    /// Put a backup in the database's place.
    Restore {
        /// The backup's file.
        backup: PathBuf,
    },
}

impl Pending {
    /// What is staged.
    ///
    /// # Errors
    /// Storage failures.
    pub fn of(directory: &DataDirectory) -> Result<Option<Self>, Failure> {
        match fs::read(file(directory)) {
            // what cannot be read is not obeyed
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(io("What is staged cannot be read", &e)),
        }
    }

    /// Stages it, in the place of what was staged before.
    ///
    /// # Errors
    /// Storage failures.
    pub fn stage(&self, directory: &DataDirectory) -> Result<(), Failure> {
        let failed = |e: std::io::Error| io("It could not be staged", &e);
        let text = serde_json::to_vec(self).map_err(|e| failed(e.into()))?;
        write_private(&file(directory), &text)
    }

    /// Takes back what was staged.
    ///
    /// # Errors
    /// Storage failures.
    pub fn forget(directory: &DataDirectory) -> Result<(), Failure> {
        remove(&file(directory))
    }

    /// Does what was staged, on a directory whose database nobody has open.
    ///
    /// # Errors
    /// Storage failures; what was staged then stays so, and the database as it was.
    pub fn carry_out(directory: &DataDirectory) -> Result<(), Failure> {
        match Self::of(directory)? {
            None => return Ok(()),
            Some(Self::Restore { backup }) => {
                let aside = Backup::restore(directory, &backup);
                // a backup that is gone or damaged must not keep the app from starting for ever
                Self::forget(directory)?;
                aside?;
                tracing::info!("a backup has taken the database's place");
            }
            Some(Self::Erase) => {
                erase(directory)?;
                Self::forget(directory)?;
                tracing::info!("everything was deleted");
            }
        }
        Ok(())
    }
}

fn erase(directory: &DataDirectory) -> Result<(), Failure> {
    // what the local network knew this machine by goes too
    let lan = directory.path().join("lan");
    for folder in [directory.backups(), export::folder(directory), lan] {
        match fs::remove_dir_all(&folder) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(io("Not everything could be deleted", &e)),
        }
    }
    let files = fs::read_dir(directory.path()).map_err(|e| io("The data directory cannot be read", &e))?;
    for entry in files.filter_map(Result::ok) {
        // the database, its log, and those that a restore set aside
        if entry.file_name().to_string_lossy().starts_with("inglenook.db") {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) => Err(io("A file could not be deleted", &e)),
    }
}

fn file(directory: &DataDirectory) -> PathBuf {
    directory.path().join(FILE)
}
