//! `inglenook connect TOOL`: exactly what a program needs to be told, with the real address and an agent.
//!
//! A key is made only when it is asked for, because it is shown once and somebody has to revoke it one day.
//! A tool's own file is written only when that is asked for too, and by this process: its variables say where
//! it lies.

use std::path::PathBuf;

use domain::Failure;
use gateway::connect::{Facts, Folders, TOOLS, Tool, Written};
use gateway::control::{CreatedClientKey, ToolTexts};
use serde::Serialize;
use serde_json::json;

use super::door::Door;
use super::{Resolved, output};

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
            .map(|tool| json!({"tool": tool.id, "name": tool.name, "writes": tool.writes()}))
            .collect();
        return output::print(options.json, &all, |_| {
            let row = |tool: &Tool| {
                let writes = if tool.writes() { "--write" } else { "" };
                vec![tool.id.to_owned(), tool.name.to_owned(), writes.to_owned()]
            };
            output::table(&["TOOL", "NAME", ""], &TOOLS.iter().map(row).collect::<Vec<_>>())
        });
    };
    let tool = Tool::find(name)?;
    if args.write && !tool.writes() {
        // its failure says that nobody knows the file
        tool.plan(&Facts {
            base: String::new(),
            model: String::new(),
            secret: None,
            folders: Folders::default(),
        })?;
    }
    let mut door = Door::open(&options).await?;
    let done = connect(&mut door, tool, &args, options.folders).await;
    door.close().await;
    let (facts, written) = done?;
    let connection = Connection {
        tool: tool.id,
        name: tool.name,
        place: tool.place,
        text: tool.text(&facts),
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

async fn connect(
    door: &mut Door,
    tool: &Tool,
    args: &Connect,
    folders: Folders,
) -> Result<(Facts, Option<Written>), Failure> {
    let told: ToolTexts = door.run("connect.tools", &json!({ "agent": args.agent })).await?;
    let mut facts = Facts {
        base: told.base_url,
        model: told.agent,
        secret: None,
        folders,
    };
    if args.write {
        // a key that is shown once is not made for a file that cannot be written
        tool.plan(&facts)?;
    }
    if let Some(name) = &args.key {
        let wanted = json!({ "name": name, "agents": [facts.model] });
        facts.secret = Some(door.run::<CreatedClientKey>("key.create", &wanted).await?.secret);
    }
    let written = args
        .write
        .then(|| tool.plan(&facts).and_then(gateway::connect::Plan::carry_out))
        .transpose()?;
    Ok((facts, written))
}
