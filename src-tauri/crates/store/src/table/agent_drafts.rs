//! Drafts that are saved beside their agents: at most one each, and not a revision.
//!
//! The danger is a draft that answers somebody. Revisions are what calls resolve to, so a draft lies in a table that none of
//! them reads, and an agent that was never published has a row here and none among the agents. What is not here is a
//! history: a draft that is saved again replaces itself.
//!
//! A deleted agent's draft stays where it is, unseen like the agent, and comes back with it.

use domain::{Agent, AgentDraft, AgentId, Failure, FailureKind, SavedDraft, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{agents, not_found};
use crate::{column, failed};

// A name can be in one draft of a published agent and still be another's: only publishing takes it. Among agents that were
// never published it is what they are found by.
pub(crate) const CREATE: &str = "
CREATE TABLE agent_drafts (
    agent TEXT PRIMARY KEY,
    slug TEXT NOT NULL COLLATE NOCASE,
    based_on INTEGER,
    saved_at INTEGER NOT NULL,
    draft TEXT NOT NULL
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX agent_drafts_by_slug ON agent_drafts (slug) WHERE based_on IS NULL;
";

/// The drafts of all agents that are there or were never published, by slug.
///
/// # Errors
/// Storage failures.
pub fn list(conn: &Connection) -> Result<Vec<SavedDraft>, Failure> {
    conn.prepare_cached(
        "SELECT d.agent, d.based_on, d.saved_at, d.draft
         FROM agent_drafts d LEFT JOIN agents a ON a.id = d.agent
         WHERE a.deleted_at IS NULL ORDER BY d.slug, d.agent",
    )
    .and_then(|mut s| s.query_map([], from_row)?.collect())
    .map_err(failed)
}

/// An agent's draft, if it has one and is not deleted.
///
/// # Errors
/// Storage failures.
pub fn get(conn: &Connection, agent: &AgentId) -> Result<Option<SavedDraft>, Failure> {
    conn.prepare_cached(
        "SELECT d.agent, d.based_on, d.saved_at, d.draft
         FROM agent_drafts d LEFT JOIN agents a ON a.id = d.agent
         WHERE d.agent = ?1 AND a.deleted_at IS NULL",
    )
    .and_then(|mut s| s.query_row([agent.as_str()], from_row).optional())
    .map_err(failed)
}

/// The draft of an agent that was never published, by its id or its slug in any case.
///
/// # Errors
/// Storage failures.
pub fn unpublished(conn: &Connection, name: &str) -> Result<Option<SavedDraft>, Failure> {
    conn.prepare_cached(
        "SELECT agent, based_on, saved_at, draft FROM agent_drafts
         WHERE based_on IS NULL AND (agent = ?1 OR slug = ?1)",
    )
    .and_then(|mut s| s.query_row([name], from_row).optional())
    .map_err(failed)
}

/// Saves a draft in place of the one before. With `edited`, only if that one was saved then.
///
/// # Errors
/// [`FailureKind::Conflict`] when another draft was saved meanwhile, or when an agent that was never published has a name
/// that is taken; or storage failures.
pub fn save(conn: &Connection, saved: &SavedDraft, edited: Option<Timestamp>) -> Result<(), Failure> {
    let before = get(conn, &saved.agent)?;
    if edited.is_some() && edited != before.map(|before| before.saved_at) {
        return Err(changed());
    }
    let slug = saved.draft.slug.as_str();
    if saved.based_on.is_none() && agents::by_slug(conn, slug)?.is_some() {
        return Err(taken(&format!("There is an agent {slug} already.")));
    }
    let text = column::to_json(&saved.draft).map_err(failed)?;
    conn.prepare_cached(
        "INSERT INTO agent_drafts (agent, slug, based_on, saved_at, draft) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (agent) DO UPDATE SET
             slug = excluded.slug, based_on = excluded.based_on, saved_at = excluded.saved_at,
             draft = excluded.draft",
    )
    .and_then(|mut s| {
        let at = saved.saved_at.millis();
        s.execute((saved.agent.as_str(), slug, saved.based_on, at, text))
    })
    .map_err(|error| match failed(error) {
        f if f.kind() == FailureKind::Conflict => {
            taken(&format!("There is a draft of an agent {slug} already."))
        }
        f => f,
    })?;
    Ok(())
}

/// Throws an agent's draft away, and gives it.
///
/// # Errors
/// [`FailureKind::NotFound`] when it has none, or storage failures.
pub fn discard(conn: &Connection, agent: &AgentId) -> Result<SavedDraft, Failure> {
    let saved = get(conn, agent)?.ok_or_else(|| not_found("draft"))?;
    remove(conn, agent)?;
    Ok(saved)
}

/// Makes a draft the next revision of its agent, or the first, and removes it. `draft` is what is published, `saved` what
/// was read: it has to be there as it was. With `expected`, only if that is the agent's newest revision.
///
/// # Errors
/// [`FailureKind::Conflict`] when the draft was saved again meanwhile, when the agent has another revision, or when the
/// slug is taken; [`FailureKind::ModelNotFound`] when the agent is
/// gone; or storage failures.
pub fn publish(
    conn: &Connection,
    saved: &SavedDraft,
    draft: &AgentDraft,
    expected: Option<u32>,
    at: Timestamp,
) -> Result<Agent, Failure> {
    if get(conn, &saved.agent)?.as_ref() != Some(saved) {
        return Err(changed());
    }
    let published = match (agents::get(conn, &saved.agent)?, expected) {
        (Some(now), Some(based_on)) if now.revision != based_on => {
            return Err(Failure::new(
                FailureKind::Conflict,
                format!(
                    "The draft was begun from revision {based_on}, and clients have revision {} by now.",
                    now.revision
                ),
            )
            .with_hint("Look at what changed, then publish over it or begin again: `--overwrite`."));
        }
        (None, _) => agents::create(conn, &saved.agent, draft, at)?,
        (Some(_), _) => agents::update(conn, &saved.agent, None, draft, at)?,
    };
    remove(conn, &saved.agent)?;
    Ok(published)
}

fn remove(conn: &Connection, agent: &AgentId) -> Result<(), Failure> {
    conn.prepare_cached("DELETE FROM agent_drafts WHERE agent = ?1")
        .and_then(|mut s| s.execute([agent.as_str()]))
        .map_err(failed)?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<SavedDraft> {
    Ok(SavedDraft {
        agent: column::word(row, 0)?,
        based_on: row.get(1)?,
        saved_at: Timestamp(row.get(2)?),
        draft: column::json(row, 3)?,
    })
}

fn changed() -> Failure {
    Failure::new(FailureKind::Conflict, "The draft was changed meanwhile.")
}

fn taken(message: &str) -> Failure {
    Failure::new(FailureKind::Conflict, message).with_param("slug")
}
