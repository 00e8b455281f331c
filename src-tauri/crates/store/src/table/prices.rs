//! Prices that the user wrote down, which win over the catalogue's.

use domain::{Failure, Price, Target};
use rusqlite::{Connection, OptionalExtension};

use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE prices (
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    price TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    PRIMARY KEY (provider, model)
) WITHOUT ROWID, STRICT;
";

/// The user's price of a model, if there is one.
///
/// # Errors
/// Storage failures.
pub fn get(conn: &Connection, target: &Target) -> Result<Option<Price>, Failure> {
    conn.prepare_cached("SELECT price FROM prices WHERE provider = ?1 AND model = ?2")
        .and_then(|mut s| {
            s.query_row((target.provider.as_str(), &target.model), |row| {
                column::json(row, 0)
            })
            .optional()
        })
        .map_err(failed)
}

/// All prices of the user.
///
/// # Errors
/// Storage failures.
pub fn list(conn: &Connection) -> Result<Vec<(Target, Price)>, Failure> {
    conn.prepare_cached("SELECT provider, model, price FROM prices ORDER BY provider, model")
        .and_then(|mut s| {
            s.query_map([], |row| {
                let target = Target {
                    provider: column::word(row, 0)?,
                    model: row.get(1)?,
                };
                Ok((target, column::json(row, 2)?))
            })?
            .collect()
        })
        .map_err(failed)
}

/// Writes a price down.
///
/// # Errors
/// Storage failures.
pub fn set(conn: &Connection, target: &Target, price: &Price) -> Result<(), Failure> {
    let text = column::to_json(price).map_err(failed)?;
    conn.prepare_cached(
        "INSERT INTO prices (provider, model, price, as_of) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (provider, model) DO UPDATE SET price = excluded.price, as_of = excluded.as_of",
    )
    .and_then(|mut s| {
        s.execute((
            target.provider.as_str(),
            &target.model,
            text,
            price.as_of.millis(),
        ))
    })
    .map_err(failed)?;
    Ok(())
}

/// Forgets a price; the catalogue's holds again. `false` when there was none.
///
/// # Errors
/// Storage failures.
pub fn remove(conn: &Connection, target: &Target) -> Result<bool, Failure> {
    conn.prepare_cached("DELETE FROM prices WHERE provider = ?1 AND model = ?2")
        .and_then(|mut s| s.execute((target.provider.as_str(), &target.model)))
        .map(|removed| removed > 0)
        .map_err(failed)
}
