//! Settings: JSON by name. What a setting means is not known here.

use domain::Failure;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
";

/// A setting, if it was ever set.
///
/// # Errors
/// Storage failures, also when the value has another shape.
pub fn get<T: DeserializeOwned>(conn: &Connection, key: &str) -> Result<Option<T>, Failure> {
    conn.prepare_cached("SELECT value FROM settings WHERE key = ?1")
        .and_then(|mut s| s.query_row([key], |row| column::json(row, 0)).optional())
        .map_err(failed)
}

/// All settings, by name.
///
/// # Errors
/// Storage failures.
pub fn list(conn: &Connection) -> Result<Vec<(String, serde_json::Value)>, Failure> {
    conn.prepare_cached("SELECT key, value FROM settings ORDER BY key")
        .and_then(|mut s| {
            s.query_map([], |row| Ok((row.get(0)?, column::json(row, 1)?)))?
                .collect()
        })
        .map_err(failed)
}

/// Sets a setting.
///
/// # Errors
/// Storage failures.
pub fn set<T: Serialize + ?Sized>(conn: &Connection, key: &str, value: &T) -> Result<(), Failure> {
    let value = column::to_json(value).map_err(failed)?;
    conn.prepare_cached(
        "INSERT INTO settings (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )
    .and_then(|mut s| s.execute((key, value)))
    .map_err(failed)?;
    Ok(())
}

/// Forgets a setting; its default holds again.
///
/// # Errors
/// Storage failures.
pub fn remove(conn: &Connection, key: &str) -> Result<(), Failure> {
    conn.prepare_cached("DELETE FROM settings WHERE key = ?1")
        .and_then(|mut s| s.execute([key]))
        .map_err(failed)?;
    Ok(())
}
