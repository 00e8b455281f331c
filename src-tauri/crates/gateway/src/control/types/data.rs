//! The data directory as a whole.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the data directory holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DataReport {
    /// Where it lies.
    pub path: PathBuf,
    /// Bytes of the database with its log.
    pub database_bytes: u64,
    /// Bytes of all backups.
    pub backup_bytes: u64,
    /// Agents that are there.
    pub agents: u64,
    /// Sessions, deleted ones included.
    pub sessions: u64,
    /// Messages.
    pub messages: u64,
    /// Calls.
    pub calls: u64,
    /// What is to be done at the next start.
    pub staged: Option<Staged>,
}

/// A file with everything that was exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DataExported {
    /// Where it lies, readable by this user alone.
    pub path: PathBuf,
    /// How large it is, in bytes.
    pub bytes: u64,
    /// How many rows it has, one JSON text on each line.
    pub rows: u64,
}

/// Deletes everything, when it is said in words.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct EraseData {
    /// The words `delete everything`.
    pub confirm: String,
}

/// What is to be done at the next start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Staged {
    /// Everything is deleted.
    Erase,
    /// A backup takes the database's place; what was there is set aside.
    Restore {
        /// The backup.
        backup: PathBuf,
    },
}
