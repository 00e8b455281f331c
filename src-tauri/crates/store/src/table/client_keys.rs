//! Client keys: what is kept of them is a digest and what they may do.
//!
//! What a key may do is one JSON text; its digest and the two dates that change by themselves are columns.

use domain::{ClientKey, ClientKeyDigest, ClientKeyId, Failure, FailureKind, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use super::not_found;
use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE client_keys (
    id TEXT PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    client_key TEXT NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
) WITHOUT ROWID, STRICT;
";

/// A key has several budgets, and who used it last is noted; what was one budget becomes a list of it.
pub(crate) const ADD_BUDGETS: &str = "
ALTER TABLE client_keys ADD COLUMN last_used_by TEXT;
UPDATE client_keys SET client_key = json_set(
    json_remove(client_key, '$.budget'), '$.budgets',
    iif(json_type(client_key, '$.budget') = 'object', json_array(json_extract(client_key, '$.budget')),
        json_array()));
";

/// All keys with their digests, revoked ones included, oldest first: what the guard loads at its start.
///
/// # Errors
/// Storage failures.
pub fn load(conn: &Connection) -> Result<Vec<(ClientKeyDigest, ClientKey)>, Failure> {
    conn.prepare_cached(
        "SELECT client_key, last_used_at, revoked_at, last_used_by, digest FROM client_keys ORDER BY id",
    )
    .and_then(|mut s| {
        s.query_map([], |row| Ok((ClientKeyDigest(row.get(4)?), from_row(row)?)))?
            .collect()
    })
    .map_err(failed)
}

/// All keys, revoked ones included, oldest first.
///
/// # Errors
/// Storage failures.
pub fn list(conn: &Connection) -> Result<Vec<ClientKey>, Failure> {
    conn.prepare_cached(
        "SELECT client_key, last_used_at, revoked_at, last_used_by FROM client_keys ORDER BY id",
    )
    .and_then(|mut s| s.query_map([], from_row)?.collect())
    .map_err(failed)
}

/// A key.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn get(conn: &Connection, id: &ClientKeyId) -> Result<ClientKey, Failure> {
    conn.prepare_cached(
        "SELECT client_key, last_used_at, revoked_at, last_used_by FROM client_keys WHERE id = ?1",
    )
    .and_then(|mut s| s.query_row([id.as_str()], from_row).optional())
    .map_err(failed)?
    .ok_or_else(|| not_found("client key"))
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<ClientKey> {
    let mut key: ClientKey = column::json(row, 0)?;
    key.last_used_at = row.get::<_, Option<i64>>(1)?.map(Timestamp);
    key.revoked_at = row.get::<_, Option<i64>>(2)?.map(Timestamp);
    key.last_used_by = row.get(3)?;
    Ok(key)
}

/// Adds a key.
///
/// # Errors
/// [`FailureKind::Conflict`] when the id or the digest is there already, or storage failures.
pub fn insert(conn: &Connection, digest: &ClientKeyDigest, key: &ClientKey) -> Result<(), Failure> {
    let text = column::to_json(key).map_err(failed)?;
    conn.prepare_cached(
        "INSERT INTO client_keys (id, digest, client_key, last_used_at, revoked_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .and_then(|mut s| {
        s.execute((
            key.id.as_str(),
            digest.0,
            text,
            key.last_used_at.map(Timestamp::millis),
            key.revoked_at.map(Timestamp::millis),
        ))
    })
    .map_err(failed)?;
    Ok(())
}

/// Changes what a key may do; its digest and its two dates stay.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn update(conn: &Connection, key: &ClientKey) -> Result<(), Failure> {
    let text = column::to_json(key).map_err(failed)?;
    let changed = conn
        .prepare_cached("UPDATE client_keys SET client_key = ?2 WHERE id = ?1")
        .and_then(|mut s| s.execute((key.id.as_str(), text)))
        .map_err(failed)?;
    if changed == 0 {
        Err(not_found("client key"))
    } else {
        Ok(())
    }
}

/// Ends a key. Revoking it again keeps the first date.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn revoke(conn: &Connection, id: &ClientKeyId, at: Timestamp) -> Result<(), Failure> {
    let changed = conn
        .prepare_cached("UPDATE client_keys SET revoked_at = ifnull(revoked_at, ?2) WHERE id = ?1")
        .and_then(|mut s| s.execute((id.as_str(), at.millis())))
        .map_err(failed)?;
    if changed == 0 {
        return Err(Failure::new(
            FailureKind::NotFound,
            "There is no client key of that name.",
        ));
    }
    Ok(())
}

/// Notes a use and by which program, where that is known; never moves backwards.
pub(crate) fn used(
    conn: &Connection,
    id: &ClientKeyId,
    at: Timestamp,
    by: Option<&str>,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE client_keys SET last_used_at = max(ifnull(last_used_at, ?2), ?2),
             last_used_by = ifnull(?3, last_used_by) WHERE id = ?1",
    )?
    .execute((id.as_str(), at.millis(), by))?;
    Ok(())
}
