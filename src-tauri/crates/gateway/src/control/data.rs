//! The data directory as a whole: what it holds, all of it in a file, another database in its place, its end.
//!
//! A database is neither replaced nor deleted under the feet of those who use it: both are staged and done at
//! the next start, before anything is opened. Until then they can be taken back.

use domain::{Failure, FailureKind};
use store::{Backup, Contents, Pending};

use super::{BackupName, Caller, DataExported, DataReport, EraseData, Nothing, Staged, backups};
use crate::Engine;

/// What has to be said to delete everything.
const WORDS: &str = "delete everything";

pub(super) async fn report(engine: &Engine, _: Caller, _: Nothing) -> Result<DataReport, Failure> {
    engine.store().flush().await?;
    let directory = engine.store().directory().clone();
    let totals = engine.store().read(Contents::of).await?;
    blocking(move || {
        let backups = Backup::list(&directory)?;
        let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |file| file.len());
        Ok(DataReport {
            path: directory.path().to_owned(),
            database_bytes: directory.database_files().iter().map(|file| size(file)).sum(),
            backup_bytes: backups.iter().map(|backup| size(&backup.path)).sum(),
            agents: totals.agents,
            sessions: totals.sessions,
            messages: totals.messages,
            calls: totals.calls,
            staged: Pending::of(&directory)?.map(Staged::from),
        })
    })
    .await
}

pub(super) async fn export(engine: &Engine, _: Caller, _: Nothing) -> Result<DataExported, Failure> {
    let now = engine.clock().now();
    let exported = engine.store().export(now).await?;
    Ok(DataExported {
        path: exported.path,
        bytes: exported.bytes,
        rows: exported.rows,
    })
}

pub(super) async fn erase(engine: &Engine, _: Caller, args: EraseData) -> Result<Staged, Failure> {
    if args.confirm != WORDS {
        return Err(Failure::invalid(
            "confirm",
            format!("To delete everything, say {WORDS:?}."),
        ));
    }
    stage(engine, Pending::Erase).await
}

pub(super) async fn restore(engine: &Engine, _: Caller, args: BackupName) -> Result<Staged, Failure> {
    let report = backups::verify(engine, Caller::Window, args).await?;
    stage(engine, Pending::Restore { backup: report.path }).await
}

pub(super) async fn keep(engine: &Engine, _: Caller, _: Nothing) -> Result<Nothing, Failure> {
    let directory = engine.store().directory().clone();
    blocking(move || Pending::forget(&directory)).await?;
    Ok(Nothing {})
}

async fn stage(engine: &Engine, pending: Pending) -> Result<Staged, Failure> {
    if engine.store().is_read_only() && pending == Pending::Erase {
        return Err(Failure::new(
            FailureKind::ReadOnly,
            "This data was written by a newer Inglenook and is not deleted by an older one.",
        ));
    }
    let directory = engine.store().directory().clone();
    blocking(move || {
        pending.stage(&directory)?;
        Ok(Staged::from(pending))
    })
    .await
}

impl From<Pending> for Staged {
    fn from(pending: Pending) -> Self {
        match pending {
            Pending::Erase => Self::Erase,
            Pending::Restore { backup } => Self::Restore { backup },
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(crate::failures::internal)?
}
