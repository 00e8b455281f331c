//! Sealed provider keys, and what is needed to find the key that opens them.
//!
//! Nothing here is secret by itself: without the master key a row is noise. What must hold is the order of
//! writing, which the vault sees to: `vault_meta` before the OS store, the OS store before the first row.

use domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

/// A sealed provider key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretRow {
    /// Whose key it is.
    pub provider: Box<str>,
    /// The only origin it may be sent to.
    pub origin: Box<str>,
    /// Which master key sealed it, counted from 1.
    pub key_version: i64,
    /// 24 bytes.
    pub nonce: Vec<u8>,
    /// Cipher text and tag.
    pub sealed: Vec<u8>,
}

/// Which vault the sealed rows belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VaultMeta {
    /// The vault's kind as text; kept as it stands, for a newer version may know more kinds.
    pub kind: String,
    /// For a passphrase.
    pub salt: Option<Vec<u8>>,
    /// The master key sealed under the passphrase.
    pub verifier: Option<Vec<u8>>,
    /// Under which name the OS store keeps the master key.
    pub account: String,
}

pub(crate) fn all(db: &Connection) -> Result<Vec<SecretRow>> {
    let mut statement =
        db.prepare_cached("SELECT provider, origin, key_version, nonce, sealed FROM secrets")?;
    statement.query_map([], read)?.collect()
}

pub(crate) fn put(db: &Connection, row: &SecretRow, now: Timestamp) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO secrets (provider, origin, key_version, nonce, sealed, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (provider) DO UPDATE SET origin = excluded.origin, key_version = excluded.key_version,
             nonce = excluded.nonce, sealed = excluded.sealed, updated_at = excluded.updated_at",
    )?
    .execute(params![
        row.provider,
        row.origin,
        row.key_version,
        row.nonce,
        row.sealed,
        now.millis()
    ])?;
    Ok(())
}

pub(crate) fn remove(db: &Connection, provider: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM secrets WHERE provider = ?1")?
        .execute([provider])?;
    Ok(())
}

pub(crate) fn remove_all(db: &Connection) -> Result<()> {
    db.prepare_cached("DELETE FROM secrets")?.execute([])?;
    Ok(())
}

pub(crate) fn meta(db: &Connection) -> Result<Option<VaultMeta>> {
    db.prepare_cached("SELECT kind, salt, verifier, account FROM vault_meta WHERE id = 1")?
        .query_row([], |row| {
            Ok(VaultMeta {
                kind: row.get(0)?,
                salt: row.get(1)?,
                verifier: row.get(2)?,
                account: row.get(3)?,
            })
        })
        .optional()
}

pub(crate) fn set_meta(db: &Connection, meta: &VaultMeta, now: Timestamp) -> Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO vault_meta (id, kind, salt, verifier, account, created_at)
         VALUES (1, ?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        meta.kind,
        meta.salt,
        meta.verifier,
        meta.account,
        now.millis()
    ])?;
    Ok(())
}

pub(crate) fn remove_meta(db: &Connection) -> Result<()> {
    db.prepare_cached("DELETE FROM vault_meta")?.execute([])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<SecretRow> {
    Ok(SecretRow {
        provider: row.get(0)?,
        origin: row.get(1)?,
        key_version: row.get(2)?,
        nonce: row.get(3)?,
        sealed: row.get(4)?,
    })
}
