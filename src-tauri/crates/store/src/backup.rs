//! Copies of the database, made while it is in use.
//!
//! A copy of the file alone could miss what is in the write-ahead log, so SQLite's own online backup is
//! used. The three newest are kept. Names hold a running number and the schema's version, not a date.

use std::path::{Path, PathBuf};

use domain::{Failure, FailureKind};
use rusqlite::backup::{Backup as Copy, StepResult};
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::column::unsigned;
use crate::directory::{DataDirectory, make_private, private_file};
use crate::failed::{failed, io};
use crate::migrations;

const KEPT: usize = 3;

/// A backup in the data directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Backup {
    /// Where it lies.
    pub path: PathBuf,
    /// Its running number; the highest is the newest.
    pub number: u32,
    /// The schema version of the database it was made from.
    pub schema: u32,
}

/// How much is in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Agents that are there.
    pub agents: u64,
    /// Sessions, deleted ones included.
    pub sessions: u64,
    /// Messages.
    pub messages: u64,
    /// Calls.
    pub calls: u64,
}

impl Contents {
    /// Counts what is in a database.
    ///
    /// # Errors
    /// Storage failures.
    pub fn of(conn: &Connection) -> Result<Self, Failure> {
        conn.query_row(
            "SELECT (SELECT count(*) FROM agents WHERE deleted_at IS NULL), (SELECT count(*) FROM sessions),
                    (SELECT count(*) FROM messages), (SELECT count(*) FROM calls)",
            [],
            |row| {
                Ok(Self {
                    agents: unsigned(row, 0)?,
                    sessions: unsigned(row, 1)?,
                    messages: unsigned(row, 2)?,
                    calls: unsigned(row, 3)?,
                })
            },
        )
        .map_err(failed)
    }
}

impl Backup {
    /// The backups of a data directory, the newest first.
    ///
    /// # Errors
    /// Storage failures.
    pub fn list(directory: &DataDirectory) -> Result<Vec<Self>, Failure> {
        let folder = directory.backups();
        let files = match std::fs::read_dir(&folder) {
            Ok(files) => files,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(io("The backups cannot be listed", &e)),
        };
        let mut backups: Vec<Self> = files.filter_map(|file| Self::named(&file.ok()?.path())).collect();
        backups.sort_by_key(|backup| std::cmp::Reverse(backup.number));
        Ok(backups)
    }

    fn named(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (number, schema) = name
            .strip_prefix("inglenook-")?
            .strip_suffix(".db")?
            .split_once("-schema-")?;
        Some(Self {
            path: path.to_owned(),
            number: number.parse().ok()?,
            schema: schema.parse().ok()?,
        })
    }

    /// Reads a backup from end to end, and counts what is in it.
    ///
    /// # Errors
    /// [`FailureKind::StorageFailed`] when it is damaged or not a database of ours.
    pub fn verify(path: &Path) -> Result<Contents, Failure> {
        let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
        if migrations::state(&conn)? == migrations::State::Empty {
            return Err(damaged("The backup is empty."));
        }
        let verdict: String = conn
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
            .map_err(failed)?;
        match verdict.as_str() {
            "ok" => Contents::of(&conn),
            _ => Err(damaged("The backup is damaged.")),
        }
    }

    /// Puts a backup in the database's place, after verifying it. The database that was there is set aside
    /// under a new name together with its log, never deleted. The store must be closed.
    ///
    /// # Errors
    /// [`FailureKind::StorageFailed`] when the backup is damaged or a file cannot be moved.
    pub fn restore(directory: &DataDirectory, from: &Path) -> Result<PathBuf, Failure> {
        Self::verify(from)?;
        let database = directory.database();
        empty_log(&database);
        let fresh = directory.path().join("inglenook.db.restoring");
        let moved = |e: std::io::Error| io("The database could not be replaced", &e);
        private_file(&fresh).map_err(moved)?;
        let bytes = std::fs::File::open(from).and_then(|mut from| {
            let mut to = std::fs::File::create(&fresh)?;
            std::io::copy(&mut from, &mut to)?;
            to.sync_all()
        });
        bytes.map_err(moved)?;
        let aside = (1..)
            .map(|n: u32| directory.path().join(format!("inglenook.db.replaced-{n}")))
            .find(|path| !path.exists())
            .unwrap_or_default();
        for suffix in ["-wal", "-shm", ""] {
            let with = |path: &Path| {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                PathBuf::from(name)
            };
            match std::fs::rename(with(&database), with(&aside)) {
                Ok(()) => {}
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => return Err(moved(e)),
            }
        }
        std::fs::rename(&fresh, &database).map_err(moved)?;
        Ok(aside)
    }
}

/// Brings what is only in the log into the file, so that there is one file to move. A database that is too
/// damaged for that is moved as it is, with its log.
fn empty_log(database: &Path) {
    let emptied = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .and_then(|conn| conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)));
    if let Err(error) = emptied {
        tracing::warn!(failure = %failed(error), "the replaced database keeps its log");
    }
}

fn damaged(message: &str) -> Failure {
    Failure::new(FailureKind::StorageFailed, message)
}

/// Before the schema changes, what there is is copied.
pub(crate) fn before_migration(directory: &DataDirectory, conn: &Connection) -> Result<(), Failure> {
    let backup = create(directory, conn)?;
    tracing::info!(
        number = backup.number,
        schema = backup.schema,
        "backed up before a migration"
    );
    Ok(())
}

/// Copies the database that `conn` is open on, and removes the oldest copies.
pub(crate) fn create(directory: &DataDirectory, conn: &Connection) -> Result<Backup, Failure> {
    let folder = directory.backups();
    make_private(&folder)?;
    let before = Backup::list(directory)?;
    let number = before.first().map_or(1, |newest| newest.number + 1);
    let schema: u32 = conn
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed)?;
    let path = folder.join(format!("inglenook-{number}-schema-{schema}.db"));
    // written under another name, so that half a backup never looks like one
    let partial = folder.join("partial");
    match std::fs::remove_file(&partial) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io("The backup failed", &e)),
        Ok(()) | Err(_) => {}
    }
    private_file(&partial).map_err(|e| io("The backup failed", &e))?;
    copy(conn, &partial)?;
    std::fs::File::open(&partial)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(&partial, &path))
        .map_err(|e| io("The backup failed", &e))?;
    for old in before.iter().skip(KEPT - 1) {
        if let Err(e) = std::fs::remove_file(&old.path) {
            tracing::warn!(kind = %e.kind(), "an old backup could not be removed");
        }
    }
    Ok(Backup { path, number, schema })
}

fn copy(conn: &Connection, to: &Path) -> Result<(), Failure> {
    let mut target = Connection::open(to).map_err(failed)?;
    {
        let copy = Copy::new(conn, &mut target).map_err(failed)?;
        // all pages in one step: a step holds a snapshot, so that writers do not make it start over
        if copy.step(-1).map_err(failed)? != StepResult::Done {
            return Err(damaged("The database was busy; the backup was not made."));
        }
    }
    target
        .pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
        .map_err(failed)?;
    target.close().map_err(|(_, e)| failed(e))
}
