//! Copies of the database.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Names a backup.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct BackupName {
    /// Its number, or the path of a file; absent: the newest.
    pub backup: Option<String>,
}

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BackupReport {
    /// Where it lies.
    pub path: PathBuf,
    /// How large it is, in bytes.
    pub bytes: u64,
    /// Agents.
    pub agents: u64,
    /// Sessions, deleted ones included.
    pub sessions: u64,
    /// Messages.
    pub messages: u64,
    /// Calls.
    pub calls: u64,
}
