//! Drafts that are saved beside what clients have of their agents.

use std::path::Path;

use domain::{AgentDraft, Failure, FailureKind, SavedDraft};
use gateway::control::{AgentName, Nothing, PublishAgent, SaveDraft, write_agent_file};

use super::super::door::Door;
use super::super::output;
use super::changes::Update;
use super::read_file;

#[derive(clap::Args)]
pub(crate) struct Show {
    /// Its slug or id.
    agent: Option<String>,
    /// Throw the draft away; clients keep what they have.
    #[arg(long, requires = "agent")]
    discard: bool,
}

#[derive(clap::Args)]
pub(crate) struct Publish {
    /// Its slug or id.
    agent: String,
    /// Also when the agent has another revision by now than the draft was begun from.
    #[arg(long)]
    overwrite: bool,
}

pub(super) async fn show(args: Show, door: &mut Door, json: bool) -> Result<(), Failure> {
    let Some(agent) = args.agent else {
        let all: Vec<SavedDraft> = door.run("agent.draft_list", &Nothing {}).await?;
        return output::print(json, &all, |all| listed(all));
    };
    if args.discard {
        let gone: SavedDraft = door.run("agent.draft_discard", &AgentName { agent }).await?;
        return output::print(json, &gone, |gone| {
            format!("The draft of {} is gone. {}", gone.draft.slug, clients_have(gone))
        });
    }
    let found: SavedDraft = door.run("agent.draft_get", &AgentName { agent }).await?;
    let text = write_agent_file(&found.draft)?;
    output::print(json, &found, |found| {
        format!(
            "# {} draft, saved {}. {}\n{text}",
            found.agent,
            output::when(found.saved_at),
            clients_have(found)
        )
    })
}

/// Makes an agent that nobody can call yet.
pub(super) async fn create(draft: AgentDraft, door: &mut Door, json: bool) -> Result<(), Failure> {
    save(None, draft, None, door, json).await
}

/// Changes what is saved as a draft, or what clients have where nothing is.
pub(super) async fn update(args: Update, door: &mut Door, json: bool) -> Result<(), Failure> {
    let name = AgentName { agent: args.agent };
    let found: Result<SavedDraft, Failure> = door.run("agent.draft_get", &name).await;
    let wanted = match found {
        Ok(saved) => SaveDraft {
            agent: Some(saved.agent.to_string()),
            draft: args.changes.into_draft(saved.draft),
            based_on: None,
            edited: Some(saved.saved_at),
        },
        Err(failure) if failure.kind() == FailureKind::NotFound => {
            let known: domain::Agent = door.run("agent.get", &name).await?;
            SaveDraft {
                agent: Some(known.id.to_string()),
                draft: args.changes.into_draft(known.draft),
                based_on: Some(known.revision),
                edited: None,
            }
        }
        Err(failure) => return Err(failure),
    };
    let saved: SavedDraft = door.run("agent.draft_save", &wanted).await?;
    output::print(json, &saved, said)
}

/// What the file says becomes the draft of the agent of its slug, also of one that was never published.
pub(super) async fn import(file: &Path, door: &mut Door, json: bool) -> Result<(), Failure> {
    if file.is_dir() {
        return Err(Failure::invalid("draft", "A folder is not read as drafts.")
            .with_hint("Name one file after another."));
    }
    let draft = read_file(file)?;
    let all: Vec<domain::Agent> = door.run("agent.list", &Nothing {}).await?;
    if let Some(known) = all.iter().find(|agent| agent.draft.slug == draft.slug) {
        let id = Some(known.id.to_string());
        return save(id, draft, Some(known.revision), door, json).await;
    }
    let drafts: Vec<SavedDraft> = door.run("agent.draft_list", &Nothing {}).await?;
    let unpublished = drafts
        .iter()
        .find(|saved| saved.based_on.is_none() && saved.draft.slug == draft.slug)
        .map(|saved| saved.agent.to_string());
    save(unpublished, draft, None, door, json).await
}

/// Writes the draft as TOML.
pub(super) async fn export(agent: String, door: &mut Door, json: bool) -> Result<(), Failure> {
    let found: SavedDraft = door.run("agent.draft_get", &AgentName { agent }).await?;
    let text = write_agent_file(&found.draft)?;
    output::print(json, &found.draft, |_| text)
}

pub(super) async fn publish(args: Publish, door: &mut Door, json: bool) -> Result<(), Failure> {
    let wanted = PublishAgent {
        agent: args.agent,
        draft: None,
        based_on: None,
        overwrite: Some(args.overwrite),
    };
    let published: domain::Agent = door.run("agent.publish", &wanted).await?;
    output::print(json, &published, |agent| {
        format!(
            "{} is published, as revision {}.",
            agent.draft.slug, agent.revision
        )
    })
}

async fn save(
    agent: Option<String>,
    draft: AgentDraft,
    based_on: Option<u32>,
    door: &mut Door,
    json: bool,
) -> Result<(), Failure> {
    let wanted = SaveDraft {
        agent,
        draft,
        based_on,
        edited: None,
    };
    let saved: SavedDraft = door.run("agent.draft_save", &wanted).await?;
    output::print(json, &saved, said)
}

fn said(saved: &SavedDraft) -> String {
    let slug = &saved.draft.slug;
    format!(
        "The draft of {slug} is saved. {} `inglenook agent publish {}` gives them this one.",
        clients_have(saved),
        saved.agent
    )
}

fn clients_have(saved: &SavedDraft) -> String {
    match saved.based_on {
        Some(_) => "Clients have what they had.".to_owned(),
        None => "Clients cannot name it.".to_owned(),
    }
}

fn listed(all: &[SavedDraft]) -> String {
    if all.is_empty() {
        return "No drafts. Begin one: inglenook agent update SLUG --draft …".to_owned();
    }
    let row = |saved: &SavedDraft| {
        let begun = saved
            .based_on
            .map_or_else(|| "never published".to_owned(), |revision| revision.to_string());
        vec![
            saved.draft.slug.to_string(),
            saved.draft.name.clone(),
            begun,
            output::when(saved.saved_at),
            saved.agent.to_string(),
        ]
    };
    output::table(
        &["SLUG", "NAME", "BEGUN FROM", "SAVED", "ID"],
        &all.iter().map(row).collect::<Vec<_>>(),
    )
}
