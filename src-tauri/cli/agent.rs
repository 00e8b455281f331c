//! `inglenook agent …`

mod changes;
mod drafts;
mod files;

use std::path::PathBuf;

use domain::{AgentDraft, AgentRevision, Failure};
use gateway::control::{
    AgentName, CompareDoors, Difference, DoorsCompared, Nothing, RollbackAgent, UpdateAgent, read_agent_file,
    write_agent_file,
};

use super::door::Door;
use super::{Resolved, output};
use changes::{Create, Update};

#[derive(clap::Subcommand)]
pub(crate) enum Agent {
    /// Make an agent.
    Create(Box<Create>),
    /// Change an agent, which makes a revision; what is not named stays, and 0 takes a limit away.
    #[command(visible_alias = "set")]
    Update(Box<Update>),
    /// Show the draft that is saved beside what clients have of an agent; without an agent, list all drafts.
    Draft(drafts::Show),
    /// Give clients an agent's saved draft, as its next revision.
    Publish(drafts::Publish),
    /// List agents.
    List,
    /// Show an agent.
    Show { agent: String },
    /// Write an agent as TOML, without secrets, or all of them into a folder.
    Export {
        #[arg(required_unless_present = "all")]
        agent: Option<String>,
        /// Every agent, each in a file of its slug; files of that name there are replaced.
        #[arg(long, value_name = "FOLDER", conflicts_with = "agent")]
        all: Option<PathBuf>,
        /// Its saved draft instead of what clients have.
        #[arg(long, conflicts_with = "all")]
        draft: bool,
    },
    /// Make an agent from its file, or change the one of its slug; `-` reads stdin. Of a folder, every *.toml in it.
    ///
    /// All files of a folder are checked before any is written, and one that is wrong keeps all from being written.
    Import(files::Import),
    /// List an agent's revisions.
    History { agent: String },
    /// Make an old revision the newest again.
    Rollback { agent: String, revision: u32 },
    /// Compare what the window and the endpoint would send; nothing is sent.
    Compare(Compare),
    /// Remove an agent; it can be restored.
    Delete { agent: String },
    /// Bring a removed agent back.
    Restore { agent: String },
}

#[derive(clap::Args)]
pub(crate) struct Compare {
    agent: String,
    /// What is said.
    text: String,
    /// What the program adds: a chat completion's body as JSON; `-` reads stdin.
    #[arg(long, value_name = "JSON")]
    request: Option<String>,
    /// The client key that the program uses.
    #[arg(long)]
    key: Option<String>,
}

