//! `inglenook mcp …`

use std::collections::BTreeMap;
use std::io::IsTerminal;

use domain::{BaseUrl, Failure, McpConsent, McpServerId, McpTransport, McpVariable};
use gateway::control::{
    ApproveMcpServer, McpHealth, McpLogLine, McpLogSource, McpServerName, McpServerView, McpToolView,
    Nothing, SignInToMcp,
};
use serde_json::json;

use super::door::Door;
use super::{Resolved, output};

mod contents;

#[derive(clap::Subcommand)]
pub(crate) enum Mcp {
    /// Add a server: a program here (`add NAME -- COMMAND ARGS…`) or one elsewhere (`add NAME --url URL`). Nothing of
    /// it is started before you approve it.
    Add(Box<Add>),
    /// Give a server's secrets again, each on a line of stdin, in the order in which `show` lists them.
    SetSecrets { name: String },
    /// List servers.
    List,
    /// Show a server: all of its command, its environment's names and its tools.
    Show { name: String },
    /// Show a server, and approve it as it was shown.
    Approve {
        name: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Sign in to a server elsewhere, in your browser: the address to open is printed.
    SignIn {
        name: String,
        /// The client that you have made there; absent: Inglenook makes itself known.
        #[arg(long, value_name = "ID")]
        client_id: Option<String>,
    },
    /// Forget what a sign-in gave.
    SignOut { name: String },
    /// List a server's tools.
    Tools { name: String },
    /// List what a server lets be read.
    Resources { name: String },
    /// Read a resource of a server: at most 64 KiB of text.
    Read { name: String, uri: String },
    /// List the prompts that a server has ready, with what has to be filled in.
    Prompts { name: String },
    /// Fill in a prompt of a server, and print it. Read it before you give it to a model: others wrote it.
    Prompt {
        name: String,
        prompt: String,
        #[arg(value_name = "NAME=VALUE")]
        arguments: Vec<String>,
    },
    /// Show a server's last lines.
    Log { name: String },
    /// End a server and start it again, however often it has failed.
    Restart { name: String },
    /// End and remove a server, with its secrets.
    Remove { name: String },
}

#[derive(clap::Args)]
pub(crate) struct Add {
    name: String,
    /// The name people read.
    #[arg(long)]
    title: Option<String>,
    /// The address of a server elsewhere (streamable HTTP).
    #[arg(long, conflicts_with = "command")]
    url: Option<String>,
    /// A header for it; its value is read from stdin, each on a line.
    #[arg(long, value_name = "NAME", requires = "url")]
    header: Vec<String>,
    /// A variable of its environment.
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "url")]
    env: Vec<String>,
    /// A variable with a secret value, which is read from stdin, each on a line.
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    secret_env: Vec<String>,
    /// Where it runs; absent: your home.
    #[arg(long, value_name = "DIR", conflicts_with = "url")]
    cwd: Option<String>,
    /// The program and its arguments, word by word; no shell reads them.
    #[arg(last = true, required_unless_present = "url", value_name = "COMMAND")]
    command: Vec<String>,
}

pub(super) async fn run(args: Mcp, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Mcp, door: &mut Door, json: bool) -> Result<(), Failure> {
    match args {
        Mcp::Add(add) => {
            let transport = transport(&add)?;
            let secrets = secrets(&transport).await?;
            let wanted = json!({
                "id": McpServerId::new(&add.name)?, "name": add.title, "transport": transport, "secrets": secrets,
            });
            let added: McpServerView = door.run("mcp.add", &wanted).await?;
            output::print(json, &added, |added| {
                format!(
                    "Added {0}. Look at it and approve it: inglenook mcp approve {0}",
                    added.id
                )
            })
        }
        Mcp::SetSecrets { name } => {
            let server: McpServerView = door.run("mcp.get", &named(&name)?).await?;
            let wanted = json!({ "id": server.id, "secrets": secrets(&server.transport).await? });
            let changed: McpServerView = door.run("mcp.update", &wanted).await?;
            output::print(json, &changed, |changed| {
                format!("{} has new secrets.", changed.id)
            })
        }
        Mcp::List => {
            let all: Vec<McpServerView> = door.run("mcp.list", &Nothing {}).await?;
            output::print(json, &all, |all| list(all))
        }
        Mcp::Show { name } => {
            let server: McpServerView = door.run("mcp.get", &named(&name)?).await?;
            output::print(json, &server, whole)
        }
        Mcp::Approve { name, yes } => approve(&name, yes, door, json).await,
        Mcp::SignIn { name, client_id } => sign_in(&name, client_id, door, json).await,
        Mcp::SignOut { name } => {
            let server: McpServerView = door.run("mcp.sign_out", &named(&name)?).await?;
            output::print(json, &server, |server| format!("Signed out of {}.", server.id))
        }
        Mcp::Tools { name } => {
            let all: Vec<McpToolView> = door.run("mcp.tools", &named(&name)?).await?;
            output::print(json, &all, |all| tools(all))
        }
        Mcp::Resources { name } => contents::resources(&name, door, json).await,
        Mcp::Read { name, uri } => contents::read(&name, uri, door, json).await,
        Mcp::Prompts { name } => contents::prompts(&name, door, json).await,
        Mcp::Prompt {
            name,
            prompt,
            arguments,
        } => contents::prompt(&name, prompt, &arguments, door, json).await,
        Mcp::Log { name } => {
            let lines: Vec<McpLogLine> = door.run("mcp.log", &named(&name)?).await?;
            output::print(json, &lines, |lines| log(lines))
        }
        Mcp::Restart { name } => {
            let server: McpServerView = door.run("mcp.restart", &named(&name)?).await?;
            output::print(json, &server, |server| {
                format!("{}: {}", server.id, health(&server.health))
            })
        }
        Mcp::Remove { name } => {
            let gone: Nothing = door.run("mcp.remove", &named(&name)?).await?;
            output::print(json, &gone, |_| format!("Removed {name} and its secrets."))
        }
    }
}

