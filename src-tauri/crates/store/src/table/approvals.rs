//! What a person allowed for always: one agent, asked by one client, one tool, exactly these arguments.

use domain::{AgentId, ApprovalId, ClientKeyId, Failure, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    tool TEXT NOT NULL,
    digest BLOB NOT NULL,
    arguments TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (agent, tool, digest)
) WITHOUT ROWID, STRICT;
";

/// `client` is part of the digest; it stands here to be shown.
pub(crate) const ADD_CLIENT: &str = "ALTER TABLE approvals ADD COLUMN client TEXT;";

/// An approval that holds until it is revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingApproval {
    /// Its id.
    pub id: ApprovalId,
    /// The agent.
    pub agent: AgentId,
    /// The tool, as in grants.
    pub tool: String,
    /// The client key that asked; none when the person did, in the window or at the command line.
    pub client: Option<ClientKeyId>,
    /// The digest of what it holds for.
    pub digest: [u8; 32],
    /// The arguments, as the person saw them.
    pub arguments: String,
    /// When it was given.
    pub created_at: Timestamp,
}

/// Keeps one; nothing happens when the same is there.
///
/// # Errors
/// Storage failures.
pub fn keep(conn: &Connection, approval: &StandingApproval) -> Result<(), Failure> {
    conn.prepare_cached(
        "INSERT INTO approvals (id, agent, tool, digest, arguments, created_at, client)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (agent, tool, digest) DO NOTHING",
    )
    .and_then(|mut s| {
        s.execute((
            approval.id.as_str(),
            approval.agent.as_str(),
            &approval.tool,
            approval.digest,
            &approval.arguments,
            approval.created_at.millis(),
            approval.client.as_ref().map(ClientKeyId::as_str),
        ))
    })
    .map(|_| ())
    .map_err(failed)
}

/// Whether there is one.
///
/// # Errors
/// Storage failures.
pub fn holds(conn: &Connection, agent: &AgentId, tool: &str, digest: &[u8; 32]) -> Result<bool, Failure> {
    conn.prepare_cached("SELECT 1 FROM approvals WHERE agent = ?1 AND tool = ?2 AND digest = ?3")
        .and_then(|mut s| s.query_row((agent.as_str(), tool, digest), |_| Ok(())).optional())
        .map(|found| found.is_some())
        .map_err(failed)
}

/// All of them, newest first.
///
/// # Errors
/// Storage failures.
pub fn list(conn: &Connection) -> Result<Vec<StandingApproval>, Failure> {
    conn.prepare_cached(
        "SELECT id, agent, tool, digest, arguments, created_at, client FROM approvals ORDER BY created_at DESC, id DESC",
    )
    .and_then(|mut s| s.query_map([], from_row)?.collect())
    .map_err(failed)
}

/// Revokes one; `false` when there was none.
///
/// # Errors
/// Storage failures.
pub fn revoke(conn: &Connection, id: &ApprovalId) -> Result<bool, Failure> {
    conn.prepare_cached("DELETE FROM approvals WHERE id = ?1")
        .and_then(|mut s| s.execute([id.as_str()]))
        .map(|removed| removed > 0)
        .map_err(failed)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<StandingApproval> {
    Ok(StandingApproval {
        id: column::word(row, 0)?,
        agent: column::word(row, 1)?,
        tool: row.get(2)?,
        digest: row.get(3)?,
        arguments: row.get(4)?,
        created_at: Timestamp(row.get(5)?),
        client: column::word_or_null(row, 6)?,
    })
}
