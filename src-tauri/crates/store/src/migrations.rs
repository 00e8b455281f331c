//! The steps that bring an older database to this version, and the check whether it is one of ours.
//!
//! `user_version` counts the steps that were taken. A step that was released is never edited; a new one is
//! appended. `application_id` tells our files from other programs' (the letters `INGK`).

use std::sync::LazyLock;

use domain::{Failure, FailureKind};
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::failed;
use crate::table::{
    agent_drafts, agents, approvals, calls, client_keys, collections, details, documents, entries,
    fingerprints, growth, idempotency, mcp_servers, memories, messages, meta, passages, prices, providers,
    reasoning, recalls, responses, search, sessions, settings, summaries, taints, tool_uses,
};

const APPLICATION_ID: i32 = i32::from_be_bytes(*b"INGK");

const SECRETS: &str = "
CREATE TABLE secrets (
    provider TEXT PRIMARY KEY,
    origin TEXT NOT NULL,
    key_version INTEGER NOT NULL,
    nonce BLOB NOT NULL,
    sealed BLOB NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE TABLE vault_meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    kind TEXT NOT NULL,
    salt BLOB,
    verifier BLOB,
    account TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
";

const STEPS: &[&str] = &[
    meta::CREATE,
    settings::CREATE,
    agents::CREATE,
    providers::CREATE,
    SECRETS,
    client_keys::CREATE,
    prices::CREATE,
    sessions::CREATE,
    messages::CREATE,
    search::CREATE,
    calls::CREATE,
    entries::CREATE,
    fingerprints::CREATE,
    entries::ADD_UPSTREAM_STATUS,
    reasoning::CREATE,
    entries::ADD_RESERVED,
    client_keys::ADD_BUDGETS,
    responses::CREATE,
    calls::ADD_CLIENT_AND_FAILURE,
    details::CREATE,
    entries::ADD_INSPECTION,
    idempotency::CREATE,
    calls::ADD_REPEATS,
    sessions::ADD_FOLDER,
    entries::INDEX_SUMS,
    calls::INDEX_REFUSED,
    growth::CREATE,
    sessions::INDEX_TITLES,
    approvals::CREATE,
    taints::CREATE,
    tool_uses::CREATE,
    mcp_servers::CREATE,
    memories::CREATE,
    recalls::CREATE,
    collections::CREATE,
    documents::CREATE,
    passages::CREATE,
    summaries::CREATE,
    agent_drafts::CREATE,
    approvals::ADD_CLIENT,
];

static MIGRATIONS: LazyLock<Migrations<'static>> =
    LazyLock::new(|| Migrations::new(STEPS.iter().copied().map(M::up).collect()));

/// What a database file is to this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing is in it yet.
    Empty,
    /// Ours, and older.
    Older,
    /// Ours, and of this version.
    Current,
    /// Ours, and written by a newer version.
    Newer,
}

/// Looks at a database without changing it.
///
/// # Errors
/// [`FailureKind::StorageFailed`] when it is another program's database, or none at all.
pub(crate) fn state(conn: &Connection) -> Result<State, Failure> {
    let number = |pragma: &str| conn.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let version = number("user_version").map_err(failed)?;
    let application = number("application_id").map_err(failed)?;
    let tables: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed)?;
    let steps = i32::try_from(STEPS.len()).unwrap_or(i32::MAX);
    match (tables, application) {
        (0, 0) => Ok(State::Empty),
        (_, APPLICATION_ID) if version == steps => Ok(State::Current),
        (_, APPLICATION_ID) if version > steps => Ok(State::Newer),
        (_, APPLICATION_ID) => Ok(State::Older),
        _ => Err(Failure::new(
            FailureKind::StorageFailed,
            "The database file in the data directory belongs to another program.",
        )
        .with_hint("The file was left as it is. Move it away, or name another directory with --data-dir.")),
    }
}

/// Takes the steps that are missing, all in one transaction.
pub(crate) fn run(conn: &mut Connection) -> Result<(), Failure> {
    conn.pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(failed)?;
    MIGRATIONS.to_latest(conn).map_err(|error| {
        if let rusqlite_migration::Error::RusqliteError { err, .. } = error {
            return failed(err);
        }
        Failure::new(
            FailureKind::StorageFailed,
            "The database could not be brought to this version.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_valid() {
        assert_eq!(MIGRATIONS.validate(), Ok(()));
    }
}