async fn approve(name: &str, yes: bool, door: &mut Door, json: bool) -> Result<(), Failure> {
    let shown: McpServerView = door.run("mcp.get", &named(name)?).await?;
    if !yes {
        output::note(&whole(&shown));
        output::note("It runs with all of your rights. What its tools answer, models will read.");
        if !agreed().await? {
            return Err(Failure::invalid("yes", "It was not approved."));
        }
    }
    let wanted = ApproveMcpServer {
        id: shown.id,
        digest: shown.digest,
    };
    let server: McpServerView = door.run("mcp.approve", &wanted).await?;
    output::print(json, &server, |server| match server.consent {
        McpConsent::Approved => format!(
            "Approved {}, {} tools; {}.",
            server.id,
            server.tools.len(),
            health(&server.health)
        ),
        McpConsent::New | McpConsent::Changed => format!("It is not what was shown:\n{}", whole(server)),
    })
}

/// Prints what is to be opened, and waits for the browser.
async fn sign_in(name: &str, client_id: Option<String>, door: &mut Door, json: bool) -> Result<(), Failure> {
    let wanted = SignInToMcp {
        id: McpServerId::new(name)?,
        client_id,
    };
    let begun: McpServerView = door.run("mcp.sign_in", &wanted).await?;
    if let Some(sign_in) = &begun.sign_in {
        output::note(&format!(
            "Sign in at {}; open this in a browser of this machine:",
            shown(&sign_in.at)
        ));
        output::note(&shown(sign_in.url.as_deref().unwrap_or_default()));
    }
    let server: McpServerView = door.run("mcp.sign_in_end", &named(name)?).await?;
    output::print(json, &server, |server| {
        format!("Signed in to {}; it is {}.", server.id, health(&server.health))
    })
}

/// Asks at a terminal; elsewhere nobody is there to agree.
async fn agreed() -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::invalid("yes", "There is nobody to ask.").with_hint("Approve it with --yes."));
    }
    output::note("Approve it? [y/N]");
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = read.await.ok().and_then(Result::ok).unwrap_or_default();
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

fn named(name: &str) -> Result<McpServerName, Failure> {
    Ok(McpServerName {
        id: McpServerId::new(name)?,
    })
}

fn transport(add: &Add) -> Result<McpTransport, Failure> {
    if let Some(url) = &add.url {
        return Ok(McpTransport::Http {
            url: BaseUrl::parse(url)?,
            headers: add.header.clone(),
        });
    }
    let Some((command, args)) = add.command.split_first() else {
        return Err(Failure::invalid("command", "Give a command behind --, or --url."));
    };
    let mut env = Vec::new();
    for pair in &add.env {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Failure::invalid("env", format!("{pair:?} is not NAME=VALUE.")));
        };
        env.push(McpVariable {
            name: name.to_owned(),
            value: Some(value.to_owned()),
        });
    }
    env.extend(add.secret_env.iter().map(|name| McpVariable {
        name: name.clone(),
        value: None,
    }));
    Ok(McpTransport::Stdio {
        command: command.clone(),
        args: args.to_vec(),
        env,
        cwd: add.cwd.clone(),
    })
}

/// Reads what a server needs in confidence, a line each.
async fn secrets(transport: &McpTransport) -> Result<BTreeMap<String, String>, Failure> {
    let names = transport.secrets();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let text = super::vault::secret_from_stdin("The secrets, a line each: ").await?;
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() != names.len() {
        return Err(Failure::invalid(
            "secrets",
            format!(
                "There are {} lines on stdin for {} secrets: {}.",
                lines.len(),
                names.len(),
                names.join(", ")
            ),
        ));
    }
    let pairs = names.iter().zip(lines);
    Ok(pairs
        .map(|(name, line)| ((*name).to_owned(), line.to_owned()))
        .collect())
}

