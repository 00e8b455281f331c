//! `inglenook agent …`

use std::path::PathBuf;

use domain::{AgentDraft, AgentRevision, CacheMarks, Failure, Rates, Slug, Target};
use gateway::control::{
    AgentName, CompareDoors, Difference, DoorsCompared, Nothing, RollbackAgent, read_agent_file,
    write_agent_file,
};

use super::door::Door;
use super::limits::{BudgetArgs, RateArgs};
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Agent {
    /// Make an agent.
    Create(Box<Create>),
    /// List agents.
    List,
    /// Show an agent.
    Show { agent: String },
    /// Write an agent as TOML, without secrets.
    Export { agent: String },
    /// Make an agent from its file, or change the one of its slug; `-` reads stdin.
    Import { file: PathBuf },
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
pub(crate) struct Create {
    /// The name clients use in `model`.
    slug: String,
    /// Where its answers come from.
    #[arg(long, value_name = "PROVIDER/MODEL", required_unless_present = "file")]
    model: Option<String>,
    /// The name people read.
    #[arg(long)]
    name: Option<String>,
    /// What it is told before every conversation.
    #[arg(long, value_name = "TEXT")]
    instructions: Option<String>,
    /// The longest an answer may take, in seconds, whatever the provider's limit is.
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u32>,
    #[command(flatten)]
    budget: BudgetArgs,
    #[command(flatten)]
    rates: RateArgs,
    /// Mark the instructions and the last turn for the cache of providers that want marks.
    #[arg(long)]
    cache: bool,
    /// Everything else from a TOML file.
    #[arg(long, value_name = "agent.toml")]
    file: Option<PathBuf>,
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
        Agent::Create(create) => {
            let draft = draft(*create)?;
            let made: domain::Agent = door.run("agent.create", &draft).await?;
            output::print(json, &made, |made| {
                format!(
                    "Made {} ({}). Clients name it in `model`.",
                    made.draft.slug, made.id
                )
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
        Agent::Export { agent } => {
            let found: domain::Agent = door.run("agent.get", &AgentName { agent }).await?;
            let text = write_agent_file(&found.draft)?;
            output::print(json, &found.draft, |_| text)
        }
        Agent::Import { file } => {
            let draft = read_file(&file)?;
            let all: Vec<domain::Agent> = door.run("agent.list", &Nothing {}).await?;
            let imported: domain::Agent = match all.iter().find(|agent| agent.draft.slug == draft.slug) {
                Some(known) => {
                    let args =
                        serde_json::json!({ "agent": known.id, "draft": draft, "revision": known.revision });
                    door.run("agent.update", &args).await?
                }
                None => door.run("agent.create", &draft).await?,
            };
            output::print(json, &imported, |agent| {
                format!("Imported {} as revision {}.", agent.draft.slug, agent.revision)
            })
        }
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

fn draft(create: Create) -> Result<AgentDraft, Failure> {
    let slug = Slug::new(&create.slug)?;
    let target = create.model.as_deref().map(Target::parse).transpose()?;
    let mut draft = match &create.file {
        Some(file) => AgentDraft {
            slug: slug.clone(),
            ..read_file(file)?
        },
        None => {
            let target = target
                .clone()
                .ok_or_else(|| Failure::invalid("model", "An agent needs --model."))?;
            let empty = serde_json::json!({ "slug": slug, "name": slug, "target": target });
            serde_json::from_value(empty)
                .map_err(|error| Failure::invalid("slug", format!("This is not an agent: {error}")))?
        }
    };
    if let Some(target) = target {
        draft.target = target;
    }
    if let Some(name) = create.name {
        draft.name = name;
    }
    if let Some(instructions) = create.instructions {
        draft.instructions = instructions;
    }
    let budgets = create.budget.budgets()?;
    if !budgets.is_empty() {
        draft.budgets = budgets;
    }
    let rates = create.rates.rates();
    if rates != Rates::default() {
        draft.limits = rates;
    }
    if create.cache {
        draft.cache = CacheMarks::Automatic;
    }
    if create.timeout.is_some() {
        draft.timeouts.overall_s = create.timeout;
    }
    Ok(draft)
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
