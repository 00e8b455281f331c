//! Opens connections, each with the same guards, and brings the file to this version on the way.
//!
//! The danger is to write to a file that is not ours to write to. Nothing is written before the file was
//! looked at: a newer database is only ever opened for reading, and what is not a database is left alone.

use std::path::Path;
use std::time::Duration;

use domain::{Failure, FailureKind};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::directory::{DataDirectory, private_file};
use crate::failed::{failed, io};
use crate::migrations::{self, State};
use crate::{backup, table};

/// Below this, and in 3.52.0, SQLite can damage a database in WAL mode (release notes of 3.51.3 and 3.52.1).
fn check_version(version: i32) -> Result<(), Failure> {
    if version >= 3_051_003 && version != 3_052_000 {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::StorageFailed,
        "The SQLite library is too old to be trusted with a database.",
    )
    .with_hint("Build with the bundled SQLite, 3.51.3 or newer."))
}

/// Opens the writer's connection. `None` when the database is newer than this version.
pub(crate) fn open_writer(directory: &DataDirectory) -> Result<Option<Connection>, Failure> {
    check_version(rusqlite::version_number())?;
    let path = directory.database();
    private_file(&path).map_err(|e| io("The database file cannot be opened", &e))?;
    let mut conn = open(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    match migrations::state(&conn)? {
        State::Newer => return Ok(None),
        State::Empty => {
            set_up_writer(&conn)?;
            migrations::run(&mut conn)?;
        }
        State::Older => {
            set_up_writer(&conn)?;
            backup::before_migration(directory, &conn)?;
            migrations::run(&mut conn)?;
        }
        State::Current => set_up_writer(&conn)?,
    }
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
        .map_err(failed)?;
    recover(&mut conn).map_err(failed)?;
    Ok(Some(conn))
}

/// Opens a connection that cannot write.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, Failure> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.pragma_update(None, "query_only", true).map_err(failed)?;
    conn.pragma_update(None, "temp_store", "memory").map_err(failed)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, Failure> {
    let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(failed)?;
    let guard = || -> rusqlite::Result<()> {
        conn.busy_timeout(Duration::from_secs(5))?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        // a file that turns out not to be ours to write to must not change because we looked at it
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Ok(())
    };
    guard().map_err(failed)?;
    Ok(conn)
}

fn set_up_writer(conn: &Connection) -> Result<(), Failure> {
    let set_up = || -> rusqlite::Result<String> {
        let mode = conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        conn.pragma_update(None, "synchronous", "normal")?;
        // macOS answers an ordinary fsync before the drive has the data; elsewhere these mean nothing
        conn.pragma_update(None, "fullfsync", true)?;
        conn.pragma_update(None, "checkpoint_fullfsync", true)?;
        // the writer makes checkpoints itself, when nobody waits for it
        conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
        conn.pragma_update_and_check(None, "journal_size_limit", 64 * 1024 * 1024, |_| Ok(()))?;
        conn.pragma_update(None, "cache_size", -4096)?;
        conn.set_prepared_statement_cache_capacity(128);
        Ok(mode)
    };
    match set_up() {
        Ok(mode) if mode == "wal" => Ok(()),
        Ok(_) => Err(Failure::new(
            FailureKind::StorageFailed,
            "The data directory lies on a file system that SQLite cannot share safely.",
        )
        .with_hint("Choose a directory on a local disk with --data-dir.")),
        Err(e) => Err(failed(e)),
    }
}

/// What the last process left unfinished is marked so.
fn recover(conn: &mut Connection) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let attempts = table::entries::recover(&tx)?;
    let messages = table::messages::recover(&tx)?;
    // after the messages, which say what is unknown
    let uses = table::tool_uses::recover(&tx)?;
    let responses = table::responses::recover(&tx)?;
    tx.commit()?;
    if attempts + messages + uses + responses > 0 {
        tracing::info!(
            attempts,
            messages,
            uses,
            responses,
            "found what the last process left unfinished"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sound_versions_of_sqlite_are_taken() {
        for sound in [3_051_003, 3_052_001, 3_053_002] {
            assert!(check_version(sound).is_ok(), "{sound}");
        }
        for unsound in [3_040_001, 3_051_002, 3_052_000] {
            assert!(check_version(unsound).is_err(), "{unsound}");
        }
        assert!(check_version(rusqlite::version_number()).is_ok());
    }
}
