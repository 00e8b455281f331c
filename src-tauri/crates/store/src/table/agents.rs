//! Agents and their revisions. A revision is never changed; the agent's row only says which is the newest.

use domain::{Agent, AgentDraft, AgentId, AgentRevision, Failure, FailureKind, Slug, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use super::not_found;
use crate::{column, failed};

// Slugs are unique among the agents that are there, so that a deleted one does not block its name. They
// are compared without regard to case because people type them.
pub(crate) const CREATE: &str = "
CREATE TABLE agents (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL COLLATE NOCASE,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX agents_by_slug ON agents (slug) WHERE deleted_at IS NULL;
CREATE TABLE agent_revisions (
    agent TEXT NOT NULL REFERENCES agents (id),
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    draft TEXT NOT NULL,
    PRIMARY KEY (agent, revision)
) WITHOUT ROWID, STRICT;
";

/// All agents that are there, by slug.
///
/// # Errors
/// Storage failures.
pub fn list(conn: &Connection) -> Result<Vec<Agent>, Failure> {
    conn.prepare_cached(
        "SELECT a.id, a.revision, a.created_at, a.updated_at, r.draft
         FROM agents a JOIN agent_revisions r ON r.agent = a.id AND r.revision = a.revision
         WHERE a.deleted_at IS NULL ORDER BY a.slug",
    )
    .and_then(|mut s| s.query_map([], from_row)?.collect())
    .map_err(failed)
}

/// The agents that were deleted and can be restored, the latest first.
///
/// # Errors
/// Storage failures.
pub fn list_deleted(conn: &Connection) -> Result<Vec<Agent>, Failure> {
    conn.prepare_cached(
        "SELECT a.id, a.revision, a.created_at, a.updated_at, r.draft
         FROM agents a JOIN agent_revisions r ON r.agent = a.id AND r.revision = a.revision
         WHERE a.deleted_at IS NOT NULL ORDER BY a.deleted_at DESC, a.id DESC",
    )
    .and_then(|mut s| s.query_map([], from_row)?.collect())
    .map_err(failed)
}

/// An agent by its id, if it is there and not deleted.
///
/// # Errors
/// Storage failures.
pub fn get(conn: &Connection, id: &AgentId) -> Result<Option<Agent>, Failure> {
    conn.prepare_cached(
        "SELECT a.id, a.revision, a.created_at, a.updated_at, r.draft
         FROM agents a JOIN agent_revisions r ON r.agent = a.id AND r.revision = a.revision
         WHERE a.id = ?1 AND a.deleted_at IS NULL",
    )
    .and_then(|mut s| s.query_row([id.as_str()], from_row).optional())
    .map_err(failed)
}

/// An agent by its slug in any case, if it is there and not deleted.
///
/// # Errors
/// Storage failures.
pub fn by_slug(conn: &Connection, slug: &str) -> Result<Option<Agent>, Failure> {
    conn.prepare_cached(
        "SELECT a.id, a.revision, a.created_at, a.updated_at, r.draft
         FROM agents a JOIN agent_revisions r ON r.agent = a.id AND r.revision = a.revision
         WHERE a.slug = ?1 AND a.deleted_at IS NULL",
    )
    .and_then(|mut s| s.query_row([slug], from_row).optional())
    .map_err(failed)
}

/// One revision of an agent, deleted or not.
///
/// # Errors
/// Storage failures.
pub fn revision(conn: &Connection, id: &AgentId, revision: u32) -> Result<Option<AgentRevision>, Failure> {
    conn.prepare_cached(
        "SELECT revision, created_at, draft FROM agent_revisions WHERE agent = ?1 AND revision = ?2",
    )
    .and_then(|mut s| s.query_row((id.as_str(), revision), revision_from_row).optional())
    .map_err(failed)
}

/// All revisions of an agent, the newest first.
///
/// # Errors
/// Storage failures.
pub fn history(conn: &Connection, id: &AgentId) -> Result<Vec<AgentRevision>, Failure> {
    conn.prepare_cached(
        "SELECT revision, created_at, draft FROM agent_revisions WHERE agent = ?1 ORDER BY revision DESC",
    )
    .and_then(|mut s| s.query_map([id.as_str()], revision_from_row)?.collect())
    .map_err(failed)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Agent> {
    Ok(Agent {
        id: column::word(row, 0)?,
        revision: row.get(1)?,
        created_at: Timestamp(row.get(2)?),
        updated_at: Timestamp(row.get(3)?),
        draft: column::json(row, 4)?,
    })
}

fn revision_from_row(row: &Row<'_>) -> rusqlite::Result<AgentRevision> {
    Ok(AgentRevision {
        revision: row.get(0)?,
        created_at: Timestamp(row.get(1)?),
        draft: column::json(row, 2)?,
    })
}

/// Makes an agent; its first revision is 1.
///
/// # Errors
/// [`FailureKind::Conflict`] when the slug is taken, or storage failures.
pub fn create(conn: &Connection, id: &AgentId, draft: &AgentDraft, at: Timestamp) -> Result<Agent, Failure> {
    conn.prepare_cached(
        "INSERT INTO agents (id, slug, revision, created_at, updated_at) VALUES (?1, ?2, 1, ?3, ?3)",
    )
    .and_then(|mut s| s.execute((id.as_str(), draft.slug.as_str(), at.millis())))
    .map_err(|e| taken(e, &draft.slug))?;
    add_revision(conn, id, 1, draft, at)?;
    Ok(Agent {
        id: id.clone(),
        revision: 1,
        created_at: at,
        updated_at: at,
        draft: draft.clone(),
    })
}

/// Gives an agent a new revision. With `expected`, only if that is still the newest one.
///
/// # Errors
/// [`FailureKind::ModelNotFound`] when there is no such agent, [`FailureKind::Conflict`] when the new slug
/// is taken or the agent was changed meanwhile, or storage failures.
pub fn update(
    conn: &Connection,
    id: &AgentId,
    expected: Option<u32>,
    draft: &AgentDraft,
    at: Timestamp,
) -> Result<Agent, Failure> {
    let before = get(conn, id)?.ok_or_else(no_agent)?;
    if expected.is_some_and(|expected| expected != before.revision) {
        return Err(Failure::new(
            FailureKind::Conflict,
            format!(
                "The agent was changed meanwhile; its newest revision is {}.",
                before.revision
            ),
        ));
    }
    let revision = before.revision + 1;
    conn.prepare_cached("UPDATE agents SET slug = ?2, revision = ?3, updated_at = ?4 WHERE id = ?1")
        .and_then(|mut s| s.execute((id.as_str(), draft.slug.as_str(), revision, at.millis())))
        .map_err(|e| taken(e, &draft.slug))?;
    add_revision(conn, id, revision, draft, at)?;
    Ok(Agent {
        id: id.clone(),
        revision,
        created_at: before.created_at,
        updated_at: at,
        draft: draft.clone(),
    })
}

fn add_revision(
    conn: &Connection,
    id: &AgentId,
    revision: u32,
    draft: &AgentDraft,
    at: Timestamp,
) -> Result<(), Failure> {
    let text = column::to_json(draft).map_err(failed)?;
    conn.prepare_cached(
        "INSERT INTO agent_revisions (agent, revision, created_at, draft) VALUES (?1, ?2, ?3, ?4)",
    )
    .and_then(|mut s| s.execute((id.as_str(), revision, at.millis(), text)))
    .map_err(failed)?;
    Ok(())
}

/// Deletes an agent so that it can be restored; its revisions and sessions stay.
///
/// # Errors
/// [`FailureKind::ModelNotFound`] when there is no such agent, or storage failures.
pub fn delete(conn: &Connection, id: &AgentId, at: Timestamp) -> Result<(), Failure> {
    let changed = conn
        .prepare_cached("UPDATE agents SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL")
        .and_then(|mut s| s.execute((id.as_str(), at.millis())))
        .map_err(failed)?;
    if changed == 0 { Err(no_agent()) } else { Ok(()) }
}

/// Brings a deleted agent back.
///
/// # Errors
/// [`FailureKind::ModelNotFound`] when there is no such deleted agent, [`FailureKind::Conflict`] when its
/// slug was taken meanwhile, or storage failures.
pub fn restore(conn: &Connection, id: &AgentId) -> Result<Agent, Failure> {
    let changed = conn
        .prepare_cached("UPDATE agents SET deleted_at = NULL WHERE id = ?1 AND deleted_at IS NOT NULL")
        .and_then(|mut s| s.execute([id.as_str()]))
        .map_err(|e| match failed(e) {
            f if f.kind() == FailureKind::Conflict => {
                Failure::new(FailureKind::Conflict, "Another agent has this agent's name now.")
                    .with_hint("Rename that one first.")
            }
            f => f,
        })?;
    if changed == 0 {
        return Err(no_agent());
    }
    get(conn, id)?.ok_or_else(no_agent)
}

fn no_agent() -> Failure {
    Failure::new(FailureKind::ModelNotFound, not_found("agent").message())
}

fn taken(error: rusqlite::Error, slug: &Slug) -> Failure {
    match failed(error) {
        f if f.kind() == FailureKind::Conflict => Failure::new(
            FailureKind::Conflict,
            format!("There is an agent {slug} already."),
        )
        .with_param("slug"),
        f => f,
    }
}
