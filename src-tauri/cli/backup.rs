//! `inglenook backup …`

use std::path::PathBuf;

use domain::{Failure, FailureKind};
use gateway::control::{Backup as Made, BackupName, BackupReport, Connection, Nothing, SocketAddress};
use serde::Serialize;

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Backup {
    /// List the backups in the data directory, newest first.
    List,
    /// Copy the database, also while the app runs. The three newest copies are kept.
    ///
    /// Provider keys are in it sealed; what opens them is not: keychain or passphrase.
    Create,
    /// Read a backup from end to end and tell what is in it.
    Verify {
        /// Its number, or the path of a file; else the newest.
        backup: Option<String>,
    },
    /// Put a backup in the database's place; the app must not run. What was there is set aside, not deleted.
    Restore {
        /// Its number, or the path of a file.
        backup: String,
    },
}

/// What a restore did.
#[derive(Serialize)]
struct Restored {
    /// The backup.
    restored: PathBuf,
    /// Where the database that was there lies now.
    replaced: PathBuf,
}

pub(super) async fn run(args: Backup, options: Resolved) -> Result<(), Failure> {
    let json = options.json;
    match args {
        Backup::Restore { backup } => restore(backup, &options).await,
        Backup::List => {
            let made: Vec<Made> = ask(&options, "backup.list", &Nothing {}).await?;
            output::print(json, &made, |made| {
                if made.is_empty() {
                    return "No backups yet.".to_owned();
                }
                let row = |made: &Made| vec![made.number.to_string(), made.path.display().to_string()];
                output::table(&["NUMBER", "FILE"], &made.iter().map(row).collect::<Vec<_>>())
            })
        }
        Backup::Create => {
            let made: Made = ask(&options, "backup.create", &Nothing {}).await?;
            output::print(json, &made, |made| {
                format!("Backup {} lies in {}", made.number, made.path.display())
            })
        }
        Backup::Verify { backup } => {
            // a path is the caller's, not the app's
            let backup = backup.map(|name| match name.parse::<u32>() {
                Ok(_) => name,
                Err(_) => absolute(name),
            });
            let report: BackupReport = ask(&options, "backup.verify", &BackupName { backup }).await?;
            output::print(json, &report, |report| {
                format!(
                    "{} is whole: {} bytes, {} agents, {} sessions, {} messages, {} calls",
                    report.path.display(),
                    report.bytes,
                    report.agents,
                    report.sessions,
                    report.messages,
                    report.calls
                )
            })
        }
    }
}

fn absolute(path: String) -> String {
    std::path::absolute(&path).map_or(path, |path| path.display().to_string())
}

async fn ask<T: serde::de::DeserializeOwned>(
    options: &Resolved,
    command: &str,
    args: &(impl Serialize + Sync),
) -> Result<T, Failure> {
    let mut door = Door::open(options).await?;
    let result = door.run(command, args).await;
    door.close().await;
    result
}

async fn restore(backup: String, options: &Resolved) -> Result<(), Failure> {
    let runs = || {
        Failure::new(
            FailureKind::DataDirectoryInUse,
            "Inglenook runs on this data directory.",
        )
        .with_hint("Quit it first; a database is not replaced under its feet.")
    };
    if Connection::open(&SocketAddress::of(&options.data_dir))
        .await
        .is_ok()
    {
        return Err(runs());
    }
    let path = match backup.parse::<u32>() {
        Err(_) => PathBuf::from(backup),
        Ok(number) => {
            let folder = options.data_dir.clone();
            let found = gateway::backups(&folder)?
                .into_iter()
                .find(|made| made.number == number);
            found
                .ok_or_else(|| Failure::new(FailureKind::NotFound, format!("There is no backup {number}.")))?
                .path
        }
    };
    let replaced = gateway::restore(&options.data_dir, &path)?;
    let restored = Restored {
        restored: path,
        replaced,
    };
    output::print(options.json, &restored, |restored| {
        format!(
            "{} is the database now. The one before lies in {}",
            restored.restored.display(),
            restored.replaced.display()
        )
    })
}
