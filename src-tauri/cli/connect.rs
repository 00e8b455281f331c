//! `inglenook connect TOOL`: exactly what a program needs to be told, with the real address and an agent.
//!
//! A key is made only when it is asked for, because it is shown once and somebody has to revoke it one day.
//! A tool's own file is written only when that is asked for too, see [`file`].

mod file;
mod tools;

use std::path::PathBuf;

use domain::{Agent, Failure, FailureKind};
use gateway::control::{AppStatus, CreatedClientKey, EndpointStatus, Nothing, Settings};
use serde::Serialize;
use serde_json::json;

use super::door::Door;
use super::{Resolved, output};
use file::Written;
use tools::{TOOLS, Tool};

/// Show how to point a program at the endpoint.
#[derive(clap::Args)]
pub(crate) struct Connect {
    /// Which program; without one all are listed.
    tool: Option<String>,
    /// The agent it shall use; else the default agent, else the first.
    #[arg(long, value_name = "SLUG")]
    agent: Option<String>,
    /// Make a client key of this name for it, which may use that agent and nothing else.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// Write the program's own configuration file. The old one is kept beside it.
    #[arg(long, requires = "tool")]
    write: bool,
    #[command(flatten)]
    folders: Folders,
}

/// Where programs keep their settings, when the user says otherwise in the variables that they themselves read.
#[derive(clap::Args, Clone)]
struct Folders {
    #[arg(long, env = "XDG_CONFIG_HOME", hide = true, hide_env_values = true)]
    config_home: Option<PathBuf>,
    #[arg(long, env = "CODEX_HOME", hide = true, hide_env_values = true)]
    codex_home: Option<PathBuf>,
    #[arg(long, env = "LLM_USER_PATH", hide = true, hide_env_values = true)]
    llm_user_path: Option<PathBuf>,
}

/// What is filled in.
struct Facts {
    /// `http://127.0.0.1:4645/v1`.
    base: String,
    /// The same without `/v1`, for clients that add it themselves.
    root: String,
    /// The agent.
    model: String,
    /// The key, where one was made.
    secret: Option<String>,
    /// Where programs keep their settings.
    folders: Folders,
}

impl Facts {
    /// The key, or what stands for it.
    fn key(&self) -> &str {
        self.secret.as_deref().unwrap_or("YOUR_KEY")
    }
}

/// What to do.
#[derive(Serialize)]
struct Connection {
    /// The program.
    tool: &'static str,
    /// Its name.
    name: &'static str,
    /// The endpoint.
    base_url: String,
    /// The agent.
    model: String,
    /// The key's secret, where one was made. It is shown once.
    key: Option<String>,
    /// Where the text belongs.
    place: &'static str,
    /// The text.
    text: String,
    /// The program's file that was written.
    file: Option<PathBuf>,
    /// What the file was before.
    backup: Option<PathBuf>,
    /// What changed in it.
    diff: Option<String>,
}

pub(super) async fn run(args: Connect, options: Resolved) -> Result<(), Failure> {
    let Some(name) = &args.tool else {
        let all: Vec<_> = TOOLS
            .iter()
            .map(|tool| json!({"tool": tool.id, "name": tool.name, "writes": tool.file.is_some()}))
            .collect();
        return output::print(options.json, &all, |_| {
            let row = |tool: &Tool| {
                let writes = if tool.file.is_some() { "--write" } else { "" };
                vec![tool.id.to_owned(), tool.name.to_owned(), writes.to_owned()]
            };
            output::table(&["TOOL", "NAME", ""], &TOOLS.iter().map(row).collect::<Vec<_>>())
        });
    };
    let tool = TOOLS.iter().find(|tool| tool.id == name).ok_or_else(|| {
        let all: Vec<_> = TOOLS.iter().map(|tool| tool.id).collect();
        Failure::invalid("tool", format!("There is no tool {name:?}."))
            .with_hint(format!("There are {}.", all.join(", ")))
    })?;
    if args.write && tool.file.is_none() {
        return Err(Failure::invalid(
            "write",
            format!(
                "Where {} keeps its settings is not certain enough to write there.",
                tool.name
            ),
        )
        .with_hint(format!("`inglenook connect {}` shows what to enter.", tool.id)));
    }
    let mut door = Door::open(&options).await?;
    let done = connect(&mut door, tool, &args).await;
    door.close().await;
    let (facts, written) = done?;
    let connection = Connection {
        tool: tool.id,
        name: tool.name,
        place: tool.place,
        text: (tool.text)(&facts),
        base_url: facts.base,
        model: facts.model,
        key: facts.secret,
        file: written.as_ref().map(|written| written.path.clone()),
        backup: written.as_ref().and_then(|written| written.backup.clone()),
        diff: written.map(|written| written.diff),
    };
    output::print(options.json, &connection, told)
}

fn told(connection: &Connection) -> String {
    let mut text = match (&connection.file, &connection.diff) {
        (Some(file), Some(diff)) if diff.is_empty() => {
            format!("{} says so already.", file.display())
        }
        (Some(file), Some(diff)) => {
            let mut text = format!("{diff}\nWrote {}.", file.display());
            if let Some(backup) = &connection.backup {
                text.push_str(&format!(" The old one is {}.", backup.display()));
            }
            text
        }
        _ => format!(
            "# {}: {}\n\n{}",
            connection.name, connection.place, connection.text
        ),
    };
    if let Some(key) = &connection.key {
        text.push_str(&format!("\n\nThe key, shown this once: {key}"));
    }
    text
}

async fn connect(door: &mut Door, tool: &Tool, args: &Connect) -> Result<(Facts, Option<Written>), Failure> {
    let mut facts = facts(door, args).await?;
    let file = tool.file.filter(|_| args.write);
    if let Some(file) = file {
        // a key that is shown once is not made for a file that cannot be written
        file::check(&file(&facts)?)?;
    }
    if let Some(name) = &args.key {
        let wanted = json!({ "name": name, "agents": [facts.model] });
        facts.secret = Some(door.run::<CreatedClientKey>("key.create", &wanted).await?.secret);
    }
    let written = file.map(|file| file::write(&file(&facts)?)).transpose()?;
    Ok((facts, written))
}

async fn facts(door: &mut Door, args: &Connect) -> Result<Facts, Failure> {
    let status: AppStatus = door.run("app.status", &Nothing {}).await?;
    let settings: Settings = door.run("settings.get", &Nothing {}).await?;
    let port = match status.endpoint {
        EndpointStatus::Listening { port, .. } => port,
        EndpointStatus::Stopped | EndpointStatus::Failed { .. } => {
            settings.port.unwrap_or(gateway::DEFAULT_PORT)
        }
    };
    let agents: Vec<Agent> = door.run("agent.list", &Nothing {}).await?;
    let agent = match &args.agent {
        Some(name) => door.run::<Agent>("agent.get", &json!({ "agent": name })).await?,
        None => {
            let default = settings.default_agent.as_deref();
            agents
                .iter()
                .find(|agent| default == Some(agent.id.as_str()))
                .or_else(|| agents.first())
                .cloned()
                .ok_or_else(|| {
                    Failure::new(FailureKind::NotFound, "There is no agent yet.")
                        .with_hint("Make one with `inglenook agent create`.")
                })?
        }
    };
    let root = format!("http://127.0.0.1:{port}");
    Ok(Facts {
        base: format!("{root}/v1"),
        root,
        model: agent.draft.slug.to_string(),
        secret: None,
        folders: args.folders.clone(),
    })
}
