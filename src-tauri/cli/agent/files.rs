//! Agents as files: one, or a folder of them.

use std::path::{Path, PathBuf};

use domain::{Failure, FailureKind};
use gateway::control::{
    AgentFile, AgentImport, AgentImported, AgentsImported, Existing, ExportAgent, ImportAgents, Nothing,
};

use super::super::door::Door;
use super::super::output;
use super::read_file;

#[derive(clap::Args)]
pub(crate) struct Import {
    /// A file, a folder of them, or `-` for stdin.
    file: PathBuf,
    /// Of a folder: an agent that is there already becomes what its file says, as a new revision.
    #[arg(long, conflicts_with = "skip")]
    update: bool,
    /// Of a folder: an agent that is there already stays as it is. Without either, one that differs keeps all files from
    /// being written.
    #[arg(long)]
    skip: bool,
    /// Show what would become of each file, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Of one file: save it as a draft. Clients keep what they have until `agent publish`.
    #[arg(long, conflicts_with_all = ["update", "skip", "dry_run"])]
    draft: bool,
}

/// Reads one file as the agent that it is, or a folder.
pub(super) async fn import(args: Import, door: &mut Door, json: bool) -> Result<(), Failure> {
    let is_folder = args.file.is_dir();
    if args.draft {
        return super::drafts::import(&args.file, door, json).await;
    }
    if !(is_folder || args.skip || args.dry_run) {
        return import_one(&args.file, door, json).await;
    }
    let files = if is_folder {
        read_folder(&args.file)?
    } else {
        vec![AgentFile {
            name: args.file.display().to_string(),
            text: gateway::control::write_agent_file(&read_file(&args.file)?)?,
        }]
    };
    let existing = match (args.update || !is_folder && !args.skip, args.skip) {
        (true, _) => Existing::Update,
        (false, true) => Existing::Skip,
        (false, false) => Existing::Fail,
    };
    let wanted = ImportAgents {
        files,
        existing,
        dry_run: args.dry_run,
    };
    let imported: AgentsImported = door.run("agent.import", &wanted).await?;
    let wrong = imported.files.iter().filter_map(|one| {
        let failure = one.failure.as_ref()?;
        Some(format!("{}: {}", one.file, failure.message))
    });
    let wrong: Vec<String> = wrong.collect();
    if wrong.is_empty() || args.dry_run {
        return output::print(json, &imported, described);
    }
    let (count, all) = (wrong.len(), imported.files.len());
    Err(Failure::invalid(
        "file",
        format!("{count} of {all} files cannot be taken in.\n{}", wrong.join("\n")),
    )
    .with_hint("Nothing was written. `--dry-run` shows what would become of each."))
}

async fn import_one(file: &Path, door: &mut Door, json: bool) -> Result<(), Failure> {
    let draft = read_file(file)?;
    let all: Vec<domain::Agent> = door.run("agent.list", &Nothing {}).await?;
    let imported: domain::Agent = match all.iter().find(|agent| agent.draft.slug == draft.slug) {
        Some(known) => {
            let args = serde_json::json!({ "agent": known.id, "draft": draft, "revision": known.revision });
            door.run("agent.update", &args).await?
        }
        None => door.run("agent.create", &draft).await?,
    };
    output::print(json, &imported, |agent| {
        format!("Imported {} as revision {}.", agent.draft.slug, agent.revision)
    })
}

/// Every *.toml of a folder, by name; not of those below it.
fn read_folder(folder: &Path) -> Result<Vec<AgentFile>, Failure> {
    let unreadable = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::invalid("file", format!("{} cannot be read: {error}.", path.display()))
    };
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        if path
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("toml"))
            && path.is_file()
        {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(unreadable(folder, &"there is no *.toml in it"));
    }
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(AgentFile { name, text }),
            Err(error) => Err(unreadable(path, &error)),
        }
    };
    paths.iter().map(read).collect()
}

/// Writes every agent into a folder.
pub(super) async fn export_all(folder: &Path, door: &mut Door, json: bool) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            FailureKind::StorageFailed,
            format!("{} cannot be written: {error}.", folder.display()),
        )
    };
    let all: Vec<domain::Agent> = door.run("agent.list", &Nothing {}).await?;
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut names = Vec::with_capacity(all.len());
    for agent in all {
        let agent = agent.id.to_string();
        let wanted = ExportAgent { agent, draft: None };
        let file: AgentFile = door.run("agent.export", &wanted).await?;
        std::fs::write(folder.join(&file.name), &file.text).map_err(failed)?;
        names.push(file.name);
    }
    output::print(json, &names, |names| {
        format!("Wrote {} agents into {}.", names.len(), folder.display())
    })
}

fn described(imported: &AgentsImported) -> String {
    let row = |one: &AgentImported| {
        let becomes = match (one.becomes, imported.written) {
            (AgentImport::Created, true) => "made",
            (AgentImport::Created, false) => "would be made",
            (AgentImport::Updated, true) => "changed",
            (AgentImport::Updated, false) => "would be changed",
            (AgentImport::Unchanged, _) => "says the same",
            (AgentImport::Skipped, _) => "left as it is",
            (AgentImport::Failed, _) => "wrong",
        };
        let why = one
            .failure
            .as_ref()
            .map_or_else(String::new, |failure| failure.message.clone());
        vec![
            one.file.clone(),
            one.slug.as_ref().map_or_else(String::new, ToString::to_string),
            becomes.to_owned(),
            one.revision
                .map_or_else(String::new, |revision| revision.to_string()),
            why,
        ]
    };
    output::table(
        &["FILE", "SLUG", "BECOMES", "REV", "WHY"],
        &imported.files.iter().map(row).collect::<Vec<_>>(),
    )
}
