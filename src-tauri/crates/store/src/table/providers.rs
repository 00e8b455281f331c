//! Providers, as one JSON text each: they are few, read whole, and gain fields over time.

use domain::{Failure, FailureKind, Provider, ProviderId};
use rusqlite::{Connection, OptionalExtension};

use super::not_found;
use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE providers (id TEXT PRIMARY KEY, provider TEXT NOT NULL) WITHOUT ROWID, STRICT;
";

/// All providers, by slug.
///
/// # Errors
/// Storage failures.
pub fn list(conn: &Connection) -> Result<Vec<Provider>, Failure> {
    conn.prepare_cached("SELECT provider FROM providers ORDER BY id")
        .and_then(|mut s| s.query_map([], |row| column::json(row, 0))?.collect())
        .map_err(failed)
}

/// A provider.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn get(conn: &Connection, id: &ProviderId) -> Result<Provider, Failure> {
    find(conn, id)?.ok_or_else(|| not_found("provider"))
}

/// A provider, if there is one of that slug.
///
/// # Errors
/// Storage failures.
pub fn find(conn: &Connection, id: &ProviderId) -> Result<Option<Provider>, Failure> {
    conn.prepare_cached("SELECT provider FROM providers WHERE id = ?1")
        .and_then(|mut s| s.query_row([id.as_str()], |row| column::json(row, 0)).optional())
        .map_err(failed)
}

/// Adds a provider.
///
/// # Errors
/// [`FailureKind::Conflict`] when the slug is taken, or storage failures.
pub fn insert(conn: &Connection, provider: &Provider) -> Result<(), Failure> {
    let text = column::to_json(provider).map_err(failed)?;
    let added = conn
        .prepare_cached("INSERT INTO providers (id, provider) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")
        .and_then(|mut s| s.execute((provider.id.as_str(), text)))
        .map_err(failed)?;
    if added == 0 {
        return Err(Failure::new(
            FailureKind::Conflict,
            format!("There is a provider {} already.", provider.id),
        )
        .with_param("slug"));
    }
    Ok(())
}

/// Changes a provider.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn update(conn: &Connection, provider: &Provider) -> Result<(), Failure> {
    let text = column::to_json(provider).map_err(failed)?;
    let changed = conn
        .prepare_cached("UPDATE providers SET provider = ?2 WHERE id = ?1")
        .and_then(|mut s| s.execute((provider.id.as_str(), text)))
        .map_err(failed)?;
    if changed == 0 {
        Err(not_found("provider"))
    } else {
        Ok(())
    }
}

/// Removes a provider; its ledger entries stay. Its secret is the vault's to remove.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn remove(conn: &Connection, id: &ProviderId) -> Result<(), Failure> {
    let removed = conn
        .prepare_cached("DELETE FROM providers WHERE id = ?1")
        .and_then(|mut s| s.execute([id.as_str()]))
        .map_err(failed)?;
    if removed == 0 {
        Err(not_found("provider"))
    } else {
        Ok(())
    }
}
