//! Collections of files that agents look things up in.
//!
//! A row is all that makes a collection: what was read of its files is found through it alone, so that a collection that
//! is removed is gone at once, however long it takes to take its passages out.

use domain::{Collection, CollectionId, Failure, FailureKind, Slug, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::not_found;
use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE collections (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    roots TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
";

/// All of them, by name.
///
/// # Errors
/// Storage failures.
pub fn list(conn: &Connection) -> std::result::Result<Vec<Collection>, Failure> {
    conn.prepare_cached("SELECT id, name, roots, created_at, updated_at FROM collections ORDER BY name")
        .and_then(|mut s| s.query_map([], from_row)?.collect())
        .map_err(failed)
}

/// One, if it is there.
///
/// # Errors
/// Storage failures.
pub fn get(conn: &Connection, id: &CollectionId) -> std::result::Result<Option<Collection>, Failure> {
    conn.prepare_cached("SELECT id, name, roots, created_at, updated_at FROM collections WHERE id = ?1")
        .and_then(|mut s| s.query_row([id.as_str()], from_row).optional())
        .map_err(failed)
}

/// Makes one.
///
/// # Errors
/// [`FailureKind::Conflict`] when the name is taken, or storage failures.
pub fn create(conn: &Connection, collection: &Collection) -> std::result::Result<(), Failure> {
    let insert = || -> Result<usize> {
        conn.prepare_cached(
            "INSERT INTO collections (id, name, roots, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            collection.id.as_str(),
            collection.name.as_str(),
            column::to_json(&collection.roots)?,
            collection.created_at.millis(),
            collection.updated_at.millis(),
        ))
    };
    insert().map_err(|error| match failed(error) {
        f if f.kind() == FailureKind::Conflict => Failure::new(
            FailureKind::Conflict,
            format!("There is a collection {} already.", collection.name),
        )
        .with_param("name"),
        f => f,
    })?;
    Ok(())
}

/// Gives one other roots.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn set_roots(
    conn: &Connection,
    id: &CollectionId,
    roots: &[String],
    at: Timestamp,
) -> std::result::Result<(), Failure> {
    let update = || -> Result<usize> {
        conn.prepare_cached("UPDATE collections SET roots = ?2, updated_at = ?3 WHERE id = ?1")?
            .execute((id.as_str(), column::to_json(roots)?, at.millis()))
    };
    match update().map_err(failed)? {
        0 => Err(not_found("collection")),
        _ => Ok(()),
    }
}

/// Removes one; `false` when there was none. Its passages are taken out by [`super::documents::remove_orphans`].
///
/// # Errors
/// Storage failures.
pub fn remove(conn: &Connection, name: &Slug) -> std::result::Result<bool, Failure> {
    conn.prepare_cached("DELETE FROM collections WHERE name = ?1")
        .and_then(|mut s| s.execute([name.as_str()]))
        .map(|removed| removed > 0)
        .map_err(failed)
}

fn from_row(row: &Row<'_>) -> Result<Collection> {
    Ok(Collection {
        id: column::word(row, 0)?,
        name: column::word(row, 1)?,
        roots: column::json(row, 2)?,
        created_at: Timestamp(row.get(3)?),
        updated_at: Timestamp(row.get(4)?),
    })
}