fn list(all: &[McpServerView]) -> String {
    if all.is_empty() {
        return "No MCP servers yet. Add one: inglenook mcp add NAME -- COMMAND ARGS…".to_owned();
    }
    let row = |server: &McpServerView| {
        let at = match &server.transport {
            McpTransport::Stdio { command, args, .. } => words(command, args),
            McpTransport::Http { url, .. } => url.as_str().to_owned(),
        };
        vec![
            server.id.to_string(),
            consent(server.consent).to_owned(),
            health(&server.health),
            server.tools.len().to_string(),
            at,
        ]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    output::table(&["NAME", "CONSENT", "STATE", "TOOLS", "REACHED BY"], &rows)
}

/// All of a server, nothing shortened: what a person approves by it.
fn whole(server: &McpServerView) -> String {
    let mut text = format!("{} ({})\n", server.id, shown(&server.name));
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:<12}{value}\n"));
    match &server.transport {
        McpTransport::Stdio {
            command,
            args,
            env,
            cwd,
        } => {
            line("command", &shown(command));
            for arg in args {
                line("argument", &shown(arg));
            }
            for variable in env {
                let value = match &variable.value {
                    Some(value) => format!("{}={}", shown(&variable.name), shown(value)),
                    None => format!("{} (secret)", shown(&variable.name)),
                };
                line("environment", &value);
            }
            line(
                "directory",
                &cwd.as_deref().map_or_else(|| "your home".to_owned(), shown),
            );
            line("program", server.program.as_deref().unwrap_or("not found"));
        }
        McpTransport::Http { url, headers } => {
            line("address", url.as_str());
            for name in headers {
                line("header", &format!("{} (secret)", shown(name)));
            }
        }
    }
    line("consent", consent(server.consent));
    for change in &server.changes {
        line("different", &shown(&change.to_string()));
    }
    for name in &server.missing {
        line("missing", &shown(name));
    }
    line("state", &health(&server.health));
    if let Some(signed_in) = &server.signed_in {
        line("signed in", &shown(signed_in.issuer.as_deref().unwrap_or("yes")));
    }
    line("digest", &server.digest);
    for tool in &server.tools {
        let about = tool.tool.description.as_deref().unwrap_or_default();
        line("tool", &format!("{}: {}", shown(&tool.grant), shown(about)));
    }
    text
}

fn tools(all: &[McpToolView]) -> String {
    if all.is_empty() {
        return "No tools are known; a server tells them when it has been approved and started.".to_owned();
    }
    let row = |tool: &McpToolView| {
        let about = tool.tool.description.as_deref().unwrap_or_default();
        let first = about.lines().next().unwrap_or_default();
        vec![shown(&tool.grant), tool.told.clone(), shown(first)]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    output::table(&["GRANT", "MODELS CALL IT", "WHAT IT SAYS"], &rows)
}

fn log(lines: &[McpLogLine]) -> String {
    let one = |line: &McpLogLine| {
        let who = match line.source {
            McpLogSource::Stderr => "stderr",
            McpLogSource::Server => "server",
            McpLogSource::Inglenook => "inglenook",
        };
        format!("{}  {who:<9}  {}\n", output::when(line.at), shown(&line.text))
    };
    lines.iter().map(one).collect()
}

const fn consent(consent: McpConsent) -> &'static str {
    match consent {
        McpConsent::New => "new",
        McpConsent::Approved => "approved",
        McpConsent::Changed => "changed",
    }
}

fn health(health: &McpHealth) -> String {
    match health {
        McpHealth::Stopped {} => "stopped".to_owned(),
        McpHealth::Starting {} => "starting".to_owned(),
        McpHealth::Running { .. } => "running".to_owned(),
        McpHealth::NeedsSignIn {} => "needs a sign-in".to_owned(),
        McpHealth::Failed { failure } => format!("failed: {}", shown(&failure.message)),
        McpHealth::Off { failure } => format!("off: {}", shown(&failure.message)),
    }
}

fn words(command: &str, args: &[String]) -> String {
    let words = std::iter::once(command).chain(args.iter().map(String::as_str));
    words.map(shown).collect::<Vec<_>>().join(" ")
}

/// A text of strangers: what a terminal would obey, or a reader would not see, is written out (SEC-28).
fn shown(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let written = |c: char| match hidden(c) {
        true => c.escape_unicode().collect::<String>(),
        false => c.to_string(),
    };
    text.chars().map(written).collect()
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn sec_28_what_is_hidden_is_written_out() {
        assert_eq!(
            shown("rm -rf\n\u{202e}x\u{200b}\u{1b}[2J"),
            "rm -rf\\u{a}\\u{202e}x\\u{200b}\\u{1b}[2J"
        );
        assert_eq!(shown("naïve ✓"), "naïve ✓");
    }
}
