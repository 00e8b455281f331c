//! `inglenook data …`

use domain::Failure;
use gateway::control::{DataExported, DataReport, EraseData, Nothing, Staged};

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Data {
    /// How much there is, and where.
    Report,
    /// Write everything but secrets into one file, a JSON text a line.
    Export,
    /// Delete everything at the next start: conversations, calls, agents, keys, backups.
    Erase {
        /// The words "delete everything".
        #[arg(long, value_name = "WORDS")]
        confirm: String,
    },
    /// Take back what was to be done at the next start.
    Keep,
}

pub(super) async fn run(args: Data, options: Resolved) -> Result<(), Failure> {
    let json = options.json;
    let mut door = Door::open(&options).await?;
    match args {
        Data::Report => {
            let report = door.run::<DataReport>("data.report", &Nothing {}).await;
            door.close().await;
            output::print(json, &report?, |report| {
                let mut text = format!(
                    "{}\ndatabase  {} bytes, backups {} bytes\n{} agents, {} sessions, {} messages, {} calls",
                    report.path.display(),
                    report.database_bytes,
                    report.backup_bytes,
                    report.agents,
                    report.sessions,
                    report.messages,
                    report.calls,
                );
                if let Some(staged) = &report.staged {
                    text.push_str(&format!("\n{}", at_next_start(staged)));
                }
                text
            })
        }
        Data::Export => {
            let exported = door.run::<DataExported>("data.export", &Nothing {}).await;
            door.close().await;
            output::print(json, &exported?, |exported| {
                format!(
                    "{} rows, {} bytes: {}",
                    exported.rows,
                    exported.bytes,
                    exported.path.display()
                )
            })
        }
        Data::Erase { confirm } => {
            let staged = door.run::<Staged>("data.erase", &EraseData { confirm }).await;
            door.close().await;
            output::print(json, &staged?, at_next_start)
        }
        Data::Keep => {
            let kept = door.run::<Nothing>("data.keep", &Nothing {}).await;
            door.close().await;
            output::print(json, &kept?, |_| {
                "Nothing will happen at the next start.".to_owned()
            })
        }
    }
}

fn at_next_start(staged: &Staged) -> String {
    match staged {
        Staged::Erase => {
            "At the next start everything is deleted. `inglenook data keep` takes it back.".to_owned()
        }
        Staged::Restore { backup } => format!(
            "At the next start {} is the database. `inglenook data keep` takes it back.",
            backup.display()
        ),
    }
}
