//! Copies of the database, made while it is in use. To put one in the database's place the app must not run:
//! [`crate::restore`].

use std::path::PathBuf;

use domain::{Failure, FailureKind};
use store::{Backup, DataDirectory};

use super::{BackupName, BackupReport, Caller, Nothing};
use crate::Engine;

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<Backup>, Failure> {
    Backup::list(engine.store().directory())
}

pub(super) async fn create(engine: &Engine, _: Caller, _: Nothing) -> Result<Backup, Failure> {
    engine.store().backup().await
}

pub(super) async fn verify(engine: &Engine, _: Caller, args: BackupName) -> Result<BackupReport, Failure> {
    let directory = engine.store().directory().clone();
    tokio::task::spawn_blocking(move || {
        let path = find(&directory, args.backup.as_deref())?;
        let contents = Backup::verify(&path)?;
        let size = std::fs::metadata(&path).map_or(0, |file| file.len());
        Ok(BackupReport {
            path,
            bytes: size,
            agents: contents.agents,
            sessions: contents.sessions,
            messages: contents.messages,
            calls: contents.calls,
        })
    })
    .await
    .map_err(crate::failures::internal)?
}

/// The backup of this number or path, or the newest.
fn find(directory: &DataDirectory, name: Option<&str>) -> Result<PathBuf, Failure> {
    let backups = Backup::list(directory)?;
    let found = match name {
        None => backups.into_iter().next(),
        Some(name) => match name.parse::<u32>() {
            Ok(number) => backups.into_iter().find(|backup| backup.number == number),
            Err(_) => return Ok(PathBuf::from(name)),
        },
    };
    found.map(|backup| backup.path).ok_or_else(|| {
        Failure::new(FailureKind::NotFound, "There is no such backup.")
            .with_hint("`inglenook backup list` shows them, `inglenook backup create` makes one.")
    })
}