pub(super) async fn run(args: Agent, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Agent, door: &mut Door, json: bool) -> Result<(), Failure> {
    match args {
        Agent::Create(create) if create.as_draft => drafts::create(create.draft()?, door, json).await,
        Agent::Update(update) if update.as_draft => drafts::update(*update, door, json).await,
        Agent::Draft(show) => drafts::show(show, door, json).await,
        Agent::Publish(publish) => drafts::publish(publish, door, json).await,
        Agent::Create(create) => {
            let draft = create.draft()?;
            let made: domain::Agent = door.run("agent.create", &draft).await?;
            output::print(json, &made, |made| {
                format!(
                    "Made {} ({}). Clients name it in `model`.",
                    made.draft.slug, made.id
                )
            })
        }
        Agent::Update(update) => {
            let known: domain::Agent = door
                .run(
                    "agent.get",
                    &AgentName {
                        agent: update.agent.clone(),
                    },
                )
                .await?;
            let args = UpdateAgent {
                agent: known.id.to_string(),
                revision: Some(known.revision),
                draft: update.changes.into_draft(known.draft),
            };
            let changed: domain::Agent = door.run("agent.update", &args).await?;
            output::print(json, &changed, |agent| {
                format!("{} is changed, as revision {}.", agent.draft.slug, agent.revision)
            })
        }
        Agent::List => {
            let all: Vec<domain::Agent> = door.run("agent.list", &Nothing {}).await?;
            output::print(json, &all, |all| {
                if all.is_empty() {
                    return "No agents yet. Make one: inglenook agent create SLUG --model PROVIDER/MODEL"
                        .to_owned();
                }
                let row = |agent: &domain::Agent| {
                    let draft = &agent.draft;
                    vec![
                        draft.slug.to_string(),
                        draft.name.clone(),
                        draft.target.to_string(),
                        agent.revision.to_string(),
                        agent.id.to_string(),
                    ]
                };
                output::table(
                    &["SLUG", "NAME", "MODEL", "REV", "ID"],
                    &all.iter().map(row).collect::<Vec<_>>(),
                )
            })
        }
        Agent::Show { agent } => {
            let found: domain::Agent = door.run("agent.get", &AgentName { agent }).await?;
            let text = write_agent_file(&found.draft)?;
            output::print(json, &found, |found| {
                format!("# {} revision {}\n{text}", found.id, found.revision)
            })
        }
        Agent::Export {
            all: Some(folder), ..
        } => files::export_all(&folder, door, json).await,
        Agent::Export {
            agent,
            all: None,
            draft: true,
        } => drafts::export(agent.unwrap_or_default(), door, json).await,
        Agent::Export {
            agent,
            all: None,
            draft: false,
        } => {
            let agent = agent.unwrap_or_default();
            let found: domain::Agent = door.run("agent.get", &AgentName { agent }).await?;
            let text = write_agent_file(&found.draft)?;
            output::print(json, &found.draft, |_| text)
        }
        Agent::Import(import) => files::import(import, door, json).await,
        Agent::History { agent } => {
            let all: Vec<AgentRevision> = door.run("agent.history", &AgentName { agent }).await?;
            output::print(json, &all, |all| {
                let row = |one: &AgentRevision| {
                    vec![
                        one.revision.to_string(),
                        output::when(one.created_at),
                        one.draft.target.to_string(),
                    ]
                };
                output::table(
                    &["REV", "MADE", "MODEL"],
                    &all.iter().map(row).collect::<Vec<_>>(),
                )
            })
        }
        Agent::Rollback { agent, revision } => {
            let changed: domain::Agent = door
                .run("agent.rollback", &RollbackAgent { agent, revision })
                .await?;
            output::print(json, &changed, |agent| {
                format!(
                    "{} is as it was at {revision}, as revision {}.",
                    agent.draft.slug, agent.revision
                )
            })
        }
        Agent::Compare(compare) => {
            let compared: DoorsCompared = door.run("agent.compare", &doors(compare)?).await?;
            output::print(json, &compared, described)
        }
        Agent::Delete { agent } => {
            let gone: Nothing = door
                .run("agent.delete", &AgentName { agent: agent.clone() })
                .await?;
            output::print(json, &gone, |_| {
                format!("Removed {agent}; `inglenook agent restore {agent}` brings it back.")
            })
        }
        Agent::Restore { agent } => {
            let back: domain::Agent = door.run("agent.restore", &AgentName { agent }).await?;
            output::print(json, &back, |agent| format!("{} is back.", agent.draft.slug))
        }
    }
}

fn doors(args: Compare) -> Result<CompareDoors, Failure> {
    let request = match args.request.as_deref() {
        Some("-") => Some(
            std::io::read_to_string(std::io::stdin())
                .map_err(|error| Failure::invalid("request", format!("stdin cannot be read: {error}.")))?,
        ),
        Some(_) | None => args.request,
    };
    Ok(CompareDoors {
        agent: args.agent,
        text: args.text,
        request,
        key: args.key,
    })
}

fn described(compared: &DoorsCompared) -> String {
    if compared.equal {
        let sent = &compared.window;
        return format!(
            "Both doors would send the same to {}:\n{}",
            sent.target, sent.body
        );
    }
    let none = || "nothing".to_owned();
    let row = |difference: &Difference| {
        let window = difference.window.clone().unwrap_or_else(none);
        let endpoint = difference.endpoint.clone().unwrap_or_else(none);
        vec![difference.path.clone(), window, endpoint]
    };
    let rows: Vec<Vec<String>> = compared.differences.iter().map(row).collect();
    output::table(&["WHERE", "WINDOW", "ENDPOINT"], &rows)
}

fn read_file(file: &std::path::Path) -> Result<AgentDraft, Failure> {
    let text = if file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    let text = text
        .map_err(|error| Failure::invalid("file", format!("{} cannot be read: {error}.", file.display())))?;
    read_agent_file(&text)
}

fn unreadable(error: &dyn std::fmt::Display) -> Failure {
    Failure::invalid("file", format!("This is not an agent: {error}"))
}
